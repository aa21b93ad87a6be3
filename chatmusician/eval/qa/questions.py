"""Factual questions about tunes, and whether an answer says the same as the notation."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from random import Random
from typing import Any

from chatmusician import abc
from chatmusician.abc.tune import Tune
from chatmusician.errors import ChatMusicianError
from chatmusician.transcription.facts.answers import answer
from chatmusician.transcription.facts.chords import triad_of
from chatmusician.transcription.facts.record import describe_piece
from chatmusician.transcription.facts.source import Piece, of_tune

# Beats a minute that a tune is played at; never near what programs take where nothing is said.
_TEMPOS = ((62, 112), (128, 168))
FEWEST_BARS, FEWEST_NOTES = 8, 24


@dataclass(frozen=True)
class Kind:
    """``wordings`` hold ``{bar}`` where a bar is asked for; ``same`` compares two answers."""

    name: str
    wordings: tuple[str, ...]
    same: Callable[[str, str], bool]
    chords: bool = False


@dataclass(frozen=True)
class Question:
    kind: Kind
    text: str
    answer: str


@dataclass(frozen=True)
class AskedTune:
    """A tune at a tempo of its own, and what is asked of it."""

    id: str
    tune: Tune
    questions: tuple[Question, ...]


def _equal(one: str, other: str) -> bool:
    return one == other


def _near(one: str, other: str) -> bool:
    found = [re.search(r"\d+(?:\.\d+)?", text) for text in (one, other)]
    if not all(found):
        return False
    true, said = (float(match[0]) for match in found if match)
    return abs(said / true - 1) <= 0.04 + 1e-9


def _same_chords(one: str, other: str) -> bool:
    """The same chords by root and third, in the same order."""
    return bool(other) and _triads(one) == _triads(other)


def _triads(text: str) -> list[str]:
    names = text.partition(" has ")[2].rstrip(".").split(", ")
    found: list[str] = []
    for name in names:
        triad = triad_of(name)
        if not found or found[-1] != triad:
            found.append(triad)
    return found


KINDS = (
    Kind("key", ("What key is it in?", "Which key is this piece in?"), _equal),
    Kind("meter", ("What is the time signature?", "What meter is it in?"), _equal),
    Kind("tempo", ("What is the tempo?", "How fast is it, in beats per minute?"), _near),
    Kind("beats", ("How many beats are in a bar?",), _equal),
    Kind("highest", ("What is the highest note?",), lambda a, b: _note(a) == _note(b)),
    Kind("lowest", ("What is the lowest note?",), lambda a, b: _note(a) == _note(b)),
    Kind("range", ("What is the range of the melody?",), _equal),
    Kind("first note", ("What is the first note?", "Which note does it begin with?"), _equal),
    Kind("last note", ("What is the last note?", "Which note does it end with?"), _equal),
    Kind("notes of a bar", ("Which notes are in bar {bar}?",), _equal),
    Kind("chords of a bar", ("Which chords are in bar {bar}?",), _same_chords, chords=True),
)


def _note(text: str) -> str:
    found = re.search(r"note is ([A-G][^ ,.]*)", text)
    return found[1] if found else text


def asked_tunes(text: bytes, count: int, per_tune: int, seed: int) -> Iterator[AskedTune]:
    """So many questions in all, about tunes in one key and one meter, drawn by the seed."""
    chance = Random(seed)
    book = abc.read(text)
    order = list(range(len(book.tunes)))
    chance.shuffle(order)
    left = count
    for at in order:
        if left <= 0:
            return
        made = _asked(book.tunes[at], f"{at + 1}: {book.tunes[at].title}", per_tune, chance)
        if made is not None:
            kept = made.questions[:left]
            left -= len(kept)
            yield AskedTune(made.id, made.tune, kept)


def _asked(tune: Tune, id: str, count: int, chance: Random) -> AskedTune | None:
    bpm = round(chance.uniform(*chance.choice(_TEMPOS)))
    try:
        piece = of_tune(tune, id)
        if not _plain(piece):
            return None
        tune = at_tempo(tune, bpm, piece.beat)
        piece = of_tune(tune, id)
        facts = describe_piece(piece).facts
    except ChatMusicianError:
        return None
    numbers = list(facts["notes_by_bar"])[: _once_through(piece)]
    kinds = [kind for kind in KINDS if _can_be_asked(kind, facts, numbers)]
    chance.shuffle(kinds)
    questions = []
    for kind in kinds[:count]:
        bar = chance.choice(_bars(kind, facts, numbers) or ["1"])
        text = chance.choice(kind.wordings).format(bar=bar)
        found = answer(text, facts)
        if found is not None and found.source == "facts":
            questions.append(Question(kind, text, found.text))
    return AskedTune(id, tune, tuple(questions)) if questions else None


def _plain(piece: Piece) -> bool:
    line = piece.line
    voice = line.voices[0]
    one = len(line.voices) == 1 and not voice.meters and not voice.keys
    long = len(piece.bars) >= FEWEST_BARS and len(voice.tones) >= FEWEST_NOTES
    return bool(one and long and not line.meter.free and line.key.mode in ("major", "minor"))


def _once_through(piece: Piece) -> int:
    """How many bars are played from the beginning on before any of them comes again: until then
    a bar has the same number in the notation and as it is played."""
    return next((at for at, bar in enumerate(piece.bars) if bar.measure != at), len(piece.bars))


def _can_be_asked(kind: Kind, facts: dict[str, Any], numbers: list[str]) -> bool:
    if kind.chords:
        stated = facts["how"].get("chords", {}).get("confidence") == 1.0
        return stated and bool(_bars(kind, facts, numbers))
    return True


def _bars(kind: Kind, facts: dict[str, Any], numbers: list[str]) -> list[str]:
    rows = facts["chords_by_bar" if kind.chords else "notes_by_bar"]
    return [number for number in numbers if rows.get(number) and number != "0"][:16]


def at_tempo(tune: Tune, bpm: int, beat: Fraction) -> Tune:
    """The tune with a Q: of its own."""
    kept = [line for line in abc.canonical(tune).split("\n") if not line.startswith("Q:")]
    at = next(i for i, line in enumerate(kept) if line.startswith("K:"))
    kept.insert(at, f"Q:{beat / 4}={bpm}")
    return abc.read("\n".join(kept)).tunes[0]
