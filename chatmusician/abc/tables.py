"""Fixed knowledge about ABC 2.1 as tables: letters, modes, decorations, charsets."""

from __future__ import annotations

from typing import Final

STEP_LETTERS: Final = "CDEFGAB"
STEP_SEMITONES: Final[tuple[int, ...]] = (0, 2, 4, 5, 7, 9, 11)

# How many fifths a mode lies from the major key on the same tonic.
MODES: Final[dict[str, tuple[str, int]]] = {
    "": ("major", 0),
    "maj": ("major", 0),
    "ion": ("major", 0),
    "m": ("minor", -3),
    "min": ("minor", -3),
    "aeo": ("minor", -3),
    "dor": ("dorian", -2),
    "phr": ("phrygian", -4),
    "lyd": ("lydian", 1),
    "mix": ("mixolydian", -1),
    "loc": ("locrian", -5),
}

# Steps (C=0 … B=6) in the order in which sharps enter a key signature.
SHARP_ORDER: Final[tuple[int, ...]] = (3, 0, 4, 1, 5, 2, 6)

# Fifths of the natural letters counted from C.
STEP_FIFTHS: Final[tuple[int, ...]] = (0, 2, 4, -1, 1, 3, 5)

CLEFS: Final = frozenset(
    {
        "treble",
        "bass",
        "alto",
        "tenor",
        "soprano",
        "mezzosoprano",
        "baritone",
        "none",
        "perc",
        "drum",
        "bass3",
        "treble1",
        "alto1",
        "alto2",
        "alto4",
    }
)

SHORTHAND: Final[dict[str, str]] = {
    ".": "staccato",
    "~": "roll",
    "H": "fermata",
    "L": "accent",
    "M": "lowermordent",
    "O": "coda",
    "P": "uppermordent",
    "S": "segno",
    "T": "trill",
    "u": "upbow",
    "v": "downbow",
}

DECORATION_ALIASES: Final[dict[str, str]] = {
    ">": "accent",
    "emphasis": "accent",
    "+": "plus",
    "mordent": "lowermordent",
    "pralltriller": "uppermordent",
    "<(": "crescendo(",
    "<)": "crescendo)",
    ">(": "diminuendo(",
    ">)": "diminuendo)",
    "dc": "D.C.",
    "ds": "D.S.",
    "dacapo": "D.C.",
    "dacoda": "dacoda",
    "^": "marcato",
    "v": "downbow",
    "u": "upbow",
}

DECORATIONS: Final = frozenset(
    {
        "trill",
        "trill(",
        "trill)",
        "lowermordent",
        "uppermordent",
        "roll",
        "turn",
        "turnx",
        "invertedturn",
        "invertedturnx",
        "arpeggio",
        "accent",
        "marcato",
        "fermata",
        "invertedfermata",
        "tenuto",
        "staccato",
        "0",
        "1",
        "2",
        "3",
        "4",
        "5",
        "plus",
        "snap",
        "slide",
        "wedge",
        "upbow",
        "downbow",
        "open",
        "thumb",
        "breath",
        "pppp",
        "ppp",
        "pp",
        "p",
        "mp",
        "mf",
        "f",
        "ff",
        "fff",
        "ffff",
        "sfz",
        "crescendo(",
        "crescendo)",
        "diminuendo(",
        "diminuendo)",
        "segno",
        "coda",
        "D.S.",
        "D.C.",
        "dacoda",
        "dacapo",
        "fine",
        "shortphrase",
        "mediumphrase",
        "longphrase",
        "editorial",
        "courtesy",
        # Not in 2.1, understood by the common programs all the same:
        "tremolo",
        "sfp",
        "fp",
        "fz",
        "sf",
        "rf",
        "rfz",
        "heel",
        "toe",
        "invisible",
        "nil",
        "none",
        "D.C.alcoda",
        "D.C.alfine",
        "D.S.alcoda",
        "D.S.alfine",
        "umarcato",
        "trem1",
        "trem2",
        "trem3",
        "trem4",
        "/",
        "//",
        "///",
        "dot",
        "gmark",
        "8va(",
        "8va)",
        "8vb(",
        "8vb)",
        "15ma(",
        "15ma)",
        "ped",
        "ped-up",
        "beambr1",
        "beambr2",
        "stemless",
        "cresc(",
        "cresc)",
        "dim(",
        "dim)",
        "~(",
        "~)",
        "rbend",
        "cpu",
        "tie",
        "cross",
        "xstem",
        "style=x",
        "style=normal",
        "style=rhythm",
        "style=harmonic",
        "style=triangle",
        "style=square",
        "head-x",
    }
)

# Letters of information fields, and where 2.1 allows them.
HEADER_FIELDS: Final = "ABCDFGHIKLMmNOPQRrSTUVWwXZ"
BODY_FIELDS: Final = "IKLMmNPQRrsTUVWw"
INLINE_FIELDS: Final = "IKLMmNPQRrUV"

# Names by which a file may declare its encoding (%%abc-charset), lower case.
CHARSETS: Final[dict[str, str]] = {
    "utf-8": "utf-8",
    "utf8": "utf-8",
    "us-ascii": "utf-8",
    "ascii": "utf-8",
    **{f"iso-8859-{n}": f"iso-8859-{n}" for n in range(1, 11)},
    **{f"iso8859-{n}": f"iso-8859-{n}" for n in range(1, 11)},
    "latin-1": "iso-8859-1",
    "latin1": "iso-8859-1",
    "windows-1252": "cp1252",
    "cp1252": "cp1252",
    "windows-1250": "cp1250",
}
