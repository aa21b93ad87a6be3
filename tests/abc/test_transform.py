"""Unit length, playing order written out, cutting, voices."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chatmusician import abc
from chatmusician.abc.tune import Tune
from chatmusician.errors import UsageError
from tests.abc.cases import Case
from tests.abc.generated import music, sounding, tunes
from tests.abc.test_conformance import CASES

SETTINGS = settings(
    max_examples=100, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
SOUND = [case for case in CASES if case.notes is not None and not case.finds]


def tune(body: str, head: str = "M:4/4\nL:1/8\nK:C") -> Tune:
    return abc.read(f"X:1\n{head}\n{body}\n").tunes[0]


def body(changed: Tune) -> str:
    return changed.text.partition("K:")[2].partition("\n")[2].rstrip("\n")


def flat(notes: list[Any]) -> list[tuple[Fraction, Fraction, int]]:
    return sorted((Fraction(o), Fraction(d), p) for o, d, pitches in notes for p in pitches)


# -- unit -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("unit", "result"),
    [
        ("1/16", "C2>D2 (3E2F2G2 [CE]4 [C4E2]z4-|"),
        ("1/4", "C/>D/ (3E/F/G/ [CE] [CE/]z-|"),
        ("1/8", "C>D (3EFG [CE]2 [C2E]z2-|"),
    ],
)
def test_unit(unit: str, result: str) -> None:
    changed = abc.change_unit(tune("C>D (3EFG [CE]2 [C2E]z2-|"), unit)
    assert changed.text == f"X:1\nM:4/4\nL:{unit}\nK:C\n{result}\n"


def test_unit_where_none_is_stated() -> None:
    """M:2/4 has sixteenths by default."""
    changed = abc.change_unit(tune("C4 D4|", "M:2/4\nK:C"), "1/8")
    assert changed.text == "X:1\nM:2/4\nL:1/8\nK:C\nC2 D2|\n"


def test_unit_fields_in_the_body_go() -> None:
    changed = abc.change_unit(tune("C8|[L:1/16]C16|\nL:1/4\nC4|"), "1/8")
    assert body(changed) == "C8|C8|\nC8|"


@pytest.mark.parametrize(
    "unit", ["x", "", "0", "1/0", "-1/8", "1/8/2", "eighth", "1/2048", "1/100000"]
)
def test_no_unit(unit: str) -> None:
    with pytest.raises(UsageError, match="unit length") as raised:
        abc.change_unit(tune("C8|"), unit)
    assert raised.value.hint


@SETTINGS
@given(tunes(), st.sampled_from(("1", "1/2", "1/4", "1/8", "1/16", "1/32", "1/64")))
def test_unit_keeps_the_music(text: str, unit: str) -> None:
    one = abc.read(text).tunes[0]
    assert music(abc.change_unit(one, unit)) == music(one)


@pytest.mark.parametrize("case", SOUND, ids=lambda case: case.id)
def test_unit_of_hand_made_tunes(case: Case) -> None:
    one = abc.read(case.text).tunes[0]
    assert sounding(abc.change_unit(one, "1/16")) == sounding(one)


# -- playing order ------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "result"),
    [
        ("|:C8:|D8|]", "C8 | C8 | D8 |]"),
        ("C8|1D8:|2E8|]", "C8 | D8 | C8 | E8 |]"),
        ("|:C8|[K:G]F8:|", "C8 | [K:G]F8 |\n[K:C]C8 | [K:G]F8 |]"),
    ],
)
def test_written_out(source: str, result: str) -> None:
    assert " ".join(body(abc.expand_repeats(tune(source))).split()) == " ".join(result.split())


def test_parts_are_written_out() -> None:
    changed = abc.expand_repeats(tune("[P:A]C8|[P:B]D8|", "P:ABA\nM:4/4\nL:1/8\nK:C"))
    assert [pitches for _, _, pitches in sounding(changed)] == [[60], [62], [60]]
    assert "P:" not in changed.text


def test_words_are_written_out() -> None:
    changed = abc.expand_repeats(tune("|:C4D4:|E8|\nw: a b c"))
    assert body(changed) == "C4 D4 | C4 D4 | E8 |]\nw: a b a b c"


@SETTINGS
@given(tunes())
def test_written_out_it_sounds_the_same(text: str) -> None:
    """What is tied over a jump is cut there (docs/abc.md), so it is compared after one round."""
    one = abc.read(text).tunes[0]
    out = abc.expand_repeats(one)
    assert flat(sounding(out)) == flat(sounding(one))
    assert flat(music(out)["voices"][0]["notes"]) == flat(sounding(one))
    assert not music(out)["voices"][0]["signs"]


# -- cutting --------------------------------------------------------------------

TUNE = '|:"C"CDEF GABc|1c8:|2d8|]|:e4f4:|[K:G]f8|]\nw: a b c d e f g h i j k l m'


@pytest.mark.parametrize(
    ("first", "last", "result"),
    [
        (1, 1, '"C"CD EF GA Bc |]\nw: a b c d e f g h'),
        (2, 3, "c8 | d8 |]\nw: i j"),
        (4, 5, "e4 f4 | [K:G]f8 |]\nw: k l m"),
    ],
)
def test_bars(first: int, last: int, result: str) -> None:
    assert body(abc.take_bars(tune(TUNE), first, last)) == result


def test_bars_begin_in_their_own_key_and_meter() -> None:
    changed = abc.take_bars(tune("C8|[K:D][M:3/4]F6|G6|"), 3, 3)
    assert changed.text == "X:1\nL:1/8\nM:3/4\nK:D\nG6 |]\n"


@pytest.mark.parametrize(("first", "last"), [(0, 1), (-1, 2), (3, 2), (1, 6), (6, 6)])
def test_no_such_bars(first: int, last: int) -> None:
    with pytest.raises(UsageError, match=f"bars {first} to {last} of a tune with 5"):
        abc.take_bars(tune(TUNE), first, last)


@pytest.mark.parametrize(
    ("number", "result"),
    [
        (1, '|: "C"CD EF GA Bc | [1 c8 :| [2 d8 |]\nw: a b c d e f g h i j'),
        (2, "|: e4 f4 :|\nw: k l"),
        (3, "f8 |]\nw: m"),
    ],
)
def test_section(number: int, result: str) -> None:
    assert body(abc.take_section(tune(TUNE), number)) == result


def test_sections_played_one_after_the_other_are_the_tune() -> None:
    one = tune(TUNE)
    heard = [p for at in (1, 2, 3) for _, _, p in sounding(abc.take_section(one, at))]
    assert heard == [p for _, _, p in sounding(one)]


@pytest.mark.parametrize("number", [0, -1, 4])
def test_no_such_section(number: int) -> None:
    with pytest.raises(UsageError, match=f"section {number} of a tune with 3"):
        abc.take_section(tune(TUNE), number)


def test_nothing_to_cut() -> None:
    empty = tune("")
    with pytest.raises(UsageError, match="no music"):
        abc.take_section(empty, 1)
    with pytest.raises(UsageError, match="bars 1 to 1 of a tune with 0"):
        abc.take_bars(empty, 1, 1)


@SETTINGS
@given(tunes())
def test_all_bars_are_the_notes_as_written(text: str) -> None:
    one = abc.read(text).tunes[0]
    bars = len(abc.timeline(one).voices[0].measures)
    cut = abc.take_bars(one, 1, bars)
    assert music(cut)["voices"][0]["notes"] == music(one)["voices"][0]["notes"]
    assert music(cut)["bars"] == music(one)["bars"]


# -- voices ---------------------------------------------------------------------

TRIO = tune(
    "[V:S]c8|d8|e8|f8|g8|\nw: a b c d e\n[V:A]G8|G8|G8|G8|G8|\n[V:B]C,8|C,8|C,8|C,8|C,8|",
    "M:4/4\nL:1/8\nV:S\nV:A\nV:B clef=bass octave=-1\nK:C",
)


def voices(changed: Tune) -> dict[str, Any]:
    return {v["id"]: (v["notes"], v["lyrics"]) for v in music(changed)["voices"]}


def test_voices_taken_out() -> None:
    all_voices = voices(TRIO)
    for wanted in (["S"], ["B"], ["S", "B"], ["B", "A", "S"]):
        taken = voices(abc.take_voices(TRIO, wanted))
        assert taken == {name: all_voices[name] for name in wanted}


def test_the_only_voice() -> None:
    assert body(abc.take_voices(tune("CDEF|"), ["1"])) == "CD EF |"


@pytest.mark.parametrize(
    ("wanted", "message"),
    [(["T"], "no voice T"), (["S", "2", "x"], "no voice 2, x"), ([], "named")],
)
def test_no_such_voice(wanted: list[str], message: str) -> None:
    with pytest.raises(UsageError, match=message) as raised:
        abc.take_voices(TRIO, wanted)
    assert raised.value.hint == "the tune has S, A, B"


def test_voices_bar_by_bar_and_one_after_the_other() -> None:
    together = abc.interleave_voices(TRIO)
    apart = abc.separate_voices(TRIO)
    assert voices(together) == voices(apart) == voices(TRIO)
    lines = [line[3] for line in body(together).split("\n") if line.startswith("[V:")]
    assert lines == list("SAB" * 5)
    lines = [line[3] for line in body(apart).split("\n") if line.startswith("[V:")]
    assert lines == list("SSAABB")
    assert body(abc.interleave_voices(TRIO, 5)).count("[V:") == 3


@pytest.mark.parametrize("bars", [0, -3])
def test_no_bars_on_a_line(bars: int) -> None:
    with pytest.raises(UsageError, match=f"{bars} bars on a line"):
        abc.interleave_voices(TRIO, bars)


def test_transforms_do_not_change_their_tune() -> None:
    one = tune(TUNE)
    text = one.text
    abc.transpose(one, 3), abc.change_unit(one, "1/4"), abc.expand_repeats(one)
    assert one.text == text == tune(TUNE).text
