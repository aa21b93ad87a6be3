"""The events shape as text: what is written in pieces is what a plain reading gives."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path
from random import Random
from typing import Any

import pytest

import chatmusician
from chatmusician import abc
from chatmusician.abc.check import check_text
from chatmusician.abc.events import expanded
from chatmusician.abc.events_text import EventsText
from chatmusician.abc.playing import playing_order, runs, tones_by_measure
from chatmusician.abc.timing import Timeline, Tone, VoiceLine
from chatmusician.cli import main
from chatmusician.conversion import write_events
from tests.fuzz.inputs import HOSTILE

HEAD = "X:{x}\nT:Tune {x}\nM:4/4\nL:1/8\nK:D\n"
BARS = (
    "DEFG ABcd|",
    "[DFA]4 [D2F4A]4|",
    "D4-D2E2&F8|",
    "D8-|D8|",
    "(3DEF G>A B<c d2|",
    "A4-A4:|",
    "|:DEFG A4-|1 A8:|2 A4 z4|",
    "&&D8|",
    "G2&A8-&B2|A4 z4|",
    "P:A\nDEFG A4|",
    "z8|Z2|",
    "[V:2]D8|[V:1]A8|",
)


def groups(tones: list[Tone]) -> list[tuple[int, int, list[int]]]:
    found: dict[tuple[int, int, int], list[int]] = {}
    for tone in tones:
        key = (int(tone.onset), int(tone.duration), int(tone.element))
        found.setdefault(key, []).append(int(tone.pitch))
    ordered = [(key[0], key[1], sorted(pitches)) for key, pitches in found.items()]
    return sorted(ordered, key=lambda entry: (entry[0], entry[2]))


def played(line: Timeline, voice: VoiceLine, order: Any) -> list[tuple[int, int, list[int]]]:
    """One voice run by run; at a jump a tie is cut, and its end is struck again."""
    found = []
    by_measure = tones_by_measure(voice)
    for first, last, start in runs(order):
        begin = int(voice.measures[first].start)
        end = int(voice.measures[last].start + voice.measures[last].length)
        jumps = last + 1 < len(voice.measures)
        for onset, length, pitches in groups([t for m in by_measure[first : last + 1] for t in m]):
            cut = jumps and onset < end
            kept = min(length, end - onset) if cut else length
            found.append((onset + start - begin, kept, pitches))
        held = [t for t in by_measure[first - 1] if t.onset + t.duration > begin] if first else []
        for onset, length, pitches in groups(held):
            found.append((start, min(onset + length, end) - begin, pitches))
    return found


def plain(line: Timeline) -> list[list[Any]]:
    """``expanded`` the plain way: everything is gathered, then sorted."""
    found = []
    for voice, order in zip(line.voices, playing_order(line)[0], strict=True):
        found.extend(played(line, voice, order))
    found.sort(key=lambda entry: (entry[0], entry[2]))
    return in_quarters(line, found)


def in_quarters(line: Timeline, found: list[tuple[int, int, list[int]]]) -> list[list[Any]]:
    return [[str(line.quarters(o)), str(line.quarters(d)), pitches] for o, d, pitches in found]


def long_tune(seed: int, size: int = 2500, bars: tuple[str, ...] = BARS) -> str:
    random = Random(seed)
    chosen = random.sample(bars, min(5, len(bars)))
    return HEAD.format(x=seed) + "".join(random.choice(chosen) + "\n" for _ in range(size))


@pytest.mark.parametrize("seed", range(6))
def test_a_long_tune_sounds_as_when_it_is_sorted_as_a_whole(seed: int) -> None:
    line = abc.timeline(abc.read(long_tune(seed)).tunes[0])
    assert sum(len(voice.tones) for voice in line.voices) > 4096
    assert expanded(line) == plain(line)


@pytest.mark.parametrize("seed", range(6))
def test_the_notes_as_written_are_those_of_the_timeline(seed: int) -> None:
    book = abc.read(long_tune(seed, 300))
    line = abc.timeline(book.tunes[0])
    (tune,) = abc.to_events(book)["tunes"]
    for voice, shape in zip(line.voices, tune["voices"], strict=True):
        wanted = [
            [str(line.quarters(o)), str(line.quarters(d)), p] for o, d, p in groups(voice.tones)
        ]
        assert shape["notes"] == wanted


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_hostile_shapes_sound_as_when_they_are_sorted_as_a_whole(name: str) -> None:
    for tune in abc.read(HOSTILE[name](6_000)).tunes[:20]:
        line = abc.timeline(tune)
        assert expanded(line) == plain(line)


def test_the_text_has_the_layout_of_json_dumps() -> None:
    pieces: list[str] = []
    book = abc.read(long_tune(3, 40) + "\n" + long_tune(4, 40) + "w: la\n")
    EventsText(pieces.append).book(book.tunes, lambda: book.problems)
    text = "".join(pieces)
    assert text == json.dumps(json.loads(text), ensure_ascii=False)


def test_a_long_tune_goes_out_in_pieces() -> None:
    pieces: list[str] = []
    book = abc.read(HEAD.format(x=1) + "DEFG ABcd|" * 8000)
    EventsText(pieces.append).book(book.tunes, lambda: book.problems)
    assert len(pieces) > 10
    assert max(map(len, pieces)) < 1_000_000


def test_a_book_needs_no_more_memory_than_its_tunes(tmp_path: Path) -> None:
    def peak(tunes: int) -> int:
        book = "\n".join(HEAD.format(x=x) + "DEFG ABcd|\n" * 200 for x in range(tunes))
        (tmp_path / "book.abc").write_text(book, encoding="utf-8")
        tracemalloc.start()
        write_events(str(tmp_path / "book.abc"), len)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most - 3 * len(book)  # the file's bytes, its text, and the list of its lines

    assert peak(100) < 1.5 * peak(10)


def test_checking_a_text_finds_what_checking_its_book_finds() -> None:
    text = "\n".join([long_tune(seed, 20) for seed in range(12)]) + "X:\nK:C\nCDE\n"
    for data in (
        text,
        text.encode(),
        b"",
        text.replace("\n", "\r\n"),
        "no tune",
        b"X:1\nT:\xe9\nK:C\nC4|",
    ):
        book = abc.read(data)
        count, found = check_text(data)
        assert count == len(book.tunes)
        wanted = [d.as_dict() for d in abc.check(book)]
        assert [d.as_dict() for d in found] == wanted


def test_file_standard_output_and_python_agree(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    source = tmp_path / "book.abc"
    source.write_text(long_tune(1, 20) + "\n" + long_tune(2, 20), encoding="utf-8")
    assert main(["convert", str(source), str(tmp_path / "book.json")]) == 0
    assert main(["convert", str(source), "--to", "json"]) == 0
    data = (tmp_path / "book.json").read_bytes()
    assert capfdbinary.readouterr().out == data
    assert data.decode() == chatmusician.convert(source, to="json")
    assert main(["convert", str(source), "--to", "json", "--tune", "2"]) == 0
    (tune,) = json.loads(capfdbinary.readouterr().out)["tunes"]
    assert tune == json.loads(data)["tunes"][1]


def test_a_tune_that_is_not_there_leaves_the_target_as_it_was(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, target = tmp_path / "book.abc", tmp_path / "book.json"
    source.write_text(long_tune(1, 20), encoding="utf-8")
    target.write_text("as it was", encoding="utf-8")
    assert main(["convert", str(source), str(target), "--tune", "9"]) == 2
    assert "it has: 1" in capsys.readouterr().err
    assert target.read_text(encoding="utf-8") == "as it was"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["book.abc", "book.json"]
