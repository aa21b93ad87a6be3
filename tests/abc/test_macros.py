"""m: macros: what is replaced, and by what."""

from __future__ import annotations

import pytest

from chatmusician.abc.macros import expand, parse_macro


def expanded(line: str, *macros: str) -> str:
    parsed = [parse_macro(macro) for macro in macros]
    return expand(line, 0, [macro for macro in parsed if macro is not None])[0]


@pytest.mark.parametrize(
    ("line", "macro", "result"),
    [
        ("~G2 ~G3", "~G2 = {A}G{F}G", "{A}G{F}G ~G3"),
        ("xGx", "xGx=G/A/G", "G/A/G"),
        ("~a3 ~C3", "~n3=n{o}n{m}n", "a{b}a{g}a C{D}C{B,}C"),
        ("~G2", "~n2=nl", "GE"),
        ("~B2", "~n2=(3o/n/m/ n", "(3c/B/A/ B"),
        ("~b2", "~n2=o", "c'"),
        ("~C2", "~n2=h", "D,"),
        ("~C2", "~n2=z", "a"),
        ('"~G2"~G2', "~G2=A", '"~G2"A'),
        ('"~G2', "~G2=A", '"~G2'),
        ("GGG", "GG=A", "AG"),
    ],
)
def test_replacement(line: str, macro: str, result: str) -> None:
    assert expanded(line, macro) == result


def test_the_longest_target_goes_first() -> None:
    assert expanded("~G2~G", "~G=A", "~G2=B") == "BA"


def test_the_later_of_two_counts() -> None:
    assert expanded("~G", "~G=A", "~G=B") == "B"


def test_a_replacement_is_not_replaced_again() -> None:
    assert expanded("ab", "a=b", "b=a") == "ba"


@pytest.mark.parametrize("value", ["", "~G2", "=x", " = ", "x" * 32 + "=y", "x=" + "y" * 201])
def test_macros_that_make_no_sense(value: str) -> None:
    assert parse_macro(value) is None


def test_places() -> None:
    macro = parse_macro("~G=AB")
    assert macro is not None
    text, starts, ends = expand("c~Gd", 10, [macro])
    assert text == "cABd"
    assert starts == [10, 11, 11, 13, 14]
    assert ends[1:4] == [11, 13, 13]


def test_growth_is_bounded() -> None:
    macro = parse_macro("a=" + "a" * 200)
    assert macro is not None
    text, starts, ends = expand("a" * 50_000, 0, [macro])
    assert len(text) < 200_000
    assert len(starts) == len(ends) == len(text) + 1
