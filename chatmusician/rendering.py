"""Scores, sound and plots of the tunes of a file, a file for each tune and format."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from chatmusician import abc
from chatmusician.abc import Tune
from chatmusician.abc.midi import Engine as MidiEngine
from chatmusician.abc.midi import MidiResult, Options, render_midi
from chatmusician.abc.musicxml import to_musicxml, to_mxl
from chatmusician.abc.pictures import Drawing, PageOptions, booklet, draw
from chatmusician.abc.sound import SoundOptions, render_sound
from chatmusician.conversion import only_tune, read_book
from chatmusician.errors import ChatMusicianError, InputError, OutputError, UsageError
from chatmusician.files import STDIN, write_atomic

PICTURES = ("svg", "png", "pdf")
SOUNDS = ("wav", "flac", "ogg", "mp3")
FORMATS = ("abc", "mid", "musicxml", "mxl", *PICTURES, *SOUNDS, "roll", "overview")
DEFAULT = ("svg", "mid", "wav")
_LONGEST_NAME = 80


@dataclass(frozen=True)
class RenderOptions:
    """`engine` draws the score, `midi_engine` writes the MIDI that is also what sounds."""

    engine: str = "auto"
    midi_engine: MidiEngine = "auto"
    page: PageOptions = field(default_factory=PageOptions)
    midi: Options = field(default_factory=Options)
    sound: SoundOptions = field(default_factory=SoundOptions)


@dataclass(frozen=True)
class Rendered:
    """What became of one tune; `errors` name what could not be made and why."""

    source: str
    x: str
    title: str
    files: tuple[str, ...]
    notes: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()


def render(
    source: str | os.PathLike[str],
    folder: str | os.PathLike[str],
    formats: Sequence[str] = DEFAULT,
    *,
    options: RenderOptions | None = None,
    tune: str | None = None,
) -> list[Rendered]:
    """Write each tune of a file into a folder in the formats asked for.

    The source may be in any format `convert` reads. Files are called after it, with the
    tune's X: where it has several. What fails costs that file only: see `errors`.
    """
    path = os.fspath(source)
    unknown = [name for name in formats if name not in FORMATS]
    if unknown:
        raise UsageError(f"unknown format {unknown[0]!r}", hint=f"known: {', '.join(FORMATS)}")
    book = read_book(path)
    if tune is not None:
        book = only_tune(book, tune)
    if not book.tunes:
        raise InputError("has no tune", path=path)
    target = _made(Path(folder))
    names = file_names(path, book.tunes)
    chosen = options or RenderOptions()
    return [
        _write_all(_Maker(tune, chosen), path, target / name, formats)
        for tune, name in zip(book.tunes, names, strict=True)
    ]


def render_booklet(
    sources: Sequence[str], target: str, *, title: str = "", options: RenderOptions | None = None
) -> Drawing:
    """All tunes of some files as one PDF with an index, written to `target`."""
    chosen = options or RenderOptions()
    tunes = [tune for path in sources for tune in read_book(path).tunes]
    made = booklet(tunes, title=title, engine=chosen.engine, page=chosen.page)
    write_atomic(target, made.pages[0])
    return made


def file_names(path: str, tunes: Sequence[Tune]) -> list[str]:
    """Names without ending for the tunes of a file, no two alike."""
    stem = "tune" if path == STDIN else Path(path).stem
    stem = re.sub(r"[^\w.,+()\[\] -]", "_", stem)[:_LONGEST_NAME].strip(". ") or "tune"
    if len(tunes) == 1:
        return [stem]
    names: list[str] = []
    taken: set[str] = set()
    for number, tune in enumerate(tunes, 1):
        x = re.sub(r"\W", "", tune.x)[:12] or str(number)
        name = f"{stem}-{x}"
        if name in taken:
            name = f"{stem}-{x}-{number}"
        taken.add(name)
        names.append(name)
    return names


class _Maker:
    """One tune's results, each made once and only when it is wanted."""

    def __init__(self, tune: Tune, options: RenderOptions) -> None:
        self.tune = tune
        self.options = options
        self.notes: list[str] = []

    @cached_property
    def midi(self) -> MidiResult:
        options = self.options
        made = render_midi(self.tune, engine=options.midi_engine, options=options.midi)
        self.notes += made.remarks()
        return made

    @cached_property
    def musicxml(self) -> bytes:
        return to_musicxml(self.tune)

    def make(self, format: str) -> list[bytes]:
        """The files of one format: several where a score has several pages."""
        if format in PICTURES:
            return self.pictures(format)
        if format in SOUNDS:
            sound = render_sound(self.midi.data, format=format, options=self.options.sound)
            return [sound.data]
        return [self.others[format]()]

    def pictures(self, format: str) -> list[bytes]:
        page = self.options.page
        drawn = draw(self.tune, engine=self.options.engine, format=format, page=page)  # type: ignore[arg-type]
        self.notes += drawn.notes
        return drawn.pages

    @property
    def others(self) -> dict[str, Callable[[], bytes]]:
        return {
            "abc": lambda: abc.canonical(self.tune).encode(),
            "mid": lambda: self.midi.data,
            "musicxml": lambda: self.musicxml,
            "mxl": lambda: to_mxl(self.musicxml, "score.musicxml"),
            "roll": self.roll,
            "overview": self.overview,
        }

    def roll(self) -> bytes:
        from chatmusician.abc.plots import piano_roll

        return piano_roll(self.tune)

    def overview(self) -> bytes:
        from chatmusician.abc.plots import overview

        return overview(self.tune)


def _write_all(maker: _Maker, source: str, base: Path, formats: Sequence[str]) -> Rendered:
    files: list[str] = []
    errors: list[str] = []
    for format in dict.fromkeys(formats):
        try:
            made = maker.make(format)
            for name, data in _named(base, format, made):
                write_atomic(name, data)
                files.append(name)
        except ChatMusicianError as error:
            hint = f" ({error.hint})" if error.hint else ""
            errors.append(f"{format}: {error}{hint}")
    tune = maker.tune
    return Rendered(
        source, tune.x, tune.title, tuple(files), tuple(dict.fromkeys(maker.notes)), tuple(errors)
    )


def _named(base: Path, format: str, made: list[bytes]) -> Iterator[tuple[str, bytes]]:
    ending = {"roll": ".roll.png", "overview": ".overview.png"}.get(format, f".{format}")
    for number, data in enumerate(made, 1):
        page = f"-page{number}" if len(made) > 1 else ""
        yield f"{base}{page}{ending}", data


def _made(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = error.strerror or str(error)
        raise OutputError(f"cannot be made: {reason}", path=str(folder)) from error
    return folder
