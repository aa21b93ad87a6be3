"""Chord symbols: ``"Am7/G"`` as root, kind and bass."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from chatmusician.abc.musicxml.write_text import escape
from chatmusician.music.chords import MUSICXML_KINDS

_SYMBOL: Final = re.compile(
    r"\s*(?P<root>[A-G])(?P<sign>[#♯b♭]?)(?P<kind>(?:[^/]|/\d)*?)"
    r"(?:/(?P<bass>[A-Ga-g])(?P<bass_sign>[#♯b♭+]?))?\s*$"
)
# What a chord quality is made of; anything else is a word such as "Allegro".
_QUALITY: Final = re.compile(
    r"(?:maj|Maj|MAJ|min|Min|dim|aug|sus|add|no|omit|alt|ma|mi|[mM+°øoØΔ^\-#b♯♭(),\d]|/\d)*"
)
_DEGREE: Final = re.compile(r"(add|no|omit|[#♯+b♭\-])\(?(\d{1,2})")
_ALTERS: Final = {"#": 1, "♯": 1, "+": 1, "b": -1, "♭": -1, "-": -1, "add": 0}
_NO_CHORD: Final = re.compile(r"\s*N\.?\s?C\.?\s*")

_BY_TEXT: Final = {text: kind for kind, texts in MUSICXML_KINDS.items() for text in texts}


@dataclass(frozen=True)
class ChordName:
    """``degrees`` are (number, alteration, "add" | "alter" | "subtract")."""

    root: str
    sign: str
    quality: str
    kind: str
    bass: str
    bass_sign: str
    degrees: tuple[tuple[str, int, str], ...]


@lru_cache(maxsize=1024)
def parse_chord(text: str) -> ChordName | None:
    """The chord a text names; None where it names none."""
    if _NO_CHORD.fullmatch(text):
        return ChordName("", "", text.strip(), "none", "", "", ())
    found = _SYMBOL.match(text)
    if not found:
        return None
    quality = found["kind"].strip()
    if not _QUALITY.fullmatch(quality):
        return None
    kind, degrees = _kind(quality)
    return ChordName(
        found["root"],
        found["sign"],
        quality,
        kind,
        found["bass"] or "",
        found["bass_sign"] or "",
        degrees,
    )


def _kind(quality: str) -> tuple[str, tuple[tuple[str, int, str], ...]]:
    """The kind, and the degrees that the text adds to it; "other" where it is not known."""
    if quality in _BY_TEXT:
        return _BY_TEXT[quality], ()
    for cut in range(len(quality) - 1, -1, -1):
        base, rest = quality[:cut].rstrip("("), quality[cut:].strip("()")
        degrees = list(_DEGREE.finditer(rest))
        if base in _BY_TEXT and degrees and _DEGREE.sub("", rest).strip("(), /") == "":
            return _BY_TEXT[base], tuple(_degree(match[1], match[2]) for match in degrees)
    return "other", ()


def _degree(sign: str, number: str) -> tuple[str, int, str]:
    if sign in ("no", "omit"):
        return number, 0, "subtract"
    return number, _ALTERS[sign], "alter" if number == "5" and sign != "add" else "add"


def harmony(name: ChordName, id: str) -> str:
    """The <harmony> element; kind@text keeps the quality as the tune spells it."""
    usual = name.sign in ("", "#", "b")
    shown = "" if usual else f' text="{name.root}{name.sign}"'
    step = f"<root-step{shown}>{name.root}</root-step>"
    if name.kind == "none":
        step = '<root-step text="">C</root-step>'
    root_alter = _alter("root", name.sign, shown=usual)
    parts = [f'<harmony id="{id}"><root>{step}{root_alter}</root>']
    parts.append(f'<kind text="{escape(name.quality)}">{name.kind}</kind>')
    if name.bass:
        step = name.bass.upper()
        usual = name.bass_sign in ("", "#", "b")
        text = name.bass if usual else name.bass + name.bass_sign
        shown = "" if text == step else f' text="{text}"'
        sign = _alter("bass", name.bass_sign, shown=usual)
        parts.append(f"<bass><bass-step{shown}>{step}</bass-step>{sign}</bass>")
    for number, alter, kind in name.degrees:
        parts.append(
            f'<degree print-object="no"><degree-value>{number}</degree-value>'
            f"<degree-alter>{alter}</degree-alter><degree-type>{kind}</degree-type></degree>"
        )
    parts.append("</harmony>")
    return "".join(parts)


def _alter(of: str, sign: str, *, shown: bool) -> str:
    """The alteration; not ``shown`` where the text of the step has its sign already."""
    if not sign:
        return ""
    hidden = "" if shown else ' print-object="no"'
    return f"<{of}-alter{hidden}>{_ALTERS[sign]}</{of}-alter>"
