"""One transcription of one performance, measured."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chatmusician import abc
from chatmusician.eval.transcription.performer import Played
from chatmusician.eval.transcription.scores import (
    WrittenScore,
    key_scores,
    meter_class,
    note_scores,
    read_score,
    same_meter,
    tempo_scores,
)
from chatmusician.transcription.beats import beat_of
from chatmusician.transcription.notes import Performance
from chatmusician.transcription.written import Beat, Written

# Strict F1 from which a piece counts as read rightly; level-free F1 below which its grid is lost.
_RIGHT, _LOST = 0.9, 0.9


def of_text(played: Played, text: str) -> dict[str, Any]:
    """What can be said of any program's ABC: notes, bars, meter, key."""
    said = read_score(text) if text else None
    truth = played.truth
    meter = said.meter if said else "none"
    found: dict[str, Any] = dict(note_scores(truth, said))
    found["meter"] = same_meter(meter, truth.meter)
    found["meter_class"] = meter_class(meter) == meter_class(truth.meter)
    found.update(key_scores(truth, said))
    return found


def of_written(played: Played, heard: Performance, written: Written) -> dict[str, Any]:
    """The same with what only we tell: tempo, beats, errors, and why a piece is wrong."""
    found = of_text(played, written.abc)
    found.update(tempo_scores(_true_tempo(played), _counted(written)))
    found.update(_beats(played, written.beats))
    found.update(_heard(played.performance, heard))
    found["valid"] = not _errors(written.abc)
    found["cause"] = _cause(found)
    return found


def _true_tempo(played: Played) -> float:
    """Beats a minute, the middle of what was played; of 2/2 quarters are counted, as of 4/4."""
    meter = played.truth.meter.replace("2/2", "4/4")
    gaps = sorted(b - a for a, b in zip(played.beats, played.beats[1:], strict=False))
    middle = gaps[len(gaps) // 2] if gaps else 60 / played.player.qpm
    return 60 / middle * float(beat_of(played.truth.meter) / beat_of(meter))


def _counted(written: Written) -> float:
    meter = written.meter.replace("2/2", "4/4")
    return written.tempo * float(beat_of(written.meter) / beat_of(meter))


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


def _heard(played: Performance, heard: Performance) -> dict[str, float]:
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
    if found["strict"] >= _RIGHT:
        return "right"
    if found["level_free"] < _LOST:
        return "grid"
    if not found["acc1"]:
        return "level"
    if not found["meter"]:
        return "bar length" if found["meter_class"] else "meter"
    return "bar phase"


__all__ = ["WrittenScore", "of_text", "of_written"]
