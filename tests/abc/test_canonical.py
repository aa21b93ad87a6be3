"""The canonical form: its spelling, that it is settled, and that it keeps the music."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings

from chatmusician import abc
from chatmusician.errors import UsageError
from tests.abc.cases import Case
from tests.abc.generated import music, tunes
from tests.abc.test_conformance import CASES

HEAD = "M:4/4\nL:1/8\nK:C\n"


def canonical(body: str, head: str = HEAD, bars_per_line: int = 4) -> str:
    return abc.canonical(abc.read(f"X:1\n{head}{body}\n"), bars_per_line=bars_per_line)


def body(text: str) -> str:
    """What stands below the K: line."""
    return text.partition("K:")[2].partition("\n")[2].rstrip("\n")


@pytest.mark.parametrize(
    ("source", "written"),
    [
        # lengths, in eighths
        ("C2D1E/2F3/2 G4/2 A//B///|", "C2 DE/F3/G2A/4B/8 |"),
        ("[L:1/4]C2[L:1/16]D2E4 F8|", "C4 DE2F4 |"),
        # broken rhythm
        ("C>D E<F G>>A B<<c|", "C3/D/ E/F3/ G7/4A/4 B/4c7/4 |"),
        ("C2>D2 E>[FA] G2|", "C3D E3/[FA]/ G2 |"),
        # tuplets
        ("(3CDE (3:2FGA (3:2:3Bcd (3::cBA|", "(3CDE (3FGA (3Bcd (3cBA |"),
        ("(3:2:2C2D (5CDEFG (2AB z|", "(3:2:2C2D (5:2CDEFG (2ABz |"),
        # repeats and endings
        ("|:C8:||:D8::E8|1F8:|2G8|]", "|:C8 :: D8 :: E8 | [1 F8 :|\n[2 G8 |]"),
        ("|:C8|[1-3D8:|[4E8|]", "|:C8 | [1,2,3 D8 :| [4 E8 |]"),
        ("[|C8|D8||E8|]", "C8 | D8 || E8 |]"),
        ("|C8|\n|D8|", "C8 | D8 |"),
        # accidentals where either scope needs them
        ("^C^c=C c c'|^C4-|C4C4|", "^C^c =C=c c' | ^C4- | C4 C4 |"),
        ("_BB^Bb=B|", "_BB ^B^b =B |"),
        # chords: from the lowest up, one length outside
        ("[GEC]2[C2E2][C2E4]c2|", "[CEG]2 [CE]2 [C2E4] c2 |"),
        ("[C-E-]4[CE]4-|[CE]8|", "[CE]4- [CE]4- | [CE]8 |"),
        # chord symbols, annotations, decorations, graces, slurs, ties
        ('"Am" C2 "^up"D2 !trill!E2 +f+.F2|', '"Am"C2 "^up"D2 TE2 !f!.F2 |'),
        ("~G2{gf} A2 {/b}(cd ef)|", "~G2 {gf}A2 {/b}(cd ef) |"),
        ("C2 -C2 C>-C C2|", "C2- C2 C3/-C/ C2 |"),
        # rests
        ("z2x2 z4|Z2|X|", "z2 x2 z4 | Z2 | X |"),
        # changes
        ("C8|\nK: D minor\nM:C|\nL:1/2\nB2|", "C8 | [K:Dm][M:2/2]B8 |"),
        ("CDEF&E4|", "CD EF & E4 |"),
        # what has no sound goes
        ("CD`EF y G\\\n% remark\nABc|", "CD EF GA Bc |"),
    ],
)
def test_spelling(source: str, written: str) -> None:
    assert body(canonical(source)) == written


@pytest.mark.parametrize(
    ("key", "written"),
    [
        ("C major", "C"),
        ("Gmaj", "G"),
        ("F# ionian", "F#"),
        ("Bb minor", "Bbm"),
        ("A aeolian", "Am"),
        ("D Dorian", "Ddor"),
        ("Emixolydian", "Emix"),
        ("Hp", "Hp"),
        ("", "none"),
        ("Em =c ^g", "Em =c ^g"),
        ("D exp _b ^f", "D exp ^f _b"),
        ("C clef=bass", "C clef=bass"),
        ("G treble octave=-1", "G octave=-1"),
    ],
)
def test_keys(key: str, written: str) -> None:
    text = canonical("C8|", HEAD.replace("K:C", f"K:{key}"))
    assert f"\nK:{written}\n" in text


@pytest.mark.parametrize(
    ("meter", "written", "beams"),
    [
        ("C", "4/4", "CD EF GA |"),
        ("C|", "2/2", "CD EF GA |"),
        ("6/8", "6/8", "CDE FGA |"),
        ("3/4", "3/4", "CD EF GA |"),
        ("(2+2+2)/8", "6/8", "CDE FGA |"),
        ("none", "none", "CD EF GA |"),
    ],
)
def test_meters_and_beams(meter: str, written: str, beams: str) -> None:
    text = canonical("C D E F G A|", f"M:{meter}\nL:1/8\nK:C\n")
    assert f"\nM:{written}\n" in text
    assert body(text) == beams


def test_header() -> None:
    head = (
        'R:reel\nQ:"Fast" 1/4 = 120\nP:AB\nO:Eire\nS:book\nC:Trad.\nT:one\nT:two\nZ:me\nM:C\nK:D\n'
    )
    assert canonical("[P:A]C8|[P:B]D8|", head).split("K:")[0] == (
        'X:1\nT:one\nT:two\nC:Trad.\nO:Eire\nR:reel\nP:AB\nM:4/4\nL:1/8\nQ:"Fast" 1/4=120\n'
    )


@pytest.mark.parametrize(
    ("source", "written"),
    [
        ("CDEF|GABc|\nw: la-la la_|* ~ x~y a", "CD EF | GA Bc |\nw: la-la la _ * ~ x~y a"),
        ("C4D4|\nw: a b\nw: c d\nW: more", "C4 D4 |\nw: a b\nw: c d\nW:more"),
        ("C8|D8|E8|F8|G8|\nw: a b c d e", "C8 | D8 | E8 | F8 |\nw: a b c d\nG8 |\nw: e"),
        ("C8|D8|E8|F8|G8|\nw: a b c d-e", "C8 | D8 | E8 | F8 |\nw: a b c d-\nG8 |\nw: e"),
    ],
)
def test_words(source: str, written: str) -> None:
    assert body(canonical(source)) == written


def test_voices_stand_line_by_line_under_each_other() -> None:
    head = 'M:4/4\nL:1/4\nV:T name="Tenor"\nV:B clef=bass\nK:C\n'
    text = canonical("V:T\nC4|D4|\nE4|\nV:B\nC,4|D,4|E,4|", head, bars_per_line=2)
    assert text.partition("L:1/8\n")[2] == (
        "V:T\nV:B clef=bass\nK:C\n[V:T] C8 | D8 |\n[V:B] C,8 | D,8 |\n[V:T] E8 |\n[V:B] E,8 |\n"
    )


@pytest.mark.parametrize(
    ("head", "source"),
    [
        ("K:C octave=-1\n", "C4|"),
        ("V:1\nV:2\nK:C octave=-1\n", "[V:1]C4|\n[V:2]C4|"),
        ("V:1 octave=1\nV:2\nK:C octave=-1\n", "[V:1]C4|\n[V:2]C4|"),
        ("K:C\n", "C4|[K:octave=-1]C4|[K:G octave=0]F4|"),
        ("V:1\nV:2\nK:C\n", "[V:1]C4|[V:1 transpose=2]C4|\n[V:2]C4|"),
        ("K:C clef=treble-8\n", "V:1 clef=treble\nC4|\nV:2\nC4|"),
        ("V:1\nV:2\nK:C\n", "[K:G]\n[V:1]F4|\n[V:2]F4|"),
        ("K:G\n", "F4|[K:treble]F4|"),
    ],
)
def test_what_moves_the_sound_is_kept(head: str, source: str) -> None:
    text = f"X:1\nM:4/4\nL:1/4\n{head}{source}\n"
    written = abc.canonical(abc.read(text))
    assert music(written)["expanded"] == music(text)["expanded"]
    assert abc.canonical(abc.read(written)) == written


def test_no_key_in_mid_tune() -> None:
    assert body(canonical("F8|[K:none]F8|", HEAD.replace("K:C", "K:G"))) == "F8 | [K:none]F8 |"


def test_line_length() -> None:
    assert body(canonical("C8|D8|E8|", bars_per_line=2)) == "C8 | D8 |\nE8 |"
    assert body(canonical("C8|D8\n|E8\n|", bars_per_line=9)) == "C8 | D8 | E8 |"
    with pytest.raises(UsageError, match="0 bars on a line"):
        canonical("C8|", bars_per_line=0)


@pytest.mark.parametrize("end", ["\r\n", "\r", "\n"])
def test_line_ends_are_lf(end: str) -> None:
    text = f"X:1\n{HEAD}CDEF GABc|\nw: la\n"
    assert abc.canonical(abc.read(text.replace("\n", end))) == abc.canonical(abc.read(text))


def test_a_book_is_its_tunes_with_an_empty_line_between() -> None:
    book = abc.read("free text\n\nX:1\nK:C\nC8|\n\nmore\n\nX:7\nK:G\nF8|\n")
    one, two = (abc.canonical(tune) for tune in book.tunes)
    assert abc.canonical(book) == f"{one}\n{two}"
    assert [tune.x for tune in abc.read(f"{one}\n{two}").tunes] == ["1", "7"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_hand_made_tunes(case: Case) -> None:
    """Where nothing is wrong the form is settled and has the same events."""
    book = abc.read(case.text)
    if any(finding.severity != "info" for finding in abc.check(book)):
        return
    written = abc.canonical(book)
    assert abc.canonical(abc.read(written)) == written
    assert music(written) == music(case.text) | {"x": music(written)["x"]}


@settings(
    max_examples=200,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(tunes())
def test_generated_tunes(text: str) -> None:
    book = abc.read(text)
    assert not [f for f in abc.check(book) if f.severity != "info"]
    written = abc.canonical(book)
    assert abc.canonical(abc.read(written)) == written
    assert music(written) == music(text)


def test_lines_after_the_last_word_have_no_words() -> None:
    text = "X:1\nT:t\nL:1/4\nM:4/4\nK:C\n" + "CDEF|" * 12 + "\nw: one two three four | five\n"
    lines = abc.canonical(abc.read(text)).splitlines()
    assert [line for line in lines if line.startswith("w:")] == ["w: one two three four five"]


@pytest.mark.parametrize(
    ("source", "written"),
    [
        ('C8|"C"-C8|', 'C8- | "C"C8 |'),
        ("C8|!f!-C8|", "C8- | !f!C8 |"),
        ("C8|{d}-C8|", "C8- | {d}C8 |"),
        ("C8|-C8|", "C8- | C8 |"),
        ("C8| - C8|", "C8- | C8 |"),
        ("[CE]8|-[CE]8|", "[CE]8- | [CE]8 |"),
        ("C8|[K:G]-C8|", "C8- | [K:G]C8 |"),
        ("C8|D8|E8|F8|\n-F8|", "C8 | D8 | E8 | F8- |\nF8 |"),
        ('C8|"C"-D8|', 'C8 | "C"D8 |'),
        ('^F8|"C"-F8|', '^F8 | "C"F8 |'),
        ("C8&E8|-C8&-E8|", "C8 & E8 | C8 & E8 |"),
    ],
)
def test_a_tie_apart_from_its_note_is_written_at_the_note(source: str, written: str) -> None:
    """A tie that ties nothing goes: at its note it could tie what it does not tie now."""
    assert body(canonical(source)) == written
    assert music(canonical(source))["expanded"] == music(f"X:1\n{HEAD}{source}\n")["expanded"]
