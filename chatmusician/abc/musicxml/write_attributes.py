"""<attributes> and <barline>: keys, meters, clefs, repeats, endings."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final, TypeVar

from chatmusician.abc.fields import Key
from chatmusician.abc.musicxml.layout import Change, Part, ScoreBar, ScorePart, Staff
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
_T = TypeVar("_T")
# The note on the line of a clef's sign, in steps above C4.
_SIGN_STEPS: Final = {"G": 4, "F": -4, "C": 0}
# Diatonic steps of an interval of so many semitones.
_DIATONIC: Final = (0, 1, 1, 2, 2, 3, 3, 4, 5, 5, 6, 6)


def attributes(
    score_part: ScorePart,
    changes: list[list[Change]],
    divisions: int,
    new_id: Callable[[str], str],
) -> list[str]:
    """The children of <attributes>.

    ``changes`` are those of each staff; ``divisions`` above 0 marks the first bar of the part.
    """
    first = divisions > 0
    count = len(score_part.staves)
    values = [
        _values(staff.leader if first else None, own)
        for staff, own in zip(score_part.staves, changes, strict=True)
    ]
    found = [f"<divisions>{divisions}</divisions>"] if first else []
    found += _numbered([key for key, _, _ in values], lambda key: key_element(key, new_id))
    found += _numbered([meter for _, meter, _ in values], lambda meter: time_element(meter, new_id))
    if first and count > 1:
        found.append(f"<staves>{count}</staves>")
    staves = [staff for _, _, staff in values]
    found += _numbered(staves, clef_element, always=True)
    details = [None if staff is None else _details(staff, score_part.hidden) for staff in staves]
    found += _numbered([text or None for text in details], str, always=True)
    found += _numbered([_transpose(staff, first) for staff in staves], str)
    return found


def _values(
    part: Part | None, changes: list[Change]
) -> tuple[Key | None, Meter | None, Staff | None]:
    key = part.key if part else None
    meter = part.meter if part else None
    staff = part.staff if part else None
    for change in changes:
        key = change.key or key
        meter = change.meter or meter
        staff = change.staff or staff
    return key, meter, staff


def _numbered(
    values: Sequence[_T | None], write: Callable[[_T], str], *, always: bool = False
) -> list[str]:
    """An element for each staff with its number; one without where all staves have the same.

    ``always`` numbers them in any case, if there are several staves.
    """
    first = values[0]
    if len(values) == 1 or (not always and all(value == first for value in values)):
        return [] if first is None else [write(first)]
    return [
        re.sub(r"^<[\w-]+", rf'\g<0> number="{number}"', write(value))
        for number, value in enumerate(values, 1)
        if value is not None
    ]


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


def time_element(meter: Meter, new_id: Callable[[str], str]) -> str:
    """The meter; the id tells a tune without M: from one with M:none, which sound alike."""
    if meter.free:
        told = "" if meter.text else f' id="{new_id("no-meter")}"'
        return f'<time print-object="no"{told}><senza-misura/></time>'
    text = re.sub(r"\s+", "", meter.text)
    symbol = {"C": "common", "c": "common", "C|": "cut", "c|": "cut"}.get(text, "")
    sign = f' symbol="{symbol}"' if symbol else ""
    beats = re.match(r"\(?(\d+(?:\+\d+)+)", text)
    top = beats[1] if beats else str(meter.num)
    return f"<time{sign}><beats>{top}</beats><beat-type>{meter.den}</beat-type></time>"


def _details(staff: Staff, hidden: bool) -> str:
    lines = f"<staff-lines>{staff.lines}</staff-lines>" if staff.lines else ""
    if hidden:
        return f'<staff-details print-object="no">{lines}</staff-details>'
    return f"<staff-details>{lines}</staff-details>" if lines else ""


def _transpose(staff: Staff | None, first: bool) -> str | None:
    if staff is None or (first and not staff.transpose):
        return None
    octaves, semitones = divmod(abs(staff.transpose), 12)
    sign = -1 if staff.transpose < 0 else 1
    octave = f"<octave-change>{sign * octaves}</octave-change>" if octaves else ""
    return (
        f"<transpose><diatonic>{sign * _DIATONIC[semitones]}</diatonic>"
        f"<chromatic>{sign * semitones}</chromatic>{octave}</transpose>"
    )


def _clef(staff: Staff) -> tuple[str, int]:
    """The sign of a clef and its line, 0 for clefs without one."""
    named = re.match(r"([A-Za-z]*)([1-5]?)", staff.clef)
    name, digit = (named[1].lower(), named[2]) if named else ("", "")
    sign, line = _CLEFS.get(name, _CLEFS[""])
    return sign, int(digit) if digit and line else line


def is_percussion(staff: Staff) -> bool:
    """Whether the staff has the clef of percussion."""
    return _clef(staff)[0] == "percussion"


def _by_middle(sign: str, line: int, middle: int | None) -> tuple[int, int]:
    """The clef's line and octave that put the note ``middle=`` names on the middle line.

    ``middle`` is in steps above C4. Other lines first, then octaves.
    """
    if middle is None or sign not in _SIGN_STEPS:
        return line, 0
    usual = _SIGN_STEPS[sign] + 2 * (3 - line)
    octaves = round((middle - usual) / 7)
    rest = middle - usual - 7 * octaves
    moved = line - rest // 2
    if rest % 2 or not 1 <= moved <= 5:
        return line, octaves
    return moved, octaves


def clef_element(staff: Staff) -> str:
    sign, line = _clef(staff)
    line, octave = _by_middle(sign, line, staff.middle)
    octave += staff.clef_octave
    return (
        f"<clef><sign>{escape(sign)}</sign>"
        + (f"<line>{line}</line>" if line else "")
        + (f"<clef-octave-change>{octave}</clef-octave-change>" if octave else "")
        + "</clef>"
    )


# -- bar lines ----------------------------------------------------------------


def merge_signs(bar: ScoreBar, other: ScoreBar) -> None:
    """Add to a bar the signs that another voice has there."""
    bar.opens, bar.closes = max(bar.opens, other.opens), max(bar.closes, other.closes)
    bar.left = bar.left if bar.left > 0 else other.left
    bar.right = bar.right if bar.right > 0 else other.right
    bar.ending = bar.ending or other.ending
    bar.ending_stops = bar.ending_stops or other.ending_stops
    bar.fermata = bar.fermata or other.fermata


def bar_lines(bar: ScoreBar) -> tuple[list[str], list[str]]:
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
