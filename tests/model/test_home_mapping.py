"""ABC to home text and back: the same music, read by abc2midi as well."""

from __future__ import annotations

import shutil
import subprocess
from fractions import Fraction
from pathlib import Path

import pytest

from chatmusician import abc
from chatmusician.model.home.reading import NotHomeError, home_tune
from chatmusician.model.home.text import TAGS, tune_of, words_of
from chatmusician.model.home.tune import duration, sound
from chatmusician.model.home.writing import abc_text

REEL = """X:1
T:Endings, a stop, a roll and a triplet
R:reel
M:C|
L:1/8
K:G
|: D2 | G2BG (3ABA G2 | ~B3A [GB]2 d2 | ^cdcB =c2A2- |1 A2 FA G2 :|2 A2 F2 G4 ||
|: g2bg f2af | z2 ed BcdB | G4- G2 d2 | cAFA G4 :|
"""
JIG = """X:2
T:Broken rhythm, sixteenths and rests in E dorian
R:jig
M:6/8
L:1/8
K:Edor
|: E | EFG B2e | d/c/BA z2 F | E>FG _B2=B | AFD E2 :|
|: B/c/ | d>cB AFA | (2BA F3 | e3- e2f | fdB e2 :|
"""
WALTZ = """X:3
T:A minor with leading notes
R:waltz
M:3/4
L:1/8
K:Am
E2 | A3 B c2 | ^G4 E2 | A2 ^g2 e2 | a6 |
e2 f2 e2 | d3 ^G B2 | c2 B2 ^G2 | A4 :|
"""
TUNES = (REEL, JIG, WALTZ)


def first(text: str) -> abc.Tune:
    return abc.read(text).tunes[0]


def sounding(tune: abc.Tune, up: int = 0) -> list[tuple[str, str, list[int]]]:
    """Onsets, lengths and pitches as written, moved so that the lowest note is 0."""
    line = abc.timeline(tune)
    voice = next(v for v in line.voices if v.tones)
    notes = sorted((int(t.onset), int(t.duration), int(t.pitch)) for t in voice.tones)
    low = min(pitch for _, _, pitch in notes)
    scale = line.resolution
    return [(str(Fraction(a, scale)), str(Fraction(b, scale)), [c - low]) for a, b, c in notes]


@pytest.mark.parametrize("text", TUNES)
def test_round_trip_keeps_what_sounds(text: str) -> None:
    tune = first(text)
    home = home_tune(tune, rhythm="reel", source="test")
    assert sounding(first(abc_text(home))) == sounding(tune)


@pytest.mark.parametrize("text", TUNES)
@pytest.mark.parametrize("tonic", ["D", "F", "Bb", "E"])
def test_home_abc_home_is_the_identity(text: str, tonic: str) -> None:
    home = home_tune(first(text), rhythm="reel", source="")
    again = home_tune(first(abc_text(home, tonic=tonic, octaves=1)), rhythm="reel", source="")
    assert again == home


@pytest.mark.parametrize("text", TUNES)
def test_written_abc_has_no_finding(text: str) -> None:
    home = home_tune(first(text), rhythm="reel")
    assert abc.check(abc.read(abc_text(home, title="A tune", tonic="A"))) == ()


@pytest.mark.parametrize("text", TUNES)
@pytest.mark.parametrize("hidden", [(), TAGS, ("relations",), ("source", "closes")])
def test_home_text_reads_back(text: str, hidden: tuple[str, ...]) -> None:
    home = home_tune(first(text), rhythm="reel", source="ryans")
    again = tune_of(words_of(home, hidden))
    assert again.parts == home.parts
    assert (again.rhythm, again.meter, again.mode) == (home.rhythm, home.meter, home.mode)


def test_written_signs() -> None:
    home = home_tune(first(REEL), rhythm="reel")
    words = words_of(home)
    assert home.mode == "major"
    assert home.meter == "4/4"
    assert [part.shape for part in home.parts] == ["4r1", "4r"]
    assert "C+" in words
    assert "~" in words
    assert "(3" in words
    assert "z2" in words
    assert "C4-" in words
    # ^c and =c in G become ^F and F in C: both carry what differs from the signature.
    assert words[words.index("|2") + 2 :][:4] == ["^F", "G", "^F", "E"]


def test_accidentals_are_independent_of_the_bar() -> None:
    home = home_tune(first(WALTZ), rhythm="waltz")
    bars = home.parts[0].bars
    assert bars[1] == ("^C4", "A,2")
    assert bars[2] == ("D2", "^c2", "A2")


def test_a_sign_holds_to_the_bar_line_when_written() -> None:
    text = "X:1\nT:x\nM:4/4\nL:1/8\nK:C\n^FGF=F F4 | ^f2F2 =f2F2 | C8 |]\n"
    home = home_tune(first(text))
    assert home.parts[0].bars[0] == ("^F", "G", "^F", "F", "F4")
    assert sounding(first(abc_text(home))) == sounding(first(text))


def test_register_is_settled_and_octaves_do_not_matter() -> None:
    low = first("X:1\nT:x\nM:4/4\nL:1/8\nK:G\nG,2B,2 D2G2 | A,2B,2 C2D2 | G,8 |]\n")
    high = first("X:1\nT:x\nM:4/4\nL:1/8\nK:G\ng2b2 d'2g'2 | a2b2 c'2d'2 | g8 |]\n")
    assert home_tune(low) == home_tune(high)
    steps = sorted(s.step for w in words_of(home_tune(low)) if (s := sound(w)))
    assert 1 <= steps[(len(steps) - 1) // 2] <= 7


def test_a_part_written_twice_is_folded() -> None:
    bars = "G2BG A2cA | B2dB c2ec | d2Bd c2Ac | {} | "
    text = "X:1\nT:x\nM:4/4\nL:1/8\nK:G\n" + bars.format("B2GB A4") + bars.format("B2A2 G4")
    home = home_tune(first(text + "|]\n"))
    assert [part.shape for part in home.parts] == ["4r1"]
    assert len(home.parts[0].bars) == 3


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("V:1\nC8|]\nV:2\nC8|]", "voices"),
        ("C8|[K:D]D8|]", "the key changes"),
        ("C8|[M:3/4]C6|]", "the meter changes"),
        ("C8|C6|C8|]", "not full"),
        ("(5CDEFG C4|]", "tuplet"),
        ("z8|]", "no notes"),
        ("C8|:C8|1C8:|2C8|C8|C8:|3C8|]", "endings"),
    ],
)
def test_what_has_no_home_is_named(body: str, why: str) -> None:
    with pytest.raises(NotHomeError, match=why):
        home_tune(first(f"X:1\nT:x\nM:4/4\nL:1/8\nK:C\n{body}\n"))


def test_slurs_written_as_ties_are_dropped() -> None:
    home = home_tune(first("X:1\nT:x\nM:4/4\nL:1/8\nK:C\nC4-D4- | D8 |]\n"))
    assert home.parts[0].bars == (("C4", "D4-"), ("D8",))


def test_lengths_of_bars() -> None:
    assert duration(("(3", "A", "B", "c", "d2", "D+", "A3/2", "z/")) == 6
    assert sound("(3") is None
    assert sound("~") is None


@pytest.mark.skipif(shutil.which("abc2midi") is None, reason="abc2midi is not installed")
@pytest.mark.parametrize("text", TUNES)
def test_abc2midi_plays_both_alike(text: str, tmp_path: Path) -> None:
    home = home_tune(first(text.replace("~", "")), rhythm="reel")
    played = [
        _played(tmp_path / name, source)
        for name, source in (("a", text.replace("~", "")), ("b", abc_text(home, title="x")))
    ]
    assert played[0] == played[1]


def _played(base: Path, text: str) -> list[tuple[float, float, int]]:
    import pretty_midi  # type: ignore[import-untyped]

    base.with_suffix(".abc").write_text(text)
    midi = base.with_suffix(".mid")
    subprocess.run(
        ["abc2midi", str(base.with_suffix(".abc")), "-o", str(midi)],
        capture_output=True,
        check=True,
    )
    notes = [n for i in pretty_midi.PrettyMIDI(str(midi)).instruments for n in i.notes]
    low = min(note.pitch for note in notes)
    return sorted((round(n.start, 3), round(n.end - n.start, 1), n.pitch - low) for n in notes)
