"""The elements of a tune: their kinds, values and the source they came from."""

from __future__ import annotations

import pytest

from chatmusician import abc
from chatmusician.abc.endings import ending_numbers
from chatmusician.abc.tune import (
    BAR_DOTTED,
    BAR_DOUBLE,
    BAR_FINAL,
    BAR_HEAVY_START,
    BAR_INVISIBLE,
    BAR_PLAIN,
    Annotation,
    Bar,
    Chord,
    ChordSymbol,
    Decoration,
    Ending,
    Field,
    Grace,
    Note,
    Rest,
    Slur,
    Tune,
    Tuplet,
)

HEAD = "X:1\nT:t\nM:4/4\nL:1/4\nK:C\n"


def body(music: str, head: str = HEAD) -> Tune:
    (tune,) = abc.read(head + music + "\n").tunes
    return tune


def kinds(music: str) -> list[tuple[str, str]]:
    """Name and source of each element of the first line, its end left out."""
    tune = body(music)
    return [(type(e).__name__, tune.source(e)) for e in tune.elements][:-1]


def test_every_kind_of_element() -> None:
    music = '{/a}"Am""^t"!f!.^c\'3/2-|1 [CE]2:|2 (3(zX4)>[K:G]&y2 `C$% rest'
    assert kinds(music) == [
        ("Grace", "{/a}"),
        ("ChordSymbol", '"Am"'),
        ("Annotation", '"^t"'),
        ("Decoration", "!f!"),
        ("Decoration", "."),
        ("Note", "^c'3/2-"),
        ("Bar", "|"),
        ("Ending", "1"),
        ("Chord", "[CE]2"),
        ("Bar", ":|"),
        ("Ending", "2"),
        ("Tuplet", "(3"),
        ("Slur", "("),
        ("Rest", "z"),
        ("Rest", "X4"),
        ("Slur", ")"),
        ("BrokenRhythm", ">"),
        ("Field", "[K:G]"),
        ("Overlay", "&"),
        ("Spacer", "y2"),
        ("Note", "C"),
        ("LineBreak", "$"),
        ("Comment", "% rest"),
    ]


def test_a_note() -> None:
    (note, *_) = body("__B,,5/4-").elements
    assert isinstance(note, Note)
    assert (note.step, note.octave, note.accidental) == (6, -2, -2)
    assert (note.num, note.den, note.tie) == (5, 4, 1)


def test_a_chord() -> None:
    tune = body('["x"C2!f!^E/]3/2-')
    (chord, *_) = tune.elements
    assert isinstance(chord, Chord)
    assert [tune.source(note) for note in chord.notes] == ["C2", "^E/"]
    assert [type(inner).__name__ for inner in chord.inner] == [
        "ChordSymbol",
        "Note",
        "Decoration",
        "Note",
    ]
    assert (chord.num, chord.den, chord.tie) == (3, 2, 1)


@pytest.mark.parametrize(
    ("sign", "style", "closes", "opens"),
    [
        ("|", BAR_PLAIN, 0, 0),
        ("||", BAR_DOUBLE, 0, 0),
        ("|]", BAR_FINAL, 0, 0),
        ("[|", BAR_HEAVY_START, 0, 0),
        (".|", BAR_DOTTED, 0, 0),
        ("[|]", BAR_INVISIBLE, 0, 0),
        ("|:", BAR_PLAIN, 0, 1),
        (":|", BAR_PLAIN, 1, 0),
        ("::", BAR_PLAIN, 1, 1),
        (":|:", BAR_PLAIN, 1, 1),
        (":||:", BAR_DOUBLE, 1, 1),
        ("|::", BAR_PLAIN, 0, 2),
        ("::|", BAR_PLAIN, 2, 0),
        (":|]", BAR_FINAL, 1, 0),
        ("[|:", BAR_HEAVY_START, 0, 1),
        ("[|:::", BAR_HEAVY_START, 0, 3),
    ],
)
def test_bar_lines(sign: str, style: int, closes: int, opens: int) -> None:
    _, bar, _, *_ = body(f"C{sign}D").elements
    assert isinstance(bar, Bar)
    assert (bar.style, bar.closes, bar.opens) == (style, closes, opens)


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("1", (1,)),
        ("1,3", (1, 3)),
        ("1-3", (1, 2, 3)),
        ("1,3,5-7", (1, 3, 5, 6, 7)),
        ("0", ()),
        ("3-1", ()),
        ("1-999", ()),
        ("99999", ()),
        ("", ()),
    ],
)
def test_ending_numbers(text: str, numbers: tuple[int, ...]) -> None:
    assert ending_numbers(text) == numbers


@pytest.mark.parametrize(
    ("music", "p", "q", "r"), [("(3", 3, 0, 0), ("(5:4", 5, 4, 0), ("(7:4:9", 7, 4, 9)]
)
def test_tuplets(music: str, p: int, q: int, r: int) -> None:
    (tuplet, *_) = body(music + "C").elements
    assert isinstance(tuplet, Tuplet)
    assert (tuplet.p, tuplet.q, tuplet.r) == (p, q, r)


def test_shorthand_and_its_long_name() -> None:
    names = [e.name for e in body(".C~CTC+f+C!>!C!<(!C").elements if isinstance(e, Decoration)]
    assert names == ["staccato", "roll", "trill", "f", "accent", "crescendo("]


def test_texts() -> None:
    found = body('"Gm7"C"<left"C"@3,4 here"C').elements
    symbols = [e.text for e in found if isinstance(e, ChordSymbol)]
    notes = [(e.placement, e.text) for e in found if isinstance(e, Annotation)]
    assert symbols == ["Gm7"]
    assert notes == [("<", "left"), ("@", "here")]


def test_graces_slurs_rests_endings_fields() -> None:
    found = body("{/ab}.(z2|[1,2 C)[M: 3/4 ]Z3").elements
    grace = next(e for e in found if isinstance(e, Grace))
    slurs = [(e.opens, e.dotted) for e in found if isinstance(e, Slur)]
    rests = [(e.letter, e.num, e.den) for e in found if isinstance(e, Rest)]
    (ending,) = (e.numbers for e in found if isinstance(e, Ending))
    (field,) = ((e.letter, e.value, e.inline) for e in found if isinstance(e, Field))
    assert (len(grace.notes), grace.slash) == (2, True)
    assert slurs == [(True, True), (False, False)]
    assert rests == [("z", 2, 1), ("Z", 3, 1)]
    assert ending == (1, 2)
    assert field == ("M", "3/4", True)


def test_the_header() -> None:
    head = "X:7\nT:One\n+:more % remark\n%%text x\nM:4/4\nK:D\n"
    tune = body("C", head)
    assert tune.x == "7"
    assert tune.title == "One more"
    assert tune.value("K") == "D"
    assert tune.value("Q", "?") == "?"
    assert [f.value for f in tune.fields("T")] == ["One more"]


def test_elements_made_by_a_macro_have_the_place_of_its_use() -> None:
    tune = body("C~G2D|", "X:1\nT:t\nL:1/4\nm:~G2=GA\nK:C\n")
    notes = [e for e in tune.elements if isinstance(e, Note)]
    assert [tune.source(note) for note in notes] == ["C", "~G2", "~G2", "D"]


def test_line_and_column() -> None:
    tune = abc.read("%\n\nX:1\nT:t\r\nK:C\rCD\n").tunes[0]
    assert [tune.place(tune.text.index(sign)) for sign in ("X", "T", "K", "D")] == [
        (3, 1),
        (4, 1),
        (5, 1),
        (6, 2),
    ]
