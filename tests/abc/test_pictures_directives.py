"""Directives and words in pictures: page, texts, verses, heads, chord symbols, landscape."""

from __future__ import annotations

import re

import pytest

from chatmusician import abc
from chatmusician.abc.events import tune_events
from chatmusician.abc.pictures import PageOptions, draw
from chatmusician.abc.pictures.by_abcm2ps import abc_text
from chatmusician.abc.pictures.by_directive import page_for
from chatmusician.abc.texts import FreeText, texts_of
from chatmusician.programs import PROGRAMS, find_program
from tests.abc.scores import score, text

HEAD = "X:1\nT:t\nM:4/4\nL:1/4\n"
WORDS = (
    HEAD
    + "%%text in the header\nK:C\nCDEF|GABc|\n%%center between\nCDEF|\n%%begintext\n"
    + "two lines\nof one paragraph\n%%endtext\n%%begintext obeylines\n%%one\n%%two\n%%endtext\n"
    + "CDEF|]\n%%text after\nW:1. First <verse>\nW:\nW:2. Second\n"
)


def tune_of(music: str, key: str = "C", head: str = HEAD) -> abc.Tune:
    return abc.read(f"{head}K:{key}\n{music}\n").tunes[0]


@pytest.fixture
def verovio() -> None:
    pytest.importorskip("verovio", reason="verovio is not installed")


# -- words --------------------------------------------------------------------


def test_texts_by_their_place() -> None:
    texts = texts_of(abc.read(WORDS).tunes[0])
    assert texts.above == (FreeText(-1, ("in the header",)),)
    assert [(t.lines, t.centered) for t in texts.between] == [
        (("between",), True),
        (("two lines of one paragraph",), False),
        (("one", "two"), False),
    ]
    assert [t.lines for t in texts.below] == [("after",)]
    assert texts.verses == ("1. First <verse>", "", "2. Second")


@pytest.mark.usefixtures("verovio")
@pytest.mark.parametrize("size", ["fit", "a4", "120x60"])
def test_all_words_are_in_the_picture(size: str) -> None:
    pages = draw(abc.read(WORDS).tunes[0], engine="verovio", page=PageOptions(size, margin=5)).pages
    drawn = re.sub(r"<[^>]+>", " ", " ".join(page.decode() for page in pages))
    for words in ("in the header", "between", "two lines of one", "one two", "after"):
        assert words in " ".join(drawn.split())
    assert "1. First &lt;verse&gt;" in drawn
    assert drawn.index("after") < drawn.index("1. First") < drawn.index("2. Second")


@pytest.mark.usefixtures("verovio")
def test_verses_that_fill_pages_are_all_drawn_on_the_page() -> None:
    verses = "".join(f"W:verse {n} with some words\n" for n in range(200))
    tune = abc.read(HEAD + "K:C\nCDEF|\n" + verses).tunes[0]
    pages = [p.decode() for p in draw(tune, engine="verovio", page=PageOptions("a5")).pages]
    assert len(pages) > 3
    assert sum(page.count("with some words") for page in pages) == 200
    for page in pages:
        height = int(re.findall(r'viewBox="0 0 \d+ (\d+)"', page)[1])
        places = re.findall(r'<text x="\d+" y="(\d+)"[^>]*>verse', page)
        assert all(0 < int(y) < height for y in places)
        assert 'class="measure"' not in page or page is pages[0]


# -- the page -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("directive", "page", "expected"),
    [
        ("landscape 1", PageOptions("a4"), (297.0, 210.0, 1.0)),
        ("landscape 0", PageOptions("a4"), (210.0, 297.0, 1.0)),
        ("landscape", PageOptions("fit"), (277.0, None, 1.0)),
        ("landscape 1", PageOptions("fit:100"), (100.0, None, 1.0)),
        ("landscape 1", PageOptions("a4", may_turn=False), (210.0, 297.0, 1.0)),
        ("scale 0.75", PageOptions("a4"), (210.0, 297.0, 1.0)),
        ("scale 1.5", PageOptions("a4", scale=0.5), (210.0, 297.0, 1.0)),
        ("scale 90", PageOptions("a4"), (210.0, 297.0, 4.0)),
        ("scale x", PageOptions("a4"), (210.0, 297.0, 1.0)),
        ("staffwidth 12cm", PageOptions("fit", margin=4), (128.0, None, 1.0)),
        ("staffwidth 90cm", PageOptions("a4"), (210.0, 297.0, 1.0)),
    ],
)
def test_page_of_a_tune(
    directive: str, page: PageOptions, expected: tuple[float, float | None, float]
) -> None:
    found = page_for(page, tune_of("CDEF|", head=f"{HEAD}%%{directive}\n"))
    assert (*found.paper, found.scale) == expected


def test_staff_width_leaves_the_left_margin() -> None:
    page = page_for(PageOptions("a4"), tune_of("CDEF|", head=f"{HEAD}%%staffwidth 4in\n"))
    assert (page.margin_mm, round(page.inside_mm, 1), round(page.right_margin_mm, 1)) == (
        15.0,
        101.6,
        93.4,
    )


@pytest.mark.usefixtures("verovio")
def test_a_new_page_begins_where_the_tune_says() -> None:
    tune = tune_of("CDEF|\nGABc|\n%%newpage\nCDEF|")
    pages = draw(tune, engine="verovio", page=PageOptions("a4")).pages
    assert [page.decode().count('class="measure"') for page in pages] == [2, 1]
    assert len(draw(tune, engine="verovio", page=PageOptions("fit")).pages) == 1


def has_abcm2ps() -> bool:
    return any(find_program(p) for p in PROGRAMS if p.name == "abcm2ps")


@pytest.mark.skipif(not has_abcm2ps(), reason="abcm2ps is not installed")
def test_landscape_of_abcm2ps_is_no_wider_than_the_page() -> None:
    tune = tune_of("CDEF|", head=f"{HEAD}%%landscape 1\n")
    assert "landscape" not in abc_text(tune, PageOptions("fit"))[0]
    drawn = draw(tune, engine="abcm2ps", format="png", page=PageOptions("fit")).pages[0]
    assert int.from_bytes(drawn[16:20], "big") < 1800  # 277 mm at 150 dots an inch are 1636
    wide = draw(tune, engine="abcm2ps", page=PageOptions("a4")).pages[0].decode()
    width, height = re.findall(r'<svg\b[^>]*?width="([\d.]+)px"\s+height="([\d.]+)px"', wide)[0]
    assert float(width) > float(height)


@pytest.mark.skipif(not has_abcm2ps(), reason="abcm2ps is not installed")
def test_what_abcm2ps_finds_wrong_keeps_its_staves() -> None:
    music = "%%score (1 2)\n[V:1] CDEF|\nw: too many words in here\n[V:2] C4|\n"
    drawn = draw(tune_of(music), engine="abcm2ps").pages[0].decode()
    assert len(re.findall(r'<path d="m[\d.]+ [\d.]+\n\th[\d.]+', drawn)) == 1


# -- notes and signs ----------------------------------------------------------


@pytest.mark.usefixtures("verovio")
@pytest.mark.parametrize("symbol", ["E7#9", "C7b9", "Am7b5", "Gsus4add9"])
def test_a_chord_symbol_is_printed_once(symbol: str) -> None:
    drawn = draw(tune_of(f'"{symbol}"C4|'), engine="verovio").pages[0].decode()
    group = re.search(r'class="harm".*?</g>', drawn, re.DOTALL)
    assert group is not None
    printed = "".join(re.sub(r"<[^>]+>", "", group[0]).split(">", 1)[-1].split())
    assert "(" not in printed


def test_heads_of_percussion() -> None:
    root = score("C^C_C=C|", HEAD + "K:C clef=perc\n")
    assert [text(note, "notehead") for note in root.iter("note")] == ["", "x", "circle-x", ""]
    assert root.find(".//accidental") is None
    assert root.find(".//measure//clef/sign").text == "percussion"  # type: ignore[union-attr]
    plain = score("C^C_C|", HEAD + "K:C\n")
    assert [text(note, "notehead") for note in plain.iter("note")] == ["", "", ""]


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("C clef=bass middle=d", "F4+2"),
        ("C clef=bass middle=D,", "F4"),
        ("C clef=treble middle=d", "G1"),
        ("C clef=treble middle=b", "G2+1"),
        ("C clef=alto middle=C,", "C3-1"),
        ("C middle=c", "G2"),
        ("C clef=bass middle=x", "F4"),
    ],
)
def test_middle_is_the_note_on_the_middle_line(key: str, expected: str) -> None:
    root = score("CDEF|", f"{HEAD}K:{key}\n")
    clef = root.find(".//clef")
    assert clef is not None
    octave = int(text(clef, "clef-octave-change") or 0)
    found = text(clef, "sign") + text(clef, "line") + (f"{octave:+d}" if octave else "")
    assert found == expected
    assert text(root, ".//pitch/octave") == "4"


# What abc2midi plays.
@pytest.mark.parametrize(
    ("key", "pitches"),
    [
        ("C shift=CD", [62, 64, 66, 67]),
        ("C shift=C^F", [66, 68, 70, 71]),
        ("C sound=CD", [62, 64, 66, 67]),
        ("C shift=CX", [60, 62, 64, 65]),
        ("C score=CD", [60, 62, 64, 65]),
    ],
)
def test_shift_moves_what_sounds(key: str, pitches: list[int]) -> None:
    voice = tune_events(tune_of("CDEF|", key))["voices"][0]
    assert [pitch for _, _, chord in voice["notes"] for pitch in chord] == pitches
