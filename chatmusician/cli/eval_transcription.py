"""`chatmusician eval transcription`: how much of a played tune is written down rightly."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from chatmusician.cli.output import print_json
from chatmusician.cli.parser import add_json, describe
from chatmusician.errors import UsageError

PROGRAMS = ("midi2abc", "MuseScore")


def configure(parser: argparse.ArgumentParser) -> None:
    describe(
        parser,
        "Tunes played with human timing, at tempos and in keys of their own, and what comes out\n"
        "when they are written down again: notes, bars, meter, tempo and key, beside midi2abc\n"
        "and MuseScore. docs/transcription.md defines every number.",
        "chatmusician eval transcription --tunes held-out.abc -o report",
        "chatmusician eval transcription --tunes held-out.abc --engine piano -o heard",
        "chatmusician eval transcription --pairs asap/ -o pianists",
    )
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--tunes", metavar="FILE", help="an ABC file of tunes, to be played")
    source.add_argument(
        "--pairs", metavar="DIR", help="performances with their scores, in the form of ASAP"
    )
    parser.add_argument("-o", "--output", required=True, metavar="DIR", help="the folder to write")
    parser.add_argument("-n", type=int, default=200, metavar="N", help="melodies (200)")
    parser.add_argument(
        "--chords", type=int, default=60, metavar="N", help="tunes with their chords (60)"
    )
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="tunes and players (0)")
    parser.add_argument(
        "--engine",
        default="midi",
        metavar="NAME",
        help="how they are heard: midi, piano, guitar, violin, flute, voice (midi)",
    )
    parser.add_argument(
        "--alone", action="store_true", help="run no other programs on the same performances"
    )
    parser.add_argument("--fresh", action="store_true", help="forget an earlier run in DIR")
    add_json(parser, "the result")


def run(args: argparse.Namespace) -> int:
    from chatmusician.eval.transcription.run import Job, evaluate

    if args.n < 0 or args.chords < 0 or args.n + args.chords < 1:
        raise UsageError("-n and --chords are 0 or more, one of them at least 1")
    job = Job(
        tunes=args.tunes or "",
        pairs=args.pairs or "",
        output=args.output,
        n=args.n,
        chords=args.chords,
        seed=args.seed,
        engine=args.engine,
        programs=() if args.alone else PROGRAMS,
        fresh=args.fresh,
    )
    result = evaluate(job, told=_progress)
    if args.json:
        print_json(result)
    else:
        print((Path(args.output) / "table.md").read_text(encoding="utf-8"), end="")
    return 0


def _progress(done: int, of: int) -> None:
    if sys.stderr.isatty():
        print(f"\r{done} of {of}", end="\n" if done == of else "", file=sys.stderr, flush=True)
