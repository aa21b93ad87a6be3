"""Grace notes (2.1: 4.12): counted, without time."""

from __future__ import annotations

from tests.abc.cases import Case

CASES = [
    Case("grace-one", "{a}G2c2|", "G4*2 C5*2", facts={"graces": 1}),
    Case("grace-several", "{GdGe}A2c2|", "A4*2 C5*2", facts={"graces": 4}),
    Case("grace-slash", "{/a}G2{/gagab}c2|", "G4*2 C5*2", facts={"graces": 6}),
    Case("grace-lengths", "{a3/2b/}G2{a>b}c2|", "G4*2 C5*2", facts={"graces": 4}),
    Case("grace-before-chord", "{a}[GB]2{b}[Ac]2|", "G4+B4*2 A4+C5*2", facts={"graces": 2}),
    Case("grace-before-rest", "{a}z2G2|", "@2 G4*2", facts={"graces": 1}),
    Case("grace-before-bar", "G4{a}|c4|", "G4*4 C5*4", facts={"graces": 1}),
    Case("grace-accidental", "{^f}g2=f2|", "G5*2 F5*2", facts={"graces": 1}),
    Case("grace-empty", "{}GABc|", "G4 A4 B4 C5", facts={"graces": 0}),
    Case(
        "grace-and-symbol",
        '{a}"Am"G2"C"{b}c2|',
        "G4*2 C5*2",
        facts={"text.chord_symbols": ["Am", "C"]},
    ),
    Case(
        "grace-never-closed",
        "G{ABc|d4|]",
        "G4 D5*4",
        finds=("unclosed-grace 6:2",),
        outside="abc2midi loses the second bar",
    ),
]
