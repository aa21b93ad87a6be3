"""Pictures, times and files of a tune: against MIDI read by mido, and against hostile text."""

from __future__ import annotations

import io
import xml.etree.ElementTree as ET
from typing import Any

import pytest

from chatmusician import abc
from chatmusician.abc.midi import PLAIN, Options, performance
from chatmusician.demo import scores
from chatmusician.demo.settings import Limits
from chatmusician.demo.svg import safe_svg
from chatmusician.demo.timing import performed, sounding
from chatmusician.errors import EngineError, InputError, LimitError, UsageError
from tests.demo.demo_models import HOSTILE, TUNE

mido: Any = pytest.importorskip("mido")
LIMITS = Limits()
XLINK = "http://www.w3.org/1999/xlink"
TUNES = {
    "repeats": TUNE,
    "endings": "X:1\nM:4/4\nL:1/4\nQ:1/4=90\nK:G\n|:GABc|[1d4:|[2g4|]\n",
    "swing": "X:1\nR:hornpipe\nM:4/4\nL:1/8\nK:D\nDFAd fdAF|D2 z2 D4|]\n",
    "chords": "X:1\nM:3/4\nL:1/4\nQ:1/4=60\nK:C\n[CEG]2c|[Q:1/4=120]e3|]\n",
    "triplets": "X:1\nM:2/4\nL:1/8\nK:A\n(3ABc ef|a2-a2|]\n",
    "voices": "X:1\nM:4/4\nL:1/4\nK:C\nV:1\nCDEF|G4|]\nV:2\nC,2G,2|C,4|]\n",
}


def midi_starts(text: str) -> list[float]:
    """When notes begin, in seconds, as mido reads our MIDI without its accompaniment."""
    file = mido.MidiFile(file=io.BytesIO(scores.file(text, "mid", LIMITS)))
    now, starts = 0.0, []
    for message in file:
        now += message.time
        if message.type == "note_on" and message.velocity:
            starts.append(round(now, 2))
    return sorted(set(starts))


@pytest.mark.parametrize("name", TUNES)
def test_lights_follow_the_sound(name: str) -> None:
    pytest.importorskip("verovio")
    made = scores.score(TUNES[name], LIMITS)
    lit = sorted({round(start, 2) for _, start, _ in made.lit})
    tied = 1 if name == "triplets" else 0  # the second note of a tie lights up, and is not struck
    assert len(lit) == len(midi_starts(TUNES[name])) + tied
    assert all(any(abs(a - b) < 0.011 for b in lit) for a in midi_starts(TUNES[name]))
    assert max(end for _, _, end in made.lit) <= made.seconds + 0.01


def test_times_by_hand() -> None:
    """A jig at 120 quarters a minute: an eighth takes a quarter of a second."""
    tune = abc.read(TUNE).tunes[0]
    first, *_, last = sounding(tune, performed(tune), 100)
    assert first[1:] == (0.0, 0.25)
    assert last[1:] == (5.25, 6.0)


def test_every_light_has_a_note_in_the_picture() -> None:
    pytest.importorskip("verovio")
    made = scores.score(TUNES["endings"], LIMITS)
    ids = {element.get("id") for element in ET.fromstring(made.svg).iter()}
    assert {f"e{element}" for element, _, _ in made.lit} <= ids


def test_plain_performance_is_as_long() -> None:
    tune = abc.read(TUNES["endings"]).tunes[0]
    assert performance(tune, Options()).seconds == performance(tune, PLAIN).seconds


def test_hostile_text_stays_text() -> None:
    pytest.importorskip("verovio")
    drawn = scores.score(HOSTILE, LIMITS).svg
    allowed = {"svg", "g", "defs", "use", "path", "text", "tspan", "rect", "polygon", "ellipse"}
    root = ET.fromstring(drawn)
    assert {element.tag.rpartition("}")[2] for element in root.iter()} <= allowed | {"polyline"}
    names = {name for element in root.iter() for name in element.attrib}
    assert not [name for name in names if name.lower().startswith("on")]
    words = "".join(root.itertext())
    assert "<script>alert(1)</script>" in words
    assert "<script>x</script>" in words


@pytest.mark.parametrize(
    ("inside", "gone"),
    [
        ("<script>alert(1)</script>", "script"),
        ('<g onload="alert(1)"/>', "onload"),
        ('<use href="https://example.com/x.svg#a"/>', "example"),
        (
            '<use xlink:href="data:text/html,x" xmlns:xlink="http://www.w3.org/1999/xlink"/>',
            "data:",
        ),
        ("<style>@import url(//example.com)</style>", "example"),
        ('<path fill="url(https://example.com)"/>', "example"),
        ("<foreignObject><b/></foreignObject>", "foreign"),
        ('<a href="javascript:alert(1)"><path/></a>', "javascript"),
        ("<image href='#x'/>", "image"),
        ("<animate attributeName='href' values='javascript:1'/>", "javascript"),
    ],
)
def test_what_acts_or_loads_is_dropped(inside: str, gone: str) -> None:
    drawn = f'<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0"/>{inside}<g/></svg>'
    made = safe_svg(drawn)
    assert gone not in made
    assert "M0 0" in made


def test_text_behind_what_is_dropped_stays() -> None:
    made = safe_svg('<svg xmlns="http://www.w3.org/2000/svg"><text>a<b/>c<b/>d</text></svg>')
    assert "".join(ET.fromstring(made).itertext()) == "acd"


@pytest.mark.parametrize("drawn", ["<svg", '<!DOCTYPE x [<!ENTITY a "b">]><svg>&a;</svg>'])
def test_no_picture(drawn: str) -> None:
    with pytest.raises(EngineError):
        safe_svg(drawn)


def test_problems_have_line_and_column() -> None:
    (found,) = scores.problems("X:1\nT:x\nM:6/8\nL:1/8\nK:D\nDFA dfa|d5|DFA dfa|d6|]\n", LIMITS)
    assert (found.line, found.column, found.code) == (6, 9, "bar-too-short")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no tune"),
        ("words", "no tune"),
        ("X:1\nK:C\n", "no notes"),
        ("X:1\nM:4/4\nL:1\nQ:1/4=1\nK:C\n" + "C|" * 12, "longer than"),
    ],
)
def test_what_cannot_be_shown_is_said(text: str, said: str) -> None:
    pytest.importorskip("verovio")
    assert said in " ".join(scores.score(text, LIMITS).remarks)


def test_limits() -> None:
    with pytest.raises(LimitError, match="characters"):
        scores.score("X:1\nK:C\n" + "c" * 20_000, LIMITS)
    slow = "X:1\nM:4/4\nL:1\nQ:1/4=1\nK:C\n" + "C|" * 12
    with pytest.raises(LimitError, match="minutes"):
        scores.file(slow, "wav", LIMITS)
    endless = "X:1\nM:4/4\nL:1/4\nQ:1/4=9999\nP:" + "(A99)99" * 3 + "\nK:C\nP:A\nCDEF|\n"
    tune = abc.read(endless).tunes[0]
    with pytest.raises(LimitError):
        sounding(tune, performed(tune), 1000)


SIGNS = {
    "abc": b"X:1",
    "mid": b"MThd",
    "musicxml": b"<?xml",
    "mxl": b"PK\3\4",
    "svg": b"<svg",
    "png": b"\x89PNG",
    "pdf": b"%PDF",
    "wav": b"RIFF",
}


@pytest.mark.parametrize("format", scores.MEDIA)
def test_files(format: str) -> None:
    for package in ("verovio", "resvg_py", "cairosvg", "tinysoundfont", "pretty_midi"):
        pytest.importorskip(package)
    assert scores.file(TUNE, format, LIMITS).startswith(SIGNS[format])


def test_speed_and_instrument() -> None:
    for package in ("tinysoundfont", "pretty_midi"):
        pytest.importorskip(package)
    usual = scores.file(TUNE, "wav", LIMITS)
    quick = scores.file(TUNE, "wav", LIMITS, scores.Playing(speed=2))
    assert 0.4 < len(quick) / len(usual) < 0.75
    flute = mido.MidiFile(
        file=io.BytesIO(scores.file(TUNE, "mid", LIMITS, scores.Playing(instrument="flute")))
    )
    assert {m.program for t in flute.tracks for m in t if m.type == "program_change"} == {73}


def test_what_is_asked_wrongly() -> None:
    with pytest.raises(UsageError, match="format"):
        scores.file(TUNE, "exe", LIMITS)
    with pytest.raises(InputError):
        scores.file("words", "mid", LIMITS)
    with pytest.raises(UsageError, match="instrument"):
        scores.file(TUNE, "mid", LIMITS, scores.Playing(instrument="spoon"))


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("The Irish Washerwoman", "the-irish-washerwoman.mid"),
        ("../../etc/passwd", "etc-passwd.mid"),
        ('a"\r\nSet-Cookie: x', "a-set-cookie-x.mid"),
        ("老", "tune.mid"),
        ("", "tune.mid"),
    ],
)
def test_file_names(title: str, name: str) -> None:
    assert scores.file_name(title, "mid") == name
