"""Four views of a tune: its tones, its lengths, its line and its bars."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from chatmusician.abc.playing import tones_by_measure
from chatmusician.abc.plots.canvas import (
    COLOURS,
    WHITE_KEYS,
    figure,
    first_number,
    names_in,
    plain,
    png,
    shortened,
    sounding,
)
from chatmusician.abc.timing import Measure, Timeline, Tone, VoiceLine
from chatmusician.abc.tune import Tune

_BARS_IN_ROW = 16
_MOST_LENGTHS = 12
_ONCE = "#e4e4e4"
_PALETTE = (*COLOURS[:6], "#F0E442", "#8C564B", "#7F7FFF", "#A6D854", "#B3B3B3", "#FF9DA7")


@dataclass(frozen=True)
class Spread:
    """Lowest, mean and highest pitch of a bar; the mean is weighted by length."""

    low: int
    mean: float
    high: int


def overview(tune: Tune, *, width: int = 1000) -> bytes:
    """A PNG with the tones used, the note lengths, the contour by bar, and equal bars."""
    line = sounding(tune)
    voice = max(line.voices, key=lambda v: (len(v.tones) > 0, -line.voices.index(v)))
    groups = equal_bars(voice)
    rows = -(-len(groups) // _BARS_IN_ROW)
    bars_height = 0.6 + 0.32 * min(rows, 40)
    with figure(width, 6.2 + bars_height) as drawn:
        grid = drawn.add_gridspec(3, 2, height_ratios=(2.6, 2.6, bars_height))
        _tones(drawn.add_subplot(grid[0, 0]), line)
        _lengths(drawn.add_subplot(grid[0, 1]), line)
        _contour(drawn.add_subplot(grid[1, :]), line, voice)
        _bars(drawn.add_subplot(grid[2, :]), voice, groups)
        facts = ", ".join(f for f in (line.key.name, line.meter.name) if f)
        title = shortened(tune.title or f"X:{tune.x}", 80)
        plain(drawn.suptitle(""), f"{title} ({facts})" if facts else title)
        return png(drawn, tune.title)


def tone_shares(line: Timeline) -> list[float]:
    """How much of all sounding time each of the twelve tones has, C first."""
    shares = [0] * 12
    for voice in line.voices:
        for tone in voice.tones:
            shares[int(tone.pitch) % 12] += int(tone.duration)
    total = sum(shares) or 1
    return [share / total for share in shares]


def length_counts(line: Timeline) -> list[tuple[Fraction, int]]:
    """How often each note length occurs, in whole notes, short ones first; the most common."""
    counts = Counter(
        line.quarters(int(tone.duration)) / 4 for voice in line.voices for tone in voice.tones
    )
    return sorted(counts.most_common(_MOST_LENGTHS))


def contour(voice: VoiceLine) -> list[Spread | None]:
    """The pitches of each bar; none where it only rests."""
    return [_spread(tones) for tones in tones_by_measure(voice)[: len(voice.measures)]]


def _spread(tones: list[Tone]) -> Spread | None:
    if not tones:
        return None
    pitches = [int(t.pitch) for t in tones]
    weights = [max(1, int(t.duration)) for t in tones]
    mean = sum(p * w for p, w in zip(pitches, weights, strict=True)) / sum(weights)
    return Spread(min(pitches), mean, max(pitches))


def equal_bars(voice: VoiceLine) -> list[int]:
    """A number for each bar, the same for bars with the same notes; -1 for those met once."""
    contents = [
        (int(m.length), tuple((int(t.onset - m.start), int(t.duration), int(t.pitch)) for t in ts))
        for m, ts in zip(voice.measures, tones_by_measure(voice), strict=False)
    ]
    counts = Counter(contents)
    numbers: dict[object, int] = {}
    return [
        numbers.setdefault(content, len(numbers)) if counts[content] > 1 else -1
        for content in contents
    ]


def _tones(panel: Any, line: Timeline) -> None:
    shares = [100 * share for share in tone_shares(line)]
    in_key = {
        (step + int(alter)) % 12
        for step, alter in zip(WHITE_KEYS, line.key.accidentals, strict=True)
    }
    colours = [COLOURS[0] if tone in in_key else COLOURS[1] for tone in range(12)]
    panel.bar(range(12), shares, color=colours)
    panel.set_xticks(range(12), names_in(line))
    panel.set_ylabel("% of sounding time")
    panel.set_title("Tones (orange: not in the key signature)", fontsize=10)
    _tidy(panel)


def _lengths(panel: Any, line: Timeline) -> None:
    counts = length_counts(line)
    panel.bar(range(len(counts)), [count for _, count in counts], color=COLOURS[2])
    panel.set_xticks(range(len(counts)), [str(length) for length, _ in counts])
    panel.set_ylabel("notes")
    panel.set_title("Note lengths (of a whole note)", fontsize=10)
    _tidy(panel)


def _contour(panel: Any, line: Timeline, voice: VoiceLine) -> None:
    spreads = contour(voice)
    first = first_number(voice)
    known = [(number, s) for number, s in enumerate(spreads, start=first) if s]
    bars = [number for number, _ in known]
    panel.vlines(bars, [s.low for _, s in known], [s.high for _, s in known], color="#9ecae1", lw=4)
    panel.plot(bars, [s.mean for _, s in known], "o-", color=COLOURS[0], ms=4, lw=1.2)
    low, high = min(s.low for _, s in known), max(s.high for _, s in known)
    names = names_in(line)
    white = [p for p in range(low, high + 1) if p % 12 in WHITE_KEYS] or [low]
    ticks = white[:: max(1, len(white) // 8)]
    panel.set_yticks(ticks, [f"{names[p % 12]}{p // 12 - 1}" for p in ticks])
    panel.set_xlim(first - 0.6, first + len(spreads) - 0.4)
    panel.locator_params(axis="x", integer=True)
    panel.set_xlabel("bar")
    panel.set_title("Line: mean and range of pitch in each bar of the first voice", fontsize=10)
    _tidy(panel)


def _bars(panel: Any, voice: VoiceLine, groups: list[int]) -> None:
    """Bars as cells, sixteen in a row; equal bars have one colour and letter."""
    most = _BARS_IN_ROW * 40
    first = first_number(voice)
    shown = range(min(len(groups), most))
    panel.barh(
        [-(number // _BARS_IN_ROW) for number in shown],
        0.96,
        left=[number % _BARS_IN_ROW for number in shown],
        height=0.8,
        color=[_ONCE if g < 0 else _PALETTE[g % len(_PALETTE)] for g in groups[:most]],
        align="center",
    )
    for number, measure, group in zip(shown, voice.measures, groups, strict=False):
        row, column = divmod(number, _BARS_IN_ROW)
        letter = "" if group < 0 else _letter(group)
        panel.text(column + 0.48, -row, letter, ha="center", va="center", fontsize=9, weight="bold")
        panel.text(column + 0.04, -row + 0.36, str(first + number), va="top", fontsize=6)
        _repeat_signs(panel, measure, column, -row)
    for text in panel.texts:
        text.set_in_layout(False)
    rows = -(-min(len(groups), most) // _BARS_IN_ROW)
    panel.set_xlim(-0.2, _BARS_IN_ROW + 0.2)
    panel.set_ylim(-rows + 0.4, 0.6)
    panel.set_axis_off()
    more = f" (the first {most} of {len(groups)})" if len(groups) > most else ""
    title = "Bars: equal ones share colour and letter; repeats and endings as in the score"
    panel.set_title(title + more, fontsize=10)


def _letter(group: int) -> str:
    return chr(97 + group % 26) + (str(group // 26) if group >= 26 else "")


def _repeat_signs(panel: Any, measure: Measure, column: int, row: int) -> None:
    style = {"va": "center", "fontsize": 10, "weight": "bold"}
    if measure.opens:
        panel.text(column, row - 0.02, "|:", ha="left", **style)
    if measure.closes:
        panel.text(column + 0.96, row - 0.02, ":|", ha="right", **style)
    if measure.endings:
        numbers = ",".join(map(str, measure.endings))
        panel.text(column + 0.9, row + 0.36, f"[{numbers}", ha="right", va="top", fontsize=7)


def _tidy(panel: Any) -> None:
    panel.tick_params(labelsize=8)
    panel.grid(axis="y", color="#dddddd", lw=0.6)
    panel.set_axisbelow(True)
    for side in ("top", "right"):
        panel.spines[side].set_visible(False)
