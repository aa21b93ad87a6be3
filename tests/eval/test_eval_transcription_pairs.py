"""Pairs in the form of ASAP, chords in time, and how notes of a melody are matched."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from random import Random

import pytest

pytest.importorskip("numpy")
pytest.importorskip("mir_eval")
pytest.importorskip("symusic")

from chatmusician import abc
from chatmusician.errors import InputError
from chatmusician.eval.transcription.asap import pairs, read_beats, read_pair, score_notes
from chatmusician.eval.transcription.measure import of_text, of_written
from chatmusician.eval.transcription.outside import midi_of
from chatmusician.eval.transcription.performer import Played, Player, perform
from chatmusician.eval.transcription.scores import matched, melody_scores, read_score
from chatmusician.eval.transcription.truth import ScoreNote, Truth, truth_of
from chatmusician.transcription.score import ScoreOptions, write_score

MATCH = """info(matchFileVersion,5.0).
meta(timeSignature,6/8,0,-1.0).
snote(n1-1,[G,n],4,0:6,0,1/8,-1.0,0.0,[])-note(n0,[G,n],4,0,9,9,60).
snote(n2-1,[C,#],5,1:1,0,3/8+1/8,0.0,4.0,[])-note(n1,[C,#],5,10,90,90,60).
snote(n3-1,[D,b],5,1:5,0,1/16,4.0,4.5,[])-deletion.
snote(n4-1,[E,n],5,1:5,1/16,0,4.5,4.5,[grace])-note(n2,[E,n],5,95,99,99,60).
snote(n5-1,[B,bb],3,2:1,0,3/4,6.0,12.0,[])-note(n3,[B,bb],3,120,400,400,60).
"""
TUNE = """X:1
T:Chords
M:3/4
L:1/4
K:D
"D"d2 f|a2 f|"G"g2 e|"A7"c2 e|"D"d2 f|a2 d'|"A7"c' b a|"D"d'3|]
"""


def test_the_notes_of_a_match_file() -> None:
    found = score_notes(MATCH)
    # Worked out by hand; the grace note has no duration, the pickup is the sixth eighth.
    assert [(n.onset, n.duration, n.pitch, n.bar, n.place) for n in found] == [
        (Fraction(-1, 2), Fraction(1, 2), 67, 0, Fraction(5, 2)),
        (Fraction(0), Fraction(2), 73, 1, Fraction(0)),
        (Fraction(2), Fraction(1, 4), 73, 1, Fraction(2)),
        (Fraction(3), Fraction(3), 57, 2, Fraction(0)),
    ]


def test_beats_and_meter_of_annotations() -> None:
    found = read_beats("0.5\t0.5\tb,4/4,-3\n1.0\t1.0\tdb\n1.5\t1.5\tbR\n")
    assert found.beats == (0.5, 1.0, 1.5)
    assert found.downbeats == (1.0,)
    assert (found.meter, found.fifths) == ("4/4", -3)
    with pytest.raises(InputError, match="no beats"):
        read_beats("", "x")


def test_a_folder_of_pairs(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no pairs"):
        pairs(str(tmp_path))
    performance = playing().performance
    (tmp_path / "a.mid").write_bytes(midi_of(performance))
    (tmp_path / "a.match").write_text(MATCH)
    (tmp_path / "a_annotations.txt").write_text("0.0\t0.0\tdb,6/8,2\n1.0\t1.0\tb\n")
    (path,) = pairs(str(tmp_path))
    read = read_pair(path)
    assert read.tempo == pytest.approx(60)
    assert len(read.performance.notes) == len(performance.notes)
    assert of_text(read, "")["strict"] == 0


def playing(**how: float) -> Played:
    truth = truth_of(abc.read(TUNE).tunes[0])
    assert truth is not None
    player = Player(**{"qpm": 140.0, **how})  # type: ignore[arg-type]
    return perform(truth, player, Random(2), chords=True)


def test_chord_symbols_sound_when_they_are_played() -> None:
    played = playing(jitter=0.0, drift=0.0, slowing=0.0, begin=1.0)
    beat = 60 / 140
    first, second = played.symbols[:2]
    assert list(first[:2]) == pytest.approx([1.0, 1 + 6 * beat])
    assert (first[2].root, second[2].root) == (2, 7)
    assert len(played.symbols) == 6


def test_the_melody_is_found_under_its_chords() -> None:
    played = playing()
    written = write_score(played.performance, ScoreOptions(meter="3/4", tempo=140, key="D"))
    found = of_written(played, played.performance, written)
    assert found["recall"] > 0.9
    assert found["chords"] > 0.8
    assert found["valid"]
    assert melody_scores(played.truth, None)["recall"] == 0
    # The tune itself, chords and all, has every note of its melody.
    assert melody_scores(played.truth, read_score(TUNE))["recall"] == 1.0


def test_matching_is_a_longest_common_subsequence() -> None:
    def notes(pitches: list[int], place: int = 0) -> list[ScoreNote]:
        one = Fraction(1)
        return [ScoreNote(Fraction(at), one, p, 0, Fraction(place)) for at, p in enumerate(pitches)]

    truth = notes([1, 2, 3, 4, 5])
    # Greedy longest blocks would take 4 5 and lose 1 2 3.
    said = notes([1, 9, 2, 9, 3, 4, 9, 5])
    assert matched(truth, said) == [(0, 0), (1, 2), (2, 4), (3, 5), (4, 7)]
    # Of two notes that would do, the one in the right place.
    both = [*notes([7], place=3), *notes([7], place=0)]
    assert matched(notes([7]), both) == [(0, 1)]


def test_truths_of_other_tunes_have_no_symbols() -> None:
    plain = truth_of(
        abc.read(TUNE.replace('"D"', "").replace('"G"', "").replace('"A7"', "")).tunes[0]
    )
    assert isinstance(plain, Truth)
    assert plain.symbols == ()
