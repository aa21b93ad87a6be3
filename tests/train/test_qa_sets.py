"""What the readers of annotated audio sets make of small folders with the real column names."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chatmusician.errors import InputError
from chatmusician.train.qa.sets import SETS, find_set

pytest.importorskip("yaml")
Make = Callable[[Path], None]


def put(path: Path, text: str = "") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text or "sound", encoding="utf-8")


def musiccaps(folder: Path) -> None:
    put(folder / "wav" / "[a-B_c]_.wav")
    put(folder / "wav" / "a-B_c.wav")
    put(
        folder / "musiccaps-public.csv",
        "ytid,start_s,end_s,audioset_positive_labels,aspect_list,caption,author_id,"
        "is_balanced_subset,is_audioset_eval\n"
        "a-B_c,30,40,\"/m/1\",\"['calm', 'piano']\",Calm piano.,1,False,True\n"
        'absent,0,10,"/m/1","[\'loud\']",Loud.,1,False,True\n',
    )


def magnatagatune(folder: Path) -> None:
    put(folder / "mp3" / "f" / "one.mp3")
    put(folder / "mp3" / "f" / "two.mp3")
    tags = ["piano", "slow", "quiet", "solo", "classical", "loud"]
    put(
        folder / "annotations_final.csv",
        "\t".join(["clip_id", *tags, "mp3_path"]) + "\n"
        + "\t".join(["2", *"111110", "f/one.mp3"]) + "\n"
        + "\t".join(["6", *"111000", "f/two.mp3"]) + "\n"
        + "\t".join(["9", *"111111", "../../etc/passwd"]) + "\n",
    )  # fmt: skip


def fma(folder: Path) -> None:
    put(folder / "fma_small" / "000" / "000002.mp3")
    put(
        folder / "fma_metadata" / "genres.csv",
        "genre_id,#tracks,parent,title,top_level\n21,12,0,Hip-Hop,21\n31,5,12,Metal,12\n",
    )
    long = "A long biography. " * 20_000
    put(
        folder / "fma_metadata" / "tracks.csv",
        ",album,artist,set,track,track,track\n"
        ",title,bio,split,genre_top,genres_all,title\n"
        "track_id,,,,,,\n"
        f'2,AWOL,"{long}",training,Hip-Hop,"[21, 31]",Food\n'
        "3,AWOL,,training,Hip-Hop,[21],Electric Ave\n",
    )


def jamendo(folder: Path) -> None:
    put(folder / "audio" / "48" / "948.low.mp3")
    put(
        folder / "data" / "autotagging.tsv",
        "TRACK_ID\tARTIST_ID\tALBUM_ID\tPATH\tDURATION\tTAGS\n"
        "track_0000948\tartist_1\talbum_1\t48/948.mp3\t212.7\tgenre---rock\t"
        "instrument---piano\tinstrument---bass\tmood/theme---calm\n"
        "track_0000949\tartist_1\talbum_1\t49/949.mp3\t212.7\tgenre---pop\n",
    )
    put(folder / "data" / "autotagging_genre.tsv", "TRACK_ID\n")


def slakh(folder: Path) -> None:
    put(folder / "Track00001" / "mix.flac")
    put(
        folder / "Track00001" / "metadata.yaml",
        "stems:\n  S00: {inst_class: Bass, audio_rendered: true}\n"
        "  S01: {inst_class: Piano, audio_rendered: true}\n"
        "  S02: {inst_class: Drums, audio_rendered: false}\n",
    )
    # One note: middle C for a quarter at 120 beats a minute.
    track = bytes.fromhex("00903c40 60803c00 00ff2f00")
    data = b"MThd" + bytes.fromhex("000000060000000100 60")
    path = folder / "Track00001" / "MIDI" / "S01.mid"
    path.parent.mkdir()
    path.write_bytes(data + b"MTrk" + len(track).to_bytes(4, "big") + track)
    (path.parent / "S00.mid").write_bytes(b"broken")


def loops(folder: Path) -> None:
    for name in ("42_7", "99_7"):
        put(folder / "FSL10K" / "audio" / "wav" / f"{name}.wav")
    said = {
        "discard": False, "well_cut": True, "bpm": "120", "key": "C", "mode": "minor",
        "signature": "4/4", "genres": ["House"],
        "instrumentation": {"percussion": True, "bass": False, "melody": True},
    }  # fmt: skip
    put(folder / "annotations" / "1" / "sound-42.json", json.dumps(said))
    other = said | {"instrumentation": {"percussion": True}}
    put(folder / "annotations" / "2" / "sound-42.json", json.dumps(other))
    put(folder / "annotations" / "2" / "sound-99.json", json.dumps(said | {"discard": True}))


def wavcaps(folder: Path) -> None:
    put(folder / "flac" / "Yb0RFKhbpFJA.flac")
    put(folder / "flac" / "180913.flac")
    for name, id, caption in (
        ("AudioSet_SL/as_final.json", "Yb0RFKhbpFJA.wav", "Someone plays a flute."),
        ("FreeSound/fsd_final.json", "180913", "Rain is falling."),
    ):
        row = {"id": id, "caption": caption, "audio": "wav_path", "duration": 10.0}
        put(folder / name, json.dumps({"num_captions_per_audio": 1, "data": [row]}))


def giantsteps(folder: Path) -> None:
    put(folder / "audio" / "1.LOFI.mp3")
    put(folder / "annotations" / "key" / "1.LOFI.key", "D minor\n")
    put(folder / "annotations_v2" / "tempo" / "1.LOFI.bpm", "133\n")


def youtube8m(folder: Path) -> None:
    put(folder / "audio" / "abcDEF.mp3")
    put(folder / "train.csv", "video_id,start,end,text\nabcDEF,100,110,A slow waltz.\n")
    put(folder / "test.csv", "video_id,start,end,text\nabsent,100,110,A fast waltz.\n")


STATED: dict[str, tuple[Make, dict[str, Any]]] = {
    "musiccaps": (musiccaps, {"caption": "Calm piano.", "tags": ["calm", "piano"]}),
    "magnatagatune": (
        magnatagatune,
        {"tags": ["piano", "slow", "quiet", "solo", "classical"]},
    ),
    "fma": (fma, {"genres": ["Hip-Hop", "Metal"]}),
    "mtg-jamendo": (
        jamendo,
        {"genres": ["rock"], "instruments": ["bass", "piano"], "moods": ["calm"]},
    ),
    "slakh": (
        slakh,
        {"instruments": ["Bass", "Piano"], "notes": {"Bass": [], "Piano": [(0.0, 0.5, 60)]}},
    ),
    "fsl10k": (
        loops,
        {
            "key": "C minor",
            "meter": "4/4",
            "tempo": 120.0,
            "genres": ["House"],
            "tags": ["percussion"],
        },
    ),
    "wavcaps": (wavcaps, {"caption": "Someone plays a flute."}),
    "giantsteps": (giantsteps, {"key": "D minor", "tempo": 133.0}),
    "youtube8m-musictextclips": (youtube8m, {"caption": "A slow waltz."}),
}


@pytest.mark.parametrize("name", STATED)
def test_what_sets_state(tmp_path: Path, name: str) -> None:
    make, stated = STATED[name]
    make(tmp_path)
    one = find_set(tmp_path)
    assert one.name == name
    (track,) = one.read(tmp_path)
    assert track.stated == stated
    assert track.audio.is_file()


def test_every_set_is_tested_here_or_with_its_sound() -> None:
    assert {one.name for one in SETS} == {*STATED, "musicnet"}


@pytest.mark.parametrize(("make", "clip"), [(musiccaps, (30.0, 40.0)), (youtube8m, (100.0, 110.0))])
def test_captions_are_of_a_clip(tmp_path: Path, make: Make, clip: tuple[float, float]) -> None:
    make(tmp_path)
    (track,) = find_set(tmp_path).read(tmp_path)
    assert track.clip == clip


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"tracks.csv": ",a\n,b\n", "genres.csv": "genre_id,title\n"}, "no columns"),
        ({"tracks.csv": ",a\n,b\n"}, "no genres.csv"),
        ({"train.csv": "a,b\n1,2\n"}, "no columns video_id"),
        ({"as_final.json": "{"}, "no JSON"),
    ],
)
def test_broken_tables_are_one_clear_error(
    tmp_path: Path, files: dict[str, str], said: str
) -> None:
    for name, text in files.items():
        put(tmp_path / name, text)
    with pytest.raises(InputError, match=said):
        list(find_set(tmp_path).read(tmp_path))
