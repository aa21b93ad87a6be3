"""How much of a written score is right, note by note and bar by bar.

Strict: a note is right when its pitch, its onset in the bar and its duration, all as notated,
are. Level-free: the same of onset and duration in the whole piece, after one factor for all
durations and one shift of all onsets, so that neither the choice of the note value of a beat
nor that of the bar lines counts. Notes are matched in the order of playing, by pitch: a
longest common subsequence of both, so no clock is needed.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from chatmusician import abc
from chatmusician.abc.playing import playing_order, tones_by_measure
from chatmusician.eval.transcription.truth import ScoreNote, Truth
from chatmusician.music.pitch import FLAT_NAMES, pitch_class

# Tempo factors that the level-free score may take out.
FACTORS = (
    *(Fraction(n) for n in (1, 2, 3, 4)),
    *(Fraction(1, n) for n in (2, 3, 4)),
    *(Fraction(a, b) for a, b in ((3, 2), (2, 3), (3, 4), (4, 3))),
)


# A pair of one pitch is worth so much, more than all that being right can add.
_PAIR = 1 << 14


@dataclass(frozen=True)
class WrittenScore:
    """What a transcription says, read from its ABC."""

    notes: tuple[ScoreNote, ...]
    meter: str
    fifths: int
    tonic: int
    mode: str


def read_score(text: str) -> WrittenScore | None:
    """The notes of all voices as they are played; None where there are none."""
    book = abc.read(text)
    if not book.tunes:
        return None
    line = abc.timeline(book.tunes[0])
    found: set[ScoreNote] = set()
    orders, _ = playing_order(line)
    for voice, order in zip(line.voices, orders, strict=True):
        held = tones_by_measure(voice)
        bar, filled = -1, Fraction(0)
        for at, (index, begin) in enumerate(zip(order.measures, order.starts, strict=True)):
            measure = voice.measures[index]
            length, want = line.quarters(int(measure.length)), line.quarters(int(measure.want))
            goes_on = filled > 0 and filled + length <= want
            if not goes_on:
                bar, filled = bar + 1, Fraction(0)
            inside = filled
            if at == 0 and length < want:
                inside = want - length
            filled = Fraction(0) if not at or filled + length >= want else filled + length
            for tone in held[index]:
                offset = line.quarters(int(tone.onset - measure.start))
                onset = line.quarters(begin) + offset
                duration = line.quarters(int(tone.duration))
                found.add(ScoreNote(onset, duration, int(tone.pitch), bar, inside + offset))
    if not found:
        return None
    notes = sorted(found, key=lambda n: (n.onset, n.pitch, n.duration))
    kept = [n for n, o in zip(notes, [None, *notes], strict=False) if not o or not _same(n, o)]
    key = line.key
    tonic = _tonic_class(key.tonic)
    return WrittenScore(tuple(kept), line.meter.name, sum(key.accidentals), tonic, key.mode)


def _same(note: ScoreNote, before: ScoreNote) -> bool:
    return (note.onset, note.pitch) == (before.onset, before.pitch)


def _tonic_class(name: str) -> int:
    if not name:
        return -1
    return pitch_class(name)


def matched(truth: Sequence[ScoreNote], said: Sequence[ScoreNote]) -> list[tuple[int, int]]:
    """Pairs of indices of notes that are the same one: a longest common subsequence of the
    pitches, and of several the one with most notes that are right."""
    import numpy as np

    mine = np.array([n.pitch for n in truth])
    theirs = np.array([n.pitch for n in said])
    place = _numbers([(n.place, n.duration) for n in (*truth, *said)])
    right, wrong = place[: len(truth)], place[len(truth) :]
    best = np.zeros((len(mine) + 1, len(theirs) + 1), np.int32)
    for at, pitch in enumerate(mine):
        worth = np.where(theirs == pitch, _PAIR + (wrong == right[at]), 0)
        row = np.maximum(best[at, 1:], best[at, :-1] + worth)
        best[at + 1, 1:] = np.maximum.accumulate(row)
    pairs = []
    a, b = len(mine), len(theirs)
    while a and b:
        if best[a, b] == best[a - 1, b]:
            a -= 1
        elif best[a, b] == best[a, b - 1]:
            b -= 1
        else:
            a, b = a - 1, b - 1
            pairs.append((a, b))
    return pairs[::-1]


def _numbers(values: Sequence[tuple[Fraction, Fraction]]) -> Any:
    import numpy as np

    known: dict[tuple[Fraction, Fraction], int] = {}
    return np.array([known.setdefault(value, len(known)) for value in values])


def f1(right: int, truth: int, said: int) -> float:
    return 2 * right / (truth + said) if truth + said else 0.0


def note_scores(truth: Truth, said: WrittenScore | None) -> dict[str, float]:
    """``strict``, ``level_free`` and ``bars``, each an F1."""
    if said is None:
        return {"strict": 0.0, "level_free": 0.0, "bars": 0.0}
    pairs = matched(truth.notes, said.notes)
    counts = len(truth.notes), len(said.notes)
    right = [(a, b) for a, b in pairs if _right(truth.notes[a], said.notes[b])]
    return {
        "strict": f1(len(right), *counts),
        "level_free": f1(_level_free(truth.notes, said.notes, pairs), *counts),
        "bars": _bars(truth.notes, said.notes, right),
    }


def melody_scores(truth: Truth, said: WrittenScore | None) -> dict[str, float]:
    """The share of the melody's notes that stand in a score, right and level-free; what else
    stands there (an accompaniment has no notation of its own) does not count."""
    if said is None:
        return {"recall": 0.0, "level_free_recall": 0.0}
    pairs = matched(truth.notes, said.notes)
    right = sum(_right(truth.notes[a], said.notes[b]) for a, b in pairs)
    level_free = _level_free(truth.notes, said.notes, pairs)
    count = len(truth.notes)
    return {"recall": right / count, "level_free_recall": level_free / count}


def _right(true: ScoreNote, said: ScoreNote) -> bool:
    return true.place == said.place and true.duration == said.duration


def _level_free(
    truth: Sequence[ScoreNote], said: Sequence[ScoreNote], pairs: Sequence[tuple[int, int]]
) -> int:
    best = 0
    for factor in FACTORS:
        shifts: Counter[Fraction] = Counter()
        for a, b in pairs:
            if truth[a].duration == said[b].duration * factor:
                shifts[truth[a].onset - said[b].onset * factor] += 1
        best = max(best, *shifts.values(), 0)
    return best


def _bars(
    truth: Sequence[ScoreNote], said: Sequence[ScoreNote], right: Sequence[tuple[int, int]]
) -> float:
    """F1 of bars: one is right when all its notes are, and stand in one bar of the score that
    holds no others."""
    theirs: dict[int, list[int]] = defaultdict(list)
    ours: dict[int, list[int]] = defaultdict(list)
    for at, note in enumerate(truth):
        theirs[note.bar].append(at)
    for at, note in enumerate(said):
        ours[note.bar].append(at)
    pair = dict(right)
    good = 0
    for members in theirs.values():
        found = [pair[at] for at in members if at in pair]
        bars = {said[at].bar for at in found}
        if len(found) == len(members) and len(bars) == 1:
            good += len(ours[bars.pop()]) == len(members)
    return f1(good, len(theirs), len(ours))


def meter_class(meter: str) -> str:
    """What meters have in common: 2/4, 4/4 and 2/2 are ``duple``, 6/8 and 12/8 ``compound``."""
    top, _, below = meter.partition("/")
    if not below:
        return "none"
    if top in ("6", "12"):
        return "compound"
    if top == "9":
        return "compound triple"
    if top in ("2", "4"):
        return "duple"
    return "triple" if top == "3" else meter


def same_meter(one: str, other: str) -> bool:
    """4/4 and 2/2 have the same bars and count as one meter."""
    return one.replace("2/2", "4/4") == other.replace("2/2", "4/4")


def tempo_scores(true: float, said: float | None) -> dict[str, bool]:
    """ACC1: within 4 %; ACC2: that, or of twice, half, three times or a third of it."""
    if not said:
        return {"acc1": False, "acc2": False}
    close = [abs(said / factor / true - 1) <= 0.04 for factor in (1, 2, 0.5, 3, 1 / 3)]
    return {"acc1": close[0], "acc2": any(close)}


def key_scores(truth: Truth, said: Any) -> dict[str, float]:
    """Whether the signature is right, and the MIREX weight of major and minor keys. Modes
    count as the nearer of the two; what names no tonic scores 0."""
    import mir_eval

    if said is None:
        return {"signature": 0.0, "mirex": 0.0}
    found = {"signature": float((said.fifths - truth.fifths) % 12 == 0)}
    if truth.tonic >= 0:
        ours, theirs = _key_text(said.tonic, said.mode), _key_text(truth.tonic, truth.mode)
        score = mir_eval.key.weighted_score(theirs, ours) if ours else 0.0
        found["mirex"] = float(score)
    return found


_MINOR_MODES = ("minor", "aeolian", "dorian", "phrygian", "locrian")


def _key_text(tonic: int, mode: str) -> str:
    if tonic < 0:
        return ""
    return f"{FLAT_NAMES[tonic]} {'minor' if mode in _MINOR_MODES else 'major'}"
