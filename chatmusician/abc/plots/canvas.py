"""What the plots share: a figure without global state, colours, names, safe text."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from functools import lru_cache
from typing import Any

from chatmusician.abc.pictures.fonts import families_for
from chatmusician.abc.pictures.packages import load
from chatmusician.abc.timeline import timeline
from chatmusician.abc.timing import Timeline, VoiceLine
from chatmusician.abc.tune import Tune
from chatmusician.errors import InputError, UsageError
from chatmusician.music.pitch import FLAT_NAMES, SHARP_NAMES, STEP_SEMITONES

# Okabe and Ito's colours, which colour-blind people can tell apart.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#666666")
WHITE_KEYS = STEP_SEMITONES
SHARPS = tuple(name.replace("#", "♯") for name in SHARP_NAMES)
FLATS = tuple(name.replace("b", "♭") for name in FLAT_NAMES)
DPI = 100
_FACE = "DejaVu Sans"
# matplotlib's caches of fonts are not made for several threads.
_LOCK = threading.Lock()


def sounding(tune: Tune) -> Timeline:
    """The tune in time; InputError where nothing sounds."""
    line = timeline(tune)
    if not any(voice.tones for voice in line.voices):
        raise InputError(f"X:{tune.x} has no notes to plot")
    return line


def names_in(line: Timeline) -> tuple[str, ...]:
    """Names of the twelve tones: flats in a key with flats."""
    return FLATS if sum(line.key.accidentals) < 0 else SHARPS


def first_number(voice: VoiceLine) -> int:
    """The number of the first bar, as in scores: a pickup is bar 0."""
    first = voice.measures[0] if voice.measures else None
    return 0 if first and 0 < first.length < first.want else 1


def beat_of(line: Timeline) -> tuple[Fraction, str]:
    """The beat in quarter notes and what it is called: a dotted quarter in 6/8 and the like."""
    if line.meter.compound and line.meter.den == 8:
        return Fraction(3, 2), "dotted quarter notes"
    return Fraction(1), "quarter notes"


@contextmanager
def figure(width: int, height: float) -> Iterator[Any]:
    """An empty figure `width` pixels wide and `height` inches high."""
    if not 400 <= width <= 10_000:
        raise UsageError(f"the width {width} is not between 400 and 10000")
    make = load("matplotlib.figure").Figure
    with _LOCK:
        # Laid out for 1000 pixels; other widths are the same picture, finer or coarser.
        yield make(figsize=(1000 / DPI, height), dpi=DPI * width / 1000, layout="constrained")


def png(drawn: Any, title: str) -> bytes:
    canvas = load("matplotlib.backends.backend_agg").FigureCanvasAgg(drawn)
    made = io.BytesIO()
    canvas.print_png(made, metadata={"Title": title[:70].encode("ascii", "replace").decode()})
    return made.getvalue()


def plain(text: Any, words: str) -> None:
    """Give a text of matplotlib its words as they are: no formulas, and a font that has them."""
    own = _reach()
    others = {c for c in words if c not in own and not c.isspace()}
    found, missing = families_for(others) if others else ({}, "")
    shown = "".join("\N{WHITE SQUARE}" if c in missing else c for c in words)
    text.set_parse_math(False)
    text.set_fontfamily([_FACE, *sorted(set(found.values()))])
    text.set_text("".join(c for c in shown if c.isprintable()))


@lru_cache(maxsize=1)
def _reach() -> frozenset[str]:
    manager = load("matplotlib.font_manager")
    return frozenset(map(chr, manager.get_font(manager.findfont(_FACE)).get_charmap()))


def shortened(words: str, most: int) -> str:
    return words if len(words) <= most else words[: most - 1].rstrip() + "…"
