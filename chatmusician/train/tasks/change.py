"""Tasks that go on with, fill, move, vary or harmonise a given tune."""

from __future__ import annotations

from fractions import Fraction
from random import Random

from chatmusician import abc
from chatmusician.abc.edit import apply_edits
from chatmusician.abc.notate import length_text
from chatmusician.abc.transform.interval import interval_to
from chatmusician.abc.tune import ChordSymbol
from chatmusician.errors import UsageError
from chatmusician.model.score_text import score_text
from chatmusician.model.wording import wording
from chatmusician.train.tasks.asked import Asked
from chatmusician.train.tasks.piece import Piece

_TONICS = ("C", "G", "D", "A", "E", "F", "Bb", "Eb")
_CHORD_SHARE = 0.5
_FEWEST_LEFT = 2


def harmonise(piece: Piece, random: Random) -> Asked | None:
    """The melody without its chord symbols; half of its bars at least must have one."""
    chorded = sum(bool(symbols) for symbols in abc_chords(piece))
    if not piece.single or chorded < _CHORD_SHARE * len(piece.bars):
        return None
    return Asked(wording("harmonise", random), without_chords(piece), piece.text, abc=True)


def abc_chords(piece: Piece) -> list[tuple[str, ...]]:
    from chatmusician.abc.analysis import chords_per_bar

    return chords_per_bar(piece.line)


def without_chords(piece: Piece) -> str:
    cuts = [
        (int(e.start), int(e.end), "") for e in piece.tune.elements if isinstance(e, ChordSymbol)
    ]
    return apply_edits(piece.tune.text, cuts)


def continuation(piece: Piece, random: Random) -> Asked | None:
    """Given is the tune up to a bar between its first quarter and its last two bars."""
    if not piece.single:
        return None
    indices = [bar.index for bar in piece.bars]
    low, high = max(2, len(indices) // 4), len(indices) - _FEWEST_LEFT
    if low > high:
        return None
    at = piece.line.voices[0].measures[indices[random.randint(low, high)]]
    given = piece.text[: at.first].rstrip()
    return Asked(wording("continue", random), given, piece.text, abc=True)


def infill(piece: Piece, random: Random) -> Asked | None:
    """One to four full bars in the middle are blanked, each with one rest ``x``."""
    if not piece.single:
        return None
    inner = [at for at, bar in enumerate(piece.bars[1:-1], 1) if bar.full]
    if not inner:
        return None
    start = random.choice(inner)
    wanted = range(start, start + random.randint(1, 4))
    unit = Fraction(*piece.line.unit) * 4
    edits = []
    for at in wanted:
        if at not in inner:
            break
        bar = piece.bars[at]
        measure = piece.line.voices[0].measures[bar.index]
        music = piece.text[measure.first : measure.last]
        if any(sign in music for sign in "\n[:"):
            break
        edits.append((int(measure.first), int(measure.last), f"x{length_text(bar.length / unit)} "))
    if not edits:
        return None
    return Asked(wording("infill", random), apply_edits(piece.text, edits), piece.text, abc=True)


def transposition(piece: Piece, random: Random) -> Asked | None:
    """To another tonic by the shortest way, or up or down by so many semitones."""
    key = piece.line.key
    if not key.tonic:
        return None
    by_tonic = random.random() < 0.6
    tonic = random.choice([tonic for tonic in _TONICS if tonic != key.tonic])
    semitones = random.choice([n for n in range(-7, 8) if n])
    try:
        if by_tonic:
            moved = abc.transpose_to(piece.tune, tonic)
            down = interval_to(key, tonic).semitones < 0
            request = random.choice(_TO_TONIC).format(
                key=f"{tonic} {key.mode}", tonic=tonic, way="down" if down else "up"
            )
        else:
            moved = abc.transpose(piece.tune, semitones)
            plural = "" if abs(semitones) == 1 else "s"
            request = random.choice(_BY_SEMITONES).format(
                n=f"{abs(semitones)} semitone{plural}", way="down" if semitones < 0 else "up"
            )
    except UsageError:
        return None
    return Asked(request, piece.text, score_text(moved), abc=True)


_TO_TONIC = (
    "Transpose this tune {way} to {key}.",
    "Write the following tune in {key}, moved {way}.",
    "Move the tune below {way} so that its tonic is {tonic}.",
    "I would like to play this in {key}. Transpose it {way} for me.",
    "Give this music in {key} instead ({way} from where it is).",
)
_BY_SEMITONES = (
    "Transpose this tune {way} by {n}.",
    "Move every note of the following tune {way} by {n}.",
    "Write the tune below {n} {way}.",
    "Shift this music {way} by {n}, key signature and chords included.",
)


def variation(piece: Piece, mate: Piece, random: Random) -> Asked | None:
    """A setting of the same tune from the collection, moved to the same tonic.

    Mode, meter and number of sections must be the same and the melody must differ.
    """
    ours, theirs = piece.line.key, mate.line.key
    if not ours.tonic or ours.mode != theirs.mode or piece.line.meter.name != mate.line.meter.name:
        return None
    if len(piece.sections) != len(mate.sections):
        return None
    try:
        moved = abc.transpose_to(mate.tune, ours.tonic)
    except UsageError:
        return None
    answer = score_text(moved)
    if answer == piece.text:
        return None
    return Asked(wording("variation", random), piece.text, answer, abc=True)
