"""The playing order: parts, limits, ties over jumps."""

from __future__ import annotations

from typing import Any

import pytest

from chatmusician import abc
from chatmusician.abc.playing import playing_order

MILLION = 1_000_000


def shape(music: str, head: str = "M:4/4\nL:1/4\nK:C") -> dict[str, Any]:
    tune: dict[str, Any] = abc.to_events(abc.read(f"X:1\nT:t\n{head}\n{music}\n"))["tunes"][0]
    return tune


def codes(tune: dict[str, Any]) -> list[str]:
    return [found["code"] for found in tune["diagnostics"]]


@pytest.mark.parametrize(
    ("order", "letters"),
    [
        ("A", "A"),
        ("ABA", "ABA"),
        ("A3", "AAA"),
        ("A2B", "AAB"),
        ("(AB)2", "ABAB"),
        ("(A2B)2", "AABAAB"),
        ("((AB)3.(CD)3)2", ("ABABAB" + "CDCDCD") * 2),
        ("A.B.C", "ABC"),
        (". A . 2 .", "AA"),
        ("(AB)", "AB"),
        ("(A)2(B)2", "AABB"),
        ("A10", "A" * 10),
    ],
)
def test_orders_of_parts(order: str, letters: str) -> None:
    parts = "".join(f"[P:{name}]{note}4|" for name, note in zip("ABCD", "CDEF", strict=True))
    tune = shape(parts, f"M:4/4\nL:1/4\nP:{order}\nK:C")
    pitches = dict(zip("ABCD", (60, 62, 64, 65), strict=True))
    assert [p for _, _, (p,) in tune["expanded"]] == [pitches[letter] for letter in letters]


@pytest.mark.parametrize("order", ["A(B", "A)B", "2A", "A?", "()3"])
def test_orders_that_make_no_sense(order: str) -> None:
    tune = shape("[P:A]C4|[P:B]D4|", f"M:4/4\nL:1/4\nP:{order}\nK:C")
    assert codes(tune) == ["bad-parts"]
    assert len(tune["expanded"]) == 2


def test_a_long_order_is_played() -> None:
    tune = shape("[P:A]CDEF|", "M:4/4\nL:1/4\nP:(((A9)9)9)9\nK:C")
    assert len(tune["expanded"]) == 4 * 9**4
    assert codes(tune) == []


@pytest.mark.parametrize(
    ("order", "music"),
    [
        ("((((((((A9)9)9)9)9)9)9)9)9", "[P:A]CDEF|"),
        ("(A9999)9999", "[P:A]CDEF|"),
        ("A9999", "[P:A]" + "CDEF|" * 100),
    ],
)
def test_too_long_to_play(order: str, music: str) -> None:
    tune = shape(music, f"M:4/4\nL:1/4\nP:{order}\nK:C")
    assert codes(tune) == ["too-many-events"]
    assert len(tune["expanded"]) == len(tune["voices"][0]["notes"])


def test_a_limit_of_ones_own() -> None:
    (tune,) = abc.read("X:1\nT:t\nL:1/4\nK:C\n|:CDEF:|\n").tunes
    line = abc.timeline(tune)
    whole, passed = playing_order(line, limit=100)
    assert (whole[0].measures, passed) == ((0, 0), False)
    plain, passed = playing_order(line, limit=7)
    assert (plain[0].measures, passed) == ((0,), True)


def test_where_each_measure_begins() -> None:
    (tune,) = abc.read("X:1\nT:t\nM:4/4\nL:1/4\nK:C\n|:C4|D2:|E4|]\n").tunes
    line = abc.timeline(tune)
    ((voice,), _) = playing_order(line)
    assert voice.measures == (0, 1, 0, 1, 2)
    assert [line.quarters(start) for start in voice.starts] == [0, 4, 6, 10, 12]


def test_nothing_sounds_twice_over_a_jump() -> None:
    """A tie is cut where playing leaves the written order."""
    tune = shape("|:C4-:|C4|")
    assert tune["voices"][0]["notes"] == [["0", "8", [60]]]
    assert tune["expanded"] == [["0", "4", [60]], ["4", "8", [60]]]
