"""Find tunes in any text: prose around, code fences, one-line tunes, no ``X:``, cut short.

The text is split into lines, each judged alone (``_kind``), and runs of lines that make
a tune are collected in one pass: linear in the size of the text.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from typing import Final

_FIELD: Final = re.compile(r"([A-Za-z])\s?:(?!//)\s*(.*)", re.S)
_FENCE: Final = re.compile(r"\s*(```+|~~~+)\s*([\w-]*)\s*$")
_QUOTE: Final = re.compile(r"(?:\s{0,8}>\s?)+")
_BULLET: Final = re.compile(r"\s*(?:[-*•]|\d{1,3}[.)])\s+(?=[A-Za-z]\s?:)")
_CHAT: Final = re.compile(r"</?s>|<\|[\w-]{1,30}\|>|(?:^|(?<=\s))(?:Human|Assistant|User)\s?:\s?")
_BREAK: Final = re.compile(r"<br\s*/?>", re.I)
_QUOTES: Final = {"\u201c": '"', "\u201d": '"', "\u2018": "'", "\u2019": "'"}
_INLINE_HEAD: Final = re.compile(r"\s*\[([XTCMLQRKVP]):([^\]\n]{0,200})\]")
_SPLIT: Final = re.compile(r"(?:(?<=\s)|(?<=\]))(?=[XTCORMLQPVKSZNBDFGHA]:\s?\S)")
# An X: in the middle of a line, with nothing or another field behind it.
_NEXT_TUNE: Final = re.compile(r"(?<=[\s|\]])(?=X:\s?\d{1,9}\s*(?:$|[A-Z]:))")
_BAR: Final = re.compile(r"\|\]|\[\||\|\||:\||\|:|::|\|")
_WORD: Final = re.compile(r"[A-Za-z]{3,}")
_HEADER: Final = "XTCORMLQPVKSZNBDFGHAUmIW"
_BODY: Final = "wWVKMLPQNTRrsImU"
_MUSIC: Final = frozenset(
    "ABCDEFGabcdefgzxyZX|:[]()<>{}^_=,'/0123456789-~.!+\"&\\`$ \tuvHLMOPSTJhijklmnopqrstw%*#"
)
_LONGEST_LINE: Final = 200_000
# Without any header, less than this is rather a table or a list of letters.
_FEWEST_NOTES: Final = 8
_KEY: Final = re.compile(
    r"(?:HP|Hp|none|[A-G][#b]?\s?(?:m|min|minor|maj|major|mix|dor|phr|lyd|loc|aeo|ion)?[a-z]{0,7})(?=\s|$)"
)


@dataclass(frozen=True)
class FoundTune:
    """A tune found in a text.

    ``start`` and ``end`` are its span there; ``abc`` is proper ABC, a field a line;
    ``mended`` says what was done to make it so. ``complete`` is False for a tune that
    stops in the middle of a bar, or has no music.
    """

    start: int
    end: int
    abc: str
    mended: tuple[str, ...] = ()
    complete: bool = True


@dataclass
class _Draft:
    """The tune being collected."""

    start: int
    end: int = 0
    header: list[str] = field(default_factory=list)
    body: list[str] = field(default_factory=list)
    mended: list[str] = field(default_factory=list)
    blanks: int = 0
    has_key: bool = False

    def note(self, what: str) -> None:
        if what not in self.mended:
            self.mended.append(what)

    @property
    def letters(self) -> set[str]:
        return {line[0] for line in self.header}


class _Finder:
    def __init__(self, text: str) -> None:
        self.text = text
        self.found: list[FoundTune] = []
        self.draft: _Draft | None = None
        self.barren = 0

    def run(self) -> tuple[FoundTune, ...]:
        position = 0
        for raw in self.text.splitlines(keepends=True):
            for part in _NEXT_TUNE.split(raw) if "X:" in raw[1:] else (raw,):
                self.raw_line(part[:_LONGEST_LINE], position)
                position += len(part)
        self.finish()
        return tuple(self.found)

    # -- lines ----------------------------------------------------------------

    def raw_line(self, raw: str, start: int) -> None:
        line = raw.rstrip("\r\n")
        if _FENCE.match(line):
            self.finish()
            return
        size = len(line)
        notes: list[str] = []
        line = self.unwrapped(line, notes)
        pieces = line.split("\n")
        for piece in pieces:
            for part in _split_fields(piece):
                if len(pieces) > 1 or part != piece:
                    notes.append("split a line that held several")
                self.line(part, start, start + size, notes)
                notes = []

    def unwrapped(self, line: str, notes: list[str]) -> str:
        """The line without quote marks, bullets, chat markers and the like."""
        quoted = _QUOTE.match(line)
        if quoted and (self.draft is not None or _FIELD.match(line[quoted.end() :])):
            line = line[quoted.end() :]
            notes.append("removed quote marks")
        bullet = _BULLET.match(line)
        if bullet:
            line = line[bullet.end() :]
            notes.append("removed list marks")
        if _CHAT.search(line):
            line = _CHAT.sub("\n", line).strip("\n ")
            notes.append("removed chat markers")
        if "<" in line and _BREAK.search(line):
            line = _BREAK.sub("\n", line)
            notes.append("turned <br> into line ends")
        if "\\n" in line and re.search(r"\\n[A-Za-z]:", line):
            line = line.replace("\\r", "").replace("\\n", "\n")
            notes.append("turned \\n into line ends")
        if "&" in line and re.search(r"&(?:quot|amp|lt|gt|#39|apos);", line):
            line = html.unescape(line)
            notes.append("read HTML entities")
        return line

    def line(self, line: str, start: int, end: int, notes: list[str]) -> None:
        stripped = line.strip()
        draft = self.draft
        if not stripped:
            if draft is not None:
                draft.blanks += 1
            return
        kind = self.kind(stripped)
        if kind == "prose":
            self.finish()
            return
        if kind == "X" or (draft is not None and draft.blanks and not self.goes_on(kind, stripped)):
            self.finish()
            draft = None
            if kind in ("body", "text"):
                kind = self.kind(stripped)
        if draft is None:
            draft = self.begin(kind, stripped, start)
            if draft is None:
                return
        for note in notes:
            draft.note(note)
        if draft.blanks:
            draft.note("removed blank lines inside the tune")
            draft.blanks = 0
        self.add(draft, kind, stripped if kind in ("X", "field", "head") else line.rstrip())
        draft.end = end

    def goes_on(self, kind: str, line: str) -> bool:
        """Whether a tune goes on after an empty line: with its first music, or more of it."""
        draft = self.draft
        if draft is None:
            return False
        if not draft.body:
            return kind in ("music", "field", "body", "head")
        if kind == "field":
            return line[0] in "wVs"
        return kind == "music" and _music_likelihood(line) > 0.9

    def begin(self, kind: str, line: str, start: int) -> _Draft | None:
        if (
            kind in ("X", "head")
            or (kind == "field" and line[0] in "TMLKCRQ" and self.looks_ahead(line, start))
            or (kind == "music" and _music_likelihood(line) > 0.9 and len(_BAR.findall(line)) > 1)
        ):
            self.draft = _Draft(start)
        return self.draft

    def looks_ahead(self, line: str, start: int) -> bool:
        """Whether a K: and a line of music follow this field before long."""
        if start < self.barren:
            return False
        has_key = line[0] == "K" and bool(_KEY.match(line[2:].strip()))
        for following in self.text[start : start + 4000].splitlines()[1:40]:
            text = following.strip()
            found = _FIELD.match(text)
            if found and text[:1] in _HEADER:
                has_key = has_key or (text[0] == "K" and bool(_KEY.match(found[2].strip())))
            elif text and not text.startswith("%"):
                return has_key and _music_likelihood(text) > 0.75
        self.barren = start + 2000
        return False

    def kind(self, line: str) -> str:
        """X, field, head (``[L:1/8][K:C]``), music, comment or prose."""
        found = _FIELD.match(line)
        inside = self.draft is not None
        if found:
            letter, value = found[1], found[2]
            if letter == "X" and re.match(r"\d{0,9}\s*(?:%|$)", value):
                return "X"
            if _is_music_field(line):
                return "music"
            if letter in (_HEADER if not inside or not self.draft_has_body() else _BODY):
                if letter in "CDEFGAB" and inside and self.draft_has_body():
                    return "prose"
                return "field"
            if inside and letter in _HEADER:
                return "field"
        if (_INLINE_HEAD.match(line) and "|" in line) or re.fullmatch(
            r"(?:\[[A-Z]:[^\]]*\]\s*)+", line
        ):
            return "head"
        if line.startswith("%"):
            return "comment" if inside else "prose"
        draft = self.draft
        first = draft is not None and draft.has_key and not draft.body and not draft.blanks
        if first and all(_is_notes(word) for word in line.split()):
            return "music"  # the first bar, cut short
        return "music" if _music_likelihood(line) > (0.75 if inside else 0.9) else "prose"

    def draft_has_body(self) -> bool:
        return self.draft is not None and bool(self.draft.body)

    # -- collecting -----------------------------------------------------------

    def add(self, draft: _Draft, kind: str, line: str) -> None:
        if kind == "head" and not draft.has_key:
            line = self.take_inline_head(draft, line)
            if not line:
                return
        if kind in ("X", "field") and not draft.has_key:
            found = _FIELD.match(line)
            if found is not None:
                fixed = f"{found[1]}:{found[2].rstrip()}"
                if fixed != line:
                    draft.note("removed blanks before and after a field's letter")
                draft.header.append(fixed)
                draft.has_key = found[1] == "K"
                return
        if kind == "comment" and not draft.body:
            draft.header.append(line)
            return
        for smart, plain in _QUOTES.items():
            if smart in line and not line.startswith(("w:", "W:")):
                line = line.replace(smart, plain)
                draft.note("replaced typographic quotes")
        draft.body.append(line)

    def take_inline_head(self, draft: _Draft, line: str) -> str:
        """Turn leading ``[L:1/8][K:C]`` into header lines; the rest of the line is music."""
        while True:
            found = _INLINE_HEAD.match(line)
            if not found or draft.has_key:
                return line.strip()
            draft.header.append(f"{found[1]}:{found[2].strip()}")
            draft.has_key = found[1] == "K"
            draft.note("made header lines of inline fields")
            line = line[found.end() :]

    def finish(self) -> None:
        draft, self.draft = self.draft, None
        if draft is None or not (draft.body or draft.has_key):
            return
        if not draft.body and "X" not in draft.letters:
            return
        header = draft.header
        if not header and sum(map(_note_count, draft.body)) < _FEWEST_NOTES:
            return
        if "X" not in draft.letters:
            header = ["X:1", *header]
            draft.note("added X:1")
        if not draft.has_key:
            header = [*header, "K:C"]
            draft.note("added K:C")
        abc = "\n".join([*header, *draft.body]) + "\n"
        complete = bool(draft.body) and _ends_whole(draft.body)
        self.found.append(FoundTune(draft.start, draft.end, abc, tuple(draft.mended), complete))


def find_tunes(text: str) -> tuple[FoundTune, ...]:
    """Every tune in a text, in order. Never fails."""
    return _Finder(text).run()


def _is_music_field(line: str) -> bool:
    """Whether a line such as ``d:|`` is music although it begins like a field."""
    return line[0] in "ABCDEFGabcdefgzxZ" and line[1:2] == ":" and line[2:3] in ("|", ":")


def _split_fields(line: str) -> list[str]:
    """A line of several fields, and the music after its K:, one a line.

    Only a line that begins with a header field, has a second one and its K: is split.
    """
    stripped = line.strip()
    if not re.match(r"[XTMLKRQ]\s?:", stripped) or len(_SPLIT.findall(stripped)) < 1:
        return [line]
    if stripped[0] != "X" and not re.search(r"(?:^|\s)K:\s?\S", stripped):
        return [line]
    parts = [part.strip() for part in _SPLIT.split(stripped) if part.strip()]
    out: list[str] = []
    for at, part in enumerate(parts):
        if part.startswith("K:"):
            value = part[2:].lstrip()
            found = _KEY.match(value)
            key = found[0].strip() if found else value.partition(" ")[0]
            rest = value[len(key) :].strip()
            music = " ".join([rest, *parts[at + 1 :]]).strip()
            return [*out, f"K:{key}", *([music] if music else [])]
        out.append(part)
    return out if len(out) > 1 else [line]


def _music_likelihood(line: str) -> float:
    """How much a line looks like music code: 0 for prose, 1 for plain music."""
    bare = re.sub(r'"[^"]{0,80}"|![^!|]{1,30}!|\[[A-Za-z]:[^\]]{0,100}\]|%.*$', "", line)
    if not bare.strip():
        return 1.0 if bare != line else 0.0
    notes = sum(1 for c in bare if c in "ABCDEFGabcdefgz")
    if not notes or not any(c in "|:]" or c.isdigit() for c in bare):
        return 0.0
    legal = sum(1 for c in bare if c in _MUSIC) / len(bare)
    words = sum(len(w) for w in _WORD.findall(bare) if not _is_notes(w))
    return max(0.0, legal - 2.0 * words / len(bare))


def _is_bare_music(line: str) -> bool:
    """Whether a line without any header before it is music beyond doubt."""
    bars = len(_BAR.findall(line))
    notes = _note_count(line)
    return bars > 1 and notes >= max(_FEWEST_NOTES, 2 * bars) and _music_likelihood(line) > 0.9


def _note_count(line: str) -> int:
    return sum(1 for c in line if c in "ABCDEFGabcdefg")


def _is_notes(word: str) -> bool:
    return all(c in "ABCDEFGabcdefgzxyZX" or c in "uvTHLMOPSR" for c in word)


def _ends_whole(body: list[str]) -> bool:
    """Whether the last line of music ends at a bar line."""
    for line in reversed(body):
        if line.startswith("%") or re.match(r"[A-Za-z]:(?![|:])", line):
            continue
        music = line.split("%")[0].rstrip(" \t\\")
        return bool(re.search(r"[|\]]\)?\d?$|::$|\"$", music))
    return False


def to_one_line(abc: str) -> str:
    """A tune as one line, fields and music separated by blanks."""
    lines = (line.split("%")[0].strip() for line in abc.splitlines() if not line.startswith("%"))
    return " ".join(line.rstrip("\\").strip() for line in lines if line)


def to_lines(abc: str, bars_per_line: int = 4) -> str:
    """A one-line tune as lines again: a field a line, so many bars a line of music."""
    found = find_tunes(abc)
    text = found[0].abc if found else abc
    out: list[str] = []
    for line in text.splitlines():
        if re.match(r"[A-Za-z]:(?![|:])", line) or line.startswith("%"):
            out.append(line)
        else:
            out += _wrapped(line, bars_per_line)
    return "\n".join(out) + "\n"


def _wrapped(line: str, bars: int) -> list[str]:
    ends = [m.end() for m in _BAR.finditer(_without_texts(line)) if m.start() > 0]
    lines: list[str] = []
    start = 0
    for end in ends[bars - 1 :: bars]:
        lines.append(line[start:end].strip())
        start = end
    rest = line[start:].strip()
    return [*lines, rest] if rest else lines


def _without_texts(line: str) -> str:
    """The line with texts and inline fields blanked, so that only real bars are seen."""
    return re.sub(r'"[^"]*"|\[[A-Za-z]:[^\]]*\]', lambda m: "x" * len(m[0]), line)
