"""Does the comparison find what is wrong in a file, and nothing else?"""

from __future__ import annotations

from random import Random

import pytest

from chatmusician import abc
from chatmusician.abc.midi import (
    PLAIN,
    Difference,
    Options,
    broken_midi,
    compare_midi,
    midi_bytes,
    performance,
    render_midi,
    to_midi,
)
from chatmusician.errors import EngineError, UsageError
from tests.abc.cases import Case, case_id
from tests.abc.test_conformance import CASES
from tests.fuzz.inputs import HOSTILE, book, mutated

pytest.importorskip("symusic")

TUNE = "X:1\nM:4/4\nL:1/4\nK:C\n|:CDEF|GABc:|\n"


def tune(text: str = TUNE) -> abc.Tune:
    return abc.read(text).tunes[0]


def compared(change: int, value: tuple[int, int, int, int] | None) -> list[Difference]:
    """What is found when one note of a plain performance is changed, or left out."""
    found = performance(tune(), PLAIN)
    notes = found.parts[0].notes
    notes[change : change + 1] = [] if value is None else [value]
    return compare_midi(abc.timeline(tune()), midi_bytes(found))


def test_a_plain_performance_has_no_differences() -> None:
    assert compare_midi(abc.timeline(tune()), to_midi(tune(), PLAIN)) == []


def test_missing_extra_and_wrong_notes_are_found() -> None:
    assert compared(1, None) == [Difference("missing", 62, 1.0)]
    wrong = [Difference("missing", 62, 1.0), Difference("extra", 63, 1.0)]
    assert compared(1, (480, 960, 63, 90)) == wrong
    late = [Difference("missing", 62, 1.0), Difference("extra", 62, 1.125)]
    assert compared(1, (540, 960, 62, 90)) == late
    short = Difference("length", 62, 1.0, "lasts 0.5 instead of 1")
    assert compared(1, (480, 720, 62, 90)) == [short]
    assert str(short) == "length: pitch 62 at 1 lasts 0.5 instead of 1"


def test_a_tick_or_two_are_no_difference() -> None:
    assert compared(1, (481, 958, 62, 90)) == []


def test_a_repeat_that_is_not_played_is_found() -> None:
    once = tune(TUNE.replace("|:", "").replace(":|", "|]"))
    found = compare_midi(abc.timeline(tune()), to_midi(once, PLAIN))
    assert [difference.kind for difference in found] == ["missing"] * 8


def test_accompaniment_is_no_part_of_the_tune() -> None:
    text = TUNE.replace("CDEF", '"C"CDEF')
    found = compare_midi(abc.timeline(tune(text)), to_midi(tune(text)))
    assert {difference.kind for difference in found} == {"extra"}
    assert {difference.pitch for difference in found} == {36, 48, 52, 55}


@pytest.mark.parametrize("data", [b"", b"MThd", b"nonsense" * 9])
def test_no_midi_at_all(data: bytes) -> None:
    with pytest.raises(EngineError, match="cannot read the MIDI file"):
        compare_midi(abc.timeline(tune()), data)


def test_the_builtin_engine_is_checked_as_well() -> None:
    result = render_midi(tune(), engine="builtin")
    assert (result.engine, result.differences) == ("builtin", ())
    assert result.data == to_midi(tune())


def test_auto_takes_the_builtin_engine_for_what_only_it_can_do() -> None:
    result = render_midi(tune(), options=Options(program=40))
    assert (result.engine, result.note) == ("builtin", "abc2midi cannot do a given instrument")
    with pytest.raises(UsageError, match="abc2midi cannot do a given tempo"):
        render_midi(tune(), engine="abc2midi", options=Options(tempo=99))


def test_an_unknown_engine() -> None:
    with pytest.raises(UsageError, match="no engine 'fast'"):
        render_midi(tune(), engine="fast")  # type: ignore[arg-type]


@pytest.mark.parametrize("case", CASES, ids=case_id)
def test_every_small_tune_is_played_as_read(case: Case) -> None:
    for found in abc.read(case.text).tunes:
        hold(found)


@pytest.mark.parametrize("seed", range(20))
def test_random_tunes(seed: int) -> None:
    random = Random(seed)
    text = book(random)
    for data in (text, mutated(random, text, random.choice(CASES).text.encode())):
        for found in abc.read(data).tunes:
            hold(found)


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_shapes(name: str) -> None:
    for found in abc.read(HOSTILE[name](2000)).tunes:
        hold(found)


def hold(tune: abc.Tune) -> None:
    """The plain performance is the tune; the full one is a whole file as well."""
    assert compare_midi(abc.timeline(tune), to_midi(tune, PLAIN)) == []
    full = performance(tune)
    assert broken_midi(midi_bytes(full)) is None
    for part in full.parts:
        assert all(0 <= start < end <= full.length for start, end, _, _ in part.notes)
        assert all(0 <= pitch < 128 and 0 < loud < 128 for _, _, pitch, loud in part.notes)
