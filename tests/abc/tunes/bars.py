"""Bar lines and bar lengths (2.1: 4.8)."""

from __future__ import annotations

from tests.abc.cases import Case

_TWO = "G4 A4 B4 C5 D5*4"


def _line(name: str, sign: str, outside: str = "") -> Case:
    return Case(f"line-{name}", f"GABc{sign}d4|", _TWO, bars="4 4", outside=outside)


CASES = [
    _line("double", "||"),
    _line("final", "|]"),
    _line("thick-thin", "[|"),
    _line("dotted", ".|"),
    _line("invisible", "[|]"),
    _line("triple", "|||"),
    _line("thick-thick", "|[|"),
    _line("spaced", "| |"),
    Case("line-at-both-ends", "|GABc|\n|d4|", _TWO, bars="4 4"),
    Case("line-opens-thick", "[|GABc|]\n||d4|]", _TWO, bars="4 4"),
    Case("line-missing-at-end", "GABc|d4", _TWO, bars="4 4"),
    Case("bar-over-line", "GA\nBc|d4|", _TWO, bars="4 4"),
    Case("bar-without-lines", "GA Bc", "G4 A4 B4 C5", bars="4"),
    # lengths
    Case(
        "bar-short",
        "GABc|GA|d4|",
        "G4 A4 B4 C5 G4 A4 D5*4",
        bars="4 2 4",
        finds=("bar-too-short 6:6",),
    ),
    Case(
        "bar-long",
        "GABc|GABcd|d4|",
        "G4 A4 B4 C5 G4 A4 B4 C5 D5 D5*4",
        bars="4 5 4",
        finds=("bar-too-long 6:6",),
    ),
    Case(
        "bar-long-first",
        "GABcd|d4|",
        "G4 A4 B4 C5 D5 D5*4",
        bars="5 4",
        finds=("bar-too-long 6:1",),
    ),
    Case(
        "bar-long-last",
        "GABc|d4e|]",
        "G4 A4 B4 C5 D5*4 E5",
        bars="4 5",
        finds=("bar-too-long 6:6",),
    ),
    Case("pickup", "G|GABc|d4|]", "G4 G4 A4 B4 C5 D5*4", bars="1 4 4"),
    Case("pickup-and-complement", "G|GABc|d3|]", "G4 G4 A4 B4 C5 D5*3", bars="1 4 3"),
    Case(
        "pickup-wrong-complement",
        "G|GABc|d2|]",
        "G4 G4 A4 B4 C5 D5*2",
        bars="1 4 2",
        finds=("bar-too-short 6:8",),
    ),
    Case(
        "pickup-inside-repeat",
        "|:G|GABc|d3:|",
        "G4 G4 A4 B4 C5 D5*3",
        bars="1 4 3",
        plays="G4 G4 A4 B4 C5 D5*3 G4 G4 A4 B4 C5 D5*3",
    ),
    Case(
        "pickup-to-second-part",
        "G|GABc|d3:|:e|fgab|c'3:|",
        "G4 G4 A4 B4 C5 D5*3 E5 F5 G5 A5 B5 C6*3",
        bars="1 4 3 1 4 3",
        plays="G4 G4 A4 B4 C5 D5*3 G4 G4 A4 B4 C5 D5*3 E5 F5 G5 A5 B5 C6*3 E5 F5 G5 A5 B5 C6*3",
    ),
    Case(
        "bar-split-by-repeat",
        "|:GABc|d2:|:e2|c4:|",
        "G4 A4 B4 C5 D5*2 E5*2 C5*4",
        bars="4 2 2 4",
        plays="G4 A4 B4 C5 D5*2 G4 A4 B4 C5 D5*2 E5*2 C5*4 E5*2 C5*4",
    ),
    Case(
        "bar-split-by-double-bar", "GABc|d2||e2|c4|]", "G4 A4 B4 C5 D5*2 E5*2 C5*4", bars="4 2 2 4"
    ),
    Case(
        "bar-split-by-line",
        "GABc|d2|\ne2|c4|]",
        "G4 A4 B4 C5 D5*2 E5*2 C5*4",
        bars="4 2 2 4",
        finds=("?split-bar 6:6",),
    ),
    Case(
        "bar-endings-complete-pickup",
        "G|:GABc|1d3:|2d4|]",
        "G4 G4 A4 B4 C5 D5*3 D5*4",
        bars="1 4 3 4",
        plays="G4 G4 A4 B4 C5 D5*3 G4 A4 B4 C5 D5*4",
    ),
    Case(
        "bar-meter-change",
        "GABc|\nM:3/4\nGAB|GA|",
        "G4 A4 B4 C5 G4 A4 B4 G4 A4",
        bars="4 3 2",
        finds=("bar-too-short 8:5",),
    ),
    Case(
        "bar-free-meter", "G|AB|cde|", "G4 A4 B4 C5 D5 E5", head="M:none\nL:1/4\nK:C", bars="1 2 3"
    ),
    Case(
        "bar-rests-only",
        "GABc|z2|d4|",
        "G4 A4 B4 C5 @6 D5*4",
        bars="4 2 4",
        finds=("bar-too-short 6:6",),
    ),
]
