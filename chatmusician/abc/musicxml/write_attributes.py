"""<attributes> and <barline>: keys, meters, clefs, repeats, endings."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from chatmusician.abc.fields import Key
from chatmusician.abc.musicxml.layout import Change, Part, ScoreBar, Staff
from chatmusician.abc.musicxml.write_text import escape
from chatmusician.abc.tune import (
    BAR_DOTTED,
    BAR_DOUBLE,
    BAR_FINAL,
    BAR_HEAVY_START,
    BAR_INVISIBLE,
)
from chatmusician.music.keys import MODE_FIFTHS, SHARP_ORDER, key_fifths, signature
from chatmusician.music.meter import Meter
from chatmusician.music.pitch import STEP_LETTERS

_CLEFS: Final = {
    "": ("G", 2),
    "treble": ("G", 2),
    "bass": ("F", 4),
    "alto": ("C", 3),
    "tenor": ("C", 4),
    "soprano": ("C", 1),
    "mezzosoprano": ("C", 2),
    "baritone": ("F", 3),
    "g": ("G", 2),
    "f": ("F", 4),
    "c": ("C", 3),
    "perc": ("percussion", 0),
    "drum": ("percussion", 0),
    "p": ("percussion", 0),
    "none": ("none", 0),
}
_STYLES: Final = {
    BAR_DOUBLE: "light-light",
    BAR_FINAL: "light-heavy",
    BAR_HEAVY_START: "heavy-light",
    BAR_DOTTED: "dotted",
    BAR_INVISIBLE: "none",
}
_MOST_FIFTHS: Final = 7
# Diatonic steps of an interval of so many semitones.
_DIATONIC: Final = (0, 1, 1, 2, 2, 3, 3, 4, 5, 5, 6, 6)


def attributes(
    part: Part, changes: list[Change], divisions: int, new_id: Callable[[str], str]
) -> list[str]:
    """The children of <attributes>; ``divisions`` above 0 marks the first bar of the part."""
    first = divisions > 0
    key = part.key if first else None
    meter = part.meter if first else None
    staff = part.staff if first else None
    for change in changes:
        key = change.key or key
        meter = change.meter or meter
        staff = change.staff or staff
    found = [f"<divisions>{divisions}</divisions>"] if first else []
    if key is not None:
        found.append(key_element(key, new_id))
    if meter is not None:
        found.append(time_element(meter))
    if staff is not None:
        found += staff_elements(staff, first)
    return found


def key_element(key: Key, new_id: Callable[[str], str]) -> str:
    """Fifths and mode where they say it all, else each accidental of the signature.

    What MusicXML has no word for, such as ``K:Hp`` and ``K:D exp ^f``, is told by the id.
    """
    hidden = ' print-object="no"' if key.mode == "HP" else ""
    fifths = _fifths(key)
    named = key.tonic and not key.explicit and key.mode in MODE_FIFTHS
    mode = key.mode if named else "none" if not key.tonic and key.mode == "none" else ""
    if not mode or fifths is None:
        tonic = key.tonic.replace("#", "sharp")
        hidden += f' id="{new_id(f"key-{tonic}-{key.mode}")}"'
    if fifths is not None:
        inner = f"<fifths>{fifths}</fifths>" + (f"<mode>{mode}</mode>" if mode else "")
        return f"<key{hidden}>{inner}</key>"
    steps = [step for step in SHARP_ORDER if key.accidentals[step] > 0]
    steps += [step for step in SHARP_ORDER[::-1] if key.accidentals[step] < 0]
    inner = "".join(
        f"<key-step>{STEP_LETTERS[step]}</key-step><key-alter>{key.accidentals[step]}</key-alter>"
        for step in steps
    )
    return f"<key{hidden}>{inner}</key>"


def _fifths(key: Key) -> int | None:
    if key.tonic and not key.explicit and key.mode in MODE_FIFTHS:
        fifths = key_fifths(key.tonic, key.mode)
        return fifths if abs(fifths) <= _MOST_FIFTHS else None
    for fifths in range(-_MOST_FIFTHS, _MOST_FIFTHS + 1):
        if signature(fifths) == key.accidentals:
            return fifths
    return None


def time_element(meter: Meter) -> str:
    if meter.free:
        return '<time print-object="no"><senza-misura/></time>'
    text = re.sub(r"\s+", "", meter.text)
    symbol = {"C": "common", "c": "common", "C|": "cut", "c|": "cut"}.get(text, "")
    sign = f' symbol="{symbol}"' if symbol else ""
    beats = re.match(r"\(?(\d+(?:\+\d+)+)", text)
    top = beats[1] if beats else str(meter.num)
    return f"<time{sign}><beats>{top}</beats><beat-type>{meter.den}</beat-type></time>"


def staff_elements(staff: Staff, first: bool) -> list[str]:
    found = [clef_element(staff)]
    if staff.lines:
        found.append(f"<staff-details><staff-lines>{staff.lines}</staff-lines></staff-details>")
    if staff.transpose or not first:
        octaves, semitones = divmod(abs(staff.transpose), 12)
        sign = -1 if staff.transpose < 0 else 1
        octave = f"<octave-change>{sign * octaves}</octave-change>" if octaves else ""
        found.append(
            f"<transpose><diatonic>{sign * _DIATONIC[semitones]}</diatonic>"
            f"<chromatic>{sign * semitones}</chromatic>{octave}</transpose>"
        )
    return found


def clef_element(staff: Staff) -> str:
    named = re.match(r"([A-Za-z]*)([1-5]?)", staff.clef)
    name, digit = (named[1].lower(), named[2]) if named else ("", "")
    sign, line = _CLEFS.get(name, _CLEFS[""])
    if digit and line:
        line = int(digit)
    octave = staff.clef_octave
    return (
        f"<clef><sign>{escape(sign)}</sign>"
        + (f"<line>{line}</line>" if line else "")
        + (f"<clef-octave-change>{octave}</clef-octave-change>" if octave else "")
        + "</clef>"
    )


# -- bar lines ----------------------------------------------------------------


def bar_lines(bar: ScoreBar, before: ScoreBar | None) -> tuple[list[str], list[str]]:
    """The bar line at the left and that at the right, where they are not plain ones."""
    left = _barline(
        "left",
        "heavy-light" if bar.opens else _STYLES.get(bar.left, ""),
        ending=_ending(bar.ending, "start"),
        repeat='<repeat direction="forward"/>' if bar.opens else "",
    )
    stop = "stop" if bar.closes else "discontinue"
    times = max(bar.closes, 1) + 1
    repeat = f' times="{times}"' if times > 2 else ""
    right = _barline(
        "right",
        "light-heavy" if bar.closes else _STYLES.get(bar.right, ""),
        fermata='<fermata type="upright"/>' if bar.fermata else "",
        ending=_ending(bar.ending_stops, stop),
        repeat=f'<repeat direction="backward"{repeat}/>' if bar.closes else "",
    )
    return left, right


def _ending(numbers: tuple[int, ...], kind: str) -> str:
    if not numbers:
        return ""
    text = ",".join(str(number) for number in numbers if number > 0) or "1"
    return f'<ending number="{text}" type="{kind}"/>'


def _barline(side: str, style: str, *, ending: str, repeat: str, fermata: str = "") -> list[str]:
    if not (style or ending or repeat or fermata):
        return []
    shown = f"<bar-style>{style}</bar-style>" if style else ""
    return [f'<barline location="{side}">{shown}{fermata}{ending}{repeat}</barline>']
