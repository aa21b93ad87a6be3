"""What is played of a tune, worked out by hand. Times are quarter notes."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from chatmusician import abc
from chatmusician.abc.midi import PLAIN, Options, Part, Performance, performance

EVEN = Options(dynamics=False, chords=False)


def played(text: str, options: Options = EVEN, head: str = "L:1/4\n") -> Performance:
    if not text.startswith("X:"):
        text = f"X:1\nM:4/4\n{head}K:C\n{text}\n"
    return performance(abc.read(text).tunes[0], options)


def notes(performance: Performance, part: int | str = 0) -> list[tuple[Any, ...]]:
    """Onset, length and pitch of a part's notes."""
    division = performance.division
    return sorted(
        (Fraction(start, division), Fraction(end - start, division), pitch)
        for start, end, pitch, _ in named(performance, part).notes
    )


def named(performance: Performance, part: int | str) -> Part:
    if isinstance(part, int):
        return performance.parts[part]
    return next(p for p in performance.parts if p.name == part)


def velocities(performance: Performance) -> list[int]:
    return [velocity for *_, velocity in sorted(performance.parts[0].notes)]


def pitches(performance: Performance, part: int | str = 0) -> list[int]:
    return [pitch for _, _, pitch in notes(performance, part)]


def test_repeats_and_endings_are_played() -> None:
    found = played("|:CD|1EF:|2G2|]")
    assert pitches(found) == [60, 62, 64, 65, 60, 62, 67]
    assert found.length == 8 * found.division


def test_a_tie_is_one_note_and_is_cut_by_a_jump() -> None:
    assert notes(played("C2D2-|D4|")) == [(0, 2, 60), (2, 6, 62)]
    # The first time the tied note ends with the bar; the second time it goes on.
    assert notes(played("|:C2D2-:|D4|")) == [(0, 2, 60), (2, 2, 62), (4, 2, 60), (6, 6, 62)]


def test_tuplets_are_exact() -> None:
    third, seventh = Fraction(1, 3), Fraction(2, 7)
    found = played("(3C/D/E/(7C/D/E/F/G/A/B/")
    assert [length for _, length, _ in notes(found)] == [third] * 3 + [seventh / 2] * 7
    assert found.division == 3360


def test_pickup_and_beats() -> None:
    found = played("C|DEFG|A2B2|", Options(chords=False))
    assert velocities(found) == [80, 105, 80, 95, 80, 105, 95]


def test_tempo_changes_come_back_with_the_repeat() -> None:
    found = played("X:1\nM:2/4\nL:1/4\nQ:1/4=60\nK:C\n|:CD|[Q:1/4=120]EF:|\n")
    quarter = found.division
    slow, fast = 1_000_000, 500_000
    expected = [(0, slow), (2 * quarter, fast), (4 * quarter, slow), (6 * quarter, fast)]
    assert found.tempos == expected
    assert found.seconds == pytest.approx(2 * (2 + 1))


@pytest.mark.parametrize(
    ("field", "microseconds"),
    [
        ("", 500_000),
        ("Q:3/8=100\n", 400_000),
        ('Q:"Adagio"\n', 909_091),
        ('Q:"Allegro" 1/2=50\n', 600_000),
        ('Q:"with a will"\n', 500_000),
        ("Q:1/4=1\n", 16_777_215),
    ],
)
def test_tempo_at_the_start(field: str, microseconds: int) -> None:
    assert played(f"X:1\nM:4/4\nL:1/4\n{field}K:C\nC4|\n").tempos == [(0, microseconds)]


def test_a_tempo_asked_for_moves_the_changes_with_it() -> None:
    text = "X:1\nM:4/4\nL:1/4\nQ:1/4=60\nK:C\nC4|[Q:1/4=120]C4|\n"
    found = played(text, Options(tempo=120, chords=False))
    assert [speed for _, speed in found.tempos] == [500_000, 250_000]


def test_meters_and_keys_come_back_with_the_repeat() -> None:
    found = played("X:1\nM:4/4\nL:1/4\nK:D\n|:D4|[M:3/4][K:Gm]G3:|\n")
    quarter = found.division
    places = [0, 4 * quarter, 7 * quarter, 11 * quarter]
    assert found.meters == [(p, *m) for p, m in zip(places, [(4, 4), (3, 4)] * 2, strict=True)]
    keys = [(2, False), (-2, True)] * 2
    assert found.keys == [(p, *k) for p, k in zip(places, keys, strict=True)]


def test_a_free_meter_writes_none() -> None:
    assert played("X:1\nM:none\nL:1/4\nK:C\nCDE|\n").meters == []


def test_voices_have_channels_of_their_own_and_percussion_the_tenth() -> None:
    voices = "".join(f"V:{n} {'clef=perc' * (n == 3)}\nC4|\n" for n in range(1, 12))
    found = played(f"X:1\nM:4/4\nL:1/4\nK:C\n{voices}")
    channels = [part.channel for part in found.parts]
    assert channels == [0, 1, 9, 2, 3, 4, 5, 6, 7, 8, 10]
    assert found.parts[2].programs == []


def test_more_voices_than_channels_share_them() -> None:
    voices = "".join(f"V:{n}\n{'CDEF'[n % 4] * 4}|\n" for n in range(1, 19))
    channels = [part.channel for part in played(f"X:1\nM:4/4\nL:1/4\nK:C\n{voices}").parts]
    assert 9 not in channels
    assert channels[:15] == [*range(9), *range(10, 16)]
    assert channels[15:] == [0, 1, 2]


def test_midi_directives() -> None:
    text = (
        "X:1\nM:4/4\nL:1/4\n%%MIDI program 40\nK:C\n"
        "V:1\n%%MIDI transpose -12\nC4|\n%%MIDI program 73\n%%MIDI rtranspose 2\nC4|\n"
        "V:2\n%%MIDI channel 5\n%%MIDI drone 1 2\n%%MIDI program 200\nE4|E4|\n"
    )
    found = played(text)
    first, second = found.parts
    assert first.programs == [(0, 40), (4 * found.division, 73)]
    assert pitches(found) == [48, 50]
    assert (second.channel, second.programs) == (4, [(0, 40)])
    assert found.unheeded == ("%%MIDI drone 1 2", "%%MIDI program 200")


def test_a_program_on_a_channel_goes_to_its_voice() -> None:
    text = "X:1\nM:4/4\nL:1/4\n%%MIDI program 2 40\nK:C\nV:1\nC4|\nV:2\nC4|\n"
    assert [part.programs for part in played(text).parts] == [[(0, 0)], [(0, 40)]]


def test_options_change_program_and_pitch() -> None:
    found = played("%%MIDI program 40\nC4|", Options(program=73, transpose=3, chords=False))
    assert found.parts[0].programs == [(0, 73)]
    assert pitches(found) == [63]


def test_dynamics_and_accents() -> None:
    found = played("!p!CD!f!EF|!accent!G!pp!A2B|", Options(chords=False))
    # piano is 60, forte 105, pianissimo 45; accents of the bar +15, +5, -10.
    assert velocities(found) == [75, 50, 110, 95, 127, 35, 35]


def test_a_wedge_rises_to_the_mark_at_its_end() -> None:
    found = played("!p!!crescendo(!CDEF|!crescendo)!!f!G4|", Options(chords=False))
    accents = [15, -10, 5, -10, 15]
    levels = [60, 71, 82, 93, 105]
    assert velocities(found) == [a + b for a, b in zip(accents, levels, strict=True)]


def test_beat_accents_can_be_set_and_switched_off() -> None:
    assert velocities(played("%%MIDI nobeataccents\nCDEF|", Options(chords=False))) == [90] * 4
    found = played("%%MIDI beat 100 90 70 1\nCDEF|", Options(chords=False))
    assert velocities(found) == [100, 70, 90, 70]


def test_staccato_shortens_and_a_tenuto_does_not() -> None:
    lengths = [length for _, length, _ in notes(played(".C!tenuto!D!wedge!E[.FA]|"))]
    half, third = Fraction(1, 2), Fraction(1, 3)
    assert lengths == [half, 1, third, half, half]


def test_grace_notes_take_their_time_from_the_note() -> None:
    eighth = Fraction(1, 8)
    expected = [(0, eighth, 67), (eighth, eighth, 69), (2 * eighth, 6 * eighth, 60)]
    assert notes(played("{GA}C|")) == expected


def test_grace_notes_never_take_more_than_half() -> None:
    found = notes(played("{GABc}C/4|"))
    assert [length for _, length, _ in found] == [Fraction(1, 32)] * 4 + [Fraction(1, 8)]


def test_grace_notes_follow_key_and_bar() -> None:
    assert pitches(played("X:1\nM:4/4\nL:1/4\nK:D\n{f}g4|{=f}g4|\n")) == [78, 79, 77, 79]
    assert pitches(played("^FG2{F}A|{F}A4|")) == [66, 67, 66, 69, 65, 69]


def test_all_notes_of_a_chord_wait_for_its_graces() -> None:
    assert {onset for onset, _, pitch in notes(played("{g}[CE]2|")) if pitch < 66} == {
        Fraction(1, 8)
    }


def test_ornaments_use_the_scale() -> None:
    # In G major the note above E is F sharp, the one below is D.
    roll = played("X:1\nM:6/8\nL:1/8\nK:G\n~E3 z3|\n")
    sixth = Fraction(1, 4)
    expected = [(2, 64), (1, 66), (1, 64), (1, 62), (1, 64)]
    assert [(length / sixth, pitch) for _, length, pitch in notes(roll)] == expected
    assert pitches(played("TC/|")) == [60, 62, 60]
    assert pitches(played("PC MD|")) == [60, 62, 60, 62, 60, 62]


def test_plain_plays_none_of_it() -> None:
    text = "%%MIDI transpose 3\n{g}.C!f!~D TE F|"
    assert notes(played(text, PLAIN)) == [(0, 1, 60), (1, 1, 62), (2, 1, 64), (3, 1, 65)]


def test_one_pitch_in_two_layers_is_one_note() -> None:
    assert notes(played("C4&C2D2|")) == [(0, 4, 60), (2, 2, 62)]
    # The layer strikes C again at the second beat; it then sounds to the end.
    assert notes(played("C4&zCz2|")) == [(0, 1, 60), (1, 3, 60)]


def test_hornpipes_swing_where_their_rhythm_says_so() -> None:
    text = "X:1\nR:{}\nM:4/4\nL:1/8\nK:C\nCD E>F G<A (3Bcd|\n"
    third = Fraction(1, 3)
    even = [1, 1, Fraction(3, 2), third * 3 / 2, Fraction(1, 2), Fraction(3, 2)]
    swung = [4 * third, 2 * third, 4 * third, 2 * third, 2 * third, 4 * third]
    triplet = [2 * third] * 3

    def eighths(rhythm: str, swing: bool | None) -> list[Fraction]:
        found = played(text.format(rhythm), Options(swing=swing, chords=False))
        return [2 * length for _, length, _ in notes(found)]

    assert eighths("Hornpipe", None) == swung + triplet
    assert eighths("hornpipe", False) == even + triplet
    assert eighths("reel", None) == even + triplet
    assert eighths("reel", True) == swung + triplet
    assert eighths("strathspey", None)[:2] == [Fraction(3, 2), Fraction(1, 2)]


def test_lyrics_by_verse() -> None:
    found = played("|:CD:|E2|\nw:one two-|three\nw:* four|five\n")
    quarter = found.division
    expected = [(0, "one "), (1, "two-"), (3, "four "), (4, "three ")]
    assert found.parts[0].lyrics == [(at * quarter, text) for at, text in expected]


def test_pitches_beyond_midi_come_back_by_octaves() -> None:
    assert all(0 <= pitch <= 127 for pitch in pitches(played("C,,,,,,,c''''''''|")))


@pytest.mark.parametrize(
    "text", ["", "|", "z4|", "Z4|", "%%MIDI\n%%MIDI program\n", '"C"|', "{g}|"]
)
def test_next_to_nothing_can_be_played(text: str) -> None:
    found = performance(abc.read(f"X:1\nK:C\n{text}\n").tunes[0])
    assert not any(part.notes for part in found.parts if part.name.startswith("voice"))
