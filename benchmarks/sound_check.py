"""MIDI against the tune it was made from, by both engines, and a sample of the sound.

python -m benchmarks.sound_check [--sounds N] [--write-docs]
"""

from __future__ import annotations

import argparse
import math
import statistics
import sys
from collections import Counter
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np

from benchmarks.corpora import CORPORA
from benchmarks.page import machine, write_section
from chatmusician.abc import Timeline, Tune, read, timeline
from chatmusician.abc.events import expanded
from chatmusician.abc.midi import PLAIN, Engine, MidiResult, performance, render_midi
from chatmusician.abc.midi.compare import TOLERANCE
from chatmusician.abc.midi.tempo import tempo_changes
from chatmusician.abc.sound.formats import levelled
from chatmusician.abc.sound.midi_file import read_midi_file
from chatmusician.abc.sound.synth import RATE, synthesize
from chatmusician.errors import EngineError

NAMES = ("nottingham", "oneills", "ryans", "airds")
ENGINES: tuple[Engine, ...] = ("builtin", "abc2midi")


@dataclass
class Row:
    """One engine on one collection; a tune is right when no note differs."""

    tunes: int = 0
    notes: int = 0
    right: int = 0
    failed: int = 0
    kinds: Counter[str] = field(default_factory=Counter)

    def add(self, line: Timeline, result: MidiResult) -> None:
        if result.differences is None:
            raise RuntimeError("symusic is not installed")
        self.notes += sum(len(pitches) for _, _, pitches in expanded(line))
        self.right += not result.differences
        self.kinds.update(difference.kind for difference in result.differences)


@dataclass(frozen=True)
class Heard:
    """Seconds: how far the last note ends from where it should, and what sounds after it."""

    id: str
    error: float
    tail: float
    peak: float
    rms: float


def compared(tunes: list[Tune], engine: Engine) -> Row:
    row = Row()
    for tune in tunes:
        row.tunes += 1
        try:
            row.add(timeline(tune), render_midi(tune, engine=engine))
        except EngineError:
            row.failed += 1
    return row


def heard(id: str, tune: Tune, line: Timeline) -> Heard:
    """The sound of the MIDI that `auto` takes.

    It should end with the last note of the tune, by its length and its Q:, or while the
    accompaniment sounds in the rests after that.
    """
    quarter = 60 / float(tempo_changes(line)[0])
    notes = max(float(Fraction(at) + Fraction(long)) for at, long, _ in expanded(line)) * quarter
    whole = performance(tune, PLAIN)
    rests = whole.length / whole.division * quarter
    data = render_midi(tune).data
    file = read_midi_file(data)
    last = max(
        file.tempo_map().seconds(tick)
        for tick, status, _, _ in file.events
        if status >> 4 in (8, 9)
    )
    end = min(max(last, notes), max(rests, notes))
    samples = levelled(synthesize(data)) / 32768
    peak, rms = np.abs(samples).max(), np.sqrt(np.mean(np.square(samples)))
    return Heard(id, last - end, len(samples) / RATE - last, float(peak), float(rms))


def sample(pieces: list[tuple[str, Tune]], count: int) -> list[Heard]:
    """Tunes at even distances, but none that is silent or changes its tempo."""
    fit = []
    for id, tune in pieces:
        line = timeline(tune)
        if expanded(line) and not tempo_changes(line)[1]:
            fit.append((id, tune, line))
    chosen = [fit[i * len(fit) // count] for i in range(min(count, len(fit)))]
    return [heard(*each) for each in chosen]


def sound_table(found: list[Heard]) -> str:
    columns = {
        "last note ends too late by, s": [h.error for h in found],
        "sound after the last note, s": [h.tail for h in found],
        "largest sample, of 1": [h.peak for h in found],
        "RMS, dB below full scale": [20 * math.log10(max(h.rms, 1e-9)) for h in found],
    }
    rows = [
        f"| {name} | {min(values):.3f} | {statistics.median(values):.3f} | {max(values):.3f} |"
        for name, values in columns.items()
    ]
    return "\n".join(["| | least | median | most |", "|---|---|---|---|", *rows])


def report(sounds: int) -> str:
    pieces: list[tuple[str, Tune]] = []
    rows = []
    for name in NAMES:
        corpus = CORPORA[name]
        own = [(p.id, tune) for p in corpus.pieces() for tune in read(p.data).tunes]
        pieces += own
        for engine in ENGINES:
            row = compared([tune for _, tune in own], engine)
            kinds = ", ".join(f"{n} {kind}" for kind, n in sorted(row.kinds.items())) or "none"
            rows.append(
                f"| {corpus.title} | {engine} | {row.tunes} | {row.notes} | {row.right} "
                f"| {row.failed} | {kinds} |"
            )
    found = sample(pieces, sounds)
    return f"""Each tune as MIDI, read back with symusic and laid beside the timeline, repeats
played out: a note is right when its pitch, onset and length are, to {TOLERANCE:g} of a quarter. A
tune is right when all its notes are and none is too many. abc2midi reads the ABC itself; `auto`
takes it only for the tunes on which it is right.

| tunes | engine | tunes | notes | tunes right | failed | notes that differ |
|---|---|---|---|---|---|---|
{chr(10).join(rows)}

The sound of {len(found)} of these tunes, at even distances, with the MIDI of `auto`; when the last
note should end is known from the tune's lengths and its Q:. The accompaniment may go on in the
rests after it.

{sound_table(found)}

{machine()}
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sounds", type=int, default=100)
    parser.add_argument("--write-docs", action="store_true")
    options = parser.parse_args()
    text = report(options.sounds)
    print(text)
    if options.write_docs:
        command = "python -m benchmarks.sound_check --write-docs"
        write_section("MIDI and sound against the tune", command, text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
