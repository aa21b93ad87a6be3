"""Questions without music: intervals, keys, scales, instruments, note values, meters."""

from __future__ import annotations

from fractions import Fraction
from random import Random
from typing import Final

from chatmusician.eval.choice.theory.draft import Draft, draft
from chatmusician.eval.choice.theory.pitch import (
    CHORDS,
    INTERVALS,
    MODES,
    ROOTS,
    SCALES,
    TONICS,
    Pitch,
    built,
    interval_between,
    keys,
    moved,
    pitch,
    plain,
)
from chatmusician.music import durations
from chatmusician.music.keys import key_fifths

_DEGREES: Final = ("tonic", "supertonic", "mediant", "subdominant", "dominant", "submediant")
# How far below (above where negative) the written note an instrument sounds.
_INSTRUMENTS: Final = {
    "clarinet in Bb": ("major second", -1),
    "trumpet in Bb": ("major second", -1),
    "clarinet in A": ("minor third", -1),
    "horn in F": ("perfect fifth", -1),
    "alto saxophone in Eb": ("major sixth", -1),
    "clarinet in Eb": ("minor third", 1),
    "cor anglais in F": ("perfect fifth", -1),
    "alto flute in G": ("perfect fourth", -1),
}
# In quarter notes.
VALUES: Final = {
    durations.value_name(length): length * 4
    for length in (durations.TYPE_LENGTHS[name] for name in reversed(durations.SPOKEN))
}
# Not 3/8, which is simple triple to some and compound to others.
METERS: Final = {
    "2/4": ("simple", "duple"),
    "3/4": ("simple", "triple"),
    "4/4": ("simple", "quadruple"),
    "2/2": ("simple", "duple"),
    "3/2": ("simple", "triple"),
    "6/8": ("compound", "duple"),
    "9/8": ("compound", "triple"),
    "12/8": ("compound", "quadruple"),
    "6/4": ("compound", "duple"),
    "9/4": ("compound", "triple"),
    "9/16": ("compound", "triple"),
}


def note_at_interval(random: Random) -> Draft | None:
    name, ways = random.choice(list(INTERVALS)[:-1]), random.choice((1, -1))
    start = pitch(random.choice(ROOTS))
    right = moved(start, name, ways)
    near = [right.altered(1), right.altered(-1)]
    near += [moved(start, other, ways) for other in INTERVALS if other != name]
    if not plain([right]):
        return None
    wrong = [found.name for found in near if plain([found])]
    # The same key on the piano under another name is the mistake to catch.
    wrong.sort(key=lambda option: abs(_apart(option, right.name)))
    side = "above" if ways > 0 else "below"
    return draft(f"Which note lies {_a(name)} {side} {start.name}?", right.name, wrong)


def _apart(one: str, other: str) -> int:
    return (pitch(one).midi - pitch(other).midi + 6) % 12 - 6


def _a(name: str) -> str:
    return f"{'an' if name[0] in 'aeio' else 'a'} {name}"


def interval_of_names(random: Random) -> Draft | None:
    low = pitch(random.choice(ROOTS))
    name = random.choice(list(INTERVALS)[:-1])
    high = moved(low, name)
    if not plain([high]):
        return None
    stem = f"Which interval is it from {low.name} up to the next {high.name}?"
    return draft(stem, name, near_intervals(name))


def near_intervals(name: str) -> list[str]:
    """Other intervals, those of the same letters or the same size first."""
    steps, semitones = INTERVALS[name]
    rest = [other for other in INTERVALS if other != name]
    return sorted(
        rest,
        key=lambda o: (abs(INTERVALS[o][0] - steps) + abs(INTERVALS[o][1] - semitones), o),
    )


def stacked_intervals(random: Random) -> Draft | None:
    first, second = random.choice(list(INTERVALS)[:-1]), random.choice(list(INTERVALS)[:-1])
    bottom = pitch("C")
    name = interval_between(bottom, moved(moved(bottom, first), second))
    if not name:
        return None
    stem = f"{_a(first).capitalize()} with {_a(second)} on top of it: which interval is that?"
    return draft(stem, name, near_intervals(name))


def inverted_interval(random: Random) -> Draft | None:
    name = random.choice(list(INTERVALS)[:-1])
    low = pitch(random.choice(ROOTS))
    high = moved(low, name)
    right = interval_between(high, low.in_octave(1))
    if not right or not plain([high]):
        return None
    stem = (
        f"The interval from {low.name} up to {high.name} is inverted (the lower note goes up an "
        "octave). Which interval is it then?"
    )
    return draft(stem, right, [name, *near_intervals(right)])


def signature_of_key(random: Random) -> Draft | None:
    tonic, mode = random.choice(keys(MODES))
    count = key_fifths(tonic, mode)
    near = [-count, key_fifths(tonic, "major"), key_fifths(tonic, "minor"), count + 1, count - 1]
    near += [count + 2, count - 2]
    wrong = [signs(other) for other in near if abs(other) <= 7]
    stem = f"What does the key signature of {tonic} {mode} have?"
    return draft(stem, signs(count), wrong)


def signs(count: int) -> str:
    if not count:
        return "no sharps or flats"
    name = "sharp" if count > 0 else "flat"
    return f"{abs(count)} {name}{'' if abs(count) == 1 else 's'}"


def key_of_signature(random: Random) -> Draft | None:
    tonic, mode = random.choice(keys(MODES))
    count = key_fifths(tonic, mode)
    others = [name for name, m in keys((mode,)) if name != tonic]
    others.sort(key=lambda name: (abs(key_fifths(name, mode) - count), name))
    stem = f"Which {mode} key has a key signature with {signs(count)}?"
    return draft(stem, f"{tonic} {mode}", [f"{name} {mode}" for name in others])


def related_key(random: Random) -> Draft | None:
    tonic, mode = random.choice(keys())
    other = "minor" if mode == "major" else "major"
    relation = random.choice(("relative", "dominant", "subdominant"))
    count = key_fifths(tonic, mode)
    target = {"relative": count, "dominant": count + 1, "subdominant": count - 1}[relation]
    if abs(target) > 6:
        return None
    kept = other if relation == "relative" else mode
    (right,) = (t for t, _ in keys((kept,)) if key_fifths(t, kept) == target)
    wrong = [f"{tonic} {other}"] if kept == other else []
    near = sorted((t for t, m in keys((kept,))), key=lambda t: abs(key_fifths(t, kept) - target))
    wrong += [f"{t} {kept}" for t in near if t != right]
    if relation == "relative":
        stem = f"Which key is the relative {other} of {tonic} {mode}?"
    else:
        stem = f"Which {mode} key has the {relation} of {tonic} {mode} as its tonic?"
    return draft(stem, f"{right} {kept}", wrong)


def scale_notes(random: Random) -> Draft | None:
    name, tonic = random.choice(list(SCALES)), pitch(random.choice(TONICS))
    right = built(tonic, SCALES[name])
    same_size = [n for n in SCALES if n != name and len(SCALES[n]) == len(SCALES[name])]
    others = [built(tonic, SCALES[n]) for n in (same_size if len(same_size) > 2 else SCALES)]
    others = [notes for notes in others if plain(notes)]
    others += [_one_changed(right, random) for _ in range(4)]
    if not plain(right):
        return None
    shown = _listed(right)
    others.sort(key=lambda notes: (len(notes) != len(right), _differences(notes, right)))
    stem = f"Which notes make the {name} scale on {tonic.name}?"
    return draft(stem, shown, [_listed(notes) for notes in others if plain(notes)])


def _one_changed(notes: list[Pitch], random: Random) -> list[Pitch]:
    at = random.randrange(1, len(notes))
    change = random.choice((1, -1))
    return [*notes[:at], notes[at].altered(change), *notes[at + 1 :]]


def _differences(one: list[Pitch], other: list[Pitch]) -> int:
    return sum(a != b for a, b in zip(one, other, strict=False))


def _listed(notes: list[Pitch]) -> str:
    return " ".join(note.name for note in notes)


def scale_degree(random: Random) -> Draft | None:
    tonic, mode = random.choice(keys(most=6))
    scale = built(pitch(tonic), SCALES["major" if mode == "major" else "natural minor"])
    at = random.randrange(1, 6)
    right = scale[at]
    wrong = [scale[other].name for other in (at - 1, (at + 1) % 7, (at + 2) % 7)]
    wrong = [found.name for found in (right.altered(1), right.altered(-1)) if plain([found])] + (
        wrong
    )
    stem = f"Which note is the {_DEGREES[at]} of {tonic} {mode}?"
    return draft(stem, right.name, wrong)


def chord_notes(random: Random) -> Draft | None:
    name, root = random.choice(list(CHORDS)), pitch(random.choice(ROOTS))
    right = built(root, CHORDS[name])
    size = len(right)
    others = [built(root, found) for found in CHORDS.values() if len(found) + 1 == size]
    others += [_one_changed(right, random) for _ in range(4)]
    if not plain(right):
        return None
    shown = [_listed(notes) for notes in others if plain(notes)]
    return draft(f"Which notes make the {name} on {root.name}?", _listed(right), shown)


def sounding_note(random: Random) -> Draft | None:
    instrument = random.choice(list(_INSTRUMENTS))
    name, ways = _INSTRUMENTS[instrument]
    note = pitch(random.choice(ROOTS))
    to_sound = random.random() < 0.5
    right = moved(note, name, ways if to_sound else -ways)
    if not plain([right]):
        return None
    wrong = [moved(note, name, -ways if to_sound else ways), right.altered(1), right.altered(-1)]
    wrong += [
        moved(note, other, ways) for other in ("minor third", "major second", "perfect fifth")
    ]
    # What sounds the same under another name would be right as well.
    shown = [found.name for found in wrong if plain([found]) and _apart(found.name, right.name)]
    if to_sound:
        stem = f"A {instrument} plays a written {note.name}. Which note sounds?"
    else:
        stem = f"Which note is written for a {instrument} that is to sound {note.name}?"
    stem = stem.replace("A alto", "An alto").replace("a alto", "an alto")
    return draft(stem, right.name, shown)


def bar_arithmetic(random: Random) -> Draft | None:
    meter = random.choice(list(METERS))
    bars = random.randrange(1, 5)
    value, length = random.choice(list(VALUES.items()))
    found = _bar(meter) * bars / length
    if found.denominator != 1 or found < 2:
        return None
    right = int(found)
    top, bottom = map(int, meter.split("/"))
    wrong = [top * bars, right * 2, right // 2, right + 1, right - 1, bottom * bars, right + bars]
    count = "bar of" if bars == 1 else "bars of"
    stem = f"How many {value}s fill {bars} {count} {meter}?"
    return draft(stem, str(right), [str(option) for option in wrong if option > 0])


def _bar(meter: str) -> Fraction:
    top, bottom = map(int, meter.split("/"))
    return Fraction(4 * top, bottom)


def meter_type(random: Random) -> Draft | None:
    meter, (kind, count) = random.choice(list(METERS.items()))
    beats = {"duple": 2, "triple": 3, "quadruple": 4}[count]
    beat = _bar(meter) / beats
    value = value_name(beat)
    if random.random() < 0.5:
        names = [f"{k} {c}" for k in ("simple", "compound") for c in ("duple", "triple")]
        names += ["simple quadruple", "compound quadruple"]
        wrong = [name for name in names if name != f"{kind} {count}"]
        return draft(f"What kind of meter is {meter}?", f"{kind} {count}", wrong)
    right = f"{beats} beats of a {value}"
    wrong = [
        f"{n} beats of a {value_name(_bar(meter) / n)}"
        for n in (2, 3, 4, 6, 9, 12)
        if value_name(_bar(meter) / n) and n != beats
    ]
    wrong += [f"{beats} beats of a {value_name(beat * 2)}", f"{beats} beats of a quarter note"]
    wrong += [f"{beats} beats of an {value_name(beat / 2)}", f"{beats} beats of a half note"]
    wrong = [option for option in wrong if not option.endswith(" ") and option != right]
    return draft(f"At a lively tempo, how is a bar of {meter} usually felt?", right, wrong)


def value_name(quarters: Fraction) -> str:
    """`dotted quarter note`; empty for lengths that no note with two dots at most has."""
    return durations.value_name(quarters / 4)


def value_sum(random: Random) -> Draft | None:
    lengths = sorted(
        (random.choice((1, 1, Fraction(3, 2))) * random.choice(list(VALUES.values())[1:5]))
        for _ in range(random.randrange(2, 5))
    )[::-1]
    names = [value_name(length) for length in lengths]
    right = value_name(sum(lengths, Fraction(0)))
    if not right or len(set(names)) < 2:
        return None
    near = [sum(lengths) * factor for factor in (Fraction(2, 3), Fraction(3, 2), 2, Fraction(1, 2))]
    near += [sum(lengths) * factor for factor in (Fraction(4, 3), Fraction(3, 4), Fraction(7, 6))]
    wrong = [value_name(Fraction(length)) for length in near]
    told = ", ".join(_a(name) for name in names[:-1]) + f" and {_a(names[-1])}"
    stem = f"{told[0].upper()}{told[1:]} tied together last as long as which single note?"
    return draft(stem, _a(right), [_a(name) for name in wrong if name])
