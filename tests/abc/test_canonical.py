"""The canonical form: spelled as docs/canonical.md says, settled, and the same music."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings

from chatmusician.abc import canonical, check, read, to_events
from tests.abc.valid_tunes import tunes

HEAD = "X:1\nT:t\nM:4/4\nL:1/8\nK:C\n"


def body(text: str) -> str:
    """The canonical music of one tune, without its header."""
    (tune,) = read(text).tunes
    return canonical(tune).split("\nK:", 1)[1].split("\n", 1)[1].strip("\n")


@pytest.mark.parametrize(
    ("unit", "written", "wanted"),
    [
        ("1/8", "CDEF GABc|", "CD EF GA Bc |"),
        ("1/8", "C D E F G A B c|", "CD EF GA Bc |"),
        ("1/16", "C2D2E2F2 G2A2B2c2|", "CD EF GA Bc |"),
        ("1/4", "C/D/E/F/ GA|", "CD EF G2 A2 |"),
        ("1/8", "C>D E<F G4|", "C3/D/ E/F3/ G4 |"),
        ("1/8", "(3CDE F2 G4|", "(3CDE F2 G4 |"),
        ("1/8", "[CEG]2 [c2e2] z4|", "[CEG]2 [ce]2 z4 |"),
        ("1/8", '"Am"A4 "G7"B4|', '"Am"A4 "G7"B4 |'),
        ("1/8", "|:C8:|", "|:C8 :|"),
        ("1/8", "C8|1D8:|2E8|]", "C8 | [1 D8 :| [2 E8 |]"),
        ("1/8", "!f!C4 +trill+D4|", "!f!C4 TD4 |"),
        ("1/8", "~C4 vD4|", "~C4 vD4 |"),
        ("1/8", "{gf}C4 {/e}D4|", "{gf}C4 {/e}D4 |"),
        ("1/8", "(C4 D4)|", "(C4 D4) |"),
        ("1/8", "C8-|C8|", "C8- | C8 |"),
        ("1/8", "^F4 F4|", "^F4 F4 |"),
    ],
)
def test_spellings(unit: str, written: str, wanted: str) -> None:
    assert body(f"X:1\nT:t\nM:4/4\nL:{unit}\nK:C\n{written}\n") == wanted


def test_four_bars_a_line() -> None:
    text = HEAD + "C8|D8|\nE8|F8|G8|\nA8|\n"
    assert body(text) == "C8 | D8 | E8 | F8 |\nG8 | A8 |"
    (tune,) = read(text).tunes
    assert canonical(tune, bars_per_line=2).endswith("C8 | D8 |\nE8 | F8 |\nG8 | A8 |\n")


def test_header_order_and_what_is_left_out() -> None:
    head = "%%scale 0.7\nX:7\nR:jig\nT:One\nT:Two\nZ:someone\nL:1/16\nM:C|\nQ:1/2=80\nK:Ador % x\n"
    assert canonical(read(head + "A16|\n")) == (
        "X:7\nT:One\nT:Two\nR:jig\nM:2/2\nL:1/8\nQ:1/2=80\nK:Ador\nA8 |\n"
    )


def test_voices_are_interleaved() -> None:
    text = "X:1\nT:t\nM:4/4\nL:1/8\nK:C\nV:1\nC8|D8|\nV:2 clef=bass\nC,8|D,8|\n"
    assert canonical(read(text)).split("K:C\n")[1] == "[V:1] C8 | D8 |\n[V:2] C,8 | D,8 |\n"


def test_words_stay_under_their_notes() -> None:
    text = "X:1\nT:t\nM:4/4\nL:1/4\nK:C\nCDEF|GABc|\nw: one two three_ | four-teen * five\n"
    again = read(canonical(read(text)))
    assert (
        to_events(again)["tunes"][0]["voices"][0]["lyrics"]
        == (to_events(read(text))["tunes"][0]["voices"][0]["lyrics"])
    )


@pytest.mark.parametrize(
    ("head", "music", "pitches"),
    [
        # Clefs and octaves of each voice, and their changes, are kept.
        ("K:bass octave=-1 transpose=3\n", "G|", [58]),
        ("V:1\nV:2 clef=bass\nK:C octave=-1\n", "V:1\nC|\nV:2\nE|", [48, 52]),
        ("K:C octave=-1\n", "V:1\nCD|\nV:1\nK:D octave=0\nC|", [48, 50, 61]),
        ("K:C\n", "V:1 octave=-1\nC|\nV:1 octave=1\nC|", [48, 72]),
        ("K:C\nK:D\n", "V:1\nF|\nV:2\nF|", [66, 66]),
        ("K:D exp\n", "F|", [65]),
        ("K:D exp =f ^g\n", "FG|", [65, 68]),
        # No key signature is a key as well.
        ("K:D\n", "F [K:none] F|", [66, 65]),
    ],
)
def test_what_shifts_pitches_is_kept(head: str, music: str, pitches: list[int]) -> None:
    text = f"X:1\nT:t\nL:1/4\n{head}{music}\n"
    assert sounding(read(text)) == pitches
    assert sounding(read(canonical(read(text)))) == pitches


def sounding(book: Any) -> list[int]:
    voices = to_events(book)["tunes"][0]["voices"]
    return [pitch for voice in voices for _, _, chord in voice["notes"] for pitch in chord]


@settings(max_examples=150, deadline=None)
@given(tunes())
def test_settled_and_the_same_music(text: str) -> None:
    book = read(text)
    assert not [found for found in check(book) if found.severity == "error"]
    once = canonical(book)
    assert canonical(read(once)) == once
    assert music(read(once)) == music(book)


def music(book: Any) -> list[Any]:
    kept = ("key", "meter", "bars", "expanded", "signature", "graces", "voices")
    return [[tune[name] for name in kept] for tune in to_events(book)["tunes"]]


def test_lines_after_the_last_word_have_no_words() -> None:
    text = "X:1\nT:t\nL:1/4\nM:4/4\nK:C\n" + "CDEF|" * 12 + "\nw: one two three four | five\n"
    lines = canonical(read(text)).splitlines()
    assert [line for line in lines if line.startswith("w:")] == ["w: one two three four five"]
