"""Faults planted into clean tunes, each with what a right repair would give back."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from chatmusician.abc.faults.context import Context
from chatmusician.abc.fields import parse_key
from chatmusician.abc.tune import Bar, Chord, ChordSymbol, Field, Note, Rest, Tie, Tune

SIGNS = {"^": "\u266f", "_": "\u266d", "=": "\u266e"}
WORDS = (
    "This tune was played for the dance",
    "Repeat twice, then go on with the second part",
    "Fine",
    "D.C. al Fine",
    "Collected by Mr. Brown in the north",
    "wie oben, aber leiser",
)


@dataclass(frozen=True)
class Planted:
    """``text`` is damaged; ``right`` sounds as it should after a repair."""

    text: str
    right: str


# Alternatives for one fault: the edits of each.
Spots = Sequence[tuple[tuple[int, int, str], ...]]

Plant = Callable[[Tune, Random], "Planted | None"]


def spliced(text: str, *edits: tuple[int, int, str]) -> str:
    for start, end, new in sorted(edits, reverse=True):
        text = text[:start] + new + text[end:]
    return text


def one(tune: Tune, random: Random, spots: Spots) -> Planted | None:
    """The tune with the edits of one of these spots."""
    if not spots:
        return None
    return Planted(spliced(tune.text, *random.choice(spots)), tune.text)


def every(tune: Tune, spots: Spots) -> Planted | None:
    """The tune with the edits of all of these spots."""
    edits = [edit for spot in spots for edit in spot]
    return Planted(spliced(tune.text, *edits), tune.text) if edits else None


def notes(tune: Tune) -> list[Note]:
    """The notes, those of chords too, that are written where they are read (no macros)."""
    found: list[Note] = []
    for element in tune.elements:
        inner = element.notes if isinstance(element, Chord) else (element,)
        found += [
            n for n in inner if isinstance(n, Note) and tune.text[n.start] in "^_=ABCDEFGabcdefg"
        ]
    return found


def signed(tune: Tune) -> list[Note]:
    """Notes with one accidental sign."""
    return [n for n in notes(tune) if re.match(r"[\^_=][A-Ga-g]", tune.text[n.start : n.start + 2])]


def sign_after(tune: Tune, note: Note) -> tuple[tuple[int, int, str], ...]:
    sign = SIGNS[tune.text[note.start]]
    return ((note.start, note.start + 1, ""), (note.start + 2, note.start + 2, sign))


def sign_before(tune: Tune, note: Note) -> tuple[tuple[int, int, str], ...]:
    return ((note.start, note.start + 1, SIGNS[tune.text[note.start]]),)


def touches_a_letter(tune: Tune, note: Note) -> bool:
    return tune.text[note.start - 1] in "ABCDEFGabcdefg,'"


def plant_sign_after(tune: Tune, random: Random) -> Planted | None:
    return one(tune, random, [sign_after(tune, n) for n in signed(tune)])


def plant_every_sign_after(tune: Tune, random: Random) -> Planted | None:
    return every(tune, [sign_after(tune, n) for n in signed(tune)])


def plant_sign_before(tune: Tune, random: Random) -> Planted | None:
    found = [n for n in signed(tune) if not touches_a_letter(tune, n)]
    return one(tune, random, [sign_before(tune, n) for n in found])


def plant_sign_between(tune: Tune, random: Random) -> Planted | None:
    found = [n for n in signed(tune) if touches_a_letter(tune, n)]
    return one(tune, random, [sign_before(tune, n) for n in found])


def plant_every_sign_before(tune: Tune, random: Random) -> Planted | None:
    found = signed(tune)
    if all(touches_a_letter(tune, n) for n in found):
        return None
    return every(tune, [sign_before(tune, n) for n in found])


def plant_hash(tune: Tune, random: Random) -> Planted | None:
    spots = [
        ((n.start, n.start + 1, ""), (n.start + 2, n.start + 2, "#"))
        for n in signed(tune)
        if tune.text[n.start] == "^"
    ]
    return one(tune, random, spots)


def plant_named_by_key(tune: Tune, random: Random) -> Planted | None:
    """``F`` as ``F#`` where the key makes it sharp already (``B`` as ``B♭``)."""
    alters = Context(tune, []).alters
    sign = {1: random.choice(("#", SIGNS["^"])), -1: SIGNS["_"]}
    spots: Spots = [
        ((n.start + 1, n.start + 1, sign[alters[n.start]]),)
        for n in notes(tune)
        if n.accidental == -99 and alters.get(int(n.start)) in sign
    ]
    return one(tune, random, spots)


def plant_rest(tune: Tune, random: Random) -> Planted | None:
    spots: Spots = [
        ((e.start, e.start + 1, "r"),)
        for e in tune.elements
        if isinstance(e, Rest) and tune.text[e.start] == "z"
    ]
    return one(tune, random, spots)


def plant_quotes(tune: Tune, random: Random) -> Planted | None:
    pair = random.choice(("\u201c\u201d", "\u201e\u201c", "\uff02\uff02", "\u00ab\u00bb"))
    spots: Spots = [
        ((e.start, e.start + 1, pair[0]), (e.end - 1, e.end, pair[1]))
        for e in tune.elements
        if isinstance(e, ChordSymbol)
        and tune.text[e.start] == '"'
        and e.text
        and "|" not in e.text
        and "\\" not in e.text
    ]
    return one(tune, random, spots)


def full_width(text: str) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


def plant_bar_line(tune: Tune, random: Random) -> Planted | None:
    return one(tune, random, bar_lines(tune))


def plant_every_bar_line(tune: Tune, random: Random) -> Planted | None:
    return every(tune, bar_lines(tune))


def bar_lines(tune: Tune) -> Spots:
    return [
        ((e.start, e.end, full_width(tune.source(e))),)
        for e in tune.elements
        if isinstance(e, Bar) and "." not in tune.source(e)
    ]


def plant_brackets(tune: Tune, random: Random) -> Planted | None:
    spots: Spots = [
        ((e.start, e.start + 1, "\uff3b"), (e.close - 1, e.close, "\uff3d"))
        for e in tune.elements
        if isinstance(e, Chord) and tune.text[e.start] == "["
    ]
    return one(tune, random, spots)


def plant_parenthesis(tune: Tune, random: Random) -> Planted | None:
    return one(tune, random, music_signs(tune, "()"))


def plant_tie(tune: Tune, random: Random) -> Planted | None:
    ties: Spots = [
        ((e.end - 1, e.end, random.choice("\u2013\u2014\u2212\uff0d")),)
        for e in tune.elements
        if ((isinstance(e, (Note, Chord)) and e.tie == 1) or isinstance(e, Tie))
        and tune.text[e.end - 1] == "-"
    ]
    return one(tune, random, ties)


def plant_octave(tune: Tune, random: Random) -> Planted | None:
    spots: Spots = [
        ((at, at + 1, random.choice("\u2019\u2032") if tune.text[at] == "'" else "\uff0c"),)
        for n in notes(tune)
        for at in range(n.start, n.head_end)
        if tune.text[at] in ",'"
    ]
    return one(tune, random, spots)


def music_signs(tune: Tune, signs: str) -> Spots:
    return [
        ((e.start, e.start + 1, full_width(tune.text[e.start])),)
        for e in tune.elements
        if not isinstance(e, Field) and tune.text[e.start : e.start + 1] in tuple(signs)
    ]


def plant_field(letter: str) -> Plant:
    def plant(tune: Tune, random: Random) -> Planted | None:
        spots = [int(e.end) for e in tune.elements if isinstance(e, Bar) and tune.source(e) == "|"]
        spots = [at for at in spots if tune.text[at : at + 1] not in "0123456789[:\r\n"]
        if not spots:
            return None
        value = {
            "M": tune.value("M") or "none",
            "K": random.choice(("G", "D", "F", "Bb", "Am", "Em", "C", "Ador", "E minor")),
            "L": tune.value("L"),
            "Q": f"1/4={random.randint(60, 180)}",
        }[letter]
        if not value or "%" in value or value == "C|":
            return None
        at = random.choice(spots)
        right = spliced(tune.text, (at, at, f"[{letter}:{value}] "))
        return Planted(spliced(tune.text, (at, at, f"{letter}:{value} ")), right)

    return plant


def plant_tuplet(tune: Tune, random: Random) -> Planted | None:
    spots: Spots = [
        ((m.start(), m.end(), "3("),)
        for m in re.finditer(r"\(3(?=[\^_=A-Ga-gz\[])", tune.text)
        if tune.text[m.start() - 1] not in "/0123456789"
        and any(e.start == m.start() for e in tune.elements)
        and tune.text[m.start() - 1] not in "ABCDEFGabcdefgxyz,'])>("
    ]
    return one(tune, random, spots)


def plant_decimal(tune: Tune, random: Random) -> Planted | None:
    decimals = {"3/2": "1.5", "/2": "0.5", "/": "0.5", "3/4": "0.75", "5/2": "2.5", "1/2": ".5"}
    spots: list[tuple[tuple[int, int, str], ...]] = []
    for e in tune.elements:
        if isinstance(e, (Note, Rest)):
            found = re.search(r"[A-Ga-gz][,']*([\d/]+)", tune.source(e))
            if found and found[1] in decimals:
                start = e.start + found.start(1)
                spots.append(((start, start + len(found[1]), decimals[found[1]]),))
    return one(tune, random, spots)


def plant_key(tune: Tune, random: Random) -> Planted | None:
    """``K:Em`` as ``K:em``, ``K:emin`` or ``K:e minor``; ``K:G`` as ``K:gmaj``."""
    spots: list[tuple[tuple[int, int, str], ...]] = []
    for e in tune.header:
        found = re.match(r"K:\s*([A-G])([#b]?)(m|Dor|Mix|dor|mix|)(?=\s|$)", tune.source(e))
        if isinstance(e, Field) and e.letter == "K" and found and parse_key(e.value).valid:
            mode = {"m": random.choice(("m", "min", " minor")), "": "maj"}.get(found[3], found[3])
            new = f"{found[1].lower()}{found[2]}{mode}"
            spots.append(((e.start + found.start(1), e.start + found.end(), new),))
    return one(tune, random, spots[-1:])


def plant_tempo_words(tune: Tune, random: Random) -> Planted | None:
    key = re.search(r"^K:", tune.text, re.M)
    if not key or re.search(r"^Q:", tune.text, re.M):
        return None
    end = "\r\n" if "\r\n" in tune.text else "\n"
    bad, good = random.choice(
        (
            ("Allegro", '"Allegro"'),
            ("1/4=ca. 80", '"ca." 1/4=80'),
            ("Andante con moto 3/8=60", '"Andante con moto" 3/8=60'),
        )
    )
    at = key.start()
    texts = [spliced(tune.text, (at, at, f"Q:{value}{end}")) for value in (bad, good)]
    return Planted(texts[0], texts[1])


def plant_round_chord(tune: Tune, random: Random) -> Planted | None:
    spots: Spots = [
        ((e.start, e.start + 1, "("), (e.close - 1, e.close, ")"))
        for e in tune.elements
        if isinstance(e, Chord) and e.end > e.close and tune.text[e.start] == "["
    ]
    return one(tune, random, spots)


def line_starts(tune: Tune) -> list[int]:
    """Where lines of music begin, the first left out."""
    found = [m.end() for m in re.finditer(r"[|\]:]\r?\n(?=[|A-Ga-gz\"(])(?![A-Za-z]:)", tune.text)]
    key = re.search(r"^K:", tune.text, re.M)
    return [at for at in found if key and at > key.end()]


def plant_prose(tune: Tune, random: Random) -> Planted | None:
    starts = line_starts(tune)
    if not starts:
        return None
    at, words = random.choice(starts), random.choice(WORDS)
    end = "\r\n" if "\r\n" in tune.text else "\n"
    right = spliced(tune.text, (at, at, f"%{words}{end}"))
    return Planted(spliced(tune.text, (at, at, f"{words}{end}")), right)


def plant_stray(characters: str) -> Plant:
    def plant(tune: Tune, random: Random) -> Planted | None:
        spots: Spots = [((n.end, n.end, random.choice(characters)),) for n in notes(tune)]
        return one(tune, random, spots)

    return plant


def plant_no_x(tune: Tune, random: Random) -> Planted | None:
    found = re.match(r"X:[^\r\n]*\r?\n", tune.text)
    return Planted(tune.text[found.end() :], tune.text) if found else None


def plant_no_key(tune: Tune, random: Random) -> Planted | None:
    found = re.search(r"^K:[^\r\n]*\r?\n(?=[|A-Ga-gz\"(])", tune.text, re.M)
    if not found:
        return None
    return Planted(spliced(tune.text, (found.start(), found.end(), "")), tune.text)


def plant_title_first(tune: Tune, random: Random) -> Planted | None:
    found = re.match(r"(X:[^\r\n]*\r?\n)(T:[^\r\n]*\r?\n)", tune.text)
    if not found:
        return None
    return Planted(found[2] + found[1] + tune.text[found.end() :], tune.text)


def plant_old_chord(tune: Tune, random: Random) -> Planted | None:
    spots: Spots = [
        ((e.start, e.start + 1, "+"), (e.close - 1, e.close, "+"))
        for e in tune.elements
        if isinstance(e, Chord)
        and re.fullmatch(r"\[[\^_=A-Ga-g,'/\d]+\]", tune.text[e.start : e.close])
    ]
    return one(tune, random, spots)


def plant_old_tempo(tune: Tune, random: Random) -> Planted | None:
    key = re.search(r"^K:", tune.text, re.M)
    if not key or re.search(r"^Q:", tune.text, re.M) or tune.value("L") != "1/8":
        return None
    end = "\r\n" if "\r\n" in tune.text else "\n"
    texts = [
        spliced(tune.text, (key.start(), key.start(), f"Q:{q}{end}")) for q in ("120", "1/8=120")
    ]
    return Planted(texts[0], texts[1])


# Kind, planter, and whether a repair is promised.
KINDS: dict[str, tuple[Plant, bool]] = {
    "sign after its note (B♭)": (plant_sign_after, True),
    "every sign after its note": (plant_every_sign_after, True),
    "sign before its note (|♭B)": (plant_sign_before, True),
    "every sign before its note": (plant_every_sign_before, True),
    "one sign before, after a letter (A♭B for A_B)": (plant_sign_between, False),
    "# after its note (F#)": (plant_hash, True),
    "F# where the key has it": (plant_named_by_key, True),
    "r for z": (plant_rest, True),
    "typographic quotes": (plant_quotes, True),
    "full-width bar line": (plant_bar_line, True),
    "all bar lines full-width": (plant_every_bar_line, True),
    "full-width [ ]": (plant_brackets, True),
    "full-width ( or )": (plant_parenthesis, True),
    "dash for a tie": (plant_tie, True),
    "typographic octave mark": (plant_octave, True),
    "M: in a bar": (plant_field("M"), True),
    "K: in a bar": (plant_field("K"), True),
    "L: in a bar": (plant_field("L"), True),
    "Q: in a bar": (plant_field("Q"), True),
    "3(CDE": (plant_tuplet, True),
    "C1.5": (plant_decimal, True),
    "K:am, K:emin": (plant_key, True),
    "Q:Allegro, Q:1/4=ca. 80": (plant_tempo_words, True),
    "(CEG)2": (plant_round_chord, False),
    "line of words": (plant_prose, False),
    "stray ? ; @ *": (plant_stray("?;@*"), True),
    "invisible or wide space": (plant_stray("\u00a0\u3000\u200b\ufeff"), True),
    "stray letter": (plant_stray("qinpt"), False),
    "other stray sign": (plant_stray("\u00a7\u20ac\\'`\u2660}"), False),
    "no X:": (plant_no_x, True),
    "no K:": (plant_no_key, False),
    "T: before X:": (plant_title_first, True),
    "+CEG+": (plant_old_chord, True),
    "Q:120": (plant_old_tempo, True),
}
