from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from chatmusician.errors import InputError, UsageError
from chatmusician.eval.intervals import Measure, share
from chatmusician.eval.plots import Bars, Points, draw
from chatmusician.eval.provenance import fingerprint, provenance, texts_hash
from chatmusician.eval.results import (
    Item,
    Result,
    Row,
    Run,
    read_items,
    read_result,
    schema,
)
from chatmusician.eval.tables import by_metric, by_row, percent

SETTINGS = {"model": "m", "seed": 1}
IDS = [f"q{n}" for n in range(6)]


def item(id: str) -> Item:
    right = int(id[1:]) % 3 == 0
    return Item(id, "A" if right else "B", "A", {"right": right, "share": 1 / 3})


def work(folder: Path, *, upto: int = len(IDS), fresh: bool = False) -> Run:
    with Run(folder, SETTINGS, fresh=fresh) as run:
        for id in [id for id in IDS if id not in run.items][:upto]:
            run.add(item(id))
    return run


def finish(run: Run) -> dict[str, Any]:
    right = [run.items[id].scores["right"] for id in IDS]
    result = Result(
        benchmark="test",
        version="1",
        settings=run.settings,
        rows=[Row("m", {"right": share(sum(right), len(right))})],
        provenance=provenance(clock=run.clock, prompts=IDS, seeds=[1]),
        counts={"items": len(right)},
    )
    run.finish(result, IDS, "table\n", b"png")
    return read_result(run.folder)


def test_a_stopped_run_gives_the_same_result(tmp_path: Path) -> None:
    whole = finish(work(tmp_path / "whole"))
    work(tmp_path / "parts", upto=2)
    with (tmp_path / "parts" / "items.jsonl").open("a") as file:
        file.write('{"id": "q2", "predic')
    parts = finish(work(tmp_path / "parts"))
    for result in (whole, parts):
        del result["provenance"]["time"]
    assert whole == parts
    items = [(tmp_path / name / "items.jsonl").read_bytes() for name in ("whole", "parts")]
    assert items[0] == items[1]


def test_the_result_has_the_shape_of_its_schema(tmp_path: Path) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    checker = jsonschema.Draft202012Validator(schema())
    result = finish(work(tmp_path))
    checker.validate(result)
    del result["rows"][0]["metrics"]["right"]["n"]
    assert not checker.is_valid(result)


def test_another_run_is_not_overwritten(tmp_path: Path) -> None:
    work(tmp_path, upto=2)
    with pytest.raises(UsageError, match="another model, seed"):
        Run(tmp_path, {"model": "n", "seed": 2}, fresh=False)
    assert len(read_items(tmp_path)) == 2
    Run(tmp_path, {"model": "n", "seed": 2}, fresh=True).close()
    assert read_items(tmp_path) == []


def test_a_folder_of_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "items.jsonl").write_text("{}\n")
    with pytest.raises(UsageError, match="another result"):
        Run(tmp_path, SETTINGS, fresh=False)


def test_a_broken_item_is_named(tmp_path: Path) -> None:
    (tmp_path / "items.jsonl").write_text('{"id": 1}\n')
    with pytest.raises(InputError, match="line 1"):
        read_items(tmp_path)
    with pytest.raises(InputError, match="not the folder of a run"):
        read_items(tmp_path / "none")


def test_nan_never_reaches_a_file(tmp_path: Path) -> None:
    with Run(tmp_path, SETTINGS, fresh=False) as run:
        run.add(Item("a", None, None, {"x": float("nan"), "y": [float("inf"), 1.5]}))
    assert json.loads((tmp_path / "items.jsonl").read_text())["scores"] == {
        "x": None,
        "y": [None, 1.5],
    }


def test_fingerprints(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "config.json"
    file.write_bytes(b"abc")
    # The test vector of FIPS 180-2.
    known = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert fingerprint(file)["sha256"] == known
    folder = fingerprint(tmp_path)
    (tmp_path / "notes.log").write_bytes(b"no part of the model")
    assert fingerprint(tmp_path) == folder
    file.write_bytes(b"abd")
    assert fingerprint(tmp_path) != folder
    monkeypatch.setattr("chatmusician.eval.provenance.WHOLE", 100_000)
    file.write_bytes(bytes(1_000_000))
    sampled = fingerprint(file)
    assert sampled["method"] == "samples of large files"
    file.write_bytes(bytes(999_999) + b"\1")
    assert fingerprint(file) != sampled
    with pytest.raises(InputError):
        fingerprint(tmp_path / "none")


def test_texts_keep_their_borders() -> None:
    assert texts_hash(["ab", "c"]) != texts_hash(["a", "bc"])


def test_tables() -> None:
    rows = [("us", {"right": Measure(0.5, 0.25, 0.75, 4)}), ("a|b", {})]
    columns = {"right": percent("right, %")}
    assert by_row(rows, columns) == (
        "|      |         right, % |\n"
        "| ---- | ---------------: |\n"
        "| us   | 50.0 (25.0–75.0) |\n"
        "| a\\|b |                – |\n"
    )
    assert "50.0 (25.0–75.0), n 4" in by_metric(rows, columns)


def test_a_plot_is_a_png() -> None:
    pytest.importorskip("matplotlib")
    points = Points(
        "accuracy",
        [("us", "run", {"right": share(5, 10)}), ("them", "published", {"right": Measure(0.4)})],
        {"right": percent("right")},
        chance=0.25,
    )
    made = draw("t", [points, Bars("tones", ["C", "D"], {"us": [0.4, 0.6]})])
    assert made.startswith(b"\x89PNG")
    assert made != draw("t", [points, Bars("tones", ["C", "D"], {"us": [0.6, 0.4]})])


def test_two_runs_in_one_folder_are_refused(tmp_path: Path) -> None:
    """The second would replace the file that the first writes its items to."""
    with Run(tmp_path, SETTINGS, fresh=False) as run:
        run.add(item("q0"))
        with pytest.raises(UsageError, match="another process is writing"):
            Run(tmp_path, SETTINGS, fresh=False)
        run.add(item("q1"))
    with pytest.raises(UsageError, match="another model"):
        Run(tmp_path, {"model": "other", "seed": 1}, fresh=False)
    assert not (tmp_path / "lock").exists()
    assert list(work(tmp_path).items) == IDS
