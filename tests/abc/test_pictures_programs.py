"""Scores by MuseScore and abcm2ps: hostile titles, and programs that fail in every way."""

from __future__ import annotations

import re
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from xml.etree import ElementTree

import pytest

from chatmusician.abc.pictures import PageOptions, by_abcm2ps, by_musescore, draw
from chatmusician.errors import EngineError, MissingDependency, UsageError
from chatmusician.programs import PROGRAMS, find_program
from tests.abc.pictures import HOSTILE, REEL, fake_program, titled, tune, words

FIT = PageOptions("fit")
SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="10px" height="10px" '
    'viewBox="0 0 10 10"><path d="M0 0"/></svg>'
)


def installed(name: str) -> bool:
    return find_program(next(p for p in PROGRAMS if p.name == name)) is not None


needs_abcm2ps = pytest.mark.skipif(not installed("abcm2ps"), reason="abcm2ps is not installed")
needs_musescore = pytest.mark.skipif(not installed("musescore"), reason="no MuseScore here")
MADE_BY = {"abcm2ps": "abcm2ps", "musescore": "musescore3"}


@pytest.fixture(params=list(MADE_BY))
def engine(request: pytest.FixtureRequest) -> str:
    if request.param == "musescore":
        pytest.importorskip("chatmusician.abc.musicxml")
    return str(request.param)


@pytest.fixture
def only_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder that is the whole path."""
    folder = tmp_path / "a path with 'quotes' $(and more)"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("import sys; sys.exit('no such note')", "ended with exit code 1: no such note"),
        ("import os; os.abort()", r"was killed \(SIGABRT\)"),
        ("pass", r"wrote no"),
        ("open('page001.svg', 'w'); open('score-1.svg', 'w')", "wrote no"),
        ("import time; time.sleep(30)", "was stopped after 1 seconds"),
    ],
)
def test_a_program_that_fails_is_one_clear_error(
    engine: str, code: str, said: str, only_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_program(only_path, MADE_BY[engine], code)
    for module in (by_abcm2ps, by_musescore):
        monkeypatch.setattr(module, "_SECONDS", 1 if "sleep" in code else 60)
    with pytest.raises(EngineError, match=f"^{engine} {said}"):
        draw(tune(REEL), engine=engine, page=FIT)


@pytest.mark.usefixtures("only_path")
def test_a_missing_program_says_how_to_get_it(engine: str) -> None:
    with pytest.raises(MissingDependency, match=f"{engine} is not installed") as caught:
        draw(tune(REEL), engine=engine)
    assert "apt-get install" in caught.value.how


def test_an_unknown_engine_or_format_is_refused() -> None:
    with pytest.raises(UsageError, match="no engine 'lilypond'"):
        draw(tune(REEL), engine="lilypond")
    with pytest.raises(UsageError, match="no picture format 'gif'"):
        draw(tune(REEL), format="gif")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="svg has no pixels"):
        draw(tune(REEL), page=PageOptions(width=500))


def test_pages_of_a_program_come_in_order(only_path: Path) -> None:
    pytest.importorskip("chatmusician.abc.musicxml")
    code = f"for n in range(1, 13): open(f'score-{{n}}.svg', 'w').write({SVG!r} + f'<!--{{n}}-->')"
    fake_program(only_path, "musescore3", code)
    pages = draw(tune(REEL), engine="musescore").pages
    assert [int(re.findall(rb"<!--(\d+)", page)[0]) for page in pages] == list(range(1, 13))


@pytest.mark.parametrize(
    "inside",
    ["<script>alert(1)</script>", '<path onload="x()"/>', "<foreignObject/>", "<a href='x'/>"],
)
def test_a_page_with_more_than_a_score_is_refused(only_path: Path, inside: str) -> None:
    page = SVG.replace("</svg>", inside + "</svg>")
    fake_program(only_path, "abcm2ps", f"open('page001.svg', 'w').write({page!r})")
    with pytest.raises(EngineError, match="more in it than a score"):
        draw(tune(REEL), engine="abcm2ps")


@needs_abcm2ps
@pytest.mark.parametrize("title", HOSTILE)
def test_abcm2ps_draws_any_title(title: str, tmp_path: Path) -> None:
    made = titled(title)
    (page,) = draw(made, engine="abcm2ps", page=FIT).pages
    ElementTree.fromstring(page)
    shown = words(page.decode()).replace("&amp;", "&").replace("&lt;", "<")
    if "\\" not in title:
        start = "".join(made.title.split())[:20]
        shown = shown.replace("&gt;", ">").replace("&apos;", "'").replace("&quot;", '"')
        assert start in "".join(shown.split())
    assert not list(tmp_path.iterdir())


@needs_abcm2ps
def test_abcm2ps_notes_know_their_place_and_time() -> None:
    (page,) = draw(tune("%a comment\n" + REEL), engine="abcm2ps", page=FIT, onsets=True).pages
    made = tune("%a comment\n" + REEL)
    found = re.findall(rb'data-abc-start="(\d+)" data-abc-end="(\d+)"', page)
    sources = [made.text[int(start) : int(end)].strip() for start, end in found]
    assert sources[:9] == ["G2", "B", "G", "d", "G", "B", "G", "e", "f"]
    assert len(sources) == 28
    onsets = re.findall(rb'data-onset="([\d.]+)"', page)
    assert onsets[:3] == [b"0", b"1", b"1.5"]


@needs_abcm2ps
def test_abcm2ps_draws_endings_and_chord_symbols() -> None:
    (page,) = draw(tune(REEL), engine="abcm2ps", page=FIT).pages
    shown = words(page.decode())
    for text in ("Rain on the Slate Roof", "Anna Körner", "F♯m", "D7"):
        assert text in shown


@needs_abcm2ps
def test_what_abcm2ps_rejects_it_gets_in_canonical_form() -> None:
    wordy = tune("X:1\nT:Wordy\nL:1/4\nK:C\nCDEF|]\nw: one two three four five six\n")
    (page,) = draw(wordy, engine="abcm2ps", page=FIT).pages
    assert "four" in words(page.decode())


@needs_abcm2ps
@pytest.mark.parametrize(
    "unsafe",
    [
        "%%beginsvg\n<script>alert(1)</script>\n%%endsvg",
        "%%beginps\n(/etc/passwd) run\n%%endps",
        "%%abc-include /etc/passwd",
        "%%format /etc/passwd",
        "I:abc-include /etc/passwd",
        "%%postscript quit",
        "%%EPS /etc/passwd",
    ],
)
def test_directives_that_reach_outside_the_tune_are_left_out(unsafe: str) -> None:
    text = REEL.replace("M:4/4", f"{unsafe}\nM:4/4")
    given, _ = by_abcm2ps.abc_text(tune(text), FIT)
    for part in ("script", "passwd", "quit"):
        assert part not in given
    (page,) = draw(tune(text), engine="abcm2ps", page=FIT).pages
    assert b"data-abc-start" in page
    assert b"script" not in page


@needs_abcm2ps
def test_the_file_header_counts_for_abcm2ps_too() -> None:
    (page,) = draw(
        tune("L:1/4\nC:From the header\n\nX:1\nT:x\nK:C\nCDEF|]\n"), engine="abcm2ps"
    ).pages
    assert "From the header" in words(page.decode())


@needs_abcm2ps
def test_sixteen_threads_draw_with_a_program() -> None:
    with ThreadPoolExecutor(16) as threads:
        made = list(
            threads.map(lambda n: draw(titled(f"Tune {n}"), engine="abcm2ps", page=FIT), range(16))
        )
    for number, drawing in enumerate(made):
        assert f"Tune {number}<" in drawing.pages[0].decode()


@needs_musescore
@pytest.mark.parametrize("title", [HOSTILE[2], HOSTILE[3], HOSTILE[4], HOSTILE[8], HOSTILE[9]])
def test_musescore_draws_any_title(title: str, tmp_path: Path) -> None:
    pytest.importorskip("chatmusician.abc.musicxml")
    (page,) = draw(titled(title), engine="musescore", page=FIT).pages
    root = ElementTree.fromstring(page)
    assert page.count(b'class="Note"') == 28
    assert not [e for e in root.iter() if e.tag.endswith("script")]
    assert not list(tmp_path.iterdir())


@needs_musescore
def test_musescore_gets_our_page_and_titles() -> None:
    pytest.importorskip("chatmusician.abc.musicxml")
    made = titled("A title that goes on and on, " * 10)
    laid = by_musescore.lay_out(
        "<score-partwise><work><work-title>x</work-title></work><part-list/></score-partwise>".replace(
            "<part-list/>", "<part-list></part-list>"
        ),
        made,
        PageOptions("a5", scale=0.8),
    )
    root = ElementTree.fromstring(laid)
    assert root.find("work") is None
    tenths = float(root.findtext("defaults/scaling/tenths") or 0)
    mm = float(root.findtext("defaults/scaling/millimeters") or 0)
    width = float(root.findtext("defaults/page-layout/page-width") or 0)
    assert abs(width * mm / tenths - 148) < 0.1
    title = root.findtext("credit/credit-words") or ""
    assert len(title.splitlines()) > 3
    assert " ".join(title.split()) == " ".join(made.title.split())


@needs_musescore
def test_musescore_draws_endings_words_and_its_own_pdf(tmp_path: Path) -> None:
    pytest.importorskip("chatmusician.abc.musicxml")
    (made,) = draw(tune(REEL), engine="musescore", format="pdf").pages
    assert made.startswith(b"%PDF")
    if not shutil.which("pdftotext"):
        return
    import subprocess

    (tmp_path / "x.pdf").write_bytes(made)
    said = subprocess.run(
        ["pdftotext", str(tmp_path / "x.pdf"), "-"], capture_output=True, text=True, check=True
    ).stdout
    assert "Rain on the Slate Roof" in said
    assert "Anna Körner" in said


@pytest.mark.skipif(sys.platform != "linux", reason="a program may be killed for memory")
@pytest.mark.usefixtures("only_path")
def test_nothing_at_all_installed_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("chatmusician.abc.musicxml")

    def nowhere(name: str) -> None:
        return None

    monkeypatch.setattr("importlib.util.find_spec", nowhere)
    from chatmusician.abc.pictures import by_verovio

    monkeypatch.setattr(by_verovio, "_pool", None)
    with pytest.raises(MissingDependency, match="a program that draws scores") as caught:
        draw(tune(REEL))
    assert "pip install" in caught.value.how
