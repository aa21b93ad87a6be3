"""Notes in exact time to ABC text: bars, ties, tuplets, spelling, layers.

The inverse of the events shape; MIDI, MusicXML and transcription end here as well.
Every length is written exactly: what no tuplet of 2.1 can hold becomes ``A/3``.
"""

from __future__ import annotations

import heapq
import itertools
import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final

from chatmusician.abc.fields import parse_key, parse_meter
from chatmusician.abc.spelling import ACCIDENTALS, head, key_fifths, spell

_BARS_PER_LINE: Final = 4
_TUPLET_TIMES: Final = {3: 2, 5: 4, 7: 4, 9: 8, 11: 8, 13: 8, 15: 8}
# Onset, length, pitches.
Timed = tuple[Fraction, Fraction, tuple[int, ...]]

_OPENS: Final = re.compile(r"\|:+")
_CLOSES: Final = re.compile(r":+\|")
_ENDING: Final = re.compile(r"\|[\d,]+")


@dataclass
class Part:
    """One voice. Times are quarter notes; ``signs`` are bar signs by onset (``|:``, ``:|``,
    ``|1``), ``meters`` and ``keys`` the changes after the header."""

    id: str
    notes: list[tuple[Fraction, Fraction, tuple[int, ...]]]
    bars: list[Fraction]
    chord_symbols: list[tuple[Fraction, str]] = field(default_factory=list)
    lyrics: list[tuple[Fraction, str]] = field(default_factory=list)
    signs: list[tuple[Fraction, str]] = field(default_factory=list)
    meters: list[tuple[Fraction, str]] = field(default_factory=list)
    keys: list[tuple[Fraction, str]] = field(default_factory=list)
    properties: str = ""


@dataclass
class Score:
    x: str
    title: str
    key: str
    meter: str
    unit: Fraction
    parts: list[Part]
    tempo: str = ""
    order: str = ""
    fields: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class _Piece:
    """What sounds from one onset to the next inside a bar; no pitches is a rest."""

    onset: Fraction
    length: Fraction
    pitches: tuple[int, ...]
    tied: bool = False
    continues: bool = False


def notate(score: Score) -> str:
    """The score as the text of one ABC tune."""
    lines = [f"X:{score.x or 1}", f"T:{score.title}" if score.title else ""]
    lines += [f"{letter}:{value}" for letter, value in score.fields]
    lines += [f"M:{score.meter}", f"L:{score.unit}"]
    lines.append(f"Q:{score.tempo}" if score.tempo else "")
    lines.append(f"P:{score.order}" if score.order else "")
    several = len(score.parts) > 1
    if several:
        lines += [f"V:{p.id} {p.properties}".rstrip() for p in score.parts]
    lines.append(f"K:{score.key}")
    writers = [_PartWriter(score, part) for part in score.parts]
    longest = max((len(w.bars) for w in writers), default=0)
    for first in range(0, longest, _BARS_PER_LINE):
        for writer in writers:
            music, words = writer.line(first, first + _BARS_PER_LINE)
            if music:
                lines.append(f"[V:{writer.part.id}] {music}" if several else music)
            if words:
                lines.append(f"w: {words}")
    return "\n".join(line for line in lines if line) + "\n"


class _PartWriter:
    """Writes one voice bar by bar."""

    def __init__(self, score: Score, part: Part) -> None:
        self.score = score
        self.part = part
        self.bars = _bar_spans(part)
        self.layers = _layers_by_bar(_layers(part.notes), self.bars)
        self.meters = dict(part.meters)
        self.keys = dict(part.keys)
        self.signs: dict[Fraction, list[str]] = {}
        for onset, sign in part.signs:
            self.signs.setdefault(onset, []).append(sign)
        self.symbols: dict[Fraction, list[str]] = {}
        for onset, text in part.chord_symbols:
            self.symbols.setdefault(onset, []).append(text)
        self.cuts = sorted(self.symbols)
        self.words = dict(part.lyrics)
        self.set_key(score.key)
        self.beat = _beat(score.meter)
        self.sung: list[str] = []

    def set_key(self, value: str) -> None:
        key = parse_key(value)
        self.signature = key.accidentals
        self.fifths = key_fifths(key.tonic, key.mode)

    def line(self, first: int, last: int) -> tuple[str, str]:
        self.sung = []
        out = "".join(self.bar(i) for i in range(first, min(last, len(self.bars))))
        words = " ".join(self.sung)
        return out.strip(), words if words.strip("* ") else ""

    def bar(self, index: int) -> str:
        start, end = self.bars[index]
        signs = self.signs.get(start, [])
        text = "" if index else "".join(s for s in signs if _OPENS.fullmatch(s))
        text += "".join(f"[{s}]" for s in signs if s.startswith("P:"))
        text += "".join(f"[{s[1:]} " for s in signs if _ENDING.fullmatch(s))
        if start in self.meters:
            text += f"[M:{self.meters[start]}]"
            self.beat = _beat(self.meters[start])
        if start in self.keys:
            text += f"[K:{self.keys[start]}]"
            self.set_key(self.keys[start])
        layers = [
            self.layer(notes, start, end, layer == 0) for layer, notes in self.layers[index].items()
        ]
        text += " & ".join([layers[0], *(x for x in layers[1:] if x)]) if layers else ""
        if index + 1 == len(self.bars):
            text += "".join(f'"{symbol}"' for symbol in self.symbols.get(end, []))
        return text + " " + self.bar_line(index, end) + " "

    def bar_line(self, index: int, end: Fraction) -> str:
        signs = self.signs.get(end, [])
        last = index + 1 == len(self.bars)
        closes = max((s.count(":") for s in signs if _CLOSES.fullmatch(s)), default=0)
        opens = max((s.count(":") for s in signs if _OPENS.fullmatch(s)), default=0)
        if closes and opens and not last:
            return ":" * closes + "|" + ":" * opens
        if closes:
            return ":" * closes + "|"
        if opens and not last:
            return "|" + ":" * opens
        if last:
            return "|]"
        return "||" if "||" in signs else "|"

    def layer(
        self,
        notes: list[Timed],
        start: Fraction,
        end: Fraction,
        main: bool,
    ) -> str:
        pieces = _pieces(notes, start, end, self.cuts if main else [], not main)
        if not any(p.pitches for p in pieces) and not main:
            return ""
        state: dict[tuple[int, int], int] = {}
        out: list[str] = []
        left = 0
        ratio = Fraction(1)
        for at, piece in enumerate(pieces):
            if (
                at
                and not left
                and (piece.onset - start) // self.beat
                != (pieces[at - 1].onset - start) // self.beat
            ):
                out.append(" ")
            if not left:
                count, p, q = _tuplet(pieces, at)
                if count:
                    plain = p == 3 and q == 2 and count == 3
                    out.append("(3" if plain else f"({p}:{q}:{count}")
                    left, ratio = count, Fraction(p, q)
            length = piece.length * (ratio if left else 1)
            left = max(0, left - 1)
            if main:
                out += [f'"{text}"' for text in self.symbols.get(piece.onset, [])]
            if piece.pitches:
                first = main and not piece.continues
                self.sung.append(self.syllable(piece.onset) if first else "*")
            out.append(self.sounding(piece, length, state, main))
        return "".join(out)

    def syllable(self, onset: Fraction) -> str:
        text = self.words.get(onset, "")
        if not text:
            return "*"
        return text.replace("-", "\\-").replace(" ", "~").replace("%", "\\%")

    def sounding(
        self, piece: _Piece, length: Fraction, state: dict[tuple[int, int], int], main: bool
    ) -> str:
        size = length_text(length / 4 / self.score.unit)
        if not piece.pitches:
            return ("z" if main else "x") + size
        heads = [self.head(pitch, state) for pitch in sorted(piece.pitches)]
        text = heads[0] if len(heads) == 1 else "[" + "".join(heads) + "]"
        return text + size + ("-" if piece.tied else "")

    def head(self, pitch: int, state: dict[tuple[int, int], int]) -> str:
        """The note's letter, with an accidental wherever either rule of scope needs it."""
        step, alter, octave = spell(pitch, self.signature, self.fifths)
        seen = [a for (s, _), a in state.items() if s == step] or [self.signature[step]]
        needed = (
            any(a != alter for a in seen)
            or state.get((step, octave), self.signature[step]) != alter
        )
        if needed:
            state[step, octave] = alter
        return (ACCIDENTALS[alter] if needed else "") + head(step, octave)


def _layers(notes: list[Timed]) -> list[list[Timed]]:
    """Notes that overlap go to further layers, written with ``&``: each to the first free."""
    layers: list[list[Timed]] = []
    busy: list[tuple[Fraction, int]] = []
    free: list[int] = []
    for note in sorted(notes, key=lambda n: (n[0], -n[1])):
        while busy and busy[0][0] <= note[0]:
            heapq.heappush(free, heapq.heappop(busy)[1])
        if not free:
            free.append(len(layers))
            layers.append([])
        at = heapq.heappop(free)
        layers[at].append(note)
        heapq.heappush(busy, (note[0] + note[1], at))
    return layers


def _layers_by_bar(
    layers: list[list[Timed]], bars: list[tuple[Fraction, Fraction]]
) -> list[dict[int, list[Timed]]]:
    """For each bar the notes that sound in it, by layer; layer 0 is always there."""
    found: list[dict[int, list[Timed]]] = [{0: []} for _ in bars]
    starts = [start for start, _ in bars]
    for layer, notes in enumerate(layers):
        for note in notes:
            at = max(0, bisect_right(starts, note[0]) - 1)
            while at < len(bars) and starts[at] < note[0] + note[1]:
                found[at].setdefault(layer, []).append(note)
                at += 1
    return found


def _bar_spans(part: Part) -> list[tuple[Fraction, Fraction]]:
    spans: list[tuple[Fraction, Fraction]] = []
    now = Fraction(0)
    for length in part.bars:
        spans.append((now, now + length))
        now += length
    end = max((onset + length for onset, length, _ in part.notes), default=now)
    if end > now:
        spans.append((now, end))
    return spans


def _beat(meter: str) -> Fraction:
    """The beam group of a meter, in quarters."""
    parsed = parse_meter(meter)
    return Fraction(3, 2) if parsed.compound and parsed.den == 8 else Fraction(1)


def _pieces(
    notes: list[Timed],
    start: Fraction,
    end: Fraction,
    symbols: list[Fraction],
    invisible: bool,
) -> list[_Piece]:
    """A layer inside one bar: notes cut at its ends and at chord symbols, gaps as rests."""
    cuts = symbols[bisect_right(symbols, start) : bisect_left(symbols, end)]
    found: list[_Piece] = []
    now = start
    for onset, length, pitches in notes:
        if onset >= end or onset + length <= start:
            continue
        begin, stop = max(onset, start), min(onset + length, end)
        if begin > now:
            found += _cut(now, begin, (), cuts, False, False)
        found += _cut(begin, stop, pitches, cuts, onset + length > stop, onset < begin)
        now = stop
    if now < end and not (invisible and not found):
        found += _cut(now, end, (), cuts, False, False)
    return found


def _cut(
    begin: Fraction,
    stop: Fraction,
    pitches: tuple[int, ...],
    cuts: list[Fraction],
    tied: bool,
    continues: bool,
) -> list[_Piece]:
    points = [begin, *cuts[bisect_right(cuts, begin) : bisect_left(cuts, stop)], stop]
    pieces: list[_Piece] = []
    for at, (one, two) in enumerate(itertools.pairwise(points)):
        last = at == len(points) - 2
        pieces.append(
            _Piece(
                one, two - one, pitches, bool(pitches) and (tied or not last), continues or at > 0
            )
        )
    return pieces


def _odd(value: int) -> int:
    while value % 2 == 0:
        value //= 2
    return value


def _tuplet(pieces: list[_Piece], at: int) -> tuple[int, int, int]:
    """How many pieces from ``at`` make a tuplet, and its ratio; 0 where none begins."""
    p = _odd(pieces[at].length.denominator)
    q = _TUPLET_TIMES.get(p, 0)
    if p == 1 or not q:
        return 0, 1, 1
    total = Fraction(0)
    for count, piece in enumerate(pieces[at : at + 99], start=1):
        total += piece.length
        if _odd((piece.length * p / q).denominator) != 1:
            return 0, 1, 1
        if _odd(total.denominator) == 1:
            return count, p, q
    return 0, 1, 1


def length_text(units: Fraction) -> str:
    """A length in units in its shortest spelling."""
    if units.denominator == 1:
        return "" if units == 1 else str(units.numerator)
    top = "" if units.numerator == 1 else str(units.numerator)
    return f"{top}/" if units.denominator == 2 else f"{top}/{units.denominator}"
