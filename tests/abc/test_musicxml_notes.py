"""MusicXML: notes, their values, ties, tuplets, beams, graces, accidentals; by hand."""

from __future__ import annotations

import pytest

from tests.abc.scores import kinds, measures, notes, score, text


def test_lengths_have_types_dots_and_exact_durations() -> None:
    root = score("A B2 c3 z2|d4 d7/2 e/|")
    assert notes(root) == [
        *("A4 eighth 2", "B4 quarter 4", "C5 quarter. 6", "rest quarter 4", "|"),
        *("D5 half 8", "D5 quarter.. 7", "E5 16th 1", "|"),
    ]
    assert text(measures(root)[0], "attributes/divisions") == "4"


@pytest.mark.parametrize(
    ("music", "expected"),
    [
        # Cut on a beat of 6/8 where that gives two plain values.
        ("A5 B|", ["A4 quarter. 3", "A4 quarter 2", "B4 eighth 1", "|"]),
        ("B A5|", ["B4 eighth 1", "A4 quarter 2", "A4 quarter. 3", "|"]),
    ],
)
def test_a_length_no_value_holds_is_tied_inside_the_bar(music: str, expected: list[str]) -> None:
    root = score(music, "X:1\nM:6/8\nL:1/8\nK:C\n")
    assert notes(root) == expected
    tied = [kinds(note, "tie") for note in measures(root)[0].iterfind("note")]
    assert sorted(tied) == [[], ["start"], ["stop"]]


def test_longer_than_the_bar_stays_in_the_bar() -> None:
    root = score("A11|B8|")
    assert notes(root) == ["A4 whole 8", "A4 quarter. 3", "|", "B4 whole 8", "|"]


def test_a_cut_chord_ties_each_of_its_notes() -> None:
    root = score("[CE]5 z3|")
    assert notes(root)[:4] == ["C4 half 4", "+ E4 half 4", "C4 eighth 1", "+ E4 eighth 1"]
    ties = [kinds(note, "tie") for note in root.iter("note")]
    assert ties == [["start"], ["start"], ["stop"], ["stop"], []]


def test_ties_over_the_bar_keep_the_accidental_unprinted() -> None:
    root = score("^c8-|c4 c4|")
    found = [
        (kinds(n, "tie"), text(n, "pitch/alter"), text(n, "accidental")) for n in root.iter("note")
    ]
    assert found == [(["start"], "1", "sharp"), (["stop"], "1", ""), ([], "", "")]


def test_a_tie_to_another_pitch_is_none() -> None:
    assert kinds(score("A4-B4|"), ".//tie") == []


def test_tied_chord_notes_one_by_one() -> None:
    root = score("[A-c]4 [Ac]4|")
    assert [kinds(note, "tie") for note in root.iter("note")] == [["start"], [], ["stop"], []]


def test_tuplets() -> None:
    root = score("(3ABc d2 (3:2:2e2f z2|")
    found = [
        (
            text(n, "duration"),
            text(n, "time-modification/actual-notes"),
            text(n, "time-modification/normal-notes"),
            kinds(n, "notations/tuplet"),
        )
        for n in root.iter("note")
    ]
    assert text(measures(root)[0], "attributes/divisions") == "3"
    assert found == [
        ("1", "3", "2", ["start"]),
        ("1", "3", "2", []),
        ("1", "3", "2", ["stop"]),
        ("3", "", "", []),
        ("2", "3", "2", ["start"]),
        ("1", "3", "2", ["stop"]),
        ("3", "", "", []),
    ]
    assert kinds(root, ".//tuplet", "bracket") == ["no", "", "yes", ""]


def test_a_tuplet_cut_by_the_bar_line_ends_there() -> None:
    root = score("(3AB|c6|")
    assert [kinds(n, "notations/tuplet") for n in root.iter("note")] == [["start"], ["stop"], []]


def test_thirds_of_a_unit_become_a_tuplet() -> None:
    root = score("A/3B/3c/3 d7|")
    found = [
        (text(n, "type"), text(n, "time-modification/actual-notes"), kinds(n, "notations/tuplet"))
        for n in root.iter("note")
    ]
    assert found[:3] == [("16th", "3", ["start"]), ("16th", "3", []), ("16th", "3", ["stop"])]


def beams(music: str) -> list[str]:
    """The beams of each note: ``b``egin, ``c``ontinue, ``e``nd, hooks ``>`` and ``<``."""
    short = {"begin": "b", "continue": "c", "end": "e", "forward hook": ">", "backward hook": "<"}
    return [
        "".join(short[beam.text or ""] for beam in note.iterfind("beam"))
        for note in score(music).iter("note")
    ]


@pytest.mark.parametrize(
    ("music", "expected"),
    [
        ("ABc d efga|", ["b", "c", "e", "", "b", "c", "c", "e"]),
        ("A>B c2 A<B z2|", ["b", "e<", "", "b>", "e", ""]),
        ("AB/c/ d/e/f|", ["b", "cb", "ee", "bb", "ce", "e"]),
        ("AB2c Az/B/|", ["", "", "", "b", "", "e<"]),
        ("AB|cd|", ["b", "e", "b", "e"]),
        ('A`B{g}c"G"d {g}e|', ["b", "c", "", "c", "e", "", ""]),
        ("zAB z|", ["", "b", "e", ""]),
    ],
)
def test_beams_follow_the_spaces(music: str, expected: list[str]) -> None:
    assert beams(music) == expected


def test_chord_of_two_lengths_goes_to_two_voices() -> None:
    root = score("[A2c4]B2 z4|")
    assert notes(root) == ["A4 quarter 1", "B4 quarter 1", "rest half 2", "C5 half 2", "|"]
    assert [text(note, "voice") for note in root.iter("note")] == ["1", "1", "1", "2"]
    assert [text(b, "duration") for b in root.iter("backup")] == ["4"]


def test_overlay_is_a_second_voice_from_the_start_of_the_bar() -> None:
    root = score("A4 B4 & C8|d8|")
    assert [(text(n, "voice"), text(n, "pitch/step")) for n in root.iter("note")] == [
        *(("1", "A"), ("1", "B"), ("2", "C"), ("1", "D")),
    ]
    assert [child.tag for child in measures(root)[0]][1:] == ["note", "note", "backup", "note"]


def test_overlay_over_two_bars() -> None:
    root = score("A8|B8|&&C8|D8|")
    assert notes(root) == ["A4 whole 4", "C4 whole 4", "|", "B4 whole 4", "D4 whole 4", "|"]


def test_rests() -> None:
    root = score("z4 x4|Z2|X|", "X:1\nM:4/4\nL:1/8\nK:C\n")
    assert notes(root) == ["rest half 2", "rest half 2", "|", *["rest 4", "|"] * 3]
    assert [note.get("print-object", "") for note in root.iter("note")] == ["", "no", "", "", "no"]
    assert kinds(root, ".//rest", "measure") == ["", "", "yes", "yes", "yes"]
    assert [text(m, "attributes/measure-style/multiple-rest") for m in measures(root)] == [
        *("", "2", "", ""),
    ]


def test_graces_stand_before_their_note_without_duration() -> None:
    root = score("{/g}A2 {cd}B2 z4 {e}|")
    assert notes(root)[:-1] == [
        *("grace G5 eighth", "A4 quarter 1"),
        *("grace C5 16th", "grace D5 16th", "B4 quarter 1", "rest half 2", "grace E5 eighth"),
    ]
    assert kinds(root, ".//grace", "slash") == ["yes", "", "", ""]


def test_graces_take_key_and_bar_accidentals() -> None:
    root = score("^c{c}d {f}g {^g}a|", "X:1\nM:4/4\nL:1/8\nK:D\n")
    graces = [n for n in root.iter("note") if n.find("grace") is not None]
    found = [(text(n, "pitch/step"), text(n, "pitch/alter"), text(n, "accidental")) for n in graces]
    assert found == [("C", "1", ""), ("F", "1", ""), ("G", "1", "sharp")]


def test_accidentals_are_printed_where_a_reader_of_notes_needs_them() -> None:
    # ABC's sharp holds for all octaves, a printed one does not.
    root = score("^F F f =f|F ^^c __d c'|")
    found = [text(note, "accidental") for note in root.iter("note")]
    assert found == [
        "sharp",
        "",
        "sharp",
        "natural",
        "",
        "double-sharp",
        "flat-flat",
        "double-sharp",
    ]


def test_ids_tell_the_element() -> None:
    root = score("[CE]5 {ga}A3|Z2|")
    assert [note.get("id") for note in root.iter("note")] == [
        *("e0", "e0-2", "e0-3", "e0-4", "e1", "e1-2", "e2", "e4", "e4-2"),
    ]
    assert [measure.get("id") for measure in measures(root)] == ["m0", "m4", "m4-2"]
