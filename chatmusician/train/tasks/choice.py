"""Multiple choice like MusicTheoryBench: four options about a tune, one of them right."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from chatmusician.abc.analysis import bar_count, interval_name, melody_range
from chatmusician.model.wording import wording
from chatmusician.music.keys import key_fifths, signature, tonic_fifths, tonic_name
from chatmusician.train.tasks.asked import Asked
from chatmusician.train.tasks.piece import Piece
from chatmusician.train.tasks.questions import first_pair

# The tonics of major keys from six flats up, and of their relative minor keys.
_CIRCLE = tuple(tonic_name(fifths) for fifths in range(-6, 10))
_INTERVALS = (
    "minor second",
    "major second",
    "minor third",
    "major third",
    "perfect fourth",
    "perfect fifth",
    "minor sixth",
    "major sixth",
    "minor seventh",
    "perfect octave",
)
_METERS = ("2/4", "3/4", "4/4", "6/8", "9/8", "3/8", "12/8", "2/2", "3/2", "6/4")
_LETTERS = "ABCD"

# The stem, the right option, and others that are wrong; None where there is no such fact.
Stem = tuple[str, str, list[str]] | None


def key_signature(piece: Piece, random: Random) -> Stem:
    """How many sharps or flats the signature of the tune's key has."""
    found = piece.line.key
    if not found.tonic or found.explicit or found.mode in ("exp", "HP", "Hp"):
        return None
    fifths = key_fifths(found.tonic, found.mode)
    assert found.accidentals == signature(fifths)
    others = [_signs(n) for n in range(max(-7, fifths - 3), min(7, fifths + 3) + 1) if n != fifths]
    return "How many sharps or flats has the key signature of this tune?", _signs(fifths), others


def _signs(fifths: int) -> str:
    name = "sharp" if fifths > 0 else "flat"
    plural = "" if abs(fifths) == 1 else "s"
    return f"{abs(fifths)} {name}{plural}" if fifths else "no sharps or flats"


def relative_key(piece: Piece, random: Random) -> Stem:
    found = piece.line.key
    if found.mode not in ("major", "minor") or found.explicit:
        return None
    to_minor = found.mode == "major"
    fifths = tonic_fifths(found.tonic) + (3 if to_minor else -3)
    at = fifths + 6
    if not 0 <= at < len(_CIRCLE):
        return None
    mode = "minor" if to_minor else "major"
    others = [f"{name} {mode}" for name in _CIRCLE[max(0, at - 4) : at + 5] if name != _CIRCLE[at]]
    stem = f"Which key is the relative {mode} of this tune's key?"
    return stem, f"{_CIRCLE[at]} {mode}", others


def meter_of_bars(piece: Piece, random: Random) -> Stem:
    """The M: field is taken out; options of the same bar length are no options."""
    meter = piece.line.meter
    if meter.free or any(voice.meters for voice in piece.line.voices):
        return None
    others = [m for m in _METERS if _length(m) != meter.length]
    return "Which time signature fits the bars of this tune?", meter.name, others


def _length(meter: str) -> object:
    from chatmusician.music.meter import parse_meter

    return parse_meter(meter).length


def interval(piece: Piece, random: Random) -> Stem:
    pair = first_pair(piece, random) if piece.single else None
    if pair is None:
        return None
    name = interval_name(pair[1], pair[2])
    if name not in _INTERVALS:
        return None
    stem = f"Which interval do the first two notes of bar {pair[0]} make (full bars counted)?"
    return stem, name, [other for other in _INTERVALS if other != name]


def bars(piece: Piece, random: Random) -> Stem:
    if not piece.single:
        return None
    count = bar_count(piece.bars)
    others = [str(n) for n in (count - 4, count - 2, count - 1, count + 1, count + 2, count + 4)]
    stem = "How many bars does this tune have (repeats counted once, without a pickup)?"
    return stem, str(count), [other for other in others if int(other) > 1]


def highest(piece: Piece, random: Random) -> Stem:
    found = melody_range(piece.bars) if piece.single else None
    if found is None:
        return None
    names = sorted({note.full_name for bar in piece.bars for note in bar.notes})
    right = found[1].full_name
    same = {n.full_name for bar in piece.bars for n in bar.notes if n.pitch == found[1].pitch}
    others = [name for name in names if name not in same]
    return "Which is the highest note of the melody (C4 is middle C)?", right, others


def form(piece: Piece, random: Random) -> Stem:
    if not piece.single:
        return None
    right = piece.form.letters
    others = ("A", "AB", "ABA", "AA'", "ABC", "AABA", "ABAB", "ABAC", "ABCD", "AB'")
    stem = "Which letters describe the form of this tune (each repeated section written once)?"
    return stem, right, [other for other in others if other != right]


KINDS: tuple[Callable[[Piece, Random], Stem], ...] = (
    key_signature,
    relative_key,
    meter_of_bars,
    interval,
    bars,
    highest,
    form,
)


def multiple_choice(piece: Piece, random: Random) -> Asked | None:
    """A question of a kind chosen at random; the answer is ``Answer: `` and its letter."""
    kinds = list(KINDS)
    random.shuffle(kinds)
    for kind in kinds:
        found = kind(piece, random)
        if found is None or len(set(found[2])) < 3:
            continue
        stem, right, others = found
        options = [*random.sample(sorted(set(others)), 3), right]
        random.shuffle(options)
        score = piece.text
        if kind is meter_of_bars:
            score = "\n".join(line for line in score.split("\n") if not line.startswith("M:"))
        lines = [f"{letter}. {text}" for letter, text in zip(_LETTERS, options, strict=True)]
        given = "\n".join([stem, score.strip(), *lines])
        return Asked(wording("choice", random), given, f"Answer: {_LETTERS[options.index(right)]}")
    return None
