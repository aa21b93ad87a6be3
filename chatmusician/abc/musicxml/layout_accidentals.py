"""Which accidentals are printed: those the tune writes, and those a reader of notes needs.

ABC's accidentals hold for all octaves (or as a directive says), printed ones for their own
line or space: what differs from what the page says so far must be printed.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from chatmusician.abc.musicxml.layout import (
    Change,
    Head,
    Item,
    Part,
    ScoreBar,
    Sounding,
    Trailing,
)

Signature = tuple[int, ...]


@dataclass(slots=True)
class _Voice:
    """A voice's own signature, and the accidentals in the bar by letter (for grace notes)."""

    signature: Signature
    letters: dict[int, int] = field(default_factory=dict)


def show_accidentals(parts: list[Part]) -> None:
    """Mark the heads of all voices of one staff; the first has the signature that is shown."""
    voices = [_Voice(part.key.accidentals) for part in parts]
    for at in range(max(len(part.bars) for part in parts)):
        bars = [part.bars[at] if at < len(part.bars) else None for part in parts]
        _show_bar(bars, voices)


def _show_bar(bars: list[ScoreBar | None], voices: list[_Voice]) -> None:
    seen: dict[tuple[int, int], int] = {}
    shared = sum(bar is not None for bar in bars) > 1
    rows = []
    for number, bar in enumerate(bars):
        for layer_number, layer in enumerate(bar.layers if bar is not None else ()):
            rows += _timed(layer, number, layer_number)
    if shared:
        rows.sort(key=lambda row: row[0])
    last = (-1, -1)
    for _, number, layer_number, item in rows:
        voice = voices[number]
        if (number, layer_number) != last and not shared:
            voice.letters = {}
        last = number, layer_number
        if isinstance(item, Change):
            if item.key is not None:
                voice.signature, voice.letters = item.key.accidentals, {}
                if number == 0:
                    seen.clear()
            continue
        _show_item(item, voice, voices[0].signature, seen)
    for voice in voices:
        voice.letters = {}


def _timed(layer: list[Item], voice: int, number: int) -> list[tuple[int, int, int, Item]]:
    """The items of a layer with the onset of the note at or after each."""
    rows: list[tuple[int, int, int, Item]] = []
    onset = 1 << 62
    for item in reversed(layer):
        if isinstance(item, Sounding):
            onset = item.onset
        rows.append((onset, voice, number, item))
    return rows[::-1]


def _show_item(
    item: Item, voice: _Voice, shown: Signature, seen: dict[tuple[int, int], int]
) -> None:
    if isinstance(item, (Sounding, Trailing)):
        _show_graces(item, voice, shown, seen)
    if isinstance(item, Sounding):
        for head in item.heads:
            _show(head, shown, seen)
            if head.explicit:
                voice.letters[head.step] = head.alter


def _show_graces(
    item: Sounding | Trailing,
    voice: _Voice,
    shown: Signature,
    seen: dict[tuple[int, int], int],
) -> None:
    """The timeline leaves grace notes out: read their accidentals here."""
    for group in item.graces:
        own = dict(voice.letters)
        for head in group.heads:
            if head.explicit:
                own[head.step] = head.alter
            head.alter = own.get(head.step, voice.signature[head.step])
            _show(head, shown, seen)


def _show(head: Head, signature: Signature, seen: dict[tuple[int, int], int]) -> None:
    if head.ties_back and not head.explicit:
        return
    place = head.step, head.octave
    head.shown = head.explicit or seen.get(place, signature[head.step]) != head.alter
    if head.shown:
        seen[place] = head.alter
