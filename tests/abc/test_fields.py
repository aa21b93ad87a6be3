"""The values of K:, M:, L:, Q: and V: fields."""

from __future__ import annotations

from fractions import Fraction

import pytest

from chatmusician.abc.fields import default_unit, parse_key, parse_tempo, parse_unit, parse_voice
from chatmusician.music.meter import parse_meter

# The table of section 3.1.14: from seven sharps down to seven flats.
SIGNATURES = """
C# A#m G#Mix D#Dor E#Phr F#Lyd B#Loc
F# D#m C#Mix G#Dor A#Phr BLyd E#Loc
B G#m F#Mix C#Dor D#Phr ELyd A#Loc
E C#m BMix F#Dor G#Phr ALyd D#Loc
A F#m EMix BDor C#Phr DLyd G#Loc
D Bm AMix EDor F#Phr GLyd C#Loc
G Em DMix ADor BPhr CLyd F#Loc
C Am GMix DDor EPhr FLyd BLoc
F Dm CMix GDor APhr BbLyd ELoc
Bb Gm FMix CDor DPhr EbLyd ALoc
Eb Cm BbMix FDor GPhr AbLyd DLoc
Ab Fm EbMix BbDor CPhr DbLyd GLoc
Db Bbm AbMix EbDor FPhr GbLyd CLoc
Gb Ebm DbMix AbDor BbPhr CbLyd FLoc
Cb Abm GbMix DbDor EbPhr FbLyd BbLoc
"""
ROWS = [
    (7 - row, name)
    for row, names in enumerate(SIGNATURES.strip().splitlines())
    for name in names.split()
]


def steps(fifths: int) -> dict[str, int]:
    """The altered letters of a signature, by the order in which signs are written."""
    letters = "FCGDAEB" if fifths > 0 else "BEADGCF"
    return dict.fromkeys(letters[: abs(fifths)], 1 if fifths > 0 else -1)


def altered(value: str) -> dict[str, int]:
    accidentals = parse_key(value).accidentals
    return {letter: a for letter, a in zip("CDEFGAB", accidentals, strict=True) if a}


@pytest.mark.parametrize(("fifths", "value"), ROWS, ids=[name for _, name in ROWS])
def test_every_key_of_the_standard(fifths: int, value: str) -> None:
    assert altered(value) == steps(fifths)


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("D", "D major"),
        ("D maj", "D major"),
        ("D major", "D major"),
        ("DMAJOR", "D major"),
        ("D ionian", "D major"),
        ("Dm", "D minor"),
        ("D min", "D minor"),
        ("Daeolian", "D minor"),
        ("D Dorian", "D dorian"),
        ("DPHR", "D phrygian"),
        ("D\u266d lyd", "Db lydian"),
        ("F#mixolydian", "F# mixolydian"),
        ("Bb loc", "Bb locrian"),
        ("D exp ^f", "D exp"),
        ("HP", "HP"),
        ("Hp", "Hp"),
        ("none", "none"),
        ("", "none"),
    ],
)
def test_names_of_keys(value: str, name: str) -> None:
    key = parse_key(value)
    assert key.valid
    assert key.name == name


@pytest.mark.parametrize(
    ("value", "letters"),
    [
        ("D =c", {"F": 1}),
        ("D maj =c", {"F": 1}),
        ("D Phr ^f", {"B": -1, "E": -1, "F": 1}),
        ("D exp _b _e ^f", {"B": -1, "E": -1, "F": 1}),
        ("C exp", {}),
        ("G exp ^^f __b", {"F": 2, "B": -2}),
        ("A ^d =f", {"C": 1, "D": 1, "G": 1}),
        ("G clef=bass", {"F": 1}),
        ("G ^c clef=bass octave=-1", {"F": 1, "C": 1}),
    ],
)
def test_explicit_accidentals(value: str, letters: dict[str, int]) -> None:
    assert altered(value) == letters


@pytest.mark.parametrize(
    ("value", "clef", "octaves"),
    [
        ("C treble", "treble", 0),
        ("C clef=alto", "alto", 0),
        ("bass3", "bass3", 0),
        ("Am treble-8", "treble-8", -1),
        ("clef=treble+8", "treble+8", 1),
        ("C clef=bass-15", "bass-15", -2),
    ],
)
def test_clefs(value: str, clef: str, octaves: int) -> None:
    properties = parse_key(value).properties
    assert properties.clef == clef
    assert properties.clef_octave == octaves


def test_a_clef_alone_states_no_key() -> None:
    assert not parse_key("clef=bass").stated
    assert not parse_key("octave=1").stated
    assert parse_key("C clef=bass").stated


@pytest.mark.parametrize(
    ("value", "num", "den"),
    [
        ("4/4", 4, 4),
        ("C", 4, 4),
        ("C|", 2, 2),
        ("12/8", 12, 8),
        ("(2+3+2)/8", 7, 8),
        ("2+3/8", 5, 8),
        (" 6 / 8 ", 6, 8),
        ("none", 0, 1),
        ("", 0, 1),
    ],
)
def test_meters(value: str, num: int, den: int) -> None:
    meter = parse_meter(value)
    assert (meter.num, meter.den, meter.valid) == (num, den, True)


@pytest.mark.parametrize("value", ["x", "4/0", "0/4", "4/", "/4", "4/4/4", "9999/1", "-3/4"])
def test_meters_that_make_no_sense(value: str) -> None:
    assert not parse_meter(value).valid


@pytest.mark.parametrize(("value", "compound"), [("6/8", True), ("9/8", True), ("3/4", False)])
def test_compound_meters(value: str, compound: bool) -> None:
    assert parse_meter(value).compound is compound


@pytest.mark.parametrize(
    ("value", "unit"),
    [
        ("1/8", (1, 8)),
        ("1", (1, 1)),
        (" 1 / 16 ", (1, 16)),
        ("2/8", (1, 4)),
        ("1/0", None),
        ("0/8", None),
        ("-1/8", None),
        ("x", None),
        ("", None),
    ],
)
def test_units(value: str, unit: tuple[int, int] | None) -> None:
    assert parse_unit(value) == unit


@pytest.mark.parametrize(
    ("meter", "unit"), [("2/4", 16), ("5/8", 16), ("3/4", 8), ("6/8", 8), ("none", 8)]
)
def test_units_by_meter(meter: str, unit: int) -> None:
    assert default_unit(parse_meter(meter)) == (1, unit)


@pytest.mark.parametrize(
    ("value", "qpm", "text", "deprecated"),
    [
        ("1/4=120", 120, "", False),
        ("3/8=50", 75, "", False),
        ("1/4 3/8 1/4 3/8=40", 200, "", False),
        ('"Allegro" 1/2=60', 120, "Allegro", False),
        ('1/2=60 "Allegro"', 120, "Allegro", False),
        ('"Andante"', None, "Andante", False),
        ("120", 60, "", True),
        ("C=120", 60, "", True),
        ("C2=120", 120, "", True),
    ],
)
def test_tempos(value: str, qpm: int | None, text: str, deprecated: bool) -> None:
    tempo = parse_tempo(value, Fraction(1, 8))
    assert tempo.valid
    assert (tempo.qpm, tempo.text, tempo.deprecated) == (qpm, text, deprecated)


@pytest.mark.parametrize("value", ["", "quick=", "1/4=", "1/0=60", "1/4=0", "=60", "1/4=60=60"])
def test_tempos_that_make_no_sense(value: str) -> None:
    assert not parse_tempo(value).valid


def test_voices() -> None:
    voice = parse_voice('T1 clef=treble-8 name="Tenore I" snm="T.I" transpose=-2 octave=1')
    assert voice.id == "T1"
    assert voice.properties.clef == "treble-8"
    assert voice.properties.transpose == -2
    assert voice.properties.octave == 1
    assert dict(voice.properties.other) == {"name": "Tenore I", "snm": "T.I"}


@pytest.mark.parametrize("value", ["", "  "])
def test_voices_without_name(value: str) -> None:
    assert parse_voice(value).id == ""


def test_numbers_beyond_reason_are_held_back() -> None:
    properties = parse_key("C octave=99999999999 transpose=-9999").properties
    assert properties.octave is None
    assert properties.transpose == -120
