"""What is measured on one text that a model wrote: notation, bars, melody, form."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from chatmusician import abc
from chatmusician.abc.analysis import (
    Bar,
    estimate_key,
    form,
    intervals,
    melody,
    melody_signature,
    sections,
)
from chatmusician.abc.analysis.harmony import tonic_class
from chatmusician.abc.timing import Timeline
from chatmusician.abc.tune import Chord, Note
from chatmusician.eval.generation.asked import Asked
from chatmusician.eval.generation.copies import Index
from chatmusician.eval.generation.kept import kept, wanted
from chatmusician.eval.generation.outside import Abc2midi, Said
from chatmusician.model.answer import as_it_is
from chatmusician.music.keys import key_fifths

# Bins of the interval histogram: beyond an octave is one bin on each side.
WIDEST = 13
# Note lengths in quarter notes; what is none of these is the last bin.
LENGTHS = tuple(
    Fraction(*pair)
    for pair in (
        (1, 8), (1, 6), (1, 4), (1, 3), (3, 8), (1, 2), (2, 3),
        (3, 4), (1, 1), (3, 2), (2, 1), (3, 1), (4, 1),
    )
)  # fmt: skip
# Rows of letters, primes left out; all others are the last bin.
FORMS = (
    "A", "AA", "AB", "AAA", "AAB", "ABA", "ABB", "ABC",
    "AABA", "AABB", "AABC", "ABAB", "ABAC", "ABCD",
)  # fmt: skip
_FORM_AT = {row: at for at, row in enumerate(FORMS)}
# Upper ends of the bins for the share of bars heard before.
REPEATED = (Fraction(0), Fraction(1, 4), Fraction(1, 2), Fraction(3, 4), Fraction(1))
_LENGTH_AT = {length: at for at, length in enumerate(LENGTHS)}
# A model that never ends must not cost minutes: the rest of its text is not read, and the
# sections of so many bars, each compared with all before it, are not looked for.
_MOST_CHARACTERS = 20_000
_MOST_BARS = 512


def measure(
    text: str, asked: Asked, *, program: Abc2midi | None = None, index: Index | None = None
) -> dict[str, Any]:
    """All scores of one text, as plain data; what cannot be measured is not there."""
    found = _tunes(text[:_MOST_CHARACTERS])
    scores: dict[str, Any] = {"task": asked.task, "characters": len(text), "tunes": len(found)}
    if not found:
        nothing = dict.fromkeys(wanted(asked), False)
        return {**scores, "reads": False, "clean": False, "abc2midi": False, "kept": nothing}
    chosen = next((tune for tune in found if tune.complete), found[0])
    scores["mended"] = list(chosen.mended)
    scores.update(_notation(chosen.abc, asked, index))
    if program is not None:
        said = program.listen(chosen.abc)
        scores["abc2midi"] = said.reads
        scores["bar_warnings"] = said.bar_warnings
        scores["abc2midi_errors"] = list(said.errors)
        scores.update(_beyond_given(said, asked, program))
    return scores


def _beyond_given(said: Said, asked: Asked, program: Abc2midi) -> dict[str, Any]:
    """The same less what the program says of a given tune already, which has to be kept."""
    if asked.task not in ("continue", "infill", "harmonise"):
        return {"abc2midi_own": said.reads, "bar_warnings_own": said.bar_warnings}
    before = program.listen(asked.given)
    errors = set(said.errors) - set(before.errors)
    return {
        "abc2midi_own": said.reads or bool(said.errors and not errors),
        "bar_warnings_own": max(0, said.bar_warnings - before.bar_warnings),
    }


def _tunes(text: str) -> list[Any]:
    """The tunes with notes in a text; a text that is one without an error is taken as it is."""
    plain = as_it_is(text)
    found: Sequence[Any] = [plain] if plain is not None else abc.find_tunes(text)
    return [tune for tune in found if _has_notes(tune.abc)]


def _has_notes(text: str) -> bool:
    return any(isinstance(e, (Note, Chord)) for t in abc.read(text).tunes for e in t.elements)


def _notation(text: str, asked: Asked, index: Index | None) -> dict[str, Any]:
    book = abc.read(text)
    tune = book.tunes[0]
    line = abc.timeline(tune, trace=True)
    errors = [d for d in (*book.problems, *abc.check_tune(tune, line)) if d.severity == "error"]
    of_length = sum(d.kind == "bar-length" for d in errors)
    measures = [m for voice in line.voices for m in voice.measures if m.length > 0 and m.want > 0]
    # In a bar that holds another error the wrong length is not reported a second time.
    unsaid = sum(m.flawed and m.length != m.want * m.count for m in measures)
    scores: dict[str, Any] = {
        "reads": len(errors) == of_length,
        "clean": not errors,
        "errors": sorted({d.code for d in errors}),
        "bars": len(measures),
        "bars_wrong": min(of_length + unsaid, len(measures)),
        "key": line.key.name,
        "meter": line.meter.name,
        "repeat_sign": any(m.opens or m.closes for m in measures),
    }
    scores.update(_music(line, asked))
    if index is not None:
        copied = index.copied(line)
        scores.update(spans=copied.spans, copied=copied.copied, longest_copy=copied.longest)
    return scores


def _music(line: Timeline, asked: Asked) -> dict[str, Any]:
    bars = melody(line)
    parts = sections(line) if len(bars) <= _MOST_BARS else []
    made = form(parts)
    again = repeated_bars(bars)
    scores: dict[str, Any] = {
        "melody": melody_signature(bars),
        "form": made.letters,
        "form_returns": returns(made.labels, made.plays),
        "bars_again": list(again),
        "tones": tone_times(line, bars),
        "intervals": interval_counts(bars),
        "lengths": length_counts(bars),
        "repetition": repetition_counts(*again),
        "forms": form_counts(made.labels),
        "kept": kept(asked, line, bars, parts, made),
    }
    guess = estimate_key(bars)
    if guess is not None:
        scores["key_clarity"] = guess.score
        if line.key.tonic:
            fifths = key_fifths(guess.tonic, guess.mode)
            scores["key_agrees"] = fifths % 12 == sum(line.key.accidentals) % 12
    return scores


def returns(labels: Sequence[str], plays: Sequence[int]) -> bool:
    """Whether a section comes again: by a repeat, or its letter (a variation counts)."""
    letters = Counter(label[0] for label in labels)
    return any(n > 1 for n in letters.values()) or any(n > 1 for n in plays)


def repeated_bars(bars: Sequence[Bar]) -> tuple[int, int]:
    """How many full bars with notes are the same as an earlier one, and how many there are."""
    seen: set[tuple[tuple[Fraction, int], ...]] = set()
    again = total = 0
    for bar in bars:
        if not bar.full or not bar.notes:
            continue
        shape = tuple((note.onset, note.pitch) for note in bar.notes)
        again += shape in seen
        total += 1
        seen.add(shape)
    return again, total


def tone_times(line: Timeline, bars: Sequence[Bar]) -> list[float]:
    """The time, in quarter notes, of each of the twelve tones, from the tonic of K: up.

    From C where the key has no tonic.
    """
    tonic = tonic_class(line.key) if line.key.tonic else 0
    times = [0.0] * 12
    for bar in bars:
        for note in bar.notes:
            times[(note.pitch - tonic) % 12] += float(note.duration)
    return times


def interval_counts(bars: Sequence[Bar]) -> list[int]:
    """Intervals from note to note, from an octave and more down to as much up."""
    counts = [0] * (2 * WIDEST + 1)
    for interval in intervals(list(bars)):
        counts[max(-WIDEST, min(WIDEST, interval)) + WIDEST] += 1
    return counts


def length_counts(bars: Sequence[Bar]) -> list[int]:
    counts = [0] * (len(LENGTHS) + 1)
    for bar in bars:
        for note in bar.notes:
            counts[_LENGTH_AT.get(note.duration, len(LENGTHS))] += 1
    return counts


def repetition_counts(again: int, bars: int) -> list[int]:
    """A one in the bin of the share of bars heard before; none for a tune without bars."""
    counts = [0] * len(REPEATED)
    if bars:
        share = Fraction(again, bars)
        counts[next(at for at, end in enumerate(REPEATED) if share <= end)] = 1
    return counts


def form_counts(labels: Sequence[str]) -> list[int]:
    """A one for the row of letters; none for a tune without sections."""
    counts = [0] * (len(FORMS) + 1)
    if labels:
        counts[_FORM_AT.get("".join(label[0] for label in labels), len(FORMS))] = 1
    return counts
