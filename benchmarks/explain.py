"""Why two readers differ on a tune: rewrites that leave no room for the difference.

Each explanation rewrites one kind of construct so that every reader must read it as ours
reads it (or drops what ours says has no effect). It holds for a tune only if the two
readers agree on the rewritten text and did not before.
"""

# The reasons are prose.
# ruff: noqa: E501

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from chatmusician.abc import Tune, canonical, check_tune, expand_repeats, timeline
from chatmusician.abc.canonical import key_text
from chatmusician.abc.edit import Edit, apply_edits
from chatmusician.abc.fields import parse_key
from chatmusician.abc.notate import length_text
from chatmusician.abc.playing import sections
from chatmusician.abc.tune import Bar, BrokenRhythm, Chord, Decoration, Field, Tie, Tuplet

Rewrite = Callable[[Tune], str]


@dataclass(frozen=True)
class Explanation:
    """A class of differences. ``right`` says who is right and why."""

    name: str
    right: str
    rewrite: Rewrite


def _places(tune: Tune, *codes: str) -> list[tuple[int, int]]:
    return [(d.start, d.end) for d in check_tune(tune) if d.code in codes]


def without_lost_ties(tune: Tune) -> str:
    """Without the ties that meet no note of their pitch."""
    edits: list[Edit] = []
    for start, end in _places(tune, "tie-to-nothing"):
        at = tune.text.rfind("-", max(0, start - 2), end + 1)
        if at >= 0:
            edits.append((at, at + 1, ""))
    for element in tune.elements:
        if isinstance(element, Tie):
            edits.append((int(element.start), int(element.end), ""))
    return apply_edits(tune.text, edits)


def with_full_tuplets(tune: Tune) -> str:
    """``(5`` as ``(5:2:5``, with the time ours reads."""
    compound = timeline(tune).meter.compound
    usual = {2: 3, 3: 2, 4: 3, 6: 2, 8: 3}
    edits: list[Edit] = []
    for element in tune.elements:
        if isinstance(element, Field) and element.letter == "M":
            compound = element.value.split("/")[0].strip() in ("6", "9", "12")
        if isinstance(element, Tuplet):
            p = int(element.p)
            q = int(element.q) or usual.get(p, 3 if compound else 2)
            text = f"({p}:{q}:{int(element.r) or p}"
            edits.append((int(element.start), int(element.end), text))
    return apply_edits(tune.text, edits)


def without_unequal_broken(tune: Tune) -> str:
    """Without the ``>`` and ``<`` between unequal notes."""
    places = {start for start, _ in _places(tune, "broken-rhythm-unequal")}
    edits = [
        (int(e.start), int(e.end), "")
        for e in tune.elements
        if isinstance(e, BrokenRhythm) and int(e.start) in places
    ]
    return apply_edits(tune.text, edits)


def with_even_chords(tune: Tune) -> str:
    """Every note of a chord as long as its first."""
    edits: list[Edit] = []
    for element in tune.elements:
        if isinstance(element, Chord):
            first = element.notes[0]
            size = tune.text[first.head_end : first.end].rstrip("-.")
            for note in element.notes[1:]:
                end = int(note.end) - int(note.tie)
                edits.append((int(note.head_end), end, size))
    return apply_edits(tune.text, edits)


def with_lengths_outside(tune: Tune) -> str:
    """``[d/2D/2]8`` as ``[dD]4``."""
    edits: list[Edit] = []
    for element in tune.elements:
        if isinstance(element, Chord):
            sizes = {Fraction(int(n.num), int(n.den)) for n in element.notes}
            if len(sizes) == 1 and tune.text[element.close - 1] == "]":
                for note in element.notes:
                    edits.append((int(note.head_end), int(note.end) - int(note.tie), ""))
                total = sizes.pop() * Fraction(int(element.num), int(element.den))
                end = int(element.end) - int(element.tie)
                edits.append((int(element.close), end, length_text(total)))
    return apply_edits(tune.text, edits)


def without_marked_bars(tune: Tune) -> str:
    """Without decorations on bar lines."""
    edits: list[Edit] = []
    for element, following in pairwise(tune.elements):
        if isinstance(element, Decoration) and isinstance(following, Bar):
            edits.append((int(element.start), int(element.end), ""))
    return apply_edits(tune.text, edits)


def without_broken_bars(tune: Tune) -> str:
    """Without the bars in which ``check`` finds bad syntax."""
    found = [d for d in check_tune(tune) if d.kind in ("syntax", "decoration", "deprecated")]
    edits: list[Edit] = []
    for voice in timeline(tune).voices:
        for measure in voice.measures:
            if any(measure.first <= d.start < measure.last + 1 for d in found):
                edits.append((int(measure.first), int(measure.last), ""))
    return apply_edits(tune.text, edits)


def with_plain_keys(tune: Tune) -> str:
    """Keys as a tonic and a mode in their usual spelling."""
    edits: list[Edit] = []
    for element in (*tune.header, *tune.elements):
        if isinstance(element, Field) and element.letter == "K":
            key = parse_key(element.value)
            if key.stated:
                source = tune.source(element)
                value = source[source.index(":") + 1 :].rstrip("]")
                changed = source.replace(value, key_text(key), 1)
                edits.append((int(element.start), int(element.end), changed))
    return apply_edits(tune.text, edits)


def with_repeat_starts(tune: Tune) -> str:
    """A ``|:`` where each repeat begins that has none."""
    line = timeline(tune)
    edits: list[Edit] = []
    for voice in line.voices[:1]:
        for section in sections(voice.measures, 0, len(voice.measures)):
            measure = voice.measures[section.start]
            if (section.closed or section.endings) and not measure.opens:
                edits.append((int(measure.first), int(measure.first), " |:"))
    return apply_edits(tune.text, edits)


def written_again(tune: Tune) -> str:
    """The canonical form: what is no ABC is gone, everything else spelled one way."""
    return canonical(tune)


def played_out(tune: Tune) -> str:
    """Repeats, endings and parts written out in the order in which ours plays them."""
    return expand_repeats(tune).text


EXPLANATIONS = (
    Explanation(
        "a tie that meets no note of its pitch",
        "Ours. 4.11: a tie joins two neighbouring notes of one pitch, and stands directly after the "
        "first. abc2midi holds such a tie until a later note of that pitch.",
        without_lost_ties,
    ),
    Explanation(
        "the time of (5, (7 or (9",
        "Ours. 4.13: three in 6/8, 9/8 and 12/8, two in every other meter. abc2midi counts 3/4 and "
        "3/8 as compound.",
        with_full_tuplets,
    ),
    Explanation(
        "> or < between unequal notes",
        "Open in 4.4. abc2midi leaves the notes as they are, and so do we; it differs in what "
        "counts as equal.",
        without_unequal_broken,
    ),
    Explanation(
        "a chord of unequal lengths",
        "Open in 4.17. Ours lets each note have its own length; abc2midi gives all the first one's.",
        with_even_chords,
    ),
    Explanation(
        "a chord with lengths inside and after the bracket",
        "Ours. 4.17: they multiply. abc2midi loses the inner one.",
        with_lengths_outside,
    ),
    Explanation(
        "a decoration on a bar line",
        "Ours. 4.14 lets bar lines be decorated; abc2midi wants a note and reads the [ of the bar "
        "line after the mark as a chord.",
        without_marked_bars,
    ),
    Explanation(
        "K: with a capital M, or an accidental directly after the mode",
        "Ours. K:GM is G major in the tunes that have it, as in chord names; K:Dmix=c names an "
        "accidental (3.1.14). abc2midi reads minor, or nothing.",
        with_plain_keys,
    ),
    Explanation(
        "where a :| without |: goes back to",
        "Ours: the latest double bar or end of a repeat (4.8 and engraving practice). abc2midi goes "
        "back to the latest |:, the beginning of the tune, or plays on, and does not count || as a "
        "place to go back to.",
        with_repeat_starts,
    ),
    Explanation(
        "text that is no ABC",
        "No reader is right: the line is broken. Ours skips what it cannot read and says where; "
        "abc2midi drops more or less of it.",
        written_again,
    ),
    Explanation(
        "bars with bad syntax",
        "No reader is right: without these bars the two agree. Ours closes an open chord at the bar "
        "line, skips what it does not know and says where.",
        without_broken_bars,
    ),
    Explanation(
        "the playing order of repeats, endings and parts",
        "Ours, as docs/abc.md says: a :| after the last ending ends the section (abc2midi plays the "
        "body once more), a part of P: repeats within itself, a tie over a jump is cut.",
        played_out,
    ),
)
