"""What stands between notes: chord symbols, words, signs, tempos, labels."""

from __future__ import annotations

from fractions import Fraction
from typing import Final

from chatmusician.abc.encoding import read_text
from chatmusician.abc.fields import Tempo, parse_tempo
from chatmusician.abc.musicxml.layout import Mark
from chatmusician.abc.musicxml.layout_values import SHORTEST, VALUES
from chatmusician.abc.musicxml.write_harmony import harmony, parse_chord
from chatmusician.abc.musicxml.write_signs import sign
from chatmusician.abc.musicxml.write_text import abc_text

# Where an annotation stands, and to which side of its note the text lies.
_PLACES: Final = {
    "^": ("above", ""),
    "_": ("below", ""),
    "<": ("", "right"),
    ">": ("", "left"),
    "@": ("", ""),
}


def direction(mark: Mark, id: str, unit: Fraction, staff: int = 0) -> list[str]:
    """The element a mark becomes; nothing where it is not printed.

    ``staff`` is the number of its staff, 0 in a part with one.
    """
    if mark.kind == "chord":
        name = parse_chord(read_text(mark.text))
        if name is not None:
            return [harmony(name, id, staff)]
        # The id tells a reader that knows it what the words were in the tune.
        return words(mark.text, id, "above", f' id="chord-{id}"', staff)
    if mark.kind == "words":
        placement, side = _PLACES.get(mark.placement, ("above", ""))
        return words(mark.text, id, placement, f' halign="{side}"' if side else "", staff)
    if mark.kind == "tempo":
        return tempo(parse_tempo(mark.text, unit), id, staff)
    if mark.kind == "part":
        text = abc_text(mark.text)
        content = [f"<rehearsal>{text}</rehearsal>"]
        return [_direction(content, id, "above", staff=staff)] if text else []
    if mark.kind == "title":
        return words(mark.text, id, "above", ' font-weight="bold"', staff)
    return _sign(mark.text, id, staff)


def words(text: str, id: str, placement: str, look: str = "", staff: int = 0) -> list[str]:
    clean = abc_text(text)
    if not clean:
        return []
    return [_direction([f"<words{look}>{clean}</words>"], id, placement, staff=staff)]


def _sign(name: str, id: str, staff: int) -> list[str]:
    found = sign(name)
    if found is None:
        return []
    contents, sound, placement = found
    if not contents:
        return words(name, id, placement, staff=staff)
    return [_direction(contents, id, placement, sound, staff)]


def tempo(said: Tempo, id: str, staff: int = 0) -> list[str]:
    """Words and a metronome mark; a beat no single value holds is told in words."""
    contents: list[str] = []
    text = abc_text(said.text)
    if text:
        contents.append(f"<words>{text}</words>")
    sound = ""
    if said.bpm is not None and said.qpm is not None:
        sound = f'tempo="{_decimal(said.qpm)}"'
        contents.append(_metronome(said.beat, _decimal(said.bpm)))
    return [_direction(contents, id, "above", sound, staff)] if contents else []


def _metronome(beat: Fraction, bpm: str) -> str:
    size = beat * SHORTEST
    value = VALUES.get(int(size)) if size.denominator == 1 else None
    if value is None:
        return f"<words>{beat} = {bpm}</words>"
    dots = "<beat-unit-dot/>" * value.dots
    unit = f"<beat-unit>{value.type}</beat-unit>{dots}"
    return f'<metronome parentheses="no">{unit}<per-minute>{bpm}</per-minute></metronome>'


def _decimal(number: Fraction) -> str:
    if number.denominator == 1:
        return str(number)
    return f"{float(number):.6f}".rstrip("0").rstrip(".")


def _direction(
    contents: list[str], id: str, placement: str, sound: str = "", staff: int = 0
) -> str:
    types = "".join(f"<direction-type>{content}</direction-type>" for content in contents)
    where = f' placement="{placement}"' if placement else ""
    named = f' id="{id}"' if id else ""
    on_staff = f"<staff>{staff}</staff>" if staff else ""
    played = f"<sound {sound}/>" if sound else ""
    return f"<direction{where}{named}>{types}{on_staff}{played}</direction>"
