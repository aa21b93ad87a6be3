"""Fix-this-tune: a tune damaged on purpose, and the tune it was."""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random

from chatmusician import abc
from chatmusician.abc.tune import Bar, Chord, ChordSymbol, Note
from chatmusician.model.wording import wording
from chatmusician.train.tasks.asked import Asked
from chatmusician.train.tasks.piece import Piece

_STRAY = "@#$%*;?"


def fix(piece: Piece, random: Random) -> Asked | None:
    """One damage that ``check`` reports; half of the rows say what it reports.

    Where ``abc.fix`` has a mend that leaves nothing to report, its text is the answer; else
    the tune before the damage.
    """
    damages = list(_DAMAGES)
    random.shuffle(damages)
    for damage in damages:
        text = damage(piece, random)
        if text is None or text == piece.text:
            continue
        found = [d for d in abc.check(abc.read(text)) if d.severity != "info"]
        known = {d.code for d in abc.check_tune(piece.tune)}
        found = [d for d in found if d.code not in known]
        if not found:
            continue
        request = wording("fix", random)
        if random.random() < 0.5:
            told = "; ".join(f"line {d.line}, column {d.column}: {d.message}" for d in found[:3])
            request = f"{request} Reported: {told}"
        mended, done = abc.fix(text)
        clean = done and not any(d.severity != "info" for d in abc.check(abc.read(mended)))
        return Asked(request, text, mended if clean else piece.text, abc=True)
    return None


def _notes(piece: Piece) -> list[Note]:
    """Notes of whole inner bars: at the ends a short bar may be a pickup."""
    inside = {note.element for bar in piece.bars[1:-1] if bar.full for note in bar.notes}
    elements = piece.tune.elements
    return [e for i in sorted(inside) if isinstance(e := elements[i], Note)]


def _without(text: str, start: int, end: int, instead: str = "") -> str:
    return text[:start] + instead + text[end:]


def _note_lost(piece: Piece, random: Random) -> str | None:
    notes = _notes(piece)
    if not notes:
        return None
    note = random.choice(notes)
    return _without(piece.text, note.start, note.end)


def _note_longer(piece: Piece, random: Random) -> str | None:
    notes = [note for note in _notes(piece) if note.head_end == note.end]
    if not notes:
        return None
    note = random.choice(notes)
    return _without(piece.text, note.end, note.end, str(random.choice((2, 3))))


def _bar_line_lost(piece: Piece, random: Random) -> str | None:
    lines = [e for e in piece.tune.elements if isinstance(e, Bar) and piece.tune.source(e) == "|"]
    if not lines:
        return None
    line = random.choice(lines)
    return _without(piece.text, line.start, line.end)


def _stray_character(piece: Piece, random: Random) -> str | None:
    notes = _notes(piece)
    if not notes:
        return None
    note = random.choice(notes)
    return _without(piece.text, note.end, note.end, random.choice(_STRAY))


def _bracket_lost(piece: Piece, random: Random) -> str | None:
    chords = [e for e in piece.tune.elements if isinstance(e, Chord)]
    if not chords:
        return None
    chord = random.choice(chords)
    return _without(piece.text, chord.close - 1, chord.close)


def _quote_lost(piece: Piece, random: Random) -> str | None:
    symbols = [e for e in piece.tune.elements if isinstance(e, ChordSymbol)]
    if not symbols:
        return None
    symbol = random.choice(symbols)
    return _without(piece.text, symbol.end - 1, symbol.end)


def _number_lost(piece: Piece, random: Random) -> str | None:
    return piece.text.removeprefix("X:1\n")


def _fields_swapped(piece: Piece, random: Random) -> str | None:
    """X: comes second."""
    lines = piece.text.split("\n")
    lines[0], lines[1] = lines[1], lines[0]
    return "\n".join(lines)


def _meter_spoiled(piece: Piece, random: Random) -> str | None:
    found = re.search(r"^M:(\d+)/(\d+)$", piece.text, re.M)
    if not found:
        return None
    spoiled = random.choice((f"{found[1]}/", f"{found[1]}/{int(found[2]) + 1}", f"{found[2]}-4"))
    return _without(piece.text, found.start() + 2, found.end(), spoiled)


_DAMAGES: tuple[Callable[[Piece, Random], str | None], ...] = (
    _note_lost,
    _note_longer,
    _bar_line_lost,
    _stray_character,
    _bracket_lost,
    _quote_lost,
    _number_lost,
    _fields_swapped,
    _meter_spoiled,
)
