"""From a seed to a set of questions, on the train side or the test side, never on both."""

from __future__ import annotations

from random import Random
from typing import Final

from chatmusician.errors import UsageError
from chatmusician.eval.choice.questions import LETTERS, Question
from chatmusician.eval.choice.theory import harmony, knowledge, music
from chatmusician.eval.choice.theory.draft import KNOWLEDGE, REASONING, TEST, TRAIN, Draft, Kind

__all__ = ["KINDS", "TEST", "TRAIN", "VERSION", "make_questions", "shots"]
# A change that changes any question is a new version.
VERSION: Final = "1"
PER_KIND: Final = 12
# How often a kind is tried for a question, before it is taken to have no more.
_TRIES: Final = 400
# The wrong options are drawn from so many of the likeliest.
_LIKELIEST: Final = 5
_SHOT_KINDS: Final = (
    "note-at-interval",
    "key-signature",
    "chord-notes",
    "melodic-interval",
    "wrong-bar",
)

KINDS: Final = (
    Kind("note-at-interval", "intervals", KNOWLEDGE, knowledge.note_at_interval),
    Kind("interval", "intervals", KNOWLEDGE, knowledge.interval_of_names),
    Kind("stacked-intervals", "intervals", KNOWLEDGE, knowledge.stacked_intervals),
    Kind("inverted-interval", "intervals", KNOWLEDGE, knowledge.inverted_interval),
    Kind("key-signature", "key signatures", KNOWLEDGE, knowledge.signature_of_key),
    Kind("key-of-signature", "key signatures", KNOWLEDGE, knowledge.key_of_signature),
    Kind("related-key", "key signatures", KNOWLEDGE, knowledge.related_key),
    Kind("scale", "scales and modes", KNOWLEDGE, knowledge.scale_notes),
    Kind("scale-degree", "scales and modes", KNOWLEDGE, knowledge.scale_degree),
    Kind("chord-notes", "chords", KNOWLEDGE, knowledge.chord_notes),
    Kind("numeral-notes", "numerals and cadences", KNOWLEDGE, harmony.numeral_notes),
    Kind("numeral", "numerals and cadences", KNOWLEDGE, harmony.numeral_of_chord),
    Kind("cadence", "numerals and cadences", KNOWLEDGE, harmony.cadence_of_names),
    Kind("transposing-instrument", "transposition", KNOWLEDGE, knowledge.sounding_note),
    Kind("bar-arithmetic", "meter", KNOWLEDGE, knowledge.bar_arithmetic),
    Kind("meter-type", "meter", KNOWLEDGE, knowledge.meter_type),
    Kind("value-sum", "rhythm", KNOWLEDGE, knowledge.value_sum),
    Kind("melodic-interval", "intervals", REASONING, music.melodic_interval),
    Kind("mode-of-tune", "scales and modes", REASONING, music.mode_of_tune),
    Kind("signature-in-tune", "key signatures", REASONING, music.accidentals_of_key),
    Kind("sounding-pitch", "key signatures", REASONING, music.sounding_pitch),
    Kind("chord-in-music", "chords", REASONING, harmony.chord_in_music),
    Kind("numeral-in-music", "numerals and cadences", REASONING, harmony.numeral_in_music),
    Kind("cadence-in-music", "numerals and cadences", REASONING, harmony.cadence_in_music),
    Kind("transposed-tune", "transposition", REASONING, music.transposed),
    Kind("meter-of-tune", "meter", REASONING, music.meter_of_tune),
    Kind("note-value", "rhythm", REASONING, music.note_value),
    Kind("filling-value", "rhythm", REASONING, music.filling_value),
    Kind("range", "range", REASONING, music.melodic_range),
    Kind("form", "form", REASONING, music.form_of_tune),
    Kind("bars-played", "form", REASONING, music.bars_played),
    Kind("wrong-bar", "faults in ABC", REASONING, music.wrong_bar),
    Kind("foreign-note", "faults in ABC", REASONING, music.foreign_note),
)


def make_questions(
    seed: int, *, side: str = TEST, per_kind: int = PER_KIND, kinds: tuple[Kind, ...] = KINDS
) -> list[Question]:
    """The questions of a seed; the same seed, side and version give the same ones.

    A question is on the side that its own text says (`Draft.side`), so train and test share
    none, whichever their seeds are. No question comes twice in a set.
    """
    if side not in (TRAIN, TEST):
        raise UsageError(f"there is no side {side!r}", hint=f"{TRAIN} or {TEST}")
    made = []
    for kind in kinds:
        random = Random(f"theory-{VERSION}:{side}:{seed}:{kind.name}")
        seen: set[tuple[str, str, str]] = set()
        for number in range(per_kind):
            found = _next(kind, random, side, seen)
            if found is None:
                break
            seen.add((found.stem, found.right, found.abc))
            name = f"theory-{VERSION}/{side}/{seed}/{kind.name}/{number}"
            made.append(_question(found, kind, name, random))
    return made


def _next(kind: Kind, random: Random, side: str, seen: set[tuple[str, str, str]]) -> Draft | None:
    for _ in range(_TRIES):
        found = kind.make(random)
        if found is None or found.side != side:
            continue
        if (found.stem, found.right, found.abc) not in seen:
            return found
    return None


def _question(found: Draft, kind: Kind, name: str, random: Random) -> Question:
    options = [found.right, *random.sample(found.wrong[:_LIKELIEST], 3)]
    random.shuffle(options)
    first, second, third, fourth = options
    return Question(
        name,
        found.stem,
        (first, second, third, fourth),
        LETTERS[options.index(found.right)],
        kind.subject,
        kind.topic,
        found.abc,
        found.side,
    )


def shots() -> list[Question]:
    """Five questions of the train side to stand before others, always the same."""
    kinds = tuple(kind for kind in KINDS if kind.name in _SHOT_KINDS)
    return make_questions(0, side=TRAIN, per_kind=1, kinds=kinds)
