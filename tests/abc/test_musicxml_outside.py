"""MusicXML read by programs we did not write: music21, verovio, MuseScore, the 4.0 schema."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import warnings
from collections import Counter
from fractions import Fraction
from pathlib import Path
from random import Random
from typing import Any
from xml.etree import ElementTree

import pytest

from chatmusician import abc
from chatmusician.abc.events import tune_events
from chatmusician.abc.musicxml import source_places, to_musicxml, to_mxl
from chatmusician.abc.tune import Tune
from chatmusician.errors import InputError
from tests.abc.cases import Case, case_id
from tests.abc.scores import HEAD, out_of_order, voices_by_staff
from tests.abc.test_conformance import CASES
from tests.fuzz.inputs import book

# Onset, length, pitch in quarters; and the lengths of the bars.
Reading = tuple["Counter[tuple[Fraction, Fraction, int]]", list[Fraction]]

MORE = (
    "A4|B4 && c4|d4|",
    "[A2c4]B2 z4|",
    "A8-|A5-A3|",
    "A5/4B/3c/3d/3 A2/3B2/3c2/3 A7|",
    "A2 Z2 B2|Z3|",
    "(5ABcde (7ABcdefg (2AB|",
    "(3:2:4A2BcB A2|",
    "A11-A11|",
    "A/32 B/64 C/512 A/128|",
    "(3A/3B/3c/3 d|",
    "[A-c-]2 [Ac]2-|[Ac]4|",
    "A2>B2 A>>>B A<B|(3A>BA c2|",
    "|: A4 [1 B4:|[2 c4|]",
    '"A7/c+"A4"4"B4"F♯m"[K:Hp]c4[K:D exp ^f _b]d4|[K:Dphr ^f]e4||[K:F# exp ^f]f4:|',
)
RICH = """X:1
T:Rich & <strange>
C:Trad.
M:C|
L:1/8
Q:"Lively" 3/8=120
V:1 name="Fiddle"
V:2 clef=treble-8 transpose=-2
K:Edor
P:A
[V:1] A2|:"Em"E>F {/g}GA "D/F#"~B3 c|(3def g2 !fermata!e4-|e4 "_low"z2 .e.f|!f!!<(!A B c d !<)!e4|
w:oh my dear-est heart__ is
[1 (GABc d2) Te2:|[2 {gag}!trill!g4 e4!D.C.!|]
[V:2] A,2|:E8|[Ac]4 z4 & D8|Z2|G8:|A8|]
"""


def ours(tune: Tune) -> list[Reading]:
    """By staff: the notes of all its voices, the bars of its first."""
    voices = {voice["id"]: voice for voice in tune_events(tune)["voices"]}
    found: list[Reading] = []
    for staff in voices_by_staff(tune):
        notes: Counter[tuple[Fraction, Fraction, int]] = Counter()
        for onset, length, pitches in (n for id in staff for n in voices[id]["notes"]):
            notes.update((Fraction(onset), Fraction(length), pitch) for pitch in pitches)
        found.append((notes, [Fraction(bar) for bar in voices[staff[0]]["bars"]]))
    return found


def theirs(xml: bytes) -> list[Reading]:
    """What music21 reads: sounding pitches, ties as one note, repeats as written."""
    from music21 import converter

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        read: Any = converter.parseData(xml.decode(), format="musicxml")
        return [_part(part.toSoundingPitch()) for part in read.parts]


def _part(part: Any) -> Reading:
    start = Fraction(0)
    bars: list[Fraction] = []
    events: list[tuple[Fraction, int, Fraction, str]] = []
    for measure in part.getElementsByClass("Measure"):
        end = Fraction(0)
        for note in measure.recurse().notesAndRests:
            if "Harmony" in note.classes:
                continue
            at = _exact(note.getOffsetInHierarchy(measure))
            length = _exact(note.duration.quarterLength)
            end = max(end, at + length)
            if note.isRest or note.duration.isGrace:
                continue
            for one in note.notes if note.isChord else [note]:
                tie = one.tie.type if one.tie else ""
                events.append((start + at, one.pitch.midi, length, tie))
        start += end
        bars.append(end)
    return _joined(sorted(events)), [bar for bar in bars if bar]


def _joined(
    events: list[tuple[Fraction, int, Fraction, str]],
) -> Counter[tuple[Fraction, Fraction, int]]:
    whole: list[tuple[Fraction, Fraction, int]] = []
    held: dict[tuple[Fraction, int], int] = {}
    for onset, pitch, length, tie in events:
        at = held.pop((onset, pitch), -1) if tie in ("stop", "continue") else -1
        if at < 0:
            at = len(whole)
            whole.append((onset, Fraction(0), pitch))
        whole[at] = (whole[at][0], whole[at][1] + length, pitch)
        if tie in ("start", "continue"):
            held[onset + length, pitch] = at
    return Counter(whole)


def _exact(number: Any) -> Fraction:
    return Fraction(number).limit_denominator(20160)


def agrees(tune: Tune) -> None:
    expected = ours(tune)
    read = theirs(to_musicxml(tune))
    if not expected:
        assert [notes for notes, _ in read] == [Counter()]
        return
    assert [notes for notes, _ in read] == [notes for notes, _ in expected]
    assert read[0][1] == expected[0][1]


# Higher than MusicXML's highest octave, 9: written in that octave.
TOO_HIGH = {"too-many-octaves"}


@pytest.fixture(scope="module")
def music21() -> None:
    pytest.importorskip("music21", reason="music21 is not installed")


@pytest.mark.usefixtures("music21")
@pytest.mark.parametrize("case", [c for c in CASES if c.id not in TOO_HIGH], ids=case_id)
def test_music21_reads_what_we_read(case: Case) -> None:
    for tune in abc.read(case.text).tunes:
        agrees(tune)


@pytest.mark.usefixtures("music21")
@pytest.mark.parametrize("music", MORE)
def test_music21_reads_what_we_read_of_odd_lengths(music: str) -> None:
    agrees(abc.read(f"{HEAD}{music}\n").tunes[0])


@pytest.mark.usefixtures("music21")
def test_music21_sees_a_changed_note() -> None:
    tune = abc.read(f"{HEAD}ABcd e2-e2|\n").tunes[0]
    xml = to_musicxml(tune)
    assert theirs(xml) == ours(tune)
    assert theirs(xml.replace(b"<step>A", b"<step>G", 1)) != ours(tune)
    assert theirs(re.sub(rb'<tied? type="stop"/>', b"", xml)) != ours(tune)


@pytest.mark.slow
@pytest.mark.usefixtures("music21")
@pytest.mark.parametrize("name", ["nottingham", "oneills", "ryans", "airds"])
def test_music21_reads_what_we_read_of_a_collection(name: str) -> None:
    from benchmarks.corpora import CORPORA

    try:
        pieces = CORPORA[name].pieces()
    except InputError as error:
        pytest.skip(str(error))
    wrong = []
    for piece in pieces[::8]:
        for tune in abc.read(piece.data).tunes:
            if [n for n, _ in theirs(to_musicxml(tune))] != [n for n, _ in ours(tune)]:
                wrong.append(piece.id)
    assert wrong == []


# -- the schema ---------------------------------------------------------------


def everything() -> list[Tune]:
    """All small tunes, the rich one, and a share of the fuzzer's."""
    texts: list[str | bytes] = [RICH, *(case.text for case in CASES)]
    texts += [f"{HEAD}{music}\n" for music in MORE]
    texts += [book(Random(seed)) for seed in range(150)]
    return [tune for text in texts for tune in abc.read(text).tunes]


def test_children_stand_in_the_order_of_the_schema() -> None:
    for tune in everything():
        root = ElementTree.fromstring(to_musicxml(tune))
        assert out_of_order(root) == [], tune.text


def test_ids_are_unique_and_have_places() -> None:
    for tune in everything():
        root = ElementTree.fromstring(to_musicxml(tune))
        ids = [e.get("id", "") for e in root.iter() if e.tag in ("note", "measure", "harmony")]
        told = [id for id in ids if id]
        assert len(told) == len(set(told)), tune.text
        places = source_places(tune)
        assert set(told) <= set(places), tune.text
        assert all(0 <= start <= end <= len(tune.text) for start, end in places.values())


_NAMESPACES = {
    "xml": ("http://www.w3.org/XML/1998/namespace", ("lang", "space")),
    "xlink": (
        "http://www.w3.org/1999/xlink",
        ("href", "type", "role", "title", "show", "actuate"),
    ),
}


@pytest.fixture(scope="module")
def schema(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The MusicXML 4.0 schema that the package ``musicxml`` brings, made to load offline."""
    found = importlib.util.find_spec("musicxml")
    if found is None or found.origin is None:
        pytest.skip("the package musicxml, which brings the schema, is not installed")
    source = Path(found.origin).parent / "generate_classes" / "musicxml_4_0.xsd"
    folder = tmp_path_factory.mktemp("schema")
    text = source.read_text(encoding="utf-8").replace("http://www.musicxml.org/xsd/", "")
    (folder / "musicxml.xsd").write_text(text, encoding="utf-8")
    for name, (space, attributes) in _NAMESPACES.items():
        rows = "".join(f'<xs:attribute name="{a}" type="xs:string"/>' for a in attributes)
        (folder / f"{name}.xsd").write_text(
            f'<xs:schema targetNamespace="{space}" '
            f'xmlns:xs="http://www.w3.org/2001/XMLSchema">{rows}</xs:schema>'
        )
    return folder / "musicxml.xsd"


def invalid(schema: Path, files: list[Path]) -> list[str]:
    etree: Any = importlib.import_module("lxml.etree")
    rules = etree.XMLSchema(etree.parse(str(schema)))
    found = []
    for file in files:
        if not rules.validate(etree.parse(str(file))):
            found.append(f"{file.name}: {rules.error_log.last_error}")
    return found


def test_the_schema_allows_every_score(schema: Path, tmp_path: Path) -> None:
    files = []
    for at, tune in enumerate(everything()):
        files.append(tmp_path / f"{at}.musicxml")
        files[-1].write_bytes(to_musicxml(tune))
    assert invalid(schema, files) == []
    files[0].write_bytes(files[0].read_bytes().replace(b"<duration>", b"<chord/><duration>", 1))
    assert invalid(schema, files[:1]) != []


# -- engravers ----------------------------------------------------------------


def test_verovio_draws_every_note_under_its_id() -> None:
    verovio = pytest.importorskip("verovio", reason="verovio is not installed")
    toolkit = verovio.toolkit()
    tune = abc.read(RICH).tunes[0]
    xml = to_musicxml(tune).decode()
    assert toolkit.loadData(xml)
    pages = range(1, toolkit.getPageCount() + 1)
    drawn = "".join(toolkit.renderToSVG(page) for page in pages)
    notes = re.findall(r'<note id="([^"]+)">(?:<grace[^>]*/>|<chord/>)?<pitch>', xml)
    assert len(notes) == 39
    assert set(notes) - set(re.findall(r'<g id="([^"]+)" class="note', drawn)) == set()


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="MuseScore is looked for on Linux only")
def test_musescore_plays_what_we_read(tmp_path: Path) -> None:
    program = shutil.which("musescore3") or shutil.which("mscore3")
    if program is None:
        pytest.skip("musescore3 is not installed")
    symusic = pytest.importorskip("symusic", reason="symusic is not installed")
    tune = abc.read("X:1\nM:4/4\nL:1/8\nK:D\n(3ABc d2-d4|[Af]5 ^e z2|\n").tunes[0]
    (tmp_path / "tune.mxl").write_bytes(to_mxl(to_musicxml(tune), "tune"))
    subprocess.run(
        [program, "-o", str(tmp_path / "tune.mid"), str(tmp_path / "tune.mxl")],
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        timeout=120,
        check=True,
    )
    read = symusic.Score(str(tmp_path / "tune.mid"))
    quarter = read.ticks_per_quarter
    onsets = sorted(
        (Fraction(round(n.time * 12 / quarter), 12), n.pitch) for n in read.tracks[0].notes
    )
    expected = sorted((onset, pitch) for (onset, _, pitch) in ours(tune)[0][0])
    assert onsets == expected
