"""Bar lines that a source leaves out where its lines end, as the Essen collection does."""

from __future__ import annotations

from chatmusician import abc
from chatmusician.abc import Timeline, Tune
from chatmusician.abc.edit import apply_edits
from chatmusician.abc.tune import BREAK_LINE, LineBreak, Note
from chatmusician.music.pitch import STEP_SEMITONES

_SIGNS = {-2: "__", -1: "_", 0: "=", 1: "^", 2: "^^"}


def with_bar_lines(tune: Tune, line: Timeline) -> Tune | None:
    """The tune with a bar line at every line end where a bar is exactly full and goes on.

    None where there is no such place, where some bar is still too long or too short
    afterwards, or where a pitch would change that no accidental can keep: a sign before such a
    line end still holds after it, as it does in the text as it was found.
    """
    if len(line.voices) != 1:
        return None
    long = [m for m in line.voices[0].measures if 0 < m.want * m.count < m.length]
    places = [
        int(e.start)
        for e in tune.elements
        if isinstance(e, LineBreak)
        and e.kind == BREAK_LINE
        and any(m.first < e.start < m.last for m in long)
    ]
    wanted = _full_bars(tune, places)
    if not wanted:
        return None
    made = _same_pitches(_read(tune, [(at, at, " |") for at in wanted]), line)
    if made is None or any(d.severity == "error" for d in abc.check_tune(made)):
        return None
    return made


def _read(tune: Tune, edits: list[tuple[int, int, str]]) -> Tune:
    (made,) = abc.read(apply_edits(tune.text, edits)).tunes
    return made


def _full_bars(tune: Tune, places: list[int]) -> list[int]:
    """Of these places, those at which the time since the bar line, or since the last of
    those places, is one bar."""
    if not places:
        return []
    (voice,) = abc.timeline(_read(tune, [(at, at, "|") for at in places])).voices
    signs = {at + number + 1: at for number, at in enumerate(places)}
    full: list[int] = []
    length = 0
    for measure in voice.measures:
        length += int(measure.length)
        place = signs.get(int(measure.last)) or signs.get(int(measure.last) + 1)
        if place is None or length == measure.want:
            length = 0
            full += [place] if place is not None else []
    return full


def _same_pitches(made: Tune, line: Timeline) -> Tune | None:
    """The tune with an accidental at each note that sounds otherwise than in `line`."""
    edits = []
    (before,), (after,) = line.voices, abc.timeline(made).voices
    if len(before.tones) != len(after.tones):
        return None
    for old, new in zip(before.tones, after.tones, strict=True):
        if old.pitch == new.pitch:
            continue
        note = made.elements[new.element]
        if not isinstance(note, Note):
            return None
        alter = (int(old.pitch) - STEP_SEMITONES[note.step] + 6) % 12 - 6
        if alter not in _SIGNS:
            return None
        edits.append((int(note.start), int(note.start), _SIGNS[alter]))
    return _read(made, edits) if edits else made
