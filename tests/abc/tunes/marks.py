"""Decorations, redefinable symbols, macros, annotations (2.1: 4.14 to 4.16, 4.19, 9)."""

from __future__ import annotations

from tests.abc.cases import Case

_PLAIN = "G4 A4 B4 C5"
_NAMES = """
trill( trill) lowermordent uppermordent mordent pralltriller roll turn turnx invertedturn
invertedturnx arpeggio > accent emphasis invertedfermata tenuto 0 1 2 3 4 5 + plus snap
slide wedge upbow downbow open thumb breath pppp ppp pp p mp mf f ff fff ffff sfz
crescendo( <( crescendo) <) diminuendo( >( diminuendo) >) segno coda D.S. D.C. dacoda
dacapo fine shortphrase mediumphrase longphrase trill fermata
"""
_PERFORMS = "abc2midi performs ornaments"
_MACROS = "abc2midi knows no macros"

CASES = [
    Case(
        "decoration-names",
        "".join(f"!{name}!G" for name in _NAMES.split()) + "|",
        "G4 " * len(_NAMES.split()),
        head="M:none\nL:1/4\nK:C",
        outside=_PERFORMS,
    ),
    Case("decoration-plus-signs", "+f+G+p+A+5+B+upbow+c|", _PLAIN),
    Case("decoration-stacked", "!f!!upbow!!1!G !p! !2! A Bc|", _PLAIN),
    Case("decoration-on-rest-and-bar", "!breath!zG!f!Ac!fine!|!segno!|G4|", "@1 G4 A4 C5 G4*4"),
    Case("decoration-on-chord", "!f![GB]2!p![Ac]2|", "G4+B4*2 A4+C5*2"),
    Case("decoration-shorthand", "uGvALBOc|SG4|", "G4 A4 B4 C5 G4*4"),
    Case(
        "decoration-shorthand-played",
        ".GHAMBPc|~GTA.B2|",
        "G4 A4 B4 C5 G4 A4 B4*2",
        outside=_PERFORMS,
    ),
    Case("decoration-unknown", "GA!mystery!Bc|", _PLAIN, finds=("unknown-decoration 6:3",)),
    Case(
        "decoration-never-closed",
        "GA!trill Bc|",
        _PLAIN,
        finds=("unclosed-decoration 6:3",),
    ),
    Case(
        "decoration-with-blank",
        "!da capo!GABc|",
        _PLAIN,
        finds=("unknown-decoration 6:1",),
    ),
    Case("line-break-old", "GABc|!\nG4|", "G4 A4 B4 C5 G4*4", finds=("?old-line-break 6:6",)),
    Case("line-break-dollar", "I:linebreak $\nGABc|$G4|", "G4 A4 B4 C5 G4*4"),
    Case(
        "line-break-bang",
        "GABc|!G4|!c4|",
        "G4 A4 B4 C5 G4*4 C5*4",
        head="M:4/4\nL:1/4\nI:linebreak !\nK:C",
        outside="abc2midi reads ! as a decoration",
    ),
    # redefinable symbols
    Case("symbol-header", "qGABc|", _PLAIN, head="M:4/4\nL:1/4\nU:q = !f!\nK:C"),
    Case(
        "symbol-body",
        "GABc|\nU:h=!p!\nhG4|",
        "G4 A4 B4 C5 G4*4",
    ),
    Case(
        "symbol-inline",
        "GABc|[U:h=!p!]hG4|",
        "G4 A4 B4 C5 G4*4",
    ),
    Case(
        "symbol-annotation",
        "kGABc|",
        _PLAIN,
        head='M:4/4\nL:1/4\nU:k = "^here"\nK:C',
        facts={"text.annotations": ["here"]},
    ),
    Case(
        "symbol-redefined",
        "TGTABc|",
        _PLAIN,
        head="M:4/4\nL:1/4\nU:T=!upbow!\nK:C",
        outside="abc2midi keeps the trill",
    ),
    Case(
        "symbol-taken-away",
        "TGTABc|",
        _PLAIN,
        head="M:4/4\nL:1/4\nU:T=!nil!\nK:C",
        outside=_PERFORMS,
    ),
    Case("symbol-undefined", "GAjBc|", _PLAIN, finds=("unknown-character 6:3",)),
    Case(
        "symbol-unreadable",
        "GABc|",
        _PLAIN,
        head="M:4/4\nL:1/4\nU:A=!f!\nK:C",
        finds=("bad-symbol 5:1",),
    ),
    # macros
    Case(
        "macro-static",
        "~G2Bc|",
        "G4*1/2 A4*1/2 G4 B4 C5",
        head="M:4/4\nL:1/4\nm: ~G2 = G/A/G\nK:C",
        outside=_MACROS,
    ),
    Case(
        "macro-other-length-stays",
        "HG2HG2|",
        "G4 A4 G4*2",
        head="M:4/4\nL:1/4\nm:HG2H = GAH\nK:C",
        outside="a decoration is left, which abc2midi plays",
    ),
    Case(
        "macro-grace",
        "~G2Bc|",
        "G4 G4 B4 C5",
        head="M:4/4\nL:1/4\nm:~G2={A}G{F}G\nK:C",
        facts={"graces": 2},
        outside=_MACROS,
    ),
    Case(
        "macro-transposing",
        "~G3c|~B3c|",
        "G4 A4 F4 C5 B4 C5 A4 C5",
        head="M:4/4\nL:1/4\nm: ~n3 = nom\nK:C",
        outside=_MACROS,
    ),
    Case(
        "macro-transposing-far",
        "~G4|~C4|",
        "G4 E4 B4 G5 C4 A3 E4 C5",
        head="M:4/4\nL:1/4\nm: ~n4 = nlpu\nK:C",
        outside=_MACROS,
    ),
    Case(
        "macro-in-body",
        "GABc|\nm:~G2=AB\n~G2Bc|",
        "G4 A4 B4 C5 A4 B4 B4 C5",
        outside="abc2midi takes m: in the header only",
    ),
    Case(
        "macro-not-in-text",
        '"^~G2"~G2Bc|',
        "A4 B4 B4 C5",
        head="M:4/4\nL:1/4\nm:~G2=AB\nK:C",
        facts={"text.annotations": ["~G2"]},
        outside=_MACROS,
    ),
    Case(
        "macro-unreadable",
        "GABc|",
        _PLAIN,
        head="M:4/4\nL:1/4\nm:nothing\nK:C",
        finds=("bad-macro 5:1",),
    ),
    # annotations and chord symbols
    Case(
        "annotation-places",
        '"^up"G"_down"A"<left"">right"B"@1,2 free"c|',
        _PLAIN,
        facts={
            "text.annotations": ["up", "down", "left", "right", "free"],
            "text.chord_symbols": [],
        },
    ),
    Case(
        "chord-symbols",
        '"G"G"Am7"A"Bb/D"B"F#m7b5"c|',
        _PLAIN,
        facts={
            "text.chord_symbols": ["G", "Am7", "Bb/D", "F#m7b5"],
            "voices.0.chord_symbols": [["0", "G"], ["1", "Am7"], ["2", "Bb/D"], ["3", "F#m7b5"]],
        },
    ),
    Case(
        "chord-symbol-alternative",
        '"G(Em)"G2"C"z2|',
        "G4*2",
        facts={"voices.0.chord_symbols": [["0", "G(Em)"], ["2", "C"]]},
    ),
    Case(
        "annotation-accents",
        "\"^\\'Eire &amp; \\u00e9t\\'e\"GABc|",
        _PLAIN,
        facts={"text.annotations": ["Éire & été"]},
    ),
    Case("text-never-closed", 'GABc|d2"Am e2|\nG4|]', None, finds=("unclosed-string 6:8",)),
    Case("symbol-line", 'GABc|\ns: "^slow" * !f! *', _PLAIN),
]
