"""Key and tempo of annotated sounds: what is read of a set, and what counts."""

from __future__ import annotations

from pathlib import Path

import pytest

from chatmusician.errors import InputError

pytest.importorskip("numpy")
pytest.importorskip("mir_eval")

from chatmusician.eval.audio.answers import (
    genre_in,
    instruments_in,
    key_in,
    plain_instrument,
    tempo_in,
)
from chatmusician.eval.audio.run import USUAL, Job, evaluate, scores
from chatmusician.eval.audio.sets import Stated, key_name, stated


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("D minor", "D minor"),
        ("F# major\n", "Gb major"),
        ("Eb\tmaj", "Eb major"),
        ("a♭ min", "Ab minor"),
        ("D dorian", "D minor"),
        ("G mixolydian", "G major"),
        ("- -", ""),
        ("", ""),
        ("D unknown", ""),
    ],
)
def test_keys_as_they_are_written(text: str, name: str) -> None:
    assert key_name(text) == name


def test_scores_are_those_of_mirex() -> None:
    # The published weights: a fifth 0.5, the relative 0.3, the parallel 0.2.
    for heard, weight in (("C major", 1.0), ("G major", 0.5), ("A minor", 0.3), ("C minor", 0.2)):
        found = scores({"key": "C major", "tempo": 0}, {"key": heard, "tempo": None})
        assert found["key"] == weight
        assert set(found) == {"key", "exact"}
    found = scores({"key": "", "tempo": 120.0}, {"key": "", "tempo": 61.0})
    assert (found["acc1"], found["acc2"]) == (False, True)
    assert scores({"key": "C major", "tempo": 0}, {"key": "", "tempo": None})["key"] == 0


def test_a_set_is_read_by_names(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no sound"):
        stated(str(tmp_path))
    (tmp_path / "audio").mkdir()
    (tmp_path / "audio" / "1.LOFI.mp3").write_bytes(b"")
    (tmp_path / "audio" / "2.LOFI.mp3").write_bytes(b"")
    (tmp_path / "1.LOFI.key").write_text("D minor")
    (tmp_path / "1.LOFI.bpm").write_text("133\n")
    assert stated(str(tmp_path)) == {
        "1.LOFI": Stated(tmp_path / "audio" / "1.LOFI.mp3", "D minor", 133.0)
    }
    (tmp_path / "2.LOFI.bpm").write_text("fast")
    with pytest.raises(InputError, match="no tempo"):
        stated(str(tmp_path))


def test_sounds_without_an_answer_count_as_wrong(tmp_path: Path) -> None:
    for name, tempo in (("a", 100), ("b", 100), ("c", 160)):
        (tmp_path / f"{name}.wav").write_bytes(b"RIFF")
        (tmp_path / f"{name}.bpm").write_text(str(tempo))
    result = evaluate(Job(str(tmp_path), str(tmp_path / "report")))
    ours, usual = (row["metrics"] for row in result["rows"])
    assert result["counts"] == {"items": 3, "failed": 3}
    assert ours["acc1"]["value"] == 0
    assert usual["acc1"]["value"] == pytest.approx(2 / 3)
    assert USUAL in (tmp_path / "report" / "table.md").read_text()


def test_gtzan_as_it_is_published(tmp_path: Path) -> None:
    files = {
        "genres/hiphop/hiphop.00002.wav": "RIFF",
        "genres/blues/blues.00000.au": ".snd",
        "gtzan_key/genres/hiphop/hiphop.00002.lerch.txt": "15\n",
        "gtzan_key/genres/blues/blues.00000.lerch.txt": "-1",
        "gtzan_tempo_beat-main/tempo/gtzan_hiphop_00002.bpm": "93.5",
        "gtzan_tempo_beat-main/beats/gtzan_hiphop_00002.beats": "0.5\t3\n1.1\t4\n1.7\t1\n",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    found = stated(str(tmp_path))
    # Number 15 of the set's own list of keys is c: from A on, minor keys from 12 on.
    assert found["hiphop.00002"] == Stated(
        tmp_path / "genres/hiphop/hiphop.00002.wav",
        "C minor",
        93.5,
        ((0.5, 3), (1.1, 4), (1.7, 1)),
        "hiphop",
    )
    assert found["blues.00000"] == Stated(tmp_path / "genres/blues/blues.00000.au", genre="blues")
    (tmp_path / "blues.00001.beats").write_text("soon")
    with pytest.raises(InputError, match="line 1 is no beat"):
        stated(str(tmp_path))


MEDLEY = """genre: World/Folk
stems:
  S01: {instrument: acoustic guitar}
  S02: {instrument: [violin, violin]}
  S03: {instrument: Main System}
"""


def test_medleydb_states_genre_and_instruments(tmp_path: Path) -> None:
    pytest.importorskip("yaml")
    (tmp_path / "A_B_METADATA.yaml").write_text(MEDLEY)
    (tmp_path / "A_B_MIX.wav").write_text("RIFF")
    (tmp_path / "A_B_STEM_01.wav").write_text("RIFF")
    assert stated(str(tmp_path)) == {
        "A_B": Stated(
            tmp_path / "A_B_MIX.wav", genre="World/Folk", instruments=("acoustic guitar", "violin")
        )
    }
    (tmp_path / "A_B_METADATA.yaml").write_text("a: [")
    with pytest.raises(InputError, match="no MedleyDB metadata"):
        stated(str(tmp_path))


def test_beats_are_scored_by_mir_eval_after_five_seconds() -> None:
    true = [[float(t), t % 4 + 1] for t in range(20)]
    every_other = [[float(t), 1] for t in range(0, 20, 2)]
    found = scores({"beats": true}, {"beats": every_other})
    # From 5 s on: 15 beats, of which 7 are said; 4 downbeats (8, 12, 16), of which 3 are said.
    assert found["beat_f1"] == pytest.approx(2 * 7 / (15 + 7))
    assert found["downbeat_f1"] == pytest.approx(2 * 3 / (3 + 7))
    assert scores({"beats": [[6.0, 0]]}, {"beats": []}) == {"beat_f1": 0.0}


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("The key of this song is F sharp minor.", "Gb minor"),
        ("It is in B-flat major", "Bb major"),
        ("E♭ min", "Eb minor"),
        ("d minor", "D minor"),
        ("This is a major hit in A minor", "A minor"),
        ("The key is C.", ""),
    ],
)
def test_keys_in_words(text: str, key: str) -> None:
    assert key_in(text) == key


def test_other_facts_in_words() -> None:
    assert tempo_in("The tempo of this song is 128.5 BPM, in 4/4.") == 128.5
    assert tempo_in("4/4") is None
    genres = ("hiphop", "rock", "rockabilly", "pop")
    assert genre_in("It is Hip-Hop with some rock", genres) == "hiphop"
    assert genre_in("rockabilly", genres) == "rockabilly"
    assert genre_in("jazz", genres) == ""
    names = ("acoustic guitar", "male singer", "drum set", "string section", "mandolin")
    plain = [plain_instrument(name) for name in names]
    assert plain == ["guitar", "voice", "drums", "string", "mandolin"]
    assert instruments_in("An electric guitar, vocals and mandolins.", plain) == {
        "guitar",
        "voice",
        "mandolin",
    }


def test_answers_of_another_system_stand_beside(tmp_path: Path) -> None:
    pytest.importorskip("yaml")
    for name in ("A", "B"):
        (tmp_path / f"{name}_METADATA.yaml").write_text(MEDLEY)
        (tmp_path / f"{name}_MIX.wav").write_text("RIFF")
    said = tmp_path / "said.jsonl"
    said.write_text('{"id": "A", "genre": "world / folk", "instruments": "a guitar and a tuba"}\n')
    result = evaluate(Job(str(tmp_path), str(tmp_path / "report"), answers=str(said)))
    ours, theirs, usual = (row["metrics"] for row in result["rows"])
    assert ours == {}
    assert theirs["genre"]["value"] == 0.5
    # Of guitar and violin the guitar; the tuba is no instrument of the set.
    assert theirs["instruments"]["value"] == pytest.approx(0.5 * 2 / 3)
    assert usual["instruments"]["value"] == 1.0
    said.write_text("words")
    with pytest.raises(InputError, match="is no answer"):
        evaluate(Job(str(tmp_path), str(tmp_path / "report"), answers=str(said)))
