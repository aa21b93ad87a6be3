"""Scores by verovio: everything of the tune is there and knows its place."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from xml.etree import ElementTree

import pytest

from chatmusician.abc.pictures import PageOptions, by_verovio, draw
from chatmusician.abc.pictures.workers import Pool
from chatmusician.errors import ChatMusicianError, EngineError, InputError
from tests.abc.pictures import HOSTILE, REEL, REEL_COUNTS, count, titled, tune, words

pytest.importorskip("verovio")

FIT = PageOptions("fit")
SONG = """X:1
T:Song
M:3/4
L:1/4
K:F
"F" F2 A | "C7" G2 E | "Bb" d2 c |]
w: Down by the har-bour wall
w: Up on the hill-side there
"""
# Two bars written by hand; ids as the MusicXML of this program has them.
MUSICXML = """<score-partwise version="4.0"><part-list><score-part id="P1"><part-name/></score-part>
</part-list><part id="P1"><measure number="1"><attributes><divisions>1</divisions>
<time><beats>2</beats><beat-type>4</beat-type></time><clef><sign>G</sign><line>2</line></clef>
</attributes><note id="e1"><pitch><step>C</step><octave>5</octave></pitch><duration>1</duration>
<type>quarter</type></note><note id="e2"><pitch><step>D</step><octave>5</octave></pitch>
<duration>1</duration><type>quarter</type></note></measure><measure number="2"><note id="e4"><pitch>
<step>E</step><octave>5</octave></pitch><duration>2</duration><type>half</type></note></measure>
</part></score-partwise>"""


def fake_pool(code: str) -> Pool:
    return Pool([sys.executable, "-c", code], name="verovio", most=1, megabytes=1000)


def page_of(text: str, options: PageOptions = FIT, *, onsets: bool = False) -> str:
    pytest.importorskip("chatmusician.abc.musicxml")
    (page,) = draw(tune(text), engine="verovio", page=options, onsets=onsets).pages
    ElementTree.fromstring(page)
    return page.decode()


def test_music_goes_in_and_pages_come_out() -> None:
    (page,) = by_verovio.engrave(MUSICXML, {}, by_verovio.shared_pool())
    assert (count(page, "measure"), count(page, "note")) == (2, 3)
    assert re.findall(r'<g id="(e\d)" class="note"', page) == ["e1", "e2", "e4"]


def test_the_same_music_gives_the_same_page() -> None:
    pool = by_verovio.shared_pool()
    assert by_verovio.engrave(MUSICXML, {}, pool) == by_verovio.engrave(MUSICXML, {}, pool)


@pytest.mark.parametrize("music", ["", "<score-partwise>", "X:1\nK:C\nCDEF|", "\0\xff"])
def test_what_is_no_music_is_an_error_not_a_crash(music: str) -> None:
    with pytest.raises(EngineError, match=r"verovio (could not read the music|drew nothing)"):
        by_verovio.engrave(music, {}, by_verovio.shared_pool())


# The request is read first: who ends before it is sent gave no answer.
ANSWERS = "import sys; sys.stdin.buffer.read1(); sys.stdout.buffer.write"


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("import os; os.abort()", "verovio crashed"),
        ("", "verovio ended with exit code 0 and no answer"),
        ("import nothing_of_this_name", "ended with exit code 1.*ModuleNotFoundError"),
        (
            "import os, time; os.write(1, b'hello'); time.sleep(20)",
            "gave no answer that can be read",
        ),
        (ANSWERS + r"(b'\0\0\0\2{}')", "an answer that makes no sense"),
        (ANSWERS + r"(b'\0\0\0\2no')", "an answer that makes no sense"),
        (ANSWERS + r"(b'\0\0\0\x0c{\"pages\":[]}')", "makes no sense|nothing"),
    ],
)
def test_a_worker_gone_wrong_is_one_clear_error(code: str, said: str) -> None:
    pool = fake_pool(code)
    with pytest.raises(EngineError, match=said):
        by_verovio.engrave(MUSICXML, {}, pool)
    pool.close()


def test_everything_of_the_tune_is_drawn() -> None:
    page = page_of(REEL)
    assert {kind: count(page, kind) for kind in REEL_COUNTS} == REEL_COUNTS
    for text in ("Rain on the Slate Roof", "Anna Körner", "reel", "180", "D7"):
        assert text in words(page)


def test_two_verses_are_drawn_below_their_notes() -> None:
    page = page_of(SONG)
    assert count(page, "verse") == 12
    for syllable in ("Down", "bour", "wall", "Up", "hill", "there"):
        assert syllable in words(page)


def test_every_note_knows_its_place_in_the_text() -> None:
    page = page_of(REEL)
    found = re.findall(
        r'<g id="[^"]*" data-abc-start="(\d+)" data-abc-end="(\d+)" data-abc-line="(\d+)" '
        r'data-abc-column="(\d+)" class="note"',
        page,
    )
    assert len(found) == REEL_COUNTS["note"]
    lines = REEL.split("\n")
    for start, end, line, column in (map(int, place) for place in found):
        assert re.fullmatch(r"[\^_=]?[A-Ga-g][,']*[\d/]*", REEL[start:end].strip())
        assert lines[line - 1][column - 1] == REEL[start]


def test_chord_symbols_know_their_place() -> None:
    page = page_of(REEL)
    starts = re.findall(r'data-abc-start="(\d+)" data-abc-end="(\d+)"[^>]*class="harm"', page)
    symbols = [REEL[int(start) : int(end)] for start, end in starts]
    assert symbols == ['"G"', '"C"', '"G"', '"F#m"', '"D7"', '"G"', '"G"']


def test_notes_know_when_they_sound() -> None:
    page = page_of(REEL, onsets=True)
    times = re.findall(r'data-onset="([\d.]+)" data-duration="([\d.]+)" class="note"', page)
    # A quarter and six eighths; then three eighths of a triplet, by hand.
    assert times[:7] == [
        (f"{o:g}", f"{d:g}")
        for o, d in zip((0, 1, 1.5, 2, 2.5, 3, 3.5), (1, *[0.5] * 6), strict=True)
    ]
    assert times[7:11] == [
        ("4", "0.333333"),
        ("4.33333", "0.333333"),
        ("4.66667", "0.333333"),
        ("5", "0.5"),
    ]


@pytest.mark.parametrize("title", HOSTILE)
def test_any_title_is_drawn_whole(title: str) -> None:
    pytest.importorskip("chatmusician.abc.musicxml")
    made = titled(title)
    (page,) = draw(made, engine="verovio", page=FIT).pages
    root = ElementTree.fromstring(page)
    head = next(g for g in root.iter() if "pgHead" in g.get("class", ""))
    shown = "".join("".join(head.itertext()).split())
    assert "".join(made.title.split()) in shown
    assert not [e for e in root.iter() if e.tag.endswith("script")]
    width = float(root.get("viewBox", "").split()[2]) * 10
    from chatmusician.abc.pictures.metrics import text_width

    for line in head:
        assert text_width(line.text or "", float(line.get("font-size", "")[:-2])) <= width


@pytest.mark.parametrize(
    ("options", "size"),
    [
        (PageOptions("a5"), ("148.0mm", "210.0mm")),
        (PageOptions("a5", landscape=True, scale=0.7), ("210.0mm", "148.0mm")),
        (PageOptions("200x100", scale=1.5), ("200.0mm", "100.0mm")),
    ],
)
def test_pages_have_the_size_asked_for(options: PageOptions, size: tuple[str, str]) -> None:
    pytest.importorskip("chatmusician.abc.musicxml")
    for page in draw(tune(REEL), engine="verovio", page=options).pages:
        root = ElementTree.fromstring(page)
        width, height = root.get("width", ""), root.get("height", "")
        assert abs(float(width[:-2]) - float(size[0][:-2])) < 0.5
        assert abs(float(height[:-2]) - float(size[1][:-2])) < 0.5


def test_fit_crops_and_a_narrow_tune_makes_a_narrow_picture() -> None:
    def box(text: str) -> tuple[float, float]:
        _, _, width, height = ElementTree.fromstring(page_of(text)).get("viewBox", "").split()
        return float(width), float(height)

    wide, low = box(REEL.replace("T:Rain on the Slate Roof\nC:Anna Körner\nR:reel\n", ""))
    narrow, lower = box("X:1\nL:1/4\nK:C\nC D|]\n")
    assert narrow < wide / 2
    assert lower <= low < 1500


def test_larger_staves_need_more_pages() -> None:
    pytest.importorskip("chatmusician.abc.musicxml")
    long = tune(REEL + REEL.splitlines()[-1] * 10)
    small, large = (
        draw(long, engine="verovio", page=PageOptions("a5", scale=scale)) for scale in (0.5, 2)
    )
    assert len(small.pages) < len(large.pages)
    for made in (small, large):
        assert sum(count(page.decode(), "measure") for page in made.pages) == 55


def test_a_tune_without_notes_is_refused() -> None:
    with pytest.raises(InputError, match="X:1 has no notes to draw"):
        draw(tune("X:1\nT:Nothing\nK:C\n"))


def test_sixteen_threads_draw_at_once() -> None:
    pytest.importorskip("chatmusician.abc.musicxml")
    with ThreadPoolExecutor(16) as threads:
        made = list(threads.map(lambda n: draw(titled(f"Tune {n}"), page=FIT), range(32)))
    for number, drawing in enumerate(made):
        assert drawing.engine == "verovio"
        assert f"Tune {number}" in words(drawing.pages[0].decode())


@pytest.fixture
def broken_verovio(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    pool = fake_pool("import os; os.abort()")
    monkeypatch.setattr(by_verovio, "_pool", pool)
    yield
    pool.close()


@pytest.mark.usefixtures("broken_verovio")
def test_the_next_engine_takes_over_and_a_note_says_why() -> None:
    pytest.importorskip("chatmusician.abc.musicxml")
    try:
        made = draw(tune(REEL), page=FIT)
    except ChatMusicianError as error:
        pytest.skip(f"no other engine here: {error}")
    assert made.engine in {"musescore", "abcm2ps"}
    assert made.notes[0].startswith("verovio was passed over: verovio crashed (SIGABRT)")
    with pytest.raises(EngineError, match="verovio crashed"):
        draw(tune(REEL), engine="verovio", page=FIT)


@pytest.mark.slow
def test_a_warm_worker_draws_a_tune_of_32_bars_in_a_tenth_of_a_second() -> None:
    pytest.importorskip("chatmusician.abc.musicxml")
    bars = '"G" G2 BG dGBG | "C" (3efg ed "G" BAGB | "Am" c2 ec A2 cA | "D7" FADF AdcA |\n'
    long = tune(f"X:1\nT:Long\nM:4/4\nL:1/8\nK:G\n{bars * 8}")
    times = []
    for _ in range(5):
        started = time.perf_counter()
        draw(long, engine="verovio", page=FIT)
        times.append(time.perf_counter() - started)
    assert min(times) < 0.1
