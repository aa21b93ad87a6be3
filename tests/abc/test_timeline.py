"""Time is exact, and bounded."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from chatmusician import abc


def shape(music: str, head: str = "M:none\nL:1/4\nK:C") -> dict[str, Any]:
    tune: dict[str, Any] = abc.to_events(abc.read(f"X:1\nT:t\n{head}\n{music}\n"))["tunes"][0]
    return tune


def lengths(tune: dict[str, Any]) -> list[Fraction]:
    return [Fraction(length) for _, length, _ in tune["voices"][0]["notes"]]


def test_nothing_is_rounded() -> None:
    """A sum of unlike tuplets and divisions is the sum of the fractions."""
    tune = shape(
        "(3CDE (5CDEFG (7CDEFGAB (9:8:9CDEFGABcd (11:8:11CDEFGABcdef (13:8:13CDEFGABcdefga C/7"
    )
    wanted = [
        Fraction(q, p)
        for p, q in ((3, 2), (5, 2), (7, 2), (9, 8), (11, 8), (13, 8))
        for _ in range(p)
    ]
    assert lengths(tune) == [*wanted, Fraction(1, 7)]
    assert Fraction(tune["bars"][0]) == sum(wanted) + Fraction(1, 7)


@pytest.mark.parametrize("p", [17, 19, 23, 29, 97])
def test_unusual_tuplets(p: int) -> None:
    tune = shape(f"({p}:16:{p}" + "C" * p)
    assert lengths(tune) == [Fraction(16, p)] * p
    assert tune["diagnostics"] == []


def test_more_precision_than_there_is() -> None:
    """Unlike primes multiply; past the limit there is one finding, and no flood."""
    primes = (17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97)
    tune = shape(" ".join(f"({p}:2:{p}" + "C" * p for p in primes))
    assert [found["code"] for found in tune["diagnostics"]] == ["resolution"]
    assert len(lengths(tune)) == sum(primes)


@pytest.mark.parametrize(
    "music",
    [
        "C20001",
        "C/20001",
        "C99999999999999999999",
        "C/99999999999999999999",
        "z99999999",
        "[CE]99999999",
    ],
)
def test_lengths_beyond_reason(music: str) -> None:
    tune = shape(f"{music} D")
    assert [found["code"] for found in tune["diagnostics"]] == ["absurd-length"]
    assert lengths(tune)[-1] == 1


@pytest.mark.parametrize("count", [1001, 99999, 10**30])
def test_rests_beyond_reason(count: int) -> None:
    tune = shape(f"C4|Z{count}|D4|", "M:4/4\nL:1/4\nK:C")
    assert [found["code"] for found in tune["diagnostics"]] == ["absurd-length"]
    assert len(tune["bars"]) == 3


def test_many_voices() -> None:
    tune = shape("".join(f"[V:{n}]C4|" for n in range(256)))
    assert len(tune["voices"]) == 256
    assert tune["diagnostics"] == []
    more = shape("".join(f"[V:{n}]C4|" for n in range(300)))
    assert len(more["voices"]) == 256
    assert {found["code"] for found in more["diagnostics"]} == {"too-deep"} | (
        {found["code"] for found in more["diagnostics"]} - {"too-deep"}
    )


def test_one_timeline_for_each_voice() -> None:
    tune = shape("[V:1]C-[V:2](3EFG[V:1]C>D[V:2]A", "M:none\nL:1/4\nK:C")
    one, two = tune["voices"]
    assert one["notes"] == [["0", "5/2", [60]], ["5/2", "1/2", [62]]]
    assert two["notes"] == [
        ["0", "2/3", [64]],
        ["2/3", "2/3", [65]],
        ["4/3", "2/3", [67]],
        ["2", "1", [69]],
    ]


def test_a_tune_of_many_bars() -> None:
    tune = shape("CDEF|" * 2000, "M:4/4\nL:1/4\nK:C")
    assert len(tune["bars"]) == 2000
    assert tune["voices"][0]["notes"][-1] == ["7999", "1", [65]]
    assert tune["diagnostics"] == []
