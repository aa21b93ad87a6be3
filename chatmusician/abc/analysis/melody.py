"""The melody of a tune, bar by bar, and what is counted on it."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from chatmusician.abc.timing import Timeline, VoiceLine
from chatmusician.abc.tune import Chord, Note
from chatmusician.music.intervals import interval_name as named_interval
from chatmusician.music.pitch import STEP_LETTERS, natural_pitch, note_name


@dataclass(frozen=True)
class MelodyNote:
    """``onset`` and ``duration`` are quarter notes, ``onset`` from the start of the bar.

    ``step`` counts letters from middle C (0), so that the name is known and not only the
    pitch; ``element`` indexes ``Tune.elements``.
    """

    onset: Fraction
    duration: Fraction
    pitch: int
    step: int
    element: int

    @property
    def name(self) -> str:
        """Letter and accidental: ``F#``, ``Bb``, ``C``."""
        return note_name(self.step % 7, self.pitch - natural_pitch(self.step))

    @property
    def full_name(self) -> str:
        """The name with its octave, middle C being C4."""
        return f"{self.name}{4 + self.step // 7}"


@dataclass(frozen=True)
class Bar:
    """One written bar of the melody; ``full`` tells whether it is as long as the meter asks."""

    notes: tuple[MelodyNote, ...]
    length: Fraction
    full: bool
    index: int


def melody_voice(line: Timeline) -> VoiceLine | None:
    """The first voice with at least a quarter as many tones as the fullest one.

    A part that comes in for a few bars is no melody. None where no voice has a tone.
    """
    most = max((len(voice.tones) for voice in line.voices), default=0)
    return next((v for v in line.voices if v.tones and 4 * len(v.tones) >= most), None)


def melody(line: Timeline) -> list[Bar]:
    """The bars of the melody's voice (``melody_voice``), as written: repeats not expanded.

    Of tones that begin together the highest counts; tied notes are one; grace notes and
    rests are left out; empty bars (a bar line at a line's start) too. The timeline should
    be traced, or notes are named by their written letters only.
    """
    voice = melody_voice(line)
    if voice is None:
        return []
    top: dict[tuple[int, int], tuple[int, int, int]] = {}
    for tone in voice.tones:
        place = int(tone.measure), int(tone.onset)
        heard = int(tone.pitch), int(tone.duration), int(tone.element)
        top[place] = max(top.get(place, heard), heard)
    by_measure: dict[int, list[MelodyNote]] = {}
    for (measure, onset), (pitch, duration, element) in sorted(top.items()):
        start = int(voice.measures[measure].start) if measure < len(voice.measures) else onset
        by_measure.setdefault(measure, []).append(
            MelodyNote(
                line.quarters(onset - start),
                line.quarters(duration),
                pitch,
                _step(line, element, pitch),
                element,
            )
        )
    return [
        Bar(
            tuple(by_measure.get(index, ())),
            line.quarters(int(measure.length)),
            bool(measure.length == measure.want),
            index,
        )
        for index, measure in enumerate(voice.measures)
        if measure.length > 0
    ]


def _step(line: Timeline, index: int, pitch: int) -> int:
    """Letters from middle C of the written note that sounds ``pitch``, or the nearest."""
    element = line.tune.elements[index]
    notes = element.notes if isinstance(element, Chord) else (element,)
    steps = [int(n.step) + 7 * int(n.octave) for n in notes if isinstance(n, Note)]
    return min(steps, key=lambda step: abs(natural_pitch(step) - pitch), default=0)


def bar_count(bars: list[Bar]) -> int:
    """Written bars, repeats not expanded; a pickup and the short bar that completes it are one.

    A bar shorter than its neighbours counts only where it is not the tune's first (the
    pickup). Short halves on both sides of a repeat sign count as one bar.
    """
    if not bars:
        return 0
    usual = max(bar.length for bar in bars)
    count, held = 0, Fraction(0)
    for at, bar in enumerate(bars):
        if bar.full or bar.length >= usual:
            count, held = count + 1, Fraction(0)
        elif at == 0:
            continue
        elif held and held + bar.length <= usual:
            held = Fraction(0)
        else:
            count, held = count + 1, bar.length
    return count


def notes_of(bars: list[Bar]) -> list[MelodyNote]:
    return [note for bar in bars for note in bar.notes]


def melody_range(bars: list[Bar]) -> tuple[MelodyNote, MelodyNote] | None:
    """The lowest and the highest note of the melody; None where it has none."""
    notes = notes_of(bars)
    if not notes:
        return None
    return min(notes, key=lambda n: n.pitch), max(notes, key=lambda n: n.pitch)


def intervals(bars: list[Bar]) -> list[int]:
    """Semitones from each note of the melody to the next, rests passed over."""
    pitches = [note.pitch for note in notes_of(bars)]
    return [b - a for a, b in pairwise(pitches)]


def interval_name(low: MelodyNote, high: MelodyNote) -> str:
    """``minor third``, ``perfect octave``, ``augmented fourth``: by letters and semitones.

    The order of the two does not matter. Beyond a double octave, and where a spelling is more
    than once diminished or augmented, the number of semitones is given.
    """
    if (high.step, high.pitch) < (low.step, low.pitch):
        low, high = high, low
    steps, semitones = high.step - low.step, high.pitch - low.pitch
    return named_interval(steps, semitones) or f"{semitones} semitones"


def degree_name(note: MelodyNote, tonic: str) -> int:
    """The scale degree (1 to 7) of a note by its letter, counted from the tonic's letter."""
    return (note.step - STEP_LETTERS.index(tonic[0])) % 7 + 1
