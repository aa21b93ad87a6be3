"""Tuplets and chords (2.1: 4.13, 4.17)."""

from __future__ import annotations

from tests.abc.cases import Case

CASES = [
    # tuplets
    Case("tuplet-two", "(2GA B|", "G4*3/2 A4*3/2 B4"),
    Case("tuplet-three", "(3GAB c2|", "G4*2/3 A4*2/3 B4*2/3 C5*2"),
    Case("tuplet-four", "(4GABc d|", "G4*3/4 A4*3/4 B4*3/4 C5*3/4 D5"),
    Case("tuplet-five", "(5GABcd e2|", "G4*2/5 A4*2/5 B4*2/5 C5*2/5 D5*2/5 E5*2"),
    Case("tuplet-six", "(6GABcde f2|", "G4*1/3 A4*1/3 B4*1/3 C5*1/3 D5*1/3 E5*1/3 F5*2"),
    Case(
        "tuplet-seven-compound",
        "(7GABcdef g3|",
        "G4*3/14 A4*3/14 B4*3/14 C5*3/14 D5*3/14 E5*3/14 F5*3/14 G5*3/2",
        head="M:6/8\nL:1/8\nK:C",
    ),
    Case(
        "tuplet-seven-simple",
        "(7GABcdef g2|",
        "G4*2/7 A4*2/7 B4*2/7 C5*2/7 D5*2/7 E5*2/7 F5*2/7 G5*2",
    ),
    Case(
        "tuplet-eight",
        "(8GABcdefg a|",
        "G4*3/8 A4*3/8 B4*3/8 C5*3/8 D5*3/8 E5*3/8 F5*3/8 G5*3/8 A5",
    ),
    Case(
        "tuplet-nine-compound",
        "(9GABcdefga b6|",
        "G4*1/6 A4*1/6 B4*1/6 C5*1/6 D5*1/6 E5*1/6 F5*1/6 G5*1/6 A5*1/6 B5*3",
        head="M:9/8\nL:1/8\nK:C",
    ),
    Case(
        "tuplet-five-twelve-eight",
        "(5GABcd e9|",
        "G4*3/10 A4*3/10 B4*3/10 C5*3/10 D5*3/10 E5*9/2",
        head="M:12/8\nL:1/8\nK:C",
    ),
    Case(
        "tuplet-three-in-six-eight",
        "(3GAB c2 d2|",
        "G4*1/3 A4*1/3 B4*1/3 C5 D5",
        head="M:6/8\nL:1/8\nK:C",
    ),
    Case("tuplet-ratio", "(3:4GAB|", "G4*4/3 A4*4/3 B4*4/3"),
    Case("tuplet-empty-ratio", "(3::GAB (3:GAB|", "G4*2/3 A4*2/3 B4*2/3 G4*2/3 A4*2/3 B4*2/3"),
    Case("tuplet-empty-middle", "(3::2G2A c2|", "G4*4/3 A4*2/3 C5*2"),
    Case("tuplet-more-notes", "(3:2:4GA/B/c d2|", "G4*2/3 A4*1/3 B4*1/3 C5*2/3 D5*2"),
    Case("tuplet-lengths", "(3G3AB2|", "G4*2 A4*2/3 B4*4/3"),
    Case("tuplet-space-after", "(3 GAB c2|", "G4*2/3 A4*2/3 B4*2/3 C5*2"),
    Case("tuplet-over-space", "(3G AB c2|", "G4*2/3 A4*2/3 B4*2/3 C5*2"),
    Case("tuplet-rest", "(3GzB c2|", "G4*2/3 @4/3 B4*2/3 C5*2"),
    Case("tuplet-chords", "(3[GB][Ac]B c2|", "G4+B4*2/3 A4+C5*2/3 B4*2/3 C5*2"),
    Case("tuplet-graces", "(3{a}GA{cd}B c2|", "G4*2/3 A4*2/3 B4*2/3 C5*2", facts={"graces": 3}),
    Case("tuplet-slur-inside", "(3(GAB) c2|", "G4*2/3 A4*2/3 B4*2/3 C5*2"),
    Case("tuplet-slur-around", "((3GAB c2)|", "G4*2/3 A4*2/3 B4*2/3 C5*2"),
    Case("tuplet-tie-out", "(3GAB-B2|", "G4*2/3 A4*2/3 B4*8/3"),
    Case(
        "tuplet-marks",
        '(3.G"Am"!f!A"^t"B c2|',
        "G4*2/3 A4*2/3 B4*2/3 C5*2",
        outside="abc2midi plays staccato short",
    ),
    Case("tuplet-after-tuplet", "(3GAB(3cde|", "G4*2/3 A4*2/3 B4*2/3 C5*2/3 D5*2/3 E5*2/3"),
    Case("tuplet-over-line", "(3GA\nB c2|", "G4*2/3 A4*2/3 B4*2/3 C5*2"),
    Case(
        "tuplet-short",
        "GABc|(3GA|",
        "G4 A4 B4 C5 G4*2/3 A4*2/3",
        finds=("tuplet-short 6:6",),
        bars="4 4/3",
    ),
    Case(
        "tuplet-zero",
        "(0GABc|",
        "G4 A4 B4 C5",
        finds=("bad-tuplet 6:1",),
    ),
    # chords
    Case("chord-plain", "[CEGc]4|", "C4+E4+G4+C5*4"),
    Case("chord-inner-length", "[C2E2]G2|", "C4+E4*2 G4*2"),
    Case(
        "chord-both-lengths",
        "[C2E2]3/2G|",
        "C4+E4*3 G4",
        outside="abc2midi misreads 3/2 after a chord",
    ),
    Case("chord-slash", "[CE]/[DF]//E13/4|", "C4+E4*1/2 D4+F4*1/4 E4*13/4"),
    Case("chord-one-note", "[C]2[c]2|", "C4*2 C5*2"),
    Case("chord-unison", "[DD]4|", "D4+D4*4"),
    Case("chord-accidentals", "[^C_E]2[CE]2|[CE]4|", "C#4+Eb4*2 C#4+Eb4*2 C4+E4*4"),
    Case("chord-octaves", "[C,Ec']4|", "C3+E4+C6*4"),
    Case(
        "chord-marks-inside",
        '[!1!C!3!E!5!G]2"Am"[.CE]2|',
        "C4+E4+G4*2 C4+E4*2",
    ),
    Case("chord-spaces", "[ C E G ]4|", "C4+E4+G4*4"),
    Case(
        "chord-unequal",
        "[C2E]D2|",
        "@0 C4*2 @0 E4 @2 D4*2",
        outside="abc2midi gives all notes the length of the first",
    ),
    Case(
        "chord-unequal-short-first",
        "[CE2]D3|",
        "@0 C4 @0 E4*2 @1 D4*3",
        outside="abc2midi gives all notes the length of the first",
    ),
    Case("chord-key", "[DFA]4|", "D4+F#4+A4*4", head="M:4/4\nL:1/4\nK:D"),
    Case("chord-then-note-accidental", "[D^F]F [=FA]F|", "D4+F#4 F#4 F4+A4 F4"),
    Case("chord-empty", "GABc[]|", "G4 A4 B4 C5", finds=("empty-chord 6:5",)),
]
