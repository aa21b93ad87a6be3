"""The piano roll: pitch over time, as written, in rows that stay readable."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from chatmusician.abc.encoding import read_text
from chatmusician.abc.pictures.packages import load
from chatmusician.abc.plots.canvas import (
    COLOURS,
    WHITE_KEYS,
    beat_of,
    figure,
    first_number,
    names_in,
    plain,
    png,
    shortened,
    sounding,
)
from chatmusician.abc.timing import Timeline, Tone
from chatmusician.abc.tune import Tune

_ROW_QUARTERS = 32
_MOST_ROWS = 30


@dataclass(frozen=True)
class Row:
    """A stretch of time, in ticks, that fills one row; bars are kept whole."""

    start: int
    end: int


def piano_roll(tune: Tune, *, width: int = 1000) -> bytes:
    """A PNG: voices in colours, bar lines with numbers, chord symbols above, note names."""
    line = sounding(tune)
    pitches = [int(tone.pitch) for voice in line.voices for tone in voice.tones]
    low, high = min(pitches) - 1, max(pitches) + 1
    rows = rows_of(line)
    length = max(row.end - row.start for row in rows)
    row_height = 0.75 + 0.1 * min(60, high - low)
    with figure(width, 0.7 + row_height * len(rows)) as drawn:
        panels = drawn.subplots(len(rows), 1, squeeze=False)[:, 0]
        for panel, row in zip(panels, rows, strict=True):
            _draw_row(panel, line, row, length, low, high)
        panels[-1].set_xlabel(f"beats ({beat_of(line)[1]})")
        plain(drawn.suptitle(""), shortened(tune.title or f"X:{tune.x}", 90))
        # Room for the chord symbols, which stand above each row.
        drawn.get_layout_engine().set(h_pad=0.12)
        if len(line.voices) > 1:
            _legend(panels[0], line)
        return png(drawn, tune.title)


def rows_of(line: Timeline) -> list[Row]:
    """Whole bars of the voice that lasts longest, some eight of 4/4 in a row."""
    measures = max((v.measures for v in line.voices), key=lambda m: m[-1].start if m else 0)
    end = max(int(t.onset + t.duration) for v in line.voices for t in v.tones)
    end = max(end, int(measures[-1].start + measures[-1].length))
    room = max(_ROW_QUARTERS * line.resolution // 4, end // _MOST_ROWS)
    rows: list[Row] = []
    start = 0
    for measure in measures:
        upto = int(measure.start + measure.length)
        if upto - start > room * 1.05 and int(measure.start) > start:
            rows.append(Row(start, int(measure.start)))
            start = int(measure.start)
    return [*rows, Row(start, end)]


def _draw_row(panel: Any, line: Timeline, row: Row, length: int, low: int, high: int) -> None:
    """One row; `length` is that of the longest, so that all have one scale."""
    beat = line.resolution // 4 * beat_of(line)[0]
    for pitch in range(low, high + 1):
        if pitch % 12 not in WHITE_KEYS:
            panel.axhspan(pitch - 0.5, pitch + 0.5, color="#f0f0f0", zorder=0)
    for number, voice in enumerate(line.voices):
        inside = [t for t in voice.tones if t.onset < row.end and t.onset + t.duration > row.start]
        boxes = [_box(t, beat) for t in inside]
        panel.add_collection(
            load("matplotlib.collections").PolyCollection(
                boxes,
                facecolors=COLOURS[number % len(COLOURS)],
                edgecolors="white",
                linewidths=0.6,
                alpha=0.9 if len(line.voices) == 1 else 0.75,
            )
        )
    _bar_lines(panel, line, row, beat)
    _chords(panel, line, row, beat)
    panel.set_xlim(float(row.start / beat), float((row.start + length) / beat))
    panel.set_ylim(low - 0.5, high + 0.5)
    names = names_in(line)
    shown = [p for p in range(low, high + 1) if p % 12 in WHITE_KEYS]
    if len(shown) > 16:
        shown = [p for p in shown if p % 12 in (0, 4, 7)]
    panel.set_yticks(shown, [f"{names[p % 12]}{p // 12 - 1}" for p in shown], fontsize=7)
    panel.tick_params(axis="x", labelsize=8)
    for side in ("top", "right"):
        panel.spines[side].set_visible(False)


def _box(tone: Tone, beat: Any) -> list[tuple[float, float]]:
    left, right = float(int(tone.onset) / beat), float(int(tone.onset + tone.duration) / beat)
    low, high = int(tone.pitch) - 0.4, int(tone.pitch) + 0.4
    return [(left, low), (left, high), (right, high), (right, low)]


def _bar_lines(panel: Any, line: Timeline, row: Row, beat: Any) -> None:
    voice = line.voices[0]
    for number, measure in enumerate(voice.measures, start=first_number(voice)):
        at = int(measure.start)
        if row.start <= at < row.end:
            strong = bool(measure.opens or measure.section)
            panel.axvline(float(at / beat), color="#555555", lw=1.6 if strong else 0.7, zorder=1)
            _note_at(panel, at / beat, 0, fontsize=7, color="#777777").set_text(str(number))


def _chords(panel: Any, line: Timeline, row: Row, beat: Any) -> None:
    shown: set[tuple[int, str]] = set()
    for voice in line.voices:
        for mark in voice.chord_symbols:
            at, words = int(mark.onset), read_text(mark.text)
            if row.start <= at < row.end and (at, words) not in shown:
                shown.add((at, words))
                written = _note_at(panel, at / beat, 1, fontsize=9, fontweight="bold")
                plain(written, shortened(words, 14))


def _note_at(panel: Any, x: Any, y: int, **style: Any) -> Any:
    """An empty text at the lower or upper edge, which the layout need not measure."""
    written = panel.annotate(
        "",
        (float(x), y),
        xycoords=("data", "axes fraction"),
        xytext=(1, 2),
        textcoords="offset points",
        **style,
    )
    written.set_in_layout(False)
    return written


def _legend(panel: Any, line: Timeline) -> None:
    patch = load("matplotlib.patches").Patch
    made = panel.legend(
        handles=[
            patch(color=COLOURS[n % len(COLOURS)], label="voice")
            for n in range(min(len(line.voices), 12))
        ],
        fontsize=8,
        loc="upper right",
    )
    for text, voice in zip(made.get_texts(), line.voices, strict=False):
        plain(text, f"voice {shortened(voice.id, 20)}")
