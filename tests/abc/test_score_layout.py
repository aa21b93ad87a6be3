"""``%%score`` and ``%%staves`` read as staves, groups, bar lines; what is wrong in them."""

from __future__ import annotations

import pytest

from chatmusician import abc
from chatmusician.abc.score_layout import (
    StaffGroup,
    named_voices,
    parse_score,
    score_directives,
    score_of,
    score_text,
    with_later,
)

HEAD = "X:1\nL:1/4\nM:4/4\nK:C\n"


def staves(value: str, name: str = "score") -> list[str]:
    """The staves in short: their voices, ``*`` before floating ones, ``|`` where joined."""
    return [
        " ".join([*staff.voices, *(f"*{id}" for id in staff.floating)]) + " |" * staff.joined
        for staff in parse_score(value, name).staves
    ]


# What abcm2ps 8.14 drew for each, by the heights of its notes.
@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("score", "S A T B", ["S", "A", "T", "B"]),
        ("score", "(S A) (T B)", ["S A", "T B"]),
        ("score", "(S A)(T B)", ["S A", "T B"]),
        ("score", "{a b c}", ["a", "b", "c"]),
        ("score", "{a *b c}", ["a *b", "c"]),
        ("score", "{a b *c}", ["a", "b", "c"]),
        ("score", "a *b c", ["a", "b", "c"]),
        ("score", "(a|b)", ["a b"]),
        ("score", "[a | b] c", ["a |", "b", "c"]),
        ("score", "[a b] | c", ["a", "b |", "c"]),
        ("staves", "a b", ["a |", "b"]),
        ("staves", "[a | b]", ["a", "b"]),
        ("staves", "{a b c}", ["a *b |", "c"]),
        ("staves", "{a b c d}", ["a b |", "c d"]),
        ("staves", "{(a b) c d}", ["a b |", "c |", "d"]),
        ("staves", "{a | b c}", ["a *b", "c"]),
        ("staves", "{a b | c}", ["a |", "b", "c"]),
        ("staves", "{a | b c d}", ["a b", "c d"]),
        ("staves", "{a b | c d}", ["a |", "b", "c |", "d"]),
        ("staves", "{a b c | d}", ["a |", "b |", "c", "d"]),
        ("staves", "{a b c d e}", ["a |", "b |", "c |", "d |", "e"]),
        ("score", "{a *b *c d}", ["a *b *c", "d"]),
        ("staves", "[a b c]", ["a |", "b |", "c"]),
        ("staves", "{a b} c", ["a |", "b |", "c"]),
    ],
)
def test_staves(name: str, value: str, expected: list[str]) -> None:
    assert staves(value, name) == expected
    assert parse_score(value, name).problems == ()


def test_groups_outer_before_inner() -> None:
    layout = parse_score("Solo [(S A) (T B)] [{RH LH} P]")
    assert layout.groups == (
        StaffGroup(1, 2, "bracket"),
        StaffGroup(3, 5, "bracket"),
        StaffGroup(3, 4, "brace"),
    )


@pytest.mark.parametrize(
    ("value", "place", "expected"),
    [
        ("a (b", (2, 3), ["a", "b"]),
        ("a b]", (3, 4), ["a", "b"]),
        ("[{a b} c", (0, 1), ["a", "b", "c"]),
        ("[a b}", (4, 5), ["a", "b"]),
        ("([a b) c", (1, 2), ["a b", "c"]),
        ("[a a b]", (3, 4), ["a", "b"]),
    ],
)
def test_what_is_wrong_is_reported_and_the_rest_read(
    value: str, place: tuple[int, int], expected: list[str]
) -> None:
    layout = parse_score(value)
    first = layout.problems[0]
    assert (first.code, first.start, first.end) == ("bad-score", *place)
    assert [" ".join(staff.voices) for staff in layout.staves] == expected


@pytest.mark.parametrize(
    "value",
    [
        "[(S A) | (T B)] Solo {RH *M | LH}",
        "[[a b] | c] {d}",
        "a | b | c",
        "{a b | c}",
        "(a b c) [d]",
    ],
)
def test_text_of_a_layout_reads_as_the_layout(value: str) -> None:
    layout = parse_score(value)
    assert score_text(layout) == value
    assert parse_score(score_text(layout)) == layout


def test_voices_without_music_leave_no_empty_staff() -> None:
    layout = parse_score("{a *b | (c d)} [e f]").keeping({"b", "d", "f"})
    assert score_text(layout) == "{b | d} [f]"
    assert parse_score("{a *b | c}").keeping({"a", "b"}).staves[0].voices == ("a", "b")


def test_named_voices_have_places() -> None:
    assert named_voices("{a |(bc d)}") == [("a", 1, 2), ("bc", 5, 7), ("d", 8, 9)]


def test_the_last_directive_before_the_music_counts() -> None:
    text = f"%%score 9\n\n%%score 2 1\n{HEAD}%%score 1 2\n[V:1]C4|\n[V:2]C4|\n%%score 2\n[V:2]D4|\n"
    tune = abc.read(text).tunes[0]
    first, later = score_directives(tune)
    assert first is not None
    assert (first.value, [d.value for d in later]) == ("1 2", ["2"])


def test_without_a_directive_each_voice_has_a_staff() -> None:
    tune = abc.read(HEAD + "[V:1]C4|\n[V:2]C4|\n").tunes[0]
    assert score_text(score_of(tune, ["1", "2"])) == "1 2"


def test_a_directive_that_names_no_voice_of_the_tune_is_none() -> None:
    tune = abc.read("X:1\n%%score x y\nK:C\n[V:1]C4|\n[V:2]C4|\n").tunes[0]
    assert score_text(score_of(tune, ["1", "2"])) == "1 2"


@pytest.mark.parametrize(
    ("first", "later", "expected"),
    [
        ("a", "a b", "a b"),
        ("(a b)", "(a b) (c d)", "(a b) (c d)"),
        ("[a | b]", "[a | x | b]", "[a | x | b]"),
        ("a b", "(a c) b", "(a c) b"),
        ("a b", "c a b", "c a b"),
    ],
)
def test_voices_of_later_directives_are_put_where_they_have_them(
    first: str, later: str, expected: str
) -> None:
    assert score_text(with_later(parse_score(first), parse_score(later))) == expected
