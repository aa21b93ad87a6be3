"""Random walks through the decoder's masks: every tune must be right, by two readers.

Tokens are drawn uniformly among those allowed, without a model; only free text (titles,
annotations) is ended after a token with probability 1/5, since nearly every token may stand in it.
The budget ends the walk. Every tune goes through ``check`` and, many in one file, through abc2midi.

    python -m benchmarks.decoding_walks [--walks N] [--vocabulary NAME=PATH]… [--seed S]
"""

from __future__ import annotations

import argparse
import random
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from chatmusician import abc
from chatmusician.abc.check import check
from chatmusician.model.decoding.constraint import Constraint, Grammar
from chatmusician.model.decoding.finish import ending
from chatmusician.model.decoding.place import QUOTE, VALUE
from chatmusician.model.decoding.plan import BRIEF, Constraints, Section
from chatmusician.model.decoding.vocabulary import Vocabulary
from chatmusician.programs import program_path

METERS = (
    "2/4",
    "3/4",
    "4/4",
    "2/2",
    "6/8",
    "9/8",
    "12/8",
    "3/8",
    "3/2",
    "6/4",
    "5/8",
    "7/8",
    "5/4",
)
UNITS = ("1/4", "1/8", "1/16")
KEYS = (
    "C",
    "G",
    "D",
    "A",
    "E",
    "F",
    "Bb",
    "Eb",
    "Am",
    "Em",
    "Bm",
    "Dm",
    "Gm",
    "Ador",
    "Dmix",
    "Elyd",
)
_TEXT_ENDS = 0.2
_BATCH = 100
_FREE_TEXT = "wWTCORBDFGHNSZAP"


@dataclass
class Found:
    """What the two readers found over many tunes."""

    tunes: int = 0
    tokens: int = 0
    errors: Counter[str] = field(default_factory=Counter)
    warnings: Counter[str] = field(default_factory=Counter)
    outside: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)


def plans(chance: random.Random, kinds: tuple[str, ...] = ("bars", "brief")) -> Constraints:
    """A plan drawn at random: meter, unit and key; at level brief bars, chords and a form too."""
    head = (
        ("T", "Walk"),
        ("M", chance.choice(METERS)),
        ("L", chance.choice(UNITS)),
        ("K", chance.choice(KEYS)),
    )
    if chance.choice(kinds) == "bars":
        return Constraints(level=BRIEF, headers=head)
    bars = chance.choice((4, 8, 12, 16))
    chords = tuple(chance.choices(("C", "Am", "G7", "Dm", "F"), k=chance.randint(2, bars)))
    return chance.choice(
        (
            Constraints(level=BRIEF, headers=head, bars=bars),
            Constraints(level=BRIEF, headers=head, bars=bars, chords=chords),
            Constraints(
                level=BRIEF,
                headers=head,
                sections=(
                    Section(bars // 2, repeated=True),
                    Section(bars // 2, repeated=chance.choice((None, True, False))),
                ),
            ),
            Constraints(
                level=BRIEF,
                headers=head,
                sections=(
                    Section(2, repeated=chance.choice((None, False))),
                    Section(2, repeated=False, same_as=0),
                    Section(2, repeated=False),
                    Section(2, repeated=False, same_as=0),
                ),
            ),
        )
    )


def walk(tune: Constraint, chance: random.Random) -> str:
    """One tune, token by token."""
    pieces = tune.grammar.vocabulary.pieces
    text: list[str] = []
    while True:
        ids = tune.allowed()
        assert len(ids), (tune.state.node.place, tune.state.stand.whole)
        token = int(ids[chance.randrange(len(ids))])
        place = tune.state.node.place
        if place.arg and (
            (place.mode == QUOTE and place.arg[0] in ("^", "."))
            or (place.mode == VALUE and str(place.arg[0]) in _FREE_TEXT)
        ):
            end = '"' if place.mode == QUOTE else "\n"
            closing = [i for i in tune.grammar.vocabulary.beginnings(end) if i in ids]
            if closing and chance.random() < _TEXT_ENDS:
                token = closing[0]
        tune.push(token)
        if tune.ended:
            return "".join(text).encode("latin-1").decode().lstrip()
        text.append(pieces[token] or "")


def walks(vocabulary: Vocabulary, count: int, seed: int, tokens: int = 120) -> Iterator[str]:
    chance = random.Random(seed)
    per_plan = 10
    for at in range(0, count, per_plan):
        grammar = Grammar(plans(chance), vocabulary)
        for _ in range(min(per_plan, count - at)):
            needed = len(ending(grammar.automaton, grammar.automaton.start()) or "") + 1
            budget = needed + chance.randint(tokens // 4, tokens)
            yield walk(grammar.start(budget=budget), chance)


def judge(tunes: list[str], found: Found) -> None:
    """Add what ``check`` and abc2midi say of these tunes."""
    for text in tunes:
        found.tunes += 1
        for problem in check(abc.read(text)):
            if problem.severity == "error":
                found.errors[problem.code] += 1
                found.examples.setdefault(problem.code, f"{problem.message}\n{text}")
            elif problem.severity == "warning":
                found.warnings[problem.code] += 1
                found.examples.setdefault("warning " + problem.code, f"{problem.message}\n{text}")
    for start in range(0, len(tunes), _BATCH):
        outside(tunes[start : start + _BATCH], found)


def outside(tunes: list[str], found: Found) -> None:
    """Let abc2midi read the tunes as one book, and count its errors and warnings of bars."""
    book = "\n\n".join(tunes) + "\n"
    starts = [i + 1 for i, line in enumerate(book.split("\n")) if line.startswith("X:")]
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "book.abc")
        source.write_text(book)
        ran = subprocess.run(
            [program_path("abc2midi"), "book.abc", "-NFER", "-NGUI"],
            cwd=folder,
            capture_output=True,
            timeout=300,
            check=False,
        )
    for line in ran.stdout.decode(errors="replace").splitlines():
        if "Error" not in line and "Warning" not in line:
            continue
        kind = re.sub(r"\d+", "N", re.sub(r" in line-char \d+-\d+ :", ":", line))[:90]
        found.outside[kind] += 1
        place = re.search(r"line-char (\d+)", line)
        if place and kind not in found.examples:
            at = sum(start <= int(place[1]) for start in starts) - 1
            found.examples[kind] = f"{line}\n{tunes[at]}"


def bad(found: Found) -> int:
    """Errors of either reader, and abc2midi's warnings of bars."""
    bars = sum(n for kind, n in found.outside.items() if "Error" in kind or "time units" in kind)
    return sum(found.errors.values()) + bars


def load(path: str) -> Vocabulary:
    """A vocabulary from a GGUF file, a sentencepiece model, a tokenizer's JSON or a folder."""
    if path.endswith(".gguf"):
        from transformers import AutoTokenizer

        where = Path(path)
        return Vocabulary.of(AutoTokenizer.from_pretrained(where.parent, gguf_file=where.name))
    if path.endswith(".model"):
        return sentencepiece(path)
    if path.endswith(".json"):
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_file(path)
        return Vocabulary.of(tokenizer, end=tokenizer.token_to_id("</s>"))
    from transformers import AutoTokenizer

    return Vocabulary.of(AutoTokenizer.from_pretrained(path))


def sentencepiece(path: str) -> Vocabulary:
    import sentencepiece as spm

    model: Any = spm.SentencePieceProcessor(model_file=path)
    pieces: list[bytes | None] = []
    for index in range(model.get_piece_size()):
        piece = model.id_to_piece(index)
        if model.is_byte(index):
            pieces.append(bytes([int(piece[3:5], 16)]))
        elif model.is_control(index) or model.is_unknown(index):
            pieces.append(None)
        else:
            pieces.append(piece.replace("\u2581", " ").encode())
    return Vocabulary(pieces, [model.eos_id()])


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--walks", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--examples", action="store_true", help="print one tune for each finding")
    parser.add_argument("vocabularies", nargs="+", metavar="NAME=PATH")
    args = parser.parse_args(argv)
    worst = 0
    for named in args.vocabularies:
        name, _, path = named.partition("=")
        vocabulary = load(path)
        found = Found()
        start = time.perf_counter()
        chunk: list[str] = []
        for text in walks(vocabulary, args.walks, args.seed):
            chunk.append(text)
            if len(chunk) == _BATCH:
                judge(chunk, found)
                chunk.clear()
                print(f"{name}: {found.tunes} tunes, bad {bad(found)}", flush=True)
        judge(chunk, found)
        seconds = time.perf_counter() - start
        print(
            f"{name}: {vocabulary.size} pieces, {found.tunes} tunes, {seconds:.0f} s, "
            f"bad {bad(found)}"
        )
        for label, counts in (
            ("check errors", found.errors),
            ("check warnings", found.warnings),
            ("abc2midi", found.outside),
        ):
            print(f"  {label}: {dict(counts.most_common(30))}")
        if args.examples:
            for kind, text in found.examples.items():
                print(f"--- {kind}\n{text}")
        worst = max(worst, bad(found))
    return 1 if worst else 0


if __name__ == "__main__":
    sys.exit(main())
