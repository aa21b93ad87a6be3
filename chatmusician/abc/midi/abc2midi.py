"""The engine abc2midi: an outside program that performs ABC, run on one tune.

Its exit code is 0 whatever happens, so the file it leaves is looked at instead.
"""

from __future__ import annotations

from typing import Final

from chatmusician.abc.edit import apply_edits, whole_lines, written_out
from chatmusician.abc.midi.model import Options
from chatmusician.abc.reader import read
from chatmusician.abc.transform.cut import expand_repeats
from chatmusician.abc.tune import Chord, Decoration, Directive, Element, Field, Tune
from chatmusician.errors import EngineError, UsageError
from chatmusician.music.midi_bytes import broken_midi
from chatmusician.programs import program_path, run_program

NAME: Final = "abc2midi"
SECONDS: Final = 20.0
_SOURCE, _TARGET = "tune.abc", "tune.mid"
# No fermatas, which would make the file longer than the tune.
_ALWAYS: Final = ("-NFER", "-quiet", "-silent")
# What the program performs and no option of its own stops.
_PERFORMED: Final = frozenset({"staccato", "trill", "roll", "breath", "arpeggio", "wedge"})


def to_midi(tune: Tune, options: Options | None = None, *, seconds: float | None = None) -> bytes:
    """The tune as abc2midi plays it; EngineError where it leaves no whole MIDI file."""
    options = options or Options()
    unable = beyond(options)
    if unable:
        raise UsageError(f"abc2midi cannot do {unable}", hint='use engine="builtin"')
    command = [program_path(NAME), _SOURCE, "-o", _TARGET, *_switches(options)]
    text = source(tune, plain=not options.articulation, rhythm=options.swing is None)
    inputs = {_SOURCE: text.encode()}
    ran = run_program(
        command, name=NAME, inputs=inputs, outputs=[_TARGET], seconds=seconds or SECONDS
    )
    data = ran.files[_TARGET]
    wrong = broken_midi(data)
    if wrong:
        raise EngineError(NAME, f"wrote a broken MIDI file: {wrong}", said=ran.stderr)
    return data


def settled(tune: Tune) -> Tune:
    """The tune in a form that leaves little to be read otherwise.

    It is canonical, with repeats and parts written out; of the directives, those of the
    header are kept.
    """
    plain = expand_repeats(tune)
    kept = [_line(e) for e in tune.header if isinstance(e, Directive)]
    first, rest = plain.text.split("\n", 1)
    return read("\n".join([first, *kept, rest])).tunes[0]


def beyond(options: Options) -> str:
    """What is asked of a performance that the program has no way to do, in words."""
    asked = {
        "a given instrument": options.program is not None,
        "a given tempo": options.tempo is not None,
        "transposition": options.transpose != 0,
        "swing on demand": bool(options.swing),
        "ornaments apart from articulation": options.ornaments != options.articulation,
        "directives apart from articulation": options.directives != options.articulation,
    }
    return ", ".join(name for name, is_asked in asked.items() if is_asked)


def _switches(options: Options) -> list[str]:
    off = {"-NGUI": options.chords, "-NGRA": options.graces, "-NFNP": options.dynamics}
    return [*_ALWAYS, *(switch for switch, wanted in off.items() if not wanted)]


def source(tune: Tune, *, plain: bool, rhythm: bool) -> str:
    """The tune on its own, with the fields of its file header, under a number of ours.

    ``plain`` takes out the marks that are performed and the %%MIDI directives; without
    ``rhythm`` R: goes too, which makes the program swing hornpipes.
    """
    tune = written_out(tune)
    edits: list[tuple[int, int, str]] = []
    for element in (*tune.header, *tune.elements):
        if isinstance(element, Field) and element.letter == "X":
            edits.append((*whole_lines(tune.text, element.start, element.end), ""))
        elif _drops(element, plain, rhythm) and not isinstance(element, Decoration):
            edits.append(_span(tune, element))
        elif plain:
            inner = element.inner if isinstance(element, Chord) else (element,)
            for mark in inner:
                if isinstance(mark, Decoration) and mark.name in _PERFORMED:
                    edits.append((int(mark.start), int(mark.end), ""))
    head = ["X:1", "%%MIDI chordattack 0"] if plain else ["X:1"]
    head += [_line(e) for e in tune.inherited if not _drops(e, plain, rhythm)]
    body = apply_edits(tune.text, edits).replace("\r\n", "\n").replace("\r", "\n")
    return "\n".join(line for line in [*head, body] if line).rstrip("\n") + "\n"


def _drops(element: Element, plain: bool, rhythm: bool) -> bool:
    if isinstance(element, Field):
        return element.letter == "R" and not rhythm
    return isinstance(element, Directive) and plain and element.name.upper() == "MIDI"


def _span(tune: Tune, element: Element) -> tuple[int, int, str]:
    if tune.text.startswith("[", int(element.start)):
        return int(element.start), int(element.end), ""
    return (*whole_lines(tune.text, element.start, element.end), "")


def _line(element: Element) -> str:
    if isinstance(element, Field):
        return f"{element.letter}:{element.value}"
    if isinstance(element, Directive):
        return f"%%{element.name} {element.value}"
    return ""
