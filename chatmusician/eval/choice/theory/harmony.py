"""Questions on chords, Roman numerals and cadences, without and with music."""

from __future__ import annotations

from random import Random
from typing import Final

from chatmusician.eval.choice.theory.draft import Draft, draft
from chatmusician.eval.choice.theory.pitch import (
    CHORDS,
    INVERSIONS,
    ROOTS,
    Pitch,
    abc_key,
    abc_note,
    built,
    key_signs,
    keys,
    moved,
    pitch,
    plain,
)

# Degrees in major and in (harmonic) minor with the triad on them.
_MAJOR: Final = {
    "I": ("perfect unison", "major triad"),
    "ii": ("major second", "minor triad"),
    "iii": ("major third", "minor triad"),
    "IV": ("perfect fourth", "major triad"),
    "V": ("perfect fifth", "major triad"),
    "vi": ("major sixth", "minor triad"),
    "vii°": ("major seventh", "diminished triad"),
    "V7": ("perfect fifth", "dominant seventh chord"),
}
_MINOR: Final = {
    "i": ("perfect unison", "minor triad"),
    "ii°": ("major second", "diminished triad"),
    "III": ("minor third", "major triad"),
    "iv": ("perfect fourth", "minor triad"),
    "V": ("perfect fifth", "major triad"),
    "VI": ("minor sixth", "major triad"),
    "vii°": ("major seventh", "diminished triad"),
    "V7": ("perfect fifth", "dominant seventh chord"),
}
_FIGURES: Final = {3: ("", "6", "64"), 4: ("7", "65", "43", "42")}
_ENDINGS: Final = {
    "authentic": (("V", "I"), ("V7", "I")),
    "plagal": (("IV", "I"),),
    "deceptive": (("V", "vi"), ("V7", "vi")),
    "half": (("I", "V"), ("ii", "V"), ("IV", "V")),
}
_CADENCES: Final = tuple(f"{name} cadence" for name in _ENDINGS)
_BEGINNINGS: Final = (("I", "IV"), ("I", "vi"), ("I", "ii"), ("vi", "IV"), ("I", "V"), ("IV", "I"))
_SHORT: Final = {"major triad": "major", "minor triad": "minor", "diminished triad": "diminished"}


def numerals(mode: str) -> dict[str, tuple[str, str]]:
    return _MAJOR if mode == "major" else _MINOR


def chord_of(numeral: str, tonic: str, mode: str) -> list[Pitch]:
    """The notes of a degree's chord, from its root up."""
    above, quality = numerals(mode)[numeral]
    root = pitch(tonic) if above == "perfect unison" else moved(pitch(tonic), above)
    return built(root, CHORDS[quality])


def chord_name(numeral: str, tonic: str, mode: str) -> str:
    quality = numerals(mode)[numeral][1]
    return f"{chord_of(numeral, tonic, mode)[0].name} {_SHORT.get(quality, 'dominant seventh')}"


def _names(notes: list[Pitch]) -> str:
    return " ".join(note.name for note in notes)


def numeral_notes(random: Random) -> Draft | None:
    tonic, mode = random.choice(keys(most=5))
    numeral = random.choice(list(numerals(mode)))
    right = chord_of(numeral, tonic, mode)
    if not plain(right):
        return None
    same = [chord_of(n, tonic, mode) for n in numerals(mode) if n != numeral]
    others = [notes for notes in same if len(notes) == len(right)]
    others += [built(right[0], found) for found in CHORDS.values() if len(found) + 1 == len(right)]
    random.shuffle(others)
    wrong = [_names(notes) for notes in others if plain(notes)]
    stem = f"Which notes make the chord {numeral} in {tonic} {mode}?"
    return draft(stem, _names(right), wrong)


def numeral_of_chord(random: Random) -> Draft | None:
    tonic, mode = random.choice(keys(most=5))
    numeral = random.choice([n for n in numerals(mode) if n != "V7"])
    notes = chord_of(numeral, tonic, mode)
    if not plain(notes):
        return None
    others = [n for n in numerals(mode) if n not in (numeral, "V7")]
    random.shuffle(others)
    name = chord_name(numeral, tonic, mode)
    stem = f"Which Roman numeral has the {name} triad in {tonic} {mode}?"
    return draft(stem, numeral, others)


def cadence_of_names(random: Random) -> Draft | None:
    tonic, _ = random.choice(keys(("major",), most=5))
    kind = random.choice(list(_ENDINGS))
    first, last = random.choice(_ENDINGS[kind])
    one, two = (chord_name(numeral, tonic, "major") for numeral in (first, last))
    stem = (
        f"A phrase in {tonic} major ends with the chords {one} and {two}, in this order. "
        "Which cadence is that?"
    )
    return draft(stem, f"{kind} cadence", [name for name in _CADENCES if name[: len(kind)] != kind])


def inverted(notes: list[Pitch], inversion: int) -> list[Pitch]:
    """The lowest `inversion` notes an octave up."""
    return notes[inversion:] + [note.in_octave(1) for note in notes[:inversion]]


def chord_in_music(random: Random) -> Draft | None:
    """A chord as notes one on another: its root, quality and position."""
    quality = random.choice(list(CHORDS))
    if quality in ("augmented triad", "diminished seventh chord"):
        # Their inversions sound the same, so that only the spelling would tell them apart.
        return None
    root = pitch(random.choice(ROOTS))
    notes = built(root, CHORDS[quality])
    if not plain(notes):
        return None
    inversion = random.randrange(len(notes))
    tonic, mode = random.choice(keys(most=4))
    shown = inverted(notes, inversion)
    music = "".join(abc_note(note, key_signs(tonic, mode)) for note in shown)
    abc = f"X:1\nM:4/4\nL:1/1\nK:{abc_key(tonic, mode)}\n[{music}]|]\n"
    right = f"{root.name} {quality}, {INVERSIONS[inversion]}"
    size = [n for n in CHORDS if len(CHORDS[n]) == len(notes) - 1]
    near = [f"{root.name} {quality}, {p}" for p in INVERSIONS[: len(notes)]]
    near += [f"{root.name} {name}, {INVERSIONS[inversion]}" for name in size]
    near += [f"{shown[0].name} {name}, root position" for name in size]
    random.shuffle(near)
    stem = "Which chord is this, and in which position?"
    return draft(stem, right, near, abc)


def _progression(chords: list[list[Pitch]], tonic: str, mode: str) -> str:
    """Block chords, two beats each, the bass an octave below the root position."""
    signs = key_signs(tonic, mode)
    made = []
    for notes in chords:
        made.append("[" + "".join(abc_note(note, signs) for note in notes) + "]")
    bars = [f"{one} {two}" for one, two in zip(made[::2], made[1::2], strict=True)]
    head = f"X:1\nM:4/4\nL:1/2\nK:{abc_key(tonic, mode)}\n"
    return f"{head}{' | '.join(bars)} |]\n"


def cadence_in_music(random: Random) -> Draft | None:
    tonic, mode = random.choice(keys(("major",), most=5))
    kind = random.choice(list(_ENDINGS))
    symbols = [*random.choice(_BEGINNINGS), *random.choice(_ENDINGS[kind])]
    chords = [chord_of(numeral, tonic, mode) for numeral in symbols]
    abc = _progression(chords, tonic, mode)
    stem = "With which cadence does this phrase end?"
    wrong = [name for name in _CADENCES if name != f"{kind} cadence"]
    return draft(stem, f"{kind} cadence", wrong, abc)


def numeral_in_music(random: Random) -> Draft | None:
    """The degree of one chord of four, with its inversion in figures."""
    tonic, mode = random.choice(keys(most=4))
    symbols = random.sample(list(numerals(mode)), 4)
    inversions = [random.randrange(4 if symbol == "V7" else 3) for symbol in symbols]
    chords = [chord_of(symbol, tonic, mode) for symbol in symbols]
    if not all(plain(notes) for notes in chords):
        return None
    at = random.randrange(4)
    shown = [inverted(notes, turn) for notes, turn in zip(chords, inversions, strict=True)]
    abc = _progression(shown, tonic, mode)
    right = _figured(symbols[at], inversions[at])
    near = [_figured(symbols[at], turn) for turn in range(4 if symbols[at] == "V7" else 3)]
    near += [_figured(other, inversions[at]) for other in symbols if other != symbols[at]]
    random.shuffle(near)
    ordinal = ("first", "second", "third", "fourth")[at]
    stem = (
        f"The music is in {tonic} {mode}. Which Roman numeral, with its figures, has the "
        f"{ordinal} chord?"
    )
    return draft(stem, right, near, abc)


def _figured(numeral: str, inversion: int) -> str:
    figures = _FIGURES[4 if numeral == "V7" else 3]
    return numeral.removesuffix("7") + figures[inversion % len(figures)]
