"""Compare our expanded notes with abc2midi's, tune by tune, and explain every difference.

python -m benchmarks.abc2midi_agreement [--collection NAME] [--json] [--write-docs]
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from benchmarks.corpora import CORPORA, Corpus, Piece
from benchmarks.explain import EXPLANATIONS
from benchmarks.oracle import TICKS, Abc2midi, Sound, neutral, same
from benchmarks.page import write_section
from chatmusician import abc
from chatmusician.abc.events import expanded
from chatmusician.abc.reader import read

WORKERS = 2
TITLE = "Where abc2midi reads otherwise"
DOCS = Path(__file__).resolve().parents[1] / "docs" / "abc.md"
# Those whose every difference is explained; others can be named.
DEFAULT = ("nottingham", "oneills", "ryans", "airds", "thesession", "essen")
IDENTICAL = "identical"
REJECTED = "abc2midi wrote no file"
SILENT = "no notes in either reading"
UNEXPLAINED = "unexplained"
SEVERAL = "several of these at once"


@dataclass(frozen=True)
class Outcome:
    """What became of a tune: its class, and a piece of it to look at."""

    id: str
    kind: str
    excerpt: str = ""


def our_notes(text: bytes) -> tuple[Sound, ...]:
    found: list[Sound] = []
    for tune in read(text).tunes[:1]:
        for onset, length, pitches in expanded(abc.timeline(tune)):
            at, size = round(Fraction(onset) * TICKS), round(Fraction(length) * TICKS)
            found += [Sound(pitch, at, size) for pitch in pitches]
    return tuple(sorted(found))


_PROGRAM: list[Abc2midi] = []


def _start(path: str | None, folder: str) -> None:
    _PROGRAM.append(Abc2midi(path, folder))


def agree(text: bytes) -> bool:
    if b"chordattack" not in text:
        text = neutral(text)
    heard = _PROGRAM[0].play(text)
    return heard.notes is not None and same(our_notes(text), heard.notes)


def compare(piece: Piece) -> Outcome:
    text = neutral(piece.data)
    heard = _PROGRAM[0].play(text)
    ours = our_notes(text)
    if heard.notes is not None and same(ours, heard.notes):
        return Outcome(piece.id, IDENTICAL)
    if heard.notes is None:
        return Outcome(piece.id, REJECTED if ours else SILENT)
    return Outcome(piece.id, explained(text), excerpt(text))


def explained(text: bytes) -> str:
    """The first explanation that holds, alone or on top of those before it."""
    tune = read(text).tunes[0]
    for explanation in EXPLANATIONS:
        if agree(explanation.rewrite(tune).encode()):
            return explanation.name
    together = tune
    for explanation in EXPLANATIONS:
        changed = explanation.rewrite(together).encode()
        if agree(changed):
            return SEVERAL
        together = read(changed).tunes[0]
    return UNEXPLAINED


def excerpt(text: bytes) -> str:
    lines = [line for line in text.decode("utf-8", "replace").split("\n") if "|" in line]
    return max(lines, key=lambda line: (":|" in line, -abs(60 - len(line))), default="")[:70]


def run(corpus: Corpus, program: str | None) -> list[Outcome]:
    with (
        tempfile.TemporaryDirectory(prefix="abc2midi-") as folder,
        ProcessPoolExecutor(WORKERS, initializer=_start, initargs=(program, folder)) as pool,
    ):
        return list(pool.map(compare, corpus.pieces(), chunksize=50))


def table(results: dict[str, list[Outcome]]) -> str:
    rows = ["| collection | tunes | identical | explained | unexplained |", "|---|---|---|---|---|"]
    for name, outcomes in results.items():
        kinds = Counter(outcome.kind for outcome in outcomes)
        good, bad = kinds[IDENTICAL], kinds[UNEXPLAINED]
        share = f"{good} ({100 * good / len(outcomes):.1f} %)"
        rest = len(outcomes) - good - bad
        rows.append(f"| {name} | {len(outcomes)} | {share} | {rest} | {bad} |")
    return "\n".join(rows)


def classes(results: dict[str, list[Outcome]]) -> str:
    names = list(results)
    rows = [
        "| class | " + " | ".join(names) + " | who is right, and why | for example |",
        "|---|" + "---|" * (len(names) + 2),
    ]
    reasons = {e.name: e.right for e in EXPLANATIONS}
    reasons[SEVERAL] = "As above, each for its part: the readers agree once all are rewritten."
    reasons[REJECTED] = (
        "Ours: the tune has notes. abc2midi ends without a file and without an error."
    )
    reasons[SILENT] = "Both: the entry has no music."
    for kind in [*reasons, UNEXPLAINED]:
        found = [[o for o in outcomes if o.kind == kind] for outcomes in results.values()]
        if not any(found):
            continue
        first = next(o for part in found for o in part)
        shown = first.excerpt.replace("|", "\\|")
        counts = " | ".join(str(len(part)) for part in found)
        rows.append(f"| {kind} | {counts} | {reasons.get(kind, '')} | {first.id}: `{shown}` |")
    return "\n".join(rows)


def document(results: dict[str, list[Outcome]], version: str) -> str:
    return f"""{version}.
Compared are pitch, onset and length of every note in playing order. abc2midi is told to play
plainly; staccato, trill, roll and breath marks, `R:` and chord symbols are taken out of its text
and ours alike, since it performs them.

{table(results)}

A difference counts as explained only if the two agree once the construct named is rewritten so
that there is one way to read it (`benchmarks/explain.py`).

{classes(results)}
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--collection", action="append", help="only this one (may be repeated)")
    parser.add_argument("--abc2midi", metavar="PATH", help="the program to compare with")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--write-docs", action="store_true")
    options = parser.parse_args()
    names = options.collection or DEFAULT
    chosen = [corpus for corpus in CORPORA.values() if corpus.name in names]
    results = {corpus.title: run(corpus, options.abc2midi) for corpus in chosen}
    version = Abc2midi(options.abc2midi, "").version
    if options.write_docs:
        command = "python -m benchmarks.abc2midi_agreement --write-docs"
        write_section(TITLE, command, document(results, version), DOCS)
    if options.json:
        plain = {name: [vars(o) for o in outcomes] for name, outcomes in results.items()}
        print(json.dumps(plain, indent=1))
    else:
        print(version, table(results), classes(results), sep="\n\n")
    left = [o.id for outcomes in results.values() for o in outcomes if o.kind == UNEXPLAINED]
    if left:
        print("unexplained:", ", ".join(left[:40]), file=sys.stderr)
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())
