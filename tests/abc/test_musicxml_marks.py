"""MusicXML: decorations, slurs, chord symbols, annotations, words; by hand."""

from __future__ import annotations

from xml.etree.ElementTree import Element

import pytest

from chatmusician.abc.musicxml.write_harmony import parse_chord
from chatmusician.abc.tables import DECORATIONS, SHORTHAND
from tests.abc.scores import kinds, measures, out_of_order, score, text


def marked(music: str) -> list[list[str]]:
    """What stands in <notations> of each note, innermost elements."""
    return [
        [child.tag for part in n.iterfind("notations/*") for child in (list(part) or [part])]
        for n in score(music).iter("note")
    ]


@pytest.mark.parametrize(
    ("music", "expected"),
    [
        (".A", "staccato"),
        ("LA", "accent"),
        ("HA", "fermata"),
        ("TA", "trill-mark"),
        ("~A", "turn"),
        ("MA", "mordent"),
        ("PA", "inverted-mordent"),
        ("uA", "up-bow"),
        ("vA", "down-bow"),
        ("!tenuto!A", "tenuto"),
        ("!marcato!A", "strong-accent"),
        ("!wedge!A", "staccatissimo"),
        ("!breath!A", "breath-mark"),
        ("!3!A", "fingering"),
        ("!open!A", "open-string"),
        ("!snap!A", "snap-pizzicato"),
        ("!arpeggio![AC]", "arpeggiate"),
        ("!trem2!A", "tremolo"),
    ],
)
def test_decorations_of_a_note(music: str, expected: str) -> None:
    assert marked(music + "|")[0] == [expected]


def test_decorations_of_one_kind_share_an_element() -> None:
    notation = score("!accent!.!fermata!A|").find(".//notations")
    assert notation is not None
    assert [child.tag for child in notation] == ["articulations", "fermata"]


def directions(root: Element) -> list[str]:
    """Each direction: what it shows, where, and what it does to playing."""
    found = []
    for one in root.iter("direction"):
        shown = [
            child.tag + (f":{child.text}" if child.text else "") + (child.get("type") or "")
            for kind in one.iterfind("direction-type")
            for outer in kind
            for child in (list(outer) or [outer])
        ]
        sounds = [f"{k}={v}" for s in one.iterfind("sound") for k, v in s.items()]
        found.append(" ".join([*shown, one.get("placement", ""), *sounds]).strip())
    return found


@pytest.mark.parametrize(
    ("music", "expected"),
    [
        ("!mf!A|", ["mf below"]),
        ("!sfz!A|", ["sfz below"]),
        ("!<(!AB!<)!c|", ["wedgecrescendo below", "wedgestop below"]),
        ("!diminuendo(!AB!>)!c|", ["wedgediminuendo below", "wedgestop below"]),
        ("SA|OA|", ["segno above segno=segno", "coda above coda=coda"]),
        ("A!D.C.!|", ["words:D.C. above dacapo=yes"]),
        ("A!D.S.!|", ["words:D.S. above dalsegno=segno"]),
        ("A!fine!|", ["words:Fine above fine=yes"]),
        ("A!dacoda!|", ["words:To Coda above tocoda=coda"]),
        ("!unheard-of!A|", ["words:unheard-of above"]),
        (
            '"^up"A"_down"B"<l"c">r"d"@1,2 at"e|',
            ["words:up above", "words:down below", "words:l", "words:r", "words:at"],
        ),
        ('"Allegro"A|', ["words:Allegro above"]),
    ],
)
def test_directions(music: str, expected: list[str]) -> None:
    assert directions(score(music)) == expected


@pytest.mark.parametrize("name", sorted({*DECORATIONS, *SHORTHAND.values()}))
def test_every_decoration_gives_a_sound_score(name: str) -> None:
    root = score(f"!{name}!A !{name}![CE]2 !{name}!z|!{name}!|")
    assert out_of_order(root) == []
    assert len(list(root.iter("note"))) == 4


def test_a_fermata_on_the_bar_line() -> None:
    line = measures(score("A8!fermata!|B8|"))[0].find("barline")
    assert line is not None
    assert [child.tag for child in line] == ["fermata"]


def slurs(music: str) -> list[list[str]]:
    return [
        [f"{s.get('type')}{s.get('number')}" for s in n.iterfind("notations/slur")]
        for n in score(music).iter("note")
    ]


@pytest.mark.parametrize(
    ("music", "expected"),
    [
        ("(AB)|", [["start1"], ["stop1"]]),
        ("(A(BC)D)|", [["start1"], ["start2"], ["stop2"], ["stop1"]]),
        ("(AB)(CD)|", [["start1"], ["stop1"], ["start1"], ["stop1"]]),
        ("(A|B)|", [["start1"], ["stop1"]]),
        ("(A)B|", [[], []]),
        ("(AB|", [[], []]),
        ("A)B|", [[], []]),
        ("({g}A)|", [["start1"], ["stop1"]]),
        ("(A5 B)|", [["start1"], [], ["stop1"]]),
    ],
)
def test_slurs(music: str, expected: list[list[str]]) -> None:
    assert slurs(music) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("G", "G major"),
        ("Am", "A minor 'm'"),
        ("F#m7", "F# minor-seventh 'm7'"),
        ("Bb7", "Bb dominant '7'"),
        ("C/e", "C major /e"),
        ("A/c+", "A major /c+"),
        ("D7/F#", "D dominant '7' /F#"),
        ("Cmaj7", "C major-seventh 'maj7'"),
        ("Edim", "E diminished 'dim'"),
        ("A♭°7", "A♭ diminished-seventh '°7'"),
        ("Bm7b5", "B half-diminished 'm7b5'"),
        ("Gsus4", "G suspended-fourth 'sus4'"),
        ("C+", "C augmented '+'"),
        ("C6", "C major-sixth '6'"),
        ("C7b9", "C dominant '7b9' 9-1add"),
        ("Cadd9", "C major 'add9' 9+0add"),
        ("C7#5#9", "C augmented-seventh '7#5#9' 9+1add"),
        ("C9b5", "C dominant-ninth '9b5' 5-1alter"),
        ("C6/9", "C other '6/9'"),
        ("N.C.", " none 'N.C.'"),
        ("Allegro", None),
        ("Fine", None),
        ("Da capo", None),
        ("Bridge", None),
        ("x", None),
        ("", None),
    ],
)
def test_chord_names(name: str, expected: str | None) -> None:
    chord = parse_chord(name)
    if expected is None:
        assert chord is None
        return
    assert chord is not None
    words = [chord.root + chord.sign, chord.kind]
    words += [f"'{chord.quality}'"] if chord.quality else []
    words += [f"/{chord.bass}{chord.bass_sign}"] if chord.bass else []
    words += [f"{number}{alter:+}{kind}" for number, alter, kind in chord.degrees]
    assert " ".join(words) == expected


def test_chord_symbols_stand_before_their_note() -> None:
    root = score('"G"A2"D7/F#"B2 z4"Em"|')
    assert [child.tag for child in measures(root)[0]][1:] == [
        *("harmony", "note", "harmony", "note", "note", "harmony"),
    ]
    first, second, _ = root.iter("harmony")
    assert (first.get("id"), text(first, "root/root-step")) == ("e0", "G")
    assert kinds(second, "kind", "text") == ["7"]
    assert (text(second, "bass/bass-step"), text(second, "bass/bass-alter")) == ("F", "1")


def test_a_bass_in_small_letters_keeps_them() -> None:
    bass = score('"A/c+"A8|').find(".//bass")
    assert bass is not None
    step = bass.find("bass-step")
    assert step is not None
    assert (step.text, step.get("text"), text(bass, "bass-alter")) == ("C", "c+", "1")
    assert kinds(bass, "bass-alter", "print-object") == ["no"]


def sung(music: str) -> list[str]:
    """The words of each note: ``verse syllabic text`` and the extender."""
    found = []
    for note in score(music).iter("note"):
        words = [
            " ".join(
                filter(
                    None,
                    [
                        one.get("number"),
                        text(one, "syllabic"),
                        text(one, "text"),
                        *kinds(one, "extend"),
                    ],
                )
            )
            for one in note.iterfind("lyric")
        ]
        found.append("; ".join(words))
    return found


@pytest.mark.parametrize(
    ("music", "expected"),
    [
        ("ABcd|\nw:one two-three", ["1 single one", "1 begin two", "1 end three", ""]),
        ("ABcd|\nw:a-b-c d", ["1 begin a", "1 middle b", "1 end c", "1 single d"]),
        ("ABcd|\nw:a__ d", ["1 single a start", "1 continue", "1 stop", "1 single d"]),
        ("ABcd|\nw:a*b~c <&", ["1 single a", "", "1 single b c", "1 single <&"]),
        ("AB|\nw:a b\nw:c d", ["1 single a; 2 single c", "1 single b; 2 single d"]),
        ("A5B|\nw:a b", ["1 single a", "", "1 single b"]),
        ("A-AB|\nw:a b c", ["1 single a", "1 single b", "1 single c"]),
    ],
)
def test_words(music: str, expected: list[str]) -> None:
    assert sung(music) == expected
