"""A draft to ABC text: layers, ties that hold, gaps filled, octave clefs, the unit length."""

from __future__ import annotations

import itertools
from bisect import bisect_left, bisect_right
from collections import Counter
from dataclasses import replace
from fractions import Fraction
from typing import Final

from chatmusician.abc.imports.draft import Clef, Draft, DraftVoice, Timed
from chatmusician.abc.notate import Part, Score, notate
from chatmusician.abc.pieces import Head, Piece, cut, length_text
from chatmusician.music.pitch import STEP_SEMITONES

_UNITS: Final = (Fraction(1, 8), Fraction(1, 4), Fraction(1, 16))
_ZERO: Final = Fraction(0)


def assemble(draft: Draft, number: int = 1) -> str:
    """The ABC text of one tune."""
    starts = list(itertools.accumulate(draft.bars, initial=_ZERO))
    leader = next((v for v in draft.voices if not any(t for _, t in v.transposes)), None)
    leader = leader or (draft.voices[0] if draft.voices else DraftVoice())
    key = _at_start(leader.keys, "C")
    meter = _at_start(leader.meters, "none")
    for voice in draft.voices:
        _place(voice, starts)
    written = [_bars(voice, starts) for voice in draft.voices]
    parts = [
        Part(
            id=str(at),
            notes=[],
            bars=draft.bars,
            chord_symbols=voice.chord_symbols,
            signs=[s for s in draft.signs if at == 1 or not s[1].startswith("P:")],
            meters=_changes(voice.meters, meter),
            keys=_changes(voice.keys, key),
            properties=_properties(voice, len(draft.voices) > 1),
            inline=voice.inline,
            written=bars,
        )
        for at, (voice, bars) in enumerate(zip(draft.voices, written, strict=True), start=1)
    ]
    score = Score(
        x=str(number),
        title=draft.title,
        key=key,
        meter=meter,
        unit=_unit(written),
        parts=parts,
        tempo=draft.tempo,
        order=draft.order,
        fields=draft.fields,
        directives=[*draft.directives, *_grouping(draft.staves)],
    )
    return notate(score)


def _at_start(changes: Timed, default: str) -> str:
    return next((text for onset, text in changes if onset == 0), default)


def _changes(found: Timed, header: str) -> Timed:
    """The changes that change something."""
    kept: Timed = []
    now = header
    for onset, text in found:
        if text != now:
            kept.append((onset, text))
        now = text
    return kept


def _grouping(staves: list[int]) -> list[str]:
    """``%%score`` where an instrument has several staves."""
    if not any(count > 1 for count in staves):
        return []
    number = itertools.count(1)
    words = []
    for count in staves:
        names = " ".join(str(next(number)) for _ in range(count))
        words.append(f"{{{names}}}" if count > 1 else names)
    return ["%%score " + " ".join(words)]


def _properties(voice: DraftVoice, several: bool) -> str:
    words = []
    clef = voice.clefs[0].text if voice.clefs and voice.clefs[0].onset == 0 else "treble"
    if clef != "treble":
        words.append(f"clef={clef}")
    if shift := next((shift for onset, shift in voice.transposes if onset == 0), 0):
        words.append(f"transpose={shift}")
    if several and voice.name:
        words.append(f'name="{_quoted(voice.name)}"')
        if voice.short:
            words.append(f'snm="{_quoted(voice.short)}"')
    return " ".join(words)


def _quoted(text: str) -> str:
    return " ".join(text.replace('"', "'").replace("%", "\\%").split())


def _place(voice: DraftVoice, starts: list[Fraction]) -> None:
    """Clef and transposition changes as fields; notes moved by the octaves of their clef.

    A reader takes an overlay after the changes inside its bar, so what moves notes is put at
    a bar line.
    """
    now = Clef(_ZERO, "treble")
    clefs: list[Clef] = []
    for clef in sorted(voice.clefs, key=lambda c: c.onset):
        if (clef.name, clef.octave) == (now.name, now.octave) and clefs:
            continue
        moved = replace(clef, onset=_bar_at(starts, clef.onset)) if _moves(clef, now) else clef
        if moved.onset:
            voice.inline.append((moved.onset, f"[K:clef={moved.text}]"))
        clefs.append(moved)
        now = moved
    transposes = [(_bar_at(starts, onset), shift) for onset, shift in voice.transposes]
    last = next((s for o, s in transposes if o == 0), 0)
    for onset, shift in transposes:
        if onset and shift != last:
            voice.inline.append((onset, f"[K:transpose={shift}]"))
        last = shift
    voice.clefs = clefs
    if any(c.octave for c in clefs):
        _move_octaves(voice, clefs)


def _moves(clef: Clef, now: Clef) -> bool:
    return clef.octave != now.octave


def _bar_at(starts: list[Fraction], onset: Fraction) -> Fraction:
    return starts[min(bisect_left(starts, onset), len(starts) - 1)]


def _move_octaves(voice: DraftVoice, clefs: list[Clef]) -> None:
    onsets = [c.onset for c in clefs]
    for stream in voice.streams.values():
        for piece in stream:
            at = bisect_right(onsets, piece.onset) - 1
            octaves = clefs[at].octave if at >= 0 else 0
            graces = [h for g in (*piece.graces, *piece.tails) for c, _ in g.chords for h in c]
            for note in (*piece.heads, *graces):
                note.octave -= octaves


# -- layers -------------------------------------------------------------------


def _bars(voice: DraftVoice, starts: list[Fraction]) -> list[list[list[Piece]]]:
    """For each bar its layers, each as long as the bar."""
    held: list[dict[str, list[Piece]]] = [{} for _ in starts[:-1]]
    for name, stream in _separated(voice.streams).items():
        at = 0
        for piece in stream:
            while at + 1 < len(held) and starts[at + 1] <= piece.onset:
                at += 1
            inside = piece.end <= starts[at + 1] if held else False
            for part in [piece] if inside else cut(piece, _inside(starts, piece)):
                place = at if inside else bisect_right(starts, part.onset) - 1
                if place < len(held):
                    held[place].setdefault(name, []).append(part)
    found: list[list[list[Piece]]] = []
    open_ties: dict[int, tuple[str, set[int]]] = {}
    for at, streams in enumerate(held):
        places = _places(streams, open_ties, starts[at])
        layers: list[list[Piece]] = [[] for _ in range(max(places.values(), default=0) + 1)]
        open_ties = {}
        for name, pieces in streams.items():
            layers[places[name]] = pieces
            if tied := {_pitch(h) for h in pieces[-1].heads if h.tied}:
                open_ties[places[name]] = (name, tied)
        found.append([_filled(layer, starts[at], starts[at + 1]) for layer in layers])
    _settle_ties(found)
    return found


def _inside(starts: list[Fraction], piece: Piece) -> list[Fraction]:
    return starts[bisect_right(starts, piece.onset) : bisect_left(starts, piece.end)]


def _separated(streams: dict[str, list[Piece]]) -> dict[str, list[Piece]]:
    """Streams in which nothing overlaps: what does goes to a stream of its own."""
    found: dict[str, list[Piece]] = {}
    for name, pieces in streams.items():
        ends: dict[str, Fraction] = {}
        for piece in sorted(pieces, key=lambda p: p.onset):
            number, own = 0, name
            while ends.get(own, _ZERO) > piece.onset:
                number += 1
                own = f"{name}+{number}"
            if number and not piece.heads:
                continue
            ends[own] = piece.end
            found.setdefault(own, []).append(piece)
    return found


def _places(
    streams: dict[str, list[Piece]], open_ties: dict[int, tuple[str, set[int]]], start: Fraction
) -> dict[str, int]:
    """Which layer each stream of a bar is: one that goes on with a note tied over the bar
    line has that note's layer, the others fill up from the first."""
    places: dict[str, int] = {}
    for layer, (before, pitches) in sorted(open_ties.items()):
        fitting = {
            name: len(pitches & {_pitch(h) for h in pieces[0].heads}) + (name == before) / 2
            for name, pieces in streams.items()
            if name not in places and pieces[0].onset == start
        }
        best = max(fitting, key=lambda name: fitting[name], default="")
        if best and fitting[best] >= 1:
            places[best] = layer
    sounding = [n for n, pieces in streams.items() if any(p.heads for p in pieces)]
    free = (n for n in itertools.count() if n not in set(places.values()))
    for name in [*sounding, *(n for n in streams if n not in sounding)]:
        if name not in places:
            places[name] = next(free)
    return places


def _filled(pieces: list[Piece], start: Fraction, end: Fraction) -> list[Piece]:
    found: list[Piece] = []
    now = start
    for piece in pieces:
        if piece.onset > now:
            found.append(Piece(now, piece.onset - now, [], hidden=True))
        found.append(piece)
        now = piece.end
    if now < end:
        found.append(Piece(now, end - now, [], hidden=True))
    return found


def _settle_ties(bars: list[list[list[Piece]]]) -> None:
    """Keep the ties that lead to the same pitch in the same layer."""
    most = max((len(layers) for layers in bars), default=0)
    for at in range(most):
        line = [p for layers in bars if at < len(layers) for p in layers[at]]
        for piece, following in itertools.pairwise([*line, Piece(_ZERO, _ZERO, [])]):
            if not any(h.tied for h in piece.heads):
                continue
            pitches = {_pitch(h) for h in following.heads}
            meets = piece.end == following.onset
            for note in piece.heads:
                note.tied = note.tied and meets and _pitch(note) in pitches


def _pitch(note: Head) -> int:
    return 12 * note.octave + STEP_SEMITONES[note.step] + note.alter


def _unit(written: list[list[list[list[Piece]]]]) -> Fraction:
    lengths: Counter[Fraction] = Counter()
    for bars in written:
        for piece in itertools.chain.from_iterable(itertools.chain.from_iterable(bars)):
            if not piece.whole_bar and not piece.hidden:
                ratio = Fraction(*piece.ratio) if piece.ratio else 1
                lengths[piece.length * ratio] += 1
    return easiest_unit(lengths)


def easiest_unit(lengths: Counter[Fraction]) -> Fraction:
    """The unit length in which these lengths, in quarters, are easiest to read; an eighth
    where it makes no difference."""
    return min(
        _UNITS,
        key=lambda unit: sum(
            count * _trouble(length_text(length / 4 / unit)) for length, count in lengths.items()
        ),
    )


def _trouble(text: str) -> int:
    """How hard a length is to read: least without a number, most with a fraction."""
    small = text in ("", "2", "3", "4")
    return len(text) + (not small) + 2 * ("/" in text)
