"""Facts of small tunes that can be counted by hand, from notation and from MIDI."""

from __future__ import annotations

import json
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any, Protocol

import pytest

from chatmusician import abc
from chatmusician.abc.midi import to_midi
from chatmusician.errors import InputError
from chatmusician.transcription.chord_finding import find_chords, together
from chatmusician.transcription.facts import describe
from chatmusician.transcription.facts.chords import triad_of


class Run(Protocol):
    def __call__(
        self, *arguments: str, stdin: str | bytes = b"", code: int | None = None
    ) -> CompletedProcess[str]: ...


# A pickup of one quarter; A is played twice, with two endings: 4 + 4 + 4 bars sound.
WALTZ = """X:1
T:A Small Waltz
M:3/4
L:1/4
Q:1/4=150
K:G
D |: "G" G2 B | "D7" A2 F | "C" E2 G |1 "D7" F2 D :|2 "D7" F2 A |:
"Em" B2 e | "C" c2 g | "G" d3 |"D7" d3 :|
"""


def facts_of(tmp_path: Path, text: str, name: str = "a.abc") -> dict[str, Any]:
    (tmp_path / name).write_text(text)
    return describe(tmp_path / name).as_dict()


def test_what_a_tune_states(tmp_path: Path) -> None:
    facts = facts_of(tmp_path, WALTZ)
    assert facts["title"] == "A Small Waltz"
    assert (facts["key"], facts["meter"], facts["tempo"]) == ("G major", "3/4", 150)
    assert facts["pickup"] == "1"
    assert facts["bars"] == 9
    assert facts["bars_played"] == 16
    assert facts["seconds"] == pytest.approx((1 + 16 * 3) * 0.4, abs=0.01)
    assert facts["range"]["lowest"] == "D4"
    assert facts["range"]["highest"] == "G5"
    assert facts["range"]["semitones"] == 17
    assert facts["range"]["highest_bar"] == 7
    assert facts["instruments"] is None
    assert facts["form"]["played"] == "AABB"
    assert all(0 <= how["confidence"] <= 1 for how in facts["how"].values())
    assert facts["how"]["key"] == {"method": "stated in the notation", "confidence": 1.0}


def test_llarks_record_is_in_it(tmp_path: Path) -> None:
    facts = facts_of(tmp_path, WALTZ)
    assert facts["tempo_in_beats_per_minute_madmom"] == 150
    beats = facts["downbeats_madmom"]
    # The pickup is the third beat of its bar; then three beats a bar, 0.4 s apart.
    assert beats[:4] == [
        {"time": 0.0, "beat_number": 3},
        {"time": 0.4, "beat_number": 1},
        {"time": 0.8, "beat_number": 2},
        {"time": 1.2, "beat_number": 3},
    ]
    assert len(beats) == 1 + 16 * 3
    first, second = facts["chords"][:2]
    assert (first["start_time"], first["end_time"], first["chord"]) == (0.4, 1.6, "G:maj")
    assert (second["symbol"], second["chord"], second["end_time"]) == ("D7", "D:maj", 2.8)
    (notes,) = facts["notes"].values()
    assert notes[:2] == [
        {"start": 0.0, "end": 0.4, "pitch": 62},
        {"start": 0.4, "end": 1.2, "pitch": 67},
    ]


def test_compound_time_counts_dotted_beats(tmp_path: Path) -> None:
    facts = facts_of(tmp_path, "X:1\nM:6/8\nL:1/8\nQ:3/8=100\nK:Dm\nDEF GAB|d3 d3|]\n")
    assert facts["tempo"] == 100
    assert [beat["beat_number"] for beat in facts["downbeats_madmom"]] == [1, 2, 1, 2]
    assert facts["downbeats_madmom"][1]["time"] == pytest.approx(0.6)
    assert facts["key"] == "D minor"


def test_a_tempo_that_is_not_stated_is_not_sure(tmp_path: Path) -> None:
    facts = facts_of(tmp_path, "X:1\nM:4/4\nL:1/4\nK:C\nCDEF|\n")
    assert facts["how"]["tempo"]["confidence"] < 0.3
    assert "beats per minute" not in facts["caption"]


def test_free_meter_has_no_beats(tmp_path: Path) -> None:
    facts = facts_of(tmp_path, "X:1\nM:none\nL:1/4\nK:C\nCDEFGAB|\n")
    assert facts["meter"] is None
    assert facts["downbeats_madmom"] == []


def test_instruments_that_are_asked_for(tmp_path: Path) -> None:
    facts = facts_of(tmp_path, "X:1\nM:4/4\nL:1/4\n%%MIDI program 73\nK:C\nCDEF|\n")
    assert facts["instruments"] == ["flute"]


def test_midi_of_a_tune_gives_its_facts(tmp_path: Path) -> None:
    pytest.importorskip("symusic")
    pytest.importorskip("numpy")
    text = WALTZ.replace("D |: ", "|: ")
    (tmp_path / "a.mid").write_bytes(to_midi(abc.read(text).tunes[0]))
    found = describe(tmp_path / "a.mid").as_dict()
    assert (found["key"], found["meter"], found["tempo"]) == ("G major", "3/4", 150)
    assert found["how"]["key"]["method"] == "stated in the MIDI file"
    written = [row["symbol"] for row in facts_of(tmp_path, text)["chords"]]
    heard = [row["symbol"] for row in found["chords"]]
    assert heard[:3] == written[:3] == ["G", "D7", "C"]
    same = sum(symbol in written for symbol in heard) / len(heard)
    assert same >= 0.8


def test_chords_of_notes() -> None:
    pytest.importorskip("numpy")
    spans = [(float(i), i + 1.0, i % 2 == 0) for i in range(6)]
    sets = [(48, 64, 67, 72), (55, 62, 65, 71), (45, 60, 64, 69), (53, 60, 65, 69), (), ()]
    notes = [(float(i), i + 0.9, pitch) for i, tones in enumerate(sets) for pitch in tones]
    assert find_chords(notes, spans)[:4] == ["C", "G7", "Am", "F"]
    assert find_chords(notes, spans)[5] is None
    line = [(i / 4, i / 4 + 0.2, 60 + i) for i in range(12)]
    assert together(line) == 0
    assert find_chords(line, spans) == [None] * 6


def test_triads() -> None:
    names = {"F#m7": "F#:min", "Bb": "Bb:maj", "C7/E": "C:maj", "Bdim": "B:min", "N.C.": "N"}
    assert {symbol: triad_of(symbol) for symbol in names} == names


def test_the_caption_says_what_the_facts_say(tmp_path: Path) -> None:
    said = facts_of(tmp_path, WALTZ)["caption"]
    for part in ("G major", "3/4", "150", "D4", "G5", "AABB", "D7"):
        assert part in said


def test_no_notes(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no notes"):
        facts_of(tmp_path, "X:1\nK:C\nz4|\n")


def test_the_command(chatmusician: Run, tmp_path: Path) -> None:
    (tmp_path / "a.abc").write_text(WALTZ + "\nX:2\nL:1/4\nK:F\nFGAB|\n")
    plain = chatmusician("describe", "a.abc", code=0)
    assert "G major" in plain.stdout
    assert "2 tunes" in plain.stderr
    found = json.loads(chatmusician("describe", "a.abc", "--tune", "2", "--json", code=0).stdout)
    assert found["key"] == "F major"
    assert found["abc"].startswith("X:2")
    chatmusician("describe", "none.abc", code=1)
    chatmusician("describe", "a.abc", "-o", "b.jsonl", code=2)


def test_a_folder_is_gone_on_with(chatmusician: Run, tmp_path: Path) -> None:
    folder = tmp_path / "tunes"
    (folder / "more").mkdir(parents=True)
    for name in ("b.abc", "a.abc", "more/c.abc"):
        (folder / name).write_text(WALTZ)
    (folder / "broken.abc").write_text("nothing of music")
    (folder / "notes.txt").write_text("left alone")
    done = chatmusician("describe", "tunes", "-o", "all.jsonl", code=1)
    assert "4 files, 1 failed" in done.stderr
    whole = (tmp_path / "all.jsonl").read_bytes()
    rows = [json.loads(line) for line in whole.splitlines()]
    names = [row["audio_name"] for row in rows]
    assert names == ["a.abc", "b.abc", "broken.abc", "more/c.abc"]
    assert [name for name, row in zip(names, rows, strict=True) if "error" in row] == ["broken.abc"]
    assert "3/4" in rows[0]["caption"]
    # Stopped within the second line, it goes on to the same file.
    (tmp_path / "all.jsonl").unlink()
    (tmp_path / "all.jsonl.part").write_bytes(whole[: whole.index(b"\n") + 40])
    again = chatmusician("describe", "tunes", "-o", "all.jsonl", code=1)
    assert "1 done before" in again.stderr
    assert (tmp_path / "all.jsonl").read_bytes() == whole
    assert not (tmp_path / "all.jsonl.part").exists()


def test_the_pickup_of_a_midi_file_is_found_by_its_chords(tmp_path: Path) -> None:
    pytest.importorskip("symusic")
    pytest.importorskip("numpy")
    (tmp_path / "a.mid").write_bytes(to_midi(abc.read(WALTZ).tunes[0]))
    found = describe(tmp_path / "a.mid").as_dict()
    assert found["pickup"] == "1"
    assert [beat["beat_number"] for beat in found["downbeats_madmom"][:4]] == [3, 1, 2, 3]
    assert found["chords"][0]["symbol"] == "G"
    assert found["chords"][0]["start_time"] == pytest.approx(0.4, abs=0.01)
    assert not [
        problem for problem in abc.check(abc.read(found["abc"])) if problem.severity == "error"
    ]
