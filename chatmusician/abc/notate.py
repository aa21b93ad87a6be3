"""A score in exact time to ABC text: bars, repeats, layers, words.

The inverse of the events shape; MIDI, MusicXML, Humdrum and transcription end here as well.
Every length is written exactly: what no tuplet of 2.1 can hold becomes ``A/3``.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final

from chatmusician.abc.fields import parse_key
from chatmusician.abc.layers import Span, Timed, bar_pieces, by_bar, layers
from chatmusician.abc.pieces import (
    Accidentals,
    Piece,
    cut,
    graces_text,
    length_text,
    piece_text,
    tuplet,
    tuplet_text,
)
from chatmusician.music.keys import key_fifths
from chatmusician.music.meter import parse_meter

__all__ = ["Part", "Score", "length_text", "notate"]

_BARS_PER_LINE: Final = 4
_LINE_WIDTH: Final = 110

_OPENS: Final = re.compile(r"\|:+")
_CLOSES: Final = re.compile(r":+\|")
_ENDING: Final = re.compile(r"\|[\d,]+")
# Bar lines without a repeat, the strongest first.
_STYLES: Final = ("|]", "[|", "||", ".|", "[|]", "|")


@dataclass
class Part:
    """One voice. Times are quarter notes; ``signs`` are bar signs by onset (``|:``, ``:|``,
    ``|1``, ``||``, ``|]``), ``meters`` and ``keys`` the changes after the header, ``inline``
    other fields, ready as text.

    What sounds is in ``notes``, to be spelled by key; or, as the source writes it, in
    ``written``: for each bar its layers.
    """

    id: str
    notes: list[Timed]
    bars: list[Fraction]
    chord_symbols: list[tuple[Fraction, str]] = field(default_factory=list)
    lyrics: list[tuple[Fraction, str]] = field(default_factory=list)
    signs: list[tuple[Fraction, str]] = field(default_factory=list)
    meters: list[tuple[Fraction, str]] = field(default_factory=list)
    keys: list[tuple[Fraction, str]] = field(default_factory=list)
    properties: str = ""
    inline: list[tuple[Fraction, str]] = field(default_factory=list)
    written: list[list[list[Piece]]] | None = None


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
    directives: list[str] = field(default_factory=list)


@dataclass
class _BarText:
    """A bar as text; for each note it holds, the syllables by verse."""

    text: str
    sung: list[dict[int, str]]
    ends_section: bool


def notate(score: Score) -> str:
    """The score as the text of one ABC tune."""
    lines = [f"X:{score.x or 1}", f"T:{score.title}" if score.title else ""]
    lines += [f"{letter}:{value}" for letter, value in score.fields]
    lines += [f"M:{score.meter}", f"L:{score.unit}"]
    lines.append(f"Q:{score.tempo}" if score.tempo else "")
    lines.append(f"P:{score.order}" if score.order else "")
    lines += score.directives
    several = len(score.parts) > 1
    if several:
        lines += [f"V:{p.id} {p.properties}".rstrip() for p in score.parts]
    own = "" if several or not score.parts else score.parts[0].properties
    lines.append(f"K:{score.key} {own}".rstrip())
    written = [_PartWriter(score, part).bars() for part in score.parts]
    last_sung = [max((i for i, b in enumerate(bars) if _sings(b)), default=-1) for bars in written]
    for first, last in _line_spans(written):
        for part, bars, sung in zip(score.parts, written, last_sung, strict=True):
            if music := "".join(b.text for b in bars[first:last]).strip():
                lines.append(f"[V:{part.id}] {music}" if several else music)
                lines += _words([s for b in bars[first:last] for s in b.sung], first <= sung)
    return "\n".join(line for line in lines if line) + "\n"


def _sings(bar: _BarText) -> bool:
    return any(bar.sung)


def _line_spans(written: list[list[_BarText]]) -> list[tuple[int, int]]:
    """Where lines begin and end: four bars, fewer where they are long or a section ends."""
    longest = max(written, key=len, default=[])
    spans: list[tuple[int, int]] = []
    first = 0
    for at in range(len(longest)):
        count = at + 1 - first
        last = at + 1 == len(longest)
        ends = longest[at].ends_section and count > 1
        orphan = count == _BARS_PER_LINE and not last and longest[at + 1].ends_section
        wide = any(sum(len(b.text) for b in bars[first : at + 2]) > _LINE_WIDTH for bars in written)
        if last or ends or (count >= _BARS_PER_LINE and not orphan) or wide:
            spans.append((first, at + 1))
            first = at + 1
    return spans


def _words(sung: list[dict[int, str]], more: bool) -> list[str]:
    """The w: lines under a line of music; an empty one where words follow only later on,
    since words go to the first notes not yet covered."""
    verses = max((max(s, default=0) for s in sung), default=0)
    lines = []
    for verse in range(1, verses + 1):
        tokens = [s.get(verse, "*") for s in sung]
        while tokens and tokens[-1] == "*":
            tokens.pop()
        text = ""
        for token in tokens:
            joined = text.endswith("-") and not text.endswith("\\-") and token != "*"
            text += token if joined or not text else " " + token
        lines.append(f"w: {text}".rstrip())
    return lines or (["w:"] if more and sung else [])


class _PartWriter:
    """Writes one voice bar by bar."""

    def __init__(self, score: Score, part: Part) -> None:
        self.score = score
        self.part = part
        self.spans = _bar_spans(part)
        self.layers = [] if part.written else by_bar(layers(part.notes), self.spans)
        self.meters = dict(part.meters)
        self.keys = dict(part.keys)
        self.signs = _by_onset(part.signs)
        self.symbols = _by_onset(part.chord_symbols)
        self.inline = _by_onset(part.inline)
        self.fields = {*self.inline, *self.meters, *self.keys}
        self.cuts = sorted(self.fields.union(self.symbols))
        self.lyrics = dict(part.lyrics)
        self.scale = 1 / (4 * score.unit)
        self.set_key(score.key)
        self.set_meter(score.meter)
        self.sung: list[dict[int, str]] = []

    def set_key(self, value: str) -> None:
        key = parse_key(value)
        self.signature = key.accidentals
        self.fifths = key_fifths(key.tonic, key.mode)

    def set_meter(self, value: str) -> None:
        meter = parse_meter(value)
        self.beat = meter.beam * 4
        self.full = meter.length * 4

    def bars(self) -> list[_BarText]:
        return [self.bar(index) for index in range(len(self.spans))]

    def bar(self, index: int) -> _BarText:
        start, end = self.spans[index]
        self.sung = []
        signs = self.signs.get(start, [])
        text = "" if index else "".join(s for s in signs if _OPENS.fullmatch(s))
        text += "".join(f"[{s}]" for s in signs if s.startswith("P:"))
        text += "".join(f"[{s[1:]} " for s in signs if _ENDING.fullmatch(s))
        text += self.changes(start)
        text += self.all_layers(index)
        if index + 1 == len(self.spans):
            text += "".join(f'"{symbol}"' for symbol in self.symbols.get(end, []))
        line = self.bar_line(index, end)
        after = self.signs.get(end, [])
        ends = line not in ("|", ".|", "[|]") and not any(map(_ENDING.fullmatch, after))
        return _BarText(f"{text} {line} ", self.sung, ends)

    def changes(self, onset: Fraction) -> str:
        text = ""
        if onset in self.meters:
            text += f"[M:{self.meters[onset]}]"
            self.set_meter(self.meters[onset])
        if onset in self.keys:
            text += f"[K:{self.keys[onset]}]"
            self.set_key(self.keys[onset])
        return text + "".join(self.inline.get(onset, []))

    def bar_line(self, index: int, end: Fraction) -> str:
        signs = self.signs.get(end, [])
        last = index + 1 == len(self.spans)
        closes = max((s.count(":") for s in signs if _CLOSES.fullmatch(s)), default=0)
        opens = max((s.count(":") for s in signs if _OPENS.fullmatch(s)), default=0)
        if closes and opens and not last:
            return ":" * closes + "|" + ":" * opens
        if closes:
            return ":" * closes + "|"
        if opens and not last:
            return "|" + ":" * opens
        style = next((s for s in _STYLES if s in signs), "")
        return style or ("|]" if last else "|")

    def all_layers(self, index: int) -> str:
        found = self.pieces(index)
        while len(found) > 1 and not any(p.heads for p in found[-1]):
            found.pop()
        if len(found) == 1 and self.is_bar_rest(found[0]):
            return "Z"
        return " & ".join(self.layer(pieces, at == 0) for at, pieces in enumerate(found))

    def is_bar_rest(self, pieces: list[Piece]) -> bool:
        only = pieces[0] if len(pieces) == 1 else None
        return (
            only is not None
            and only.whole_bar
            and not (only.heads or only.hidden or only.marks or only.graces)
            and only.length == self.full
            and only.onset not in self.symbols
            and bisect_left(self.cuts, only.end) == bisect_right(self.cuts, only.onset)
        )

    def pieces(self, index: int) -> list[list[Piece]]:
        """The layers of a bar, from either form of the part; all end with the bar."""
        if self.part.written is not None:
            return self.part.written[index]
        span = self.spans[index]
        held = self.layers[index]
        return [
            bar_pieces(held.get(at, []), span, at > 0, self.signature, self.fifths)
            for at in range(max(held) + 1)
        ]

    def layer(self, pieces: list[Piece], main: bool) -> str:
        if not pieces:
            return ""
        start = pieces[0].onset
        if main:
            pieces = [p for piece in pieces for p in cut(piece, self.cuts_in(piece))]
        accidentals = Accidentals(self.signature)
        out: list[str] = []
        left = 0
        ratio = Fraction(1)
        for at, piece in enumerate(pieces):
            if at and not left and self.apart(pieces[at - 1], piece, start):
                out.append(" ")
            if main and at and self.fields and piece.onset in self.fields:
                out.append(self.changes(piece.onset))
                if piece.onset in self.keys:
                    accidentals = Accidentals(self.signature)
            out.append("(" * piece.opens)
            if not left:
                left, p, q = tuplet(pieces, at)
                ratio = Fraction(p, q)
                out.append(tuplet_text(left, p, q) if left else "")
            out += [graces_text(g, accidentals) for g in piece.graces]
            if main and self.symbols:
                out += [f'"{text}"' for text in self.symbols.get(piece.onset, ())]
            out += piece.marks
            scale = self.scale * (ratio if left else 1)
            left = max(0, left - 1)
            if piece.heads:
                self.sung.append(piece.syllables or self.syllable(piece, main))
            out.append(piece_text(piece, piece.length * scale, scale, accidentals))
            out += [graces_text(g, accidentals) for g in piece.tails]
            out.append(")" * piece.closes)
        return "".join(out)

    def cuts_in(self, piece: Piece) -> list[Fraction]:
        if not self.cuts:
            return []
        return self.cuts[bisect_right(self.cuts, piece.onset) : bisect_left(self.cuts, piece.end)]

    def apart(self, before: Piece, piece: Piece, start: Fraction) -> bool:
        """Whether a space, the end of a beam, stands between two pieces."""
        if piece.joined is not None:
            return not piece.joined
        return (piece.onset - start) // self.beat != (before.onset - start) // self.beat

    def syllable(self, piece: Piece, main: bool) -> dict[int, str]:
        text = self.lyrics.get(piece.onset, "") if main and not piece.continues else ""
        return {1: word_text(text)} if text else {}


def word_text(text: str) -> str:
    """One syllable as a w: line writes it."""
    text = " ".join(text.split())
    for char in "\\|_*~%&":
        if char in text:
            text = text.replace(char, f"\\u{ord(char):04x}" if char != "%" else "\\%")
    return text.replace("-", "\\-").replace(" ", "~")


def _by_onset(found: list[tuple[Fraction, str]]) -> dict[Fraction, list[str]]:
    held: dict[Fraction, list[str]] = {}
    for onset, text in found:
        held.setdefault(onset, []).append(text)
    return held


def _bar_spans(part: Part) -> list[Span]:
    spans: list[Span] = []
    now = Fraction(0)
    for length in part.bars:
        spans.append((now, now + length))
        now += length
    end = max((onset + length for onset, length, _ in part.notes), default=now)
    if end > now:
        spans.append((now, end))
    return spans
