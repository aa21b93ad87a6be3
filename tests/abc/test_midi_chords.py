"""Chord symbols and what is played of them."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from chatmusician import abc
from chatmusician.abc.midi import Options, Performance, performance
from chatmusician.music.chords import parse_chord


@pytest.mark.parametrize(
    ("symbol", "root", "intervals", "bass"),
    [
        ("C", 0, [0, 4, 7], 0),
        ("F#m7", 6, [0, 3, 7, 10], 6),
        ("Bb", 10, [0, 4, 7], 10),
        ("B♭", 10, [0, 4, 7], 10),
        ("D/F#", 2, [0, 4, 7], 6),
        ("Am/g", 9, [0, 3, 7], 7),
        ("BbMa7", 10, [0, 4, 7, 11], 10),
        ("Gd", 7, [0, 3, 6], 7),
        ("D m", 2, [0, 3, 7], 2),
        ("D/f+", 2, [0, 4, 7], 6),
        ("C/x", 0, [0, 4, 7], 0),
        ("Cmaj7", 0, [0, 4, 7, 11], 0),
        ("CM7", 0, [0, 4, 7, 11], 0),
        ("CΔ", 0, [0, 4, 7, 11], 0),
        ("Cma7", 0, [0, 4, 7, 11], 0),
        ("C-7", 0, [0, 3, 7, 10], 0),
        ("Cmin", 0, [0, 3, 7], 0),
        ("CmM7", 0, [0, 3, 7, 11], 0),
        ("C(maj7)", 0, [0, 4, 7, 11], 0),
        ("Bø", 11, [0, 3, 6, 10], 11),
        ("Bm7b5", 11, [0, 3, 6, 10], 11),
        ("Bo7", 11, [0, 3, 6, 9], 11),
        ("B°", 11, [0, 3, 6], 11),
        ("C+", 0, [0, 4, 8], 0),
        ("Csus", 0, [0, 5, 7], 0),
        ("C6/9", 0, [0, 4, 7, 9, 14], 0),
        ("E7#9", 4, [0, 4, 7, 10, 15], 4),
        ("G(Em)", 7, [0, 4, 7], 7),
    ],
)
def test_chords(symbol: str, root: int, intervals: list[int], bass: int) -> None:
    found = parse_chord(symbol)
    assert found is not None
    assert (found.root, list(found.intervals), found.bass) == (root, intervals, bass)


@pytest.mark.parametrize(
    "symbol",
    [
        "",
        "Fine",
        "D.C.",
        "DC",
        "SEGUE",
        "G minor tune",
        "d",
        "H",
        "Cxyz",
        "1st time",
        "(",
        "A" * 400,
    ],
)
def test_what_is_no_chord(symbol: str) -> None:
    assert parse_chord(symbol) is None


def played(text: str, **options: bool) -> Performance:
    return performance(abc.read(text).tunes[0], Options(**options))


def sounds(found: Performance, name: str) -> list[tuple[Any, Any, list[int]]]:
    """Onset, length and pitches of what a part strikes together, in quarter notes."""
    part = next((p for p in found.parts if p.name == name), None)
    together: dict[tuple[int, int], list[int]] = {}
    for start, end, pitch, _ in sorted(part.notes) if part else []:
        together.setdefault((start, end - start), []).append(pitch)
    return [
        (Fraction(at, found.division), Fraction(size, found.division), pitches)
        for (at, size), pitches in together.items()
    ]


def tune(meter: str, body: str) -> str:
    return f"X:1\nM:{meter}\nL:1/8\nK:C\n{body}\n"


HALF = Fraction(1, 2)
C, G7 = [48, 52, 55], [55, 59, 62, 65]


def test_boom_chick_in_four() -> None:
    found = played(tune("4/4", '"C"c4 "G7/B"d4|'))
    assert sounds(found, "bass") == [(0, HALF, [36]), (2, HALF, [47])]
    assert sounds(found, "chords") == [(1, HALF, C), (3, HALF, G7)]
    assert [(p.name, p.channel, p.programs) for p in found.parts[1:]] == [
        ("bass", 1, [(0, 32)]),
        ("chords", 2, [(0, 24)]),
    ]


@pytest.mark.parametrize(
    ("meter", "bass", "chords"),
    [
        ("3/4", [0], [1, 2]),
        ("6/8", [0, 3 * HALF], [2 * HALF, 5 * HALF]),
        ("9/8", [0, 3 * HALF, 6 * HALF], [2 * HALF, 5 * HALF, 8 * HALF]),
        ("2/4", [0], [1]),
        ("5/4", [0], [1, 2, 3, 4]),
    ],
)
def test_rhythm_of_the_meter(meter: str, bass: list[Fraction], chords: list[Fraction]) -> None:
    length = Fraction(meter) * 8
    found = played(tune(meter, f'"C"c{length}|'))
    assert [at for at, _, _ in sounds(found, "bass")] == bass
    assert [at for at, _, _ in sounds(found, "chords")] == chords


def test_a_pickup_plays_the_end_of_the_pattern() -> None:
    found = played(tune("3/4", '"C"c2|c6|'))
    assert [at for at, _, _ in sounds(found, "bass")] == [1]
    assert [at for at, _, _ in sounds(found, "chords")] == [0, 2, 3]


def test_chords_go_on_through_rests_and_repeats() -> None:
    found = played(tune("2/4", '|:"C"c4|z4:|'))
    assert [at for at, _, _ in sounds(found, "bass")] == [0, 2, 4, 6]


def test_silence_switches_and_patterns() -> None:
    found = played(
        tune("2/4", '"C"c4|"N.C."c4|"C"c4|\n%%MIDI gchordoff\nc4|\n%%MIDI gchordon\nc4|')
    )
    assert [at for at, _, _ in sounds(found, "bass")] == [0, 4, 8]
    found = played(tune("4/4", '%%MIDI gchord GHIHGHIH\n"C"c8|'))
    arpeggio = [pitches for _, _, pitches in sounds(found, "chords")]
    assert arpeggio == [[48], [52], [55], [52]] * 2
    assert sounds(played(tune("4/4", '%%MIDI gchord b4\n"C"c8|')), "bass") == [(0, 4, [36])]


def test_settings_of_the_accompaniment() -> None:
    directives = "%%MIDI chordprog 0\n%%MIDI bassprog 43\n%%MIDI chordvol 30\n%%MIDI bassvol 40\n"
    found = played(tune("4/4", f'{directives}"C"c8|'))
    _, bass, chords = found.parts
    assert (bass.programs, chords.programs) == ([(0, 43)], [(0, 0)])
    assert {note[3] for note in bass.notes} == {40}
    assert {note[3] for note in chords.notes} == {30}


def test_a_free_meter_holds_the_chord() -> None:
    found = played(tune("none", '"C"c4 "G7"c2 c2|'))
    assert sounds(found, "chords") == [(0, 2, C), (2, 2, G7)]


def test_texts_that_are_no_chords_change_nothing() -> None:
    found = played(tune("2/4", '"C"c4|"Fine"c4|"/G"c4|'))
    assert [pitches for _, _, pitches in sounds(found, "bass")] == [[36], [36], [43]]


def test_chords_can_be_left_out() -> None:
    assert len(played(tune("4/4", '"C"c8|'), chords=False).parts) == 1
