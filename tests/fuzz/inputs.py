"""Inputs for fuzzing: tunes from a loose grammar, damaged real tunes, hostile shapes.

Everything is drawn from a ``random.Random``, so a seed names an input.
"""

from __future__ import annotations

import gzip
import json
import tarfile
from collections.abc import Callable
from pathlib import Path
from random import Random

HEADERS = (
    "X:1", "X:2", "X: 1", "X:", "X:one", "T:Title", "T:", "T:\\'Eire &amp; \u266d", "C:Trad.",
    "M:4/4", "M:6/8", "M:C|", "M:none", "M:(2+3)/8", "M:5", "M:0/4", "M:4/0", "M:x", "L:1/8",
    "L:1/4", "L:1", "L:1/7", "L:1/0", "L:1/1000000", "Q:1/4=120", "Q:\"Fast\" 3/8=50", "Q:120",
    "Q:C3=40", "Q:x", "P:AB", "P:A(BC)9", "P:((((A9)9)9)9)9", "P:((A", "K:C", "K:D mix",
    "K:Em =c ^g", "K:HP", "K:none", "K:", "K:exp ^f _b", "K:bass octave=-1 transpose=3", "K:?",
    "V:1", "V:2 clef=treble-8 name=\"x y\"", "V:", "U:T=!trill!", "U:q=\"^x\"", "U:T=!nil!",
    "m:~G2=GAG", "m:~n3=nom", "m:a=aa", "m:=x", "W:words below", "w:under the notes", "s:!f! *",
    "H:history", "+:continued", "N:note", "R:reel", "r:remark", "I:linebreak !",
    "I:decoration +", "I:abc-charset iso-8859-1", "%%propagate-accidentals octave",
    "%%MIDI program 1", "%%begintext", "%%endtext", "%%score (1 2)", "% remark", "J:unknown",
)  # fmt: skip

MUSIC = (
    "C", "D", "E", "F", "G", "A", "B", "c", "d", "e", "f", "g", "a", "b", "C,", "c'", "^F", "_B",
    "=F", "^^c", "__d", "A2", "A/", "A3/2", "A//", "A0", "A99999999", "A/3", "z", "z2", "x", "Z",
    "Z4", "Z99999", "X2", "y", "|", "||", "|]", "[|", "|:", ":|", "::", ":||:", "|::", "::|", ".|",
    "[|]", "|1", ":|2", "[1", "[2", "[1,3", "[1-3", "[9999", "-", ".-", "(", ")", ".(", "(3", "(2",
    "(3:2:4", "(5:", "(99:1:99", "(0", ">", "<", ">>", "<<<", "{g}", "{/ab}", "{", "}", "[CEG]",
    "[CE]2", "[C2E]", "[", "]", "[]", "\"Am\"", "\"^text\"", "\"", "!trill!", "!f!", "!", "+f+",
    "+", ".", "~", "H", "T", "u", "t", "q", "J", "&", "&&", "`", " ", "  ", "\t", "\\", "$", "*",
    "?", "#", "[K:G]", "[M:3/4]", "[L:1/16]", "[V:2]", "[V:1]", "[P:A]", "[Q:1/4=60]", "[r:x]",
    "[I:linebreak $]", "[U:q=!f!]", "[K:", "%", "% remark", "\u00e9", "\u00df", "\u266d", "0", "9",
    "/", ":", ";", "@", "\x00", "\x7f", "\ufeff", "\U0001d11e",
)  # fmt: skip

WORDS = (
    "la", "syl-la-ble", "-", "--", "_", "*", "~", "\\-", "|", "a~b", "\\'e", "&eacute;", "%", "\\",
)  # fmt: skip

ENDS = ("\n", "\n", "\n", "\n", "\r\n", "\r", "\n\n", "\n \t\n", "\\\n", "")

Maker = Callable[[int], str]


def tune(random: Random) -> str:
    """A text that looks more or less like a tune."""
    lines = [random.choice(HEADERS) for _ in range(random.randint(0, 6))]
    if random.random() < 0.9:
        lines = ["X:1", "T:t", "M:4/4", "L:1/4", *lines, "K:C"]
    for _ in range(random.randint(0, 8)):
        lines.append(_line(random))
    return "".join(line + random.choice(ENDS) for line in lines)


def _line(random: Random) -> str:
    kind = random.random()
    if kind < 0.15:
        return random.choice(HEADERS)
    if kind < 0.25:
        return "w:" + " ".join(random.choice(WORDS) for _ in range(random.randint(0, 12)))
    return "".join(random.choice(MUSIC) for _ in range(random.randint(1, 40)))


def book(random: Random) -> bytes:
    """A file: tunes with text between them, in one encoding or another."""
    parts = [tune(random) for _ in range(random.choice((1, 1, 1, 2, 3)))]
    if random.random() < 0.1:
        parts.insert(0, random.choice(("%abc-2.1", "L:1/8\nU:q=!f!", "free text", "\ufeff")))
    text = random.choice(("\n", "\n\n", "\r\n\r\n")).join(parts)
    encoding = random.choice(("utf-8",) * 12 + ("latin-1", "utf-16", "utf-8-sig"))
    return text.encode(encoding, "replace")


def mutated(random: Random, data: bytes, other: bytes) -> bytes:
    """One to eight small injuries to ``data``; some of them are taken from ``other``."""
    for _ in range(random.randint(1, 8)):
        data = random.choice(_INJURIES)(random, data, other)
    return data[:200_000]


def _span(random: Random, data: bytes, longest: int = 200) -> tuple[int, int]:
    start = random.randint(0, len(data))
    return start, min(len(data), start + random.randint(0, longest))


def _cut(random: Random, data: bytes, _: bytes) -> bytes:
    start, end = _span(random, data)
    return data[:start] + data[end:]


def _end_early(random: Random, data: bytes, _: bytes) -> bytes:
    return data[: random.randint(0, len(data))]


def _double(random: Random, data: bytes, _: bytes) -> bytes:
    start, end = _span(random, data, 60)
    return data[:end] + data[start:end] * random.choice((1, 1, 2, 50)) + data[end:]


def _flip(random: Random, data: bytes, _: bytes) -> bytes:
    at = random.randint(0, len(data))
    return data[:at] + bytes([random.randint(0, 255)]) + data[at + 1 :]


def _token(random: Random, data: bytes, _: bytes) -> bytes:
    at = random.randint(0, len(data))
    return data[:at] + random.choice(MUSIC).encode() + data[at:]


def _field(random: Random, data: bytes, _: bytes) -> bytes:
    lines = data.split(b"\n")
    lines.insert(random.randint(0, len(lines)), random.choice(HEADERS).encode())
    return b"\n".join(lines)


def _drop_line(random: Random, data: bytes, _: bytes) -> bytes:
    lines = data.split(b"\n")
    del lines[random.randrange(len(lines))]
    return b"\n".join(lines)


def _swap_lines(random: Random, data: bytes, _: bytes) -> bytes:
    lines = data.split(b"\n")
    one, two = random.randrange(len(lines)), random.randrange(len(lines))
    lines[one], lines[two] = lines[two], lines[one]
    return b"\n".join(lines)


def _number(random: Random, data: bytes, _: bytes) -> bytes:
    places = [i for i, byte in enumerate(data[:5000]) if 48 <= byte <= 57]
    if not places:
        return data
    at = random.choice(places)
    number = random.choice((b"0", b"1", b"7", b"64", b"999", b"123456789", b"9" * 30))
    return data[:at] + number + data[at + 1 :]


def _splice(random: Random, data: bytes, other: bytes) -> bytes:
    start, end = _span(random, other, 400)
    at = random.randint(0, len(data))
    return data[:at] + other[start:end] + data[at:]


def _line_ends(random: Random, data: bytes, _: bytes) -> bytes:
    return data.replace(b"\r", b"").replace(b"\n", random.choice((b"\r\n", b"\r", b"\n\n")))


_INJURIES: tuple[Callable[[Random, bytes, bytes], bytes], ...] = (
    _cut, _end_early, _double, _flip, _flip, _token, _token, _field, _drop_line, _swap_lines,
    _number, _splice, _line_ends,
)  # fmt: skip


def _filled(piece: str, head: str = "") -> Maker:
    """As many copies of ``piece`` as fit, below a header."""

    def make(size: int) -> str:
        top = f"X:1\nT:t\n{head}M:4/4\nL:1/4\nK:C\n"
        return top + piece * max(1, (size - len(top)) // len(piece.encode()))

    return make


def _numbered(piece: str, last: str = "") -> Maker:
    """As many copies of ``piece`` as fit, each with its number in place of ``#``."""

    def make(size: int) -> str:
        top = "X:1\nT:t\nM:4/4\nL:1/4\nK:C\n"
        count = max(1, size // (len(piece) + 4))
        return top + "".join(piece.replace("#", str(i)) for i in range(count)) + last

    return make


def _nested(opens: str, closes: str, head: str, tail: str) -> Maker:
    def make(size: int) -> str:
        count = size // (len(opens) + len(closes))
        return f"X:1\nT:t\n{head}{opens * count}A{closes * count}{tail}"

    return make


# Shapes that trip readers which look ahead, recurse or start again: each makes a text of
# about the size asked for.
HOSTILE: dict[str, Maker] = {
    "one long line of notes": _filled("CDEF|"),
    "many lines": _filled("CDEF|\n"),
    "no bar line": _filled("C"),
    **{f"only {c!r}": _filled(c) for c in "[({\"!+&<>|:].-^_=/'%\\$~`yzZ0 \t@#"},
    **{
        f"only {s!r} lines": _filled(s + "\n")
        for s in ('"', "[", "(", "!", "&", "w:", "w: a-b", "+:x", "K:G", "V:1", "M:3/4", "P:A")
    },
    **{
        f"only {s!r}": _filled(s)
        for s in (
            "|:", ":|", "::", "|1", ":|2", "[1", "[1,2,3,4", "[1-64 C", "C-", "C -", "[CE]-",
            "(C", "C)", "(3", "(99:99:99C", "(3C", "{g", "{g}", "[C", "[CEG]", "[K:G]", "[K:",
            "[V:2]C", "[P:A]C", "!f!", "!f", "+f", "\"A\"", "\"A", "C>", "C<<<", "Z1000|", "Z",
            "A99999999", "A/", "C&D|", "C&", "&&C|", "^", "C,", "C'", "\\", "%%x\n", "[I:x]",
            "\\u00e9", "&amp;", "\u00e9", "\U0001d11e", "\x00", "C|\r", "C|\r\n", "[U:T=!f!]T",
        )
    },
    "voices": _numbered("[V:v#]C|"),
    "voices by line": _numbered("V:v#\nC|\n"),
    "verses": _filled("CDEF|\nw: la la\nw: lo lo\n"),
    "words that never end": _nested("la-", "", "M:4/4\nK:C\nCDEF|\nw:", "\n"),
    "a title that goes on": _nested("\n+:more", "", "T:x", "\nM:4/4\nK:C\nCDEF|\n"),
    "words that go on": _nested("\n+:more words", "", "M:4/4\nK:C\nCDEF|\nw:x", "\n"),
    "accents": _nested("\\'e", "", "T:", "\nK:C\nC|\n"),
    "parts in brackets": _nested("(", ")9", "P:", "\nK:C\nP:A\nCDEF|\n"),
    "parts in a row": _nested("A9", "", "P:", "\nK:C\nP:A\nCDEF|\n"),
    "macros": _numbered("m:x#=y\n", "CDEF|\n"),
    "a macro that grows": _filled("~G2", head="m:~G2=" + "GA" * 95 + "\n"),
    "a macro of macros": _filled("a", head="m:a=aaaaaaaaaaaaaaaaaaaa\n"),
    "symbols": _filled("q", head='U:q="^' + "x" * 200 + '"\n'),
    "tunes": lambda size: "".join(f"X:{i}\nK:C\nC|\n\n" for i in range(size // 16)),
    "tunes without end": lambda size: "X:1\n" * (size // 4),
    "free text": lambda size: "Some words here.\n\n" * (size // 18),
    "text block": _filled("words\n", head="%%begintext\n"),
    "header lines": _nested("N:note\n", "", "", "\nK:C\nC|\n"),
    "keys": _nested(" ^f", "", "K:D", "\nC|\n"),
    "meters": _nested("1+", "", "M:", "1/8\nK:C\nC|\n"),
    "tempo": _nested("1/4 ", "", "Q:", "=60\nK:C\nC|\n"),
    "voice properties": _nested(" name=x", "", "V:1", "\nK:C\nC|\n"),
    "no tune": lambda size: "\ufffd" * (size // 3),
    "blank": lambda size: "\n" * size,
}  # fmt: skip


def real_tunes(data: Path) -> list[bytes]:
    """The tune collections beside the project, where they are; else nothing."""
    found: list[bytes] = []
    for path in sorted(data.glob("*/*.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            rows = (json.loads(line) for line in lines)
            found += [str(row["abc"]).encode() for row in rows if row.get("abc")]
    for path in sorted(data.glob("*/*abc_raw.tar.gz")):
        with tarfile.open(path) as archive:
            for member in archive.getmembers():
                file = archive.extractfile(member) if member.name.endswith(".abc") else None
                if file is not None:
                    found += [b"X:" + part for part in file.read().split(b"\nX:")[:20]]
    return found
