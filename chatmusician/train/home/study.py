"""The sampling study: what is clean at the first try, and its figures beside people's.

python -m chatmusician.train.home.study MODEL DATA [--count 300] [--abc FILE]
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from chatmusician.model.home.features import build
from chatmusician.model.home.text import tune_of
from chatmusician.model.home.tune import HomeTune
from chatmusician.model.home.writing import abc_text
from chatmusician.train.home.prepare import read_rows
from chatmusician.train.home.rows import without
from chatmusician.train.home.sampling import (
    Drawing,
    Sampler,
    checked,
    plan_of,
    shapes_of,
    structure_of,
)


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m chatmusician.train.home.study")
    parser.add_argument("model", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--split", default="held-out", help="whose plans are asked for")
    parser.add_argument("--temperature", type=float, default=1.0)
    parser.add_argument("--top-p", type=float, default=0.95)
    parser.add_argument("--hide", nargs="*", default=[], help="tags left out of the plan")
    parser.add_argument("--no-relations", action="store_true")
    parser.add_argument("--structure", action="store_true", help="people's relations are kept to")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--words", type=Path, help="where the clean tunes go, as home text")
    parser.add_argument("--abc", type=Path, help="where the clean tunes go, as ABC")
    options = parser.parse_args(argv)
    people = [row["words"].split() for row in read_rows(options.data / f"{options.split}.jsonl.gz")]
    tunes, reasons, seconds = draw(options, people)
    total = sum(reasons.values())
    print(f"clean at the first try: {len(tunes)} of {total}, {seconds:.0f} CPU s")
    print({reason: count for reason, count in reasons.most_common() if reason})
    table(people=[tune_of(words) for words in people], model=[tune for tune, _ in tunes])
    if options.words:
        with gzip.open(options.words, "wt", encoding="utf-8") as file:
            for tune, words in tunes:
                row = {"id": "", "source": tune.source, "words": " ".join(words)}
                file.write(json.dumps(row) + "\n")
    if options.abc:
        texts = [abc_text(t, title=f"{n}", number=n) for n, (t, _) in enumerate(tunes, 1)]
        options.abc.write_text("\n".join(texts), encoding="utf-8")


def draw(
    options: argparse.Namespace, people: Sequence[Sequence[str]]
) -> tuple[list[tuple[HomeTune, list[str]]], Counter[str], float]:
    """Clean tunes on people's plans, the reasons of the others, and CPU seconds."""
    choose = random.Random(options.seed)
    hidden = frozenset(options.hide)
    chosen = [choose.choice(people) for _ in range(options.count)]
    plans = [without(plan_of(words), hidden) for words in chosen]
    structures = [structure_of(words) for words in chosen] if options.structure else None
    drawing = Drawing(options.temperature, options.top_p, relations=not options.no_relations)
    sampler = Sampler(options.model)
    tunes: list[tuple[HomeTune, list[str]]] = []
    reasons: Counter[str] = Counter()
    began = time.process_time()
    for at in range(0, len(plans), 64):
        batch = plans[at : at + 64]
        kept = structures[at : at + 64] if structures else None
        texts = sampler.texts(batch, drawing, options.seed + at, kept)
        for plan, words in zip(batch, texts, strict=True):
            tune, reason = checked(words, shapes_of(plan))
            reasons[reason] += 1
            if tune is not None:
                tunes.append((tune, words))
    return tunes, reasons, time.process_time() - began


def table(**groups: Sequence[HomeTune]) -> None:
    """Means of every measure, a column for each group."""
    sums: dict[str, list[float]] = {}
    for tunes in groups.values():
        values = [build(tune) for tune in tunes]
        for name in values[0] if values else ():
            sums.setdefault(name, []).append(sum(v[name] for v in values) / len(values))
    names = "  ".join(f"{name} ({len(tunes)})" for name, tunes in groups.items())
    print(f"{'':28}{names}")
    for name, means in sums.items():
        print(f"{name:28}" + "  ".join(f"{mean:11.3f}" for mean in means))


if __name__ == "__main__":
    main()
