"""What the %%MIDI directives ask for: channels, programs, transposition, accompaniment."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from chatmusician.abc.midi.accompaniment import Accompaniment
from chatmusician.abc.midi.expression import ACCENTS, NO_ACCENTS, Accents
from chatmusician.abc.midi.gather import ALL_VOICES, MidiDirective
from chatmusician.abc.midi.model import PERCUSSION
from chatmusician.abc.timing import Timeline, VoiceLine


@dataclass
class VoiceSettings:
    """``programs`` are by tick as written, ``transposes`` by element (-1: the header)."""

    channel: int = 0
    program: int = 0
    programs: list[tuple[int, int]] = field(default_factory=list)
    transposes: list[tuple[int, int]] = field(default_factory=list)

    @property
    def transpose(self) -> int:
        """What holds at the beginning."""
        return self.transposes[0][1] if self.transposes and self.transposes[0][0] < 0 else 0


@dataclass
class Settings:
    voices: dict[str, VoiceSettings]
    accompaniment: Accompaniment = field(default_factory=Accompaniment)
    accents: Accents = ACCENTS
    unheeded: tuple[str, ...] = ()
    tone_elements: dict[str, list[int]] = field(default_factory=dict)

    @property
    def has_chords(self) -> bool:
        """Whether chords are switched on somewhere, though not at the beginning."""
        return any(name == "on" and value for _, name, value in self.accompaniment.changes)


def settings_of(line: Timeline, directives: list[MidiDirective]) -> Settings:
    settings = Settings({voice.id: VoiceSettings() for voice in line.voices})
    wanted: dict[str, int] = {}
    unheeded = []
    for directive in directives:
        if directive.name == "channel":
            channel = directive.number()
            if channel is not None and 1 <= channel <= 16:
                for voice in _voices(line, directive):
                    wanted.setdefault(voice.id, channel - 1)
                continue
        elif directive.name in _HEEDED:
            continue
        unheeded.append(directive.text)
    assign_channels(line, settings, wanted)
    for directive in directives:
        heed = _HEEDED.get(directive.name)
        if heed is not None and not heed(line, settings, directive):
            unheeded.append(directive.text)
    settings.unheeded = tuple(unheeded)
    return settings


def assign_channels(line: Timeline, settings: Settings, wanted: dict[str, int]) -> None:
    """Each voice its channel, percussion the tenth; with too many voices they share."""
    taken = set(wanted.values())
    free = [channel for channel in range(16) if channel != PERCUSSION and channel not in taken]
    given = 0
    for voice in line.voices:
        own = settings.voices[voice.id]
        if voice.id in wanted:
            own.channel = wanted[voice.id]
        elif is_percussion(line, voice):
            own.channel = PERCUSSION
        else:
            own.channel = free[given % len(free)] if free else 0
            given += 1


def is_percussion(line: Timeline, voice: VoiceLine) -> bool:
    """Whether the clef that V: says, else that of K:, is the one of percussion."""
    clef = voice.properties.clef or line.key.properties.clef or ""
    return clef.startswith(("perc", "drum"))


def _voices(line: Timeline, directive: MidiDirective) -> list[VoiceLine]:
    return [v for v in line.voices if directive.voice in (ALL_VOICES, v.id)]


def onset_after(settings: Settings, voice: VoiceLine, element: int) -> int:
    """When the first note of a voice after an element begins, as written."""
    elements = settings.tone_elements.get(voice.id)
    if elements is None:
        elements = [int(tone.element) for tone in voice.tones]
        settings.tone_elements[voice.id] = elements
    at = bisect_right(elements, element)
    if at < len(voice.tones):
        return int(voice.tones[at].onset)
    last = voice.measures[-1] if voice.measures else None
    return int(last.start + last.length) if last else 0


def _program(line: Timeline, settings: Settings, directive: MidiDirective) -> bool:
    """``program n`` for the voice, ``program c n`` for the voices on channel c."""
    first, second = directive.number(), directive.number(1)
    program = first if second is None else second
    if program is None or not 0 <= program <= 127:
        return False
    voices = _voices(line, directive)
    if second is not None and first is not None:
        voices = [v for v in line.voices if settings.voices[v.id].channel == first - 1]
    for voice in voices:
        own = settings.voices[voice.id]
        onset = onset_after(settings, voice, directive.element) if directive.element >= 0 else -1
        if onset < 0 or not _sounds_before(voice, onset):
            own.program = program
        else:
            own.programs.append((onset, program))
    return bool(voices)


def _sounds_before(voice: VoiceLine, onset: int) -> bool:
    return bool(voice.tones) and voice.tones[0].onset < onset


def _transpose(line: Timeline, settings: Settings, directive: MidiDirective) -> bool:
    semitones = directive.number()
    if semitones is None or abs(semitones) > 60:
        return False
    for voice in _voices(line, directive):
        own = settings.voices[voice.id].transposes
        before = own[-1][1] if own and directive.name == "rtranspose" else 0
        own.append((directive.element, before + semitones))
    return True


def _when(line: Timeline, settings: Settings, directive: MidiDirective) -> int:
    """When a directive in the body takes effect; -1 in the header and before the first note."""
    voices = _voices(line, directive) or line.voices
    if directive.element < 0 or not voices:
        return -1
    voice = voices[0]
    onset = onset_after(settings, voice, directive.element)
    return onset if _sounds_before(voice, onset) else -1


def _switch(line: Timeline, settings: Settings, directive: MidiDirective) -> bool:
    on = directive.name == "gchordon"
    onset = _when(line, settings, directive)
    if onset < 0:
        settings.accompaniment.on = on
    else:
        settings.accompaniment.changes.append((onset, "on", "yes" if on else ""))
    return True


def _pattern(line: Timeline, settings: Settings, directive: MidiDirective) -> bool:
    """``gchord fzcz``; without a pattern, the default of the meter again."""
    pattern = directive.arguments[0] if directive.arguments else ""
    if any(letter not in _LETTERS for letter in pattern):
        return False
    onset = _when(line, settings, directive)
    if onset < 0:
        settings.accompaniment.pattern = pattern
    else:
        settings.accompaniment.changes.append((onset, "pattern", pattern))
    return True


def _number_setting(line: Timeline, settings: Settings, directive: MidiDirective) -> bool:
    value = directive.number()
    if value is None or not 0 <= value <= 127:
        return False
    setattr(settings.accompaniment, _NUMBERS[directive.name], value)
    return True


def _beat(line: Timeline, settings: Settings, directive: MidiDirective) -> bool:
    """``beat a b c``: velocities of the first note of a bar, of strong beats, of the others."""
    first, strong, weak = (directive.number(index) for index in range(3))
    if first is None or strong is None or weak is None:
        return False
    settings.accents = (first - 90, strong - 90, weak - 90)
    return True


def _accents(line: Timeline, settings: Settings, directive: MidiDirective) -> bool:
    settings.accents = ACCENTS if directive.name == "beataccents" else NO_ACCENTS
    return True


_LETTERS: Final = frozenset("fcbzGHIJghij0123456789")
_NUMBERS: Final = {
    "chordprog": "chord_program",
    "bassprog": "bass_program",
    "chordvol": "chord_volume",
    "bassvol": "bass_volume",
}
_HEEDED: Final[dict[str, Callable[[Timeline, Settings, MidiDirective], bool]]] = {
    "program": _program,
    "transpose": _transpose,
    "rtranspose": _transpose,
    "gchordon": _switch,
    "gchordoff": _switch,
    "gchord": _pattern,
    "beat": _beat,
    "beataccents": _accents,
    "nobeataccents": _accents,
    **dict.fromkeys(_NUMBERS, _number_setting),
}
