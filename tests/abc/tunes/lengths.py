"""Meters, unit lengths, note lengths, rests, broken rhythm (2.1: 3.1.6, 3.1.7, 4.3 to 4.5)."""

from __future__ import annotations

from tests.abc.cases import Case

_UNEQUAL = "abc2midi gives up on broken rhythm between notes of unequal length"
_THIRDS = "abc2midi wants powers of two below the line"

CASES = [
    # unit lengths
    Case("unit-without-meter", "GABc", "G4*1/2 A4*1/2 B4*1/2 C5*1/2", head="K:C", bars="2"),
    Case("unit-free-meter", "GA|B", "G4*1/2 A4*1/2 B4*1/2", head="M:none\nK:C", bars="1 1/2"),
    Case("unit-three-four", "G2A2B2|", "G4 A4 B4", head="M:3/4\nK:C", bars="3"),
    Case(
        "unit-three-eight",
        "G2A2B2|",
        "G4*1/2 A4*1/2 B4*1/2",
        head="M:3/8\nK:C",
        bars="3/2",
        facts={"unit": "1/16"},
    ),
    Case("unit-six-eight", "GAB c3|", "G4*1/2 A4*1/2 B4*1/2 C5*3/2", head="M:6/8\nK:C"),
    Case("unit-common", "G4c4|", "G4*2 C5*2", head="M:C\nK:C", facts={"meter": "4/4"}),
    Case("unit-whole", "G|c|", "G4*4 C5*4", head="M:4/4\nL:1\nK:C", bars="4 4"),
    Case("unit-half", "Gc|", "G4*2 C5*2", head="M:4/4\nL:1/2\nK:C"),
    Case("unit-before-meter", "GcG|", "G4 C5 G4", head="L:1/4\nM:3/4\nK:C", bars="3"),
    Case("unit-last-counts", "GcG|", "G4 C5 G4", head="M:3/4\nL:1/16\nL:1/4\nK:C"),
    Case(
        "unit-inline",
        "G2[L:1/8]G2A2[L:1/2]B|",
        "G4*2 G4 A4 B4*2",
        bars="6",
        finds=("bar-too-long 6:1",),
    ),
    Case("unit-after-meter-change", "G4|\nM:2/4\nG2|", "G4*4 G4*2", bars="4 2"),
    Case(
        "unit-default-keeps",
        "GABc GABc|\nM:4/4\nG16|",
        "G4*1/4 A4*1/4 B4*1/4 C5*1/4 G4*1/4 A4*1/4 B4*1/4 C5*1/4 G4*4",
        head="M:2/4\nK:C",
        bars="2 4",
    ),
    # meters
    Case(
        "meter-sum",
        "GABcd|",
        "G4*1/2 A4*1/2 B4*1/2 C5*1/2 D5*1/2",
        head="M:(2+3)/8\nL:1/8\nK:C",
        bars="5/2",
        facts={"meter": "5/8"},
    ),
    Case(
        "meter-sum-bare",
        "GABcdef|",
        "G4*1/2 A4*1/2 B4*1/2 C5*1/2 D5*1/2 E5*1/2 F5*1/2",
        head="M:2+2+3/8\nL:1/8\nK:C",
        facts={"meter": "7/8"},
    ),
    Case(
        "meter-spaces", "GAB|", "G4 A4 B4", head="M: 3/4 \nL: 1/4 \nK: C ", facts={"meter": "3/4"}
    ),
    Case("meter-inline", "GABc|[M:3/4]GAB|[M:2/4]Gc|", "G4 A4 B4 C5 G4 A4 B4 G4 C5", bars="4 3 2"),
    Case("meter-to-free", "GABc|[M:none]G|A2|B3|", "G4 A4 B4 C5 G4 A4*2 B4*3", bars="4 1 2 3"),
    Case(
        "meter-unreadable",
        "GABc|G|",
        "G4 A4 B4 C5 G4",
        head="M:four\nL:1/4\nK:C",
        finds=("bad-meter 3:1",),
    ),
    Case(
        "unit-unreadable",
        "GABcGABc|",
        "G4*1/2 A4*1/2 B4*1/2 C5*1/2 G4*1/2 A4*1/2 B4*1/2 C5*1/2",
        head="M:4/4\nL:short\nK:C",
        finds=("bad-unit 4:1",),
        outside="abc2midi takes whole notes",
    ),
    # lengths
    Case("length-multiples", "G3A1|B4|", "G4*3 A4 B4*4"),
    Case(
        "length-halves", "G/A/B//c//d/2e/4f3/2|", "G4*1/2 A4*1/2 B4*1/4 C5*1/4 D5*1/2 E5*1/4 F5*3/2"
    ),
    Case(
        "length-slashes",
        "G///A///B//c/d/e2z|",
        "G4*1/8 A4*1/8 B4*1/4 C5*1/2 D5*1/2 E5*2",
        bars="9/2",
        finds=("bar-too-long 6:1",),
    ),
    Case("length-slash-after-number", "G3/A/B2|", "G4*3/2 A4*1/2 B4*2"),
    Case("length-unreduced", "G4/2A6/4B/|", "G4*2 A4*3/2 B4*1/2"),
    Case("length-long", "G16|", "G4*4", head="M:4/4\nL:1/16\nK:C"),
    Case("length-double-dotted", "G7A|", "G4*7/2 A4*1/2", head="M:4/4\nL:1/8\nK:C"),
    Case("length-third", "G/3A/3B/3c3|", "G4*1/3 A4*1/3 B4*1/3 C5*3", outside=_THIRDS),
    Case("length-128th", "G/32A31/32B3|", "G4*1/32 A4*31/32 B4*3"),
    Case("length-zero", "G0ABc|", "G4 A4 B4 C5", finds=("zero-length 6:2",)),
    Case(
        "length-over-zero",
        "G/0ABc|",
        "G4 A4 B4 C5",
        finds=("zero-length 6:2",),
        outside="abc2midi halves",
    ),
    Case(
        "length-absurd",
        "G99999999 ABc|",
        "G4 A4 B4 C5",
        finds=("absurd-length 6:2",),
        outside="abc2midi plays it",
    ),
    # rests
    Case("rest-lengths", "z/G/x/A/z3/2B/|", "- @1/2 G4*1/2 @3/2 A4*1/2 @7/2 B4*1/2"),
    Case("rest-whole-bar", "Z|GABc|", "@4 G4 A4 B4 C5", bars="4 4"),
    Case("rest-bars", "GABc|Z3|c4|", "G4 A4 B4 C5 @16 C5*4", bars="4 4 4 4 4"),
    Case("rest-invisible-bars", "X2|G4|", "@8 G4*4", bars="4 4 4"),
    Case(
        "rest-bars-other-meter",
        "GAB|[M:2/4]Z2|G2|",
        "G4 A4 B4 @7 G4*2",
        head="M:3/4\nL:1/4\nK:C",
        bars="3 2 2 2",
    ),
    Case("rest-spacer", "Gy2Ay Bc|", "G4 A4 B4 C5", bars="4"),
    Case("rest-in-chord", "[Gz]4|", "G4*4", bars="4"),
    # broken rhythm
    Case("broken-dotted", "G>A B<c|", "G4*3/2 A4*1/2 B4*1/2 C5*3/2"),
    Case("broken-double", "G>>A B<<c|", "G4*7/4 A4*1/4 B4*1/4 C5*7/4"),
    Case("broken-triple", "G>>>A B<<<c|", "G4*15/8 A4*1/8 B4*1/8 C5*15/8"),
    Case("broken-spaces", "G > A B< c|", "G4*3/2 A4*1/2 B4*1/2 C5*3/2"),
    Case("broken-long", "G2>A2|", "G4*3 A4"),
    Case("broken-rest", "G>z z<G|", "G4*3/2 @5/2 G4*3/2"),
    Case("broken-grace", "G{a}>A B>{c}c|", "G4*3/2 A4*1/2 B4*3/2 C5*1/2", facts={"graces": 2}),
    Case("broken-symbol", 'G>"Am"A G>"^x"A|', "G4*3/2 A4*1/2 G4*3/2 A4*1/2"),
    Case(
        "broken-decoration",
        "G>!f!A G>.A|",
        "G4*3/2 A4*1/2 G4*3/2 A4*1/2",
        outside="abc2midi plays staccato short",
    ),
    Case("broken-chords", "[GB]>[Ac] [GB]<c|", "G4+B4*3/2 A4+C5*1/2 G4+B4*1/2 C5*3/2"),
    Case("broken-slur", "(G>A) (B<c)|", "G4*3/2 A4*1/2 B4*1/2 C5*3/2"),
    Case("broken-tie", "G->G A2|", "G4*2 A4*2"),
    Case("broken-tie-after", "A>G- G2|", "A4*3/2 G4*5/2"),
    Case("broken-over-line", "G>\nA B2|", "G4*3/2 A4*1/2 B4*2"),
    Case("broken-inline-field", "G>[r:here]A B2|", "G4*3/2 A4*1/2 B4*2"),
    Case("broken-in-tuplet", "(3G>AB c2|", "G4 A4*1/3 B4*2/3 C5*2"),
    Case("broken-at-start", ">GABc|", "G4 A4 B4 C5", finds=("broken-rhythm-alone 6:1",)),
]
