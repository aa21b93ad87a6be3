"""Questions about a small tune in ABC: pitch, mode, transposition, range, form, faults."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from random import Random
from typing import Final

from chatmusician.eval.choice.theory.draft import Draft, draft
from chatmusician.eval.choice.theory.knowledge import near_intervals, value_name
from chatmusician.eval.choice.theory.melodies import METERS, Melody, Tone, melody
from chatmusician.eval.choice.theory.pitch import (
    INTERVALS,
    MODES,
    Pitch,
    abc_key,
    interval_between,
    key_signs,
    keys,
    moved,
    pitch,
    plain,
)
from chatmusician.music.keys import key_fifths

_ORDINALS: Final = ("first", "second", "third", "fourth", "fifth", "sixth")
_FORMS: Final = ("AABA", "ABAB", "AABB", "ABAC", "ABCA", "ABBA", "AABC", "ABCB", "ABCD", "AAAB")


def melodic_interval(random: Random) -> Draft | None:
    tune = melody(random, key=random.choice(keys(most=5)))
    bar = random.randrange(len(tune.bars))
    if len(tune.bars[bar]) < 2:
        return None
    at = random.randrange(len(tune.bars[bar]) - 1)
    one, two = tune.bars[bar][at].pitch, tune.bars[bar][at + 1].pitch
    low, high = sorted((one, two), key=lambda found: found.step)
    name = interval_between(low, high)
    if not name:
        return None
    stem = (
        f"Which interval do the {_ORDINALS[at]} and the {_ORDINALS[at + 1]} note of bar "
        f"{bar + 1} make?"
    )
    return draft(stem, name, near_intervals(name), tune.abc())


def mode_of_tune(random: Random) -> Draft | None:
    """The signature stands in K: as that of a major key, and the tune ends on its tonic."""
    count = random.randrange(-4, 5)
    mode = random.choice(MODES)
    tonics = {m: t for m in MODES for t, _ in keys((m,)) if key_fifths(t, m) == count}
    tune = melody(random, key=(tonics[mode], mode))
    heard = {tone.pitch.step % 7 for bar in tune.bars for tone in bar}
    if len(heard) < 7:
        return None
    shown = replace(tune, tonic=tonics["major"], mode="major")
    stem = (
        "The K: field only gives the accidentals. With the last note as the tonic, in which mode "
        "is the tune?"
    )
    near = sorted(MODES, key=lambda m: abs(_brightness(m) - _brightness(mode)))
    return draft(stem, mode, [m for m in near if m != mode], shown.abc())


def _brightness(mode: str) -> int:
    return key_fifths("C", mode)


def sounding_pitch(random: Random) -> Draft | None:
    """A note after an accidental in its bar: is it still under it?"""
    tune = melody(random, key=random.choice(keys(most=5)))
    bar = random.randrange(len(tune.bars))
    tones = tune.bars[bar]
    if not 3 <= len(tones) <= len(_ORDINALS):
        return None
    marked = random.randrange(len(tones) - 1)
    step = tones[marked].pitch.step
    changed = tones[marked].pitch.altered(random.choice((1, -1)))
    at = random.randrange(marked + 1, len(tones))
    asked = replace(tones[at], pitch=changed if random.random() < 0.6 else tones[at].pitch)
    made = list(tones)
    made[marked] = replace(tones[marked], pitch=changed)
    made[at] = asked
    # Every later note of that letter stays under the accidental.
    made = [
        replace(tone, pitch=changed) if place > marked and tone.pitch.step == step else tone
        for place, tone in enumerate(made)
    ]
    if not plain([changed]) or _in_two_octaves(made, step):
        return None
    right = made[at].pitch
    wrong = [right.altered(-1), right.altered(1), Pitch(right.step, tune.signs[right.step % 7])]
    wrong += [Pitch(right.step, 0), Pitch(right.step + 1, tune.signs[(right.step + 1) % 7])]
    wrong += [Pitch(right.step - 1, tune.signs[(right.step - 1) % 7])]
    stem = (
        f"Which note is the {_ORDINALS[at]} note of bar {bar + 1}, key signature and accidentals "
        "considered?"
    )
    # What sounds the same under another name would be right as well.
    shown = [p.name for p in wrong if plain([p]) and (p.midi - right.midi) % 12]
    return draft(stem, right.name, shown, tune.with_bar(bar, tuple(made)).abc())


def _in_two_octaves(tones: list[Tone], step: int) -> bool:
    """Books differ on whether an accidental holds for its letter in other octaves."""
    return any(tone.pitch.step != step and not (tone.pitch.step - step) % 7 for tone in tones)


def transposed(random: Random) -> Draft | None:
    """The options are tunes: by the right interval, by others, with a note left behind."""
    tonic, mode = random.choice(keys(most=4))
    tune = melody(random, key=(tonic, mode), bars=2, final=False)
    names = [n for n in INTERVALS if n not in ("augmented second", "diminished fourth")]
    name = random.choice([n for n in names if n[:3] != "aug" and n != "diminished seventh"][:9])
    ways = random.choice((1, -1))
    right = _transposed(tune, name, ways)
    if right is None:
        return None
    others = [_transposed(tune, n, w) for n, w in ((name, -ways), *((n, ways) for n in names))]
    wrong = [_one_line(other) for other in others if other is not None]
    random.shuffle(wrong)
    wrong.insert(0, _one_line(_one_note_off(right, random)))
    way = "up" if ways > 0 else "down"
    article = "an" if name[0] in "aeio" else "a"
    stem = f"Which is this melody transposed {way} by {article} {name}?"
    return draft(stem, _one_line(right), wrong[:5], tune.abc())


def _transposed(tune: Melody, name: str, ways: int) -> Melody | None:
    tonic = moved(pitch(tune.tonic), name, ways).name
    if len(tonic) > 2 or abs(key_fifths(tonic, tune.mode)) > 6:
        return None
    return tune.moved(name, ways, tonic)


def _one_note_off(tune: Melody, random: Random) -> Melody:
    at = random.randrange(len(tune.bars))
    bar = list(tune.bars[at])
    place = random.randrange(len(bar))
    step = bar[place].pitch.step + random.choice((1, -1))
    bar[place] = Tone(Pitch(step, tune.signs[step % 7]), bar[place].length)
    return tune.with_bar(at, tuple(bar))


def _one_line(tune: Melody) -> str:
    return f"[K:{abc_key(tune.tonic, tune.mode)}] {' | '.join(tune.bar_texts())} |]"


def meter_of_tune(random: Random) -> Draft | None:
    tune = melody(random, key=random.choice(keys(most=4)))
    length = _bar_length(tune.meter)
    wrong = [meter for meter in METERS if _bar_length(meter) != length]
    wrong.sort(key=lambda meter: abs(_bar_length(meter) - length))
    stem = "The M: field is missing. Which time signature fits the bars?"
    return draft(stem, tune.meter, wrong, tune.abc(meter=False))


def _bar_length(meter: str) -> Fraction:
    """In eighths."""
    top, bottom = map(int, meter.split("/"))
    return Fraction(8 * top, bottom)


def note_value(random: Random) -> Draft | None:
    """The value of one note, from L: and the number behind it."""
    tune = melody(random, key=random.choice(keys(most=3)))
    unit = random.choice((Fraction(1, 4), Fraction(1, 8), Fraction(1, 16)))
    bar = random.randrange(len(tune.bars))
    at = random.randrange(min(len(tune.bars[bar]), len(_ORDINALS)))
    scale = Fraction(1, 8) / unit
    bars = tuple(
        tuple(replace(tone, length=tone.length * scale) for tone in tones) for tones in tune.bars
    )
    shown = replace(tune, bars=bars).abc().replace("L:1/8", f"L:{unit}")
    length = tune.bars[bar][at].length / 2
    right = value_name(length)
    near = [length * factor for factor in (2, Fraction(1, 2), Fraction(3, 2), Fraction(2, 3), 4)]
    wrong = [value_name(Fraction(found)) for found in near]
    stem = f"How long is the {_ORDINALS[at]} note of bar {bar + 1}?"
    return draft(stem, right, wrong, shown)


def filling_value(random: Random) -> Draft | None:
    """A bar that lacks its last note: which value fills it?"""
    tune = melody(random, key=random.choice(keys(most=3)))
    bar = random.randrange(len(tune.bars))
    tones = tune.bars[bar]
    if len(tones) < 2:
        return None
    length = tones[-1].length / 2
    near = [length * factor for factor in (2, Fraction(1, 2), Fraction(3, 2), Fraction(2, 3), 3)]
    wrong = [value_name(Fraction(found)) for found in near]
    stem = f"Bar {bar + 1} is too short. Which note value, added to its end, fills it?"
    return draft(stem, value_name(length), wrong, tune.with_bar(bar, tones[:-1]).abc())


def wrong_bar(random: Random) -> Draft | None:
    """One bar of six has a note too much or too long."""
    tune = melody(random, key=random.choice(keys(most=3)), bars=6)
    bar = random.randrange(len(tune.bars))
    tones = list(tune.bars[bar])
    at = random.randrange(len(tones))
    change = random.choice((Fraction(2), Fraction(1, 2), Fraction(3, 2)))
    tones[at] = replace(tones[at], length=tones[at].length * change)
    wrong = [f"bar {n + 1}" for n in range(len(tune.bars)) if n != bar]
    random.shuffle(wrong)
    stem = "Which bar does not have the length that the meter asks for?"
    return draft(stem, f"bar {bar + 1}", wrong, tune.with_bar(bar, tuple(tones)).abc())


def foreign_note(random: Random) -> Draft | None:
    """One bar of six has a note outside the key."""
    tonic, mode = random.choice(keys(("major",), most=4))
    tune = melody(random, key=(tonic, mode), bars=6)
    bar = random.randrange(len(tune.bars))
    tones = list(tune.bars[bar])
    at = random.randrange(len(tones))
    changed = tones[at].pitch.altered(random.choice((1, -1)))
    scale = {(Pitch(step, alter).midi) % 12 for step, alter in enumerate(tune.signs)}
    if changed.midi % 12 in scale or not plain([changed]):
        return None
    tones[at] = replace(tones[at], pitch=changed)
    marked = tune.with_bar(bar, tuple(tones))
    open_key = replace(marked, tonic="C", mode="major")
    wrong = [f"bar {n + 1}" for n in range(len(tune.bars)) if n != bar]
    random.shuffle(wrong)
    stem = (
        f"The tune is in {tonic} major, all its accidentals are written at the notes. Which bar "
        "has a note that is not in that key?"
    )
    return draft(stem, f"bar {bar + 1}", wrong, open_key.abc())


def melodic_range(random: Random) -> Draft | None:
    tune = melody(random, key=random.choice(keys(most=4)), bars=random.choice((4, 6)))
    pitches = [tone.pitch for bar in tune.bars for tone in bar]
    low, high = min(pitches, key=lambda p: p.midi), max(pitches, key=lambda p: p.midi)
    right = f"{low.full_name} to {high.full_name}"
    seconds = sorted({p for p in pitches if p.midi not in (low.midi, high.midi)}, key=_height)
    if len(seconds) < 2:
        return None
    near = [(low, seconds[-1]), (seconds[0], high), (pitches[0], high), (low, pitches[-1])]
    near += [(low.in_octave(1), high.in_octave(1)), (low.in_octave(-1), high.in_octave(-1))]
    wrong = [f"{a.full_name} to {b.full_name}" for a, b in near if a.midi < b.midi]
    stem = "Which are the lowest and the highest note of the melody (C4 is middle C)?"
    return draft(stem, right, wrong, tune.abc())


def _height(found: Pitch) -> int:
    return found.midi


def form_of_tune(random: Random) -> Draft | None:
    """Four phrases of two bars between double bars; equal letters are note for note alike."""
    key, meter = random.choice(keys(most=3)), random.choice(METERS)
    right = random.choice(_FORMS)
    phrases: dict[str, str] = {}
    for letter in sorted(set(right)):
        made = melody(random, key=key, meter=meter, bars=2, final=False)
        phrases[letter] = " | ".join(made.bar_texts())
    if len(set(phrases.values())) < len(phrases):
        return None
    head = melody(random, key=key, meter=meter, bars=1).head()
    body = " ||\n".join(phrases[letter] for letter in right)
    wrong = sorted(_FORMS, key=lambda form: sum(a != b for a, b in zip(form, right, strict=True)))
    stem = (
        "Double bars part this tune into four phrases. Which letters tell its form, alike phrases "
        "having the same letter?"
    )
    return draft(stem, right, [form for form in wrong if form != right], f"{head}{body} |]\n")


def bars_played(random: Random) -> Draft | None:
    """How many bars sound when repeats and endings are kept."""
    key, meter = random.choice(keys(most=3)), random.choice(METERS)
    first, second = random.randrange(2, 6), random.randrange(2, 6)
    texts = melody(random, key=key, meter=meter, bars=first + second + 2).bar_texts()
    one, two = texts[:first], texts[first : first + second]
    style = random.choice(("first", "second", "both", "endings"))
    opened = "|: " if style in ("first", "both", "endings") else ""
    if style == "endings":
        body = f"{opened}{' | '.join(one)} |1 {texts[-2]} :|2 {texts[-1]} || {' | '.join(two)} |]"
        count, written = 2 * (first + 1) + second, first + second + 2
    else:
        closing = " :|" if style in ("first", "both") else " ||"
        joined = {"first": " ", "both": "|: ", "second": "|: "}[style]
        end = " :|" if style in ("second", "both") else " |]"
        body = f"{opened}{' | '.join(one)}{closing}{joined}{' | '.join(two)}{end}"
        count = first * (2 if style != "second" else 1) + second * (1 if style == "first" else 2)
        written = first + second
    head = melody(random, key=key, meter=meter, bars=1).head()
    near = [written, 2 * written, count - 1, count + 1, count + first, count - second]
    stem = "How many bars sound when all repeats are played?"
    wrong = [str(found) for found in near if found > 0]
    return draft(stem, str(count), wrong, f"{head}{body}\n".replace(" ||\n|:", " |:"))


def accidentals_of_key(random: Random) -> Draft | None:
    """Which letters of the tune the signature alters."""
    # Nobody writes K:Cloc.
    tonic, mode = random.choice([key for key in keys(MODES[:-1], most=6) if key_fifths(*key)])
    tune = melody(random, key=(tonic, mode))
    used = sorted({tone.pitch for bar in tune.bars for tone in bar}, key=lambda p: p.step % 7)
    altered = list(dict.fromkeys(found.name for found in used if found.alter))
    if not altered:
        return None
    signs = key_signs(tonic, mode)
    sign = "#" if key_fifths(tonic, mode) > 0 else "b"
    heard = list(dict.fromkeys(found.letter for found in used))
    wrong = [
        " ".join(sorted([*altered, f"{letter}{sign}"], key=lambda n: "CDEFGAB".index(n[0])))
        for letter in heard
        if not signs["CDEFGAB".index(letter)]
    ]
    wrong += [" ".join(name for name in altered if name != left) for left in altered]
    other = "b" if sign == "#" else "#"
    wrong += [" ".join(name[0] + other for name in altered)]
    random.shuffle(wrong)
    stem = "Which notes of this tune does the key signature raise or lower?"
    return draft(stem, " ".join(altered), wrong, tune.abc())
