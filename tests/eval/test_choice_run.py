"""Whole runs: results that validate, runs that were stopped, comparisons, facts, bad rows."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from chatmusician.errors import UsageError
from chatmusician.eval.choice.answering import Done, InWords, Said
from chatmusician.eval.choice.facts import question_facts
from chatmusician.eval.choice.prompts import Prompt
from chatmusician.eval.choice.questions import LETTERS, Loaded, Question
from chatmusician.eval.choice.report import _named
from chatmusician.eval.choice.run import Job, evaluate, everything_asked, limited
from chatmusician.eval.choice.scores import macro, wilson
from chatmusician.eval.choice.sources import generated
from chatmusician.eval.choice.tasks import load_task
from chatmusician.eval.intervals import share
from chatmusician.eval.results import Row, read_items, schema

TASK = load_task("mtb")


class Parrot:
    """Says what it is told to, by the question as it is shown."""

    name, mode = "parrot", "likelihood"

    def __init__(self, *, stops: int = 10**9, always: str = "", knows: str = "") -> None:
        self.settings: dict[str, Any] = {"chat": False}
        self.model: dict[str, Any] = {"name": "parrot", "sha256": "0" * 64}
        self.stops, self.always, self.knows = stops, always, knows

    def answers(
        self, prompts: Sequence[Prompt], questions: Sequence[Question], letters: Any, done: Done
    ) -> Iterator[Said]:
        for index, question in enumerate(questions):
            if done(index):
                continue
            if self.stops == 0:
                raise KeyboardInterrupt
            self.stops -= 1
            known = self.knows and self.knows in question.subject
            letter = question.answer if known else self.always or LETTERS[index % 4]
            yield Said(index, letter, {"A": -1.0, "B": -2.0, "C": -1 / 3, "D": -4.0}, {})


def job(**changed: Any) -> Job:
    found = generated((3,))
    questions = limited(found.questions, 12)
    made = Job(TASK, questions, dev=found.dev, shots=2, orders=(4, 5), seeds=())
    return replace(made, **changed)


def test_the_result_is_valid_and_complete(tmp_path: Path) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    result = evaluate(job(), Parrot(knows="reasoning", always="A"), str(tmp_path / "out"))
    jsonschema.validate(result, schema())
    on_disk = json.loads((tmp_path / "out" / "result.json").read_text())
    assert on_disk == json.loads(json.dumps(result))
    run = result["rows"][0]["metrics"]
    assert (run["reasoning"]["value"], run["reasoning"]["n"]) == (1.0, 12)
    assert run["overall"]["n"] == 24
    assert result["provenance"]["seeds"] == [4, 5]
    assert set(result["details"]["by_shuffle"]) == {"4", "5"}
    assert (tmp_path / "out" / "plot.png").read_bytes().startswith(b"\x89PNG")
    table = (tmp_path / "out" / "table.md").read_text(encoding="utf-8")
    assert "GPT-4" in table
    assert "February 2024" in table
    assert "seeds 4, 5" in table


def test_answers_are_kept_in_the_letters_of_the_data(tmp_path: Path) -> None:
    asked = everything_asked(job())
    evaluate(job(), Parrot(always="C"), str(tmp_path))
    for one, item in zip(asked, read_items(tmp_path), strict=True):
        assert item.id == one.id
        assert one.question.options[LETTERS.index(item.prediction)] == one.shown.options[2]
        assert item.scores["right"] == (one.shown.answer == "C")
        # The score of a letter goes with its option, too.
        assert item.scores[item.prediction] == -1 / 3


def test_a_stopped_run_goes_on_to_the_same_result(tmp_path: Path) -> None:
    whole = evaluate(job(), Parrot(), str(tmp_path / "whole"))
    with pytest.raises(KeyboardInterrupt):
        evaluate(job(), Parrot(stops=23), str(tmp_path / "parts"))
    assert not (tmp_path / "parts" / "result.json").exists()
    parts = evaluate(job(), Parrot(), str(tmp_path / "parts"))
    for result in (whole, parts):
        del result["provenance"]["time"], result["provenance"]["machine"]
    assert whole == parts
    for name in ("items.jsonl", "table.md", "plot.png"):
        first, second = ((tmp_path / part / name).read_bytes() for part in ("whole", "parts"))
        assert first == second, name


def test_another_run_s_folder_is_refused(tmp_path: Path) -> None:
    evaluate(job(), Parrot(), str(tmp_path))
    with pytest.raises(UsageError, match="another prompts, shots"):
        evaluate(job(shots=1), Parrot(), str(tmp_path))


def test_two_models_are_compared_on_the_same_questions(tmp_path: Path) -> None:
    one, two = (str(tmp_path / name) for name in ("one", "two"))
    plain = job(orders=())
    evaluate(plain, Parrot(always="A"), one)
    result = evaluate(replace(plain, against=(one,)), Parrot(knows="r", always="B"), two)
    found = {row["metric"]: row for row in result["comparisons"]}
    assert found["reasoning"]["difference"] > 0.5
    assert found["reasoning"]["p"] < 0.05
    assert found["overall"]["n"] == 24
    other = replace(plain, questions=limited(generated((8,)).questions, 12), against=(one,))
    with pytest.raises(UsageError, match="other questions"):
        evaluate(other, Parrot(), str(tmp_path / "three"))


def test_facts_are_a_mode_of_their_own(tmp_path: Path) -> None:
    result = evaluate(job(facts=True, orders=()), Parrot(), str(tmp_path))
    names = [row["name"] for row in result["rows"] if row["kind"] == "run"]
    assert names == [
        "parrot",
        "parrot, questions with ABC",
        "parrot, questions with ABC and facts",
    ]
    assert result["counts"]["prompts"] == 24 + 12
    asked = everything_asked(job(facts=True, orders=()))
    told = [one for one in asked if one.facts]
    assert all("Facts computed from the ABC" in one.prompt.own for one in told)
    assert "Facts" not in "".join(one.prompt.text for one in asked if not one.facts)


def test_a_published_point_is_named_and_dated() -> None:
    source = "Yuan et al., ChatMusician, arXiv 2402.16153, February 2024, zero-shot"
    assert _named(Row("GPT-4", {}, "published", source=source)) == "GPT-4 (Yuan et al., 2024)"
    assert _named(Row("mine", {})) == "mine"


def test_facts_of_a_tune() -> None:
    """Counted by hand: three bars, the second one quarter short, D to the F sharp above C."""
    score = "X:1\nM:3/4\nL:1/4\nK:D\nDFA|dc|f3|]\n"
    facts = question_facts(Question("1", "s", ("a", "b", "c", "d"), "A", abc_score=score))
    for line in (
        "Key field: D major, 2 sharps",
        "Meter: 3/4, a bar is 3 quarter notes",
        "Range: D4 to F#5, major tenth",
        "Bar 1: D4 (1), F#4 (1), A4 (1); intervals: major third, minor third",
        "Bar 2: D5 (1), C#5 (1); intervals: minor second; holds 2 quarter notes, not a full bar",
    ):
        assert line in facts.splitlines()
    assert question_facts(Question("1", "s", ("a", "b", "c", "d"), "A")) == ""


def test_words_without_a_letter_are_counted(tmp_path: Path) -> None:
    replies = iter(["A", "no idea", "Answer: B"] * 8)
    model = {"name": "m", "sha256": None}
    answerer = InWords(
        lambda prompts: [next(replies) for _ in prompts], mode="direct", name="m", model=model
    )
    result = evaluate(job(orders=()), answerer, str(tmp_path))
    assert result["counts"]["no_letter"] == 8
    assert result["details"]["answers_given"] == {"A": 8, "B": 8, "C": 0, "D": 0, "none": 8}
    assert result["settings"]["mode"] == "direct"


def test_too_few_shots_are_refused() -> None:
    with pytest.raises(UsageError, match="9 shots are asked for, and there are 5 dev rows"):
        everything_asked(job(shots=9))


def test_wilson_is_the_base_s_for_whole_answers() -> None:
    for right, n in ((0, 9), (3, 9), (98, 98), (25, 98)):
        ours, theirs = wilson([1.0] * right + [0.0] * (n - right)), share(right, n)
        assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high))


def test_macro_is_the_mean_of_means() -> None:
    found = macro([[1.0, 1.0, 1.0, 1.0], [0.0, 1.0]])
    assert found.value == 0.75
    assert found.low is not None
    assert found.low < 0.75
    sure = macro([[1.0, 1.0], [0.0]])
    assert (sure.value, sure.low, sure.high) == (0.5, 0.5, 0.5)


def test_limited_takes_from_every_subject() -> None:
    questions = [
        Question(str(n), "s", ("a", "b", "c", "d"), "A", "xy"[n // 50]) for n in range(100)
    ]
    found = limited(Loaded(tuple(questions)), 5).questions
    assert [q.subject for q in found] == ["x"] * 5 + ["y"] * 5
