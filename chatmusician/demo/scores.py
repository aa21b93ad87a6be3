"""One tune as the page needs it: its problems, its picture, when its notes sound, its files."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from chatmusician import abc
from chatmusician.abc import Book, Diagnostic, Tune
from chatmusician.abc.midi import Options, render_midi
from chatmusician.abc.midi.instruments import program_number
from chatmusician.abc.midi.model import Performance
from chatmusician.abc.musicxml import to_musicxml, to_mxl
from chatmusician.abc.pictures import PageOptions, draw
from chatmusician.abc.sound import SoundOptions, render_sound
from chatmusician.demo.settings import Limits
from chatmusician.demo.svg import safe_svg
from chatmusician.demo.timing import Lit, performed, sounding
from chatmusician.errors import ChatMusicianError, InputError, LimitError, UsageError

MEDIA = {
    "abc": "text/vnd.abc",
    "mid": "audio/midi",
    "musicxml": "application/vnd.recordare.musicxml+xml",
    "mxl": "application/vnd.recordare.musicxml",
    "svg": "image/svg+xml",
    "png": "image/png",
    "pdf": "application/pdf",
    "wav": "audio/wav",
}
_ENGINE = "verovio"
_PNG_WIDTH = 1400


@dataclass(frozen=True)
class Playing:
    """`speed` is a factor; `instrument` a General MIDI name, empty for those of the tune."""

    speed: float = 1.0
    instrument: str = ""


@dataclass(frozen=True)
class Score:
    """`svg` is empty where nothing can be drawn, and `remarks` say why; times are in seconds."""

    title: str
    problems: tuple[Diagnostic, ...]
    svg: str = ""
    bars: int = 0
    seconds: float = 0.0
    lit: tuple[Lit, ...] = ()
    remarks: tuple[str, ...] = field(default=())


def read_book(text: str, limits: Limits) -> Book:
    if len(text) > limits.abc:
        raise LimitError(
            f"the ABC is {len(text):,} characters long; here {limits.abc:,} are taken at most",
            hint="use the command line for long pieces: chatmusician render",
        )
    return abc.read(text)


def first_tune(text: str, limits: Limits) -> Tune:
    tunes = read_book(text, limits).tunes
    if not tunes:
        raise InputError("there is no tune in the text", hint="a tune begins with X:1")
    return tunes[0]


def problems(text: str, limits: Limits) -> tuple[Diagnostic, ...]:
    return abc.check(read_book(text, limits))


def score(text: str, limits: Limits, width: float = 190) -> Score:
    """Never fails on what the tune is: what cannot be drawn or played is said in `remarks`."""
    book = read_book(text, limits)
    found = abc.check(book)
    if not book.tunes:
        return Score("", found, remarks=("There is no tune yet: a tune begins with X:1.",))
    tune = book.tunes[0]
    remarks = []
    if len(book.tunes) > 1:
        remarks.append(f"The first of {len(book.tunes)} tunes is shown.")
    picture = _or_said(remarks, "", lambda: _picture(tune, width))
    played = _or_said(remarks, None, lambda: _playable(tune, limits))
    lit: list[Lit] = []
    if played is not None:
        lit = _or_said(remarks, lit, lambda: sounding(tune, played, limits.notes))
    bars = max((len(voice.measures) for voice in abc.timeline(tune).voices), default=0)
    seconds = round(played.seconds, 3) if played else 0.0
    return Score(tune.title, found, picture, bars, seconds, tuple(lit), tuple(remarks))


def _or_said(remarks: list[str], otherwise: Any, make: Callable[[], Any]) -> Any:
    try:
        return make()
    except ChatMusicianError as error:
        remarks.append(sentence(error))
        return otherwise


def sentence(error: ChatMusicianError) -> str:
    """An error as people read it."""
    said = str(error).rstrip(".")
    hint = f" ({error.hint})" if error.hint else ""
    return f"{said[:1].upper()}{said[1:]}{hint}."


def _picture(tune: Tune, width: float) -> str:
    page = PageOptions(f"fit:{width:g}", margin=3)
    drawn = draw(tune, engine=_ENGINE, format="svg", page=page)
    return safe_svg(drawn.pages[0].decode())


def _playable(tune: Tune, limits: Limits) -> Performance:
    played = performed(tune)
    if played.seconds > limits.piece:
        minutes = limits.piece / 60
        raise LimitError(f"it lasts longer than {minutes:g} minutes, too long to be played here")
    return played


def file(text: str, format: str, limits: Limits, playing: Playing | None = None) -> bytes:
    """The first tune as a file of one of the formats in `MEDIA`."""
    if format not in MEDIA:
        raise UsageError(f"unknown format {format!r}", hint=f"one of {', '.join(MEDIA)}")
    tune = first_tune(text, limits)
    if format in ("svg", "png", "pdf"):
        return _drawn(tune, format)
    if format == "abc":
        return tune.text.encode()
    if format in ("musicxml", "mxl"):
        written = to_musicxml(tune)
        return to_mxl(written, "score.musicxml") if format == "mxl" else written
    return _sound(tune, format, limits, playing or Playing())


def _drawn(tune: Tune, format: str) -> bytes:
    page = PageOptions("a4") if format == "pdf" else PageOptions("fit")
    if format == "png":
        page = PageOptions("fit", width=_PNG_WIDTH)
    return draw(tune, engine=_ENGINE, format=format, page=page).pages[0]  # type: ignore[arg-type]


def _sound(tune: Tune, format: str, limits: Limits, playing: Playing) -> bytes:
    """By our own performance: the lights of the page follow it."""
    _playable(tune, limits)
    if not 0.25 <= playing.speed <= 4:
        raise UsageError("the speed is a factor from 0.25 to 4")
    program = program_number(playing.instrument) if playing.instrument else None
    midi = render_midi(tune, engine="builtin", options=Options(program=program)).data
    if format == "mid":
        return midi
    return render_sound(midi, options=SoundOptions(speed=playing.speed)).data


def file_name(title: str, format: str) -> str:
    """A name from a title, in letters that every system takes."""
    stem = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:40] or "tune"
    return f"{stem}.{format}"
