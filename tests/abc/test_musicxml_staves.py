"""``%%score`` in MusicXML: parts, staves, voices, groups; read by others, and back to ABC."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from random import Random
from typing import Any
from xml.etree.ElementTree import Element, fromstring

import pytest

from benchmarks.musicxml_roundtrip import differences
from benchmarks.score_trees import tree
from chatmusician import abc
from chatmusician.abc.imports import from_musicxml
from chatmusician.abc.musicxml import to_musicxml
from chatmusician.abc.score_layout import parse_score, score_directives, score_text
from tests.abc.scores import notes, out_of_order, text

HYMN = """X:1
T:Hymn
M:4/4
L:1/4
%%score [(S A) | (T B)]
V:S name="Soprano" snm="S."
V:A name="Alto"
V:T clef=bass
V:B clef=bass
K:G
[V:S] G A B c | d2 ^c2 |]
w: One two three four five six
w: Two
[V:A] D D G G | c2 "_low"=F2 |]
w: Al-to words are here now
[V:T] B, A, G, E | (D2 E2) & z4 |]
[V:B] G,, F,, E,, C, | D,4 |]
"""
PIANO = """X:1
M:3/4
L:1/4
%%score Voice {(RH1 RH2) | LH}
V:Voice name="Voice"
V:RH1 name="Piano"
V:RH2
V:LH clef=bass
V:Ghost
K:G
[V:Voice] d2 B | c3 |]
[V:RH1] B3 | [K:bass] C3 |]
[V:RH2] x3 | G3 |]
[V:LH] G,2 B, | [K:D] C,3 |]
[V:Ghost] D3 | D3 |]
"""


def root_of(tune_text: str, **options: bool) -> Element:
    return fromstring(to_musicxml(abc.read(tune_text).tunes[0], **options))


def back(tune_text: str) -> str:
    return from_musicxml(to_musicxml(abc.read(tune_text).tunes[0]))


def part_list(root: Element) -> str:
    """The part list in short: names, ``[`` and ``{`` with ``|`` where bar lines go through."""
    signs = {"brace": "{", "bracket": "[", "none": "<"}
    words, opened = [], {}
    for child in root.findall("part-list/*"):
        number = child.get("number", "")
        if child.tag == "score-part":
            words.append(text(child, "part-name"))
        elif child.get("type") == "start":
            symbol = signs[text(child, "group-symbol")]
            through = "|" * (text(child, "group-barline") == "yes")
            opened[number] = {"{": "}", "[": "]", "<": ">"}[symbol]
            words.append(symbol + through)
        else:
            words.append(opened.pop(number))
    return " ".join(words)


def test_two_voices_on_a_staff_are_one_part() -> None:
    root = root_of(HYMN)
    assert part_list(root) == "[| Soprano / Alto T ]"
    assert [len(part.findall("measure")) for part in root.findall("part")] == [2, 2]
    first = root.findall("part")[0].findall("measure")[0]
    assert [text(note, "voice") for note in first.findall("note")] == ["1"] * 4 + ["2"] * 4
    assert [text(back, "duration") for back in first.findall("backup")] == ["4"]
    assert first.find("note/staff") is None
    assert [sign.text for sign in root.iter("sign")] == ["G", "F"]


def test_words_of_the_lower_voice_are_below_those_of_the_upper() -> None:
    lines = {
        (text(note, "voice"), lyric.get("number"))
        for note in root_of(HYMN).iter("note")
        for lyric in note.findall("lyric")
    }
    assert lines == {("1", "1"), ("1", "2"), ("2", "3")}


def test_accidentals_hold_for_the_staff() -> None:
    music = "X:1\n%%score (1 2)\nL:1/4\nM:4/4\nK:C\n[V:1]^f2 e2|\n[V:2]A2 f2|\n"
    shown = [text(note, "accidental") for note in root_of(music).iter("note")]
    assert shown == ["sharp", "", "", "natural"]
    apart = music.replace("(1 2)", "1 2")
    assert [text(note, "accidental") for note in root_of(apart).iter("note")] == [
        "sharp",
        "",
        "",
        "",
    ]


def test_a_brace_is_one_part_with_its_staves() -> None:
    root = root_of(PIANO, hidden=False)
    assert part_list(root) == "Voice Piano"
    piano = root.findall("part")[1]
    start, later = piano.findall("measure/attributes")
    assert text(start, "staves") == "2"
    clefs = [(clef.get("number"), text(clef, "sign")) for clef in start.findall("clef")]
    assert clefs == [("1", "G"), ("2", "F")]
    assert len(start.findall("key")) == 1
    assert start.find("key").get("number") is None  # type: ignore[union-attr]
    assert [key.get("number") for key in later.findall("key")] == ["2"]
    assert [clef.get("number") for clef in later.findall("clef")] == ["1"]
    places = [(text(note, "voice"), text(note, "staff")) for note in piano.iter("note")]
    assert set(places) == {("1", "1"), ("2", "1"), ("5", "2")}


def test_instruments_with_names_of_their_own_stay_parts() -> None:
    named = PIANO.replace("V:RH2\n", 'V:RH2 name="Flute"\n')
    assert part_list(root_of(named, hidden=False)) == "Voice {| Piano / Flute LH }"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a | b c", "<| a b > c"),
        ("[a b] | c", "[ a b ] c"),
        ("[a | b] | [c | d]", "<| [| a b ] [| c d ] >"),
        ("[a | b c] d", "[ <| a b > c ] d"),
        ("a [b]", "a [ b ]"),
    ],
)
def test_bar_lines_go_through_where_the_directive_says(value: str, expected: str) -> None:
    voices = "".join(f"[V:{id}]C4|D4|\n" for id in "abcd")
    music = f"X:1\n%%score {value}\nL:1/4\nM:4/4\nK:C\n{voices}"
    assert part_list(root_of(music, hidden=False)) == expected


def test_a_voice_that_is_not_named_sounds_and_is_not_printed() -> None:
    root = root_of(PIANO)
    ghost = root.findall("part")[2]
    details = ghost.find("measure/attributes/staff-details")
    assert details is not None
    assert details.get("print-object") == "no"
    assert notes(root, 2)[0].startswith("D4 half.")
    assert len(root_of(PIANO, hidden=False).findall("part")) == 2


def test_a_floating_voice_moves_between_the_staves() -> None:
    music = (
        "X:1\n%%score {RH *M | LH}\nL:1/4\nM:4/4\nK:C\nV:LH clef=bass\n"
        "[V:RH]c'bag|edcd|\n[V:M]GECA,|G,E,C,2|\n[V:LH]C,4|C,,4|\n"
    )
    root = root_of(music)
    middle = [text(n, "staff") for n in root.iter("note") if text(n, "voice") == "2"]
    # As abcm2ps draws it.
    assert middle == ["1", "1", "1", "1", "1", "2", "2"]
    assert differences(abc.read(music).tunes[0]) == ""


def test_a_repeat_in_one_voice_is_in_the_part() -> None:
    music = "X:1\n%%score (1 2)\nL:1/4\nM:4/4\nK:C\n[V:1]C4|D4|\n[V:2]|:C4|D4:|\n"
    assert [r.get("direction") for r in root_of(music).iter("repeat")] == ["forward", "backward"]


def test_staves_that_change_inside_are_all_there_from_the_start() -> None:
    music = "X:1\n%%score 1\nL:1/4\nM:4/4\nK:C\n[V:1]C4|\n%%score 1 2\n[V:1]D4|\n[V:2]x4|E4|\n"
    root = root_of(music)
    assert len(root.findall("part")) == 2
    assert notes(root, 1)[2].startswith("E4")


# -- back to ABC --------------------------------------------------------------


@pytest.mark.parametrize("music", [HYMN, PIANO], ids=["hymn", "piano"])
def test_voices_and_score_come_back(music: str) -> None:
    tune = abc.read(music).tunes[0]
    again = abc.read(back(music)).tunes[0]
    assert differences(tune) == ""
    assert [v.id for v in abc.timeline(again).voices] == [v.id for v in abc.timeline(tune).voices]
    before, after = score_directives(tune)[0], score_directives(again)[0]
    assert before is not None
    assert after is not None
    assert (after.name, after.value) == ("score", before.value)


def test_names_come_back() -> None:
    assert 'V:S name="Soprano" snm="S."\nV:A name="Alto"\n' in back(HYMN)


def test_words_of_both_voices_come_back() -> None:
    sung = [line for line in back(HYMN).split("\n") if line.startswith("w:")]
    assert sung == [
        "w: One two three four five six",
        "w: Two",
        "w: Al-to words are here now",
    ]


@pytest.mark.parametrize("seed", range(40))
def test_any_tree_comes_back(seed: int) -> None:
    music = tree(Random(seed))
    tune = abc.read(music).tunes[0]
    assert differences(tune) == ""
    again = abc.read(back(music)).tunes[0]
    before, after = score_directives(tune)[0], score_directives(again)[0]
    assert before is not None
    assert after is not None
    ids = [voice.id for voice in abc.timeline(tune).voices if voice.measures]
    assert score_text(parse_score(after.value)) == score_text(
        parse_score(before.value, before.name).keeping(ids)
    )
    assert out_of_order(root_of(music)) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('["B",', '["S",'),
        (',"P2",1,3,', ',"P2",1,9,'),
        (',"P2",', ',"P7",'),
        ('"voices">[', '"voices">{'),
        ('"voices">[[', '"voices">[["x[",'),
        ('"voices">[', '"voices">' + "[" * 5000),
    ],
)
def test_a_file_changed_since_is_read_by_its_notes(old: str, new: str) -> None:
    data = to_musicxml(abc.read(HYMN).tunes[0]).decode().replace("&quot;", '"')
    assert old in data
    changed = from_musicxml(data.replace(old, new).encode())
    voices = abc.timeline(abc.read(changed).tunes[0]).voices
    assert [voice.id for voice in voices] == ["1", "2"]
    pitches = [sorted(tone.pitch for tone in voice.tones) for voice in voices]
    theirs = [
        sorted(t.pitch for t in v.tones) for v in abc.timeline(abc.read(HYMN).tunes[0]).voices
    ]
    assert pitches == [sorted(theirs[0] + theirs[1]), sorted(theirs[2] + theirs[3])]


def test_groups_of_other_programs_become_a_score() -> None:
    data = to_musicxml(abc.read(HYMN).tunes[0])
    bare = re.sub(
        rb'<miscellaneous-field name="(score|voices)">.*?</miscellaneous-field>', b"", data
    )
    assert "%%score [1 | 2]\n" in from_musicxml(bare)


# -- other readers ------------------------------------------------------------


def test_music21_sees_parts_staves_and_voices() -> None:
    converter: Any = pytest.importorskip("music21", reason="music21 is not installed").converter
    score = converter.parseData(to_musicxml(abc.read(HYMN).tunes[0]).decode(), format="musicxml")
    assert [part.partName for part in score.parts] == ["Soprano / Alto", "T"]
    groups = [s for s in score.spanners if type(s).__name__ == "StaffGroup"]
    assert [(len(g), g.symbol, g.barTogether) for g in groups] == [(2, "bracket", True)]
    voices = [len(m.voices) for m in score.parts[0].getElementsByClass("Measure")]
    assert voices == [2, 2]
    piano = converter.parseData(
        to_musicxml(abc.read(PIANO).tunes[0], hidden=False).decode(), format="musicxml"
    )
    assert len(piano.parts) == 3
    joined = [s for s in piano.spanners if type(s).__name__ == "StaffGroup"]
    assert [(len(g), g.symbol) for g in joined] == [(2, "brace")]


@pytest.mark.slow
@pytest.mark.parametrize(("music", "staves"), [(HYMN, [1, 1]), (PIANO, [1, 2, 1])])
def test_musescore_sees_parts_and_staves(music: str, staves: list[int], tmp_path: Path) -> None:
    program = shutil.which("musescore3") or shutil.which("mscore3")
    if program is None:
        pytest.skip("musescore3 is not installed")
    (tmp_path / "a.musicxml").write_bytes(to_musicxml(abc.read(music).tunes[0]))
    subprocess.run(
        [program, "-o", str(tmp_path / "a.mscx"), str(tmp_path / "a.musicxml")],
        env={"QT_QPA_PLATFORM": "offscreen", "HOME": str(tmp_path), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        timeout=120,
        check=True,
    )
    score = fromstring((tmp_path / "a.mscx").read_bytes())
    assert [len(part.findall("Staff")) for part in score.iter("Part")] == staves
    layers = [
        max(len(measure.findall("voice")) for measure in staff.findall("Measure"))
        for staff in score.findall("Score/Staff")
    ]
    assert layers[:2] == ([2, 3] if music is HYMN else [1, 2])
