"""POP909: the beats, key and chords found in its MIDI files against its annotations, by mir_eval.

python -m benchmarks.pop909 --rows FILE [--write-docs]

FILE is what ``python -m benchmarks.written_bars --collection pop909 --out FILE`` wrote. The
annotations are those that POP909 made of the MIDI files (``beat_midi``, ``chord_midi``) and,
for keys and the numbers of beats in the bar, of the recordings they were made after
(``key_audio``, ``beat_audio``); all of them were extracted by programs. The longest key counts.
What finds the beats was trained on two songs of three; the others are told apart.
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

import mir_eval
import numpy as np

from benchmarks.page import write_section
from benchmarks.performances import Rows, is_kept_back, pop909
from chatmusician.abc.fields import parse_key
from chatmusician.eval.intervals import Measure, mean
from chatmusician.music.chords import parse_chord
from chatmusician.music.pitch import pitch_class

TITLE = "POP909: beats, key and chords"
NAMES = ("C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B")
# mir_eval's names of kinds of chord, by semitones above the root.
_KINDS = {
    (0, 4, 7): "maj",
    (0, 3, 7): "min",
    (0, 4, 7, 10): "7",
    (0, 3, 7, 10): "min7",
    (0, 4, 7, 11): "maj7",
    (0, 3, 6): "dim",
    (0, 3, 6, 10): "hdim7",
    (0, 3, 6, 9): "dim7",
    (0, 4, 8): "aug",
    (0, 5, 7): "sus4",
}
METRICS = {
    "beats": "beat F1, `beat_midi`",
    "downbeats": "downbeat F1, `beat_audio` (beats numbered 1)",
    "tempo acc1": "tempo within 4 %, of `beat_midi`",
    "tempo acc2": "tempo, ×2 ×3 ÷2 ÷3 allowed",
    "key": "key, MIREX weight",
    "root": "chord roots, `chord_midi`",
    "thirds": "roots and thirds",
    "majmin": "major and minor triads",
    "sevenths": "triads and sevenths",
}


def scores(said: dict[str, Any], beside: dict[str, str]) -> dict[str, float]:
    found: dict[str, float] = {}
    beats = np.array([row[0] for row in said["beats"]])
    true = np.array([row[0] for row in _table(beside["beat_midi.txt"])])
    found["beats"] = _beat_f1(true, beats)
    downbeats = np.array([row[0] for row in said["beats"] if row[1] == 1])
    numbered = [row[0] for row in _table(beside["beat_audio.txt"]) if row[1] == 1]
    if numbered:
        found["downbeats"] = _beat_f1(np.array(numbered), downbeats)
    tempo = 60 / float(np.median(np.diff(true)))
    ratios = [said["tempo"] / tempo / factor for factor in (1, 2, 0.5, 3, 1 / 3)]
    near = [abs(ratio - 1) <= 0.04 for ratio in ratios]
    found["tempo acc1"], found["tempo acc2"] = float(near[0]), float(any(near))
    key = _longest(beside.get("key_audio.txt", ""))
    if key:
        found["key"] = float(mir_eval.key.weighted_score(_key(key), key_name(said["key"])))
    found.update(_chords(said["chords"], beside["chord_midi.txt"], float(beats[-1])))
    return found


def _beat_f1(true: Any, said: Any) -> float:
    return float(mir_eval.beat.f_measure(np.unique(true), np.unique(said)))


def _table(text: str) -> list[list[float]]:
    return [[float(word) for word in line.split()] for line in text.splitlines() if line.strip()]


def _longest(text: str) -> str:
    length: dict[str, float] = defaultdict(float)
    for line in text.splitlines():
        start, end, name = line.split()
        length[name] += float(end) - float(start)
    return max(length, key=lambda name: length[name]) if length else ""


def _key(name: str) -> str:
    tonic, mode = name.split(":")
    at = pitch_class(tonic)
    return f"{NAMES[at]} {'minor' if mode.startswith('min') else 'major'}"


def key_name(written: str) -> str:
    """A K: value as mir_eval names keys; modes as the nearer of major and minor."""
    key = parse_key(written)
    at = pitch_class(key.tonic)
    minor = key.mode in ("minor", "aeolian", "dorian", "phrygian", "locrian")
    return f"{NAMES[at]} {'minor' if minor else 'major'}"


def label(symbol: str) -> str:
    kind = parse_chord(symbol)
    if kind is None or kind.root is None:
        return "N"
    return f"{NAMES[kind.root % 12]}:{_KINDS.get(tuple(kind.intervals), 'maj')}"


def _chords(said: Sequence[Sequence[Any]], text: str, end: float) -> dict[str, float]:
    rows = [line.split() for line in text.splitlines() if line.strip()]
    true = np.array([[float(start), float(stop)] for start, stop, _ in rows])
    names = [name for _, _, name in rows]
    times = [max(0.0, time) for time, _ in said] + [max(end, true[-1, 1])]
    spans = [(s, e, label(c[1])) for c, s, e in zip(said, times, times[1:], strict=False) if e > s]
    if not spans:
        spans = [(true[0, 0], true[-1, 1], "N")]
    intervals, labels = mir_eval.util.adjust_intervals(
        np.array([span[:2] for span in spans]),
        [span[2] for span in spans],
        true.min(),
        true.max(),
        "N",
        "N",
    )
    merged = mir_eval.util.merge_labeled_intervals(true, names, intervals, labels)
    lengths = mir_eval.util.intervals_to_durations(merged[0])
    return {
        name: float(
            mir_eval.chord.weighted_accuracy(
                getattr(mir_eval.chord, name)(merged[1], merged[2]), lengths
            )
        )
        for name in ("root", "thirds", "majmin", "sevenths")
    }


def report(rows: Rows) -> Iterator[str]:
    found: dict[str, list[tuple[bool, float]]] = defaultdict(list)
    meters: dict[str, int] = defaultdict(int)
    for one in pop909():
        row = rows.rows.get(f"pop909 {one.id}")
        if row is None or "said" not in row:
            continue
        unseen = is_kept_back(one.id)
        meters[row["said"]["meter"]] += unseen
        for name, value in scores(row["said"], one.beside).items():
            found[name].append((unseen, value))
    yield "| mean (95 % interval) | songs kept back | n | all songs | n |"
    yield "|---|---:|---:|---:|---:|"
    for name, title in METRICS.items():
        kept = mean([value for unseen, value in found[name] if unseen])
        whole = mean([value for _, value in found[name]])
        yield f"| {title} | {_cell(kept)} | {kept.n} | {_cell(whole)} | {whole.n} |"
    said = ", ".join(f"{meter} {count}" for meter, count in sorted(meters.items()) if count)
    yield f"\nMeters written of the songs kept back: {said}."


def _cell(measure: Measure) -> str:
    return f"{measure.value:.3f} ({measure.low:.3f}–{measure.high:.3f})"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", required=True, metavar="FILE")
    parser.add_argument("--write-docs", action="store_true")
    args = parser.parse_args()
    said = "\n".join(report(Rows(args.rows)))
    print(said)
    if args.write_docs:
        write_section(TITLE, "python -m benchmarks.pop909 --rows FILE --write-docs", said)
    return 0


if __name__ == "__main__":
    sys.exit(main())
