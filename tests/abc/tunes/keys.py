"""Pitch: octaves, accidentals, keys, clefs, transposition (2.1: 3.1.14, 4.1, 4.2, 4.6, 11.3)."""

from __future__ import annotations

from tests.abc.cases import Case


def _key(
    name: str, value: str, notes: str, known: str, music: str = "CDEF|GABc|", outside: str = ""
) -> Case:
    return Case(
        name, music, notes, head=f"M:4/4\nL:1/4\nK:{value}", facts={"key": known}, outside=outside
    )


_NOTHING = "abc2midi wants a tonic in the first K:"
_NATURAL = "C4 D4 E4 F4 G4 A4 B4 C5"

CASES = [
    # octaves
    Case("octave-down", "C,D,,E,,,F|", "C3 D2 E1 F4"),
    Case("octave-up", "cd'e''C'|", "C5 D6 E7 C5"),
    Case("octave-mixed", "C,'D',c,,'e,|", "C4 D4 C4 E4"),
    # accidentals
    Case(
        "sharp-flat-natural",
        "^F_B=F^^C|__E=E4|",
        "F#4 Bb4 F4 D4 D4 E4*4",
        bars="4 5",
        finds=("bar-too-long 6:11",),
    ),
    Case("accidental-bar-end", "^FFzF|F4||^F4||F4|]", "F#4 F#4 @3 F#4 F4*4 F#4*4 F4*4"),
    Case("accidental-all-octaves", "^FfF,=f|F4|", "F#4 F#5 F#3 F5 F4*4"),
    Case("accidental-natural-in-key", "F=FFf|F4|", "F#4 F4 F4 F5 F#4*4", head="M:4/4\nL:1/4\nK:G"),
    Case("accidental-double-then-single", "^^FF^FF|", "G4 G4 F#4 F#4"),
    Case("accidental-over-tie", "^F4-|F4|F4|", "F#4*8 F4*4"),
    Case("accidental-tie-then-natural", "_B3B-|BBBB|", "Bb4*3 Bb4*2 B4 B4 B4"),
    Case("accidental-dotted-bar", "^F4.|F4|", "F#4*4 F4*4"),
    Case("accidental-octave-scope", "%%propagate-accidentals octave\n^FfFf|", "F#4 F5 F#4 F5"),
    Case("accidental-pitch-scope", "%%propagate-accidentals pitch\n^FfFf|", "F#4 F#5 F#4 F#5"),
    Case("accidental-no-scope", "%%propagate-accidentals not\n^FFf^f|", "F#4 F4 F5 F#5"),
    Case(
        "accidental-scope-in-header",
        "^FFf^f|",
        "F#4 F4 F5 F#5",
        head="%%propagate-accidentals not\nM:4/4\nL:1/4\nK:C",
    ),
    Case(
        "accidental-scope-field",
        "^FFf^f|",
        "F#4 F4 F5 F#5",
        head="I:propagate-accidentals not\nM:4/4\nL:1/4\nK:C",
        outside="abc2midi 4.84 knows only the %% form",
    ),
    Case(
        "accidental-alone",
        "GA^|Bc2|",
        "G4 A4 B4 C5*2",
        finds=("accidental-without-note 6:3", "bar-too-short 6:5"),
    ),
    # keys
    _key("key-major", "E", "C#4 D#4 E4 F#4 G#4 A4 B4 C#5", "E major"),
    _key("key-flat-tonic", "Ab", "C4 Db4 Eb4 F4 G4 Ab4 Bb4 C5", "Ab major"),
    _key("key-sharp-minor", "F#m", "C#4 D4 E4 F#4 G#4 A4 B4 C#5", "F# minor"),
    _key("key-minor-word", "G minor", "C4 D4 Eb4 F4 G4 A4 Bb4 C5", "G minor"),
    _key("key-minor-capitals", "CMIN", "C4 D4 Eb4 F4 G4 Ab4 Bb4 C5", "C minor"),
    _key("key-aeolian", "Baeo", "C#4 D4 E4 F#4 G4 A4 B4 C#5", "B minor"),
    _key("key-ionian", "Bb Ionian", "C4 D4 Eb4 F4 G4 A4 Bb4 C5", "Bb major"),
    _key("key-dorian", "Edor", "C#4 D4 E4 F#4 G4 A4 B4 C#5", "E dorian"),
    _key("key-phrygian", "F# Phr", "C#4 D4 E4 F#4 G4 A4 B4 C#5", "F# phrygian"),
    _key("key-lydian", "EbLyd", "C4 D4 Eb4 F4 G4 A4 Bb4 C5", "Eb lydian"),
    _key("key-mixolydian", "AMixolydian", "C#4 D4 E4 F#4 G4 A4 B4 C#5", "A mixolydian"),
    _key("key-locrian", "Bloc", _NATURAL, "B locrian"),
    _key(
        "key-seven-sharps",
        "C#",
        "C#4 D#4 E#4 F#4 G#4 A#4 B#4 C#5".replace("E#4", "F4").replace("B#4", "C5"),
        "C# major",
    ),
    _key("key-seven-flats", "Abm", "B3 Db4 Eb4 E4 Gb4 Ab4 Bb4 B4", "Ab minor"),
    _key("key-none", "none", _NATURAL, "none"),
    _key("key-empty", "", _NATURAL, "none", outside=_NOTHING),
    _key("key-added-accidental", "D Phr ^f", "C4 D4 Eb4 F#4 G4 A4 Bb4 C5", "D phrygian"),
    _key("key-removed-accidental", "D =c", "C4 D4 E4 F#4 G4 A4 B4 C5", "D major"),
    _key("key-removed-accidental-mode", "D maj =c", "C4 D4 E4 F#4 G4 A4 B4 C5", "D major"),
    _key("key-two-added", "A ^d =f", "C#4 D#4 E4 F4 G#4 A4 B4 C#5", "A major"),
    _key("key-explicit", "D exp _b _e ^f", "C4 D4 Eb4 F#4 G4 A4 Bb4 C5", "D exp"),
    _key("key-pipes", "Hp", "C#4 D4 E4 F#4 G4 A4 B4 C#5", "Hp"),
    _key("key-comment", "G % and nothing more", "C4 D4 E4 F#4 G4 A4 B4 C5", "G major"),
    Case("key-change-line", "F4|\nK:D\nF2c2|\nK:Dm\nB4|", "F4*4 F#4*2 C#5*2 Bb4*4"),
    Case("key-change-inline", "F2[K:G]F2|F4|[K:F]B4|", "F4*2 F#4*2 F#4*4 Bb4*4"),
    Case(
        "key-unreadable",
        "CDEF|",
        "C4 D4 E4 F4",
        head="M:4/4\nL:1/4\nK:flat",
        finds=("bad-key 5:1",),
        outside="abc2midi reads no tune",
    ),
    Case(
        "key-unreadable-inline",
        "F4|[K:G]F4|[K:x!]F4|",
        "F4*4 F#4*4 F#4*4",
        finds=("bad-key 6:12",),
    ),
    # clefs and transposition
    _key("clef-bass", "G clef=bass", "C4 D4 E4 F#4 G4 A4 B4 C5", "G major"),
    _key("clef-alone", "bass", _NATURAL, "none", outside=_NOTHING),
    _key("clef-middle", "C bass middle=d", _NATURAL, "C major"),
    _key("clef-octave-down", "C treble-8", "C3 D3 E3 F3 G3 A3 B3 C4", "C major"),
    _key("clef-octave-up", "Dm clef=treble+8", "C5 D5 E5 F5 G5 A5 Bb5 C6", "D minor"),
    _key("octave-parameter", "C octave=-1", "C3 D3 E3 F3 G3 A3 B3 C4", "C major"),
    _key(
        "octave-and-clef",
        "C bass+8 octave=-1",
        _NATURAL,
        "C major",
        outside="abc2midi does not know bass+8",
    ),
    _key("transpose-down", "C transpose=-2", "Bb3 C4 D4 Eb4 F4 G4 A4 Bb4", "C major"),
    _key(
        "transpose-short",
        "C t=3",
        "Eb4 F4 G4 Ab4 Bb4 C5 D5 Eb5",
        "C major",
        outside="abc2midi does not know t=",
    ),
    _key("transpose-in-key", "D transpose=12", "C#5 D5 E5 F#5 G5 A5 B5 C#6", "D major"),
    Case(
        "transpose-one-voice",
        "V:1 transpose=2\nCDEF|\nV:2\nCDEF|",
        {"1": "D4 E4 F#4 G4", "2": "C4 D4 E4 F4"},
    ),
    Case("clef-kept-over-key", "V:1 clef=treble+8\nC4|[K:D]C4|", "C5*4 C#5*4"),
    Case("clef-unknown", "C4|", "C4*4", head="M:4/4\nL:1/4\nK:C clef=kazoo stafflines=3"),
]
