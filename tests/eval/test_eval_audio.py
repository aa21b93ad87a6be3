"""Key and tempo of annotated sounds: what is read of a set, and what counts."""

from __future__ import annotations

from pathlib import Path

import pytest

from chatmusician.errors import InputError

pytest.importorskip("numpy")
pytest.importorskip("mir_eval")

from chatmusician.eval import audio
from chatmusician.eval.audio import Job, Stated, evaluate, key_name, scores, stated


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
    assert audio.USUAL in (tmp_path / "report" / "table.md").read_text()
