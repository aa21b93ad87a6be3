"""Small tunes with their reading worked out by hand, and the judges that compare.

A reading is written as notes in order: ``C4 D4*2 E4+G4*1/2 -*3 @0 C3*4``. A length is in
quarter notes (1 where none is written), ``+`` joins a chord, ``-`` is a rest, ``@n`` goes
back or on to that time, ``|`` means nothing. C4 is middle C.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

HEAD = "M:4/4\nL:1/4\nK:C"
# Where the music begins: X:, T: and three lines of HEAD stand above it.
FIRST_LINE = 6

Event = tuple[Fraction, Fraction, int]

_SEMITONES = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_PITCH = re.compile(r"([A-G])(##|#|bb|b|)(-?\d)")
_MUSIC = re.compile(r"K:[^\n]*\n")


@dataclass(frozen=True)
class Case:
    """One tune and what it says.

    ``music`` stands below the header lines ``head``; with ``head=None`` it is the whole
    text. ``notes`` is the reading as written, of the one voice, or of each by its id, and
    None where it does not matter; ``plays`` is the playing order where that differs.
    ``finds`` lists every finding that is no mere information, as ``code line:column``, and
    those pieces of information that must be there, as ``?code line:column``.
    ``outside`` says why abc2midi reads the tune otherwise; empty where it must agree.
    """

    id: str
    music: str
    notes: str | Mapping[str, str] | None = None
    head: str | None = HEAD
    bars: str | None = None
    plays: str | None = None
    finds: tuple[str, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    outside: str = ""

    @property
    def text(self) -> str:
        if self.head is None:
            return self.music
        return f"X:1\nT:t\n{self.head}\n{self.music}\n"


def case_id(case: Case) -> str:
    return case.id


def midi(name: str) -> int:
    """The MIDI number of ``C#4``."""
    found = _PITCH.fullmatch(name)
    assert found, f"no pitch: {name}"
    letter, sign, octave = found[1], found[2], int(found[3])
    return 12 * (octave + 1) + _SEMITONES[letter] + sign.count("#") - sign.count("b")


def events(reading: str) -> list[Event]:
    """The events of a reading, sorted."""
    found: list[Event] = []
    now = Fraction(0)
    for token in reading.replace("|", " ").split():
        if token.startswith("@"):
            now = Fraction(token[1:])
            continue
        names, _, length = token.partition("*")
        size = Fraction(length or 1)
        if names != "-":
            found.extend((now, size, midi(name)) for name in names.split("+"))
        now += size
    return sorted(found)


def flat(notes: list[list[Any]]) -> list[Event]:
    """Notes of the events shape, chords taken apart."""
    return sorted((Fraction(o), Fraction(d), int(p)) for o, d, pitches in notes for p in pitches)


def told(found: list[Event]) -> str:
    return " ".join(f"{onset}:{length}:{pitch}" for onset, length, pitch in found)


def by_voice(case: Case) -> dict[str, list[Event]]:
    if case.notes is None:
        return {}
    if isinstance(case.notes, str):
        return {"1": events(case.notes)}
    return {name: events(reading) for name, reading in case.notes.items()}


def played(case: Case) -> list[Event]:
    """What must sound, all voices together."""
    if case.plays is not None:
        return events(case.plays)
    return sorted(event for voice in by_voice(case).values() for event in voice)


def judge(case: Case, shape: dict[str, Any]) -> list[str]:
    """Every way in which the events shape of the case's first tune differs from the case."""
    assert shape["tunes"], "no tune was found"
    tune = shape["tunes"][0]
    faults: list[str] = []
    if case.notes is not None:
        faults += _notes(case, tune)
    if case.bars is not None and [Fraction(b) for b in tune["bars"]] != [
        Fraction(b) for b in case.bars.split()
    ]:
        faults.append(f"bars {' '.join(tune['bars'])}, not {case.bars}")
    for name, value in case.facts.items():
        got = fact(tune, name)
        if got != value:
            faults.append(f"{name} {got!r}, not {value!r}")
    return faults + _findings(case, shape["diagnostics"] + tune["diagnostics"])


def _notes(case: Case, tune: dict[str, Any]) -> list[str]:
    faults = []
    wanted = by_voice(case)
    got = {v["id"]: flat(v["notes"]) for v in tune["voices"] if v["notes"] or v["id"] in wanted}
    if wanted != got:
        faults += [
            f"voice {name}: {told(got.get(name, []))}\n not {told(wanted.get(name, []))}"
            for name in dict.fromkeys([*wanted, *got])
            if wanted.get(name) != got.get(name)
        ]
    order = flat(tune["expanded"])
    if order != played(case):
        faults.append(f"plays {told(order)}\n not {told(played(case))}")
    return faults


def fact(tune: dict[str, Any], name: str) -> Any:
    """A value of the shape by its path: ``tempo.qpm``, ``voices.0.lyrics``."""
    value: Any = tune
    for key in name.split("."):
        if value is None:
            return None
        value = value[int(key)] if isinstance(value, list) else value[key]
    return value


def _findings(case: Case, found: list[dict[str, Any]]) -> list[str]:
    grave = Counter(_place(d) for d in found if d["severity"] != "info")
    mild = Counter("?" + _place(d) for d in found if d["severity"] == "info")
    wanted = Counter(f for f in case.finds if not f.startswith("?"))
    faults = [f"unexpected {name}" for name in (grave - wanted).elements()]
    faults += [f"missing {name}" for name in (wanted - grave).elements()]
    asked = Counter(f for f in case.finds if f.startswith("?"))
    return faults + [f"missing {name}" for name in (asked - mild).elements()]


def _place(finding: dict[str, Any]) -> str:
    return f"{finding['code']} {finding['line']}:{finding['column']}"


def agree(wanted: list[Event], heard: list[Event]) -> bool:
    """Whether a MIDI file plays the events: it counts in 480ths, and shortens notes by one."""
    slack = Fraction(5, 480)
    if len(wanted) != len(heard):
        return False
    left = list(heard)
    for onset, length, pitch in wanted:
        fits = [
            e
            for e in left
            if e[2] == pitch
            and abs(e[0] - onset) <= slack
            and abs(e[0] + e[1] - onset - length) <= slack
        ]
        if not fits:
            return False
        left.remove(fits[0])
    return True


def for_abc2midi(text: str) -> str:
    """The tune with the notes of chords struck together, as they are written."""
    return _MUSIC.sub(lambda found: found[0] + "%%MIDI chordattack 0\n", text, count=1)
