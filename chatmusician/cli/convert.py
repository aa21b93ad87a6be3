"""`chatmusician convert`: from one notation format to another."""

from __future__ import annotations

import argparse

from chatmusician import abc
from chatmusician.cli.output import count, note, print_bytes
from chatmusician.cli.parser import describe
from chatmusician.conversion import FORMATS, convert_file, target_format, write_events
from chatmusician.files import STDIN, display_name, replacing, write_atomic


def configure(parser: argparse.ArgumentParser) -> None:
    known = ", ".join(FORMATS)
    describe(
        parser,
        "Convert a file to another notation format, by the names' endings.\n"
        "A tune with problems is still converted. From ABC to ABC the canonical form is written.",
        "chatmusician convert tune.abc tune.json",
        "chatmusician convert tune.abc --to json",
        "chatmusician convert chorale.mxl chorale.abc",
        "chatmusician convert tunes.abc --tune 12 tune.mid",
    )
    parser.add_argument("input", metavar="IN", help="the file to read, or - for stdin")
    parser.add_argument(
        "output", metavar="OUT", nargs="?", help="the file to write (default: stdout)"
    )
    parser.add_argument("--to", metavar="FORMAT", help=f"the format to write: {known}")
    parser.add_argument("--tune", metavar="X", help="the tune of this X: alone")
    parser.add_argument("--from", dest="given", metavar="FORMAT", help=f"the format of IN: {known}")


def run(args: argparse.Namespace) -> int:
    target = None if args.output == STDIN else args.output
    wanted = target_format(target, args.to)
    given = None if args.given is None else target_format(None, args.given)
    if wanted == "json":
        problems = _events(args, target, given)
    else:
        problems = _convert(args, target, wanted, given)
    if problems:
        name = display_name(args.input)
        note(f"{name}: {count(problems, 'problem')}; see: chatmusician check {name}")
    return 0


def _events(args: argparse.Namespace, target: str | None, given: str | None) -> int:
    if target is None:
        return write_events(args.input, print_bytes, given=given, tune=args.tune)
    with replacing(target) as file:
        return write_events(args.input, file.write, given=given, tune=args.tune)


def _convert(args: argparse.Namespace, target: str | None, wanted: str, given: str | None) -> int:
    converted = convert_file(args.input, wanted, given=given, tune=args.tune)
    if target is None:
        print_bytes(converted.data)
    else:
        write_atomic(target, converted.data)
    for remark in converted.notes:
        note(f"{display_name(args.input)}: {remark}")
    return sum(found.severity != "info" for found in abc.check(converted.book))
