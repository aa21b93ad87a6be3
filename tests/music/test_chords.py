"""Chords against mir_eval and music21, and the tables against each other."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatmusician.music.chords import (
    CHORD_INTERVALS,
    KINDS,
    MUSICXML_KINDS,
    ChordKind,
    parse_chord,
    third_of,
)
from chatmusician.music.intervals import interval_size
from chatmusician.music.pitch import pitch_class

# Our kinds in Harte's shorthand; mir_eval has none for the others.
HARTE = {
    "": "maj",
    "m": "min",
    "6": "maj6",
    "m6": "min6",
    "7": "7",
    "m7": "min7",
    "maj7": "maj7",
    "mmaj7": "minmaj7",
    "9": "9",
    "m9": "min9",
    "maj9": "maj9",
    "11": "11",
    "m11": "min11",
    "sus2": "sus2",
    "sus4": "sus4",
    "dim": "dim",
    "dim7": "dim7",
    "m7b5": "hdim7",
    "aug": "aug",
    "5": "(1,5)",
    "7sus4": "sus4(b7)",
    "7b9": "7(b9)",
    "7#9": "7(#9)",
}
# The notes of every kind on C, from the lowest up.
NOTES = {
    "": "C E G",
    "m": "C Eb G",
    "5": "C G",
    "6": "C E G A",
    "m6": "C Eb G A",
    "69": "C E G A D",
    "7": "C E G Bb",
    "m7": "C Eb G Bb",
    "maj7": "C E G B",
    "mmaj7": "C Eb G B",
    "9": "C E G Bb D",
    "m9": "C Eb G Bb D",
    "maj9": "C E G B D",
    "add9": "C E G D",
    "madd9": "C Eb G D",
    "11": "C E G Bb D F",
    "m11": "C Eb G Bb D F",
    "13": "C E G Bb D A",
    "7b5": "C E Gb Bb",
    "7#5": "C E G# Bb",
    "7b9": "C E G Bb Db",
    "7#9": "C E G Bb D#",
    "sus2": "C D G",
    "sus4": "C F G",
    "7sus4": "C F G Bb",
    "9sus4": "C F G Bb D",
    "dim": "C Eb Gb",
    "dim7": "C Eb Gb Bbb",
    "m7b5": "C Eb Gb Bb",
    "aug": "C E G#",
    "aug7": "C E G# Bb",
}
# Our kinds and textbook names.
NAMED = {
    "major triad": "",
    "minor triad": "m",
    "diminished triad": "dim",
    "augmented triad": "aug",
    "dominant seventh chord": "7",
    "major seventh chord": "maj7",
    "minor seventh chord": "m7",
    "half-diminished seventh chord": "m7b5",
    "diminished seventh chord": "dim7",
}
# Where MusicXML names a kind that is not played.
NOT_PLAYED = {"major-11th", "major-13th", "minor-13th"}


@pytest.mark.parametrize("kind", list(HARTE))
def test_kinds_are_mir_evals(kind: str) -> None:
    chord = pytest.importorskip("mir_eval.chord")
    _, bitmap, _ = chord.encode(f"C:{HARTE[kind]}", reduce_extended_chords=True)
    extended = {interval % 12 for interval in KINDS[kind]}
    theirs = {at for at, on in enumerate(bitmap) if on}
    # mir_eval's bitmaps leave ninths and elevenths out.
    assert theirs <= extended
    assert extended - theirs <= {1, 2, 3, 5}


@pytest.mark.parametrize("kind", list(KINDS))
def test_notes_of_kinds_by_hand(kind: str) -> None:
    above = [0]
    for name in NOTES[kind].split()[1:]:
        above.append(above[-1] + (pitch_class(name) - above[-1]) % 12)
    assert KINDS[kind] == tuple(above)


@pytest.mark.parametrize("name", list(CHORD_INTERVALS))
def test_textbook_names_agree_with_symbols(name: str) -> None:
    semitones = [interval_size(interval)[1] for interval in CHORD_INTERVALS[name]]
    assert (0, *semitones) == KINDS[NAMED[name]]


@pytest.mark.parametrize("kind", sorted(set(MUSICXML_KINDS) - NOT_PLAYED))
def test_musicxml_kinds_sound_as_music21s(kind: str) -> None:
    harmony = pytest.importorskip("music21.harmony")
    theirs = {p.pitchClass for p in harmony.ChordSymbol(root="C", kind=kind).pitches}
    for spelling in MUSICXML_KINDS[kind]:
        parsed = parse_chord(f"C{spelling}")
        if parsed is None:
            continue  # rarer spellings are written in scores and not played
        ours = {interval % 12 for interval in parsed.intervals}
        # The fifth and inner thirds of larger chords may be left out.
        assert ours <= theirs | {5, 7}, spelling
        assert theirs - ours <= {0, 2, 4, 5, 7}, spelling


def test_kinds_are_named_as_in_the_standard() -> None:
    """The values of kind-value in MusicXML 4.0 but those of figured and other chords."""
    values = """major minor augmented diminished dominant major-seventh minor-seventh
    diminished-seventh augmented-seventh half-diminished major-minor major-sixth minor-sixth
    dominant-ninth major-ninth minor-ninth dominant-11th major-11th minor-11th dominant-13th
    major-13th minor-13th suspended-second suspended-fourth power"""
    assert list(MUSICXML_KINDS) == values.split()


def test_every_musicxml_kind_is_written_so_that_it_plays() -> None:
    for kind in set(MUSICXML_KINDS) - NOT_PLAYED:
        assert parse_chord(f"C{MUSICXML_KINDS[kind][0]}") is not None, kind


def test_no_spelling_means_two_kinds() -> None:
    spellings = [text for texts in MUSICXML_KINDS.values() for text in texts]
    assert len(spellings) == len(set(spellings))


@pytest.mark.parametrize("kind", list(KINDS))
@pytest.mark.parametrize(("root", "number"), [("C", 0), ("F#", 6), ("Bb", 10), ("E♭", 3)])
def test_every_kind_on_roots(kind: str, root: str, number: int) -> None:
    assert parse_chord(root + kind) == ChordKind(number, KINDS[kind], number)


@pytest.mark.parametrize(
    ("symbol", "kind"),
    [
        ("Cmin", "m"),
        ("Cminor7", "m7"),
        ("C-7", "m7"),
        ("Cmi6", "m6"),
        ("CM7", "maj7"),
        ("Cma7", "maj7"),
        ("CMaj7", "maj7"),
        ("Cmaj", ""),
        ("Cmajor", ""),
        ("Cm(maj7)", "mmaj7"),
        ("CΔ", "maj7"),
        ("CΔ7", "maj7"),
        ("Cø", "m7b5"),
        ("Cø7", "m7b5"),
        ("Cm7-5", "m7b5"),
        ("C°", "dim"),
        ("Co7", "dim7"),
        ("C+", "aug"),
        ("C+7", "aug7"),
        ("C7+", "aug7"),
        ("Csus", "sus4"),
        ("C7sus", "7sus4"),
        ("C6/9", "69"),
        ("Cdom7", "7"),
        ("C7-9", "7b9"),
        ("C7+9", "7#9"),
        ("C2", "add9"),
        ("Cd", "dim"),
        ("C7(b9)", "7b9"),
        ("CMa7", "maj7"),
        ("Cmaj6", "6"),
        ("C9sus", "9sus4"),
        ("C7-5", "7b5"),
        ("C7+5", "7#5"),
        ("C4", "sus4"),
        ("Ca", "aug"),
        ("Ca7", "aug7"),
        ("CmM7", "mmaj7"),
    ],
)
def test_spellings(symbol: str, kind: str) -> None:
    assert parse_chord(symbol) == ChordKind(0, KINDS[kind], 0)


@pytest.mark.parametrize(
    ("symbol", "root", "bass"),
    [
        ("C/E", 0, 4),
        ("D/f+", 2, 6),
        ("F#m7/C#", 6, 1),
        ("G/b", 7, 11),
        ("G/bb", 7, 10),
        ("C/", 0, 0),
        ("C/x", 0, 0),
        ("G(Em)", 7, 7),
        ("Am (Em)", 9, 9),
    ],
)
def test_basses_and_alternatives(symbol: str, root: int, bass: int) -> None:
    found = parse_chord(symbol)
    assert found is not None
    assert (found.root, found.bass) == (root, bass)


@pytest.mark.parametrize("symbol", ["N.C.", "n.c", "nc", "tacet", " No Chord "])
def test_silence(symbol: str) -> None:
    assert parse_chord(symbol) == ChordKind(None, (), None)


def test_a_bass_alone() -> None:
    assert parse_chord("/F#") == ChordKind(None, (), 6)


@pytest.mark.parametrize("text", ["", "Fine", "H", "Cfoo", "Allegro", "(", "7", "c"])
def test_no_chord(text: str) -> None:
    assert parse_chord(text) is None


@pytest.mark.parametrize(
    ("intervals", "third"),
    [((0, 3, 7), "min"), ((0, 4, 7), "maj"), ((0, 5, 7), "maj"), ((0, 3, 4), "maj"), ((), "maj")],
)
def test_thirds(intervals: tuple[int, ...], third: str) -> None:
    assert third_of(intervals) == third


@given(st.text(max_size=12))
def test_any_text_is_read(text: str) -> None:
    found = parse_chord(text)
    if found is not None and found.root is not None:
        assert found.intervals in KINDS.values()
