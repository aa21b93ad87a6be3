"""`chatmusician render`: score pictures, PDF, MIDI, sound and plots."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING

from chatmusician.cli.output import (
    count,
    note,
    print_json,
    refuse_file_for_folder,
    report_error,
)
from chatmusician.cli.parser import add_json, add_written, describe
from chatmusician.errors import ChatMusicianError, UsageError
from chatmusician.files import STDIN, display_name

if TYPE_CHECKING:
    from chatmusician.rendering import Rendered, RenderOptions

DEFAULT_FORMATS = "svg,mid,wav"


def configure(parser: argparse.ArgumentParser) -> None:
    describe(
        parser,
        "Write every tune of a file as pictures of its score, MIDI, sound and plots.\n"
        "Formats: svg png pdf, mid musicxml mxl abc, wav flac ogg mp3, roll (piano roll) and\n"
        "overview (plots). IN is ABC or anything that convert reads.",
        "chatmusician render tune.abc -o output",
        "chatmusician render tune.abc -o output --format pdf,mp3 --instrument flute",
        "chatmusician render tunes/*.abc --booklet tunes.pdf --title 'Tunes for Friday'",
    )
    parser.add_argument("files", nargs="+", metavar="IN", help="files to read, or - for stdin")
    add_written(parser, DEFAULT_FORMATS, "formats to write, with commas between")
    parser.add_argument("--tune", metavar="X", help="the tune of this X: alone")
    add_json(parser, "what was written")
    _add_score_options(parser.add_argument_group("score"))
    _add_sound_options(parser.add_argument_group("sound"))


def _add_score_options(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--engine",
        default="auto",
        choices=("auto", "verovio", "musescore", "abcm2ps"),
        help="what draws the score (default: the first that works)",
    )
    group.add_argument(
        "--page",
        metavar="SIZE",
        help="a4, letter, 200x100 (mm), or fit, fit:160: cropped to the music, staves at most so "
        "many mm wide (default: a4 for PDF, fit for SVG and PNG)",
    )
    group.add_argument("--landscape", action="store_true", help="turn the page")
    group.add_argument("--margin", metavar="MM", type=float, help="margin in millimetres")
    group.add_argument("--scale", metavar="N", type=float, default=1.0, help="size of the staves")
    group.add_argument("--width", metavar="PIXELS", type=int, help="width of PNG pictures")
    group.add_argument("--dpi", metavar="N", type=int, help="resolution of PNG pictures")
    group.add_argument(
        "--booklet", metavar="FILE", help="write all tunes to one PDF with an index instead"
    )
    group.add_argument("--title", metavar="TEXT", default="", help="title of the booklet")


def _add_sound_options(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--midi-engine",
        default="auto",
        choices=("auto", "abc2midi", "builtin"),
        help="what writes the MIDI (default: the one that agrees with the tune)",
    )
    group.add_argument("--soundfont", metavar="FILE", help="an .sf2 soundfont")
    group.add_argument("--instrument", metavar="NAME", help="a General MIDI name or number")
    group.add_argument(
        "--tempo", metavar="N", type=float, help="quarter notes a minute, instead of the tune's Q:"
    )
    group.add_argument("--no-chords", action="store_true", help="leave the chord symbols silent")


def run(args: argparse.Namespace) -> int:
    if args.files.count(STDIN) > 1:
        raise UsageError("standard input can be read once only")
    options = _options(args)
    return _bind(args, options) if args.booklet is not None else _render(args, options)


def _render(args: argparse.Namespace, options: RenderOptions) -> int:
    from chatmusician.rendering import Renderer

    formats = [word.strip().lower() for word in args.format.split(",") if word.strip()]
    refuse_file_for_folder(args.output)
    renderer = Renderer(args.files, args.output, formats, options)
    results: list[Rendered] = []

    def render(path: str) -> None:
        for made in renderer.render(path, args.tune):
            results.append(made)
            _tell(made, files=not args.json)

    files = _each(args.files, render)
    tunes = sum(bool(made.errors) for made in results)
    if args.json:
        print_json([asdict(made) for made in results])
    if files or tunes:
        counts = ((files, "file"), (tunes, "tune"))
        note("failed: " + ", ".join(count(number, noun) for number, noun in counts if number))
    missing = any(made.missing for made in results)
    return 3 if missing else 1 if files or tunes else 0


def _tell(made: Rendered, *, files: bool) -> None:
    where = f"{display_name(made.source)}: X:{made.x}"
    for remark in made.notes:
        note(f"{where}: {remark}")
    for problem in made.errors:
        note(f"{where}: error: {problem}")
    if files:
        for file in made.files:
            print(file)


def _bind(args: argparse.Namespace, options: RenderOptions) -> int:
    from chatmusician.abc import Book
    from chatmusician.conversion import only_tune, read_book
    from chatmusician.rendering import render_booklet

    books: list[Book] = []

    def read(path: str) -> None:
        book = read_book(path)
        books.append(book if args.tune is None else only_tune(book, args.tune))

    failed = _each(args.files, read)
    made = render_booklet(books, args.booklet, title=args.title, options=options)
    for remark in made.notes:
        note(remark)
    for problem in made.errors:
        note(f"left out: {problem}")
    if args.json:
        print_json({"file": args.booklet, **asdict(made)})
    else:
        print(args.booklet)
    return 1 if failed or made.errors else 0


def _each(paths: list[str], work: Callable[[str], None]) -> int:
    """Do it for every file; how many could not be used. A file alone ends with its own error."""
    failed = 0
    for path in paths:
        try:
            work(path)
        except ChatMusicianError as error:
            if len(paths) == 1:
                raise
            report_error(error)
            failed += 1
    return failed


def _options(args: argparse.Namespace) -> RenderOptions:
    from chatmusician.abc.midi import Options
    from chatmusician.abc.midi.instruments import program_number
    from chatmusician.abc.pictures import PageOptions
    from chatmusician.abc.sound import SoundOptions
    from chatmusician.rendering import RenderOptions

    program = None if args.instrument is None else program_number(args.instrument)
    return RenderOptions(
        engine=args.engine,
        midi_engine=args.midi_engine,
        page=PageOptions(args.page or "a4", args.landscape, args.margin, args.scale),
        picture=PageOptions(
            args.page or ("a4" if args.landscape else "fit"),
            args.landscape,
            args.margin,
            args.scale,
            args.width,
            args.dpi,
        ),
        midi=Options(chords=not args.no_chords, tempo=args.tempo, program=program),
        sound=SoundOptions(soundfont=args.soundfont),
    )
