"""Questions from files: what is read, and what every kind of bad row is told."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from chatmusician.errors import InputError
from chatmusician.eval.choice.questions import EXAMPLE, Question, load_questions

SUBJECTS = ("knowledge", "reasoning")


def row(**changed: Any) -> dict[str, Any]:
    made = {
        "id": "1",
        "instruction": "",
        "stem": "Which note is a fifth above C?",
        "options": {"A": "D", "B": "G", "C": "F", "D": "A"},
        "subject": "knowledge",
        "answer": "B",
        "split": "test",
        "abc_score": "",
        "analysis": "",
    }
    return made | changed


ROWS = [row(), row(id="2", subject="reasoning", abc_score="X:1\nK:C\nC2 E2|", answer="D")]
WANTED = (
    Question("1", ROWS[0]["stem"], ("D", "G", "F", "A"), "B", "knowledge", "", "", "test"),
    Question(
        "2",
        ROWS[0]["stem"],
        ("D", "G", "F", "A"),
        "D",
        "reasoning",
        "",
        ROWS[1]["abc_score"],
        "test",
    ),
)


def jsonl(path: Path, rows: list[Any]) -> str:
    path.write_text("".join(json.dumps(one) + "\n" for one in rows), encoding="utf-8")
    return str(path)


def test_json_and_jsonl_and_csv_say_the_same(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps(ROWS), encoding="utf-8")
    (tmp_path / "b.json").write_text(json.dumps({"data": ROWS, "n": 2}), encoding="utf-8")
    names = [str(tmp_path / "a.json"), str(tmp_path / "b.json"), jsonl(tmp_path / "c.jsonl", ROWS)]
    with (tmp_path / "d.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(ROWS[0]))
        writer.writeheader()
        writer.writerows({**one, "options": str(one["options"])} for one in ROWS)
    for name in (*names, str(tmp_path / "d.csv")):
        assert load_questions(name, subjects=SUBJECTS).questions == WANTED


def test_parquet(tmp_path: Path) -> None:
    arrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    parquet.write_table(arrow.Table.from_pylist(ROWS), tmp_path / "a.parquet")
    assert load_questions(str(tmp_path / "a.parquet")).questions == WANTED


def test_mmlu_s_columns(tmp_path: Path) -> None:
    """Of the hub's cais/mmlu: no id, choices as a list, the answer a number."""
    given = {
        "question": "2 + 2",
        "subject": "anatomy",
        "choices": ["1", "2", "3", "4"],
        "answer": 3,
    }
    (found,) = load_questions(jsonl(tmp_path / "a.jsonl", [given]), needs_id=False).questions
    assert (found.id, found.right, found.answer) == ("anatomy/1", "4", "D")


def test_options_in_columns(tmp_path: Path) -> None:
    given = {"id": 7, "stem": "s", "A": 1, "B": "x", "C": "y", "D": "z", "answer": "A"}
    (found,) = load_questions(jsonl(tmp_path / "a.jsonl", [given])).questions
    assert (found.id, found.options) == ("7", ("1", "x", "y", "z"))


BAD = [
    ({"answer": None}, "the answer is missing"),
    ({"answer": ""}, "the answer is missing"),
    ({"answer": "E"}, "the answer is 'E', not A, B, C or D"),
    ({"answer": "b"}, "not A, B, C or D"),
    ({"answer": 4}, "the answer is 4"),
    ({"options": {"A": "x", "B": "y", "C": "z"}}, "options are A, B, C, not A, B, C, D"),
    ({"options": {"A": "1", "B": "2", "C": "3", "D": "4", "E": "5"}}, "options are A, B, C, D, E"),
    ({"options": ["1", "2", "3", "4", "5"]}, "not A, B, C, D"),
    ({"options": {"A": "x", "B": "", "C": "z", "D": "w"}}, "option B is empty"),
    ({"options": {"A": "x", "B": None, "C": "z", "D": "w"}}, "option B is empty"),
    ({"options": "A or B"}, "options cannot be read"),
    ({"options": 3}, "options are no table"),
    ({"stem": "  "}, "stem is"),
    ({"stem": None}, "stem is empty"),
    ({"id": ""}, "id is empty"),
    ({"id": "1"}, "id '1' stands in row 1 already"),
    ({"subject": "history"}, "subject 'history' is none of knowledge, reasoning"),
    ({"abc_score": " \n"}, "abc_score is empty"),
    ({"abc_score": "X:1\nM:4/4\nK:C\n"}, "abc_score has no notes"),
    ({"abc_score": 5}, "abc_score is no text"),
    ({"stem": f"{EXAMPLE} Which key?"}, "speaks of an example, and abc_score is empty"),
]


@pytest.mark.parametrize(("changed", "told"), BAD, ids=[str(change) for change, _ in BAD])
def test_a_bad_row_is_named_and_may_be_left_out(
    tmp_path: Path, changed: dict[str, Any], told: str
) -> None:
    name = jsonl(tmp_path / "a.jsonl", [row(), row(**{"id": "2", **changed}), row(id="3")])
    with pytest.raises(InputError) as caught:
        load_questions(name, subjects=SUBJECTS)
    assert "1 bad row: row 2: " in str(caught.value)
    assert told in str(caught.value)
    assert "--skip-bad" in str(caught.value.hint)
    loaded = load_questions(name, subjects=SUBJECTS, skip_bad=True)
    assert [q.id for q in loaded.questions] == ["1", "3"]
    assert [bad.row for bad in loaded.bad] == [2]


@pytest.mark.parametrize("column", ["id", "stem", "options", "answer"])
def test_a_missing_column_is_named(tmp_path: Path, column: str) -> None:
    rows = [{name: value for name, value in one.items() if name != column} for one in ROWS]
    with pytest.raises(InputError, match=f"row 1: no column '{column}'"):
        load_questions(jsonl(tmp_path / "a.jsonl", rows))


def test_lines_that_are_no_rows(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps(row()) + "\n\n{oops\n[1, 2]\n", encoding="utf-8")
    loaded = load_questions(str(path), skip_bad=True)
    assert [bad.row for bad in loaded.bad] == [3, 4]
    path.write_text("a,b\n1,2,3\n", encoding="utf-8")
    assert "row 1" in str(load_bad(path.rename(tmp_path / "b.csv")))


def load_bad(path: Path) -> InputError:
    with pytest.raises(InputError) as caught:
        load_questions(str(path))
    return caught.value


@pytest.mark.parametrize(
    ("name", "data", "told"),
    [
        ("a.json", b"{", "is not JSON"),
        ("a.json", b'"x"', "is no list of rows"),
        ("a.json", b"[]", "holds no question"),
        ("a.jsonl", b"\xff\xfe\x00", "UTF-16"),
        ("a.jsonl", b"\xe9\n", "is not UTF-8"),
        ("a.parquet", b"PAR1", "is not Parquet"),
        ("a.jsonl", b"", "is empty"),
    ],
)
def test_files_that_are_no_tables(tmp_path: Path, name: str, data: bytes, told: str) -> None:
    if name.endswith("parquet"):
        pytest.importorskip("pyarrow")
    (tmp_path / name).write_bytes(data)
    assert told in str(load_bad(tmp_path / name))


def test_many_bad_rows_are_counted(tmp_path: Path) -> None:
    rows = [row(id=str(n), answer="") for n in range(20)]
    error = load_bad(Path(jsonl(tmp_path / "a.jsonl", rows)))
    assert "20 bad rows" in str(error)
    assert "and 12 more" in str(error)


def test_what_is_no_file_and_no_hub_name(tmp_path: Path) -> None:
    assert "no such file" in str(load_bad(tmp_path / "none.jsonl"))
    assert "no name on the hub" in str(load_bad(tmp_path))


def test_a_set_on_the_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    datasets = pytest.importorskip("datasets")
    asked: list[Any] = []

    def load(name: str, config: str | None, split: str | None) -> Any:
        asked.append((name, config, split))
        if split == "none":
            raise ValueError("Unknown split 'none'.\nand more")
        return datasets.Dataset.from_list(ROWS)

    monkeypatch.setattr(datasets, "load_dataset", load)
    loaded = load_questions("m-a-p/MusicTheoryBench", split="test")
    assert loaded.questions == WANTED
    assert loaded.source.startswith("m-a-p/MusicTheoryBench[test]@")
    with pytest.raises(InputError, match="from the hub: Unknown split 'none'"):
        load_questions("m-a-p/MusicTheoryBench", split="none")
    assert asked[0] == ("m-a-p/MusicTheoryBench", None, "test")
