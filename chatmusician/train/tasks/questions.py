"""ABC question answering: facts of a tune, asked in words, with computed answers."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from chatmusician.abc.analysis import (
    MelodyNote,
    bar_count,
    cadences,
    chords_per_bar,
    interval_name,
    melody_range,
)
from chatmusician.train.tasks.asked import Asked
from chatmusician.train.tasks.piece import Piece

# Wordings, and the answer as a sentence; None where the piece does not have the fact.
Found = tuple[tuple[str, ...], str] | None


def key(piece: Piece, random: Random) -> Found:
    if not piece.line.key.tonic or piece.line.key.mode == "exp":
        return None
    asked = (
        "What key is this tune in?",
        "In which key is the following tune written?",
        "Name the tonic and mode of this piece.",
    )
    return asked, f"It is in {key_name(piece)}."


def key_name(piece: Piece) -> str:
    return piece.line.key.name.replace("#", " sharp", 1).replace("b ", " flat ", 1)


def meter(piece: Piece, random: Random) -> Found:
    if piece.line.meter.free or any(len(v.meters) for v in piece.line.voices):
        return None
    asked = ("What is the meter of this tune?", "Which time signature does this piece have?")
    return asked, f"The meter is {piece.line.meter.name}."


def unit(piece: Piece, random: Random) -> Found:
    num, den = piece.line.unit
    asked = ("What is the unit note length of this ABC?", "How long is a note without a number?")
    return asked, f"The unit note length is {num}/{den}."


def bars(piece: Piece, random: Random) -> Found:
    asked = (
        "How many bars are written in this tune? Do not count a pickup or repeats.",
        "Count the written bars of this tune (repeats once, no pickup).",
    )
    return asked, f"It has {bar_count(piece.bars)} bars."


def lowest_highest(piece: Piece, random: Random) -> Found:
    found = melody_range(piece.bars)
    if found is None:
        return None
    low, high = found
    asked = (
        "What is the range of the melody? (C4 is middle C)",
        "Name the lowest and the highest note of this melody, middle C being C4.",
    )
    span = interval_name(low, high)
    named = f", {article(span)}"
    return asked, f"It goes from {low.full_name} to {high.full_name}{named}."


def interval(piece: Piece, random: Random) -> Found:
    pair = first_pair(piece, random)
    if pair is None:
        return None
    number, low, high = pair
    asked = (
        f"Which interval do the first two notes of bar {number} make? Count full bars only.",
        f"Name the interval from the first to the second note of the full bar number {number}.",
    )
    way = "up" if high.pitch > low.pitch else "down" if high.pitch < low.pitch else "no step"
    name = interval_name(low, high)
    said = f"From {low.name} to {high.name} it is {article(name)}"
    return asked, f"{said} {way}." if way != "no step" else f"{said}."


def first_pair(piece: Piece, random: Random) -> tuple[int, MelodyNote, MelodyNote] | None:
    """A full bar's number, counted among the full bars, and its first two notes."""
    full = [bar for bar in piece.bars if bar.full]
    rows = [(n, bar) for n, bar in enumerate(full, 1) if len(bar.notes) > 1]
    rows = [(n, bar) for n, bar in rows[:8] if bar.notes[0].onset == 0]
    if not rows:
        return None
    number, bar = random.choice(rows)
    return number, bar.notes[0], bar.notes[1]


def chords(piece: Piece, random: Random) -> Found:
    full = [
        symbols
        for bar, symbols in zip(piece.bars, chords_per_bar(piece.line), strict=True)
        if bar.full
    ]
    rows = [(n, symbols) for n, symbols in enumerate(full, 1) if symbols]
    if not rows:
        return None
    number, symbols = random.choice(rows[:8])
    asked = (
        f"Which chords stand in bar {number}? Count full bars only.",
        f"Name the chord symbols of the full bar number {number} of this tune.",
    )
    return asked, f"Bar {number} has {', '.join(symbols)}."


def cadence(piece: Piece, random: Random) -> Found:
    found = cadences(piece.line, piece.sections)
    if not found:
        return None
    one = random.choice(found)
    asked = (
        f"With which cadence does section {one.section + 1} of this tune end?",
        f"Name the cadence at the end of section {one.section + 1}.",
    )
    return asked, f"It ends with {article(one.name)} cadence, {one.chords[0]} to {one.chords[1]}."


def form(piece: Piece, random: Random) -> Found:
    asked = (
        "Which form does this tune have, in letters? Write a repeated section once.",
        "Give the form of this piece in letters, repeats not written out.",
    )
    return asked, f"Its form is {piece.form.letters}."


def sections(piece: Piece, random: Random) -> Found:
    count = len(piece.sections)
    asked = ("How many sections does this tune have?", "Into how many sections does it fall?")
    return asked, f"It has {count} section{'' if count == 1 else 's'}."


def article(name: str) -> str:
    return f"{'an' if name[0] in 'aeio' else 'a'} {name}" if not name[0].isdigit() else name


KINDS: dict[str, Callable[[Piece, Random], Found]] = {
    "key": key,
    "meter": meter,
    "unit": unit,
    "bars": bars,
    "range": lowest_highest,
    "interval": interval,
    "chords": chords,
    "cadence": cadence,
    "form": form,
    "sections": sections,
}
_POLYPHONIC = ("key", "meter", "unit")


def question(piece: Piece, random: Random) -> Asked | None:
    """One question of a kind chosen at random; of several voices only header facts are asked."""
    kinds = list(KINDS) if piece.single else list(_POLYPHONIC)
    random.shuffle(kinds)
    for kind in kinds:
        found = KINDS[kind](piece, random)
        if found is not None:
            return Asked(random.choice(found[0]), piece.text, found[1])
    return None
