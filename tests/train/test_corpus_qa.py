"""Questions and answers over small sets in the published forms, with their real column names."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from random import Random
from typing import Any

import pytest

from chatmusician.errors import InputError, UsageError
from chatmusician.train.qa.annotate import cut
from chatmusician.train.qa.build import Job, build
from chatmusician.train.qa.pairs import FIXED, Pair, kept
from chatmusician.train.qa.sets import find_set

pytest.importorskip("onnxruntime")
pytest.importorskip("basic_pitch")
np = pytest.importorskip("numpy")
soundfile = pytest.importorskip("soundfile")


RATE = 22_050
CAPS = (
    "ytid,start_s,end_s,audioset_positive_labels,aspect_list,caption,author_id,"
    "is_balanced_subset,is_audioset_eval\n"
)
NET = "id,composer,composition,movement,ensemble,source,transcriber,catalog_name,seconds\n"


def sound(path: Path, seconds: float = 6.0, base: int = 60) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    step = int(0.4 * RATE)
    tones = []
    for at in range(int(seconds / 0.4)):
        pitch = base + (0, 4, 7, 12, 7, 4)[at % 6]
        time = np.arange(step) / RATE
        tones.append(np.sin(2 * np.pi * 440 * 2 ** ((pitch - 69) / 12) * time) * np.exp(-4 * time))
    soundfile.write(path, 0.6 * np.concatenate(tones), RATE)


def musiccaps(folder: Path) -> None:
    sound(folder / "audio" / "abc-DEF_123.wav")
    sound(folder / "audio" / "[xyz].wav", base=65)
    (folder / "audio" / "broken0.wav").write_bytes(b"RIFF")
    rows = [f"{id},0,10,\"/m/1\",\"['calm', 'piano']\",A calm piano plays.,1,False,True\n"
            for id in ("abc-DEF_123", "xyz", "broken0", "absent")]  # fmt: skip
    (folder / "musiccaps-public.csv").write_text(CAPS + "".join(rows))


def giantsteps(folder: Path) -> None:
    sound(folder / "audio" / "1.LOFI.wav")
    for kind, text in (("key", "D minor"), ("tempo", "133")):
        path = folder / "annotations" / kind / f"1.LOFI.{'key' if kind == 'key' else 'bpm'}"
        path.parent.mkdir(parents=True)
        path.write_text(text + "\n")


def musicnet(folder: Path) -> None:
    sound(folder / "train_data" / "1727.wav")
    (folder / "train_labels").mkdir()
    (folder / "train_labels" / "1727.csv").write_text(
        "start_time,end_time,instrument,note,start_beat,end_beat,note_value\n"
        "0,17640,1,60,0.0,1.0,Quarter\n44100,88200,41,64,1.0,1.0,Quarter\n"
    )
    (folder / "musicnet_metadata.csv").write_text(
        NET + "1727,Schubert,Piano Quintet,2. Andante,Piano Quintet,x,y,OP114,6\n"
    )


def rows(folder: Path, name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / name).read_text().splitlines()]


def test_musiccaps_becomes_all_three_forms(tmp_path: Path) -> None:
    musiccaps(tmp_path / "set")
    made = build(Job(str(tmp_path / "set"), str(tmp_path / "out")))
    assert (made.tracks, list(made.failed)) == (3, ["broken0"])
    records = json.loads((tmp_path / "out" / "musicqa.json").read_text())
    assert [r["audio_name"] for r in records] == ["abc-DEF_123.wav", "xyz.wav"]
    said = records[0]["conversation"]
    assert [turn["from"] for turn in said[:2]] == ["human", "gpt"]
    assert [turn["value"] for turn in said[0:8:2]] == list(FIXED)
    assert 2 * (4 + 3) <= len(said) <= 2 * (4 + 5)
    assert said[1]["value"] == "A calm piano plays."
    tasks = {row["task"] for row in rows(tmp_path / "out", "llark.jsonl")}
    assert tasks == {"mir", "captioning", "reasoning"}
    sft = rows(tmp_path / "out", "sft.jsonl")
    assert set(sft[0]) == {"instruction", "input", "output", "src", "id"}
    assert sft[0]["instruction"].startswith("Human: ")
    assert "X:1" in sft[0]["input"]
    assert sft[0]["output"].endswith("</s> ")
    record = rows(tmp_path / "out", "annotations.jsonl")[0]
    assert {"tempo_in_beats_per_minute_madmom", "downbeats_madmom", "chords", "key"} <= set(record)
    assert (tmp_path / "out" / "crops" / "xyz.wav").is_file()


def test_a_stopped_run_ends_with_the_same_bytes(tmp_path: Path) -> None:
    musiccaps(tmp_path / "set")
    whole, stopped = tmp_path / "whole", tmp_path / "stopped"
    build(Job(str(tmp_path / "set"), str(whole)))
    shutil.copytree(whole, stopped)
    journal = stopped / "tracks" / "00000.jsonl"
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join(lines[:2]) + lines[2][:50])
    for name in ("musicqa.json", "llark.jsonl", "sft.jsonl", "annotations.jsonl"):
        (stopped / name).unlink()
    assert build(Job(str(tmp_path / "set"), str(stopped))).resumed == 1
    for path in whole.iterdir():
        if path.is_file():
            assert path.read_bytes() == (stopped / path.name).read_bytes(), path.name
    with pytest.raises(UsageError, match="another run"):
        build(Job(str(tmp_path / "set"), str(stopped), seed=9))


def test_several_workers_write_the_same_bytes(tmp_path: Path) -> None:
    pytest.importorskip("datatrove")
    musiccaps(tmp_path / "set")
    one, many = tmp_path / "one", tmp_path / "many"
    build(Job(str(tmp_path / "set"), str(one)))
    made = build(Job(str(tmp_path / "set"), str(many), workers=2))
    assert (made.tracks, list(made.failed)) == (3, ["broken0"])
    assert len(list((many / "tracks").iterdir())) == 3
    for name in ("musicqa.json", "llark.jsonl", "sft.jsonl", "annotations.jsonl"):
        assert (one / name).read_bytes() == (many / name).read_bytes(), name
    assert build(Job(str(tmp_path / "set"), str(many))).resumed == 3


def test_musicnet_has_notes_by_instrument(tmp_path: Path) -> None:
    musicnet(tmp_path)
    (track,) = find_set(tmp_path).read(tmp_path)
    assert track.stated["ensemble"] == "Piano Quintet"
    notes = track.stated["notes"]
    assert sorted(note for played in notes.values() for note in played) == [
        (0.0, 0.4, 60),
        (1.0, 2.0, 64),
    ]
    assert len(notes) == 2


def test_what_is_stated_is_answered(tmp_path: Path) -> None:
    giantsteps(tmp_path / "set")
    build(Job(str(tmp_path / "set"), str(tmp_path / "out")))
    (record,) = rows(tmp_path / "out", "annotations.jsonl")
    assert (record["key"], record["tempo"]) == ("D minor", 133.0)
    assert record["how"]["key"] == {"method": "stated by giantsteps", "confidence": 1.0}
    (learn,) = [r for r in rows(tmp_path / "out", "llark.jsonl") if r["task"] == "reasoning"]
    assert "133" in learn["response"][0]["answer"]


def test_filters() -> None:
    assert kept(Pair("mir", "What key is it in?", "It is in D major."))
    for question, said in (
        ("Who is the artist?", "Nobody."),
        ("What is the title?", "Waltz."),
        ("What is the duration?", "30 seconds."),
        ("What key is it in?", "The key is not provided."),
        ("What key is it in?", "It cannot be determined."),
        ("What key is it in?", "The metadata says D."),
    ):
        assert not kept(Pair("mir", question, said)), question


def test_crops_are_as_long_as_asked(tmp_path: Path) -> None:
    sound(tmp_path / "a.wav", 12)
    start = cut(tmp_path / "a.wav", tmp_path / "b.wav", 5.0, Random(1))
    assert soundfile.info(tmp_path / "b.wav").frames == 5 * RATE
    assert 0 <= start <= 7
    cut(tmp_path / "a.wav", tmp_path / "c.wav", 60.0, Random(1))
    assert soundfile.info(tmp_path / "c.wav").duration == pytest.approx(12, abs=0.01)


def test_of_a_whole_recording_only_the_clip_is_taken(tmp_path: Path) -> None:
    sound(tmp_path / "a.wav", 12)
    start = cut(tmp_path / "a.wav", tmp_path / "b.wav", 30.0, Random(1), (4.0, 9.0))
    assert start == 4.0
    assert soundfile.info(tmp_path / "b.wav").frames == 5 * RATE
    start = cut(tmp_path / "a.wav", tmp_path / "c.wav", 30.0, Random(1), (300.0, 312.0))
    assert start == 0.0, "the file is the clip itself"
    assert soundfile.info(tmp_path / "c.wav").duration == pytest.approx(12, abs=0.01)


def test_a_folder_of_nothing(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no annotated audio set"):
        find_set(tmp_path)
    (tmp_path / "musiccaps-public.csv").write_text(CAPS)
    with pytest.raises(InputError, match="no sound"):
        build(Job(str(tmp_path), str(tmp_path / "out")))
