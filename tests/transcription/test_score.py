"""From notes in seconds to ABC: what is found in plain cases, and that bars are exact in all."""

from __future__ import annotations

from fractions import Fraction
from random import Random

import pytest

pytest.importorskip("numpy")

from tests.transcription.odd_midi import named

from chatmusician import abc
from chatmusician.errors import ChatMusicianError, InputError, UsageError
from chatmusician.eval.transcription.performer import Player, perform
from chatmusician.eval.transcription.scores import note_scores, read_score
from chatmusician.eval.transcription.truth import Truth, truth_of
from chatmusician.transcription.notes import Note, Performance
from chatmusician.transcription.performed_midi import read_performance
from chatmusician.transcription.score import ScoreOptions, Written, write_score

JIG = """X:1
T:The Kesh
M:6/8
L:1/8
K:G
|:G3 GAB|A3 ABd|edd gdd|edB dBA|G3 GAB|A3 ABd|edd gdB|AGF G3:|
|:BAB dBd|ege dBA|BAB dBG|ABA AGA|BAB dBd|ege dBd|gfg aga|bgg g3:|
"""
WALTZ = """X:1
M:3/4
L:1/4
K:D
A|"D"d2 f|a2 f|"G"g2 e|"A7"c2 e|"D"d2 f|a2 d'|"A7"c' b a|"D"d'2:|
"""


def truth(text: str, repeats: bool = True) -> Truth:
    found = truth_of(abc.read(text).tunes[0], repeats=repeats)
    assert found is not None
    return found


def errors(written: Written) -> list[str]:
    tune = abc.read(written.abc).tunes[0]
    found = abc.check_tune(tune, abc.timeline(tune))
    return [problem.code for problem in found if problem.severity == "error"]


def performed(text: str, *, chords: bool = False, **how: float) -> tuple[Performance, Truth]:
    player = Player(**{"qpm": 165.0, **how})  # type: ignore[arg-type]
    played = perform(truth(text), player, Random(3), chords=chords)
    return played.performance, played.truth


def test_a_jig_comes_back_as_it_was() -> None:
    performance, true = performed(JIG)
    written = write_score(performance)
    assert (written.meter, written.key) == ("6/8", "G")
    assert written.pickup == 0
    assert note_scores(true, read_score(written.abc))["strict"] > 0.98
    assert written.tempo == pytest.approx(110, rel=0.05)
    assert written.beats[0].number == 1
    assert written.beats[1].number == 2
    assert not errors(written)


def test_repeats_are_folded_and_sound_the_same() -> None:
    performance, _ = performed(JIG, jitter=0.004)
    folded = write_score(performance)
    plain = write_score(performance, ScoreOptions(fold_repeats=False))
    assert folded.abc.count(":|") == 2
    assert ":|" not in plain.abc
    assert len(folded.abc) < 0.7 * len(plain.abc)
    ours, theirs = read_score(folded.abc), read_score(plain.abc)
    assert ours is not None
    assert theirs is not None
    assert ours.notes == theirs.notes
    assert folded.notes == plain.notes
    assert folded.bars[8].measure == folded.bars[0].measure == 0


def test_what_the_user_knows_is_kept() -> None:
    performance, true = performed(JIG)
    written = write_score(
        performance, ScoreOptions(meter="6/8", tempo=110, key="Em", title="A % B")
    )
    assert (written.meter, written.key) == ("6/8", "Em")
    assert "K:Em" in written.abc
    assert "T:A \\% B" in written.abc
    assert note_scores(true, read_score(written.abc))["strict"] > 0.98


@pytest.mark.parametrize("meter", ["5/4", "7/8", "5/8", "2/2", "12/8", "3/8"])
def test_any_meter_that_is_told_gives_exact_bars(meter: str) -> None:
    performance, _ = performed(JIG)
    written = write_score(performance, ScoreOptions(meter=meter))
    assert written.meter == meter
    assert not errors(written)


@pytest.mark.parametrize(
    "wrong", [{"tempo": 3.0}, {"meter": "4"}, {"meter": "99/1"}, {"key": "H minor"}]
)
def test_options_that_make_no_sense_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        ScoreOptions(**wrong)  # type: ignore[arg-type]


def test_every_note_has_a_place() -> None:
    performance, _ = performed(WALTZ, chords=True)
    written = write_score(performance)
    assert sorted(note.source for note in written.notes) == list(range(len(performance.notes)))
    assert written.abc.count("V:") >= 2
    assert all(note.duration > 0 and note.place >= 0 for note in written.notes)
    assert not errors(written)
    starts = [bar.start for bar in written.bars]
    assert starts == sorted(starts)


def test_the_same_notes_give_the_same_score() -> None:
    performance, _ = performed(WALTZ)
    assert write_score(performance) == write_score(performance)


def test_no_notes_are_an_error() -> None:
    with pytest.raises(InputError, match="no notes"):
        write_score(Performance((), 3.0, "test"))


@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_very_short_music_is_a_score_too(count: int) -> None:
    notes = tuple(Note(0.4 * at, 0.4 * at + 0.3, 60 + at) for at in range(count))
    written = write_score(Performance(notes, 0.4 * count, "test"))
    assert not errors(written)
    assert len(written.notes) == count


def test_random_notes_give_exact_bars() -> None:
    for seed in range(12):
        random = Random(seed)
        now, notes = 0.0, []
        for _ in range(random.randint(5, 80)):
            now += random.choice((0.0, 0.01, 0.1, 0.25, 0.5, random.expovariate(2), 9.0))
            end = now + random.expovariate(1) + 0.02
            notes.append(Note(now, end, random.randint(0, 127), 70, random.choice((0, 0, 0, 1))))
        notes.sort(key=lambda n: (n.onset, n.pitch))
        written = write_score(Performance(tuple(notes), now + 5, "test"))
        assert not errors(written), seed
        assert len(written.notes) == len(notes)


def test_odd_midi_files_become_scores_without_errors() -> None:
    for name, data in named():
        try:
            performance = read_performance(data)
        except ChatMusicianError:
            continue
        assert not errors(write_score(performance)), name


def test_a_pickup_is_the_first_bar() -> None:
    performance, true = performed(WALTZ, qpm=140.0)
    written = write_score(performance, ScoreOptions(meter="3/4", tempo=140))
    assert note_scores(true, read_score(written.abc))["strict"] > 0.9
    assert written.pickup == Fraction(1)
