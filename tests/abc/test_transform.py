"""Transforms: what they change, what they keep, what they refuse."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatmusician.abc import (
    Tune,
    change_unit,
    check_tune,
    expand_repeats,
    interleave_voices,
    read,
    separate_voices,
    take_bars,
    take_section,
    take_voices,
    to_events,
    transpose,
    transpose_to,
)
from chatmusician.abc.tune import Book
from chatmusician.errors import ChatMusicianError
from tests.abc.valid_tunes import tunes

REEL = "X:1\nT:A reel\nM:4/4\nL:1/8\nK:D\n|:A|d2fd Adfd|1 e2e2 e3:|2 d2d2 d4||\n|:g2 f2 e4|d8:|\n"
DUET = "X:1\nT:t\nM:4/4\nL:1/8\nK:C\nV:1\nC8|D8|\nV:2 clef=bass\nC,8|D,8|\n"


def one(text: str) -> Tune:
    (tune,) = read(text).tunes
    return tune


def events(tune: Tune) -> Any:
    whole = (("tune", 0, len(tune.text)),)
    book = Book(tune.text, "", "utf-8", b"", (), (tune,), whole, ())
    return to_events(book)["tunes"][0]


def notes(tune: Tune) -> list[Any]:
    return [voice["notes"] for voice in events(tune)["voices"]]


def body(tune: Tune) -> str:
    return tune.text.split("\nK:", 1)[1].split("\n", 1)[1]


def raised(found: list[Any], semitones: int) -> list[Any]:
    return [
        [[onset, length, [pitch + semitones for pitch in chord]] for onset, length, chord in voice]
        for voice in found
    ]


# -- transposing ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "music", "semitones", "new_key", "new_music"),
    [
        # By hand: a whole tone up from D is E; a minor third up from A minor is C minor.
        ("D", "DEFG A^GAB|", 2, "E", "EFGA B^ABc|"),
        ("Am", "A^G AB c=g|", 3, "Cm", "c=B cd e_b|"),
        ("G", '"G"G "D7/F#"A "Em"B|', -2, "F", '"F"F "C7/E"G "Dm"A|'),
        ("C", "C [CEG]2 {d}e|", 12, "C", "c [ceg]2 {d'}e'|"),
        ("Ddor", "DEFG|", 5, "Gdor", "GABc|"),
        ("Bb", "Bc de|", 1, "B", "Bc de|"),
        ("B", "Bc de|", 1, "C", "cd ef|"),
        ("F#", "FG AB|", 1, "G", "GA Bc|"),
        ("Db", "de fg|", -1, "C", "cd ef|"),
    ],
)
def test_transpose_by_hand(
    key: str, music: str, semitones: int, new_key: str, new_music: str
) -> None:
    moved = transpose(one(f"X:1\nT:t\nL:1/8\nK:{key}\n{music}\n"), semitones)
    assert moved.value("K") == new_key
    assert body(moved).strip() == new_music


@settings(max_examples=120, deadline=None)
@given(tunes(), st.integers(-14, 14))
def test_transpose_up_and_back(text: str, semitones: int) -> None:
    tune = one(text)
    moved = transpose(tune, semitones)
    assert notes(moved) == raised(notes(tune), semitones)
    assert notes(transpose(moved, -semitones)) == notes(tune)
    assert events(moved)["bars"] == events(tune)["bars"]


@pytest.mark.parametrize("semitones", [1, 3, 6, -5])
def test_transposing_agrees_with_music21(semitones: int) -> None:
    music21 = pytest.importorskip("music21")
    text = "X:1\nT:t\nM:4/4\nL:1/8\nK:Em\nE2 ^DE GABc|d^cde =d4|\n"
    heard = music21.converter.parse(text, format="abc").transpose(semitones)
    wanted = [note.pitch.midi for note in heard.recurse().notes]
    (voice,) = notes(transpose(one(text), semitones))
    assert [pitch for _, _, chord in voice for pitch in chord] == wanted


def test_transpose_to_a_tonic_takes_the_nearest() -> None:
    assert transpose_to(one("X:1\nT:t\nK:D\nDA|\n"), "C").value("K") == "C"
    assert notes(transpose_to(one("X:1\nT:t\nL:1/4\nK:D\nDA|\n"), "C"))[0] == [
        ["0", "1", [60]],
        ["1", "1", [67]],
    ]


# -- unit length ------------------------------------------------------------------


def test_unit_by_hand() -> None:
    changed = change_unit(one("X:1\nT:t\nM:4/4\nL:1/8\nK:C\nC2 D E/F/ (3GAB c2|\n"), "1/16")
    assert changed.value("L") == "1/16"
    assert body(changed).strip() == "C4 D2 EF (3G2A2B2 c4|"


@settings(max_examples=80, deadline=None)
@given(tunes(), st.sampled_from(["1/4", "1/16", "1/32", "1/2"]))
def test_another_unit_is_the_same_music(text: str, unit: str) -> None:
    tune = one(text)
    changed = change_unit(tune, unit)
    assert changed.value("L") == unit
    assert [notes(changed), events(changed)["expanded"]] == [notes(tune), events(tune)["expanded"]]


# -- bars, sections, repeats --------------------------------------------------------


def test_repeats_written_out() -> None:
    plain = expand_repeats(one(REEL))
    assert events(plain)["expanded"] == events(one(REEL))["expanded"]
    assert ":|" not in plain.text
    assert "|:" not in plain.text
    assert "[1" not in plain.text


@settings(max_examples=80, deadline=None)
@given(tunes())
def test_written_out_repeats_play_the_same(text: str) -> None:
    tune = one(text)
    plain = expand_repeats(tune)
    assert events(plain)["expanded"] == events(tune)["expanded"]
    assert ":|" not in plain.text


def test_bars() -> None:
    tune = one("X:1\nT:t\nM:2/4\nL:1/8\nK:G\nG4|A4|B4|c4|\n")
    assert notes(take_bars(tune, 2, 3))[0] == [["0", "2", [69]], ["2", "2", [71]]]


def test_bars_after_a_key_change_keep_that_key() -> None:
    tune = one("X:1\nT:t\nM:2/4\nL:1/8\nK:C\nF4|[K:D]F4|F4|\n")
    assert notes(take_bars(tune, 3, 3))[0] == [["0", "2", [66]]]


def test_section() -> None:
    second = take_section(one(REEL), 2)
    assert [pitch for _, _, (pitch,) in notes(second)[0]] == [79, 78, 76, 74]
    assert not [d for d in check_tune(second) if d.severity == "error"]


# -- voices -------------------------------------------------------------------------


def test_one_voice_taken_out() -> None:
    bass = take_voices(one(DUET), ["2"])
    assert notes(bass) == [[["0", "4", [48]], ["4", "4", [50]]]]


@settings(max_examples=60, deadline=None)
@given(tunes())
def test_voices_together_and_apart(text: str) -> None:
    tune = one(text)
    assert notes(interleave_voices(tune)) == notes(tune)
    assert notes(separate_voices(tune)) == notes(tune)


# -- refusals -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda t: transpose_to(t, "H"), "H"),
        (lambda t: change_unit(t, "1/0"), "1/0"),
        (lambda t: change_unit(t, "x"), "x"),
        (lambda t: take_bars(t, 3, 2), "3"),
        (lambda t: take_bars(t, 0, 2), "0"),
        (lambda t: take_bars(t, 90, 91), "90"),
        (lambda t: take_section(t, 9), "9"),
        (lambda t: take_voices(t, ["9"]), "9"),
    ],
)
def test_what_makes_no_sense_is_refused(change: Callable[[Tune], Tune], said: str) -> None:
    with pytest.raises(ChatMusicianError) as caught:
        change(one(REEL))
    assert said in caught.value.message
