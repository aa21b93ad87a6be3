"""`chatmusician transcribe`: from sound or played MIDI to ABC."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chatmusician.cli.output import count, note, print_json, print_text, report_error
from chatmusician.cli.parser import add_json, describe
from chatmusician.errors import ChatMusicianError, UsageError
from chatmusician.files import STDIN, display_name, write_atomic

if TYPE_CHECKING:
    from chatmusician.transcription.engines import Watch
    from chatmusician.transcription.transcribe import ScoreOptions, Transcription


def configure(parser: argparse.ArgumentParser) -> None:
    from chatmusician.transcription.engines import BY_NAME

    describe(
        parser,
        "Write down what is heard in sound files, or was played into MIDI files, as ABC.\n"
        "Sound: wav, flac, ogg, mp3; with ffmpeg m4a and others. Several files make one book.",
        "chatmusician transcribe recording.mp3 -o tune.abc",
        "chatmusician transcribe humming.wav --voice --key G -o tune.abc --report",
        "chatmusician transcribe played.mid --meter 6/8 --midi --musicxml -o tune.abc",
    )
    parser.add_argument("files", nargs="+", metavar="IN", help="files to read, or - for stdin")
    parser.add_argument("-o", "--output", metavar="OUT", help="the .abc file (default: stdout)")
    parser.add_argument(
        "--voice", action="store_true", help="one melody line: singing, humming, one instrument"
    )
    parser.add_argument(
        "--engine", metavar="NAME", help=f"what hears the notes: {', '.join(BY_NAME)}"
    )
    known = parser.add_argument_group("what you know")
    known.add_argument("--tempo", metavar="N", type=float, help="beats a minute, about")
    known.add_argument("--meter", metavar="M", help="for example 3/4 or 6/8")
    known.add_argument("--key", metavar="K", help="for example D, Gm or Ador")
    known.add_argument(
        "--beats",
        metavar="FILE",
        help="when the beats fall: lines of seconds and number in the bar; or beat-this",
    )
    more = parser.add_argument_group("more files, beside OUT")
    more.add_argument("--midi", action="store_true", help="the notes as heard, under bars")
    more.add_argument("--musicxml", action="store_true", help="the score as MusicXML")
    more.add_argument(
        "--report", action="store_true", help="a page with sound, notes, beats and score aligned"
    )
    add_json(parser, "what was found")


def run(args: argparse.Namespace) -> int:
    _check(args)
    from chatmusician.transcription.transcribe import ScoreOptions

    options = ScoreOptions(tempo=args.tempo, meter=args.meter, key=args.key)
    made: list[tuple[Transcription, list[str]]] = []
    failed = 0
    for number, path in enumerate(args.files, 1):
        try:
            made.append(_transcribe(path, number, args, options))
        except ChatMusicianError as error:
            if len(args.files) == 1:
                raise
            report_error(error)
            failed += 1
    _write(made, args)
    if failed:
        note(f"failed: {count(failed, 'file')} of {len(args.files)}")
    return 1 if failed else 0


def _check(args: argparse.Namespace) -> None:
    if args.files.count(STDIN) + (args.beats == STDIN) > 1 or (
        args.beats == STDIN and len(args.files) > 1
    ):
        raise UsageError("standard input can be read once only")
    beside = [name for name in ("midi", "musicxml", "report") if getattr(args, name)]
    if beside and args.output in (None, STDIN):
        raise UsageError(f"--{beside[0]} writes a file beside OUT", hint="add -o OUT.abc")
    if args.output and Path(args.output).is_dir():
        raise UsageError(f"{args.output} is a folder", hint="-o names the .abc file")


def _transcribe(
    path: str, number: int, args: argparse.Namespace, options: ScoreOptions
) -> tuple[Transcription, list[str]]:
    from chatmusician.files import read_bytes
    from chatmusician.transcription.transcribe import transcribe_file

    data = read_bytes(path) if path == STDIN else None
    with _Progress(display_name(path)) as watch:
        made = transcribe_file(
            path,
            options,
            voice=args.voice,
            engine=args.engine,
            beats=args.beats,
            watch=watch,
            data=data,
        )
    for remark in made.remarks:
        note(f"{made.source}: {remark}")
    files = []
    for ending, content in _beside(made, path, data, args):
        name = _name(args, number, ending)
        write_atomic(name, content)
        files.append(name)
    return made, files


def _beside(
    made: Transcription, path: str, data: bytes | None, args: argparse.Namespace
) -> list[tuple[str, bytes]]:
    found = []
    if args.midi:
        found.append((".mid", made.midi()))
    if args.musicxml:
        found.append((".musicxml", made.musicxml()))
    if args.report:
        from chatmusician.transcription.report import report

        found.append((".html", report(made, path, data)))
    return found


def _name(args: argparse.Namespace, number: int, ending: str) -> str:
    stem = Path(args.output).with_suffix("")
    return f"{stem}-{number}{ending}" if len(args.files) > 1 else f"{stem}{ending}"


def _write(made: list[tuple[Transcription, list[str]]], args: argparse.Namespace) -> None:
    book = _book([one.abc for one, _ in made])
    written = made and args.output not in (None, STDIN)
    if written:
        write_atomic(args.output, book.encode())
    if args.json:
        shown: list[dict[str, Any]] = []
        for one, files in made:
            shown.append(one.as_dict() | {"files": [args.output, *files] if written else files})
        print_json(shown)
    elif written:
        for name in (args.output, *(file for _, files in made for file in files)):
            print(name)
    else:
        print_text(book)


def _book(tunes: list[str]) -> str:
    """The tunes with numbers of their own, a blank line between."""
    found = []
    for number, text in enumerate(tunes, 1):
        first, rest = text.split("\n", 1)
        found.append(f"X:{number}\n{rest}" if first.startswith("X:") else text)
    return "\n".join(tune.rstrip("\n") + "\n" for tune in found)


class _Progress:
    """How far the hearing is, and how long it will take, on a terminal."""

    def __init__(self, name: str) -> None:
        self.name = Path(name).name[:40]
        self.started = time.monotonic()
        self.shown = False

    def __enter__(self) -> Watch | None:
        return self._show if sys.stderr.isatty() else None

    def __exit__(self, *_: object) -> None:
        if self.shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()

    def _show(self, done: float, total: float) -> None:
        words = f"{self.name}: {done:.0f} s heard"
        if total > 0:
            share = min(1.0, done / total)
            left = (time.monotonic() - self.started) * (1 - share) / max(share, 1e-6)
            words = f"{self.name}: {share:.0%} heard, {left:.0f} s left"
        sys.stderr.write(f"\r\x1b[K{words}")
        sys.stderr.flush()
        self.shown = True
