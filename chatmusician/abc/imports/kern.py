"""Humdrum **kern to ABC: spines in time, their splits as overlays, words and dynamics."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final

from chatmusician.abc.imports.assemble import assemble
from chatmusician.abc.imports.draft import Clef, Draft, DraftVoice
from chatmusician.abc.imports.kern_tokens import (
    Token,
    bar_signs,
    clef_of,
    key_of,
    read_token,
    signature_text,
)
from chatmusician.abc.notate import word_text
from chatmusician.abc.pieces import GraceNotes, Piece
from chatmusician.abc.tables import DECORATIONS
from chatmusician.errors import InputError, LimitError
from chatmusician.music.meter import parse_meter

MAX_BYTES: Final = 64 * 1024 * 1024
MAX_LINES: Final = 500_000
MAX_SPINES: Final = 250

_WORDS: Final = ("**text", "**silbe", "**lyrics")
_INSTRUMENTS: Final = {
    "violn": "Violin",
    "viola": "Viola",
    "cello": "Violoncello",
    "piano": "Piano",
    "soprn": "Soprano",
    "cant": "Cantus",
    "calto": "Altus",
    "alto": "Alto",
    "tenor": "Tenor",
    "barit": "Baritone",
    "bass": "Bass",
    "flt": "Flute",
    "oboe": "Oboe",
    "clars": "Clarinet",
    "fagot": "Bassoon",
    "organ": "Organ",
    "guitr": "Guitar",
    "vox": "Voice",
}


def from_kern(data: bytes) -> str:
    """A Humdrum file as ABC text; one tune for each of its **kern passages."""
    if len(data) > MAX_BYTES:
        raise LimitError(f"the file is larger than {MAX_BYTES // 1024**2} MB")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    lines = text.splitlines()
    if len(lines) > MAX_LINES:
        raise LimitError(f"the file has more than {MAX_LINES} lines")
    passages = _passages(lines)
    if not passages:
        raise InputError("the file has no **kern spine", hint="is it Humdrum?")
    drafts = [_Reader(lines[first:last], first).read() for first, last in passages]
    return "\n".join(assemble(draft, number) for number, draft in enumerate(drafts, start=1))


def _passages(lines: list[str]) -> list[tuple[int, int]]:
    """Where pieces begin and end: at an exclusive interpretation after all spines ended."""
    starts: list[int] = []
    ended = True
    for at, line in enumerate(lines):
        if line.startswith("**") and ended:
            starts.append(at)
            ended = False
        elif line.startswith("*-") and set(line.split("\t")) == {"*-"}:
            ended = True
    bounds = [0, *starts[1:], len(lines)] if starts else []
    return [
        (first, last)
        for first, last in itertools.pairwise(bounds)
        if any(line.startswith("**") and "**kern" in line for line in lines[first:last])
    ]


@dataclass
class _Voice:
    """A **kern spine with its splits."""

    draft: DraftVoice = field(default_factory=DraftVoice)
    signature: list[tuple[str, int]] | None = None
    designation: str = ""
    key_changed: bool = False
    part: str = ""
    graces: dict[str, GraceNotes] = field(default_factory=dict)
    slurs: dict[str, list[Piece]] = field(default_factory=dict)
    latest: Piece | None = None
    verses: int = 0


@dataclass
class _Spine:
    """One column: what it holds, the **kern spine it belongs to, which of its streams."""

    kind: str
    voice: _Voice | None = None
    stream: str = "1"
    end: Fraction = Fraction(0)
    verse: int = 0
    hold: str = ""


class _Reader:
    def __init__(self, lines: list[str], offset: int) -> None:
        self.lines = lines
        self.offset = offset
        self.draft = Draft()
        self.voices: list[_Voice] = []
        self.spines: list[_Spine] = []
        self.now = Fraction(0)
        self.bar_start = Fraction(0)
        self.references: dict[str, list[str]] = {}
        self.tempo = ""
        self.order: list[str] = []

    def read(self) -> Draft:
        for number, line in enumerate(self.lines, start=self.offset + 1):
            try:
                self.line(line.rstrip("\r\n"))
            except InputError as error:
                raise InputError(f"line {number}: {error.message}", hint=error.hint) from error
        self.end_bar([])
        self.finish()
        return self.draft

    def line(self, line: str) -> None:
        if not line or line.startswith("!"):
            if found := re.match(r"!!!([A-Z]{3})\d*(?:@@?\w+)?:\s*(.*)", line):
                self.references.setdefault(found[1], []).append(found[2].strip())
            return
        tokens = line.split("\t")
        if line.startswith("**") and not self.spines:
            self.start(tokens)
            return
        if len(tokens) != len(self.spines):
            raise InputError(f"{len(tokens)} columns where there are {len(self.spines)} spines")
        if line.startswith("*"):
            self.interpretations(tokens)
        elif line.startswith("="):
            kern = [t for t, s in zip(tokens, self.spines, strict=True) if s.voice]
            self.end_bar(bar_signs(kern[0] if kern else tokens[0]))
        else:
            self.data(tokens)

    # -- spines ---------------------------------------------------------------

    def start(self, tokens: list[str]) -> None:
        if len(tokens) > MAX_SPINES:
            raise InputError(f"{len(tokens)} spines; at most {MAX_SPINES}")
        self.spines = [self.spine(kind) for kind in tokens]

    def spine(self, kind: str) -> _Spine:
        """A column; what is no **kern belongs to the **kern spine on its left."""
        if kind == "**kern":
            self.voices.append(_Voice())
            if len(self.voices) > MAX_SPINES:
                raise InputError(f"more than {MAX_SPINES} **kern spines")
            return _Spine(kind, self.voices[-1])
        made = _Spine(kind)
        if kind in _WORDS and self.voices:
            self.voices[-1].verses += 1
            made.verse = self.voices[-1].verses
        owner = self.voices[-1] if self.voices else None
        return _Spine(kind, None, verse=made.verse) if owner is None else _owned(made, owner)

    def interpretations(self, tokens: list[str]) -> None:
        if any(t in ("*^", "*v", "*-", "*+", "*x") for t in tokens):
            self.reshape(tokens)
            return
        if any(t.startswith("**") for t in tokens):
            pairs = zip(tokens, self.spines, strict=True)
            self.spines = [self.spine(t) if t.startswith("**") else s for t, s in pairs]
            return
        for token, spine in zip(tokens, self.spines, strict=True):
            if spine.kind == "**kern" and spine.voice and token != "*":
                self.tandem(token, spine.voice)
        if tokens[0].startswith("*>"):
            self.label(tokens[0][2:])

    def reshape(self, tokens: list[str]) -> None:
        """Splits, joins, ends, exchanges and new spines."""
        found: list[_Spine] = []
        swap: int | None = None
        joining = False
        for token, spine in zip(tokens, self.spines, strict=True):
            if token == "*v" and joining:
                found[-1].end = max(found[-1].end, spine.end)
                continue
            joining = token == "*v"
            if token == "*-":
                continue
            found.append(spine)
            if token == "*^":
                found.append(self.split(spine))
            elif token == "*+":
                found.append(_Spine(""))
            elif token == "*x":
                if swap is None:
                    swap = len(found) - 1
                else:
                    found[swap], found[-1] = found[-1], found[swap]
                    swap = None
        if len(found) > MAX_SPINES:
            raise InputError(f"{len(found)} spines; at most {MAX_SPINES}")
        self.spines = found

    def split(self, spine: _Spine) -> _Spine:
        used = {s.stream for s in self.spines if s.voice is spine.voice and s.kind == spine.kind}
        free = next(str(n) for n in itertools.count(1) if str(n) not in used)
        made = _Spine(spine.kind, spine.voice, free, spine.end, spine.verse)
        self.spines = [*self.spines, made]
        return made

    def tandem(self, token: str, voice: _Voice) -> None:
        draft = voice.draft
        if token.startswith("*clef"):
            draft.clefs.append(Clef(self.now, *clef_of(token)))
        elif token.startswith("*k["):
            voice.signature = signature_text(token)
            voice.key_changed = True
        elif re.fullmatch(r"\*[A-Ga-g][#-]?:.*", token):
            voice.designation, voice.key_changed = token[1:], True
        elif re.match(r"\*M(\d|FREE|X)", token):
            text = token[2:] if parse_meter(token[2:]).valid else "none"
            draft.meters.append((self.now, text))
        elif token in ("*met(c)", "*met(C)") and draft.meters[-1:] == [(self.now, "4/4")]:
            draft.meters[-1] = (self.now, "C")
        elif token in ("*met(c|)", "*met(C|)") and draft.meters[-1:] == [(self.now, "2/2")]:
            draft.meters[-1] = (self.now, "C|")
        elif found := re.fullmatch(r"\*MM(\d{1,4}(?:\.\d{1,3})?)", token):
            self.set_tempo(found[1])
        elif token.startswith('*I"'):
            draft.name = token[3:]
        elif token.startswith("*I'"):
            draft.short = token[3:]
        elif token[2:] in _INSTRUMENTS and token.startswith("*I"):
            draft.name = draft.name or _INSTRUMENTS[token[2:]]
        elif re.fullmatch(r"\*part\d+", token):
            voice.part = token

    def set_tempo(self, speed: str) -> None:
        if not float(speed):
            return
        if not self.now:
            self.tempo = self.tempo or f"1/4={speed}"
        elif (self.now, field := f"[Q:1/4={speed}]") not in self.voices[-1].draft.inline:
            self.voices[-1].draft.inline.append((self.now, field))

    def label(self, text: str) -> None:
        if re.fullmatch(r"\[[A-Z](,[A-Z])*\]", text):
            self.order = text[1:-1].split(",")
        elif re.fullmatch(r"[A-Z]\w{0,20}", text):
            self.draft.signs.append((self.now, f"P:{text}"))

    # -- data -----------------------------------------------------------------

    def data(self, tokens: list[str]) -> None:
        for voice in self.voices:
            if voice.key_changed:
                key = key_of(voice.signature, voice.designation)
                voice.draft.keys.append((self.now, key))
                voice.key_changed = False
        read = False
        for token, spine in zip(tokens, self.spines, strict=True):
            if token == "." or not token or spine.kind != "**kern" or spine.voice is None:
                continue
            read |= self.note(read_token(token), spine, spine.voice)
        for token, spine in zip(tokens, self.spines, strict=True):
            if spine.voice is not None and token not in (".", ""):
                self.beside(token, spine, spine.voice)
        if read:
            ends = [s.end for s in self.spines if s.kind == "**kern" and s.end > self.now]
            self.now = min(ends, default=self.now)

    def note(self, token: Token, spine: _Spine, voice: _Voice) -> bool:
        """Take a token in; whether it takes time."""
        if token.grace:
            graces = voice.graces.setdefault(spine.stream, GraceNotes([], token.grace == "q"))
            for head in token.heads:
                head.tied, head.length = False, None
            if token.heads:
                graces.chords.append((token.heads, Fraction(1)))
            return False
        piece = Piece(self.now, token.length, token.heads, hidden=token.hidden, marks=token.marks)
        if graces_before := voice.graces.pop(spine.stream, None):
            piece.graces.append(graces_before)
        slurs = voice.slurs.setdefault(spine.stream, [])
        for _ in range(min(token.closes, len(slurs))):
            opener = slurs.pop()
            opener.opens += 1
            piece.closes += 1
        slurs += [piece] * token.opens
        voice.draft.streams.setdefault(spine.stream, []).append(piece)
        voice.latest = piece
        spine.end = piece.end
        return True

    def beside(self, token: str, spine: _Spine, voice: _Voice) -> None:
        """Words and dynamics go to the note in their row."""
        first = voice.draft.streams.get("1", [])
        piece = first[-1] if first and first[-1].onset == self.now else voice.latest
        if piece is None:
            return
        if spine.kind in _WORDS and piece.heads and piece.onset == self.now:
            text = word_text(token.strip("-"))
            if text in ("_", "\\u005f", "\\u007c"):
                return
            piece.syllables[spine.verse] = text + ("-" if token.endswith("-") else "")
        elif spine.kind == "**dynam":
            piece.marks += _dynamics(token)

    # -- bars -----------------------------------------------------------------

    def end_bar(self, signs: list[str]) -> None:
        if self.now > self.bar_start:
            self.draft.bars.append(self.now - self.bar_start)
            self.bar_start = self.now
        if self.now or "|:" in signs:
            self.draft.signs += [(self.now, sign) for sign in signs if self.now or sign == "|:"]

    def finish(self) -> None:
        draft = self.draft
        if not draft.bars:
            raise InputError("the **kern spines hold no notes")
        _header(draft, self.references, self.tempo)
        total = self.bar_start
        if not any(onset == total for onset, _ in draft.signs):
            draft.signs.append((total, "|"))
        draft.signs = sorted(dict.fromkeys(draft.signs), key=lambda s: s[0])
        _expansion(draft, self.order)
        starts = {*itertools.accumulate(draft.bars, initial=Fraction(0))}
        for voice in self.voices:
            _tails(voice)
            for piece in itertools.chain.from_iterable(voice.draft.streams.values()):
                piece.whole_bar = not piece.heads and {piece.onset, piece.end} <= starts
        top_first = self.voices[::-1]
        draft.voices = [voice.draft for voice in top_first]
        draft.staves = [
            len(list(group)) for _, group in itertools.groupby(top_first, key=_part_of(top_first))
        ]


def _owned(spine: _Spine, voice: _Voice) -> _Spine:
    spine.voice = voice
    return spine


def _part_of(voices: list[_Voice]) -> Callable[[_Voice], str]:
    """The part a voice belongs to; without a statement, one of its own."""
    names = {id(voice): voice.part or str(at) for at, voice in enumerate(voices)}
    return lambda voice: names[id(voice)]


def _tails(voice: _Voice) -> None:
    for stream, graces in voice.graces.items():
        if pieces := voice.draft.streams.get(stream):
            pieces[-1].tails.append(graces)


def _header(draft: Draft, references: dict[str, list[str]], tempo: str) -> None:
    titles = references.get("OTL", []) + references.get("OPR", [])
    draft.title = titles[0] if titles else ""
    draft.fields += [("T", title) for title in titles[1:]]
    draft.fields += [("C", name) for name in references.get("COM", [])]
    words = (references.get("OMD") or [""])[0].replace('"', "'")
    draft.tempo = " ".join(text for text in (f'"{words}"' if words else "", tempo) if text)


def _expansion(draft: Draft, order: list[str]) -> None:
    """The order of labelled sections, where no repeat signs say it."""
    labels = {sign[2:] for _, sign in draft.signs if sign.startswith("P:")}
    repeats = any(":" in sign and not sign.startswith("P:") for _, sign in draft.signs)
    if order and not repeats and set(order) <= labels:
        draft.order = "".join(order)


def _dynamics(token: str) -> list[str]:
    found = [f"!{name}!" for name in re.findall(r"[a-z]+", token) if name in DECORATIONS]
    signs = {
        "<": "!crescendo(!",
        "[": "!crescendo)!",
        ">": "!diminuendo(!",
        "]": "!diminuendo)!",
    }
    return found + [signs[char] for char in token if char in signs]
