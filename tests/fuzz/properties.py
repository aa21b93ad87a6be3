"""What must hold for any bytes whatever. A breach is an AssertionError, anything else a fault."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from contextlib import suppress
from fractions import Fraction
from itertools import pairwise
from time import perf_counter

from chatmusician import abc
from chatmusician.abc.find import find_tunes, to_lines, to_one_line
from chatmusician.abc.rules import BY_CODE
from chatmusician.abc.tune import Book, Chord, Diagnostic, Element, Grace, Tune, line_starts
from chatmusician.errors import ChatMusicianError

SEVERITIES = ("info", "warning", "error")
# Canonical form and transforms are tried on as much music as people write.
LONG = 10_000


def hold(data: bytes) -> float:
    """Check everything; gives the seconds that reading and checking took."""
    started = perf_counter()
    book = abc.read(data)
    found = abc.check(book)
    seconds = perf_counter() - started
    assert book.to_bytes() == data, "writing does not give the source back"
    pieces_cover(book)
    for tune in book.tunes:
        spans_are_in_order(tune)
    findings_have_a_place(book, found)
    if events_of(book) < LONG:
        forms_hold(book)
        for tune in book.tunes:
            transforms_hold(tune)
    return seconds


def pieces_cover(book: Book) -> None:
    ends = [0, *(end for _, _, end in book.pieces)]
    assert [start for _, start, _ in book.pieces] == ends[:-1], "pieces leave gaps"
    assert ends[-1] == len(book.text), "pieces do not reach the end"
    texts = [book.text[start:end] for kind, start, end in book.pieces if kind == "tune"]
    assert texts == [tune.text for tune in book.tunes], "pieces and tunes differ"


def spans_are_in_order(tune: Tune) -> None:
    for part in (tune.header, tune.elements):
        for element in part:
            inside(element, 0, len(tune.text))
            for child in children(element):
                inside(child, int(element.start), int(element.end))
        starts = [int(element.start) for element in part]
        assert starts == sorted(starts), "elements are out of order"


def inside(element: Element, start: int, end: int) -> None:
    assert start <= element.start <= element.end <= end, f"{element} lies outside {start}:{end}"


def children(element: Element) -> Iterable[Element]:
    if isinstance(element, Chord):
        return element.inner
    return element.notes if isinstance(element, Grace) else ()


def findings_have_a_place(book: Book, found: tuple[Diagnostic, ...]) -> None:
    starts = line_starts(book.text)
    widths = [after - before for before, after in pairwise([*starts, len(book.text) + 1])]
    for finding in found:
        assert finding.code in BY_CODE, f"{finding.code} is no rule"
        assert finding.severity in SEVERITIES
        assert 1 <= finding.line <= len(starts), f"{finding!r} has no line"
        assert 1 <= finding.column <= widths[finding.line - 1] + 1, f"{finding!r} has no column"
    places = [(finding.line, finding.column) for finding in found]
    assert places == sorted(places), "findings are out of order"


def events_of(book: Book) -> int:
    """How much music there is, once what is built on the book has been tried.

    No exception but our own, plain data, and back again.
    """
    shape = abc.to_events(book)
    json.dumps(shape, allow_nan=False)
    with suppress(ChatMusicianError):
        abc.from_events(shape)
    mended, _ = abc.fix(book.text)
    abc.read(mended)
    find_tunes(book.text)
    to_lines(to_one_line(book.text))
    elements = sum(len(tune.elements) for tune in book.tunes)
    return elements + sum(len(tune["expanded"]) for tune in shape["tunes"])


def forms_hold(book: Book) -> None:
    """The canonical form is its own canonical form, and sounds the same if nothing is wrong."""
    text = abc.canonical(book)
    again = abc.read(text)
    if any(finding.severity != "info" for finding in abc.check(book)):
        return
    assert abc.canonical(again) == text, "the canonical form is not settled"
    for one, other in zip(book.tunes, again.tunes, strict=True):
        assert sounds(one) == sounds(other), "the canonical form sounds otherwise"


def sounds(tune: Tune) -> list[tuple[Fraction, Fraction, int]]:
    shape = abc.to_events(one_tune(tune))["tunes"][0]
    return sorted(
        (Fraction(onset), Fraction(length), pitch)
        for onset, length, pitches in shape["expanded"]
        for pitch in pitches
    )


def one_tune(tune: Tune) -> Book:
    return Book(tune.text, "", "utf-8", b"", (), (tune,), (("tune", 0, len(tune.text)),), ())


def transforms_hold(tune: Tune) -> None:
    for change in TRANSFORMS:
        with suppress(ChatMusicianError):
            change(tune)


TRANSFORMS: tuple[Callable[[Tune], Tune], ...] = (
    lambda tune: abc.transpose(tune, 5),
    lambda tune: abc.transpose_to(tune, "Eb"),
    lambda tune: abc.change_unit(tune, "1/16"),
    abc.expand_repeats,
    lambda tune: abc.take_bars(tune, 1, 2),
    lambda tune: abc.take_section(tune, 1),
    lambda tune: abc.take_voices(tune, ["1"]),
    abc.interleave_voices,
    abc.separate_voices,
)
