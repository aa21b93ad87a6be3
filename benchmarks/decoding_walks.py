"""Random walks through the decoder's masks: every tune must be right, by two readers.

Tokens are drawn uniformly among those allowed, without a model; only free text (titles,
annotations) is ended after a token with probability 1/5, since nearly every token may stand in it.
The budget ends the walk. Every tune goes through ``check`` and, many in one file, through
abc2midi, and is looked at for what its plan asks. A hundred walks are a batch, drawn from its own
seed; ``--out`` keeps one line a batch, and batches found there are not walked again.

    python -m benchmarks.decoding_walks [--walks N] [--out FILE] NAME=VOCABULARY…
"""

from __future__ import annotations

import argparse
import json
import random
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any

from chatmusician import abc
from chatmusician.abc.check import check
from chatmusician.model.decoding.constraint import Constraint, Grammar
from chatmusician.model.decoding.finish import ending
from chatmusician.model.decoding.place import QUOTE, VALUE
from chatmusician.model.decoding.plan import BARS, BRIEF, Constraints, Given, Section
from chatmusician.model.decoding.vocabulary import Vocabulary
from chatmusician.model.given import with_holes, with_room_for_chords
from chatmusician.music.meter import parse_meter
from chatmusician.programs import program_path

METERS = (
    *("2/4", "3/4", "4/4", "C", "C|", "2/2", "3/8", "6/8", "9/8", "12/8", "5/4", "7/8", "(2+3)/8"),
    *("3/2", "6/4", "5/8", "1/4", "4/8", "7/4", "(2+2+3)/8"),
)
UNITS = ("1/4", "1/8", "1/16")
KEYS = ("C", "G", "D", "A", "E", "F", "Bb", "Eb", "Am", "Em", "Bm", "Dm", "Gm", "Ador", "Dmix")
CHORDS = ("C", "Am", "G7", "Dm", "F", "Bb", "F#m", "Gsus4", "D/F#", "Cmaj7")
RHYTHMS = ("reel", "jig", "hornpipe", "waltz", "polka")
_TEXT_ENDS = 0.2
_BATCH = 100
_PER_PLAN = 10
_FREE_TEXT = "wWTCORBDFGHNSZAP"


@dataclass
class Found:
    """What the readers found over many tunes; `lost`: what was asked and is not there."""

    tunes: int = 0
    tokens: int = 0
    seconds: float = 0.0
    errors: Counter[str] = field(default_factory=Counter)
    warnings: Counter[str] = field(default_factory=Counter)
    outside: Counter[str] = field(default_factory=Counter)
    lost: Counter[str] = field(default_factory=Counter)
    meters: Counter[str] = field(default_factory=Counter)
    tuplets: int = 0
    examples: dict[str, str] = field(default_factory=dict)

    def add(self, row: dict[str, Any]) -> None:
        """Another batch, as its line has it."""
        self.tunes += row["tunes"]
        self.tokens += row["tokens"]
        self.seconds += row["seconds"]
        self.tuplets += row["tuplets"]
        for name in ("errors", "warnings", "outside", "lost", "meters"):
            getattr(self, name).update(row[name])

    def row(self) -> dict[str, Any]:
        counts = {
            name: dict(getattr(self, name))
            for name in ("errors", "warnings", "outside", "lost", "meters")
        }
        return {
            "tunes": self.tunes,
            "tokens": self.tokens,
            "seconds": round(self.seconds, 2),
            "tuplets": self.tuplets,
            **counts,
        }

    @property
    def bad(self) -> int:
        """Errors of either reader, abc2midi's warnings of bars, and what was not kept."""
        outside = sum(
            n for kind, n in self.outside.items() if "Error" in kind or "time units" in kind
        )
        return sum(self.errors.values()) + outside + sum(self.lost.values())


def plans(chance: random.Random) -> Constraints:
    """A plan drawn at random, of either level, with whatever a brief may ask."""
    if chance.random() < 0.1:
        return Constraints(level=BARS)
    meter, unit = chance.choice(METERS), chance.choice(UNITS)
    head = [("T", "Walk"), ("M", meter), ("L", unit), ("K", chance.choice(KEYS))]
    if chance.random() < 0.2:
        head.insert(1, ("R", chance.choice(RHYTHMS)))
    headers = tuple(head)
    bars = chance.choice((4, 6, 8, 12, 16))
    chords = tuple(chance.choices(CHORDS, k=chance.randint(2, bars)))
    kind = chance.randrange(10)
    if kind <= 1:
        return Constraints(level=BRIEF, headers=headers)
    if kind == 2:
        return Constraints(level=BRIEF, headers=headers, bars=bars)
    if kind == 3:
        return Constraints(level=BRIEF, headers=headers, bars=bars, chords=chords)
    motif = some_motif(meter, unit, chance)
    if kind == 4 and motif:
        section = Section(bars=bars, motif=motif)
        asked = chords if chance.random() < 0.5 else None
        return Constraints(level=BRIEF, headers=headers, sections=(section,), chords=asked)
    if kind <= 6:
        return Constraints(level=BRIEF, headers=headers, sections=repeats(bars, motif, chance))
    if kind == 7:
        return Constraints(level=BRIEF, headers=headers, sections=written(motif))
    if kind == 8:
        return Constraints(level=BRIEF, headers=headers, sections=varied(motif, chance))
    return Constraints(level=BRIEF, given=given(headers, chance))


def some_motif(meter: str, unit: str, chance: random.Random) -> str:
    """Up to a bar of notes of one unit, at times with the bar line and a note after it."""
    found = parse_meter(meter)
    length, rest = divmod(found.num * int(unit[2:]), found.den)
    if rest or length < 2:
        return ""
    count = chance.randint(2, min(8, length))
    notes = "".join(chance.choices("CDEFGABcde", k=count))
    return f"{notes} | {chance.choice('CEG')}" if count == length else notes


def repeats(bars: int, motif: str, chance: random.Random) -> tuple[Section, ...]:
    half = bars // 2
    return (
        Section(half, repeated=True, motif=chance.choice(("", motif))),
        Section(half, repeated=chance.choice((None, True, False))),
    )


def written(motif: str) -> tuple[Section, ...]:
    return (
        Section(2, repeated=False, motif=motif),
        Section(2, repeated=False, same_as=0),
        Section(2, repeated=False),
        Section(2, repeated=False, same_as=0),
    )


def varied(motif: str, chance: random.Random) -> tuple[Section, ...]:
    return (
        Section(4, repeated=False),
        Section(4, repeated=False, same_as=0, varied=True, motif=chance.choice(("", motif))),
        Section(2, repeated=False, motif=chance.choice(("", motif))),
        Section(4, repeated=False, same_as=1, motif=chance.choice(("", motif))),
    )


def given(headers: Iterable[tuple[str, str]], chance: random.Random) -> Given:
    """A tune with blank bars, or to be harmonised."""
    fields = dict(headers)
    length, rest = divmod(
        parse_meter(fields["M"]).num * int(fields["L"][2:]), parse_meter(fields["M"]).den
    )
    if rest or not length:
        fields["M"], length = "4/4", int(fields["L"][2:])
    bars = ["".join(chance.choices("CDEFGABcde", k=length)) for _ in range(8)]
    head = "X:1\n" + "".join(f"{letter}:{fields[letter]}\n" for letter in "TMLK")
    holes = chance.random() < 0.7
    if holes:
        for at in chance.sample(range(8), 3):
            bars[at] = f"x{length}"
    tune = abc.read(f"{head}|: {' | '.join(bars)} :|\n").tunes[0]
    return with_holes(tune) or with_room_for_chords(tune)


def walk(tune: Constraint, chance: random.Random, found: Found) -> str:
    """One tune, token by token."""
    vocabulary = tune.grammar.vocabulary
    text: list[str] = []
    while True:
        ids = tune.allowed()
        assert len(ids), (tune.grammar.plan, text, tune.state.given, tune.state.node.place)
        token = int(ids[chance.randrange(len(ids))])
        place = tune.state.node.place
        if place.arg and (
            (place.mode == QUOTE and place.arg[0] in ("^", "."))
            or (place.mode == VALUE and str(place.arg[0]) in _FREE_TEXT)
        ):
            end = '"' if place.mode == QUOTE else "\n"
            closing = vocabulary.longest_beginning(end)
            if closing in ids and chance.random() < _TEXT_ENDS:
                token = closing
        tune.push(token)
        found.tokens += 1
        if tune.ended:
            return "".join(text).encode("latin-1").decode().strip()
        text.append(vocabulary.pieces[token] or "")


def batch(vocabulary: Vocabulary, seed: int, tokens: int) -> Found:
    """A hundred walks from one seed, and what is found of them."""
    chance = random.Random(f"walk {seed}")
    found = Found()
    tunes: list[str] = []
    start = time.process_time()
    for _ in range(_BATCH // _PER_PLAN):
        plan = plans(chance)
        grammar = Grammar(plan, vocabulary)
        needed = len(ending(grammar.automaton, grammar.automaton.start()) or "") + 1
        for _ in range(_PER_PLAN):
            budget = needed + chance.randint(tokens // 4, tokens)
            text = walk(grammar.start(budget=budget), chance, found)
            tunes.append(text)
            for what in lost(plan, text):
                found.lost[what] += 1
                found.examples.setdefault(f"lost {what}", f"{plan}\n{text}")
    found.seconds = time.process_time() - start
    judge(tunes, found)
    return found


def lost(plan: Constraints, text: str) -> Iterator[str]:
    """What the plan asks and the tune has not."""
    said = [s for s in re.findall(r'"([^"]*)"', text) if s[:1] not in "^_<>@012345"]
    if plan.chords is not None and _told_once(said) != _told_once(plan.chords):
        yield "chords"
    for letter, value in plan.effective().headers or ():
        written = re.findall(rf"(?:^|\[){letter}:([^\]\n]*)", re.sub('"[^"\n]*"', "", text), re.M)
        if value is not None and (not written or any(one != value for one in written)):
            yield f"header {letter}"
    notes = re.sub(r'"[^"]*"|\s', "", text.partition("\nK:")[2].partition("\n")[2])
    if plan.given is not None:
        bare = re.sub(r'"[^"]*"', "", text) if plan.given.spots else text
        ends = [*(hole.at for hole in plan.given.holes), len(plan.given.text)]
        rest = bare
        for start, end in zip([0, *ends], ends, strict=False):
            _, there, rest = rest.partition(plan.given.text[start:end].strip())
            if not there and end > start:
                yield "given text"
    for section in plan.sections:
        if section.motif and section.motif.replace(" ", "") not in notes:
            yield "motif"


def _told_once(chords: Iterable[str]) -> list[str]:
    return [chord for chord, _ in groupby(chords)]


def judge(tunes: list[str], found: Found) -> None:
    """Add what ``check`` and abc2midi say of these tunes."""
    for text in tunes:
        found.tunes += 1
        found.tuplets += bool(re.search(r"\(\d", text))
        named = re.search(r"^M:(.*)", text, re.M)
        found.meters[named[1] if named else "none"] += 1
        for problem in check(abc.read(text)):
            if problem.severity == "error":
                found.errors[problem.code] += 1
                found.examples.setdefault(problem.code, f"{problem.message}\n{text}")
            elif problem.severity == "warning":
                found.warnings[problem.code] += 1
                found.examples.setdefault("warning " + problem.code, f"{problem.message}\n{text}")
    # The accompaniment would complain of tunes whose last bar is short, as it may be.
    outside(tunes, found, "-NGUI", "Error", "Warning")
    outside(tunes, found, "", "hord")


def outside(tunes: list[str], found: Found, option: str, *words: str) -> None:
    """Let abc2midi read the tunes as one book, and count what it says that holds a word."""
    book = "\n\n".join(tunes) + "\n"
    starts = [i + 1 for i, line in enumerate(book.split("\n")) if line.startswith("X:")]
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "book.abc")
        source.write_text(book)
        ran = subprocess.run(
            [program_path("abc2midi"), "book.abc", "-NFER", *([option] if option else [])],
            cwd=folder,
            capture_output=True,
            timeout=300,
            check=False,
        )
    for line in ran.stdout.decode(errors="replace").splitlines():
        if not any(word in line for word in words) or not line.startswith(("Error", "Warning")):
            continue
        kind = re.sub(r"\d+", "N", re.sub(r" in line-char \d+-\d+ :", ":", line))[:90]
        found.outside[kind] += 1
        place = re.search(r"line-char (\d+)", line)
        if place and kind not in found.examples:
            at = sum(start <= int(place[1]) for start in starts) - 1
            found.examples[kind] = f"{line}\n{tunes[at]}"


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


def done_before(out: Path | None, name: str) -> dict[int, dict[str, Any]]:
    """The batches of a vocabulary that the file has."""
    if out is None or not out.exists():
        return {}
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    return {row["seed"]: row for row in rows if row["vocabulary"] == name}


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--walks", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1, help="of the first batch")
    parser.add_argument("--tokens", type=int, default=240, help="most tokens beyond the shortest")
    parser.add_argument("--out", type=Path, help="a file that keeps what was found, by batch")
    parser.add_argument("--examples", action="store_true", help="print one tune for each finding")
    parser.add_argument("vocabularies", nargs="+", metavar="NAME=PATH")
    args = parser.parse_args(argv)
    worst = 0
    for named in args.vocabularies:
        name, _, path = named.partition("=")
        vocabulary: Vocabulary | None = None
        known = done_before(args.out, name)
        total = Found()
        for seed in range(args.seed, args.seed + -(-args.walks // _BATCH)):
            row = known.get(seed)
            if row is None:
                vocabulary = vocabulary or load(path)
                found = batch(vocabulary, seed, args.tokens)
                row = {"vocabulary": name, "seed": seed, **found.row()}
                for kind, text in found.examples.items():
                    total.examples.setdefault(kind, text)
                if args.out:
                    with args.out.open("a") as file:
                        file.write(json.dumps(row) + "\n")
                print(f"{name} {seed}: bad {found.bad}, {found.seconds:.1f} s", flush=True)
            total.add(row)
        report(name, total, examples=args.examples)
        worst = max(worst, total.bad)
    return 1 if worst else 0


def report(name: str, found: Found, *, examples: bool) -> None:
    print(
        f"{name}: {found.tunes} tunes, {found.tuplets} with tuplets, {found.tokens} tokens, "
        f"{found.seconds:.0f} s, bad {found.bad}"
    )
    for label in ("errors", "warnings", "outside", "lost", "meters"):
        print(f"  {label}: {dict(getattr(found, label).most_common(30))}")
    if examples:
        for kind, text in found.examples.items():
            print(f"--- {kind}\n{text}")


if __name__ == "__main__":
    sys.exit(main())
