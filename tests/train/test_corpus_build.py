"""`corpus build` over small sources of every kind, and over bad ones."""

from __future__ import annotations

import csv
import gzip
import io
import json
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest

from chatmusician import abc
from chatmusician.errors import InputError, UsageError
from chatmusician.train.corpus import Built, build, load_recipe

pytest.importorskip("datatrove")
pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")
yaml = pytest.importorskip("yaml")

REEL = "X:1\nT:Reel\nM:4/4\nL:1/8\nK:D\nD2FA d2cB|ABAF E2FE|D2FA d2fd|edcB A4|]\n"
JIG = "X:2\nT:Jig\nM:6/8\nL:1/8\nK:G\nGAB cde|gfe dcB|c2e dBG|AFD G3|]\n"
AIR = "X:3\nT:Air\nM:3/4\nL:1/4\nK:C\nEGc|B2A|GFE|D2C|FAf|e2d|cBA|G3|]\n"
POLKA = "X:4\nT:Polka\nM:2/4\nL:1/8\nK:A\nEAce|aecA|dfBd|cA E2|fdaf|ecAc|BGEG|A4|]\n"
TEXT = "A fugue begins with its subject alone; the answer enters in the dominant."


def source(name: str, path: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "licence": "none", "origin": "made here", "path": path, **more}


class Bench:
    """A folder of sources, and a corpus built from them."""

    def __init__(self, folder: Path) -> None:
        self.data = folder / "data"
        self.out = folder / "out"
        self.data.mkdir()

    def put(self, name: str, content: str | bytes) -> str:
        path = self.data / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return name

    def recipe(self, *sources: dict[str, Any], **more: Any) -> str:
        path = self.data.parent / "recipe.yaml"
        path.write_text(yaml.safe_dump({"sources": list(sources), **more}), encoding="utf-8")
        return str(path)

    def build(self, *sources: dict[str, Any], **more: Any) -> Built:
        return build(load_recipe(self.recipe(*sources, **more)), self.data, self.out)

    def rows(self) -> list[dict[str, str]]:
        files = sorted((self.out / "data").glob("*.parquet"))
        return [row for path in files for row in pq.read_table(path).to_pylist()]

    def dropped(self) -> dict[str, str]:
        lines = (self.out / "dropped.jsonl").read_text(encoding="utf-8").splitlines()
        return {(row := json.loads(line))["id"]: row["reason"] for line in lines}


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def tar(**members: str) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name, text in members.items():
            info = tarfile.TarInfo(f"inside/{name}.abc")
            info.size = len(text)
            archive.addfile(info, io.BytesIO(text.encode()))
    return out.getvalue()


def zipped(**members: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, text in members.items():
            archive.writestr(f"{name}.abc", text)
    return out.getvalue()


def parquet(rows: list[dict[str, Any]]) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), out)
    return out.getvalue()


def table(rows: list[dict[str, str]]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def test_every_kind_of_file_gives_the_same_tune(bench: Bench) -> None:
    row = {"body": "D2FA d2cB|ABAF E2FE|D2FA d2fd|edcB A4|]", "t": "Reel", "k": "D", "m": "4/4"}
    shape = {"fields": {"T": "t", "K": "k", "M": "m"}, "header": {"L": "1/8"}}
    body = {"holds": "abc", "column": "body", **shape}
    bench.build(
        source("file", bench.put("reel.abc", REEL)),
        source("packed", bench.put("packed.abc.gz", gzip.compress(REEL.encode()))),
        source("tar", bench.put("t.tar.gz", tar(a=REEL))),
        source("zip", bench.put("z.zip", zipped(a=REEL))),
        source("jsonl", bench.put("r.jsonl", json.dumps(row) + "\n"), **body),
        source("csv", bench.put("r.csv", table([row])), **body),
        source("parquet", bench.put("r.parquet", parquet([row])), **body),
        source("prose", bench.put("p.txt", f"Here it is:\n\n{REEL}\nEnjoy!\n"), holds="abc"),
        source("folder", "folder", match="*.abc") | {"path": _folder(bench)},
        duplicates={"exact": False, "near": 0},
    )
    rows = bench.rows()
    assert len(rows) == 9
    assert {row["text"] for row in rows} == {abc.canonical(abc.read(REEL)).strip() + "\n"}


def _folder(bench: Bench) -> str:
    bench.put("folder/sub/reel.abc", REEL)
    bench.put("folder/readme.xyz", "no music")
    return "folder"


def test_tokens_and_steps_become_abc(bench: Bench) -> None:
    tokens = "M:4/4 K:maj |: =C 2 =E =G =c 2 =G =E | =D 2 =F =A =d 4 :|\n"
    pairs = ([72, 60], [74, 59], [76, -1], [77, 57])
    steps = {"train": [[pair for pair in pairs for _ in range(6)]]}
    built = bench.build(
        source("tokens", bench.put("t.txt", tokens), format="tokens", separator="line"),
        source("steps", bench.put("s.json", json.dumps(steps)), format="steps", step="1/16"),
        cleaning={"min_notes": 7},
    )
    texts = {row["src"]: row["text"] for row in bench.rows()}
    assert texts["tokens"].startswith("X:1\nM:4/4\nL:1/8\nK:C\n|:C2 EG c2 GE | D2 FA d4 :|")
    events = abc.to_events(abc.read(texts["steps"]))["tunes"][0]
    assert [v["notes"] for v in events["voices"]] == [
        [["0", "3/2", [72]], ["3/2", "3/2", [74]], ["3", "3/2", [76]], ["9/2", "3/2", [77]]],
        [["0", "3/2", [60]], ["3/2", "3/2", [59]], ["9/2", "3/2", [57]]],
    ]
    assert built.card is not None
    assert built.card["sources"][1]["dropped"] == {}


def test_chat_sets_take_the_chat_form(bench: Bench) -> None:
    gsm = {"question": "How many beats has a bar of 3/4?", "answer": "Three. #### 3"}
    dolly = {"instruction": "Name a key.", "context": "One sharp.", "response": "G major."}
    openchat = {"items": [{"from": "human", "value": "Hi, who wrote it?"},
                          {"from": "gpt", "value": "Johann Sebastian Bach."}]}  # fmt: skip
    bench.build(
        source("gsm", bench.put("g.jsonl", json.dumps(gsm)), holds="gsm8k"),
        source("dolly", bench.put("d.jsonl", json.dumps(dolly)), holds="dolly"),
        source("chat", bench.put("c.jsonl", json.dumps(openchat)), holds="openchat"),
    )
    texts = {row["src"]: row["text"] for row in bench.rows()}
    assert texts["gsm"] == f"Human: {gsm['question']} </s> Assistant: {gsm['answer']} </s>"
    assert texts["dolly"] == "Human: Name a key.\nOne sharp. </s> Assistant: G major. </s>"
    assert texts["chat"].count("</s>") == 2


def test_a_hub_set_is_read_by_name(bench: Bench) -> None:
    pytest.importorskip("datasets")
    bench.put("fake/train.parquet", parquet([{"id": 1, "text": TEXT, "src": "x"}]))
    hub = {**source("hub", ""), "hub": str(bench.data / "fake"), "parts": 2}
    bench.build({key: value for key, value in hub.items() if key != "path"})
    assert [row["text"] for row in bench.rows()] == [TEXT]


def test_copies_in_another_key_and_unit_are_one_tune(bench: Bench) -> None:
    moved = abc.transpose(abc.read(REEL).tunes[0], 3).text.replace("T:Reel", "T:Other")
    halved = abc.change_unit(abc.read(POLKA).tunes[0], "1/16").text
    built = bench.build(
        source("first", bench.put("a.abc", f"{REEL}\n{POLKA}\n{REEL.replace('Reel', 'Again')}")),
        source("second", bench.put("b.abc", f"{moved}\n{halved}\n{JIG}")),
    )
    assert {(row["src"], row["text"].split("\n")[1]) for row in bench.rows()} == {
        ("first", "T:Reel"),
        ("first", "T:Polka"),
        ("second", "T:Jig"),
    }
    assert built.card is not None
    steps = {s["name"]: s["steps"] for s in built.card["sources"]}
    assert (steps["first"]["exact"], steps["first"]["near"]) == (1, 0)
    assert (steps["second"]["exact"], steps["second"]["near"]) == (1, 1)


def test_what_a_test_set_holds_is_kept_out(bench: Bench) -> None:
    rows = (
        json.dumps({"text": f"Question: {TEXT}"}) + "\n" + json.dumps({"text": "The sonata " * 9})
    )
    question = table([{"question": TEXT}])
    bench.build(
        source("tunes", bench.put("a.abc", f"{REEL}\n{JIG}")),
        source("texts", bench.put("t.jsonl", rows)),
        tests=[
            source("exam", bench.put("q.csv", question), column="question"),
            source("held", bench.put("h.abc", abc.transpose(abc.read(JIG).tunes[0], -2).text)),
        ],
    )
    assert bench.dropped() == {"a.abc#2": "in test set held", "t.jsonl#1": "in test set exam"}


def test_transposing_and_weights(bench: Bench) -> None:
    bench.build(
        source("all", bench.put("a.abc", AIR), transpose=True),
        source("twice", bench.put("b.abc", JIG), weight=2),
        source("never", bench.put("c.abc", POLKA), weight=0),
        shards=3,
    )
    rows = bench.rows()
    sources = [row["src"] for row in rows]
    assert (sources.count("all"), sources.count("twice"), sources.count("never")) == (12, 2, 0)
    assert len({row["id"] for row in rows}) == 14
    first = {abc.timeline(abc.read(r["text"]).tunes[0]).voices[0].tones[0].pitch for r in rows
             if r["src"] == "all"}  # fmt: skip
    assert first == set(range(64 - 5, 64 + 7))
    assert len(list((bench.out / "data").iterdir())) == 3


def test_shares_of_characters(bench: Bench) -> None:
    lines = [
        json.dumps({"text": f"Row {i} {'about counterpoint and form ' * 4}{i}"}) for i in range(400)
    ]
    bench.build(
        source("one", bench.put("a.jsonl", "\n".join(lines[:300])), weight=1),
        source("other", bench.put("b.jsonl", "\n".join(lines[300:])), weight=1),
        mix="share",
        duplicates={"near": 0},
    )
    counts = [sum(row["src"] == name for row in bench.rows()) for name in ("one", "other")]
    assert counts[1] == 100
    assert 75 <= counts[0] <= 125  # a binomial draw of mean 100; five deviations are 41


def test_bad_input_costs_itself_alone(bench: Bench) -> None:
    bench.put("m/good.abc", REEL)
    bench.put("m/empty.abc", "")
    bench.put("m/binary.mid", b"\0\1\2 no midi")
    bench.put("m/broken.tar.gz", tar(a=JIG)[:60])
    bench.put("m/short.abc", "X:1\nK:C\nCDE|\n")
    bench.put("m/silent.abc", "X:1\nM:4/4\nK:C\nz8|z8|\n")
    bench.put("m/flawed.abc", "X:1\nM:4/4\nL:1/8\nK:C\nCDEFGA|CDEFGABcde|CDEF|cdefgabc'|\n")
    bench.put("m/long.abc", "X:1\nM:4/4\nL:1/8\nK:C\n" + "CDEFGABc|\n" * 2000)
    bench.put("m/picture.png", b"\x89PNG")
    rows = ['{"text": 5}', "not json", '{"other": 1}', '{"text": ""}', '{"text": "ok"}']
    rows = [json.dumps({"text": TEXT}), *rows, json.dumps({"text": "\1\2\3" * 20})]
    built = bench.build(
        source("music", "m"),
        source("rows", bench.put("r.jsonl", "\n".join(rows))),
        cleaning={"max_characters": 5000},
    )
    assert {row["src"] for row in bench.rows()} == {"music", "rows"}
    assert bench.dropped() == {
        "m/empty.abc": "empty file",
        "m/binary.mid": "cannot be converted",
        "m/broken.tar.gz": "unreadable file",
        "m/short.abc": "too short",
        "m/silent.abc": "no music",
        "m/flawed.abc": "check: bar-too-long",
        "m/long.abc": "too long",
        "m/picture.png": "unknown file type",
        "r.jsonl#2": "not text",
        "r.jsonl#3": "unreadable row",
        "r.jsonl#4": "missing column",
        "r.jsonl#5": "empty row",
        "r.jsonl#6": "too short",
        "r.jsonl#7": "not text",
    }
    assert built.card is not None
    assert sum(built.card["sources"][1]["dropped"].values()) == 6


def test_nothing_left_is_refused_with_the_reasons(bench: Bench) -> None:
    with pytest.raises(InputError, match="nothing is left") as caught:
        bench.build(source("short", bench.put("s.abc", "X:1\nK:C\nCDE|\n")))
    assert caught.value.hint == "short: 1 × too short"
    assert not (bench.out / "card.json").exists()


def test_a_missing_column_names_those_found_and_the_field(bench: Bench) -> None:
    bench.put("r.jsonl", '{"body": "x", "nr": 1}')
    with pytest.raises(UsageError, match=r"has no column text or abc.*found: body, nr") as caught:
        bench.build(source("rows", "r.jsonl"))
    assert "column" in str(caught.value.hint)
    with pytest.raises(UsageError, match="no column instruction; found: body, nr"):
        bench.build(source("rows", "r.jsonl", holds="alpaca"))


def test_a_source_that_is_not_there(bench: Bench) -> None:
    with pytest.raises(InputError, match="source gone: there is no") as caught:
        bench.build(source("gone", "gone.abc"))
    assert "made here" in str(caught.value.hint)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"colour": 1}, "unknown field colour"),
        ({"hub": "a/b"}, "path and hub are both set"),
        ({"path": ""}, "path or hub must be set"),
        ({"holds": "dolly", "column": "x"}, "holds: dolly and column contradict"),
        ({"holds": "text", "transpose": True}, "transpose and holds: text contradict"),
        ({"weight": "much"}, "weight must be float, not 'much'"),
        ({"format": "docx"}, "unknown 'docx'"),
    ],
)
def test_recipes_that_contradict_themselves(
    bench: Bench, change: dict[str, Any], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        load_recipe(bench.recipe({**source("one", "a.abc"), **change}))


def test_another_recipe_does_not_go_on_in_the_same_folder(bench: Bench) -> None:
    one = source("one", bench.put("a.abc", f"{REEL}\n{JIG}"))
    bench.build(one)
    before = (bench.out / "card.json").read_bytes()
    bench.build(one)
    assert (bench.out / "card.json").read_bytes() == before
    with pytest.raises(UsageError, match="another recipe"):
        bench.build(one, seed=3)


@pytest.mark.parametrize("name", ["collections", "musicpile"])
def test_recipes_that_come_along_are_valid(root: Path, name: str) -> None:
    recipe = load_recipe(str(root / f"chatmusician/resources/recipes/corpus/{name}.yaml"))
    assert all(source.licence and source.origin for source in recipe.all_sources)


def test_stats_count_what_was_built(bench: Bench) -> None:
    from chatmusician.train.corpus.stats import statistics

    bench.build(
        source("a", bench.put("a.abc", f"{REEL}\n{JIG}")), source("b", bench.put("b.abc", AIR))
    )
    found = statistics(str(bench.out))
    assert {name: row["rows"] for name, row in found["sources"].items()} == {"a": 2, "b": 1}
    assert found["sources"]["b"]["characters"] == len(abc.canonical(abc.read(AIR)).strip()) + 1
    assert found["ids_there_twice"] == 0
