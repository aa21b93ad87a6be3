"""The report of a transcription: sound, notes, beats and score, row by row, as one HTML page."""

from __future__ import annotations

import base64
import html
from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

from chatmusician import abc
from chatmusician.abc.pictures import PageOptions, draw
from chatmusician.abc.plots.canvas import COLOURS, figure, png
from chatmusician.abc.transform import take_bars
from chatmusician.errors import ChatMusicianError
from chatmusician.music.meter import parse_meter
from chatmusician.transcription.audio import open_recording
from chatmusician.transcription.written import Written, WrittenBar

if TYPE_CHECKING:
    from chatmusician.abc.tune import Tune
    from chatmusician.transcription.audio import Samples
    from chatmusician.transcription.transcribe import Transcription

_ROW_SECONDS: Final = 9.0
_ROW_BARS: Final = 4
_MOST_ROWS: Final = 200
_RATE: Final = 11_025
# Points of the waveform a second.
_POINTS: Final = 105
_DOUBTFUL: Final = 0.5
_STYLE: Final = """
body { font-family: sans-serif; max-width: 1040px; margin: 1em auto; color: #222 }
section { border-top: 1px solid #ccc; padding: .6em 0 } img { width: 100%; display: block }
svg { width: 100%; height: auto } pre { background: #f4f4f4; padding: .8em; overflow-x: auto }
td, th { padding: .1em 1em .1em 0; text-align: left } .legend { color: #555 }"""
_LEGEND: Final = """Above, the sound with its beats (dashed) and bar lines with their numbers;
below it the notes as heard, the fainter the less sure, and at | where the score puts them. Bars
on a yellow ground are those that are least certain. Then the score of the same bars."""


def report(made: Transcription, path: str, data: bytes | None = None) -> bytes:
    """A page that needs no other file. ``path`` or ``data`` is what was transcribed."""
    wave = waveform(path, data) if made.performance.is_audio else None
    tune = abc.read(made.abc).tunes[0]
    rows = rows_of(made.written.bars)
    parts = [_head(made)]
    for row in rows[:_MOST_ROWS]:
        picture = base64.b64encode(_strip(made, row, wave)).decode()
        parts.append(f'<section><img alt="" src="data:image/png;base64,{picture}">')
        parts.append(_score(tune, row) + "</section>")
    if len(rows) > _MOST_ROWS:
        parts.append(f"<p>{len(rows) - _MOST_ROWS} more rows are left out.</p>")
    parts.append(f"<h2>ABC</h2><pre>{html.escape(made.abc)}</pre></body></html>")
    return "\n".join(parts).encode()


def waveform(path: str, data: bytes | None = None) -> Samples:
    """The loudest of each hundredth of a second or so."""
    import numpy as np

    size = _RATE // _POINTS
    left: Samples = np.zeros(0, np.float32)
    points = []
    with open_recording(path, data) as recording:
        for block in recording.blocks(_RATE):
            sound = np.concatenate([left, np.abs(block)])
            count = len(sound) // size
            points.append(sound[: count * size].reshape(count, size).max(axis=1, initial=0))
            left = sound[count * size :]
    return np.concatenate(points) if points else left


def rows_of(bars: Sequence[WrittenBar]) -> list[list[WrittenBar]]:
    """Bars side by side that also stand side by side in the text, some seconds in a row."""
    rows: list[list[WrittenBar]] = []
    for bar in bars:
        row = rows[-1] if rows else []
        follows = row and bar.measure == row[-1].measure + 1 and len(row) < _ROW_BARS
        if follows and bar.end - row[0].start <= _ROW_SECONDS:
            row.append(bar)
        else:
            rows.append([bar])
    return rows


def _head(made: Transcription) -> str:
    found, written = made.performance, made.written
    facts = [
        ("heard by", found.method),
        ("length", f"{found.seconds:.1f} s, {len(found.notes)} notes"),
        ("meter", _sure(written.meter, written.confidence.get("meter"))),
        ("key", _sure(written.key, written.confidence.get("key"))),
        ("tempo", f"{written.tempo:.0f} beats a minute"),
        ("remarks", "; ".join(made.remarks) or "none"),
    ]
    rows = "".join(f"<tr><th>{k}</th><td>{html.escape(v)}</td></tr>" for k, v in facts)
    title = html.escape(made.source)
    return f"""<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<style>{_STYLE}</style></head><body><h1>{title}</h1><table>{rows}</table>
<p class="legend">{_LEGEND}</p>"""


def _sure(value: str, confidence: float | None) -> str:
    return value if confidence is None else f"{value} ({confidence:.0%} sure)"


def _strip(made: Transcription, row: list[WrittenBar], wave: Samples | None) -> bytes:
    start, end = row[0].start, row[-1].end
    pitches = [n.pitch for n in made.performance.notes] or [60]
    low, high = min(pitches) - 2, max(pitches) + 2
    with figure(1000, 1.3 + 0.04 * (high - low)) as drawn:
        heights = [1, 1 + 0.04 * (high - low)]
        above, below = drawn.subplots(2, 1, sharex=True, height_ratios=heights)
        drawn.get_layout_engine().set(h_pad=0.02, hspace=0)
        if wave is not None:
            _draw_wave(above, wave, start, end)
        _draw_notes(below, made, row)
        for panel in (above, below):
            _draw_time(panel, made, row)
        above.set_yticks([])
        below.set_ylim(low, high)
        below.set_yticks([c for c in range(0, 128, 12) if low <= c <= high])
        below.set_yticklabels([f"C{c // 12 - 1}" for c in below.get_yticks()])
        above.set_xlim(start, end)
        below.set_xlabel("seconds", fontsize=7)
        for panel in (above, below):
            panel.tick_params(labelsize=7)
        for bar in row:
            label = f" {made.number(bar)}"
            above.text(bar.start, 1.02, label, transform=above.get_xaxis_transform())
        return png(drawn, made.source)


def _draw_wave(panel: Any, wave: Samples, start: float, end: float) -> None:
    import numpy as np

    first, last = max(0, int(start * _POINTS)), max(0, int(end * _POINTS) + 1)
    part = wave[first:last]
    times = (np.arange(len(part)) + first) / _POINTS
    loudest = max(float(wave.max(initial=0)), 1e-6)
    panel.fill_between(times, -part / loudest, part / loudest, color=COLOURS[6], linewidth=0)
    panel.set_ylim(-1, 1)


def _draw_notes(panel: Any, made: Transcription, row: list[WrittenBar]) -> None:
    start, end = row[0].start, row[-1].end
    notes = made.performance.notes
    for note in notes:
        if note.end > start and note.onset < end:
            shade = 0.25 + 0.6 * min(1.0, max(0.0, note.confidence))
            panel.barh(
                note.pitch,
                note.end - note.onset,
                left=note.onset,
                height=0.9,
                color=COLOURS[note.track % 6],
                alpha=shade,
                linewidth=0,
            )
    bars = {bar.number: bar for bar in row}
    for written in made.written.notes:
        bar = bars.get(written.bar)
        if bar is not None:
            at = _time(made.written, bar, written.place)
            panel.plot(at, notes[written.source].pitch, "|", color="black", markersize=6)


def _time(written: Written, bar: WrittenBar, place: Fraction) -> float:
    """When a place in a bar is. Places in a pickup count from where its bar would begin."""
    length = parse_meter(written.meter).length * 4
    short = bar.number == 0 and written.pickup > 0
    share = 1 - (length - place) / written.pickup if short else place / length
    return bar.start + float(share) * (bar.end - bar.start)


def _draw_time(panel: Any, made: Transcription, row: list[WrittenBar]) -> None:
    start, end = row[0].start, row[-1].end
    for beat in made.written.beats:
        if start <= beat.time < end and beat.number != 1:
            panel.axvline(beat.time, color=COLOURS[5], linewidth=0.7, linestyle="--")
    for bar in row:
        panel.axvline(bar.start, color=COLOURS[1], linewidth=1.2)
        if bar.confidence < _DOUBTFUL:
            panel.axvspan(bar.start, bar.end, color="#F0E442", alpha=0.3, linewidth=0)


def _score(tune: Tune, row: list[WrittenBar]) -> str:
    try:
        cut = take_bars(tune, row[0].measure + 1, row[-1].measure + 1)
        drawn = draw(_untitled(cut), page=PageOptions("fit:260"))
    except ChatMusicianError as error:
        return f"<p>The score could not be drawn: {html.escape(str(error))}</p>"
    return drawn.pages[0].decode()


def _untitled(tune: Tune) -> Tune:
    kept = [line for line in tune.text.split("\n") if line[:2] not in ("T:", "N:", "Q:")]
    return abc.read("\n".join(kept)).tunes[0]
