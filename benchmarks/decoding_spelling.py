"""What bar-exact decoding would refuse of real tunes, found by spelling the collections.

Every tune that ``check`` finds clean (no error, no warning; also in canonical form) is written in
canonical form and spelled byte by byte at level ``bars``; a tune counts if every byte may stand and
the tune may end at its end. Since the automaton refuses a token exactly where it refuses one of its
bytes, so would it be spelled token by token.

    python -m benchmarks.decoding_spelling [--every N] [--show N]
"""

from __future__ import annotations

import argparse
import re
import sys
from collections import Counter
from collections.abc import Iterator

from benchmarks.corpora import CORPORA
from chatmusician import abc
from chatmusician.abc.check import check
from chatmusician.model.decoding.automaton import Automaton
from chatmusician.model.decoding.plan import BARS, Constraints


def clean(name: str, every: int) -> Iterator[tuple[str, str]]:
    """The clean tunes of a collection in canonical form, with their names."""
    for piece in CORPORA[name].pieces()[::every]:
        book = abc.read(piece.data)
        if len(book.tunes) != 1 or _flawed(book):
            continue
        text = abc.canonical(book)
        if not _flawed(abc.read(text)):
            yield piece.id, text


def _flawed(book: abc.Book) -> bool:
    return any(problem.severity != "info" for problem in check(book))


def cause(data: str, read: int) -> str:
    """Why a tune was not spelled, by what stands where it stopped."""
    rest, before = data[read:], data[:read]
    if "\nV:" in data:
        return "several voices"
    if rest.startswith("M:"):
        return "a meter change inside a repeat"
    if not rest.strip():
        return "ends with no |] or :|, or with a bar that completes none"
    if re.search(r"\[\d?$|\|$", before) and rest[:1].isdigit():
        return "an ending where none may begin"
    if re.search(r"[|:\]]\s*$", before) or rest[0] in "|:":
        return "a bar line that may not stand there"
    return "other"


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--every", type=int, default=1, help="only every Nth tune")
    parser.add_argument("--show", type=int, default=0, help="print so many that were refused")
    args = parser.parse_args(argv)
    automata = {
        strict: Automaton(Constraints(level=BARS, strict=strict, lyrics=not strict))
        for strict in (False, True)
    }
    tunes: Counter[str] = Counter()
    spelled: Counter[tuple[str, bool]] = Counter()
    causes: dict[bool, Counter[str]] = {False: Counter(), True: Counter()}
    shown = 0
    for name in CORPORA:
        for label, text in clean(name, args.every):
            tunes[name] += 1
            data = text.encode().decode("latin-1")
            for strict, automaton in automata.items():
                state, read = automaton.spell_bytes(data, automaton.start())
                if read == len(data) and automaton.accepting(state):
                    spelled[name, strict] += 1
                    continue
                causes[strict][cause(data, read)] += 1
                if not strict and shown < args.show:
                    shown += 1
                    before, rest = data[max(0, read - 50) : read], data[read : read + 20]
                    print(f"{name} {label}: {before!r} >< {rest!r}")
        for strict in (False, True):
            share = spelled[name, strict] / max(1, tunes[name])
            print(
                f"{name}, strict={strict}: {spelled[name, strict]} of {tunes[name]} ({share:.1%})",
                flush=True,
            )
    for strict, found in causes.items():
        done = sum(spelled[name, strict] for name in CORPORA)
        total = sum(tunes.values())
        print(
            f"strict={strict}: {done} of {total} ({done / total:.2%}); "
            f"the rest: {dict(found.most_common())}"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
