"""`chatmusician describe`: the facts of a piece, and a caption."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from chatmusician.cli.output import count, note, print_json
from chatmusician.cli.parser import add_json, describe
from chatmusician.errors import UsageError
from chatmusician.files import STDIN


def configure(parser: argparse.ArgumentParser) -> None:
    describe(
        parser,
        "Say what a piece is like: key, meter, tempo, beats, chords with times, range, form,\n"
        "motif, instruments where the file names them; each with how it was found and how sure\n"
        "that is. IN is sound, MIDI or notation. Of a folder, captions are written, a line of\n"
        "JSON for each file; the same command goes on where it was stopped.",
        "chatmusician describe tune.abc",
        "chatmusician describe recording.mp3 --json",
        "chatmusician describe recordings/ -o captions.jsonl",
    )
    parser.add_argument("input", metavar="IN", help="a file, a folder, or - for stdin")
    parser.add_argument("-o", "--output", metavar="FILE", help="of a folder: the .jsonl to write")
    add_hearing_options(parser)
    add_json(parser, "all facts")


def add_hearing_options(parser: argparse.ArgumentParser) -> None:
    """What `describe` and `ask` may be told about their file."""
    parser.add_argument("--tune", metavar="X", help="of a book: the tune of this X:")
    parser.add_argument("--voice", action="store_true", help="sound: one melody line")
    parser.add_argument("--engine", metavar="NAME", help="sound: what hears the notes")


def run(args: argparse.Namespace) -> int:
    if args.input != STDIN and Path(args.input).is_dir():
        return _folder(args)
    if args.output is not None:
        raise UsageError("-o is for a folder", hint="a file's facts are printed; --json for all")
    found = facts_of(args.input, args)
    if args.json:
        print_json(found)
    else:
        _print(found)
    return 0


def facts_of(path: str, args: argparse.Namespace) -> dict[str, Any]:
    from chatmusician.transcription.facts import describe as facts

    return facts(path, tune=args.tune, voice=args.voice, engine=args.engine).as_dict()


def _folder(args: argparse.Namespace) -> int:
    from chatmusician.transcription.facts.folder import caption_folder

    if args.output is None:
        raise UsageError("no file for the captions", hint="-o captions.jsonl")
    shown = sys.stderr.isatty()

    def told(name: str, error: str | None) -> None:
        if error:
            note(f"chatmusician: error: {error}")
        elif shown:
            note(name)

    done = caption_folder(args.input, args.output, lambda path: facts_of(path, args), told)
    summary = f"{count(done.files, 'file')}, {len(done.failed)} failed"
    note(summary + (f"; {done.resumed} done before" if done.resumed else ""))
    if args.json:
        print_json({"files": done.files, "resumed": done.resumed, "failed": done.failed})
    else:
        print(args.output)
    return 1 if done.failed else 0


def _print(found: dict[str, Any]) -> None:
    from chatmusician.transcription.facts.words import in_words

    print(found["caption"] + "\n")
    for name, value in in_words(found):
        how = found["how"].get(name)
        sure = f"  [{how['method']}; {how['confidence']:.0%} sure]" if how else ""
        print(f"{name}: {value}{sure}")
    for remark in found["remarks"]:
        note(f"{found['file']}: {remark}")
