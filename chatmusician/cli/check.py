"""`chatmusician check`: problems in ABC files, with their place."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from chatmusician import abc
from chatmusician.abc import Diagnostic
from chatmusician.abc.check import check_text
from chatmusician.cli.output import count, note, print_json, print_text, report_error
from chatmusician.cli.parser import add_json, describe
from chatmusician.errors import ChatMusicianError, InputError, UsageError
from chatmusician.files import STDIN, display_name, read_text_bytes, write_atomic

# From the mildest up. The mildest kind is shown, and is no reason to fail.
SEVERITIES = ("info", "warning", "error")


@dataclass(frozen=True)
class Checked:
    """One file's result; `error` when it could not be read or written at all."""

    path: str
    tunes: int = 0
    diagnostics: tuple[Diagnostic, ...] = ()
    fixed: tuple[Diagnostic, ...] = ()
    fixed_text: str | None = None
    error: ChatMusicianError | None = None


def configure(parser: argparse.ArgumentParser) -> None:
    describe(
        parser,
        "Find problems in ABC files: bars that do not add up, ties to nothing, broken syntax.\n"
        "Exit code 0: no errors or warnings; 1: some, or a file could not be read.",
        "chatmusician check --fix tunes/*.abc",
    )
    parser.add_argument("files", nargs="+", metavar="FILE", help="an ABC file, or - for stdin")
    parser.add_argument(
        "--fix",
        action="store_true",
        help="mend what has one right answer, changing no other note (stdin: to stdout)",
    )
    form = parser.add_mutually_exclusive_group()
    add_json(form, "the problems")
    form.add_argument("--sarif", action="store_true", help="print the problems as SARIF 2.1.0")
    form.add_argument("-q", "--quiet", action="store_true", help="print nothing but errors")
    parser.add_argument(
        "--instrument", metavar="NAME", help="report notes outside this instrument's range"
    )
    parser.add_argument(
        "--severity",
        choices=SEVERITIES,
        default=SEVERITIES[0],
        help="leave out milder problems than this (default: %(default)s)",
    )


def run(args: argparse.Namespace) -> int:
    if args.files.count(STDIN) > 1:
        raise UsageError("standard input (-) can be read only once")
    text_to_stdout = args.fix and STDIN in args.files
    if text_to_stdout and (args.json or args.sarif):
        raise UsageError("--fix prints the mended text of -, so there is no room for a report")
    results = [_check_file(path, args) for path in args.files]
    if args.json:
        print_json(_as_json(results))
    elif args.sarif:
        from chatmusician.cli.sarif import as_sarif

        print_json(as_sarif((r.path, r.diagnostics, r.error) for r in results))
    for result in results:
        _print(result, args, to_stderr=text_to_stdout)
    if not (args.quiet or args.json or args.sarif):
        note(_summary(results))
    return int(any(r.error or _failing(r.diagnostics) for r in results))


def _check_file(path: str, args: argparse.Namespace) -> Checked:
    try:
        data = read_text_bytes(path)
        fixed: tuple[Diagnostic, ...] = ()
        text = None
        if args.fix:
            data, text, fixed = _fix(path, data)
        tunes, found = check_text(data, instrument=args.instrument)
    except UsageError:
        raise
    except ChatMusicianError as error:
        return Checked(path, error=error)
    return Checked(path, tunes, _at_least(found, args.severity), fixed, text)


def _fix(path: str, data: bytes) -> tuple[bytes, str, tuple[Diagnostic, ...]]:
    # The reader's encoding gives every byte back as it was, and keeps a byte order mark apart.
    book = abc.read(data, source=display_name(path))
    text, fixed = abc.fix(book.text)
    try:
        mended = book.bom + text.encode(book.encoding)
    except UnicodeEncodeError as error:
        raise InputError(
            "cannot be mended in its encoding", path=display_name(path), hint="save it as UTF-8"
        ) from error
    if path != STDIN and mended != data:
        write_atomic(path, mended)
    return mended, text, fixed


def _at_least(found: Iterable[Diagnostic], severity: str) -> tuple[Diagnostic, ...]:
    wanted = SEVERITIES[SEVERITIES.index(severity) :]
    return tuple(diagnostic for diagnostic in found if diagnostic.severity in wanted)


def _failing(found: Iterable[Diagnostic]) -> bool:
    return any(diagnostic.severity != SEVERITIES[0] for diagnostic in found)


def _print(result: Checked, args: argparse.Namespace, *, to_stderr: bool) -> None:
    if result.error:
        report_error(result.error)
    if result.path == STDIN and result.fixed_text is not None:
        print_text(result.fixed_text)
    if args.quiet or args.json or args.sarif:
        return
    show = note if to_stderr else print
    for diagnostic in result.diagnostics:
        show(_line(result.path, diagnostic))


def _line(path: str, found: Diagnostic) -> str:
    place = f"{display_name(path)}:{found.line}:{found.column}"
    line = f"{place}: {found.severity} {found.code}: {found.message}"
    return f"{line}\n  hint: {found.hint}" if found.hint else line


def _summary(results: list[Checked]) -> str:
    found = Counter(d.severity for r in results for d in r.diagnostics)
    parts = [count(found[severity], severity) for severity in reversed(SEVERITIES[1:])]
    if found[SEVERITIES[0]]:
        parts.append(f"{found[SEVERITIES[0]]} info")
    fixed = sum(len(r.fixed) for r in results)
    if fixed:
        parts.append(f"{fixed} mended")
    failed = sum(r.error is not None for r in results)
    if failed:
        parts.append(f"{count(failed, 'file')} not read")
    tunes = sum(r.tunes for r in results)
    return f"{', '.join(parts)} in {count(tunes, 'tune')}, {count(len(results), 'file')}"


def _as_json(results: list[Checked]) -> dict[str, object]:
    found = Counter(d.severity for r in results for d in r.diagnostics)
    return {
        "files": [
            {
                "path": r.path,
                "tunes": r.tunes,
                "diagnostics": [_diagnostic_json(d) for d in r.diagnostics],
                "fixed": [_diagnostic_json(d) for d in r.fixed],
                "error": {"message": str(r.error), "hint": r.error.hint} if r.error else None,
            }
            for r in results
        ],
        "summary": {
            "files": len(results),
            "tunes": sum(r.tunes for r in results),
            "unreadable": sum(r.error is not None for r in results),
            "fixed": sum(len(r.fixed) for r in results),
            **{severity: found[severity] for severity in reversed(SEVERITIES)},
        },
    }


def _diagnostic_json(found: Diagnostic) -> dict[str, object]:
    return {
        "code": found.code,
        "kind": found.kind,
        "severity": found.severity,
        "line": found.line,
        "column": found.column,
        "message": found.message,
        "hint": found.hint,
    }
