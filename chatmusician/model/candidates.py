"""Several tunes for one request, ranked by scores that say how they come about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from chatmusician.abc import Timeline, Tune, timeline
from chatmusician.abc.analysis import (
    Bar,
    cadences,
    estimate_key,
    melody,
    melody_range,
    sections,
)
from chatmusician.abc.analysis.harmony import tonic_class
from chatmusician.model.answer import Answer
from chatmusician.model.brief.adherence import Kept, adherence
from chatmusician.model.brief.brief import Brief
from chatmusician.model.generation import Completion
from chatmusician.music.pitch import STEP_SEMITONES

# How much each score counts. What was asked for and what is right come before taste.
WEIGHTS: Final = {
    "correct": 4.0,
    "asked": 4.0,
    "key": 1.0,
    "range": 1.0,
    "repetition": 1.0,
    "cadence": 1.0,
}


@dataclass(frozen=True)
class Score:
    """``value`` from 0 to 1, and what it was found from."""

    name: str
    value: float
    why: str


@dataclass(frozen=True)
class Candidate:
    """``rank`` counts from 1; ``total`` is the weighted mean of the scores."""

    answer: Answer
    completion: Completion
    kept: tuple[Kept, ...] = ()
    scores: tuple[Score, ...] = ()
    rank: int = 0

    @property
    def total(self) -> float:
        weight = sum(WEIGHTS[score.name] for score in self.scores)
        got = sum(WEIGHTS[score.name] * score.value for score in self.scores)
        return got / weight if weight else 0.0

    @property
    def perfect(self) -> bool:
        """Without an error, whole, and everything asked for kept."""
        whole = bool(self.answer.abc) and self.answer.complete and self.completion.finished
        return whole and not self.answer.errors and all(row.kept for row in self.kept)

    def card(self) -> dict[str, Any]:
        """The score card as data."""
        done = self.completion
        return {
            "rank": self.rank,
            "seed": done.seed,
            "total": round(self.total, 3),
            "scores": [{**asdict(s), "value": round(s.value, 3)} for s in self.scores],
            "asked": [asdict(row) for row in self.kept],
            "mended": list(self.answer.mended),
            "problems": [f"line {p.line}: {p.message}" for p in self.answer.problems],
            "finish": done.finish,
            "tokens": done.tokens,
            "seconds": round(done.seconds, 3),
        }

    def lines(self) -> list[str]:
        """The score card as text."""
        done = self.completion
        rows = [f"#{self.rank}  seed {done.seed}  total {self.total:.2f}"]
        rows += [f"  {score.name:<11}{score.value:4.2f}  {score.why}" for score in self.scores]
        for row in self.kept:
            mark = "kept" if row.kept else "LOST"
            found = "" if row.kept else f" (found: {row.found})"
            rows.append(f"  {mark}  {row.name}: {row.asked}{found}")
        rows += [f"  mended: {what}" for what in self.answer.mended]
        rows += [f"  problem: line {p.line}: {p.message}" for p in self.answer.problems]
        if not done.finished:
            rows.append(f"  not finished: {_ENDINGS[done.finish]}")
        return rows


_ENDINGS: Final = {
    "length": "the limit of tokens was reached",
    "time": "the time limit was reached",
    "cancelled": "interrupted",
    "stuck": "no token was allowed any more",
}


def judge(completion: Completion, answer: Answer, brief: Brief) -> Candidate:
    tune = answer.tune
    if tune is None:
        nothing = Score("correct", 0.0, "there is no tune in the answer")
        return Candidate(answer, completion, (), (nothing,))
    line = timeline(tune, trace=True)
    kept = adherence(brief, tune, line)
    return Candidate(answer, completion, tuple(kept), tuple(scores(answer, tune, line, kept)))


def rank(candidates: Sequence[Candidate]) -> list[Candidate]:
    """The best first; equal ones in the order of their seeds."""
    ordered = sorted(candidates, key=lambda c: (-c.total, c.completion.seed))
    return [
        Candidate(c.answer, c.completion, c.kept, c.scores, at) for at, c in enumerate(ordered, 1)
    ]


def scores(answer: Answer, tune: Tune, line: Timeline, kept: Sequence[Kept]) -> list[Score]:
    """The scores that can be told of a tune; those of what it has not are left out."""
    bars = melody(line)
    found = [_correct(answer)]
    if kept:
        held = sum(row.kept for row in kept)
        found.append(Score("asked", held / len(kept), f"{held} of {len(kept)} things asked for"))
    if any(bar.notes for bar in bars):
        found += [score(line, bars) for score in (_key, _range, _repetition, _cadence)]
    return found


def _correct(answer: Answer) -> Score:
    """1 without a finding of `check`; half with warnings alone; 0 with errors or cut short."""
    if answer.errors or not answer.complete:
        why = f"{answer.errors} errors" if answer.errors else "it breaks off"
        return Score("correct", 0.0, why)
    if answer.problems:
        return Score("correct", 0.5, f"{len(answer.problems)} warnings")
    return Score("correct", 1.0, "no problem found by check")


def _key(line: Timeline, bars: list[Bar]) -> Score:
    """The correlation of the notes with the key they fit best, less where that is another
    tonic than the stated one; modes count by their tonic or their scale."""
    guess = estimate_key(bars)
    if guess is None or not line.key.tonic:
        return Score("key", 0.5, "no key to be told")
    said = f"the notes fit {guess.name} ({guess.score:.2f})"
    scale = {(60 + step) % 12 for step in _scale(line)}
    outside = [note for bar in bars for note in bar.notes if note.pitch % 12 not in scale]
    total = sum(len(bar.notes) for bar in bars)
    inside = 1 - len(outside) / total
    clear = max(0.0, min(1.0, guess.score)) * inside**2
    return Score("key", clear, f"{said}; {inside:.0%} of them lie in {line.key.name}")


def _scale(line: Timeline) -> list[int]:
    return [n + a for n, a in zip(STEP_SEMITONES, line.key.accidentals, strict=True)]


# Between these lie the middle 90 % of 5,282 tunes of five collections (docs/compose.md).
_RANGE: Final = (12, 24)
_REPEATED: Final = (0.05, 0.5)


def _within(value: float, low: float, high: float, slope: float) -> float:
    """1 inside, falling to 0 at a distance of `slope`."""
    away = max(low - value, value - high, 0.0)
    return max(0.0, 1 - away / slope)


def _range(line: Timeline, bars: list[Bar]) -> Score:
    found = melody_range(bars)
    assert found is not None
    span = found[1].pitch - found[0].pitch
    low, high = found[0].full_name, found[1].full_name
    return Score("range", _within(span, *_RANGE, 7), f"{low} to {high}, {span} semitones")


def repeated_share(bars: Sequence[Bar]) -> float:
    """The share of bars whose melody, as written, stood in a bar before."""
    seen: Counter[tuple[Any, ...]] = Counter()
    again = 0
    for bar in bars:
        shape = tuple((note.onset, note.pitch) for note in bar.notes)
        again += seen[shape] > 0
        seen[shape] += 1
    return again / len(bars) if bars else 0.0


def _repetition(line: Timeline, bars: list[Bar]) -> Score:
    share = repeated_share(bars)
    value = _within(share, *_REPEATED, 0.35)
    return Score("repetition", value, f"{share:.0%} of the bars stood before")


def _cadence(line: Timeline, bars: list[Bar]) -> Score:
    """The last note: 1 on the tonic, half on another note of its triad; held, or by a cadence
    of the chord symbols, it may make up a quarter."""
    last = next(bar.notes[-1] for bar in reversed(bars) if bar.notes)
    if not line.key.tonic:
        return Score("cadence", 0.5, f"it ends on {last.full_name}")
    above = (last.pitch - tonic_class(line.key)) % 12
    value = 1.0 if above == 0 else 0.5 if above in (3, 4, 7) else 0.0
    place = (
        "the tonic" if above == 0 else "a note of its triad" if value else "no note of its triad"
    )
    chords = cadences(line, sections(line))
    why = f"it ends on {last.full_name}, {place}"
    if chords and chords[-1].name in ("authentic", "plagal"):
        value = min(1.0, value + 0.25)
        why += f", with {chords[-1].name} cadence"
    return Score("cadence", value, why)
