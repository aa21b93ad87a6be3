"""From a tune of one voice, as ABC, to its home form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from statistics import median_low
from typing import Final

from chatmusician import abc
from chatmusician.abc.timing import Timeline, VoiceLine, Written
from chatmusician.abc.tune import Chord, Decoration, Element, Note, Overlay, Rest, Tune, Tuplet
from chatmusician.errors import InputError
from chatmusician.model.home.tune import (
    ORNAMENTS,
    TONICS,
    TUPLETS,
    HomePart,
    HomeTune,
    duration,
    length_text,
    pitch_text,
    sound,
)

_SIGNS: Final = {-2: "__", -1: "_", 0: "=", 1: "^", 2: "^^"}
_MARKS: Final = {name: sign for sign, name in ORNAMENTS.items()}
# A length whose denominator is larger (in eighths) is no melody of this kind.
_FINEST: Final = 4


class NotHomeError(InputError):
    """The tune has no home form; the message says why."""


@dataclass
class _Measure:
    """One bar being read; ``extra`` tells what stands at its two ends."""

    words: list[str] = field(default_factory=list)
    opens: bool = False
    closes: bool = False
    starts_section: bool = False
    endings: tuple[int, ...] = ()

    @property
    def length(self) -> Fraction:
        return duration(tuple(self.words))


def home_tune(tune: Tune, *, rhythm: str = "", source: str = "") -> HomeTune:
    """The home form of a tune of one voice.

    Kept: notes, rests, ties, tuplets of two to four, two-note stops, rolls and trills,
    parts, repeats and endings. Left out: titles, chord symbols, graces, slurs, words.
    Raises ``NotHomeError`` where there are several voices, changes of key or meter,
    unusual tuplets, bars that are not full, or no notes.
    """
    line = abc.timeline(tune)
    mode, home = _mode(line)
    moved = abc.transpose_to(tune, home)
    line = abc.timeline(moved, trace=True)
    voice = _only_voice(line)
    measures = _measures(moved, line, voice)
    meter = _meter(voice.meters[0][1].text if voice.meters else line.meter.text)
    parts = fold(_parts(measures, Fraction(int(voice.want) * 8, line.resolution)))
    tune_parts = tuple(_without_loose_ties(part) for part in parts)
    return settle_octave(HomeTune(rhythm, meter, mode, source, tune_parts))


def _mode(line: Timeline) -> tuple[str, str]:
    """The mode, and the tonic that ``K:`` must be moved to for it to come home."""
    key = line.key
    if key.mode not in TONICS or key.explicit or not key.tonic:
        raise NotHomeError(f"the key {key.name or 'none'} has no home")
    return key.mode, TONICS[key.mode]


def _only_voice(line: Timeline) -> VoiceLine:
    voices = [voice for voice in line.voices if voice.tones]
    if len(voices) != 1:
        raise NotHomeError("no notes" if not voices else f"{len(voices)} voices")
    voice = voices[0]
    if any(key.accidentals != line.key.accidentals for _, key in voice.keys):
        raise NotHomeError("the key changes")
    if any(at for at, _ in voice.meters) or len(voice.meters) > 1:
        raise NotHomeError("the meter changes")
    if voice.want <= 0:
        raise NotHomeError("no meter")
    return voice


def _meter(text: str) -> str:
    """``C`` and ``C|`` and ``2/2`` sound as 4/4 does."""
    text = text.replace("C|", "4/4").replace("C", "4/4")
    return "4/4" if text == "2/2" else text


def _measures(tune: Tune, line: Timeline, voice: VoiceLine) -> list[_Measure]:
    measures = [
        _Measure(
            opens=measure.opens > 0,
            closes=measure.closes > 0,
            starts_section=bool(measure.section),
            endings=measure.endings,
        )
        for measure in voice.measures
    ]
    if any(measure.count > 1 for measure in voice.measures):
        raise NotHomeError("rests of several bars")
    written: dict[int, list[Written]] = {}
    for entry in line.written:
        written.setdefault(int(entry.element), []).append(entry)
    signs: list[str] = []
    for index, element in enumerate(tune.elements):
        if isinstance(element, Overlay):
            raise NotHomeError("an overlay")
        if isinstance(element, Tuplet):
            signs.append(_tuplet(element, bool(voice.compound)))
        elif isinstance(element, Decoration) and element.name in _MARKS:
            signs.append(_MARKS[element.name])
        elif index in written and isinstance(element, Note | Chord | Rest):
            words = _sounding(element, written[index], line, voice.signature)
            measures[int(written[index][0].measure)].words += [*_ordered(signs), *words]
            signs = []
    return measures


def _ordered(signs: Sequence[str]) -> list[str]:
    """Tuplet signs before ornaments, of which only one is kept."""
    tuplets = [sign for sign in signs if sign in TUPLETS]
    return tuplets + [sign for sign in signs if sign in ORNAMENTS][:1]


def _tuplet(element: Tuplet, compound: bool) -> str:
    q = int(element.q) or {2: 3, 3: 2, 4: 3}.get(int(element.p), 0)
    asked = (int(element.p), q, int(element.r) or int(element.p))
    for word, meaning in TUPLETS.items():
        if meaning == asked:
            return word
    raise NotHomeError(f"a tuplet ({element.p}:{element.q}:{element.r}")


def _sounding(
    element: Element, written: list[Written], line: Timeline, signature: tuple[int, ...]
) -> list[str]:
    length = Fraction(int(written[0].plain) * 8, line.resolution)
    if length.denominator > _FINEST or length <= 0:
        raise NotHomeError(f"a length of {length} eighths")
    if isinstance(element, Rest):
        return [f"z{length_text(length)}"]
    if isinstance(element, Note):
        tie = "-" if element.tie else ""
        return [_pitch(element, int(written[0].alter), signature) + length_text(length) + tie]
    assert isinstance(element, Chord)
    notes = sorted(zip(element.notes, written, strict=True), key=lambda pair: _step(pair[0]))
    names = [_pitch(note, int(entry.alter), signature) for note, entry in notes]
    tie = "-" if element.tie or element.notes[-1].tie else ""
    lower = [names[0] + "+"] if len(names) > 1 and names[0] != names[-1] else []
    return [*lower, names[-1] + length_text(length) + tie]


def _step(note: Note) -> int:
    return int(note.step) + 7 * int(note.octave)


def _pitch(note: Note, alter: int, signature: tuple[int, ...]) -> str:
    sign = "" if alter == signature[int(note.step)] else _SIGNS[alter]
    return sign + pitch_text(_step(note))


def _parts(measures: Sequence[_Measure], full: Fraction) -> tuple[HomePart, ...]:
    groups: list[list[_Measure]] = []
    for number, measure in enumerate(measures):
        if not measure.words:
            continue
        before = measures[number - 1] if number else None
        later_ending = bool(measure.endings) and min(measure.endings) > 1
        begins = measure.opens or measure.starts_section or (before is not None and before.closes)
        if not groups or (begins and not later_ending):
            groups.append([])
        groups[-1].append(measure)
    parts = tuple(_part(group, full) for group in _joined(groups, full))
    if not parts:
        raise NotHomeError("no notes")
    return parts


def _joined(groups: list[list[_Measure]], full: Fraction) -> list[list[_Measure]]:
    """A double bar inside a bar, or after a pickup alone, begins no part."""
    result: list[list[_Measure]] = []
    for group in groups:
        alone = result and len(result[-1]) == 1 and result[-1][0].length < full
        if alone and not result[-1][0].closes:
            result[-1] += group
        else:
            result.append(group)
    return result


def _part(group: Sequence[_Measure], full: Fraction) -> HomePart:
    pickup: tuple[str, ...] = ()
    rest = list(group)
    if len(rest) > 1 and rest[0].length < full:
        pickup, rest = tuple(rest[0].words), rest[1:]
    at = next((i for i, m in enumerate(rest) if m.endings), len(rest))
    main, endings = rest[:at], rest[at:]
    first, second = _endings(endings)
    repeated = bool(endings) or any(measure.closes for measure in rest)
    for measures in (main[:-1] if not endings else main, first[:-1], second[:-1]):
        if any(measure.length != full for measure in measures):
            raise NotHomeError("a bar inside a part is not full")
    ends = [ms[-1].length for ms in (main if not endings else [], first, second) if ms]
    if any(length > full for length in ends):
        raise NotHomeError("a bar is too long")
    if any(m.closes for m in main[:-1]) or (endings and main and main[-1].closes):
        raise NotHomeError("a repeat inside a part")
    bars = [tuple(tuple(m.words) for m in ms) for ms in (main, first, second)]
    return HomePart(pickup, bars[0], repeated, bars[1], bars[2])


def _without_loose_ties(part: HomePart) -> HomePart:
    """A tie to another pitch is a slur by its meaning, and slurs are left out."""
    groups = ((part.pickup,), part.bars, part.first, part.second)
    rows = [list(words) for group in groups for words in group]
    notes = [(row, at) for row in rows for at in range(len(row)) if _has_pitch(row[at])]
    for (row, at), after in zip(notes, [*notes[1:], None], strict=True):
        if row[at].endswith("-") and (after is None or not _same(row[at], after[0][after[1]])):
            row[at] = row[at][:-1]
    bars = iter(tuple(row) for row in rows)
    pickup, *others = (tuple(next(bars) for _ in group) for group in groups)
    return HomePart(pickup[0], others[0], part.repeated, others[1], others[2])


def _has_pitch(word: str) -> bool:
    meaning = sound(word)
    return meaning is not None and not meaning.lower


def _same(word: str, after: str) -> bool:
    one, two = sound(word), sound(after)
    assert one is not None
    assert two is not None
    return (one.step, one.accidental) == (two.step, two.accidental)


def _endings(measures: list[_Measure]) -> tuple[list[_Measure], list[_Measure]]:
    if not measures:
        return [], []
    at = next((i for i, m in enumerate(measures) if i and m.endings), len(measures))
    first, second = measures[:at], measures[at:]
    if any(m.endings for m in second[1:]) or len(first) != len(second):
        raise NotHomeError("endings of different lengths, or more than two")
    if first[0].endings != (1,) or second[0].endings != (2,):
        raise NotHomeError("endings that are not the first and the second")
    return first, second


def fold(parts: tuple[HomePart, ...]) -> tuple[HomePart, ...]:
    """Parts written out twice become repeated parts, with endings where only the last one or
    two bars differ. What sounds stays the same."""
    return tuple(_folded(part) for part in parts)


def _folded(part: HomePart) -> HomePart:
    count = len(part.bars)
    if part.repeated or part.first or part.pickup or count < 8 or count % 2:
        return part
    half = count // 2
    one, two = part.bars[:half], part.bars[half:]
    for tail in range(3):
        if one[: half - tail] == two[: half - tail]:
            ends = (one[half - tail :], two[half - tail :]) if tail else ((), ())
            return HomePart((), one[: half - tail], True, *ends)
    return part


def settle_octave(tune: HomeTune) -> HomeTune:
    """The tune with its median note one to seven steps above the tonic."""
    tonic = "CD".index(TONICS[tune.mode])
    steps = [s.step for s in map(sound, _all_words(tune)) if s and not s.is_rest and not s.lower]
    if not steps:
        raise NotHomeError("no notes")
    octaves = (median_low(steps) - tonic - 1) // 7
    return shifted(tune, -octaves) if octaves else tune


def shifted(tune: HomeTune, octaves: int) -> HomeTune:
    """The tune moved by octaves."""

    def bar(words: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(_shifted(word, octaves) for word in words)

    def bars(group: tuple[tuple[str, ...], ...]) -> tuple[tuple[str, ...], ...]:
        return tuple(bar(words) for words in group)

    parts = tuple(
        HomePart(bar(p.pickup), bars(p.bars), p.repeated, bars(p.first), bars(p.second))
        for p in tune.parts
    )
    return HomeTune(tune.rhythm, tune.meter, tune.mode, tune.source, parts)


def _shifted(word: str, octaves: int) -> str:
    meaning = sound(word)
    if meaning is None or meaning.is_rest:
        return word
    old = meaning.accidental + pitch_text(meaning.step)
    return meaning.accidental + pitch_text(meaning.step + 7 * octaves) + word[len(old) :]


def _all_words(tune: HomeTune) -> list[str]:
    groups = [
        group
        for part in tune.parts
        for group in ((part.pickup,), part.bars, part.first, part.second)
    ]
    return [word for group in groups for bar in group for word in bar]
