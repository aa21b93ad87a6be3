"""What the corpus mends in its sources, and what it takes for no notation."""

from __future__ import annotations

import re
from fractions import Fraction

import pytest

from chatmusician import abc
from chatmusician.abc import Tune

pytest.importorskip("numpy")

from chatmusician.abc.analysis import melody
from chatmusician.model.score_text import plain_chords
from chatmusician.train.corpus import tidy
from chatmusician.train.corpus.families import families, runs_of
from chatmusician.train.corpus.line_ends import with_bar_lines
from chatmusician.train.corpus.performance import off_grid
from chatmusician.train.corpus.tokens import from_steps, from_tokens

STEP = Fraction(1, 16)
HEAD = "X:1\nM:2/4\nL:1/16\nK:G\n"
# As in the Essen collection: lines end without a bar line, full (1, 3) or not (2).
ESSEN = HEAD + "d4A2c2 | d4d4\nA3cd2g2 | c2A2\nG4 | d2c4A2\nc3AG2E2 | D8\n"


def read(text: str) -> Tune:
    (tune,) = abc.read(text).tunes
    return tune


def pitches(tune: Tune) -> list[tuple[int, int]]:
    line = abc.timeline(tune)
    return [
        (int(t.onset) * 16 // line.resolution, int(t.pitch)) for v in line.voices for t in v.tones
    ]


def mended(text: str) -> Tune | None:
    return with_bar_lines(read(text), abc.timeline(read(text)))


def test_a_bar_line_comes_where_a_line_ends_with_a_full_bar() -> None:
    made = mended(ESSEN)
    assert made is not None
    music = " ".join(abc.canonical(made).split("\n", 4)[4].split())
    assert music == "d2 Ac | d2 d2 | A3/c/ dg | cA G2 | dc2A | c3/A/ GE | D4"
    assert pitches(made) == pitches(read(ESSEN))


def test_an_accidental_before_the_line_end_still_holds_after_it() -> None:
    text = HEAD + "d4^c4 | d4^c4\nc4c'4 | d8\n"
    made = mended(text)
    assert made is not None
    assert made.text.split("\n")[5] == "^c4^c'4 | d8"
    assert pitches(made) == pitches(read(text))


@pytest.mark.parametrize(
    "body",
    [
        "d4A2c2 | d4d2\nA3cd2g2 | c2A2G4\n",  # the line ends within a bar that is too long
        "d4A2c2 | d4d4\nA3cd2g2e4 | c2A2G4\n",  # what follows is too long as well
        "d4A2c2 | d4d4 | A3cd2g2c4 | c2A2G4\n",  # no line end in the bar that is too long
    ],
)
def test_bars_that_no_line_end_explains_stay_wrong(body: str) -> None:
    assert mended(HEAD + body) is None


def test_voices_are_left_alone() -> None:
    assert mended("X:1\nM:2/4\nL:1/16\nK:G\nV:1\nd8d4\nd4|\nV:2\nd8|d8|\n") is None


def test_misread_letters_are_what_they_were() -> None:
    # 0x81, 0x84, 0x94 are ü, ä, ö in code page 437 (IBM's own table).
    assert tidy.letters("fr\x81h M\x84dchen Dreik\x94nig, A Bhéasach") == (
        "früh Mädchen Dreikönig, A Bhéasach"
    )


def test_names_of_files_are_no_titles() -> None:
    text = "X:1\nT:bwv161.6.mxl\nT:Missing title !\nT:Real\nR:Liebeslieder]\nO:Oslo [1]\nK:C\n"
    assert tidy.header(text) == "X:1\nT:Real\nR:Liebeslieder\nO:Oslo [1]\nK:C\n"
    assert tidy.title_of_file("_Polon%E4s_i_D_c1dc5a.abc") == "Polonäs i D"


def test_basses_of_chord_symbols_are_spelled_one_way() -> None:
    found = plain_chords('"D/f+"A "C/e"B "/@D7"c "G"d "Am/G"e')
    assert found == '"D/F#"A "C/E"B "D7"c "G"d "Am/G"e'


@pytest.mark.parametrize(
    ("mode", "notes", "key", "first"),
    [
        ("maj", "=C =E =G =c", "C", 60),
        ("dor", "=D =F =A =B", "Ddor", 62),
        ("min", "=A =B =c =e", "Am", 69),
        ("mix", "=G =B =d =f", "Gmix", 67),
        ("maj", "^C =F ^G ^c", "Db", 61),
        ("min", "^A =c ^c =f", "Bbm", 70),
        ("mix", "^G =c ^d ^f", "Abmix", 68),
    ],
)
def test_folk_rnn_modes_get_the_tonic_that_their_notes_have(
    mode: str, notes: str, key: str, first: int
) -> None:
    text = from_tokens(f"M:4/4 K:{mode} {notes} | {notes} |")
    assert re.findall(r"^K:.*$", text, re.M) == [f"K:{key}"]
    (line,) = abc.timeline(read(text)).voices
    assert line.tones[0].pitch == first
    assert not re.search(r"[\^_]", abc.canonical(read(text)).split("K:")[1][len(key) :])


def test_steps_get_a_key_from_their_notes() -> None:
    scale = [67, 69, 71, 72, 74, 76, 78, 79]
    text = from_steps(
        [[p, p - 12] for p in [*scale, *scale[::-1]] for _ in range(4)], Fraction(1, 16)
    )
    assert "K:G major\n" in text
    assert "^" not in text


def test_notes_off_the_grid_are_counted() -> None:
    line = abc.timeline(read("X:1\nM:4/4\nL:1/4\nK:C\nC D/E/ (3F/G/A/ B11/8c5/8 |\n"))
    assert off_grid(line) == pytest.approx(2 / 8)


def test_a_tune_in_another_mode_is_of_the_same_family() -> None:
    """A source that has the signature wrong, as one of Aird's two books."""
    body = "cAFA cdcA|Bcde fgfe|dBGB dedB|ABcd efgf|ecAc eaec|dfaf dBGB|cAFA cBAG|F4F4|]\n"
    lines = [
        abc.timeline(read(f"X:1\nM:4/4\nL:1/8\nK:{key}\n{body}")) for key in ("F", "Fdor", "Flyd")
    ]
    assert families([runs_of(melody(line)) for line in lines]) == [0, 0, 0]
