"""How long it takes to score generated tunes: each part on its own, in processor time.

python -m benchmarks.generation_speed [--tunes N] [--write-docs]
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from itertools import cycle, islice
from typing import TypeVar

from benchmarks.corpora import CORPORA
from benchmarks.page import PAGE, machine, write_section
from chatmusician import abc
from chatmusician.abc.timing import Timeline
from chatmusician.eval.generation.asked import Asked
from chatmusician.eval.generation.copies import Index
from chatmusician.eval.generation.features import measure
from chatmusician.eval.generation.ngram import NGram, xz_bits
from chatmusician.eval.generation.outside import Abc2midi
from chatmusician.eval.generation.report import distances, metrics

COLLECTIONS = ("nottingham", "oneills", "ryans", "airds", "thesession")
OUTPUTS = 500
CHARACTERS = 5_000_000
Made = TypeVar("Made")


def texts() -> list[str]:
    """The tunes of the collections that read without an error."""
    found = []
    for name in COLLECTIONS:
        for piece in CORPORA[name].pieces():
            tunes = abc.read(piece.data).tunes
            if tunes and not any(d.severity == "error" for d in abc.check_tune(tunes[0])):
                found.append(abc.canonical(tunes[0]))
    return found


def timelines(found: list[str], n: int) -> list[Timeline]:
    """So many tunes: the collections over again in other keys."""
    made = []
    for at, text in enumerate(islice(cycle(found), n)):
        tune = abc.read(text).tunes[0]
        made.append(
            abc.timeline(tune if at < len(found) else abc.transpose(tune, at // len(found)))
        )
    return made


def timed(work: Callable[[], Made]) -> tuple[Made, float, float]:
    """What it makes, processor seconds and seconds by the clock."""
    clock, processor = time.perf_counter(), time.process_time()
    made = work()
    return made, time.process_time() - processor, time.perf_counter() - clock


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tunes", type=int, default=20_000, help="training tunes in the index")
    parser.add_argument("--write-docs", action="store_true")
    args = parser.parse_args()
    found = texts()
    training = timelines(found, args.tunes)
    step = len(found) // OUTPUTS
    outputs = found[::step][:OUTPUTS]
    asked = Asked("", "bach", "", "")
    program = Abc2midi()
    index, *built = timed(lambda: Index(training))
    scores, *scored = timed(lambda: [measure(text, asked, index=index) for text in outputs])
    _, *heard = timed(lambda: [program.listen(text) for text in outputs])
    _, *summed = timed(lambda: metrics(scores) | distances(scores, scores))
    whole = "".join(islice(cycle(found), CHARACTERS * 2 * len(found) // sum(map(len, found))))
    learned = [whole[at : at + 500] for at in range(0, CHARACTERS, 500)]
    model, *trained = timed(lambda: NGram(learned))
    _, *tested = timed(lambda: model.bits(outputs))
    _, *packed = timed(lambda: xz_bits(found, outputs))
    lines = [
        (f"index of {len(training):,} training tunes", built),
        (f"{OUTPUTS} texts scored", scored),
        (f"abc2midi {program.version} on {OUTPUTS} tunes (its own time not in the first)", heard),
        ("metrics and intervals", summed),
        (f"seven-gram trained on {sum(map(len, learned)):,} characters", trained),
        (f"seven-gram on {sum(map(len, outputs)):,} characters", tested),
        (f"xz of {sum(map(len, found)):,} characters, twice", packed),
    ]
    table = "| step | processor, s | clock, s |\n|---|--:|--:|\n"
    table += "".join(f"| {name} | {p:.1f} | {c:.1f} |\n" for name, (p, c) in lines)
    text = f"{machine()} Compiled core, one process, a busy machine.\n\n{table}"
    print(text)
    if args.write_docs:
        command = f"python -m benchmarks.generation_speed --tunes {args.tunes}"
        write_section("Speed", command, text, PAGE.with_name("eval-generation.md"))


if __name__ == "__main__":
    main()
