"""Every MIDI file of three collections written as ABC: what ``check`` and abc2midi say of it.

python -m benchmarks.written_bars [--collection NAME] [--runs DIR…] [--out FILE] [--write-docs]

A file is right when ``check`` finds no error and every bar adds up (``wrong_bars``, which does
not use ``check``). abc2midi reads each ABC too; what it says of bars is counted. ``--runs``
adds what runs of ``eval transcription`` wrote. With ``--out`` a stopped run goes on.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from typing import Any

from benchmarks.oracle import Abc2midi
from benchmarks.page import write_section
from benchmarks.performances import COLLECTIONS, Rows
from chatmusician import abc
from chatmusician.errors import ChatMusicianError
from chatmusician.eval.results import read_items
from chatmusician.eval.transcription.bars import wrong_bars
from chatmusician.transcription.performed_midi import read_performance
from chatmusician.transcription.score import write_score

TITLE = "Scores written of MIDI files"


def errors(text: str) -> list[str]:
    tune = abc.read(text).tunes[0]
    found = abc.check_tune(tune, abc.timeline(tune))
    return [f"{p.code}: {p.message}" for p in found if p.severity == "error"]


def complaints(program: Abc2midi, text: str) -> list[str]:
    """What abc2midi warns of: bars that are too long, what it cannot read. That it takes a
    repeat to begin where no sign says so is as it should be."""
    lines = program.play(text.encode(), ("-silent",)).messages.splitlines()
    found = [line for line in lines if "Error" in line or "Warning" in line]
    return [line for line in found if "Assuming repeat" not in line]


def judged(program: Abc2midi, text: str) -> dict[str, Any]:
    return {
        "errors": errors(text),
        "bars": wrong_bars(text),
        "abc2midi": complaints(program, text)[:5],
    }


def written(program: Abc2midi, midi: bytes) -> dict[str, Any]:
    started = time.process_time()
    try:
        performance = read_performance(midi)
        made = write_score(performance)
    except ChatMusicianError as error:
        return {"failed": str(error)}
    seconds = time.process_time() - started
    return {
        **judged(program, made.abc),
        "said": {
            "beats": [[beat.time, beat.number] for beat in made.beats],
            "chords": [list(chord) for chord in made.chords],
            "key": made.key,
            "meter": made.meter,
            "tempo": made.tempo,
        },
        "notes": len(performance.notes),
        "music": round(performance.seconds, 1),
        "took": round(seconds, 3),
    }


def measure(names: Iterable[str], runs: Iterable[str], rows: Rows, program: Abc2midi) -> None:
    for name in names:
        for one in COLLECTIONS[name]():
            id = f"{name} {one.id}"
            if id not in rows.rows:
                rows.add({"id": id, "of": name, **written(program, one.midi)})
    for folder in runs:
        for item in read_items(folder):
            for way, text in item.prediction.items():
                id = f"{folder} {item.id} {way}"
                if way.startswith("chatmusician") and id not in rows.rows:
                    rows.add({"id": id, "of": "eval transcription", **judged(program, text)})


def report(rows: Rows) -> Iterator[str]:
    heads = "written", "without an error, bars exact", "abc2midi has nothing to say"
    yield f"| files | {' | '.join(heads)} | s of one core a s of music |"
    yield "|---|---:|---:|---:|---:|"
    for name in dict.fromkeys(row["of"] for row in rows.rows.values()):
        own = [row for row in rows.rows.values() if row["of"] == name]
        made = [row for row in own if "failed" not in row]
        right = sum(not row["errors"] and not row["bars"] for row in made)
        silent = sum(not row["abc2midi"] for row in made)
        music = sum(row.get("music", 0) for row in made)
        speed = f"{sum(row.get('took', 0) for row in made) / music:.4f}" if music else "–"
        yield f"| {name}, {len(own)} | {len(made)} | {right} | {silent} | {speed} |"
    for row in rows.rows.values():
        if row.get("failed") or row.get("errors") or row.get("bars"):
            what = row.get("failed") or [*row["errors"][:2], *row["bars"][:2]]
            print(f"{row['id']}: {what}", file=sys.stderr)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--collection", action="append", choices=sorted(COLLECTIONS))
    parser.add_argument("--runs", nargs="*", default=(), metavar="DIR")
    parser.add_argument("--out", metavar="FILE")
    parser.add_argument("--write-docs", action="store_true")
    args = parser.parse_args()
    rows = Rows(args.out)
    with tempfile.TemporaryDirectory() as folder:
        measure(args.collection or COLLECTIONS, args.runs, rows, Abc2midi(None, folder))
    said = "\n".join(report(rows))
    print(said)
    if args.write_docs:
        write_section(TITLE, "python -m benchmarks.written_bars --write-docs", said)
    return 0


if __name__ == "__main__":
    sys.exit(main())
