"""One transcription of one performance, measured."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chatmusician import abc
from chatmusician.eval.transcription.bars import wrong_bars
from chatmusician.eval.transcription.performer import Played
from chatmusician.eval.transcription.scores import (
    WrittenScore,
    key_scores,
    melody_scores,
    meter_class,
    note_scores,
    read_score,
    same_meter,
    tempo_scores,
)
from chatmusician.music.chords import parse_chord, third_of
from chatmusician.music.meter import beat_in_quarters
from chatmusician.music.pitch import FLAT_NAMES
from chatmusician.transcription.notes import Performance
from chatmusician.transcription.written import Beat, Written

# Strict F1 from which a piece counts as read rightly; level-free F1 below which its grid is lost.
_RIGHT, _LOST = 0.9, 0.9


def of_text(played: Played, text: str) -> dict[str, Any]:
    """What can be said of any program's ABC: notes, bars, meter, key."""
    said = read_score(text) if text else None
    truth = played.truth
    meter = said.meter if said else "none"
    scores = melody_scores if _accompanied(played) else note_scores
    found: dict[str, Any] = dict(scores(truth, said))
    found["meter"] = same_meter(meter, truth.meter)
    found["meter_class"] = meter_class(meter) == meter_class(truth.meter)
    found.update(key_scores(truth, said))
    return found


def _accompanied(played: Played) -> bool:
    """Whether there are notes that have no notation: an accompaniment by chord symbols."""
    return bool(played.truth.chords) and len(played.performance.tracks) > 1


def of_written(played: Played, heard: Performance, written: Written) -> dict[str, Any]:
    """The same with what only we tell: tempo, beats, errors, and why a piece is wrong."""
    found = of_text(played, written.abc)
    found.update(tempo_scores(_true_tempo(played), _counted(written)))
    found.update(_beats(played, written.beats))
    found.update(notes_heard(played.performance, heard))
    if _accompanied(played):
        found.update(_chords(played, written))
    found["valid"] = not _errors(written.abc) and not wrong_bars(written.abc)
    found["cause"] = _cause(found)
    return found


def _true_tempo(played: Played) -> float:
    """Of 2/2 quarters are counted, as of 4/4."""
    meter = played.truth.meter.replace("2/2", "4/4")
    return played.tempo * float(beat_in_quarters(played.truth.meter) / beat_in_quarters(meter))


def _counted(written: Written) -> float:
    meter = written.meter.replace("2/2", "4/4")
    return written.tempo * float(beat_in_quarters(written.meter) / beat_in_quarters(meter))


def _beats(played: Played, beats: Sequence[Beat]) -> dict[str, float]:
    import mir_eval
    import numpy as np

    def score(true: Sequence[float], said: Sequence[float]) -> float:
        return float(mir_eval.beat.f_measure(np.array(sorted(true)), np.array(sorted(said))))

    downbeats = [beat.time for beat in beats if beat.number == 1]
    return {
        "beat_f1": score(played.beats, [beat.time for beat in beats]),
        "downbeat_f1": score(played.downbeats, downbeats),
    }


def _chords(played: Played, written: Written) -> dict[str, float]:
    """mir_eval's share of the time in which the root is right, and root and third."""
    import mir_eval
    import numpy as np

    end = played.performance.seconds
    times = [min(time, end) for time, _ in written.chords] + [end]
    said = [
        (start, until, _label(symbol))
        for (_, symbol), start, until in zip(written.chords, times, times[1:], strict=False)
        if until > start >= 0
    ]
    true = [(start, until, _label_of(s.root, s.intervals)) for start, until, s in played.symbols]
    true = _spread(true)
    if not true:
        return {}
    if not said:
        return {"chord_roots": 0.0, "chords": 0.0}
    intervals, labels = mir_eval.util.adjust_intervals(
        np.array([row[:2] for row in said]),
        [row[2] for row in said],
        true[0][0],
        true[-1][1],
        mir_eval.chord.NO_CHORD,
        mir_eval.chord.NO_CHORD,
    )
    found = mir_eval.util.merge_labeled_intervals(
        np.array([row[:2] for row in true]), [row[2] for row in true], intervals, labels
    )
    lengths = mir_eval.util.intervals_to_durations(found[0])
    return {
        name: float(mir_eval.chord.weighted_accuracy(compare(found[1], found[2]), lengths))
        for name, compare in (
            ("chord_roots", mir_eval.chord.root),
            ("chords", mir_eval.chord.thirds),
        )
    }


def _spread(rows: list[tuple[float, float, str]]) -> list[tuple[float, float, str]]:
    """Without gaps: what has no chord symbol is marked so (mir_eval leaves it out)."""
    found: list[tuple[float, float, str]] = []
    for start, until, label in rows:
        if found and start > found[-1][1]:
            found.append((found[-1][1], start, "X"))
        found.append((start, until, label))
    return found


def _label(symbol: str) -> str:
    kind = parse_chord(symbol)
    if kind is None or kind.root is None:
        return "N"
    return _label_of(kind.root, kind.intervals)


def _label_of(root: int, intervals: Sequence[int]) -> str:
    return f"{FLAT_NAMES[root % 12]}:{third_of(tuple(intervals))}"


def notes_heard(played: Performance, heard: Performance) -> dict[str, float]:
    """Note F1 as mir_eval has it: onsets within 50 ms, then with offsets too."""
    if heard is played:
        return {}
    import numpy as np
    from mir_eval.transcription import precision_recall_f1_overlap
    from mir_eval.util import midi_to_hz

    def arrays(performance: Performance) -> tuple[Any, Any]:
        times = np.array([(n.onset, max(n.end, n.onset + 1e-3)) for n in performance.notes])
        pitches = midi_to_hz(np.array([n.pitch for n in performance.notes]))
        return times.reshape(-1, 2), pitches

    both = (*arrays(played), *arrays(heard))
    return {
        "note_f1": float(precision_recall_f1_overlap(*both, offset_ratio=None)[2]),
        "note_offset_f1": float(precision_recall_f1_overlap(*both)[2]),
    }


def _errors(text: str) -> list[str]:
    tune = abc.read(text).tunes[0]
    found = abc.check_tune(tune, abc.timeline(tune))
    return [problem.code for problem in found if problem.severity == "error"]


def _cause(found: dict[str, Any]) -> str:
    """The first thing that is wrong with a piece: its grid, level, meter or bar phase."""
    if found.get("strict", found.get("recall", 0.0)) >= _RIGHT:
        return "right"
    if found.get("level_free", found.get("level_free_recall", 0.0)) < _LOST:
        return "grid"
    if not found["acc1"]:
        return "level"
    if not found["meter"]:
        return "bar length" if found["meter_class"] else "meter"
    return "bar phase"


__all__ = ["WrittenScore", "of_text", "of_written"]
