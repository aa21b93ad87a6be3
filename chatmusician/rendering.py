"""Scores, sound and plots of the tunes of a file, a file for each tune and format."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from chatmusician import abc
from chatmusician.abc import Book, Tune
from chatmusician.abc.midi import Engine as MidiEngine
from chatmusician.abc.midi import MidiResult, Options, render_midi
from chatmusician.abc.musicxml import to_musicxml, to_mxl
from chatmusician.abc.pictures import PageOptions, booklet, draw
from chatmusician.abc.sound import SoundOptions
from chatmusician.abc.sound.formats import encode, levelled
from chatmusician.abc.sound.synth import synthesize
from chatmusician.conversion import only_tune, read_book
from chatmusician.errors import (
    ChatMusicianError,
    InputError,
    MissingDependency,
    OutputError,
    UsageError,
)
from chatmusician.files import STDIN, display_name, write_atomic

if TYPE_CHECKING:
    from chatmusician.abc.sound.formats import Pcm

PICTURES = ("svg", "png", "pdf")
SOUNDS = ("wav", "flac", "ogg", "mp3")
FORMATS = ("abc", "mid", "musicxml", "mxl", *PICTURES, *SOUNDS, "roll", "overview")
DEFAULT = ("svg", "mid", "wav")
_LONGEST_NAME = 160  # bytes: what is added stays below the 255 of most file systems


@dataclass(frozen=True)
class RenderOptions:
    """`engine` draws the score, `midi_engine` writes the MIDI that is also what sounds.

    `page` is that of PDF, `picture` that of SVG and PNG; width and dpi count for PNG alone.
    """

    engine: str = "auto"
    midi_engine: MidiEngine = "auto"
    page: PageOptions = field(default_factory=PageOptions)
    picture: PageOptions = field(default_factory=lambda: PageOptions("fit"))
    midi: Options = field(default_factory=Options)
    sound: SoundOptions = field(default_factory=SoundOptions)

    def page_for(self, format: str) -> PageOptions:
        if format == "png":
            return self.picture
        return replace(self.page if format == "pdf" else self.picture, width=None, dpi=None)


@dataclass(frozen=True)
class Rendered:
    """What became of one tune; `errors` name what could not be made and why.

    `missing` says that an error was a program or package that is not installed.
    """

    source: str
    x: str
    title: str
    files: tuple[str, ...]
    notes: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()
    missing: bool = False


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
    return list(Renderer([path], folder, formats, options).render(path, tune))


class Renderer:
    """Renders files into one folder. No result is written over another, or over a source."""

    def __init__(
        self,
        sources: Sequence[str],
        folder: str | os.PathLike[str],
        formats: Sequence[str] = DEFAULT,
        options: RenderOptions | None = None,
    ) -> None:
        self.formats = _known(formats)
        self.folder = Path(folder)
        self.options = options or RenderOptions()
        self.taken: set[str] = set()
        self.kept = {os.path.realpath(path) for path in sources if path != STDIN}

    def render(self, path: str, tune: str | None = None) -> Iterator[Rendered]:
        book = read_book(path)
        if not book.tunes:
            raise InputError("has no tune", path=display_name(path))
        wanted = book.tunes if tune is None else only_tune(book, tune).tunes
        _make(self.folder)
        names = file_names(path, book.tunes, self.taken)
        for one, name in zip(book.tunes, names, strict=True):
            if one in wanted:
                yield self._write_all(_Maker(one, self.options), path, name)

    def _write_all(self, maker: _Maker, source: str, name: str) -> Rendered:
        files: list[str] = []
        errors: list[str] = []
        missing = False
        for format in self.formats:
            try:
                made = maker.make(format)
                for path, data in _named(self.folder / name, format, made):
                    self._write(path, data)
                    files.append(path)
            except ChatMusicianError as error:
                hint = f" ({error.hint})" if error.hint else ""
                errors.append(f"{format}: {error}{hint}")
                missing |= isinstance(error, MissingDependency)
        tune = maker.tune
        notes = tuple(dict.fromkeys(maker.notes))
        return Rendered(source, tune.x, tune.title, tuple(files), notes, tuple(errors), missing)

    def _write(self, path: str, data: bytes) -> None:
        real = os.path.realpath(path)
        if real in self.kept:
            hint = "write to another folder: -o DIR"
            raise OutputError("is an input or another tune's file", path=path, hint=hint)
        write_atomic(path, data)
        self.kept.add(real)


def file_names(path: str, tunes: Sequence[Tune], taken: set[str] | None = None) -> list[str]:
    """Names without ending for the tunes of a file, none of them in `taken`, no two alike."""
    taken = set() if taken is None else taken
    stem = "tune" if path == STDIN else Path(path).stem
    stem = _shortened(re.sub(r"[^\w.,+()\[\] -]", "_", stem)).strip(". ") or "tune"
    names: list[str] = []
    for number, tune in enumerate(tunes, 1):
        name = stem
        if len(tunes) > 1:
            name += "-" + (re.sub(r"\W", "", tune.x)[:12] or str(number))
        free, again = name, 1
        # Some systems do not tell capitals from small letters.
        while free.casefold() in taken:
            again += 1
            free = f"{name}-{again}"
        taken.add(free.casefold())
        names.append(free)
    return names


def _shortened(name: str) -> str:
    return name.encode()[:_LONGEST_NAME].decode(errors="ignore")


def _known(formats: Sequence[str]) -> list[str]:
    unknown = [name for name in formats if name not in FORMATS]
    if unknown or not formats:
        said = f"unknown format {unknown[0]!r}" if unknown else "no format given"
        raise UsageError(said, hint=f"known: {', '.join(FORMATS)}")
    return list(dict.fromkeys(formats))


@dataclass(frozen=True)
class Booklet:
    """How many tunes were drawn, what is to be said, and which could not be drawn and why."""

    tunes: int
    notes: tuple[str, ...]
    errors: tuple[str, ...]


def render_booklet(
    books: Sequence[Book], target: str, *, title: str = "", options: RenderOptions | None = None
) -> Booklet:
    """All tunes of some books as one PDF with an index, written to `target`."""
    chosen = options or RenderOptions()
    tunes = [tune for book in books for tune in book.tunes]
    page = chosen.page_for("pdf")
    made = booklet(tunes, title=title, engine=chosen.engine, page=page)
    write_atomic(target, made.pages[0])
    return Booklet(len(tunes) - len(made.left_out), tuple(made.notes), tuple(made.left_out))


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

    @cached_property
    def samples(self) -> Pcm:
        return levelled(synthesize(self.midi.data, self.options.sound))

    def make(self, format: str) -> list[bytes]:
        """The files of one format: several where a score has several pages."""
        if format in PICTURES:
            return self.pictures(format)
        if format in SOUNDS:
            return [encode(self.samples, format)]
        return [self.others[format]()]

    def pictures(self, format: str) -> list[bytes]:
        page = self.options.page_for(format)
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


def _named(base: Path, format: str, made: list[bytes]) -> Iterator[tuple[str, bytes]]:
    ending = {"roll": ".roll.png", "overview": ".overview.png"}.get(format, f".{format}")
    for number, data in enumerate(made, 1):
        page = f"-page{number}" if len(made) > 1 else ""
        yield f"{base}{page}{ending}", data


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = error.strerror or str(error)
        raise OutputError(f"cannot be made: {reason}", path=str(folder)) from error
