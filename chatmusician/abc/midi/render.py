"""MIDI from a tune by the engine that is right about it."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, Literal

from chatmusician.abc.midi import abc2midi, builtin
from chatmusician.abc.midi.compare import Difference, compare_midi, heard_notes, read_midi
from chatmusician.abc.midi.model import PLAIN, Options
from chatmusician.abc.midi.perform import performance
from chatmusician.abc.midi.tempo import tempo_changes
from chatmusician.abc.timeline import timeline
from chatmusician.abc.timing import Timeline
from chatmusician.abc.tune import Tune
from chatmusician.errors import EngineError, MissingDependency, UsageError
from chatmusician.music.tempo import microseconds

Engine = Literal["auto", "abc2midi", "builtin"]
_ENGINES: Final[dict[str, Callable[[Tune, Options], bytes]]] = {
    "abc2midi": abc2midi.to_midi,
    "builtin": builtin.to_midi,
}
# In quarters: a performance may end as much before its last note, when that is staccato,
# and as much after it, when that is swung.
_EARLY: Final = 1.0
_LATE: Final = 0.3


@dataclass(frozen=True)
class MidiResult:
    """A MIDI file, the engine that wrote it and where it differs from the tune.

    ``differences`` is None where they could not be looked for (symusic is missing). ``note``
    says why ``auto`` did not take abc2midi.
    """

    data: bytes
    engine: str
    differences: tuple[Difference, ...] | None
    note: str = ""

    def remarks(self) -> tuple[str, ...]:
        """What a user should be told: engines passed over, differences from the tune."""
        said = [f"MIDI written by {self.engine}: {self.note}"] if self.note else []
        if self.differences:
            first = self.differences[0]
            said.append(
                f"{self.engine} differs from the tune {len(self.differences)} times: {first}"
            )
        return tuple(said)


def render_midi(
    tune: Tune, *, engine: Engine = "auto", options: Options | None = None
) -> MidiResult:
    """The tune as MIDI. ``auto`` takes abc2midi where it plays what the tune says.

    What is compared with the tune is a plain performance by the same engine, without
    accompaniment and ornaments, and its tempos; of the one that is given back, the length.
    """
    options = options or Options()
    line = timeline(tune)
    if engine == "auto":
        return _either(tune, line, options)
    if engine not in _ENGINES:
        raise UsageError(f"no engine {engine!r}", hint=f"one of auto, {', '.join(_ENGINES)}")
    return _checked(tune, line, options, engine)


def _either(tune: Tune, line: Timeline, options: Options) -> MidiResult:
    note = ""
    unable = abc2midi.beyond(options)
    if unable:
        note = f"abc2midi cannot do {unable}"
    else:
        try:
            result = _checked(tune, line, options, abc2midi.NAME)
            if result.differences == ():
                return result
            note = _why(result)
        except (EngineError, MissingDependency) as error:
            note = str(error)
    return replace(_checked(tune, line, options, "builtin"), note=note)


def _why(result: MidiResult) -> str:
    if result.differences is None:
        return "abc2midi could not be checked: symusic is not installed"
    return f"abc2midi differs {len(result.differences)} times, first {result.differences[0]}"


def _checked(tune: Tune, line: Timeline, options: Options, engine: str) -> MidiResult:
    result = _compared(tune, line, options, engine)
    if engine != abc2midi.NAME or not result.differences:
        return result
    # Most often it is the repeats that it reads otherwise: then it gets them written out.
    with contextlib.suppress(EngineError, UsageError):
        again = _compared(abc2midi.settled(tune), line, options, engine)
        if again.differences == ():
            return replace(again, note="it was given the repeats written out")
    return result


def _compared(tune: Tune, line: Timeline, options: Options, engine: str) -> MidiResult:
    write = _ENGINES[engine]
    data = write(tune, options)
    try:
        plain = data if options == PLAIN else write(tune, PLAIN)
        found = [*_tempos(line, plain), *compare_midi(line, plain)]
        if plain is not data:
            found += _lengths(tune, plain, data)
    except MissingDependency:
        return MidiResult(data, engine, None)
    return MidiResult(data, engine, tuple(found))


def _tempos(line: Timeline, plain: bytes) -> list[Difference]:
    """Tempos of the file that the tune does not ask for."""
    start, changes = tempo_changes(line)
    meant = [60e6 / microseconds(speed) for speed in (start, *(speed for _, speed in changes))]
    score = read_midi(plain)
    return [
        Difference("tempo", -1, tempo.time / score.ticks_per_quarter, f"{tempo.qpm:g} a minute")
        for tempo in score.tempos
        if not any(math.isclose(tempo.qpm, own, rel_tol=0.01) for own in meant)
    ]


def _lengths(tune: Tune, plain: bytes, data: bytes) -> list[Difference]:
    """Whether a performance ends with the plain one, or in the rests after its last note."""
    ends = [max((end for _, _, end in heard_notes(d)), default=0.0) for d in (plain, data)]
    if ends[0] - _EARLY <= ends[1] <= ends[0] + _LATE:
        return []
    whole = performance(tune, PLAIN)
    if ends[0] < ends[1] <= whole.length / whole.division + _LATE:
        return []
    detail = f"performance ends at {ends[1]:g}"
    return [Difference("length", -1, ends[0], detail)]
