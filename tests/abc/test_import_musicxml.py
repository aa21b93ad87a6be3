"""MusicXML to ABC: small scores, each with what it must become."""

from __future__ import annotations

import io
import re
import zipfile
from typing import Any

import pytest

from chatmusician import abc
from chatmusician.abc.imports import from_musicxml, from_mxl

HEAD = (
    "<divisions>4</divisions><key><fifths>0</fifths></key>"
    "<time><beats>4</beats><beat-type>4</beat-type></time>"
)


def note(pitch: str, duration: int = 4, inner: str = "", before: str = "") -> str:
    """``C4``, ``F#5``, ``Bb3``, or ``r`` for a rest; ``before`` stands before the pitch."""
    if pitch == "r":
        what = "<rest/>"
    else:
        alter = {"#": 1, "b": -1}.get(pitch[1:-1], 0)
        sign = f"<alter>{alter}</alter>" if alter else ""
        what = f"<pitch><step>{pitch[0]}</step>{sign}<octave>{pitch[-1]}</octave></pitch>"
    length = f"<duration>{duration}</duration>" if duration else ""
    return f"<note>{before}{what}{length}{inner}</note>"


def score(*measures: str, head: str = HEAD, extra: str = "", name: str = "") -> bytes:
    """A score of one part; ``head`` are the attributes of its first measure."""
    body = ""
    for number, measure in enumerate(measures, start=1):
        attributes = f"<attributes>{head}</attributes>" if number == 1 and head else ""
        body += f'<measure number="{number}">{attributes}{measure}</measure>'
    return parts({"P1": body}, extra, {"P1": name})


def parts(bodies: dict[str, str], extra: str = "", names: dict[str, str] | None = None) -> bytes:
    listed = "".join(
        f'<score-part id="{id}"><part-name>{(names or {}).get(id, "")}</part-name></score-part>'
        for id in bodies
    )
    music = "".join(f'<part id="{id}">{body}</part>' for id, body in bodies.items())
    return (
        '<?xml version="1.0" encoding="UTF-8"?><!DOCTYPE score-partwise PUBLIC '
        '"-//Recordare//DTD MusicXML 4.0 Partwise//EN" '
        '"http://www.musicxml.org/dtds/partwise.dtd">'
        f'<score-partwise version="4.0">{extra}<part-list>{listed}</part-list>{music}'
        "</score-partwise>"
    ).encode()


def body(data: bytes) -> str:
    """The music lines of the ABC text."""
    text = from_musicxml(data)
    return text[text.index("\nK:") + 1 :].split("\n", 1)[1].strip()


def events(data: bytes) -> dict[str, Any]:
    tune: dict[str, Any] = abc.to_events(abc.read(from_musicxml(data)))["tunes"][0]
    assert [d for d in tune["diagnostics"] if d["severity"] == "error"] == []
    return tune


def tied(kind: str) -> str:
    return f'<tie type="{kind}"/>'


def slur(kind: str, number: int = 1) -> str:
    return f'<notations><slur type="{kind}" number="{number}"/></notations>'


SCALE = note("C4") + note("D4") + note("E4") + note("F4")
TRIPLET = (
    "<type>eighth</type><time-modification><actual-notes>3</actual-notes>"
    "<normal-notes>2</normal-notes></time-modification>"
)


def test_the_text_of_a_small_score() -> None:
    extra = (
        "<work><work-title>A Tune</work-title></work><identification>"
        '<creator type="composer">N. N.</creator></identification>'
    )
    tempo = (
        "<direction><direction-type><words>Lively</words></direction-type><direction-type>"
        "<metronome><beat-unit>quarter</beat-unit><beat-unit-dot/><per-minute>96</per-minute>"
        "</metronome></direction-type></direction>"
    )
    data = score(
        tempo + SCALE, note("G4", 8) + note("r", 8), extra=extra, head=HEAD.replace(">0<", ">1<")
    )
    assert from_musicxml(data) == (
        'X:1\nT:A Tune\nC:N. N.\nM:4/4\nL:1/4\nQ:"Lively" 3/8=96\nK:G\nC D E =F | G2 z2 |\n'
    )


@pytest.mark.parametrize(
    ("music", "wanted"),
    [
        (note("C#4") + note("C4") + note("Cb5") + note("Bb3"), "^C =C _c _B, |"),
        (note("C4", 4) + note("E4", 4, before="<chord/>") + note("r", 12), "[CE] z3 |"),
        (note("C4", 12, tied("start")) + note("C4", 4, tied("stop")), "C3- C |"),
        (note("C4", 12, tied("start")) + note("D4", 4), "C3 D |"),
        (
            note("C4", 12, tied("start"))
            + note("E4", 12, tied("start"), "<chord/>")
            + note("C4", 4, tied("stop"))
            + note("F4", 4, "", "<chord/>"),
            "[C-E]3 [CF] |",
        ),
        (
            note("C4", 4, slur("start")) + note("D4", 4, slur("stop")) + note("E4", 8),
            "(C D) E2 |",
        ),
        (note("C4", 4, slur("start")) + note("D4", 12), "C D3 |"),
        (
            note("G4", 0, before="<grace/>") + note("A4", 0, before="<grace/>") + note("C4", 16),
            "{GA}C4 |",
        ),
        (note("G4", 0, before='<grace slash="yes"/>') + note("C4", 16), "{/G}C4 |"),
        (note("C4", 16) + note("G4", 0, before="<grace/>"), "C4{G} |"),
        ("".join(note(p, 0, TRIPLET, "<grace/>") for p in ("A4",)) + note("C4", 16), "{A}C4 |"),
        (
            note("C4", 16, "<notations><articulations><staccato/><accent/></articulations>"
            "<ornaments><trill-mark/></ornaments><fermata/></notations>"),
            ".!accent!!trill!!fermata!C4 |",
        ),
        (
            "<direction><direction-type><dynamics><mf/></dynamics></direction-type></direction>"
            + note("C4", 16),
            "!mf!C4 |",
        ),
        (
            '<direction><direction-type><wedge type="crescendo"/></direction-type></direction>'
            + note("C4", 8) + note("D4", 4)
            + '<direction><direction-type><wedge type="stop"/></direction-type></direction>'
            + note("E4", 4),
            "!crescendo(!C2 !crescendo)!D E |",
        ),
        (
            '<direction placement="below"><direction-type><words>say "a"</words></direction-type>'
            "</direction>" + note("C4", 16),
            '"_say \\u0022a\\u0022"C4 |',
        ),
        (
            "<direction><direction-type><words>D.C. al Fine</words></direction-type></direction>"
            + note("C4", 16),
            "!D.C.alfine!C4 |",
        ),
        (note("C4", 8) + "<note><cue/><pitch><step>D</step><octave>4</octave></pitch>"
         "<duration>8</duration></note>", "C4 D4 |"),
        ('<note print-object="no"><rest/><duration>8</duration></note>' + note("C4", 8),
         "x4 C4 |"),
        ("<note><rest measure=\"yes\"/><duration>16</duration></note>", "Z |"),
        ("<note><unpitched><display-step>E</display-step><display-octave>4</display-octave>"
         "</unpitched><duration>16</duration></note>", "E4 |"),
    ],
)  # fmt: skip
def test_what_becomes_of(music: str, wanted: str) -> None:
    assert body(score(music)) == wanted
    assert events(score(music))["bars"] == ["4"]


def test_triple_sharps_are_respelled() -> None:
    sharp = "<note><pitch><step>B</step><alter>3</alter><octave>4</octave></pitch>"
    assert body(score(sharp + "<duration>16</duration></note>")) == "^^c4 |"


def test_tuplets() -> None:
    music = "".join(note(p, 4, TRIPLET) for p in ("C4", "D4", "E4"))
    data = score(music + note("F4", 36), head=HEAD.replace(">4</div", ">12</div"))
    assert "(3CDE F6" in body(data)
    assert events(data)["voices"][0]["notes"][1] == ["1/3", "1/3", [62]]


def test_rounded_durations_of_tuplets() -> None:
    """Three notes in the time of two eighths where a quarter has 256 divisions: 85, 85, 86."""
    music = note("C4", 85, TRIPLET) + note("D4", 85, TRIPLET) + note("E4", 86, TRIPLET)
    both = (
        music
        + note("F4", 768)
        + "<backup><duration>1024</duration></backup>"
        + (
            "<forward><duration>170</duration></forward>"
            + note("G4", 86, "<voice>2</voice>" + TRIPLET)
        )
    )
    notes = events(score(both, head=HEAD.replace(">4</div", ">256</div")))["voices"][0]["notes"]
    assert [n[:2] for n in notes] == [
        ["0", "1/3"], ["1/3", "1/3"], ["2/3", "1/3"], ["2/3", "1/3"], ["1", "3"],
    ]  # fmt: skip


def test_nested_tuplets_are_exact() -> None:
    """A triplet inside a triplet: nine in the time of four."""
    inner = (
        "<type>16th</type><time-modification><actual-notes>9</actual-notes>"
        "<normal-notes>4</normal-notes></time-modification>"
    )
    music = "".join(note("C4", 1, inner) for _ in range(9)) + note("D4", 27)
    notes = events(score(music, head=HEAD.replace(">4</div", ">9</div")))["voices"][0]["notes"]
    assert [n[:2] for n in notes[:3]] == [["0", "1/9"], ["1/9", "1/9"], ["2/9", "1/9"]]
    assert notes[-1] == ["1", "3", [62]]


def test_duplets() -> None:
    duplet = (
        "<type>eighth</type><time-modification><actual-notes>2</actual-notes>"
        "<normal-notes>3</normal-notes></time-modification>"
    )
    head = HEAD.replace("<beats>4</beats><beat-type>4", "<beats>3</beats><beat-type>8")
    assert body(score(note("C4", 3, duplet) + note("D4", 3, duplet), head=head)) == "(2:3:2CD |"


@pytest.mark.parametrize(
    ("fifths", "mode", "name"),
    [
        (2, "<mode>major</mode>", "D major"),
        (-3, "<mode>minor</mode>", "C minor"),
        (1, "<mode>mixolydian</mode>", "D mixolydian"),
        (2, "<mode>dorian</mode>", "E dorian"),
        (-1, "<mode>lydian</mode>", "Bb lydian"),
        (7, "", "C# major"),
        (0, "<mode>none</mode>", "none"),
    ],
)
def test_keys(fifths: int, mode: str, name: str) -> None:
    head = HEAD.replace("<fifths>0</fifths>", f"<fifths>{fifths}</fifths>{mode}")
    assert events(score(SCALE, head=head))["key"] == name


def test_a_signature_no_key_has() -> None:
    signs = "<key-step>B</key-step><key-alter>-1</key-alter><key-step>F</key-step>"
    head = HEAD.replace("<fifths>0</fifths>", signs + "<key-alter>1</key-alter>")
    assert sorted(events(score(SCALE, head=head))["signature"]) == ["^f", "_b"]


@pytest.mark.parametrize(
    ("time", "wanted"),
    [
        ('<time symbol="common"><beats>4</beats><beat-type>4</beat-type></time>', "M:C\n"),
        ('<time symbol="cut"><beats>2</beats><beat-type>2</beat-type></time>', "M:C|\n"),
        ("<time><beats>3+2</beats><beat-type>8</beat-type></time>", "M:(3+2)/8\n"),
        ("<time><senza-misura/></time>", "M:none\n"),
        ("<time><beats>2</beats><beat-type>4</beat-type><beats>3</beats><beat-type>8</beat-type>"
         "</time>", "M:(4+3)/8\n"),
    ],
)  # fmt: skip
def test_meters(time: str, wanted: str) -> None:
    head = re.sub("<time>.*</time>", time, HEAD)
    assert wanted in from_musicxml(score(SCALE, head=head))


def test_changes_on_the_way() -> None:
    change = (
        "<attributes><key><fifths>-1</fifths></key><time><beats>3</beats><beat-type>4</beat-type>"
        "</time></attributes>"
    )
    (voice,) = events(score(SCALE, change + note("B4") + note("Bb4", 8)))["voices"]
    assert voice["meters"] == [["4", "3/4"]]
    assert voice["keys"] == [["4", "F major"]]
    assert [n[2] for n in voice["notes"][4:]] == [[71], [70]]


def test_a_key_change_inside_a_bar() -> None:
    change = "<attributes><key><fifths>2</fifths></key></attributes>"
    data = score(note("F#4") + note("C4") + change + note("F#4") + note("F4"))
    assert body(data) == "^F C [K:D]F =F |"


REPEATED = (
    '<barline location="left"><repeat direction="forward"/></barline>',
    '<barline location="right"><repeat direction="backward"/></barline>',
)


def test_repeats_and_endings() -> None:
    ending = '<barline location="{}"><ending number="{}" type="{}"/>{}</barline>'
    data = score(
        REPEATED[0] + SCALE,
        ending.format("left", "1, 2", "start", "") + note("G4", 16)
        + ending.format("right", "1, 2", "stop", '<repeat direction="backward" times="3"/>'),
        ending.format("left", "3", "start", "") + note("A4", 16)
        + '<barline location="right"><bar-style>light-heavy</bar-style></barline>',
    )  # fmt: skip
    assert body(data) == "|::C D E F | [1,2 G4 ::| [3 A4 |]"
    played = [n[2][0] for n in events(data)["expanded"]]
    assert played == [60, 62, 64, 65, 67] * 2 + [60, 62, 64, 65, 69]


def test_a_repeat_goes_back_past_a_double_bar() -> None:
    """In MusicXML only repeat marks count; ABC would go back to the double bar."""
    double = '<barline location="right"><bar-style>light-light</bar-style></barline>'
    tune = events(score(note("C4", 16) + double, note("D4", 16) + REPEATED[1]))
    assert [n[2][0] for n in tune["expanded"]] == [60, 62, 60, 62]


def test_a_repeat_inside_a_measure() -> None:
    middle = '<barline location="middle"><repeat direction="backward"/></barline>'
    data = score(note("C4", 8) + middle + note("D4", 8), note("E4", 16))
    tune = abc.to_events(abc.read(from_musicxml(data)))["tunes"][0]
    assert tune["bars"] == ["2", "2", "4"]
    assert [n[2][0] for n in tune["expanded"]] == [60, 60, 62, 64]


def test_a_pickup_and_a_short_end() -> None:
    data = score(note("G4"), SCALE, note("C4", 12))
    assert events(data)["bars"] == ["1", "4", "3"]


def test_bar_styles() -> None:
    line = '<barline location="right"><bar-style>{}</bar-style></barline>'
    music = [note("C4", 16) + line.format(s) for s in ("light-light", "dashed", "light-heavy")]
    assert body(score(*music, SCALE)).split("\n") == ["C4 || C4 .| C4 |]", "C D E F |"]


@pytest.mark.parametrize(
    ("inner", "wanted"),
    [
        ("<root><root-step>G</root-step></root><kind>major</kind>", "G"),
        ('<root><root-step>G</root-step></root><kind text="m7">minor-seventh</kind>'
         "<bass><bass-step>D</bass-step></bass>", "Gm7/D"),
        ("<root><root-step>B</root-step><root-alter>-1</root-alter></root>"
         "<kind>major-seventh</kind>", "Bbmaj7"),
        ("<root><root-step>F</root-step><root-alter>1</root-alter></root>"
         "<kind>half-diminished</kind>", "F#m7b5"),
        ('<root><root-step>C</root-step></root><kind text="7">dominant</kind><degree>'
         "<degree-value>9</degree-value><degree-alter>-1</degree-alter>"
         "<degree-type>add</degree-type></degree>", "C7b9"),
        ("<root><root-step>C</root-step></root><kind>major</kind><degree>"
         "<degree-value>9</degree-value><degree-alter>0</degree-alter>"
         "<degree-type>add</degree-type></degree>", "Cadd9"),
        ('<root><root-step>C</root-step></root><kind text="">major</kind>', "C"),
        ("<root><root-step>C</root-step></root><kind>none</kind>", "N.C."),
    ],
)  # fmt: skip
def test_chord_symbols(inner: str, wanted: str) -> None:
    tune = events(score(note("C4", 8) + f"<harmony>{inner}</harmony>" + note("D4", 8)))
    assert tune["voices"][0]["chord_symbols"] == [["2", wanted]]


def test_a_chord_symbol_inside_a_note_cuts_it() -> None:
    harmony = (
        "<harmony><root><root-step>C</root-step></root><kind>major</kind>"
        "<offset>8</offset></harmony>"
    )
    data = score(harmony + note("C4", 16))
    assert body(data) == 'C2- "C"C2 |'
    assert events(data)["voices"][0]["notes"] == [["0", "4", [60]]]


def lyric(text: str, syllabic: str = "single", number: int = 1, more: str = "") -> str:
    return (
        f'<lyric number="{number}"><syllabic>{syllabic}</syllabic><text>{text}</text>{more}</lyric>'
    )


def test_words() -> None:
    data = score(
        note("C4", 4, lyric("A", "begin")) + note("D4") + note("E4", 4, lyric("men", "end"))
        + note("F4", 4, lyric("I", more="<elision> </elision><text>am</text>")),
        note("G4", 8, lyric("well-known", more="<extend/>")) + note("A4", 8),
        SCALE, SCALE, SCALE,
        note("C4", 16, lyric("so") + lyric("too", number=2)),
    )  # fmt: skip
    assert "w: A--men I~am well\\-known _" in from_musicxml(data)
    tune = events(data)
    (voice,) = tune["voices"]
    first = [["0", "A"], ["2", "men"], ["3", "I am"], ["4", "well-known"], ["20", "so"]]
    assert voice["lyrics"] == first
    assert voice["verses"] == [first, [["20", "too"]]]


def test_two_voices_on_a_staff() -> None:
    data = score(
        note("G4", 16, tied("start") + "<voice>1</voice>")
        + "<backup><duration>16</duration></backup><forward><duration>4</duration></forward>"
        + note("C4", 12, tied("start") + "<voice>2</voice>"),
        note("G4", 16, tied("stop") + "<voice>1</voice>")
        + "<backup><duration>16</duration></backup>"
        + note("C4", 16, tied("stop") + "<voice>2</voice>"),
    )
    assert body(data) == "G4- & x C3- | G4 & C4 |"
    assert events(data)["voices"][0]["notes"] == [["0", "8", [67]], ["1", "7", [60]]]


def test_a_tie_keeps_its_layer_when_a_voice_falls_silent() -> None:
    def voice(number: int, music: str) -> str:
        return "<backup><duration>16</duration></backup>" * (number > 1) + music.replace(
            "</note>", f"<voice>{number}</voice></note>"
        )

    data = score(
        voice(1, note("G4", 16))
        + voice(2, note("E4", 16))
        + voice(3, note("C4", 16, tied("start"))),
        voice(1, note("G4", 16)) + voice(3, note("C4", 16, tied("stop"))),
    )
    assert ["0", "8", [60]] in events(data)["voices"][0]["notes"]


def test_a_tie_from_voice_to_voice() -> None:
    """The next bar's second voice goes on with the note: it takes the first's layer there."""
    data = score(
        note("G4", 16, tied("start") + "<voice>1</voice>"),
        note("D5", 16, "<voice>1</voice>")
        + "<backup><duration>16</duration></backup>"
        + note("G4", 16, tied("stop") + "<voice>2</voice>"),
    )
    assert ["0", "8", [67]] in events(data)["voices"][0]["notes"]


def test_two_staves() -> None:
    head = HEAD + (
        '<staves>2</staves><clef number="1"><sign>G</sign><line>2</line></clef>'
        '<clef number="2"><sign>F</sign><line>4</line></clef>'
    )
    data = score(
        note("C5", 16, "<staff>1</staff>")
        + "<backup><duration>16</duration></backup>"
        + note("C3", 16, "<voice>5</voice><staff>2</staff>"),
        head=head,
        name="Piano",
    )
    text = from_musicxml(data)
    assert '%%score {1 | 2}\nV:1 name="Piano"\nV:2 clef=bass name="Piano"' in text
    assert "[V:1] c4 |\n[V:2] C,4 |" in text


def test_a_transposing_instrument() -> None:
    head = HEAD + "<transpose><diatonic>-1</diatonic><chromatic>-2</chromatic></transpose>"
    data = score(note("D5", 16), head=head)
    assert "K:C transpose=-2" in from_musicxml(data)
    assert events(data)["voices"][0]["notes"] == [["0", "4", [72]]]


def test_an_octave_clef_moves_what_is_written() -> None:
    head = HEAD + (
        "<clef><sign>G</sign><line>2</line><clef-octave-change>-1</clef-octave-change></clef>"
    )
    data = score(note("C4", 16), head=head)
    assert body(data) == "c4 |"
    assert events(data)["voices"][0]["notes"] == [["0", "4", [60]]]


def test_parts_are_voices() -> None:
    first = f'<measure number="1"><attributes>{HEAD}</attributes>{SCALE}</measure>'
    second = f'<measure number="1"><attributes>{HEAD}</attributes>{note("C3", 8)}</measure>'
    data = parts({"P1": first, "P2": second}, names={"P1": "Flute", "P2": 'A "B"'})
    text = from_musicxml(data)
    assert 'V:1 name="Flute"\nV:2 name="A \'B\'"\n' in text
    assert "[V:1] C D E F |\n[V:2] C,2 x2 |" in text


def test_labels() -> None:
    mark = "<direction><direction-type><rehearsal>B</rehearsal></direction-type></direction>"
    assert body(score(SCALE, mark + SCALE)) == "C D E F | [P:B]C D E F |"


def test_timewise() -> None:
    music = (
        f'<measure number="1"><part id="P1"><attributes>{HEAD}</attributes>{SCALE}</part></measure>'
        f'<measure number="2"><part id="P1">{SCALE}</part></measure>'
    )
    data = f"<score-timewise><part-list/>{music}</score-timewise>".encode()
    assert body(data) == "C D E F | C D E F |"


def test_accidentals_around_grace_notes_are_written_out() -> None:
    """Programs differ on whether a grace note's accidental holds; the text must not."""
    sharp = "<grace/>"
    assert body(score(note("F#4", 0, before=sharp) + note("F4", 8) + note("F#4", 8))) == (
        "{^F}=F4 ^F4 |"
    )


@pytest.mark.parametrize("utf16", [False, True])
def test_encodings(utf16: bool) -> None:
    data = score(SCALE, extra="<work><work-title>Änne</work-title></work>")
    if utf16:
        data = data.decode().replace("UTF-8", "UTF-16").encode("utf-16")
    assert "T:Änne\n" in from_musicxml(data)


def test_compressed() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            "META-INF/container.xml",
            '<container><rootfiles><rootfile full-path="a/b.xml"/></rootfiles></container>',
        )
        archive.writestr("a/b.xml", score(SCALE))
    assert from_mxl(file.getvalue()) == from_musicxml(score(SCALE))
