from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from chatmusician.eval.generation.asked import Asked, as_key, as_meter, as_tempo, read_row
from chatmusician.eval.generation.features import measure
from chatmusician.eval.generation.kept import plain_length, wanted
from chatmusician.eval.generation.prompts import draw, spread

TUNE = """X:1
R:jig
M:6/8
L:1/8
Q:3/8=120
K:D
"D"d2A AGF | "G"GAB A3 | "A"Bcd efg | fed cBA :|
"D"e2A A2f | "A"efg f3 | "D"fgf e2d | "A"cdB A3 :|
"""


def row(task: str, given: str, answer: str = TUNE) -> dict[str, str]:
    """As `corpus tasks` writes it."""
    asked = "Human: Do it.\n" if given else "Human: Do it. </s> "
    return {
        "instruction": asked,
        "input": f"{given} </s> " if given else "",
        "output": f"Assistant: {answer.strip()} </s> ",
        "src": "s",
        "id": f"s/tune#1/{task}",
    }


def asked_for(task: str, given: str, answer: str = TUNE) -> Asked:
    found = read_row(row(task, given, answer))
    assert found is not None
    return found


def test_words() -> None:
    given = "Key Dmaj\nMeter 6/8\nTempo 3/8=120\nNote Length 1/8\nTitle A Jig\nRhythm jig\nBars 8"
    found = asked_for("text-to-music", given)
    assert (found.key, found.meter, found.unit, found.bars) == ("D major", "6/8", "1/8", 8)
    assert (found.tempo, found.title, found.rhythm) == ("3/8=120", "A Jig", "jig")
    assert found.prompt == f"Do it.\n{given}"
    assert found.reference == TUNE.strip()


def test_letters_with_primes_and_motifs() -> None:
    given = "'ABA''; X:1 M:6/8 L:1/8 K:D 'd2 A A', \"c' e a\", 'B G B'"
    found = asked_for("letters-motif-to-music", given)
    assert found.letters == "ABA'"
    assert found.motifs == ("d2 A A", "c' e a", "B G B")
    assert (found.key, found.meter, found.unit) == ("D major", "6/8", "1/8")


def test_terms_and_chords() -> None:
    found = asked_for("terms-motif-to-music", "Binary, Compound Binary; X:1 M:C K:Am 'A B c'")
    assert found.terms == ("Binary", "Compound Binary")
    assert (found.key, found.meter) == ("A minor", "4/4")
    assert asked_for("chords-to-music", "'Dm', 'C', 'G/B'").chords == ("Dm", "C", "G/B")


def test_questions_about_a_tune_are_left_out() -> None:
    assert read_row(row("question", TUNE)) is None
    assert read_row({**row("continue", TUNE), "id": "s/t/continue/2"}) is not None


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("D", "D major"),
        ("Dmaj", "D major"),
        ("Am", "A minor"),
        ("Amin", "A minor"),
        ("E dor", "E dorian"),
        ("Gmix", "G mixolydian"),
        ("HP", "HP"),
        ("C ionian", "C major"),
    ],
)
def test_keys_are_spelled_one_way(text: str, key: str) -> None:
    assert as_key(text) == key


def test_meters_and_tempos_are_spelled_one_way() -> None:
    assert as_meter("C") == as_meter("4/4") == "4/4"
    assert as_meter("C|") == "2/2"
    assert as_tempo("1/4=90") == as_tempo('"Slow" 1/4 = 90')


def kept(asked: Asked, text: str) -> dict[str, bool]:
    found: dict[str, bool] = measure(text, asked)["kept"]
    assert sorted(found) == sorted(wanted(asked))
    return found


def test_the_answer_of_a_row_keeps_what_it_asks() -> None:
    for task, given in (
        ("text-to-music", "Key D\nMeter 6/8\nNote Length 1/8\nRhythm jig\nTempo 3/8=120\nBars 8"),
        ("chords-to-music", "'D', 'G', 'A', 'D', 'A', 'D', 'A'"),
        ("form-to-music", "Binary"),
        ("letters-motif-to-music", "'AB'; X:1 M:6/8 L:1/8 K:D 'd2 A A G F', 'e2 A A2 f'"),
        ("continue", TUNE[: TUNE.index("fed")]),
        ("infill", TUNE.replace("GAB A3", "x6")),
        ("harmonise", "".join(TUNE.split('"')[::2])),
    ):
        found = kept(asked_for(task, given), TUNE)
        assert found
        assert all(found.values()), (task, found)


@pytest.mark.parametrize(
    ("change", "lost"),
    [
        (("K:D", "K:G"), {"key"}),
        (("M:6/8", "M:3/4"), {"meter"}),
        (("R:jig", "R:reel"), {"rhythm"}),
        (("=120", "=121"), {"tempo"}),
        (("L:1/8", "L:1/16"), {"unit"}),
        (('| "D"fgf e2d ', ""), {"bars"}),
    ],
)
def test_each_change_is_noticed(change: tuple[str, str], lost: set[str]) -> None:
    given = "Key D\nMeter 6/8\nNote Length 1/8\nRhythm jig\nTempo 3/8=120\nBars 8"
    found = kept(asked_for("text-to-music", given), TUNE.replace(*change))
    assert {name for name, is_kept in found.items() if not is_kept} == lost


def test_chords_in_another_order() -> None:
    asked = asked_for("chords-to-music", "'D', 'A', 'G', 'D', 'A', 'D', 'A'")
    assert kept(asked, TUNE) == {"chords": False, "bars": True}


def test_a_motif_in_the_other_section_is_not_kept() -> None:
    asked = asked_for("letters-motif-to-music", "'AB'; X:1 M:6/8 L:1/8 K:D 'e2 A', 'd2 A'")
    assert not kept(asked, TUNE)["motif"]


@pytest.mark.parametrize(
    ("one", "other"), [("c/", "c1/2"), ("^c'2", "^c'4/2"), ("A1", "A"), ("B//", "B/4")]
)
def test_lengths_are_spelled_one_way(one: str, other: str) -> None:
    assert plain_length(one) == plain_length(other)


def test_blanks_must_be_filled_and_the_rest_kept() -> None:
    asked = asked_for("infill", TUNE.replace("GAB A3", "x6"))
    assert kept(asked, asked.given)["given"] is False
    assert kept(asked, TUNE.replace("GAB A3", "G6"))["given"] is True
    assert kept(asked, TUNE.replace("efg f3", "e6"))["given"] is False


def test_a_tie_out_of_a_blank_and_into_one() -> None:
    answer = "X:1\nM:3/4\nL:1/4\nK:C\nCDE|G3-|G3-|GFE|C3|]\n"
    given = answer.replace("|G3-|", "|x3|", 1).replace("|G3-|", "|G3-|")
    assert kept(asked_for("infill", given, answer), answer)["given"] is True
    given = answer.replace("|G3-|G3-|", "|G3-|x3|")
    assert kept(asked_for("infill", given, answer), answer)["given"] is True


def test_a_transposed_tune_must_be_every_note() -> None:
    up = TUNE.replace("K:D", "K:E").replace('"', "")
    asked = replace(asked_for("transpose", TUNE, "X:1\nL:1/8\nK:G\nGABc|d4|]\n"), meter="")
    assert kept(asked, "X:1\nL:1/8\nK:G\nGABc|d4|]\n") == {"key": True, "given": True}
    assert kept(asked, "X:1\nL:1/8\nK:G\nGABd|d4|]\n")["given"] is False
    assert kept(asked, up) == {"key": False, "given": False}


def test_no_tune_keeps_nothing() -> None:
    asked = asked_for("text-to-music", "Key D\nMeter 6/8")
    scores: dict[str, Any] = measure("I am sorry, I cannot.", asked)
    assert scores["kept"] == {"key": False, "meter": False, "bars": False}
    assert scores["tunes"] == 0
    assert scores["reads"] is False


def many_rows() -> list[dict[str, str]]:
    made = []
    for at in range(60):
        key = "G" if at % 10 else ("D", "A", "E", "B", "F", "C")[at // 10]
        answer = TUNE.replace("K:D", f"K:{key}")
        for task in ("text-to-music", "continue"):
            given = f"Key {key}" if task == "text-to-music" else answer[:-12]
            made.append({**row(task, given, answer), "id": f"s/{at}/{task}"})
    return made


def test_prompts_are_drawn_over_tasks_and_rare_keys() -> None:
    drawn = draw(many_rows(), 14, seed=1)
    assert Counter(a.task for a in drawn) == {"text-to-music": 7, "continue": 7}
    assert set(spread(drawn)["key"]) == {f"{key} major" for key in "DAEBFCG"}
    assert [a.id for a in drawn] == [a.id for a in draw(many_rows(), 14, seed=1)]
    assert [a.id for a in drawn] != [a.id for a in draw(many_rows(), 14, seed=2)]
    assert len(draw(many_rows(), 10_000)) == 120
