"""Relations of bars, traits of parts and closes, on cases worked out by hand."""

from __future__ import annotations

import pytest

from chatmusician.model.home.relations import closes, kind_of, relation, relations, traits
from chatmusician.model.home.tune import HomePart, HomeTune


def bar(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def tune(*parts: HomePart, meter: str = "4/4", mode: str = "major") -> HomeTune:
    return HomeTune("reel", meter, mode, "", parts)


@pytest.mark.parametrize(
    ("one", "two", "kind"),
    [
        ("C2 E G c2 B A", "C2 E G c2 B A", "="),
        ("~ C2 E G c2 B A", "C2 E G c2 B A", "="),  # an ornament changes no pitch
        ("D+ G8", "G8", "="),  # nor does the lower note of a stop
        ("C2 E G c2 B A", "C2 E G c2 G E", "v"),  # six of eight eighths agree
        ("C2 E G c2 B A", "C2 E G d2 G E", "v"),  # four of eight: half is enough
        ("C2 E G c2 B A", "C2 E F d2 G E", ""),  # three of eight
        ("C D E F G A B c", "D E F G A B c d", "s"),
        ("C D E F G A B c", "D E F G A B d c", ""),
        ("C4 E4", "D4 F4", ""),  # two notes are too few for a sequence
        ("z2 E2 G4", "z2 F2 A4", ""),  # rests are not moved
        ("C4 z4", "C4 z4", "="),
        ("^F4 G4", "F4 G4", "v"),
    ],
)
def test_kind(one: str, two: str, kind: str) -> None:
    assert kind_of(bar(one), bar(two)) == kind


def test_triplets_are_compared_in_time() -> None:
    assert kind_of(bar("(3 C D E C2 G4"), bar("C2 C2 G4")) == "v"


A, B, C, D = (bar(text) for text in ("C8", "D4 E4", "F2 G2 A4", "B2 c2 d2 c2"))


def test_copies_go_before_variants_and_the_last_distance_first() -> None:
    path = [A, B, A, B]
    assert relation(A, path) == "=4"
    assert relation(A, path, last=2) == "=2"
    assert relation(C, path) == "n"
    assert relation(bar("D4 F4"), path) == "v1"
    assert relation(bar("D4 F4"), path, last=3) == "v3"  # bar 2 is B too


def test_second_endings_look_at_the_first() -> None:
    part = HomePart((), (A, B, C), True, (D,), (bar("B2 c2 d4"),))
    ((main, first, second),) = relations(tune(part))
    assert (main, first, second) == (["n", "n", "n"], ["n"], ["v0"])


def test_first_endings_are_not_on_the_path() -> None:
    one = HomePart((), (A, B, C), True, (D,), (A,))
    two = HomePart((), (D,), False)
    assert relations(tune(one, two))[1][0] == ["n"]


def test_traits() -> None:
    low = HomePart((), (bar("C2 D2 E4"), bar("E2 D2 C4"), bar("C2 D2 E4"), bar("E2 D2 C4")), True)
    high = HomePart((), (bar("c2 d2 e4"), bar("g8"), bar("e2 d2 c4"), bar("E2 D2 C4")), True)
    first, second = traits(tune(low, high))
    assert (first.register, first.climax, first.opening, first.rhymes) == (
        "low",
        1,
        "answer",
        False,
    )
    assert (second.register, second.climax, second.opening) == ("high", 2, "new")
    assert not second.rhymes
    assert traits(tune(low, low))[1].opening == "recall"
    assert traits(tune(low, low))[1].rhymes


@pytest.mark.parametrize(
    ("ends", "mode", "expected"),
    [
        (("C4 C4", "G4 C4"), "major", ("all", True)),
        (("C4 G4", "G6 C C"), "major", ("last", False)),
        (("C4 C4", "C4 G4"), "major", ("none", True)),
        (("D4 D4", "A4 D4"), "dorian", ("all", True)),
        (("C4 ^C4",), "major", ("none", True)),
        (("G4 C2 z2",), "major", ("all", True)),  # a rest after the last note
    ],
)
def test_closes(ends: tuple[str, ...], mode: str, expected: tuple[str, bool]) -> None:
    parts = [HomePart((), (bar("G8"), bar(end)), True) for end in ends]
    assert closes(tune(*parts, mode=mode)) == expected
