"""`chatmusician ask`: questions about a piece, whatever it comes as."""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from chatmusician.cli.describe import add_hearing_options, facts_of
from chatmusician.cli.model_options import (
    add_model_options,
    add_sampling_options,
    load_backend,
    sampling,
)
from chatmusician.cli.output import note, print_json, report_error
from chatmusician.cli.parser import add_json, describe
from chatmusician.errors import ChatMusicianError, UsageError
from chatmusician.files import STDIN

if TYPE_CHECKING:
    from chatmusician.asking import Interview
    from chatmusician.model.conversation import Conversation
    from chatmusician.model.generation import Backend
    from chatmusician.transcription.facts.answers import Answered


def configure(parser: argparse.ArgumentParser) -> None:
    describe(
        parser,
        "Answer questions about a piece: sound, MIDI or notation. What its computed facts answer\n"
        "in full is answered from them, without a model, and marked so; what notes cannot tell\n"
        "(timbre, singer, artist) is said to be so; everything else goes to the model, with the\n"
        "facts and the ABC. Without a question, they are read line by line.",
        'chatmusician ask tune.abc "What key is it in?"',
        'chatmusician ask recording.mp3 "What happens in bar 5?" -m models/ChatMusician',
        "chatmusician ask humming.wav --voice",
    )
    parser.add_argument("file", metavar="FILE", help="the piece, or - for stdin")
    parser.add_argument("questions", metavar="QUESTION", nargs="*", help="asked in turn")
    parser.add_argument("--seed", type=int, metavar="N", help="seed of the first answer")
    add_hearing_options(parser)
    add_model_options(parser)
    add_sampling_options(parser)
    add_json(parser, "the answers")


def run(args: argparse.Namespace) -> int:
    from chatmusician.asking import Interview

    if args.file == STDIN and not args.questions:
        raise UsageError("the piece is on standard input: give the question as an argument")
    facts = facts_of(args.file, args)
    for remark in facts["remarks"]:
        note(f"{facts['file']}: {remark}")
    opened: list[Backend] = []
    interview = Interview(facts, lambda: _talk(args, opened))
    try:
        if args.questions:
            return _answer_all(interview, args)
        return _converse(interview, args)
    finally:
        for backend in opened:
            backend.close()


def _talk(args: argparse.Namespace, opened: list[Backend]) -> Conversation:
    from chatmusician.model.conversation import Conversation

    backend = load_backend(args)
    opened.append(backend)
    return Conversation(backend, sampling(args, backend.defaults), seed=args.seed)


def _answer_all(interview: Interview, args: argparse.Namespace) -> int:
    rows = []
    for question in args.questions:
        found = interview.ask(question)
        rows.append(_row(question, found))
        if not args.json:
            _print(found)
    if args.json:
        print_json(rows)
    return 0


def _converse(interview: Interview, args: argparse.Namespace) -> int:
    prompt = "> " if sys.stdin.isatty() else ""
    rows = []
    while True:
        try:
            question = input(prompt).strip()
        except EOFError:
            break
        if question in ("/quit", "/exit"):
            break
        if not question:
            continue
        try:
            found = interview.ask(question)
        except ChatMusicianError as error:
            report_error(error)
            continue
        rows.append(_row(question, found))
        if not args.json:
            _print(found)
    if args.json:
        print_json(rows)
    return 0


def _row(question: str, found: Answered) -> dict[str, Any]:
    return {"question": question} | asdict(found)


def _print(found: Answered) -> None:
    print(found.text)
    match found.source:
        case "facts":
            print(f"  [from the facts: {found.method}; {found.confidence:.0%} sure]")
        case "cannot tell":
            print("  [not a matter of notes]")
        case _:
            bars = ", ".join(map(str, found.bars)) or "none"
            print(f"  [said by {found.method}; bars named: {bars}]")
