"""Humdrum **kern to ABC: small files, each with what it must become."""

from __future__ import annotations

from typing import Any

import pytest

from chatmusician import abc
from chatmusician.abc.imports import from_kern
from chatmusician.errors import InputError


def kern(*rows: str, head: str = "*M4/4 *k[]") -> bytes:
    """One spine: blanks set rows apart in ``head``; each of ``rows`` is a line."""
    return "\n".join(["**kern", *head.split(), *rows, "*-", ""]).encode()


def table(text: str) -> bytes:
    """Several spines: columns set apart by two blanks or more, or tabs."""
    lines = [line.strip() for line in text.strip().splitlines()]
    return "\n".join("\t".join(p for p in line.split("  ") if p) for line in lines).encode()


def body(data: bytes) -> str:
    text = from_kern(data)
    return text[text.index("\nK:") + 1 :].split("\n", 1)[1].strip()


def tune(data: bytes) -> dict[str, Any]:
    found: dict[str, Any] = abc.to_events(abc.read(from_kern(data)))["tunes"][0]
    return found


def test_the_text_of_a_small_file() -> None:
    data = (
        "!!!COM: Composer, A.\n!!!OTL: A Title\n!!!OMD: Allegro\n"
        + kern(
            "4.c/", "8dL", "4ee-J", "4r", "=2", "[2f#", "2f#]", "==",
            head="*clefG2 *k[f#c#] *D: *M4/4 *MM100",
        ).decode()
    ).encode()  # fmt: skip
    assert from_kern(data) == (
        "X:1\nT:A Title\nC:Composer, A.\nM:4/4\nL:1/8\nQ:\"Allegro\" 1/4=100\nK:D\n"
        "=C3 D _e2 z2 | F4- F4 |]\n"
    )  # fmt: skip


@pytest.mark.parametrize(
    ("token", "length", "pitches"),
    [
        ("4c", "1", [60]),
        ("2.C", "3", [48]),
        ("8..ddd", "7/8", [86]),
        ("0CC", "8", [36]),
        ("00c", "16", [60]),
        ("12g-", "1/3", [66]),
        ("24b##", "1/6", [73]),
        ("3%2c", "8/3", [60]),
        ("4c 4e 4g", "1", [60, 64, 67]),
        ("4cn", "1", [60]),
    ],
)
def test_tokens(token: str, length: str, pitches: list[int]) -> None:
    assert tune(kern(token, "=", head="*MX"))["voices"][0]["notes"] == [["0", length, pitches]]


def test_marks() -> None:
    assert body(kern("(4c'", "4d^;)", "4eT", "4f~", "==")) == (
        "(.C !accent!!fermata!D) !trill!E !tenuto!F |]"
    )


def test_grace_notes() -> None:
    assert body(kern("8qd", "4c", "8qqe", "8qqf", "2.g", "==")) == "{/D}C {EF}G3 |]"


def test_ties_over_the_bar() -> None:
    data = kern("2.r", "[4c", "=2", "1c_", "=3", "1c]", "==")
    assert tune(data)["voices"][0]["notes"] == [["3", "9", [60]]]


def test_repeats() -> None:
    data = kern("=1!|:", "1c", "=2:|!|:", "1d", "=3:|!", "1e", "==")
    assert body(data) == "|:C4 :|: D4 :|\nE4 |]"
    assert [n[2][0] for n in tune(data)["expanded"]] == [60, 60, 62, 62, 64]


@pytest.mark.parametrize(
    ("head", "key"),
    [
        ("*k[b-e-]", "Bb major"),
        ("*k[b-e-] *g:", "G minor"),
        ("*k[] *d:dor", "D dorian"),
        ("*k[f#] *G:", "G major"),
        ("*k[f#] *C:lyd", "C lydian"),
        ("*k[f#] *F:", "G major"),
    ],
)
def test_keys(head: str, key: str) -> None:
    assert tune(kern("1c", "==", head=head + " *M4/4"))["key"] == key


def test_voices_from_the_top() -> None:
    data = table("""
        **kern  **kern
        *clefF4  *clefGv2
        *I"Bass  *I"Tenor
        *M2/4  *M2/4
        4C  8c
        .  8d
        4D  4e
        ==  ==
        *-  *-
    """)
    text = from_kern(data)
    assert 'V:1 clef=treble-8 name="Tenor"\nV:2 clef=bass name="Bass"' in text
    assert "[V:1] cd e2 |]\n[V:2] C,2 D,2 |]" in text
    assert tune(data)["voices"][0]["notes"][0] == ["0", "1/2", [60]]


def test_a_split_is_an_overlay() -> None:
    data = table("""
        **kern
        *M2/4
        2c
        =
        *^
        4d  2D
        4e  .
        =  =
        *v  *v
        2c
        ==
        *-
    """)
    assert body(data) == "C2 | D E & D,2 | C2 |]"
    assert ["2", "2", [50]] in tune(data)["voices"][0]["notes"]


def test_words_and_dynamics() -> None:
    data = table("""
        **kern  **text  **dynam
        *M3/4  *  *
        4c  A-  p
        4d  -men,  <
        4e  .  [
        =  =  =
        2.f  oh  ff
        ==  ==  ==
        *-  *-  *-
    """)
    text = from_kern(data)
    assert "!p!C !crescendo(!D !crescendo)!E | !ff!F3 |]" in text
    assert tune(data)["voices"][0]["lyrics"] == [["0", "A"], ["1", "men,"], ["3", "oh"]]


def test_sections_in_the_order_of_the_expansion() -> None:
    data = kern("*>[A,A,B]", "*>A", "1c", "=2", "*>B", "1d", "==")
    assert "P:AAB" in from_kern(data)
    assert [n[2][0] for n in tune(data)["expanded"]] == [60, 60, 62]


def test_two_pieces_are_two_tunes() -> None:
    both = kern("1c", "==") + kern("1d", "==")
    tunes = abc.to_events(abc.read(from_kern(both)))["tunes"]
    assert [t["voices"][0]["notes"][0][2] for t in tunes] == [[60], [62]]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "no **kern spine"),
        (b"X:1\nK:C\nabc|\n", "no **kern spine"),
        (b"**text\nla\n*-\n", "no **kern spine"),
        (b"**kern\t**kern\n4c\n*-\t*-\n", "line 2: 1 columns where there are 2 spines"),
        (kern("c"), "line 4: the token 'c' has no length"),
        (kern("4h"), "line 4: the token '4h' is neither a note nor a rest"),
        (kern("4ce"), "line 4: the token '4ce' names two pitches"),
        (kern("0%0c"), "line 4: the length in '0%0c' makes no sense"),
        (kern("99999c"), "line 4: the length in '99999c' makes no sense"),
        (kern("4c") .replace(b"*-", b"*^\n*^\t*^\n" + b"\t".join([b"*^"] * 4)
                              + b"\n" + b"\t".join([b"*^"] * 8)), None),
        (kern(), "the **kern spines hold no notes"),
    ],
)  # fmt: skip
def test_what_cannot_be_read(data: bytes, message: str | None) -> None:
    if message is None:
        assert from_kern(data).startswith("X:1")
        return
    with pytest.raises(InputError) as caught:
        from_kern(data)
    assert message in str(caught.value)


def test_endless_splits_are_refused() -> None:
    rows = ["**kern", "*M4/4", *("\t".join(["*^"] * 2**n) for n in range(12))]
    with pytest.raises(InputError, match="spines; at most"):
        from_kern("\n".join(rows).encode())
