"""The named differences between abc2midi's reading and ours, each with its proof.

A row says how to rewrite a tune so that the difference goes away: in the text that we
read (``OURS``: abc2midi's understanding is spelled out for us), in the text that
abc2midi reads (``THEIRS``: ours is spelled out for it), or in both (``BOTH``: the thing
in question is taken out). A tune is explained by the smallest set of rows whose rewriting
makes the two readings the same, note by note; nothing else counts as an explanation.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from benchmarks.reading import Case, Edit
from chatmusician.abc.playing import sections
from chatmusician.abc.timing import Measure
from chatmusician.abc.tune import (
    Bar,
    BrokenRhythm,
    Chord,
    Decoration,
    Ending,
    Note,
    Tie,
    Tuplet,
    Unknown,
)

OURS, THEIRS, BOTH = "our text", "abc2midi's text", "both texts"

Rewrite = Callable[[Case], list[Edit]]


@dataclass(frozen=True)
class Difference:
    """``right`` is who reads it as ABC 2.1 has it; ``proof`` says what the rewriting does."""

    name: str
    right: str
    why: str
    proof: str
    side: str
    rewrite: Rewrite


# -- repeats ------------------------------------------------------------------


@dataclass(frozen=True)
class Section:
    """A stretch that is repeated as one, in its voice's measures."""

    index: int
    measures: list[Measure]
    start: int
    opened: bool
    repeated: bool
    endings: list[tuple[tuple[int, ...], int, int]]
    next_opened: bool

    @property
    def first(self) -> int:
        return int(self.measures[self.start].first)


def _sections(case: Case) -> Iterator[Section]:
    for voice in case.line.voices:
        measures = voice.measures
        found = sections(measures, 0, len(measures))
        for index, section in enumerate(found):
            following = found[index + 1] if index + 1 < len(found) else None
            yield Section(
                index,
                measures,
                section.start,
                section.opened,
                section.closed or bool(section.endings),
                section.endings,
                following is not None and following.opened,
            )


def _bars(case: Case) -> list[Bar]:
    return [e for e in case.elements if isinstance(e, Bar)]


def _open_unopened(case: Case, wanted: Callable[[Section], bool]) -> list[Edit]:
    places = {s.first for s in _sections(case) if s.repeated and not s.opened and wanted(s)}
    return [(place, place, " |: ") for place in places]


def after_double_bar(case: Case) -> list[Edit]:
    return _open_unopened(case, lambda s: s.index > 0 and not s.endings)


def endings_unopened(case: Case) -> list[Edit]:
    return _open_unopened(case, lambda s: s.index > 0 and bool(s.endings))


def from_the_beginning(case: Case) -> list[Edit]:
    return _open_unopened(case, lambda s: s.index == 0)


def _opening_bar(case: Case, place: int) -> Bar | None:
    before = [bar for bar in _bars(case) if bar.opens and bar.end <= place]
    return before[-1] if before else None


def opened_twice(case: Case) -> list[Edit]:
    edits: list[Edit] = []
    opened = False
    for section in _sections(case):
        if opened and section.opened and section.index > 0:
            bar = _opening_bar(case, section.first)
            if bar is not None:
                edits.append((int(bar.start), int(bar.end), "::"))
        opened = section.opened and not section.repeated
    return edits


def never_closed(case: Case) -> list[Edit]:
    edits: list[Edit] = []
    for section in _sections(case):
        if section.opened and not section.repeated:
            bar = _opening_bar(case, section.first)
            if bar is not None:
                edits.append((int(bar.start), int(bar.end), ":|" if bar.closes else "|"))
    return edits


def closed_after_last_ending(case: Case) -> list[Edit]:
    edits: list[Edit] = []
    for section in _sections(case):
        if not section.endings:
            continue
        last = section.measures[section.endings[-1][2] - 1]
        if last.closes:
            bar = next((b for b in _bars(case) if b.closes and b.start >= last.last), None)
            if bar is not None:
                edits.append((int(bar.start), int(bar.end), "|| |:" if bar.opens else "||"))
    return edits


def endings_not_closed(case: Case) -> list[Edit]:
    edits: list[Edit] = []
    for section in _sections(case):
        for (_, _, end), (_, start, _) in zip(section.endings, section.endings[1:], strict=False):
            if end == start and not section.measures[end - 1].closes:
                place = int(section.measures[end].first)
                bar = next((b for b in reversed(_bars(case)) if b.start < place), None)
                if bar is not None:
                    edits.append((int(bar.start), int(bar.end), ":|"))
    return edits


def endings_of_two_sections(case: Case) -> list[Edit]:
    """Endings that begin again at a number already used: a new section in between."""
    edits: list[Edit] = []
    for voice in case.line.voices:
        used: set[int] = set()
        last = -1
        length = 1
        for i, measure in enumerate(voice.measures):
            if measure.opens or (measure.section and not measure.endings):
                used = set()
            if not measure.endings:
                continue
            if used & set(measure.endings):
                place = int(voice.measures[min(last + length, i)].first)
                edits.append((place, place, " || |: "))
                used = set()
            if used:
                length = i - last
            used |= set(measure.endings)
            last = i
    return edits


def odd_bars(case: Case) -> list[Edit]:
    usual = {"|", "||", "|:", ":|", "::", "|]", "[|", ":||", "||:", ":|:", ":|]", ":||:", "|::"}
    edits: list[Edit] = []
    for bar in _bars(case):
        if case.tune.source(bar) not in usual - {":|:"}:
            plain = "||" if bar.style else "|"
            new = ":" * bar.closes + (plain if not bar.closes or not bar.opens else "")
            edits.append((int(bar.start), int(bar.end), new + ":" * bar.opens))
    return edits


def endings_in_brackets(case: Case) -> list[Edit]:
    return [
        (int(e.start), int(e.end), "[" + ",".join(map(str, e.numbers)))
        for e in case.elements
        if isinstance(e, Ending)
    ]


def lone_endings(case: Case) -> list[Edit]:
    """Endings that no other ending goes with lose their mark."""
    edits: list[Edit] = []
    for section in _sections(case):
        if len(section.endings) == 1:
            place = int(section.measures[section.endings[0][1]].first)
            marks = [e for e in case.elements if isinstance(e, Ending) and e.start <= place]
            if marks:
                edits.append((int(marks[-1].start), int(marks[-1].end), ""))
    return edits


def ending_number_on_new_line(case: Case) -> list[Edit]:
    return [
        (m.start(1), m.end(1), "[" + m[1])
        for m in re.finditer(r"^[ \t]*([1-9])(?=[ \t])", case.text, re.M)
    ]


def part_played_again(case: Case) -> list[Edit]:
    edits: list[Edit] = []
    for field in case.tune.fields("P"):
        at = case.text.find(field.value, int(field.start))
        letters = "".join(dict.fromkeys(re.findall("[A-Za-z]", field.value)))
        if at >= 0:
            edits.append((at, at + len(field.value), letters))
    return edits


# -- notes --------------------------------------------------------------------


def _found(case: Case, code: str) -> list[tuple[int, int]]:
    return [(int(d.start), int(d.end)) for d in case.findings if d.code == code]


def tuplets_of_three(case: Case) -> list[Edit]:
    return [
        (int(e.start), int(e.end), f"({int(e.p)}:3")
        for e in case.elements
        if isinstance(e, Tuplet) and e.q == 0 and e.p in (5, 7, 9)
    ]


def short_tuplets(case: Case) -> list[Edit]:
    """The count of notes that a tuplet really has before the next one or the bar line."""
    edits: list[Edit] = []
    elements = case.elements
    starts = {start for start, _ in _found(case, "tuplet-short")}
    for i, element in enumerate(elements):
        if isinstance(element, Tuplet) and int(element.start) in starts:
            count = 0
            for following in elements[i + 1 :]:
                if isinstance(following, (Tuplet, Bar)):
                    break
                count += hasattr(following, "num")
            new = f"({int(element.p)}:{int(element.q) or 2}:{count}" if count else ""
            edits.append((int(element.start), int(element.end), new))
    return edits


def ties_to_nothing(case: Case) -> list[Edit]:
    return [(a, b, case.text[a:b].replace("-", "")) for a, b in _found(case, "tie-to-nothing")]


def ties_over_jumps(case: Case) -> list[Edit]:
    """The ties before a repeat's end or before a variant ending."""
    edits: list[Edit] = []
    elements = [e for e in case.elements if isinstance(e, (Note, Chord, Tie, Bar, Ending))]
    for i, element in enumerate(elements):
        jumps = isinstance(element, Ending) or (isinstance(element, Bar) and element.closes > 0)
        at = i - 1
        while jumps and at >= 0 and isinstance(elements[at], (Bar, Ending)):
            at -= 1
        if jumps and at >= 0:
            start, end = int(elements[at].start), int(elements[at].end)
            edits.append((start, end, case.text[start:end].replace("-", "")))
    return edits


def ties_apart(case: Case) -> list[Edit]:
    return [(a, b, "") for a, b in _found(case, "tie-apart")]


def capital_minor(case: Case) -> list[Edit]:
    return [
        (m.start(1), m.end(1), "m") for m in re.finditer(r"^K:\s*[A-G][#b]?(M)\b", case.text, re.M)
    ]


def unknown_key(case: Case) -> list[Edit]:
    return [(a, b, "K:C") for a, b in _found(case, "bad-key")]


def unit_denominator(case: Case) -> list[Edit]:
    return [
        (m.start(1), m.end(1), "1/8")
        for m in re.finditer(
            r"^L:\s*(1/(?!(?:1|2|4|8|16|32|64|128|256|512)\b)\d+)", case.text, re.M
        )
    ]


def _chords(case: Case) -> Iterator[Chord]:
    return (e for e in case.elements if isinstance(e, Chord))


def _length(case: Case, note: Note) -> str:
    return case.text[note.head_end : note.end].replace("-", "").strip()


def unequal_chords(case: Case) -> list[Edit]:
    edits: list[Edit] = []
    for chord in _chords(case):
        if len({(int(n.num), int(n.den)) for n in chord.notes}) > 1:
            length = _length(case, chord.notes[0])
            for note in chord.notes[1:]:
                tie = "-" if note.tie else ""
                edits.append((int(note.head_end), int(note.end), length + tie))
    return edits


def lengths_in_and_after(case: Case) -> list[Edit]:
    edits: list[Edit] = []
    for chord in _chords(case):
        if (int(chord.num), int(chord.den)) != (1, 1):
            edits += [(int(n.head_end), int(n.end), "-" if n.tie else "") for n in chord.notes]
    return edits


def unclosed_chords(case: Case) -> list[Edit]:
    return [(a, a + 1, "") for a, _ in _found(case, "unclosed-chord")] + [
        (a, b, " ") for a, b in _found(case, "unknown-character")
    ]


def broken_unequal(case: Case) -> list[Edit]:
    return [(a, b, " ") for a, b in _found(case, "broken-rhythm-unequal")]


def broken_at_bars(case: Case) -> list[Edit]:
    edits: list[Edit] = []
    inner = [
        e
        for e in case.elements
        if isinstance(e, (Note, Chord, Bar, BrokenRhythm)) or hasattr(e, "num")
    ]
    for i, element in enumerate(inner):
        if isinstance(element, BrokenRhythm):
            around = inner[max(i - 1, 0) : i] + inner[i + 1 : i + 2]
            if len(around) < 2 or any(isinstance(e, Bar) for e in around):
                edits.append((int(element.start), int(element.end), " "))
    return edits


# -- the rest -----------------------------------------------------------------


def stray_lengths(case: Case) -> list[Edit]:
    return [(a, b, " ") for a, b in _found(case, "misplaced-length")]


def unknown_signs(case: Case) -> list[Edit]:
    return [(int(e.start), int(e.end), " ") for e in case.elements if isinstance(e, Unknown)] + [
        (int(e.start), int(e.end), "")
        for e, following in zip(case.elements, case.elements[1:], strict=False)
        if isinstance(e, Decoration) and isinstance(following, Bar)
    ]


def plus_signs(case: Case) -> list[Edit]:
    return [(a, a + 1, "") for a, _ in _found(case, "unclosed-decoration") if case.text[a] == "+"]


def words_in_header(case: Case) -> list[Edit]:
    head = case.text.split("\nK:", 1)[0]
    return [
        (m.start(), m.end(), "")
        for m in re.finditer(r"^(?![A-Za-z+]:|%).+\n", head + "\n", re.M)
        if m.start() > 0
    ]


OUR, ITS, OPEN = "chatmusician", "abc2midi", "left open"

DIFFERENCES: tuple[Difference, ...] = (
    Difference("repeat after a double bar", OUR, "2.1 (4.8) lets the `|:` be left out at the beginning; a double bar begins a section, and a `:|` without its `|:` goes back to it. abc2midi goes back to the last repeat, through the double bar.", "`|:` put where the repeat begins", THEIRS, after_double_bar),
    Difference("endings after a double bar", OUR, "The same with variant endings (4.9): abc2midi plays such a section once, with the first ending alone.", "`|:` put where the repeat begins", THEIRS, endings_unopened),
    Difference("repeat from the beginning", OUR, "4.8: without a `|:` the tune's beginning is meant. abc2midi supplies it only where nothing else is unusual, not for a `|:|` at the end.", "`|:` put at the beginning", THEIRS, from_the_beginning),
    Difference("`|:` again before any `:|`", OPEN, "2.1 does not say what a second `|:` means. What was opened first was never closed, so we play it once; abc2midi reads the second one as `::`.", "`::` in place of the second `|:`", OURS, opened_twice),
    Difference("`|:` never closed", OUR, "A repeat needs its `:|` (4.8). Without one we play on; abc2midi supplies an end of its own.", "the `|:` taken out", THEIRS, never_closed),
    Difference("`:|` after the last ending", OPEN, "2.1 (4.9) ends the last ending with a double bar. With all endings played the section is over for us; abc2midi goes back once more.", "`||` in place of that `:|`", THEIRS, closed_after_last_ending),
    Difference("endings without `:|` between them", OUR, "4.9 puts `:|` before the second ending; two endings say as clearly that the section is played twice.", "`:|` put between the endings", THEIRS, endings_not_closed),
    Difference("endings of two sections in a row", OUR, "4.9 ends the last ending with a double bar; where that is missing, an ending numbered 1 again belongs to the next section.", "`|| |:` put where the next section begins", BOTH, endings_of_two_sections),
    Difference("unusual bar lines", OUR, "4.8 wants any run of `|`, `[`, `]` and `:` read as a bar line. abc2midi takes `H[|]` and `[|]` for the beginning of a chord, and loses the music after it.", "plain bar lines in their place", THEIRS, odd_bars),
    Difference("endings `|1` after a double bar", OUR, "4.9: `|1` is short for `| [1` after any bar line. After `||` abc2midi does not see it.", "`[1` in their place", THEIRS, endings_in_brackets),
    Difference("an ending alone", OPEN, "An ending whose partners are missing says nothing about what is played the other times.", "the ending's mark taken out", BOTH, lone_endings),
    Difference("ending number on the next line", OPEN, "4.9 wants the number directly after the bar line; neither reads it across the end of a line, and what is left is played differently.", "`[1` in place of the number", BOTH, ending_number_on_new_line),
    Difference("endings in a part played again", OPEN, "4.10 gives each play of a part its own ending, without a word on parts that come back later, and whose repeat sign may be meant for every play.", "each part played once", BOTH, part_played_again),
    Difference("tuplets of 5, 7 and 9 in 3/4", OUR, "4.13 gives them the time of three in compound meters only: 6/8, 9/8, 12/8. abc2midi does so in 3/4 and 3/8 too.", "`(5:3` in place of `(5`", OURS, tuplets_of_three),
    Difference("tuplet cut short", OPEN, "2.1 does not say what a tuplet with too few notes means. Ours ends at the bar line or the next tuplet; abc2midi's goes on over both.", "the count of notes stated: `(3:2:2`", THEIRS, short_tuplets),
    Difference("tie to another pitch", OUR, "A tie joins two notes of the same pitch, next to each other (4.11); between others `-` means nothing. abc2midi 5.02 holds the note through others to a later one of its pitch.", "the `-` taken out", THEIRS, ties_to_nothing),
    Difference("tie over a jump", OUR, "The note after the tie is another one each time (into the second ending, or back). We tie to it where it follows in the text; abc2midi lengthens the first note every time and plays the second as well.", "those ties taken out", BOTH, ties_over_jumps),
    Difference("tie apart from its note", OPEN, "4.11 wants the `-` directly after its note.", "those ties taken out", BOTH, ties_apart),
    Difference("mode `M`", OPEN, "2.1 (3.1.14) makes `m` minor and calls letter case insignificant; the tunes that have `M` are in the major, as in chord names. abc2midi reads minor.", "`m` in its place", OURS, capital_minor),
    Difference("unknown key", OUR, "abc2midi refuses a tune whose `K:` it cannot read; we report it and play without accidentals.", "`K:C` in its place", THEIRS, unknown_key),
    Difference("unit not a power of two", OUR, "`L:1/9` is a fraction as good as any for playing; abc2midi takes 1/8.", "`L:1/8` in its place", OURS, unit_denominator),
    Difference("chord of unequal lengths", OUR, "4.17: time goes on by the first note, the others keep their own lengths. abc2midi gives all of them the first one's.", "the first note's length for all", OURS, unequal_chords),
    Difference("length inside and after a chord", OUR, "4.17: the two are multiplied, `[C/E/]4` is as `[C2E2]`. abc2midi drops the inner one.", "the inner lengths taken out", OURS, lengths_in_and_after),
    Difference("unclosed chord", OPEN, "The `]` is missing. Ours ends with the bar, abc2midi's goes on over bar lines.", "the `[` taken out", BOTH, unclosed_chords),
    Difference("`>` between unequal notes", OPEN, "2.1 (4.4) leaves it undefined. We leave the lengths alone; abc2midi changes chords, but not notes.", "the sign taken out", THEIRS, broken_unequal),
    Difference("`>` without a note on both sides", OPEN, "4.4: it stands between two notes. At a repeat or the end of a line there is nothing to read.", "the sign taken out", BOTH, broken_at_bars),
    Difference("length without a note", OPEN, "Digits that follow no note mean nothing; abc2midi drops other notes with them.", "the digits taken out", BOTH, stray_lengths),
    Difference("signs without meaning", OUR, "What belongs to nothing, such as a decoration before a bar line or an old `!` line break, must not cost notes.", "taken out", THEIRS, unknown_signs),
    Difference("`+` inside a chord", OUR, "4.14 makes `!` the sign of decorations. abc2midi reads `+GB][+` as one and drops the notes.", "the `+` taken out", THEIRS, plus_signs),
    Difference("words in the header", OPEN, "A header line without `X:` form.", "the line taken out", BOTH, words_in_header),
)
