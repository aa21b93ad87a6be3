"""Requests in words and flags: what is understood, what is said not to be, what conflicts."""

from __future__ import annotations

from typing import Any

import pytest

from chatmusician.errors import UsageError
from chatmusician.model.brief.brief import Reading
from chatmusician.model.brief.read import read_request
from chatmusician.model.brief.rules import form_letters, key_value

JIG = {"rhythm": "jig", "meter": "6/8"}


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("a lively jig in D, AABB", {**JIG, "key": "D", "form": "AABB", "tempo": "3/8=120"}),
        ("a slow air in E minor", {"key": "Em", "rhythm": "air", "tempo": "1/4=66"}),
        (
            "16-bar reel in A dorian with chords Am G Am Em",
            {
                "rhythm": "reel",
                "meter": "4/4",
                "bars": 16,
                "key": "Ador",
                "chords": ("Am", "G", "Am", "Em"),
            },
        ),
        ("something like Bach in G minor 3/4", {"style": "Bach", "key": "Gm", "meter": "3/4"}),
        ("jig in A", {**JIG, "key": "A"}),
        ("a waltz in B flat major", {"rhythm": "waltz", "meter": "3/4", "key": "Bb"}),
        ("write me a slip jig in F# minor", {"rhythm": "slip jig", "meter": "9/8", "key": "F#m"}),
        ("in c sharp minor", {"key": "C#m"}),
        ("E-flat major, common time", {"key": "Eb", "meter": "4/4"}),
        ("a tune in D-Dur", {"key": "D"}),
        ("sixteen bars of polka", {"bars": 16, "rhythm": "polka", "meter": "2/4"}),
        ("M:9/8 K:Edor R:slip jig", {"meter": "9/8", "key": "Edor", "rhythm": "slip jig"}),
        ("chords: Dm, C | Dm7/G - F#m7b5", {"chords": ("Dm", "C", "Dm7/G", "F#m7b5")}),
        ("over 'Dm', 'C', 'Dm'", {"chords": ("Dm", "C", "Dm")}),
        ("chords C C G G", {"chords": ("C", "G")}),
        ('a jig with the motif "DFA dfa"', {**JIG, "motifs": ("DFA dfa",)}),
        ("ternary form in G", {"terms": ("Ternary",), "key": "G"}),
        ("form ABA'C", {"form": "ABA'C"}),
        ('a tune called "Old Tom" at 100 bpm', {"title": "Old Tom", "tempo": "1/4=100"}),
        ("a sad tune", {"key": "Em"}),
        ("unit note length 1/16, 5/4", {"unit": "1/16", "meter": "5/4"}),
        ("", {}),
        ("a tune in ABC notation", {}),
        ("please write a song", {}),
    ],
)  # fmt: skip
def test_words(text: str, asked: dict[str, Any]) -> None:
    found = read_request(text)
    assert found.brief.asked() == asked
    assert (found.unheard, found.conflicts) == ((), ())
    assert {one.field for one in found.heard} == set(asked)


def test_what_was_understood_is_shown_with_its_words() -> None:
    lines = read_request("a lively jig in D").lines()
    assert "understood: key D (said as 'in D')" in lines
    assert "understood: meter 6/8 (from 'jig')" in lines
    assert "understood: tempo 3/8=120 (from 'lively')" in lines


@pytest.mark.parametrize(
    ("text", "unheard"),
    [
        ("asdf qwer", ("asdf", "qwer")),
        ("a jig with bagpipes", ("bagpipes",)),
        ("Ein fröhliches Lied, bitte", ("Ein", "fröhliches", "Lied", "bitte")),
        ("音楽を作って", ("音楽を作って",)),
        ("a happy tune in D", ("happy (the key is set already)",)),
    ],
)
def test_what_was_not_understood_is_said(text: str, unheard: tuple[str, ...]) -> None:
    assert read_request(text).unheard == unheard


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a polka in 6/8", "a polka is in 2/4, not in 6/8"),
        ("a 4 bar tune with chords C Am F G C F G", "7 chords for 4 bars"),
        ('a waltz with motif "DEFGABcd"', "lasts 1 where a bar of 3/4 lasts 3/4"),
        ('6/8 motif "DFA|d|A3d3"', "has a bar that is shorter than 6/8"),
        ("a tune in D, in G", "key D ('in D') and G ('in G')"),
        ("a jig and a reel", "rhythm jig ('jig') and reel ('reel')"),
        ("10 bars in form ABC", "10 bars for the form ABC"),
        ("form ABA, binary", "the form ABA is Ternary, not Binary"),
        ("0 bars", "from 1 to 512"),
        ("99999 bars", "from 1 to 512"),
        ("Q:1/4=1000", "from 20 to 400"),
        ("in D: X:1\nM:6/8\nL:1/8\nK:G\nGAB cde|g3 e3|", "is in G major, the request says D"),
    ],
)
def test_contradictions_are_named(text: str, said: str) -> None:
    assert any(said in one for one in read_request(text).conflicts)


@pytest.mark.parametrize(
    "text",
    [
        "a jig in 12/8",
        "8 bars with chords C Am F G",
        "4 bars with chords C Am F G C F G7 C",
        "16 bars AABB",
        "16 bars AABA",
        '6/8 motif "DFA dfa"',
        '6/8 motif "DFA dfa|gfe d3"',
        "in D, in D major",
    ],
)
def test_what_goes_together_is_no_conflict(text: str) -> None:
    assert read_request(text).conflicts == ()


@pytest.mark.parametrize(
    ("text", "task"),
    [
        ("harmonise this: ", "harmonise"),
        ("add chords to ", "harmonise"),
        ("continue ", "continue"),
        ("write a variation of ", "variation"),
        ("fill in: ", "infill"),
        ("", "continue"),
    ],
)
def test_tasks_on_a_tune(text: str, task: str) -> None:
    found = read_request(f"{text}\nX:1\nM:2/4\nL:1/8\nK:D\nDEFG|x4|A4|\n")
    assert found.brief.task == task
    assert found.brief.given == "X:1\nM:2/4\nL:1/8\nK:D\nDEFG|x4|A4|\n"
    assert found.conflicts == ()
    assert set(found.brief.asked()) == {"task", "given"}


def test_flags_are_read_like_words() -> None:
    found = read_request(
        "a jig",
        {
            "key": "Em",
            "unit": "1/8",
            "bars": "16",
            "form": "AABB",
            "chords": "Em D Em",
            "motif": "EGB",
            "tempo": "110",
            "title": "My jig",
            "style": None,
            "meter": "",
        },
    )
    assert found.brief.asked() == {
        **JIG,
        "key": "Em",
        "unit": "1/8",
        "tempo": "3/8=110",
        "bars": 16,
        "form": "AABB",
        "chords": ("Em", "D", "Em"),
        "motifs": ("EGB",),
        "title": "My jig",
    }
    assert read_request("", {"form": "verse/chorus"}).brief.terms == ("Sectional: Verse/Chorus",)


def test_words_and_flags_may_contradict_each_other() -> None:
    assert "key D ('in D') and G ('--key G')" in read_request("in D", {"key": "G"}).conflicts[0]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("key", "H"),
        ("key", "Dfoo"),
        ("meter", "none"),
        ("unit", "1/0"),
        ("bars", "many"),
        ("bars", "-3"),
        ("form", "XYZ"),
        ("chords", "Am Xq"),
        ("motif", "hello world"),
        ("tempo", "fast"),
        ("title", "two\nlines"),
    ],
)
def test_flags_that_make_no_sense_are_errors(name: str, value: str) -> None:
    with pytest.raises(UsageError, match=f"--{name}"):
        read_request("", {name: value})


@pytest.mark.parametrize("text", ["x" * 30_000, "a jig " * 4000])
def test_a_very_long_request_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="characters long"):
        read_request(text)


HOSTILE = [
    "\0\0\0", "chords " + "A " * 5000, "form " + "A" * 9000, "in " * 6000, "'" * 9000,
    "motif |" + "|" * 9000, "X:1\nK:C\n" + "[" * 9000, "1/" * 9000, "\u202e jig", "K:" * 5000,
    "M:0/0 L:0/0 Q:0=0", "K:C" + "#" * 5000, "bars " + "9" * 5000 + " bars", "\ud800",
]  # fmt: skip


@pytest.mark.timeout(20)
@pytest.mark.parametrize("text", HOSTILE)
def test_no_words_make_it_fail_or_hang(text: str) -> None:
    assert isinstance(read_request(text), Reading)


def test_keys_and_forms() -> None:
    assert key_value("e", "flat", "major") == "Eb"
    assert key_value("H", None, None) is None
    assert form_letters("A A' B A") == "AA'BA"
    assert form_letters("BA") is None
    assert form_letters("AC") is None
