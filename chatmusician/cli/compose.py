"""`chatmusician compose`: from a request to scores that play."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chatmusician.cli.model_options import (
    add_model_options,
    add_sampling_options,
    load_backend,
    sampling,
)
from chatmusician.cli.output import note, print_json, refuse_file_for_folder
from chatmusician.cli.parser import add_json, add_written, describe
from chatmusician.errors import MissingDependency, OutputError, UsageError
from chatmusician.files import STDIN, read_text_bytes, write_atomic

if TYPE_CHECKING:
    from chatmusician.model.candidates import Candidate
    from chatmusician.model.compose import Composition
    from chatmusician.model.generation import OnText
    from chatmusician.rendering import Rendered

INTERRUPTED = 130
DEFAULT_FORMATS = "abc,svg,mid,wav"
_BRIEF = (
    ("key", "KEY", "as ABC writes it: D, Em, Ador, Bb"),
    ("meter", "N/N", "6/8, 4/4, C|"),
    ("unit", "1/N", "the note length that is written without a number"),
    ("rhythm", "NAME", "jig, reel, waltz …"),
    ("tempo", "N", "beats a minute, or 1/4=120"),
    ("bars", "N", "how many bars are written"),
    ("form", "FORM", "letters as played (AABB), or a term (Binary)"),
    ("chords", "ROW", "chord symbols in order: 'Am G Am Em'"),
    ("motif", "NOTES", "notes the tune is built on: 'DFA dfa'"),
    ("style", "NAME", "whose music it is to be like: Bach"),
    ("title", "TEXT", "what the tune is called"),
)


def configure(parser: argparse.ArgumentParser) -> None:
    describe(
        parser,
        "Compose tunes for a request in words, options, or both, and write them as a score\n"
        "that plays. What was understood of the request is shown, and what was not. With a tune\n"
        "in the request: continue it, harmonise it, fill in its blank bars (x), vary it.",
        'chatmusician compose "a lively jig in D, AABB"',
        'chatmusician compose "a slow air" --key Em --bars 16 -n 4 -o airs',
        'chatmusician compose "harmonise this: $(cat tune.abc)" --format abc,pdf',
        "chatmusician compose - -m models/ChatMusician < request.txt",
    )
    parser.add_argument("prompt", nargs="?", default="", metavar="PROMPT", help="or - for stdin")
    parser.add_argument(
        "-n", "--candidates", type=int, default=1, metavar="N", help="so many tunes, ranked"
    )
    parser.add_argument("--seed", type=int, metavar="N", help="the same seed gives the same tunes")
    add_written(parser, DEFAULT_FORMATS, "formats to write: abc mid musicxml svg png pdf wav mp3 …")
    parser.add_argument(
        "--level",
        default="brief",
        choices=("off", "syntax", "bars", "brief"),
        help="what the decoding is held to (default: %(default)s)",
    )
    parser.add_argument(
        "--verbatim", action="store_true", help="give the model the request as it is typed"
    )
    add_json(parser, "the tunes and their score cards")
    group = parser.add_argument_group("what to compose")
    for name, metavar, text in _BRIEF:
        group.add_argument(f"--{name}", metavar=metavar, help=text)
    add_model_options(parser)
    add_sampling_options(parser)


def run(args: argparse.Namespace) -> int:
    from chatmusician.model.brief.read import read_request
    from chatmusician.model.compose import ComposeOptions, compose, refuse_conflicts

    request = _request(args.prompt)
    formats = _formats(args.format)
    refuse_file_for_folder(args.output)
    reading = read_request(request, {name: getattr(args, name) for name, _, _ in _BRIEF})
    for line in reading.lines():
        note(line)
    refuse_conflicts(reading)
    if reading.brief.empty and not args.verbatim:
        note("nothing in particular is asked for: key, meter and form are the model's choice")
    backend = load_backend(args)
    options = ComposeOptions(
        candidates=args.candidates,
        seed=args.seed,
        level=args.level,
        sampling=sampling(args, backend.defaults),
        verbatim=args.verbatim,
    )
    try:
        made = compose(reading, backend, options, request=request, on_text=_shown(args))
    finally:
        backend.close()
    return _finish(made, args, formats)


def _request(prompt: str) -> str:
    return read_text_bytes(STDIN).decode("utf-8", "replace") if prompt == STDIN else prompt


def _formats(given: str) -> list[str]:
    from chatmusician.rendering import FORMATS

    formats = [word.strip().lower() for word in given.split(",") if word.strip()]
    unknown = [word for word in formats if word not in FORMATS]
    if unknown or not formats:
        raise UsageError(
            f"unknown format {unknown[0]!r}" if unknown else "no format given",
            hint=f"known: {', '.join(FORMATS)}",
        )
    return list(dict.fromkeys(["abc", *formats]))


def _shown(args: argparse.Namespace) -> OnText | None:
    """On a terminal a tune is shown while it is written."""
    if not sys.stderr.isatty() or args.candidates != 1:
        return None

    def show(_: int, text: str) -> None:
        sys.stderr.write(text)
        sys.stderr.flush()

    return show


def _finish(made: Composition, args: argparse.Namespace, formats: list[str]) -> int:
    if sys.stderr.isatty() and args.candidates == 1:
        note("")
    _tell(made)
    written = [_write(candidate, made, args, formats) for candidate in made.candidates]
    if args.json:
        answer = made.as_dict()
        for card, files in zip(answer["candidates"], written, strict=True):
            card["files"] = list(files.files) if files else []
            card["errors"] = list(files.errors) if files else []
        print_json(answer)
    else:
        _print(made, written)
    if made.interrupted:
        return INTERRUPTED
    if any(files and files.missing for files in written):
        return MissingDependency.exit_code
    failed = not written or any(files is None or files.errors for files in written)
    return 1 if failed else 0


def _tell(made: Composition) -> None:
    for remark in made.remarks:
        note(remark)
    if made.wording.unsaid:
        names = ", ".join(made.wording.unsaid)
        held = made.held and made.level == "brief"
        how = "the decoder holds it" if held else "nothing but chance brings it about"
        note(f"not in the prompt's wording ({made.wording.task}): {names}; {how}")
    if made.interrupted:
        note(f"interrupted: {len(made.candidates)} finished")


def _write(
    candidate: Candidate, made: Composition, args: argparse.Namespace, formats: list[str]
) -> Rendered | None:
    """The files of one candidate; None where its answer has no tune."""
    from chatmusician.rendering import Rendered, Renderer

    if not candidate.answer.abc:
        return None
    folder = Path(args.output)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot be made: {error.strerror}", path=str(folder)) from error
    path = str(folder / f"{_stem(candidate, many=len(made.candidates) > 1)}.abc")
    write_atomic(path, candidate.answer.abc.encode())
    others = [format for format in formats if format != "abc"]
    if not others:
        return Rendered(path, "1", "", (path,))
    (done,) = Renderer([path], folder, others).render(path)
    return replace(done, files=(path, *done.files))


def _stem(candidate: Candidate, *, many: bool) -> str:
    tune = candidate.answer.tune
    words = (tune.title if tune else "") or (tune.value("R") if tune else "") or "tune"
    name = "".join(c if c.isalnum() else "-" for c in words.lower()).strip("-")[:40] or "tune"
    place = f"{candidate.rank}-" if many else ""
    return f"{place}{name}-{candidate.completion.seed}"


def _print(made: Composition, written: list[Any]) -> None:
    for candidate, files in zip(made.candidates, written, strict=True):
        if candidate.answer.abc:
            print(candidate.answer.abc.rstrip("\n"))
            print()
        else:
            note("there is no tune in the model's answer:")
            note("  " + " ".join(candidate.answer.text.split())[:400])
        print("\n".join(candidate.lines()))
        for remark in files.notes if files else ():
            note(remark)
        for problem in files.errors if files else ():
            note(f"error: {problem}")
        for file in files.files if files else ():
            print(file)
