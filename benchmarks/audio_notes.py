"""How well notes are heard: onset F1 on synthesized tunes, beside basic-pitch's own decoding.

python -m benchmarks.audio_notes [--split test] [--clips N] [--seed N] [--voices N] [--json FILE]
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import importlib.util
import io
import json
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.audio_clips import Clip, clips, performances
from benchmarks.singer import RATE, Voice, melody, sing
from chatmusician.eval.intervals import mean
from chatmusician.transcription.engines import BY_NAME, FOR_ALL, FOR_VOICE, hear
from chatmusician.transcription.notes import Note

Times = Sequence[tuple[float, float, int]]

VOICES = {
    "plain": Voice(vibrato=0, slide=0.03, scoop=0),
    "gentle": Voice(vibrato=0.3),
    "opera": Voice(vibrato=0.9, slide=0.12, scoop=2),
    "off key": Voice(vibrato=0.5, off=0.4),
    "breathy": Voice(vibrato=0.4, breath=0.08),
    "whistle": Voice(vibrato=0.2, brightness=4),
}


def onset_f1(known: Times, heard: Times, tolerance: float = 0.05) -> float:
    """mir_eval's, ends not counted."""
    import numpy as np

    mir_eval: Any = importlib.import_module("mir_eval")
    if not heard:
        return 0.0

    def parts(notes: Times) -> tuple[Any, Any]:
        spans = [(max(0.0, start), max(end, start + 0.02, 0.02)) for start, end, _ in notes]
        pitches = np.array([pitch for _, _, pitch in notes])
        return np.array(spans), 440 * 2 ** ((pitches - 69) / 12)

    scores = mir_eval.transcription.precision_recall_f1_overlap(
        *parts(known), *parts(heard), onset_tolerance=tolerance, offset_ratio=None
    )
    return float(scores[2])


def spans(notes: Iterable[Note]) -> list[tuple[float, float, int]]:
    return [(note.onset, note.end, note.pitch) for note in notes]


def ways(path: Path) -> dict[str, Times]:
    """The notes of a sound file: ours, and basic-pitch's own with two sets of thresholds."""
    found: dict[str, Times] = {"ours": spans(hear(str(path), BY_NAME["basic-pitch"]).notes)}
    inference: Any = importlib.import_module("basic_pitch.inference")
    creation: Any = importlib.import_module("basic_pitch.note_creation")
    with contextlib.redirect_stdout(io.StringIO()):
        seen = inference.run_inference(path, _model(inference))
    for name, onset, frame, shortest, trick in (
        ("basic-pitch, its defaults", 0.5, 0.3, 11, True),
        ("basic-pitch, 0.7/0.5/8", 0.7, 0.5, 8, False),
    ):
        _, notes = creation.model_output_to_notes(
            {key: value.copy() for key, value in seen.items()},
            onset,
            frame,
            min_note_len=shortest,
            melodia_trick=trick,
            include_pitch_bends=False,
        )
        found[name] = [(start, end, pitch) for start, end, pitch, *_ in notes]
    return found


_MODELS: list[Any] = []


def _model(inference: Any) -> Any:
    if not _MODELS:
        weights = importlib.import_module("basic_pitch").ICASSP_2022_MODEL_PATH
        _MODELS.append(inference.Model(weights))
    return _MODELS[0]


Scores = dict[str, dict[str, list[float]]]
"""By kind of sound, then by way of hearing: F1 of each clip."""


def instruments(split: str, count: int, seed: int, folder: Path) -> Scores:
    soundfile: Any = importlib.import_module("soundfile")
    scores: Scores = {}
    made: Iterable[Clip] = (*clips(split, count, seed), *performances(split))
    for clip in made:
        soundfile.write(folder / "clip.wav", clip.samples(), 22_050)
        heard_by = ways(folder / "clip.wav")
        if clip.kind.startswith("piano") and importlib.util.find_spec("transkun"):
            heard_by["transkun"] = spans(hear(str(folder / "clip.wav"), BY_NAME["transkun"]).notes)
        for way, heard in heard_by.items():
            kind = scores.setdefault(clip.kind, {})
            kind.setdefault(way, []).append(onset_f1(clip.notes, heard))
    return scores


def voices(count: int, seed: int, folder: Path) -> Scores:
    soundfile: Any = importlib.import_module("soundfile")
    scores: Scores = {}
    for name, voice in VOICES.items():
        kind = scores.setdefault(f"voice, {name}", {})
        for number in range(seed, seed + count):
            known = melody(number)
            soundfile.write(folder / "voice.wav", sing(known, voice, number), RATE)
            for engine in (BY_NAME[FOR_VOICE], BY_NAME[FOR_ALL]):
                heard = spans(hear(str(folder / "voice.wav"), engine).notes)
                for within in (50, 100):
                    way = f"{engine.name}, {within} ms"
                    kind.setdefault(way, []).append(onset_f1(known, heard, within / 1000))
    return scores


def table(scores: Scores) -> str:
    names = list(next(iter(scores.values())))
    lines = ["| sound | n | " + " | ".join(names) + " |", "|---|---|" + "---|" * len(names)]
    for kind, found in sorted(scores.items()):
        cells = [_cell(found[name]) for name in names]
        lines.append(f"| {kind} | {len(found[names[0]])} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _cell(values: list[float]) -> str:
    found = mean(values)
    return f"{found.value:.3f} ({found.low:.3f}–{found.high:.3f})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--split", default="test", choices=("dev", "test"))
    parser.add_argument("--clips", type=int, default=120)
    parser.add_argument("--voices", type=int, default=8)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", metavar="FILE")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        found = instruments(args.split, args.clips, args.seed, Path(made)) if args.clips else {}
        sung = voices(args.voices, 1000 * args.seed, Path(made)) if args.voices else {}
    for scores in filter(None, (found, sung)):
        print(table(scores) + "\n")
    if args.json:
        Path(args.json).write_text(json.dumps({"instruments": found, "voices": sung}))


if __name__ == "__main__":
    main()
