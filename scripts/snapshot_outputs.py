"""Writes what the commands print and write for fixed inputs, or compares it with an earlier run.

A change that should alter no output is checked so: write a snapshot before it, compare after::

    python scripts/snapshot_outputs.py --write /somewhere/before
    # … change the code …
    python scripts/snapshot_outputs.py --compare /somewhere/before

The snapshot holds its own inputs: tunes generated from a seed, the conformance cases of the
tests, and, where CHATMUSICIAN_DATA names a folder of collections, files from each of them. The
comparison reads those inputs again, so both runs see the same files even when tests have changed.
Each case is one command in a process of its own; its exit code, standard output and files are
kept, and standard error too with --stderr. Pictures are left out, since fonts of the machine
decide about them.

Exit codes: 0 written, or equal; 1 outputs differ (the files are listed); 2 wrong usage.
"""

from __future__ import annotations

import argparse
import filecmp
import importlib
import json
import os
import random
import re
import shutil
import struct
import sys
import tarfile
import tempfile
import wave
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import pi, sin
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

NOTATION = (".abc", ".krn", ".musicxml", ".xml", ".mxl", ".mid", ".midi")
KEYS = ("C", "G", "F#m", "Eb", "Ador", "Emix", "Bbm", "Dphr", "Flyd", "Bloc", "C#", "Cb")
METERS = ("4/4", "3/4", "6/8", "9/8", "12/8", "2/2", "C|", "5/4", "7/8", "3/8", "2/4", "none")
CHORDS = ("C", "Am", "G7", "Dm7", "Fmaj7", "Bdim", "Esus4", "Bb", "F#m7b5", "Eaug", "C/E")
RATE = 22_050
QUESTIONS = ("What key is this in?", "What is the meter?", "Which chords are played?")
LARGEST = 60_000


@dataclass(frozen=True)
class Case:
    """A command line; ``after`` turns what it wrote into comparable files.

    ``needs`` names inputs that the arguments do not name themselves.
    """

    name: str
    arguments: tuple[str, ...]
    after: Callable[[Path], None] | None = None
    needs: tuple[str, ...] = ()


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0] if __doc__ else "",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    way = parser.add_mutually_exclusive_group(required=True)
    way.add_argument("--write", metavar="DIR", type=Path, help="write a snapshot there")
    way.add_argument("--compare", metavar="DIR", type=Path, help="compare with that snapshot")
    parser.add_argument("--only", metavar="TEXT", default="", help="cases with this in their name")
    parser.add_argument("--stderr", action="store_true", help="keep standard error too")
    parser.add_argument("--keep", metavar="DIR", type=Path, help="keep the outputs compared there")
    args = parser.parse_args()
    if args.write:
        return write(args.write, args.only, args.stderr)
    if not (args.compare / "inputs").is_dir():
        parser.error(f"{args.compare} is no snapshot")
    with tempfile.TemporaryDirectory() as scratch:
        folder = args.keep or Path(scratch)
        return compare(args.compare, folder, args.only, args.stderr)


def write(folder: Path, only: str, stderr: bool) -> int:
    """Make the inputs and run every case into ``folder/outputs``."""
    shutil.rmtree(folder, ignore_errors=True)
    make_inputs(folder / "inputs")
    ran = run_cases(folder / "inputs", folder / "outputs", only, stderr)
    files = sum(1 for _ in files_under(folder / "outputs"))
    print(f"{ran} commands, {files} files in {folder}")
    return 0


def compare(snapshot: Path, folder: Path, only: str, stderr: bool) -> int:
    """Run every case on the snapshot's inputs; list the files that differ."""
    ran = run_cases(snapshot / "inputs", folder, only, stderr)
    before, after = snapshot / "outputs", folder
    names = {path.relative_to(before) for path in files_under(before)}
    names |= {path.relative_to(after) for path in files_under(after)}
    names = {name for name in names if only in name.parts[0]}
    if not stderr:
        names = {name for name in names if name.name != "stderr"}
    differing = sorted(name for name in names if not same(before / name, after / name))
    for name in differing:
        print(f"differs: {name}")
    print(f"{ran} commands, {len(names)} files, {len(differing)} differ")
    return 1 if differing else 0


def same(first: Path, second: Path) -> bool:
    return first.is_file() and second.is_file() and filecmp.cmp(first, second, shallow=False)


def files_under(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file())


# -- running ------------------------------------------------------------------


def run_cases(inputs: Path, outputs: Path, only: str, stderr: bool) -> int:
    # A parent that has imported the package once forks quickly; heavy parts load in the child.
    import chatmusician.cli

    assert chatmusician.cli
    count = 0
    for case in cases(inputs):
        if only in case.name:
            run(case, inputs, outputs / case.name, stderr)
            count += 1
    return count


def run(case: Case, inputs: Path, folder: Path, stderr: bool) -> None:
    """Run one command in a child process whose working folder holds copies of its inputs."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as scratch:
        work = Path(scratch) / "work"
        work.mkdir()
        known = {Path(name) for name in (*case.arguments, *case.needs)}
        known = {name for name in known if (inputs / name).is_file()}
        for name in known:
            shutil.copy(inputs / name, work)
        child = os.fork()
        if not child:
            _be_the_command(case, work, folder)
        _, status = os.waitpid(child, 0)
        (folder / "code").write_text(f"{os.waitstatus_to_exitcode(status)}\n")
        if case.after:
            case.after(work)
        for path in list(files_under(work)):
            name = path.relative_to(work)
            if name not in known:
                (folder / "files" / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.move(path, folder / "files" / name)
    if not stderr:
        (folder / "stderr").unlink()


def _be_the_command(case: Case, work: Path, folder: Path) -> None:
    """Never returns: the child process ends here."""
    code = 70
    try:
        for number, name in ((1, "stdout"), (2, "stderr")):
            os.dup2(os.open(folder / name, os.O_WRONLY | os.O_CREAT), number)
        os.chdir(work)
        os.environ.update(PYTHONHASHSEED="0", HF_HUB_OFFLINE="1", NO_COLOR="1", COLUMNS="80")
        from chatmusician.cli import main as command

        code = command(case.arguments)
        sys.stdout.flush()
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        os._exit(code)


# -- the commands -------------------------------------------------------------


def cases(inputs: Path) -> Iterator[Case]:
    tunes = sorted(path.name for path in inputs.glob("*.abc"))
    made = [name for name in tunes if name.startswith("made-")]
    others = sorted(p.name for p in inputs.iterdir() if p.name.startswith("data-"))
    for name in [*tunes, *(name for name in others if not name.endswith(".abc"))]:
        for to in ("json", "abc", "musicxml", "mid"):
            first = _first_of_book(inputs / name) if to in ("musicxml", "mid") else ()
            yield Case(f"convert-{to}-{name}", ("convert", name, f"out.{to}", *first))
    for name in tunes:
        yield Case(f"check-{name}", ("check", "--json", name))
        yield Case(f"fix-{name}", ("check", "--fix", "--quiet", name), _keep(name))
    for name in made:
        yield Case(f"render-{name}", ("render", name, "--format", "mid", "--midi-engine=builtin"))
        yield Case(f"describe-{name}", ("describe", "--json", name))
    for name in made[::3]:
        yield Case(f"ask-{name}", ("ask", "--json", name, *QUESTIONS))
    yield Case("plots", ("render", made[2], "--format", "roll,overview"))
    yield from _transcriptions(inputs)
    yield from _benchmarks()
    yield from _corpora()
    request = ("compose", "a jig in G", "--bars", "8", "--seed", "1", "--format", "abc,mid")
    yield Case("compose", request)


def _first_of_book(path: Path) -> tuple[str, ...]:
    """The option for the first tune of a book: scores and MIDI files hold one tune."""
    if path.suffix != ".abc":
        return ()
    numbers = re.findall(r"^X: *(\d+)", path.read_text(encoding="utf-8", errors="replace"), re.M)
    return ("--tune", numbers[0]) if len(set(numbers)) > 1 else ()


def _keep(name: str) -> Callable[[Path], None]:
    """Keep an input that a command changes in place."""

    def keep(work: Path) -> None:
        shutil.copy(work / name, work / "fixed.abc")

    return keep


def _transcriptions(inputs: Path) -> Iterator[Case]:
    sounds = sorted(path.name for path in inputs.glob("sound-*.wav"))
    performed = sorted(path.name for path in inputs.glob("played-*.mid"))
    more = ("--midi", "--musicxml", "-o", "out.abc")
    for name in (*performed, *sounds):
        yield Case(f"transcribe-{name}", ("transcribe", name, *more))
        yield Case(f"describe-{name}", ("describe", "--json", name))
    for meter in ("6/8", "7/8", "3/2"):
        name = performed[0]
        given = ("--meter", meter, "--tempo", "100")
        yield Case(f"transcribe-{meter.replace('/', '-')}", ("transcribe", name, *given, *more))


def _benchmarks() -> Iterator[Case]:
    for side in ("test", "train"):
        for form in ("questions", "text", "sft"):
            write = ("eval", "theory", "--seeds", "3,4", "--side", side, "--form", form)
            yield Case(f"theory-{side}-{form}", (*write, "--write", "rows.jsonl"))
    played = ("eval", "transcription", "--tunes", "book.abc", "-n", "4", "--chords", "2")
    yield Case("eval-transcription", (*played, "--alone", "-o", "out"), _only_items)
    asked = ("eval", "qa", "--tunes", "book.abc", "-n", "12", "--no-sound", "-o", "out")
    yield Case("eval-qa", asked, _only_items)


def _corpora() -> Iterator[Case]:
    build = ("corpus", "build", "recipe.yaml", "--data", ".", "-o", "out", "--seed", "1")
    yield Case("corpus-build", build, _rows_of_parquet, ("book.abc",))
    tasks = ("corpus", "tasks", "book.abc", "-o", "out", "--test-share", "0.2", "--seed", "1")
    yield Case("corpus-tasks", tasks, _without_speed)


def _only_items(work: Path) -> None:
    """Keep the items of a benchmark without their times; its result names the machine."""
    rows = [json.loads(line) for line in (work / "out" / "items.jsonl").read_text().splitlines()]
    shutil.rmtree(work / "out")
    kept = [{k: v for k, v in row.items() if k not in ("seconds", "took")} for row in rows]
    (work / "items.json").write_text(json.dumps(kept, indent=1, sort_keys=True))


def _without_speed(work: Path) -> None:
    report = work / "out" / "report.json"
    lines = report.read_text(encoding="utf-8").splitlines(keepends=True)
    report.write_text("".join(line for line in lines if "rows_per_second" not in line))


def _rows_of_parquet(work: Path) -> None:
    """Keep the rows: parquet files and data cards hold versions and dates."""
    from pyarrow import parquet

    rows: list[Any] = []
    for path in sorted((work / "out").rglob("*.parquet")):
        rows += parquet.read_table(path).to_pylist()
    shutil.rmtree(work / "out")
    (work / "rows.json").write_text(json.dumps(rows, indent=1, sort_keys=True, default=str))


# -- the inputs ---------------------------------------------------------------


def make_inputs(folder: Path) -> None:
    folder.mkdir(parents=True)
    chance = random.Random(20)
    texts = [
        tune(chance, number, KEYS[number], METERS[number], voices=1 + (number % 4 == 1))
        for number in range(len(METERS))
    ]
    for number, text in enumerate(texts):
        (folder / f"made-{number:02}.abc").write_text(text, encoding="utf-8")
    plain = [
        tune(chance, number + 1, KEYS[number % 7], METERS[number % 6], voices=1, x=number + 1)
        for number in range(24)
    ]
    (folder / "book.abc").write_text("\n".join(plain), encoding="utf-8")
    texts = [case.text for case in conformance_cases() if case.head is not None]
    (folder / "conformance.abc").write_text("\n".join(texts), encoding="utf-8")
    (folder / "recipe.yaml").write_text(
        "sources:\n  - name: book\n    licence: none\n    origin: generated\n"
        "    path: .\n    match: book.abc\n",
        encoding="utf-8",
    )
    for number, beat in enumerate((0.42, 0.55, 0.61, 0.5)):
        notes = performance(random.Random(number), beat, 3 + number % 2)
        (folder / f"played-{number}.mid").write_bytes(midi_file(notes))
        if number < 2:
            write_wave(folder / f"sound-{number}.wav", notes[:24])
    data = os.environ.get("CHATMUSICIAN_DATA")
    if data:
        add_collections(Path(data), folder)


def conformance_cases() -> Iterator[Any]:
    for path in sorted((ROOT / "tests" / "abc" / "tunes").glob("*.py")):
        yield from importlib.import_module(f"tests.abc.tunes.{path.stem}").CASES


def tune(
    chance: random.Random, number: int, key: str, meter: str, *, voices: int, x: int = 1
) -> str:
    """A tune of eight bars with chord symbols, ties, tuplets, grace notes and a repeat."""
    top, _, below = {"C|": "2/2", "none": "4/4"}.get(meter, meter).partition("/")
    eighths = int(top) * 8 // int(below)
    head = f"X:{x}\nT:Snapshot {number}\nC:made\nM:{meter}\nL:1/8\nQ:1/4={90 + 7 * number}\n"
    lines = []
    for voice in range(1, voices + 1):
        bars = [_bar(chance, eighths) for _ in range(8)]
        music = f"|: {' | '.join(bars[:4])} |1 {bars[4]} :|2 {bars[5]} || {' | '.join(bars[6:])} |]"
        lines.append(f"V:{voice}\n{music}" if voices > 1 else f"{music}\nw: one two-three four")
    return f"{head}K:{key}\n" + "\n".join(lines) + "\n"


def _bar(chance: random.Random, eighths: int) -> str:
    parts = [f'"{chance.choice(CHORDS)}"']
    left = eighths
    while left:
        note = chance.choice(("", "", "", "^", "_", "=")) + chance.choice("CDEFGABcdefgab")
        kinds = ["one", "two", "three", "pair"] if left > 2 else ["one", "pair"]
        kind = chance.choice([*kinds, *(["triplet", "grace"] if left > 1 else [])])
        if kind == "triplet":
            parts.append("(3" + "".join(chance.choice("CDEFGAB") for _ in range(3)))
            left -= 2
        elif kind == "grace":
            parts.append(f"{{{chance.choice('cdef')}}}{note}2")
            left -= 2
        elif kind == "pair":
            parts.append(f"{note}/{chance.choice('cde')}/ ")
            left -= 1
        else:
            size = {"one": 1, "two": 2, "three": 3}[kind]
            parts.append(f"{chance.choice((note, note, 'z', f'[{note[-1]}g]'))}{size}")
            left -= size
    return "".join(parts)


def performance(chance: random.Random, beat: float, in_bar: int) -> list[tuple[float, float, int]]:
    """A melody with human timing as (onset and end in seconds, pitch): 12 bars."""
    scale = (60, 62, 64, 65, 67, 69, 71, 72)
    notes, place, step = [], 0.0, 4
    while place < 12 * in_bar:
        length = 1.0 if place % in_bar == 0 else chance.choice((0.5, 0.5, 1.0))
        step = max(0, min(7, step + chance.choice((-2, -1, -1, 1, 1, 2))))
        onset = max(0.0, place * beat + chance.gauss(0, 0.012)) + 0.1
        notes.append((onset, onset + 0.9 * length * beat, scale[step]))
        place += length
    return notes


def midi_file(notes: Sequence[tuple[float, float, int]]) -> bytes:
    """A MIDI file of one track at 1000 ticks a second, written by hand.

    The package's own writer is under test, so it must not write the inputs.
    """
    events = [(round(on * 1000), 1, pitch) for on, _, pitch in notes]
    events += [(round(off * 1000), 0, pitch) for _, off, pitch in notes]
    body, now = b"", 0
    for tick, on, pitch in sorted(events):
        step = tick - now
        delta = bytes((step & 127,)) if step < 128 else bytes((step >> 7 | 128, step & 127))
        body += delta + bytes((0x90 if on else 0x80, pitch, 80 * on))
        now = tick
    body += b"\x00\xff\x2f\x00"
    head = struct.pack(">4sIHHH", b"MThd", 6, 0, 1, 500)
    return head + struct.pack(">4sI", b"MTrk", len(body)) + body


def write_wave(path: Path, notes: Sequence[tuple[float, float, int]]) -> None:
    """The notes as plucked tones of four partials, 16 bits, mono."""
    samples = [0.0] * int((notes[-1][1] + 0.5) * RATE)
    for on, off, pitch in notes:
        pace = 2 * pi * 440 * 2 ** ((pitch - 69) / 12) / RATE
        first, count = int(on * RATE), int((off - on) * RATE)
        for i in range(count):
            fade = min(1.0, i / 100) * (1 - i / count)
            samples[first + i] += fade * sum(sin(k * pace * i) / k**1.5 for k in (1, 2, 3, 4))
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(b"".join(struct.pack("<h", int(8000 * s)) for s in samples))


def add_collections(data: Path, folder: Path) -> None:
    """Two files of notation from each collection's first archive, and from loose files."""
    for collection in sorted(path for path in data.iterdir() if path.is_dir()):
        archives = sorted(collection.glob("*.tar.gz")) + sorted(collection.glob("*.tar"))
        chosen = _members(archives[0]) if archives else _loose(collection)
        for number, (suffix, content) in enumerate(chosen):
            (folder / f"data-{collection.name}-{number}{suffix}").write_bytes(content)


def _members(archive: Path) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(archive) as tar:
        fitting = 0
        for member in tar:
            suffix = Path(member.name).suffix.lower()
            if not member.isfile() or suffix not in NOTATION or member.size > LARGEST:
                continue
            fitting += 1
            if fitting in (3, 17):
                file = tar.extractfile(member)
                assert file is not None
                yield suffix, file.read()
            if fitting == 17:
                return


def _loose(collection: Path) -> Iterator[tuple[str, bytes]]:
    paths = [p for p in files_under(collection) if p.suffix.lower() in NOTATION]
    for path in [p for p in paths if p.stat().st_size < LARGEST][:2]:
        yield path.suffix.lower(), path.read_bytes()


if __name__ == "__main__":
    sys.exit(main())
