"""PNG and PDF: their sizes, that text and notes are on them, and booklets."""

from __future__ import annotations

import io
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from chatmusician import abc
from chatmusician.abc.pictures import PageOptions, booklet, draw, fonts, raster
from chatmusician.errors import InputError, UsageError
from chatmusician.programs import PROGRAMS, find_program
from tests.abc.pictures import REEL, png_pixels, titled, tune

pytest.importorskip("cairosvg")
pytest.importorskip("resvg_py")

FIT = PageOptions("fit")
PAGE = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="100mm" height="50mm" viewBox="0 0 200 100">'
    '<g font-family="Times, serif">{inside}</g></svg>'
)


def page(text: str, **attributes: str) -> str:
    given = "".join(f' {name.replace("_", "-")}="{value}"' for name, value in attributes.items())
    return PAGE.format(inside=f'<text x="10" y="50" font-size="30px"{given}>{text}</text>')


def reader(data: bytes) -> Any:
    return pytest.importorskip("pypdf").PdfReader(io.BytesIO(data))


@pytest.fixture(params=["verovio", "abcm2ps", "musescore"])
def engine(request: pytest.FixtureRequest) -> str:
    name = str(request.param)
    if name == "verovio":
        pytest.importorskip("verovio")
    elif find_program(next(p for p in PROGRAMS if p.name == name)) is None:
        pytest.skip(f"{name} is not installed")
    if name != "abcm2ps":
        pytest.importorskip("chatmusician.abc.musicxml")
    return name


def test_png_of_every_engine_has_the_width_asked_for_and_ink(engine: str) -> None:
    for options in (PageOptions("a5", width=600), PageOptions("fit", width=600)):
        made = draw(tune(REEL), engine=engine, format="png", page=options)
        width, height, ink = png_pixels(made.pages[0])
        assert width == 600
        assert 0.005 < ink < 0.3
        assert (height == pytest.approx(600 * 210 / 148, abs=3)) or options.fit


def test_dpi_sets_the_pixels_of_a_page(engine: str) -> None:
    options = PageOptions("200x100", dpi=127, scale=0.6)
    made = draw(tune(REEL), engine=engine, format="png", page=options)
    width, height, _ = png_pixels(made.pages[0])
    assert width == pytest.approx(1000, abs=3)
    assert height == pytest.approx(500, abs=3)


def test_pdf_of_every_engine_has_pages_of_the_size_asked_for(engine: str) -> None:
    (data,) = draw(tune(REEL), engine=engine, format="pdf", page=PageOptions("a5")).pages
    made = reader(data)
    assert len(made.pages) == 1
    box = made.pages[0].mediabox
    assert float(box.width) == pytest.approx(148 / 25.4 * 72, abs=1.5)
    assert float(box.height) == pytest.approx(210 / 25.4 * 72, abs=1.5)


@pytest.mark.skipif(not shutil.which("pdftotext"), reason="pdftotext is not installed")
def test_pdf_has_real_text(engine: str, tmp_path: Path) -> None:
    (data,) = draw(tune(REEL), engine=engine, format="pdf").pages
    (tmp_path / "x.pdf").write_bytes(data)
    said = subprocess.run(
        ["pdftotext", str(tmp_path / "x.pdf"), "-"], capture_output=True, text=True, check=True
    ).stdout
    for words in ("Rain on the Slate Roof", "Anna Körner", "D7", "180"):
        assert words in said


def test_a_long_tune_makes_a_pdf_of_several_pages(engine: str) -> None:
    long = tune(REEL + REEL.splitlines()[-1] + "\n" + (REEL.splitlines()[-1] + "\n") * 30)
    made = reader(draw(long, engine=engine, format="pdf", page=PageOptions("a5")).pages[0])
    assert len(made.pages) > 2


@pytest.mark.parametrize("text", ["Title", "Пролог", "Ἀρχή", "♯♭♮", "\ue262\ueca5"])
def test_text_is_seen_in_any_script_that_has_a_font(text: str) -> None:
    family = {"font_family": fonts.MUSIC} if text[0] == "\ue262" else {}
    if raster.missing_letters([page(text)]):
        pytest.skip("no font for this script here")
    assert png_pixels(raster.to_png(page(text, **family), 400))[2] > 0.002
    assert reader(raster.to_pdf([page(text, **family)])).pages


def test_an_empty_text_takes_nothing_with_it() -> None:
    flat, _ = raster.prepared('<svg><text y="1"/><g><path d="M0 0"/></g><text>a</text></svg>')
    assert '<path d="M0 0"/>' in flat
    assert ">a</tspan>" in flat


def test_text_is_set_in_a_font_that_has_it() -> None:
    flat = raster.flatten("<text>F♯m</text>", {"♯": "Leipzig"})
    assert flat == (
        '<text xml:space="preserve"><tspan font-family="Liberation Serif">F</tspan>'
        '<tspan font-family="Leipzig">♯</tspan>'
        '<tspan font-family="Liberation Serif">m</tspan></text>'
    )


def test_nested_text_becomes_lines_of_runs() -> None:
    flat = raster.flatten(
        '<text font-size="0px"><tspan x="1" y="2" text-anchor="start"><title>no</title>'
        '<tspan><tspan font-size="5px">a &amp; b</tspan></tspan></tspan>'
        '<tspan x="3" y="4"><tspan font-size="6px">c</tspan></tspan></text>',
        {},
    )
    assert "no" not in flat
    assert flat.count("<text ") == 2
    assert '>a &amp; b</tspan></text><text xml:space="preserve" x="3" y="4">' in flat


def test_centred_runs_in_two_fonts_stay_centred() -> None:
    flat = raster.flatten(
        '<text x="100" y="0" text-anchor="middle" font-size="10px">aaΩ</text>', {"Ω": "Other"}
    )
    # Two letters of 0.444 and one whose width is only guessed, or known where it is.
    wide = fonts.score_fonts().width("aaΩ") * 10
    assert f'x="{100 - wide / 2:.1f}"' in flat
    assert "text-anchor" not in flat


def test_characters_without_a_font_are_told() -> None:
    pytest.importorskip("verovio")
    strange = "\U000e0041\U0010fffd"
    assert raster.missing_letters([page(strange)]) == strange
    assert raster.missing_letters([page("Plain Ä")]) == ""


def tunes_of(*titles: str) -> list[Any]:
    return [titled(title) for title in titles]


def drawer() -> str:
    if find_program(next(p for p in PROGRAMS if p.name == "abcm2ps")) is None:
        pytest.importorskip("chatmusician.abc.musicxml")
        return "auto"
    return "abcm2ps"


def test_a_booklet_has_an_index_numbers_and_bookmarks() -> None:
    made = booklet(tunes_of("Zebra", "The Apple", "Middle"), title="Songs", engine=drawer())
    book = reader(made.pages[0])
    texts = [p.extract_text() for p in book.pages]
    assert len(texts) == 4
    lines = [line.split() for line in texts[0].splitlines() if line.split()]
    joined = " ".join(" ".join(line) for line in lines)
    assert joined.index("The Apple") < joined.index("Middle") < joined.index("Zebra")
    for number, (text, title) in enumerate(
        zip(texts[1:], ("Zebra", "The Apple", "Middle"), strict=True), start=2
    ):
        assert title in text
        assert str(number) in text.split()
    assert [(o.title, book.get_destination_page_number(o)) for o in book.outline] == [
        ("Songs", 0),
        ("Zebra", 1),
        ("The Apple", 2),
        ("Middle", 3),
    ]
    assert book.metadata.title == "Songs"
    assert len(book.pages[0]["/Annots"]) == 3


def test_an_index_in_file_order() -> None:
    made = booklet(tunes_of("Zebra", "Apple"), index="file", engine=drawer())
    first = reader(made.pages[0]).pages[0].extract_text()
    assert first.index("Zebra") < first.index("Apple")


def test_a_long_index_takes_several_pages_and_numbers_still_fit() -> None:
    titles = [f"Tune {n} " + "of a long name " * (n % 12) for n in range(40)]
    made = booklet(tunes_of(*titles), page=PageOptions("a5"), engine=drawer())
    book = reader(made.pages[0])
    front = len(book.pages) - 40
    assert front > 1
    index = " ".join(book.pages[n].extract_text() for n in range(front)).split()
    for number, title in enumerate(titles):
        # A page break with its number may stand within a title.
        assert index.count(f"{number}") >= 1
        assert title.split()[:2] == book.outline[number + 1].title.split()[:2]
        shown = " ".join(book.pages[front + number].extract_text().split())
        assert " ".join(title.split()) in shown
    assert index.count("long") == sum(title.count("long") for title in titles)


def test_a_tune_that_cannot_be_drawn_costs_only_itself() -> None:
    book = abc.read(REEL + "\nX:2\nT:Empty\nK:C\n")
    made = booklet(book.tunes, engine=drawer())
    assert len(reader(made.pages[0]).pages) == 2
    assert made.left_out == ["X:2 Empty: X:2 has no notes to draw"]


def test_a_booklet_of_nothing_is_refused() -> None:
    with pytest.raises(InputError, match="no tune could be drawn"):
        booklet([], engine=drawer())
    with pytest.raises(UsageError, match="pages of one size"):
        booklet([tune(REEL)], page=FIT)
    with pytest.raises(UsageError, match="no index order"):
        booklet([tune(REEL)], index="random")  # type: ignore[arg-type]
