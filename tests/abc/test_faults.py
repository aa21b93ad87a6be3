"""What people write for ABC's own: reported as what it is, mended where there is one answer."""

from __future__ import annotations

from pathlib import Path

import pytest

from chatmusician import abc
from chatmusician.abc.fields import parse_key
from chatmusician.abc.tune import Diagnostic
from chatmusician.cli.check import run
from chatmusician.cli.commands import BY_NAME
from chatmusician.cli.parser import build_parser

HEAD = "X:1\nT:t\nM:4/4\nL:1/4\nK:C\n"

# Music under HEAD, what it becomes (None: it stays), and the finding.
CASES: list[tuple[str, str | None, str]] = [
    # signs after and before their notes
    ("B\u266dAGF|", "_BAGF|", "accidental-sign"),
    ("AB\u266dGF|", "A_BGF|", "accidental-sign"),
    ("A B\u266d,2 F|", "A _B,2 F|", "accidental-sign"),
    ("|\u266dBAGF|", "|_BAGF|", "accidental-sign"),
    ("B2\u266dAG|", "B2_AG|", "accidental-sign"),
    ("B\u266dAG F|", "_BAG F|", "accidental-sign"),
    ("A\u266dBG F|", None, "accidental-sign"),
    ("A\u266dBG A\u266d|", "_ABG _A|", "accidental-sign"),
    ("A\u266dBG \u266dA A\u266d|", None, "accidental-sign"),
    ("A\u266dBG \u266dA|", "A_BG _A|", "accidental-sign"),
    ("A \u266d B2|", None, "unknown-character"),
    ("A2 ^F\u266fG|", "A2 ^F^G|", "accidental-sign"),
    ("A2 ^F\u266f G|", None, "unknown-character"),
    ("F\u266f\u266f G A B|", "^^F G A B|", "accidental-sign"),
    ("F\U0001d12a G A B|", "^^F G A B|", "accidental-sign"),
    ("[CE\u266dG]4|", "[C_EG]4|", "accidental-sign"),
    ("{B\u266d}A4|", "{_B}A4|", "accidental-sign"),
    ("(3c\u266fde ABc|", "(3^cde ABc|", "accidental-sign"),
    ("F# G A B|", "^F G A B|", "accidental-sign"),
    ("F#G AB|", "^FG AB|", "accidental-sign"),
    ("f#'2 A2|", "^f'2 A2|", "accidental-sign"),
    ("# F G A B|", None, "unknown-character"),
    # the sign holds to the bar line, unless the tune signs each note
    ("F# G F G|", "^F G F G|", "accidental-sign"),
    ("F# G F# G|", "^F G ^F G|", "accidental-sign"),
    ("A2>c#2|", "A2>^c2|", "accidental-sign"),
    ("A3/2<B1.5 c|", "A3/2<B3/2 c|", "decimal-length"),
    # rests
    ("r4|", "z4|", "rest-letter"),
    ("C r D r|", "C z D z|", "rest-letter"),
    ("Cr/D/ EF|", "Cz/D/ EF|", "rest-letter"),
    ("C r2 D|", "C z2 D|", "rest-letter"),
    # typographic and full-width signs
    ("\u201cAm\u201dABcd|", '"Am"ABcd|', "foreign-sign"),
    ("\u201eAm\u201cABcd|", '"Am"ABcd|', "foreign-sign"),
    ('\u201cAm"ABcd|', '"Am"ABcd|', "foreign-sign"),
    ("\u0093Am\u0094ABcd|", '"Am"ABcd|', "foreign-sign"),
    ('"Am\u201dABcd|', '"Am"ABcd|', "foreign-sign"),
    ('"Am\u201dABcd|"C"C4|', '"Am"ABcd|"C"C4|', "foreign-sign"),
    ("\u201cAmABcd|", None, "foreign-sign"),
    ("CDEF\uff5cC4|", "CDEF|C4|", "foreign-sign"),
    ("|\uff1aCDEF\uff1a|", "|:CDEF:|", "foreign-sign"),
    ("CDEF:\uff5c", "CDEF:|", "foreign-sign"),
    ("\uff3bCEG\uff3d4|", "[CEG]4|", "foreign-sign"),
    ("\uff3bK:G\uff3dCDEF|", "[K:G]CDEF|", "foreign-sign"),
    ("\uff08CD\uff09EF|", "(CD)EF|", "foreign-sign"),
    ("\uff083CDE C2 D|", "(3CDE C2 D|", "foreign-sign"),
    ("\uff5bB\uff5dA4|", "{B}A4|", "foreign-sign"),
    ("C2\u2013C2|", "C2-C2|", "foreign-sign"),
    ("[CE]2\u2013[CE]2|", "[CE]2-[CE]2|", "foreign-sign"),
    ("c\u20192 C2|", "c'2 C2|", "foreign-sign"),
    ("\uff23\uff24EF|", "CDEF|", "foreign-sign"),
    ("C\uff12D2|", "C2D2|", "foreign-sign"),
    ("CD\u00a0EF|", "CD EF|", "foreign-sign"),
    # fields
    ("CDEF|M:3/4 CDE|", "CDEF|[M:3/4] CDE|", "field-in-bar"),
    ("CDEF|K:G FGAB|", "CDEF|[K:G] FGAB|", "field-in-bar"),
    ("CDEF|K:E minor FGAB|", "CDEF|[K:E minor] FGAB|", "field-in-bar"),
    ("CDEF|L:1/8 CDEFGABc|", "CDEF|[L:1/8] CDEFGABc|", "field-in-bar"),
    ("CDEF|Q:1/4=90 C4|", "CDEF|[Q:1/4=90] C4|", "field-in-bar"),
    ("CDEF|M:C| C4|", None, "unknown-character"),
    # numbers
    ("C1.5 D/ C2|", "C3/2 D/ C2|", "decimal-length"),
    ("C0.5D0.5 E F2|", "C/2D/2 E F2|", "decimal-length"),
    ("C.5D/ E F2|", "C/2D/ E F2|", "decimal-length"),
    ("z1.5 D/ C2|", "z3/2 D/ C2|", "decimal-length"),
    ("[CE]1.5 D/ C2|", "[CE]3/2 D/ C2|", "decimal-length"),
    ("C1.33 D/ C2|", None, "decimal-length"),
    ("C2 3(DEF G|", "C2 (3DEF G|", "tuplet-outside"),
    ("C2 3(DEF) G|", "C2 (3DEF G|", "tuplet-outside"),
    ("C2 3([CE]EF) G|", "C2 (3[CE]EF G|", "tuplet-outside"),
    ("C2 3(DEF(G2)|", "C2 (3DEF(G2)|", "tuplet-outside"),
    ('"Am"C2 3(DEF G|', '"Am"C2 (3DEF G|', "tuplet-outside"),
    ('C4|"Am"3(DEF G C2|', 'C4|"Am"(3DEF G C2|', "tuplet-outside"),
    ("C4|3(DEF G C2|", "C4|(3DEF G C2|", "tuplet-outside"),
    ("C2 3(DE) FG|", None, "tuplet-outside"),
    ("(CEG)2 C|", None, "length-after-slur"),
    # words and strays
    ("CDEF|\nOnce upon a time there was a fiddler\nC4|", None, "prose-line"),
    ("CDEF|\nD.C. al Fine\nC4|", None, "prose-line"),
    ("CDEF|\nPlay r4 and B\u266d three times\nC4|", None, "prose-line"),
    ("CD?EF|", "CDEF|", "unknown-character"),
    ("C?2D2|", None, "unknown-character"),
    ("CD\u200bEF|", "CDEF|", "unknown-character"),
    ("CDqEF|", None, "unknown-character"),
    ("CD\u00a7EF|", None, "unknown-character"),
    ("C2'DE|", None, "unknown-character"),
]  # fmt: skip


def findings(text: str) -> tuple[Diagnostic, ...]:
    return abc.check(abc.read(text))


@pytest.mark.parametrize(("music", "mended", "code"), CASES)
def test_music(music: str, mended: str | None, code: str) -> None:
    text = f"{HEAD}{music}\n"
    assert code in [f.code for f in findings(text)]
    result = abc.fix(text)[0]
    assert result == f"{HEAD}{mended or music}\n"
    assert abc.fix(result)[0] == result


@pytest.mark.parametrize(("music", "mended", "code"), CASES)
@pytest.mark.parametrize("end", ["\r\n", "\r"])
def test_other_line_ends(music: str, mended: str | None, code: str, end: str) -> None:
    before, after = (f"{HEAD}{m}\n".replace("\n", end) for m in (music, mended or music))
    assert abc.fix(before)[0] == after


@pytest.mark.parametrize(
    ("key", "music", "mended"),
    [
        ("G", "F#GAB|", "FGAB|"),
        ("G", "F\u266fGAB|", "FGAB|"),
        ("G", "=FGF#G|", "=FG^FG|"),
        ("D", "F# G A F#|G# A B c#|", "F G A F|^G A B c|"),
        ("D", "F\u266f G F\u266f F|", "F G F F|"),
        ("E", "^d4-|\u266fd d d d|", "^d4-|^d d d d|"),
        ("C", "^d4-|\u266fd d d d|", "^d4-|^d d d d|"),
        ("C", "F\u266f,4-|F,4|", "^F,4-|F,4|"),
        ("G", "F\u266e G F\u266f G|", "=F G ^F G|"),
        ("F", "B\u266dAGF|", "BAGF|"),
        ("Am", "G\u266fABc|", "^GABc|"),
        ("C", "C\u266eDEF|", "CDEF|"),
        ("C", "F\u266f G F\u266e G|", "^F G =F G|"),
        ("C", "F# G F# A|F# G F A|", "^F G ^F A|F# G F A|"),
    ],
)
def test_signs_and_keys(key: str, music: str, mended: str) -> None:
    """In a key that has the sharp nothing but the note is left, unless the bar says otherwise."""
    head = HEAD.replace("K:C", f"K:{key}")
    assert abc.fix(f"{head}{music}\n")[0] == f"{head}{mended}\n"


def test_bytes_outside_the_repair_stay(tmp_path: Path) -> None:
    """A byte order mark, CR LF and an encoding that is not UTF-8 come through."""
    music = HEAD.replace("T:t", "T:caf\u00e9").replace("\n", "\r\n")
    for name, data, mended in [
        ("bom", b"\xef\xbb\xbf" + (music + "B\u266dAGF|\r\n").encode(), b"_BAGF|\r\n"),
        ("latin", (music + "\x93Am\x94ABcd|\r\n").encode("latin-1"), b'"Am"ABcd|\r\n'),
    ]:
        path = tmp_path / f"{name}.abc"
        path.write_bytes(data)
        run(build_parser(BY_NAME).parse_args(["check", "--fix", "-q", str(path)]))
        start = data.index(b"K:C") + 5
        assert path.read_bytes() == data[:start] + mended


def test_small_b_is_a_note() -> None:
    text = f"{HEAD}Bb Bb|\n"
    assert not [f for f in findings(text) if f.severity != "info"]
    assert abc.fix(text) == (text, ())


@pytest.mark.parametrize(
    ("value", "written", "name"),
    [
        ("am", "Am", "A minor"),
        ("emin", "Em", "E minor"),
        ("f#m", "F#m", "F# minor"),
        ("bbmaj", "Bb", "Bb major"),
        ("d dorian", "Ddor", "D dorian"),
        ("emin clef=bass", "Em clef=bass", "E minor"),
    ],
)
def test_keys_in_small_letters(value: str, written: str, name: str) -> None:
    text = HEAD.replace("K:C", f"K:{value} % key") + "FGAB|\n"
    assert abc.to_events(abc.read(text))["tunes"][0]["key"] == name
    assert abc.fix(text)[0] == text.replace(value, written, 1)
    inline = f"{HEAD}[K:{value}]FGAB|\n"
    assert abc.fix(inline)[0] == inline.replace(value, written)


@pytest.mark.parametrize(
    ("value", "written", "name"),
    [
        ("F sharp minor", "F#m", "F# minor"),
        ("C sharp minor", "C#m", "C# minor"),
        ("F-sharp minor", "F#m", "F# minor"),
        ("f-sharp-minor", "F#m", "F# minor"),
        ("F SHARP MINOR", "F#m", "F# minor"),
        ("Fsharp", "F#", "F# major"),
        ("F \u266f minor", "F#m", "F# minor"),
        ("f \u266f min", "F#m", "F# minor"),
        ("F # minor", "F#m", "F# minor"),
        ("B flat major", "Bb", "Bb major"),
        ("B flat", "Bb", "Bb major"),
        ("B-flat", "Bb", "Bb major"),
        ("b flat", "Bb", "Bb major"),
        ("B \u266d", "Bb", "Bb major"),
        ("A b minor", "Abm", "Ab minor"),
        ("E Flat Mixolydian", "Ebmix", "Eb mixolydian"),
        ("b flat minor clef=bass", "Bbm clef=bass", "Bb minor"),
        ("B flat major ^c", "Bb ^c", "Bb major"),
        ("F-minor", "Fm", "F minor"),
    ],
)
def test_keys_with_their_sign_in_words(value: str, written: str, name: str) -> None:
    head = HEAD.replace("K:C", f"K:{value} % key")
    inline = f"{HEAD}CDEF|[K:{value}]FGAB|\n"
    body = f"{HEAD}CDEF|\nK:{value}\nFGAB|\n"
    voices = f"{HEAD}V:1\nCDEF|[K:{value}]FGAB|\nV:2\nK:{value}\nCDEF|FGAB|\n"
    for text in (head + "FGAB|\n", inline, body, voices):
        right = text.replace(value, written)
        assert [f.code for f in findings(text)] == ["key-spelling"] * text.count(value)
        assert all(f"K:{written}" in f.hint for f in findings(text))
        assert abc.fix(text)[0] == right
        assert abc.canonical(abc.read(text)) == abc.canonical(abc.read(right))
        before, after = (abc.to_events(abc.read(t)) for t in (text, right))
        assert before["tunes"][0]["expanded"] == after["tunes"][0]["expanded"]
    assert parse_key(value).name == name


def test_a_key_in_words_inside_a_bar() -> None:
    text = HEAD + "CDEF|GABc|dcBA|CDEF|GABc|K:F sharp minor FGAB|\n"
    assert abc.fix(text)[0] == text.replace("K:F sharp minor", "[K:F#m]")


@pytest.mark.parametrize("value", ["Am", "A minor", "F#m", "Bb major", "B\u266d", "D exp ^f"])
def test_keys_as_abc_writes_them_are_left(value: str) -> None:
    text = HEAD.replace("K:C", f"K:{value}") + "FGAB|\n"
    assert findings(text) == ()


@pytest.mark.parametrize("value", ["a", "b", "h", "bass", "dorian", "aM"])
def test_small_letters_that_are_no_key(value: str) -> None:
    text = HEAD.replace("K:C", f"K:{value}") + "FGAB|\n"
    assert "key-spelling" not in [f.code for f in findings(text)]
    assert abc.fix(text)[0] == text


@pytest.mark.parametrize(
    ("value", "written", "qpm"),
    [
        ("Allegro", '"Allegro"', None),
        ("Andante con moto", '"Andante con moto"', None),
        ("1/4=ca. 80", '"ca." 1/4=80', "80"),
        ("1/4 = c.80", '"c." 1/4=80', "80"),
        ("1/4=~80", '"ca." 1/4=80', "80"),
        ("Allegro 3/8=60", '"Allegro" 3/8=60', "90"),
        ("1/4=80 bpm", '1/4=80 "bpm"', "80"),
    ],
)
def test_tempos_with_words(value: str, written: str, qpm: str | None) -> None:
    text = HEAD.replace("K:C", f"Q:{value}\nK:C") + "FGAB|\n"
    assert abc.to_events(abc.read(text))["tunes"][0]["tempo"]["qpm"] == qpm
    assert abc.fix(text)[0] == text.replace(value, written)


@pytest.mark.parametrize("value", ["1/4=80-90", "=60", "Allegro 120", "1/4=fast"])
def test_tempos_that_stay(value: str) -> None:
    text = HEAD.replace("K:C", f"Q:{value}\nK:C") + "FGAB|\n"
    assert "bad-tempo" in [f.code for f in findings(text)]
    assert abc.fix(text)[0] == text


@pytest.mark.parametrize(("music", "mended", "code"), CASES)
def test_the_hint_says_what_the_fix_does(music: str, mended: str | None, code: str) -> None:
    for finding in findings(f"{HEAD}{music}\n"):
        if finding.mend is not None:
            text = f"{HEAD}{music}\n"
            result = finding.mend.result(text).strip()
            hint = finding.hint.removeprefix("Write ").removesuffix(".")
            assert finding.hint.startswith("Remove ") or hint == result


def test_voices_keep_their_notes() -> None:
    text = f"{HEAD}V:1\nCDEF|C4|\nV:2\nF# GAB|F4|\n"
    result, done = abc.fix(text)
    assert result == text.replace("F#", "^F")
    assert [f.code for f in done] == ["accidental-sign"]


def test_one_tune_never_changes_another() -> None:
    good = f"{HEAD}CD?EF|% a comment?\n\nfree ? text\n\n".replace("D?E", "DE")
    bad = HEAD.replace("X:1", "X:2") + "F# r B\u266d\uff5c\n\n"
    result, done = abc.fix(good + bad + good)
    assert result == good + HEAD.replace("X:1", "X:2") + "^F z _B|\n\n" + good
    assert {finding.tune for finding in done} == {"2"}


def test_what_brings_a_new_error_stays() -> None:
    """With the rest the bar would be too long, so r may be something else."""
    text = f"{HEAD}CDEFr|C4|\n"
    assert abc.fix(text) == (text, ())
    assert "rest-letter" in [f.code for f in findings(text)]


@pytest.mark.parametrize(
    ("music", "endings", "texts"),
    [
        ('CDEF|["1st time"GABc:|["2nd time"cdef|]', ["|1", ":|", "|2"], ["1st time", "2nd time"]),
        ('CDEF["1."GABc:|["2."cdef|]', ["|1", ":|", "|2"], ["1.", "2."]),
        ('CDEF["1, 2"GABc:|["3rd"c[df]ef|]', ["|1,2", ":|", "|3"], ["1, 2", "3rd"]),
        ('CDEF|["Fine"GABc|]', [], ["Fine"]),
    ],
)
def test_endings_named_by_texts(music: str, endings: list[str], texts: list[str]) -> None:
    tune = abc.to_events(abc.read(f"{HEAD}{music}\n"))["tunes"][0]
    assert [sign for _, sign in tune["voices"][0]["signs"]] == endings
    assert tune["text"]["annotations"] == texts
    assert sum(len(pitches) for _, _, pitches in tune["voices"][0]["notes"]) >= 8


@pytest.mark.parametrize("music", ['["Am"CEG]4|', '["^up"CEG]4|', '["3"CEG]4|'])
def test_texts_inside_chords(music: str) -> None:
    tune = abc.to_events(abc.read(f"{HEAD}{music}\n"))["tunes"][0]
    assert tune["voices"][0]["notes"] == [["0", "4", [60, 64, 67]]]


@pytest.mark.parametrize("letter", ["N", "Z", "B", "H"])
def test_text_goes_on_in_the_header(letter: str) -> None:
    text = HEAD.replace("K:C", f"{letter}:played by Joe\nand later by his brother\nK:C") + "CDEF|\n"
    assert [f.code for f in findings(text)] == ["old-history"]
    music = HEAD.replace("K:C", f"{letter}:played by Joe\nGABc dedc|\nK:C") + "CDEF|\n"
    if letter != "H":
        assert "missing-key" in [f.code for f in findings(music)]


def test_old_fields_and_spaces_without_width() -> None:
    text = HEAD.replace("K:C", "E:7\nA:Donegal\nK:C") + "y0 CDEF|\nE:8\nC4|\n"
    assert [f for f in findings(text) if f.severity != "info"] == []


@pytest.mark.parametrize("place", ["1,2 ", "-3.5,10 ", "1, -2", ""])
def test_the_place_of_a_text_is_not_shown(place: str) -> None:
    tune = abc.to_events(abc.read(f'{HEAD}"@{place}free"C4|\n'))["tunes"][0]
    assert tune["text"]["annotations"] == ["free"]
