"""What a tune's figures and build are, as numbers: the ground of its rules and its critic.

All features are shares, means or rates of one tune in its home key, so that long and short
tunes compare. None looks at what a model thinks of the tune.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from statistics import median_low

from chatmusician.model.home.relations import Words, core, relations
from chatmusician.model.home.tune import TONICS, HomePart, HomeTune, sound, timed

# A leap is more than this many steps.
LEAP = 4


@dataclass(frozen=True)
class Note:
    """``step`` counts from the home tonic; ``at`` and ``time`` are eighths, ``bar`` numbers the
    bars of the last pass of the whole tune, ``part`` the parts."""

    step: int
    accidental: str
    at: Fraction
    time: Fraction
    bar: int
    part: int


def notes_of(tune: HomeTune) -> list[Note]:
    """The notes along the path of the last pass; tied ones are joined, rests left out."""
    tonic = "CD".index(TONICS[tune.mode])
    result: list[Note] = []
    bar, tied = 0, False
    for number, part in enumerate(tune.parts):
        for words in part.path:
            at = Fraction(0)
            for word, time in timed(words):
                meaning = sound(word)
                assert meaning is not None
                if meaning.is_rest:
                    tied = False
                elif tied and result and result[-1].step == meaning.step - tonic:
                    last = result.pop()
                    result.append(Note(*_first_four(last, time), last.bar, last.part))
                    tied = meaning.tie
                else:
                    place = (meaning.step - tonic, meaning.accidental, at, time)
                    result.append(Note(*place, bar, number))
                    tied = meaning.tie
                at += time
            bar += 1
    return result


def _first_four(note: Note, more: Fraction) -> tuple[int, str, Fraction, Fraction]:
    return note.step, note.accidental, note.at, note.time + more


def build(tune: HomeTune) -> dict[str, float]:
    """The measures that the rules use and the docs report, by name."""
    notes = notes_of(tune)
    moves = [b.step - a.step for a, b in pairwise(notes)] or [0]
    tags = [tag for groups in relations(tune) for tag in (*groups[0], *groups[2])]
    bars = [words for part in tune.parts for words in part.path]
    steps = [note.step for note in notes] or [0]
    rhythms = Counter(tuple(time for _, time in core(words)) for words in bars)
    result = {
        "copied bars": _share(tag[0] == "=" for tag in tags),
        "varied bars": _share(tag[0] == "v" for tag in tags),
        "shifted bars": _share(tag[0] == "s" for tag in tags),
        "next bar copied": _share(tag == "=1" for tag in tags),
        "longest copied run": _longest_run(tags) / max(1, len(tags)),
        "kinds of rhythm": len(rhythms) / len(bars),
        "rhythm entropy": _entropy(rhythms),
        "unisons": _share(move == 0 for move in moves),
        "steps": _share(abs(move) == 1 for move in moves),
        "thirds": _share(abs(move) == 2 for move in moves),
        "leaps": _share(abs(move) > LEAP for move in moves),
        "leaps not turned": _not_turned(moves),
        "turns": _share(a * b < 0 for a, b in pairwise(moves)),
        "compass": (max(steps) - min(steps)) / 12,
        "highest": max(steps) / 12,
        "lowest": min(steps) / 12,
        "altered": _share(bool(note.accidental) for note in notes),
        "notes a bar": len(notes) / len(bars) / 8,
        "rests": _share(w.startswith("z") for words in bars for w in words),
        "bars of one note": _share(len({p for p, _ in core(words)}) == 1 for words in bars),
    }
    return {**result, **_form(tune, notes)}


def _form(tune: HomeTune, notes: Sequence[Note]) -> dict[str, float]:
    """Closes, contrast of the parts, and where the highest notes are."""
    ends = [_end(part, notes, number) for number, part in enumerate(tune.parts)]
    medians = [median_low(steps) if (steps := _steps(notes, p)) else 0 for p in _numbers(tune)]
    tops = [max(_steps(notes, p), default=0) for p in _numbers(tune)]
    whole = [note for note in notes if note.step == max(tops, default=0)]
    bars = sum(len(part.path) for part in tune.parts)
    return {
        "last is tonic": float(ends[-1][0] % 7 == 0),
        "last is in the tonic chord": float(ends[-1][0] % 7 in (0, 2, 4)),
        "ends on the tonic": _share(step % 7 == 0 for step, _ in ends),
        "last held": min(float(ends[-1][1]), 6.0) / 6,
        "contrast": sum(abs(m - medians[0]) for m in medians[1:]) / max(1, len(medians) - 1) / 7,
        "later parts higher": _share(m > medians[0] for m in medians[1:]),
        "highest note's bars": len({note.bar for note in whole}) / bars,
        "climax": (whole[0].bar if whole else 0) / bars,
        "tonic downbeats": _share(n.step % 7 == 0 for n in notes if n.at == 0),
        "chord downbeats": _share(n.step % 7 in (0, 2, 4) for n in notes if n.at == 0),
        "phrase ends long": _phrase_ends(tune),
        "half close": _half_close(tune, notes),
    }


def _numbers(tune: HomeTune) -> range:
    return range(len(tune.parts))


def _steps(notes: Sequence[Note], part: int) -> list[int]:
    return [note.step for note in notes if note.part == part]


def _end(part: HomePart, notes: Sequence[Note], number: int) -> tuple[int, Fraction]:
    own = [note for note in notes if note.part == number]
    return (own[-1].step, own[-1].time) if own else (1, Fraction(0))


def _phrase_ends(tune: HomeTune) -> float:
    """Of every fourth bar, the share whose longest note is in its second half."""
    ends = [words for part in tune.parts for words in part.path[3::4]]
    return _share(_long_end(words) for words in ends)


def _long_end(words: Words) -> bool:
    times = [time for _, time in core(words)]
    return bool(times) and max(times) > 1 and times[-1] == max(times)


def _half_close(tune: HomeTune, notes: Sequence[Note]) -> float:
    """Whether the fourth bar of each part leaves the tonic: ends on a note of V or ii."""
    ends, start = [], 0
    for part in tune.parts:
        inside = [note for note in notes if note.bar == start + 3]
        if len(part.path) >= 8 and inside:
            ends.append(inside[-1].step % 7 in (1, 4, 6))
        start += len(part.path)
    return _share(ends)


def _not_turned(moves: Sequence[int]) -> float:
    """Leaps that no move in the other direction follows."""
    after = [(a, b) for a, b in pairwise(moves) if abs(a) > LEAP]
    return _share(a * b >= 0 for a, b in after)


def _longest_run(tags: Sequence[str]) -> int:
    best = run = 0
    for tag in tags:
        run = run + 1 if tag[0] == "=" else 0
        best = max(best, run)
    return best


def _entropy(counts: Counter[tuple[Fraction, ...]]) -> float:
    total = sum(counts.values())
    return -sum(c / total * math.log2(c / total) for c in counts.values())


def _share(values: object) -> float:
    found = [bool(value) for value in values]  # type: ignore[attr-defined]
    return sum(found) / len(found) if found else 0.0


def figures(tune: HomeTune) -> dict[str, float]:
    """How often each small figure comes, as a share of its kind: pairs of moves, moves with
    their rhythm, scale degrees at each eighth of a bar, rhythms of bars."""
    notes = notes_of(tune)
    moves = [max(-8, min(8, b.step - a.step)) for a, b in pairwise(notes)]
    pairs = Counter(f"m{a},{b}" for a, b in pairwise(moves))
    triples = Counter(f"t{a},{b},{c}" for a, b, c in zip(moves, moves[1:], moves[2:], strict=False))
    lengths = Counter(
        f"r{a.time},{b.time},{max(-3, min(3, b.step - a.step))}" for a, b in pairwise(notes)
    )
    places = Counter(f"d{note.at},{note.step % 7}{note.accidental}" for note in notes)
    crossing = Counter(
        f"x{b.step - a.step},{b.step % 7}" for a, b in pairwise(notes) if b.bar > a.bar
    )
    result: dict[str, float] = {}
    for counts in (pairs, triples, lengths, places, crossing):
        total = sum(counts.values()) or 1
        result |= {name: math.sqrt(count / total) for name, count in counts.items()}
    return result
