"""Voices and overlays (2.1: 7)."""

from __future__ import annotations

from tests.abc.cases import Case

CASES = [
    Case(
        "voice-blocks",
        "V:1\nGABc|d4|\nV:2\nC4|D4|",
        {"1": "G4 A4 B4 C5 D5*4", "2": "C4*4 D4*4"},
        bars="4 4",
    ),
    Case(
        "voice-lines",
        "[V:1]GABc|\n[V:2]C4|\n[V:1]d4|\n[V:2]D4|",
        {"1": "G4 A4 B4 C5 D5*4", "2": "C4*4 D4*4"},
    ),
    Case(
        "voice-inside-line",
        "[V:1]GABc|[V:2]C4|[V:1]d4|[V:2]D4|",
        {"1": "G4 A4 B4 C5 D5*4", "2": "C4*4 D4*4"},
    ),
    Case(
        "voice-in-header",
        "[V:lo]C4|\n[V:hi]GABc|",
        {"hi": "G4 A4 B4 C5", "lo": "C4*4"},
        head='M:4/4\nL:1/4\nV:hi clef=treble name="High voice" snm="H."\nV:lo clef=bass\nK:C',
    ),
    Case("voice-unused", "[V:1]GABc|", {"1": "G4 A4 B4 C5"}, head="M:4/4\nL:1/4\nV:1\nV:2\nK:C"),
    Case("voice-first-unnamed", "GABc|\nV:2\nC4|", {"1": "G4 A4 B4 C5", "2": "C4*4"}),
    Case(
        "voice-key-of-its-own",
        "V:1\nF4|[K:G]F4|\nV:2\nF4|F4|",
        {"1": "F4*4 F#4*4", "2": "F4*4 F4*4"},
    ),
    Case(
        "voice-unit-of-its-own",
        "V:1\nL:1/8\nGABcdefg|\nV:2\nC4|",
        {"1": "G4*1/2 A4*1/2 B4*1/2 C5*1/2 D5*1/2 E5*1/2 F5*1/2 G5*1/2", "2": "C4*4"},
    ),
    Case(
        "voice-meter-in-each",
        "[V:1]G4|[M:3/4]G3|\n[V:2]C4|[M:3/4]C3|",
        {"1": "G4*4 G4*3", "2": "C4*4 C4*3"},
        bars="4 3",
    ),
    Case("voice-octaves", "V:1 clef=treble-8\nC4|\nV:2 octave=1\nC4|", {"1": "C3*4", "2": "C5*4"}),
    Case(
        "voice-accidentals-apart",
        "V:1\n^F2\nV:2\nF2\nV:1\nF2|\nV:2\nF2|",
        {"1": "F#4*2 F#4*2", "2": "F4*2 F4*2"},
    ),
    Case("voice-ties-apart", "[V:1]G4-|[V:2]G4|[V:1]G4|[V:2]G4|", {"1": "G4*8", "2": "G4*4 G4*4"}),
    Case("voice-rests", "[V:1]GABc|d4|\n[V:2]Z2|", {"1": "G4 A4 B4 C5 D5*4", "2": ""}),
    Case("voice-score", "%%score (1 2)\n[V:1]GABc|\n[V:2]C4|", {"1": "G4 A4 B4 C5", "2": "C4*4"}),
    Case(
        "voice-repeats",
        "[V:1]|:G4:|c4|\n[V:2]|:C4:|E4|",
        {"1": "G4*4 C5*4", "2": "C4*4 E4*4"},
        plays="G4*4 G4*4 C5*4 @0 C4*4 C4*4 E4*4",
    ),
    Case(
        "voice-repeats-in-one",
        "[V:1]|:G4:|c4|\n[V:2]C4|E4|",
        {"1": "G4*4 C5*4", "2": "C4*4 E4*4"},
        plays="G4*4 G4*4 C5*4 @0 C4*4 C4*4 E4*4",
        outside="abc2midi repeats only the voice with the signs",
    ),
    Case(
        "voice-fewer-bars",
        "[V:1]GABc|d4|\n[V:2]C4|",
        {"1": "G4 A4 B4 C5 D5*4", "2": "C4*4"},
        finds=("voice-length 7:6",),
    ),
    Case("voice-without-name", "V:\nGABc|", "G4 A4 B4 C5", finds=("bad-voice 6:1",)),
    Case("overlay-one", "GABc&C4|d4|", "G4 A4 B4 C5 @0 C4*4 D5*4", bars="4 4"),
    Case("overlay-two", "GABc&C4&E2E2|", "G4 A4 B4 C5 @0 C4*4 @0 E4*2 E4*2", bars="4"),
    Case("overlay-each-bar", "GABc&C4|d4&D2E2|", "G4 A4 B4 C5 D5*4 @0 C4*4 D4*2 E4*2"),
    Case("overlay-accidentals", "^F4&F4|F4|", "F#4*4 @0 F4*4 F4*4"),
    Case("overlay-tie", "G4-&C4-|G4&C4|", "G4*8 @0 C4*8"),
    Case("overlay-in-voice", "[V:1]G4&E4|\n[V:2]C4|", {"1": "G4*4 @0 E4*4", "2": "C4*4"}),
    Case("overlay-continued", "A4|GABc&\\\nC4|", "A4*4 G4 A4 B4 C5 @4 C4*4", bars="4 4"),
    Case(
        "overlay-two-bars",
        "GABc|d4|&&C4|D4|",
        "G4 A4 B4 C5 D5*4 @0 C4*4 D4*4",
        bars="4 4",
        outside="abc2midi goes back one bar",
    ),
    Case(
        "overlay-short",
        "GABc&C2|d4|",
        "G4 A4 B4 C5 @0 C4*2 @4 D5*4",
        bars="4 4",
        finds=("overlay-length 6:1",),
    ),
]
