"""Transposing: spelling of notes, keys and chord symbols; the pitches by music21 as well."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chatmusician import abc
from chatmusician.abc.tune import Tune
from chatmusician.errors import UsageError
from tests.abc.generated import music, sounding, tunes

HEAD = "X:1\nM:4/4\nL:1/8\nK:"


def tune(key: str, body: str = "C8|") -> Tune:
    return abc.read(f"{HEAD}{key}\n{body}\n").tunes[0]


def raised(notes: list[Any], semitones: int) -> list[Any]:
    return [[onset, length, [p + semitones for p in pitches]] for onset, length, pitches in notes]


@pytest.mark.parametrize(
    ("key", "body", "semitones", "result"),
    [
        ("C", "CDEF GABc|", 2, "D\nDEFG ABcd|"),
        ("C", "CDEF GABc|", -2, "Bb\nB,CDE FGAB|"),
        ("C", "^F=F _B=B|", 1, "Db\n=G_G _c=c|"),
        ("C", "^F=F _B=B|", 7, "G\n^c=c =f^f|"),
        ("G", "GABc defg|", -1, "F#\nFGAB cdef|"),
        ("G", "F2^F2=F2|", 5, "C\nB2=B2_B2|"),
        ("Am", "^GA ^FG|", -1, "G#m\n^^FG ^EF|"),
        ("Am", "^GA|", 3, "Cm\n=Bc|"),
        ("Ddor", "DB c2|", 2, "Edor\nEc d2|"),
        ("C", "{^g/}[CE^G]2 (3C>DE z2 Z|", 12, "C\n{^g'/}[ce^g]2 (3c>de z2 Z|"),
        ("Bb", "B,C|[K:F]B,2|", 2, "C\nCD|[K:G]C2|"),
        ("none", "C^C|", 2, "none\nD^D|"),
        ("C", "C2-C2 ^C4-|C4 C4|", 2, "D\nD2-D2 ^D4-|D4 D4|"),
    ],
)
def test_spelling(key: str, body: str, semitones: int, result: str) -> None:
    assert abc.transpose(tune(key, body), semitones).text == f"{HEAD}{result}\n"


@pytest.mark.parametrize(
    ("key", "semitones", "moved"),
    [
        ("C", 1, "Db"),
        ("C", 6, "F#"),
        ("F#", 1, "G"),
        ("Am", 1, "Bbm"),
        ("Am", 6, "D#m"),
        ("Ebm", 1, "Em"),
        ("Emix", 3, "Gmix"),
        ("F#m", -1, "Fm"),
        ("HP", 2, "Bmix"),
        ("D =c", 2, "E =d"),
        ("G clef=bass % low", 2, "A clef=bass % low"),
        ("Am octave=-1", 2, "Bm octave=-1"),
    ],
)
def test_keys(key: str, semitones: int, moved: str) -> None:
    assert f"\nK:{moved}\n" in abc.transpose(tune(key), semitones).text


@pytest.mark.parametrize(
    ("symbol", "semitones", "moved"),
    [
        ("Am7/G", 2, "Bm7/A"),
        ("F#dim", -1, "E#dim"),
        ("Bb", 2, "C"),
        ("Csus4", 1, "Dbsus4"),
        ("C/E", 4, "E/G#"),
        ("N.C.", 2, "N.C."),
        ("Fine", 2, "Fine"),
        ("D.C. al Coda", 2, "D.C. al Coda"),
        ("Emaj7(no5)", 1, "Fmaj7(no5)"),
        ("Bb7b9", 2, "C7b9"),
        ("^Am", 2, "^Am"),
    ],
)
def test_chord_symbols(symbol: str, semitones: int, moved: str) -> None:
    assert f'"{moved}"' in abc.transpose(tune("C", f'"{symbol}"C8|'), semitones).text


@pytest.mark.parametrize(
    ("key", "tonic", "written", "semitones"),
    [
        ("C", "G", "G", -5),
        ("C", "F", "F", 5),
        ("C", "Gb", "Gb", 6),
        ("C", "F#", "F#", 6),
        ("C", "Cb", "Cb", -1),
        ("C", "C#", "C#", 1),
        ("C#", "Db", "Db", 0),
        ("Em", "Dm", "Dm", -2),
        ("Gdor", "A", "Ador", 2),
        ("B", "C", "C", 1),
    ],
)
def test_to_a_tonic(key: str, tonic: str, written: str, semitones: int) -> None:
    """By the shortest way, spelled as asked for; the mode is the tune's own."""
    one = tune(key, "CDEF ^G_Bc2|")
    two = abc.transpose_to(one, tonic)
    assert f"\nK:{written}\n" in two.text
    assert sounding(two) == raised(sounding(one), semitones)


def test_to_its_own_tonic_is_the_tune() -> None:
    one = tune("G")
    assert abc.transpose_to(one, "G") is one
    assert abc.transpose(one, 0) is one


@pytest.mark.parametrize("tonic", ["H", "", "none", "?", "treble"])
def test_no_tonic(tonic: str) -> None:
    with pytest.raises(UsageError, match="cannot transpose from C major"):
        abc.transpose_to(tune("C"), tonic)


def test_a_tune_without_a_tonic() -> None:
    with pytest.raises(UsageError, match="cannot transpose from none to 'G'"):
        abc.transpose_to(tune("none"), "G")


@pytest.mark.parametrize("semitones", [68, 200, -61, 10**9])
def test_beyond_all_pitches(semitones: int) -> None:
    """C is 60: up to 127 and down to 0 is possible, further is not."""
    assert abc.transpose(tune("C"), 67)
    assert abc.transpose(tune("C"), -60)
    with pytest.raises(UsageError, match=f"{semitones} semitones .* leaves the range"):
        abc.transpose(tune("C"), semitones)


def test_the_text_around_the_notes_stays() -> None:
    text = f"{HEAD}C % key\nC2 D2\\\n  E4 | % C D E\nw: C D E\n%%C\nW:C\n"
    assert abc.transpose(abc.read(text).tunes[0], 2).text == (
        f"{HEAD}D % key\nD2 E2\\\n  F4 | % C D E\nw: C D E\n%%C\nW:C\n"
    )


def test_macros_are_written_out() -> None:
    one = abc.read("X:1\nm:~G2=G/A/G\nL:1/8\nK:C\n~G2 C2|\n").tunes[0]
    assert abc.transpose(one, 2).text == "X:1\nL:1/8\nK:D\nA/B/A D2|\n"


def test_a_lone_exclamation_mark_does_not_swallow_a_note() -> None:
    one = tune("C", "C4|!d>c B2|")
    assert sounding(abc.transpose(one, 3)) == raised(sounding(one), 3)


def test_each_voice_has_its_own_accidentals() -> None:
    body = "[V:1]^C4 [V:2]C4 [V:1]C4|[V:2]C4|"
    one = tune("C", body)
    assert sounding(abc.transpose(one, 3)) == raised(sounding(one), 3)


@settings(
    max_examples=150, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
@given(tunes(), st.integers(-13, 13))
def test_up_and_back(text: str, semitones: int) -> None:
    one = abc.read(text).tunes[0]
    up = abc.transpose(one, semitones)
    assert sounding(up) == raised(sounding(one), semitones)
    back = abc.transpose(up, -semitones)
    assert sounding(back) == sounding(one)
    assert music(back)["bars"] == music(one)["bars"]
    assert music(back)["voices"][0]["signs"] == music(one)["voices"][0]["signs"]


@pytest.mark.parametrize("semitones", [-5, 1, 2, 7])
@pytest.mark.parametrize(
    ("key", "body"),
    [
        ("G", "GABc d2ef|gfed c2B2|A2G2 F2D2|G8|"),
        ("Dm", "DEFG A2_B2|^c2d2 A4|=B^cd2 _B2A2|D8|"),
        ("Bb", "BcdB f2e2|=e2f2 ^f2g2|[Bdf]4 [_A=ce]4|B8|"),
    ],
)
def test_music21_reads_the_same_pitches(key: str, body: str, semitones: int) -> None:
    converter = pytest.importorskip("music21.converter", reason="music21 is not installed")

    def heard(text: str, by: int) -> list[list[int]]:
        score = converter.parse(text, format="abc").transpose(by)
        return [sorted(p.midi for p in note.pitches) for note in score.flatten().notes]

    one = tune(key, body)
    moved = abc.transpose(one, semitones)
    ours = [pitches for _, _, pitches in sounding(moved)]
    assert ours == heard(one.text, semitones) == heard(moved.text, 0)
