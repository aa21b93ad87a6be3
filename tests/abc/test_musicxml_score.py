"""MusicXML: header, parts, clefs, keys, meters, bar lines, numbers; by hand."""

from __future__ import annotations

import io
import zipfile
from xml.etree import ElementTree

import pytest

from chatmusician import abc
from chatmusician.abc.musicxml import source_places, to_musicxml, to_mxl
from tests.abc.scores import HEAD, kinds, measures, notes, score, text


def test_titles_and_people() -> None:
    head = "X:1\nT:Tom & <Jerry>\nT:Reel no. 2\nC:Trad.\nC:Me\nO:Cork\nR:reel\nS:a book\nK:C\n"
    root = score("A|\nW:one\nW:two", head)
    assert text(root, "work/work-title") == "Tom & <Jerry>"
    assert [c.text for c in root.iter("creator")] == ["Trad.", "Me"]
    assert text(root, "identification/source") == "a book"
    kept = {f.get("name"): f.text for f in root.iter("miscellaneous-field")}
    assert kept == {"rhythm": "reel", "origin": "Cork", "words": "one\ntwo"}
    credits = [(text(c, "credit-type"), text(c, "credit-words")) for c in root.iter("credit")]
    assert credits == [
        ("title", "Tom & <Jerry>"),
        ("subtitle", "Reel no. 2"),
        ("composer", "Trad., Me (Cork)"),
        ("rhythm", "reel"),
    ]


def test_text_that_xml_cannot_hold() -> None:
    tune = abc.read(b'X:1\nT:a\x01b \\"o \xe2\x88\x9a\nK:C\n"^<\x02&>"A|\n').tunes[0]
    root = ElementTree.fromstring(to_musicxml(tune))
    assert text(root, "work/work-title") == "ab ö √"
    assert [w.text for w in root.iter("words")] == ["<&>"]


def test_no_music_is_still_a_score() -> None:
    root = score("", "X:1\nT:t\nM:3/4\nK:G\n")
    assert notes(root) == ["rest 3", "|"]


def test_voices_are_parts() -> None:
    head = (
        'X:1\nM:4/4\nL:1/4\nV:S name="So\\nprano" snm=S.\nV:B clef=bass nm="Bass"\nV:3\nV:4\nK:C\n'
    )
    root = score("[V:S]A4|B4|\n[V:B]C,4|\n[V:3]c4|d4|", head)
    assert [text(p, "part-name") for p in root.iter("score-part")] == ["So prano", "Bass", "3"]
    assert [text(p, "part-abbreviation") for p in root.iter("score-part")] == ["S.", "", ""]
    assert [p.get("print-object", "") for p in root.iter("part-name")] == ["", "", "no"]
    assert [notes(root, part) for part in range(3)] == [
        ["A4 whole 4", "|", "B4 whole 4", "|"],
        ["C3 whole 4", "|", "rest 4", "|"],
        ["C5 whole 4", "|", "D5 whole 4", "|"],
    ]


def clef(setting: str) -> str:
    """Sign, line, octaves, the written pitch of ``C`` and the transposition."""
    root = score("C|", f"X:1\nL:1/4\nK:C {setting}\n")
    found = [text(root, f".//clef/{name}") for name in ("sign", "line", "clef-octave-change")]
    moved = [text(root, f".//transpose/{n}") for n in ("diatonic", "chromatic", "octave-change")]
    return " ".join(filter(None, [*found, notes(root)[0].split()[0], *moved]))


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        ("", "G 2 C4"),
        ("bass", "F 4 C4"),
        ("clef=alto", "C 3 C4"),
        ("tenor", "C 4 C4"),
        ("alto1", "C 1 C4"),
        ("bass3", "F 3 C4"),
        ("perc", "percussion C4"),
        # MusicXML's pitch is what sounds under an octave clef, but not what transpose= moves.
        ("treble-8", "G 2 -1 C3"),
        ("treble+8", "G 2 1 C5"),
        ("octave=-1", "G 2 C3"),
        ("transpose=-2", "G 2 C4 -1 -2"),
        ("transpose=14", "G 2 C4 1 2 1"),
        ("treble-8 transpose=-3", "G 2 -1 C3 -2 -3"),
    ],
)
def test_clefs(setting: str, expected: str) -> None:
    assert clef(setting) == expected


def test_clef_change_in_the_middle() -> None:
    root = score("A4 [K:bass]A,4|[K:treble-8]A8|")
    assert notes(root) == ["A4 half 2", "A3 half 2", "|", "A3 whole 4", "|"]
    first, second = measures(root)
    assert [child.tag for child in first] == ["attributes", "note", "attributes", "note"]
    assert text(second, "attributes/clef/clef-octave-change") == "-1"


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("C", "0 major"),
        ("Am", "0 minor"),
        ("F#", "6 major"),
        ("Ebm", "-6 minor"),
        ("D mix", "1 mixolydian"),
        ("Ador", "1 dorian"),
        ("Bphr", "1 phrygian"),
        ("Flyd", "0 lydian"),
        ("Bloc", "0 locrian"),
        ("none", "0 none"),
        ("HP", "2"),
        ("D exp ^f^c", "2"),
        ("D phr ^f", "F 1 B -1 E -1"),
        ("exp _b^f", "F 1 B -1"),
        ("G#", "F 2 C 1 G 1 D 1 A 1 E 1 B 1"),
    ],
)
def test_keys(key: str, expected: str) -> None:
    root = score("C|", f"X:1\nK:{key}\n")
    found = root.find(".//key")
    assert found is not None
    assert " ".join(child.text or "" for child in found) == expected


@pytest.mark.parametrize(
    ("meter", "expected"),
    [
        ("C", "4/4 common"),
        ("C|", "2/2 cut"),
        ("6/8", "6/8"),
        ("(2+3)/8", "2+3/8"),
        ("2+2+3/8", "2+2+3/8"),
        ("none", "free"),
    ],
)
def test_meters(meter: str, expected: str) -> None:
    root = score("C|", f"X:1\nM:{meter}\nK:C\n")
    time = root.find(".//time")
    assert time is not None
    told = "free" if time.find("senza-misura") is not None else ""
    told = told or f"{text(time, 'beats')}/{text(time, 'beat-type')} {time.get('symbol', '')}"
    assert told.strip() == expected


def test_key_and_meter_change_at_the_next_bar() -> None:
    first, second = measures(score("A4 B4 [K:G]|[M:3/4]c6|"))
    assert kinds(first, "attributes/key/fifths", "x") == [""]
    assert text(second, "attributes/key/fifths") == "1"
    assert text(second, "attributes/time/beats") == "3"


def bar_lines(music: str) -> list[str]:
    found = []
    for measure in measures(score(music)):
        for line in measure.iterfind("barline"):
            words = [line.get("location", ""), text(line, "bar-style")]
            words += [f"{e.get('number')}:{e.get('type')}" for e in line.iterfind("ending")]
            words += [r.get("direction", "") + r.get("times", "") for r in line.iterfind("repeat")]
            found.append(" ".join(filter(None, words)))
        found.append("|")
    return found


@pytest.mark.parametrize(
    ("music", "expected"),
    [
        ("A8|B8|", ["|", "|"]),
        ("A8||B8|]", ["right light-light", "|", "right light-heavy", "|"]),
        ("A8.|B8[|]", ["right dotted", "|", "right none", "|"]),
        ("|:A8:|", ["left heavy-light forward", "right light-heavy backward", "|"]),
        (
            "A8::B8:|",
            [
                *("right light-heavy backward", "|"),
                *("left heavy-light forward", "right light-heavy backward", "|"),
            ],
        ),
        ("|::A8::|", ["left heavy-light forward", "right light-heavy backward3", "|"]),
        ("A8[|B8|", ["|", "left heavy-light", "|"]),
        (
            "|:A8|1B8:|2c8|d8||e8|",
            [
                *("left heavy-light forward", "|"),
                *("left 1:start", "right light-heavy 1:stop backward", "|"),
                *("left 2:start", "|", "right light-light 2:discontinue", "|", "|"),
            ],
        ),
        (
            "|:A8|[1,3 B8:|[2 c8:|",
            [
                *("left heavy-light forward", "|"),
                *("left 1,3:start", "right light-heavy 1,3:stop backward", "|"),
                *("left 2:start", "right light-heavy 2:stop backward", "|"),
            ],
        ),
    ],
)
def test_bar_lines(music: str, expected: list[str]) -> None:
    assert bar_lines(music) == expected


@pytest.mark.parametrize(
    ("music", "expected"),
    [
        ("A2|B8|c8|", "0i 1 2"),
        ("A8|B8|", "1 2"),
        ("A2|B8|c6:|d2|e8|f6|", "0i 1 2 X1i 3 4"),
        ("A8|B4[1c4:|[2d4|", "1 2 X1i X2i"),
        ("Z3|A8|", "1 2 3 4"),
        ("A2|", "1"),
    ],
)
def test_numbers(music: str, expected: str) -> None:
    found = [
        (m.get("number") or "") + ("i" if m.get("implicit") == "yes" else "")
        for m in measures(score(music))
    ]
    assert " ".join(found) == expected


def test_tempo() -> None:
    root = score('A8|[Q:"slow"]B8|[Q:1/4 1/8=50]c8|', HEAD.replace("K:", 'Q:"Fast" 3/8=120\nK:'))
    directions = list(root.iter("direction"))
    assert [w.text for w in root.iter("words")] == ["Fast", "slow"]
    assert [s.get("tempo") for s in root.iter("sound")] == ["180", "75"]
    marks = [text(d, ".//beat-unit") + "." * len(d.findall(".//beat-unit-dot")) for d in directions]
    assert marks == ["quarter.", "", "quarter."]


def test_a_beat_no_value_holds_is_told_in_words() -> None:
    root = score("A8|", HEAD.replace("K:", "Q:5/8=40\nK:"))
    assert [w.text for w in root.iter("words")] == ["5/8 = 40"]
    assert [s.get("tempo") for s in root.iter("sound")] == ["100"]


def test_parts_and_line_breaks() -> None:
    music = "P:A\nA8|B8|\nP:B\nc8|"
    assert [r.text for r in score(music).iter("rehearsal")] == ["A", "B"]
    assert list(score(music).iter("print")) == []
    broken = measures(score(music, line_breaks=True))
    assert [m.find("print") is not None for m in broken] == [False, False, True]


def test_midi_program_of_all_and_of_one() -> None:
    head = "X:1\n%%MIDI program 40\nV:1\nV:2\n%%MIDI program 71\nK:C\n"
    root = score("[V:1]A|\n[V:2]B|", head)
    assert [p.text for p in root.iter("midi-program")] == ["41", "72"]
    assert [c.text for c in root.iter("midi-channel")] == ["1", "2"]


def test_places_of_ids() -> None:
    tune = abc.read("X:1\nK:C\n[CE]2 {g}A|B|\n").tunes[0]
    places = source_places(tune)
    assert {id: tune.text[start:end] for id, (start, end) in places.items()} == {
        "e0": "[CE]2",
        "e0-2": "[CE]2",
        "e1": "{g}",
        "e2": "A",
        "e4": "B",
        "m0": "[CE]2 {g}A",
        "m4": "B",
    }


def test_mxl_holds_the_score_and_says_where() -> None:
    xml = to_musicxml(abc.read("X:1\nK:C\nA|\n").tunes[0])
    data = to_mxl(xml, 'a <b> & "c".abc')
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.namelist()[:2] == ["mimetype", "META-INF/container.xml"]
        container = ElementTree.fromstring(archive.read("META-INF/container.xml"))
        path = next(container.iter("rootfile")).get("full-path") or ""
        assert archive.read(path) == xml
    assert to_mxl(xml, "x") == to_mxl(xml, "x")


def test_an_ending_that_cuts_a_bar_cuts_it_in_all_parts() -> None:
    root = score("[V:1]A8|B4[1c4:|[2d4|]\n[V:2]C8|[D4F4]E4|G,4|]")
    assert [m.get("number") for m in measures(root, 1)] == ["1", "2", "X1", "X2"]
    assert notes(root, 1)[2:] == [
        "D4 half 2",
        "+ F4 half 2",
        "|",
        "E4 half 2",
        "|",
        "G3 half 2",
        "|",
    ]


def test_a_note_through_the_cut_is_tied() -> None:
    root = score("[V:1]B4[1c4:|[2d4|]\n[V:2]^C8|D4|]")
    second = [note for measure in measures(root, 1) for note in measure.iterfind("note")]
    assert notes(root, 1) == ["C#4 half 2", "|", "C#4 half 2", "|", "D4 half 2", "|"]
    assert [kinds(note, "tie") for note in second] == [["start"], ["stop"], []]
    assert [text(note, "accidental") for note in second] == ["sharp", "", ""]


def test_a_last_bar_without_its_line_cuts_nothing() -> None:
    root = score("[V:1]A8|B4\n[V:2]C8|D8|]")
    assert notes(root, 1) == ["C4 whole 4", "|", "D4 whole 4", "|"]


def test_a_chord_note_longer_than_its_bar_goes_on_in_the_next() -> None:
    root = score("z6[A2c6]|B8|")
    assert notes(root) == [
        *("rest half. 3", "A4 quarter 1", "C5 quarter 1", "|"),
        *("B4 whole 4", "C5 half 2", "|"),
    ]
    assert kinds(root, ".//tie") == ["start", "stop"]


def test_broken_rhythm_over_the_bar_line() -> None:
    root = score("A6 B2>|c2 d6|")
    assert notes(root) == [
        *("A4 half. 6", "B4 quarter. 3", "|"),
        *("C5 eighth 1", "D5 half. 6", "|"),
    ]
    assert kinds(root, ".//tie") == []


def test_braces_and_brackets_of_the_score() -> None:
    head = "X:1\n%%score [(S A) {1 2}] (B\nV:S\nV:A\nV:1\nV:2\nV:B\nK:C\n"
    root = score("".join(f"[V:{id}]C|\n" for id in "SA12B"), head)
    told = []
    for child in root.findall("part-list/*"):
        if child.tag == "part-group":
            symbol = text(child, "group-symbol") or "end"
            told.append(f"{symbol}{child.get('number')}")
        else:
            told.append(text(child, "part-name"))
    # One staff with S and A, one part with the two staves of the brace.
    assert " ".join(told) == "bracket1 S 1 end1 B"
    assert text(root, "part[2]/measure/attributes/staves") == "2"


def test_the_bracket_of_a_last_ending_is_not_much_longer_than_that_of_the_first() -> None:
    root = score("|:A8|1B8:|2c8|d8|e8|f8||")
    ended = [
        bar.get("number")
        for bar in measures(root)
        for ending in bar.iter("ending")
        if ending.get("type") == "discontinue"
    ]
    assert ended == ["3"]
