"""Performance MIDI: times by hand and by pretty_midi, and many broken files."""

from __future__ import annotations

import io
import time

import pytest

pytest.importorskip("symusic")

from tests.transcription.odd_midi import END, SCALE, chunk, damaged, delta, melody, midi, named

from chatmusician.errors import ChatMusicianError, InputError, LimitError
from chatmusician.transcription.notes import Performance
from chatmusician.transcription.performed_midi import read_performance


def tempo(microseconds: int, after: int = 0) -> bytes:
    return delta(after) + b"\xff\x51\x03" + microseconds.to_bytes(3, "big")


def test_a_quarter_lasts_half_a_second_where_nothing_is_said() -> None:
    found = read_performance(midi(0, 96, melody(SCALE, step=96)))
    assert [n.pitch for n in found.notes] == SCALE
    assert [n.onset for n in found.notes] == pytest.approx([0.5 * at for at in range(16)])
    assert found.notes[3].end == pytest.approx(2.0)
    assert not found.is_audio


def test_tempo_changes_count_from_where_they_stand() -> None:
    conductor = tempo(1_000_000) + tempo(250_000, after=96) + END
    found = read_performance(midi(1, 96, conductor, melody([60, 62, 64], step=96)))
    assert [n.onset for n in found.notes] == pytest.approx([0.0, 1.0, 1.25])


def test_film_frames_are_seconds() -> None:
    found = read_performance(midi(0, ((256 - 25) << 8) | 40, melody([60, 62], step=500)))
    assert [n.onset for n in found.notes] == pytest.approx([0.0, 0.5])


def test_running_status_is_the_same_music() -> None:
    plain = read_performance(midi(0, 96, melody(SCALE)))
    short = read_performance(midi(0, 96, melody(SCALE, running=True)))
    assert plain.notes == short.notes


def test_the_pedal_holds_notes_until_it_is_let_go_or_they_are_struck_again() -> None:
    down, up = b"\x00\xb0\x40\x7f", delta(96) + b"\xb0\x40\x00"
    data = midi(0, 96, down + melody([60, 62, 60], step=96)[: -len(END)] + up + END)
    held = read_performance(data)
    assert [n.end for n in held.notes] == pytest.approx([1.0, 2.0, 2.0])
    dry = read_performance(data, pedal=False)
    assert [n.end for n in dry.notes] == pytest.approx([0.5, 1.0, 1.5])


def test_the_tracks_of_format_2_follow_each_other() -> None:
    found = read_performance(midi(2, 96, melody([60, 62], step=96), melody([72], step=96)))
    assert [(n.pitch, n.onset) for n in found.notes] == [(60, 0.0), (62, 0.5), (72, 1.0)]
    assert "format 2" in found.remarks[0]


def test_drums_are_left_out() -> None:
    found = read_performance(midi(1, 96, melody([60, 62]), melody([36] * 8, channel=9)))
    assert [n.pitch for n in found.notes] == [60, 62]
    with pytest.raises(InputError, match="no notes"):
        read_performance(midi(0, 96, melody([36], channel=9)))


def test_a_cut_file_gives_what_is_whole() -> None:
    body = melody(SCALE)[: -len(END)]
    data = midi(0, 96, body)[:14] + b"MTrk" + (9999).to_bytes(4, "big") + body
    found = read_performance(data)
    assert len(found.notes) == 16
    assert found.remarks == ("the MIDI file is cut short",)


def test_times_are_those_of_pretty_midi() -> None:
    pretty_midi = pytest.importorskip("pretty_midi")
    changes = tempo(700_000) + tempo(300_000, after=200) + tempo(900_000, after=131) + END
    data = midi(1, 240, changes, melody(SCALE * 2, step=77), melody(SCALE, step=131, channel=2))
    theirs = pretty_midi.PrettyMIDI(io.BytesIO(data))
    expected = sorted((n.start, n.pitch) for i in theirs.instruments for n in i.notes)
    ours = [(n.onset, n.pitch) for n in read_performance(data).notes]
    assert [p for _, p in ours] == [p for _, p in expected]
    assert [t for t, _ in ours] == pytest.approx([t for t, _ in expected], abs=1e-6)


def test_every_odd_file_is_read_or_refused_in_one_line() -> None:
    files = [*named(), *damaged(200)]
    assert len(files) > 200
    read = 0
    for name, data in files:
        began = time.process_time()
        found, said = tried(data)
        assert time.process_time() - began < 2, name
        assert "\n" not in said, name
        assert len(said) < 200, name
        if found is None:
            continue
        read += 1
        assert found.notes, name
        assert all(0 <= n.onset < n.end and 0 <= n.pitch < 128 for n in found.notes), name
        assert list(found.notes) == sorted(found.notes, key=lambda n: (n.onset, n.pitch))
    assert read > 60


def tried(data: bytes) -> tuple[Performance | None, str]:
    try:
        return read_performance(data), ""
    except ChatMusicianError as error:
        return None, str(error)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "no MIDI file"),
        (b"MThd\x00\x00", "header is cut"),
        (midi(0, 0, melody([60])), "no ticks"),
        (midi(3, 96, melody([60])), "format 3"),
        (midi(1, 96), "no tracks"),
        (midi(0, 96, melody([60]))[:14] + chunk(b"MTrk", b"\x00\xf0\xff\xff\xff\x7f"), "damaged"),
    ],
)
def test_errors_say_what_is_wrong(data: bytes, said: str) -> None:
    with pytest.raises(InputError, match=said):
        read_performance(data)


def test_too_many_notes_are_refused_at_once() -> None:
    with pytest.raises(LimitError, match="notes"):
        read_performance(midi(0, 96, b"\x00\x90\x3c\x40\x01\x3c\x00" * 1_000_001 + END))
