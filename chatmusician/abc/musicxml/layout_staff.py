"""The fields of a tune that set up its parts: clefs, names, sounds, as they change."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from chatmusician.abc.encoding import read_text
from chatmusician.abc.fields import Properties, parse_key, parse_voice
from chatmusician.abc.musicxml.layout import Staff
from chatmusician.abc.tune import Directive, Element, Field, Tune
from chatmusician.music.pitch import STEP_LETTERS

_NAME: Final = ("name", "nm")
_NOTE: Final = re.compile(r"([A-Ga-g])([,']{0,5})")
_SHORT_NAME: Final = ("snm", "sname", "subname")


@dataclass(slots=True)
class Setting:
    """What K:, V: and %%MIDI have said so far of one voice, or of all of them (the base)."""

    properties: Properties = field(default_factory=Properties)
    program: int | None = None
    channel: int | None = None

    def lay(self, new: Properties) -> None:
        old = self.properties
        self.properties = Properties(
            old.clef if new.clef is None else new.clef,
            old.octave if new.octave is None else new.octave,
            old.transpose if new.transpose is None else new.transpose,
            old.clef_octave if new.clef is None else new.clef_octave,
            old.other + new.other,
        )

    def midi(self, value: str) -> None:
        """``program 40``, ``program 2 40`` or ``channel 10``."""
        words = value.replace("=", " ").split()
        numbers = [int(word) for word in words[1:] if word.isdecimal() and len(word) < 4]
        if not numbers:
            return
        if words[0] == "program" and numbers[-1] < 128:
            self.program = numbers[-1]
            self.channel = numbers[0] if len(numbers) > 1 and 0 < numbers[0] < 17 else self.channel
        elif words[0] == "channel" and 0 < numbers[0] < 17:
            self.channel = numbers[0]


class Settings:
    """All voices' settings; follows the header when made, the body as it is walked."""

    def __init__(self, tune: Tune) -> None:
        self.base = Setting()
        self.voices: dict[str, Setting] = {}
        current = self.base
        for element in (*tune.inherited, *tune.header):
            current = self.header(element, current)

    def header(self, element: Element, current: Setting) -> Setting:
        if isinstance(element, Field) and element.letter == "K":
            self.base.lay(parse_key(element.value).properties)
        elif isinstance(element, Field) and element.letter == "V":
            return self.voice(element)
        elif isinstance(element, Directive) and element.name == "MIDI":
            current.midi(element.value)
        return current

    def voice(self, element: Field) -> Setting:
        parsed = parse_voice(element.value)
        setting = self.voices.setdefault(parsed.id, Setting())
        setting.lay(parsed.properties)
        return setting

    def of(self, id: str) -> Setting:
        return self.voices.setdefault(id, Setting())

    def staff(self, id: str) -> Staff:
        own, common = self.of(id).properties, self.base.properties
        clef = common if own.clef is None else own
        octave = common.octave if own.octave is None else own.octave
        transpose = common.transpose if own.transpose is None else own.transpose
        others = dict((*common.other, *own.other))
        lines = others.get("stafflines", "")
        return Staff(
            clef.clef or "",
            clef.clef_octave,
            octave or 0,
            transpose or 0,
            lines if lines.isdecimal() else "",
            _steps(others.get("middle") or others.get("m") or ""),
        )

    def names(self, id: str) -> tuple[str, str]:
        """The name before the first system and the one before the others."""
        said = dict(self.of(id).properties.other)
        full = next((said[key] for key in _NAME if key in said), "")
        short = next((said[key] for key in _SHORT_NAME if key in said), "")
        return _one_line(full), _one_line(short)

    def sound(self, id: str) -> tuple[int | None, int | None]:
        """The MIDI program (from 0) and channel (from 1)."""
        own = self.of(id)
        program = self.base.program if own.program is None else own.program
        return program, self.base.channel if own.channel is None else own.channel


def _steps(note: str) -> int | None:
    """A note such as ``d'`` or ``B,`` in steps above C4; None where it is none."""
    found = _NOTE.fullmatch(note)
    if found is None:
        return None
    octave = found[1].islower() + found[2].count("'") - found[2].count(",")
    return STEP_LETTERS.index(found[1].upper()) + 7 * octave


def _one_line(text: str) -> str:
    return " ".join(read_text(text.replace("\\n", " ")).split())
