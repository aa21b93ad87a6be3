"""ABC to MusicXML and back: what must stay, cause by cause; then the collections."""

from __future__ import annotations

import os
from collections import Counter
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from benchmarks.corpora import CORPORA
from benchmarks.musicxml_roundtrip import COLLECTIONS, collection, differences
from chatmusician import abc
from chatmusician.abc.events import tune_events
from chatmusician.abc.imports import from_musicxml, from_mxl
from chatmusician.abc.musicxml import to_musicxml
from tests.abc.scores import HEAD, score
from tests.abc.test_import_corpora import members

MUSIC = {
    "back to a double bar": "A8|B8||c8|d8:|",
    "back to a double bar, with endings": "A8|B8||c8|[1 d8:|[2 e8|]",
    "back to the double bar after an ending": "A8:|c8|[1 d8:|[2 e8||f8|g8:|",
    "a repeat after a repeat": "A8:|c8|d8:|",
    "a double bar in a repeat": "|:A8||c8|d8:|",
    "a repeat played three times after a double bar": "A8||B8::|",
    "a new key in a bar": "A4[K:D]f4|c8|[K:Am]A8|",
    "a new meter": "A8|[M:3/4]A6|[M:C|]A8|",
    "a new tempo": "A8|[Q:1/4=90]B8|",
    "chord symbols that are no chords": '"4"A2"Segno"B2"tr"c2"(D7)"d2|"G minor"A8|',
    "bass in small letters": '"A7/c+"A2"D/f#"A2"G/b"A2"Bb/d"A2|',
    "signs of their own": '"F♯m"A4"B♭7"A4|',
    "no chord": '"N.C."A4"C"A4|',
    "words": "A2B2c2d2|\nw:a-ve_ ma~ri\nA8|A8|",
    "verses": "A2B2c2d2|\nw:a b c d\nw:e f g h",
    "layers": "A4B4&C8|",
}


def back(text: str) -> abc.Tune:
    return abc.read(from_musicxml(to_musicxml(abc.read(text).tunes[0]))).tunes[0]


@pytest.mark.parametrize("music", [pytest.param(m, id=name) for name, m in MUSIC.items()])
def test_music_stays(music: str) -> None:
    assert differences(abc.read(HEAD + music + "\n").tunes[0]) == ""


@pytest.mark.parametrize(
    ("key", "named"),
    [
        ("HP", "HP"),
        ("Hp", "Hp"),
        ("D exp ^f _b", "D exp"),
        ("exp ^f _b", "none"),
        ("none", "none"),
        ("F#m", "F# minor"),
        ("Dmix=c", "D mixolydian"),
        ("D phr ^f", "D phrygian"),
        ("G#", "G# major"),
        ("Bb exp _b", "Bb exp"),
    ],
)
def test_keys_stay(key: str, named: str) -> None:
    text = f"X:1\nL:1/8\nM:4/4\nK:{key}\nFCGBe4|\n"
    tune, again = abc.read(text).tunes[0], back(text)
    assert abc.timeline(again).key.name == named
    assert differences(tune) == ""
    body = f"X:1\nL:1/8\nM:4/4\nK:C\nA8|[K:{key}]FCGBe4|\n"
    assert differences(abc.read(body).tunes[0]) == ""


@pytest.mark.parametrize(
    ("head", "music"),
    [
        ("M:4/4\nL:1/4\nK:C\n", "CDEF|\nw: a ~ b c"),
        ("M:4/4\nL:1/4\nK:C\n", "CDEF|\nw: ~ ~ ~~ d"),
        ("M:none\nL:1/4\nK:C\n", "CDEF|\nw: ~a b~ ~c~ d"),
        ("M:2/4\nL:1/8\nK:Gm\n", "CDEF|\nw: a-~ ~-b c"),
        ("M:4/4\nL:1/4\nK:C\n", "CDEF|\nw: a _ ~ d"),
        ("M:4/4\nL:1/4\nK:C\n", "CDEF|\nw: a b c d\nw: ~ f ~ h"),
        ("M:4/4\nL:1/4\nK:C\nV:1\nV:2\n", "[V:1]CDEF|\nw: ~ b c d\n[V:2]CDEF|\nw: a ~ ~ d"),
    ],
)
def test_blank_syllables_stay(head: str, music: str) -> None:
    text = f"X:1\nT:t\n{head}{music}\n"
    first, second = tune_events(abc.read(text).tunes[0]), tune_events(back(text))
    for before, after in zip(first["voices"], second["voices"], strict=True):
        assert before["lyrics"] == after["lyrics"]
        assert before.get("verses") == after.get("verses")
        assert "' " in str(before) or " '" in str(before)


def test_blank_syllables_stay_in_json() -> None:
    text = "X:1\nT:t\nM:4/4\nL:1/4\nK:C\nCDEF|\nw: ~ b~ ~~ ~d\n"
    events = abc.to_events(abc.read(text))
    again = abc.to_events(abc.read(abc.from_events(events)))
    assert again["tunes"][0]["voices"][0]["lyrics"] == events["tunes"][0]["voices"][0]["lyrics"]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (" ", "~"),
        ("\u00a0", "~"),
        ("\u00a0\u00a0", "~~"),
        ("\u00a0la", "~la"),
        ("la\u00a0", "la~"),
        (" la ", "la"),
        ("\n  la\n", "la"),
        ("la la", "la~la"),
        ("\n", "*"),
        ("", "*"),
    ],
)
def test_blanks_in_lyrics_of_other_programs(written: str, read: str) -> None:
    text = to_musicxml(abc.read("X:1\nM:4/4\nL:1/4\nK:C\nC2D2|\nw: here end\n").tunes[0]).decode()
    again = from_musicxml(text.replace("here", written).encode())
    assert again.splitlines()[-1] == f"w: {read} end"


@pytest.mark.parametrize(
    ("meter", "music"),
    [
        ("", "C D E|FGAB|"),
        ("M:none\n", "C D E|FGAB|"),
        ("", "C|[M:3/4]D3|[M:none]EFGA|"),
        ("M:3/4\n", "C3|[M:none]FGAB|"),
        ("", "[V:1]C D E|\n[V:2]C3|"),
        ("M:none\n", "[V:1]C D E|\n[V:2]C3|"),
    ],
)
def test_a_missing_meter_stays_missing(meter: str, music: str) -> None:
    for ending in ("\n", "\r\n"):
        text = f"X:1\n{meter}L:1/4\nK:C\n{music}\n".replace("\n", ending)
        tune, again = abc.read(text).tunes[0], back(text)
        assert [f.value for f in again.fields("M")] == [f.value for f in tune.fields("M")]
        assert differences(tune) == ""


def test_the_order_of_the_parts_stays() -> None:
    text = HEAD.replace("K:", "P:A(BA)2\nK:") + "P:A\nA8|\nP:B\nB8|c8||\n"
    events = tune_events(back(text))
    assert events["order"] == "A(BA)2"
    pitches = [p for _, _, chord in events["expanded"] for p in chord]
    assert pitches == [69, 71, 72, 69, 71, 72, 69]


def test_other_programs_are_told_where_a_repeat_goes_back_to() -> None:
    root = score("A8|B8||c8|d8:|")
    assert [m.get("number") for m in root.iter("measure") if m.find(".//repeat") is not None] == [
        "3",
        "4",
    ]
    assert [r.get("direction") for r in root.iter("repeat")] == ["forward", "backward"]
    after_repeat = score("A8:|B8:|")
    assert [r.get("direction") for r in after_repeat.iter("repeat")] == ["backward", "backward"]


def test_no_lines_of_words_after_the_last() -> None:
    text = HEAD + "A8|B8|c8|d8|\nw:la\ne8|f8|g8|a8|\n"
    assert from_musicxml(to_musicxml(abc.read(text).tunes[0])).count("w:") == 1


def test_words_that_were_no_chord_symbol_stay_words() -> None:
    text = HEAD + '"^Segno"A4"Segno"A4|\n'
    voice = tune_events(back(text))
    assert voice["text"]["chord_symbols"] == ["Segno"]
    assert voice["text"]["annotations"] == ["Segno"]


# -- collections --------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("name", COLLECTIONS)
def test_collections(name: str, data: Path) -> None:
    results = list(collection(name, 10))
    assert len(results) >= len(CORPORA[name].pieces()) // 10 > 50
    assert [(id, why) for id, why in results if why] == []


@pytest.fixture
def data(pytestconfig: pytest.Config, monkeypatch: pytest.MonkeyPatch) -> Path:
    named = os.environ.get("CHATMUSICIAN_DATA")
    folder = Path(named) if named else pytestconfig.rootpath.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("no folder of collections: set CHATMUSICIAN_DATA")
    monkeypatch.setenv("CHATMUSICIAN_DATA", str(folder))
    return folder


@pytest.mark.slow
def test_bach_chorales_come_back(data: Path, tmp_path: Path) -> None:
    """The notes as music21 reads them in the file and in what we write of it."""
    converter = pytest.importorskip("music21.converter")
    count = 0
    for name, content in members(data / "music21_corpus" / "bach_chorales_mxl.tar.gz", ".mxl", 40):
        first, last = tmp_path / "first.mxl", tmp_path / "last.musicxml"
        first.write_bytes(content)
        last.write_bytes(to_musicxml(abc.read(from_mxl(content)).tunes[0]))
        one, other = (sounding(converter.parse(file)) for file in (first, last))
        assert one == other, name
        count += 1
    assert count > 8


def sounding(source: Any) -> list[Counter[tuple[Fraction, Fraction, int]]]:
    """Onset, length and pitch of the notes of each part, tied ones joined."""
    found = []
    for part in source.toSoundingPitch().stripTies().parts:
        notes: Counter[tuple[Fraction, Fraction, int]] = Counter()
        for note in part.flatten().notes:
            if not note.duration.isGrace and "Harmony" not in note.classes:
                length = Fraction(note.quarterLength)
                notes.update((Fraction(note.offset), length, p.midi) for p in note.pitches)
        found.append(notes)
    return found
