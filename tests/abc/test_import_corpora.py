"""Real files against readers we did not write: music21 for MusicXML, symusic for MIDI."""

from __future__ import annotations

import os
import tarfile
from collections import Counter
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeAlias
from xml.etree import ElementTree

import pytest

from chatmusician import abc
from chatmusician.abc.imports import from_midi, from_musicxml, from_mxl
from chatmusician.errors import InputError

pytestmark = pytest.mark.slow

Notes: TypeAlias = "Counter[tuple[Fraction, Fraction, int]]"


@pytest.fixture(scope="module")
def data(pytestconfig: pytest.Config) -> Path:
    named = os.environ.get("CHATMUSICIAN_DATA")
    folder = Path(named) if named else pytestconfig.rootpath.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("no folder of collections: set CHATMUSICIAN_DATA")
    return folder


def members(path: Path, suffix: str, step: int = 1) -> Iterator[tuple[str, bytes]]:
    """Every ``step``-th file of an archive whose name ends so."""
    if not path.is_file():
        pytest.skip(f"no {path.name}")
    with tarfile.open(path) as archive:
        found = sorted((m for m in archive.getmembers() if m.name.endswith(suffix)), key=str)
        found.sort(key=lambda m: m.name)
        for member in found[::step]:
            content = archive.extractfile(member)
            assert content is not None
            yield member.name, content.read()


def ours(text: str) -> list[Notes]:
    """The notes of each voice as our own reader reads the ABC."""
    return [
        Counter((Fraction(o), Fraction(d), p) for o, d, pitches in voice["notes"] for p in pitches)
        for voice in abc.to_events(abc.read(text))["tunes"][0]["voices"]
    ]


def theirs(score: Any) -> list[Notes]:
    """The notes of each part as music21 reads them, tied ones joined."""
    return [_joined(part) for part in score.parts]


def _joined(part: Any) -> Notes:
    found: list[list[Any]] = []
    open_notes: dict[int, list[Any]] = {}
    for note in sorted(part.flatten().notes, key=lambda n: n.offset):
        for each in getattr(note, "notes", [note]):
            if note.duration.isGrace:
                continue
            onset, length = Fraction(note.offset), Fraction(note.quarterLength)
            tie = (each.tie or note.tie).type if each.tie or note.tie else ""
            before = open_notes.get(each.pitch.midi)
            if tie in ("stop", "continue") and before and before[0] + before[1] == onset:
                before[1] += length
            else:
                found.append([onset, length, each.pitch.midi])
                open_notes[each.pitch.midi] = found[-1]
    return Counter((o, d, p) for o, d, p in found)


# Its parts have measures of unlike lengths; music21 lays each part's end to end.
NOT_ALIGNED = ("bwv171.6.mxl",)


def test_bach_chorales(data: Path, tmp_path: Path) -> None:
    converter = pytest.importorskip("music21.converter")
    path = data / "music21_corpus" / "bach_chorales_mxl.tar.gz"
    read = 0
    for name, content in members(path, ".mxl", step=6):
        if name.endswith(NOT_ALIGNED):
            continue
        file = tmp_path / Path(name).name
        file.write_bytes(content)
        score = converter.parse(file).toSoundingPitch()
        assert ours(from_mxl(content)) == theirs(score), name
        read += 1
    assert read > 50


def counted(content: bytes) -> tuple[int, int, float]:
    """From the XML itself: notes without graces, those that end a tie, all lengths together."""
    notes = stops = 0
    total = Fraction(0)
    for part in ElementTree.fromstring(content).iterfind("part"):
        divisions = 1
        for element in part.iter():
            if element.tag == "divisions":
                divisions = int(element.text or 1)
            if element.find("pitch") is not None and element.find("grace") is None:
                notes += 1
                stops += any(t.get("type") == "stop" for t in element.findall("tie"))
                total += Fraction(element.findtext("duration") or "0") / divisions
    return notes, stops, float(total)


def test_piano_pieces(data: Path) -> None:
    path = data / "asap_dev" / "asap_dev_20.tar.gz"
    count = 0
    for name, content in members(path, "score.musicxml"):
        notes, stops, total = counted(content)
        found = [note for voice in ours(from_musicxml(content)) for note in voice.elements()]
        assert notes - stops <= len(found) <= notes, name
        assert float(sum(length for _, length, _ in found)) == pytest.approx(total, rel=2e-3), name
        count += 1
    assert count == 20


def test_played_piano_pieces_are_refused(data: Path) -> None:
    for _, content in members(data / "asap_dev" / "asap_dev_20.tar.gz", "performance.mid"):
        with pytest.raises(InputError, match="not on a grid"):
            from_midi(content)


def test_nottingham_midi(data: Path) -> None:
    symusic = pytest.importorskip("symusic")
    path = data / "nottingham" / "nottingham_midi.tar.gz"
    read = 0
    for name, content in members(path, ".mid", step=20):
        score = symusic.Score.from_midi(content)
        quarter = score.ticks_per_quarter
        wanted = sorted({(n.pitch, n.time, n.end) for track in score.tracks for n in track.notes})
        found = sorted(
            {(p, o * quarter, (o + d) * quarter) for v in ours(from_midi(content)) for o, d, p in v}
        )
        assert len(found) == len(wanted), name
        for one, other in zip(found, wanted, strict=True):
            assert one[0] == other[0]
            assert abs(one[1] - other[1]) <= 1
            assert abs(one[2] - other[2]) <= 1
        read += 1
    assert read > 50
