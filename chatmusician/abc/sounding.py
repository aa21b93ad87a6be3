"""What sounds, in the order it sounds, one stretch of time after the other.

All voices are walked side by side, so the notes of a long tune are never held and sorted
together.
"""

from __future__ import annotations

from operator import itemgetter
from typing import Final

from mypy_extensions import i64

from chatmusician.abc.playing import Played, playing_order
from chatmusician.abc.timing import Measure, Timeline, Tone, VoiceLine

# Onset in ticks, length in ticks, pitches ascending.
Sounding = tuple[int, int, list[int]]

_NOTES_A_STRETCH: Final[i64] = 4096
_NEVER: Final[i64] = 1 << 62


# By onset, then by pitches.
by_onset: Final = itemgetter(0, 2)


def _onset(tone: Tone) -> int:
    return int(tone.onset)


def _place(tone: Tone) -> tuple[int, int]:
    return int(tone.measure), int(tone.onset)


def by_time(tones: list[Tone]) -> list[Tone]:
    """The tones by onset: the layers of a bar (``&``) go back in time."""
    last: i64 = -_NEVER
    for tone in tones:
        if tone.onset < last:
            return sorted(tones, key=_onset)
        last = tone.onset
    return tones


def by_place(tones: list[Tone]) -> list[Tone]:
    """The tones by measure and, in it, by onset."""
    onset: i64 = -_NEVER
    measure: i64 = 0
    for tone in tones:
        if tone.measure < measure or (tone.measure == measure and tone.onset < onset):
            return sorted(tones, key=_place)
        onset = tone.onset
        measure = tone.measure
    return tones


def same_onset(tones: list[Tone], first: i64, last: i64) -> i64:
    """Where the tones that begin together with ``tones[first]`` end."""
    onset = tones[first].onset
    i: i64 = first + 1
    while i < last and tones[i].onset == onset:
        i += 1
    return i


def chords(tones: list[Tone], first: i64, last: i64) -> list[Sounding]:
    """Tones of one onset: those of one chord that have one length go together."""
    onset = int(tones[first].onset)
    groups: dict[tuple[int, int], list[int]] = {}
    for i in range(first, last):
        tone = tones[i]
        groups.setdefault((int(tone.duration), int(tone.element)), []).append(int(tone.pitch))
    return [(onset, key[0], sorted(pitches)) for key, pitches in groups.items()]


class Walk:
    """One voice on its way through its playing order."""

    def __init__(self, voice: VoiceLine, played: Played) -> None:
        self.measures: list[Measure] = voice.measures
        self.tones: list[Tone] = by_place(voice.tones)
        self.first: list[int] = first_tones(self.tones, len(voice.measures))
        self.order: tuple[int, ...] = played.measures
        self.starts: tuple[int, ...] = played.starts
        self.restart()

    def restart(self) -> None:
        self.position: i64 = 0
        # The next tone of the measure at ``position``; -1 where that is yet to be entered.
        self.tone: i64 = -1
        # Of the run of neighbouring measures being played: what is added to an onset, where
        # it ends as written, and whether the music jumps away there.
        self.shift: i64 = 0
        self.end: i64 = 0
        self.jumps: bool = False
        self.held: list[Sounding] = []
        self.later: list[Sounding] = []

    def count(self) -> i64:
        """The number of tones on the way."""
        total: i64 = 0
        for i in self.order:
            total += self.first[i + 1] - self.first[i]
        return total

    def is_steady(self) -> bool:
        """Whether no tone begins before its measure, and no measure before the one before."""
        count: i64 = len(self.measures)
        for tone in self.tones:
            if tone.measure < count and tone.onset < self.measures[tone.measure].start:
                return False
        now: i64 = 0
        while self.position < len(self.order):
            self.enter()
            begin = self.begin(self.position)
            if begin < now:
                return False
            now = begin
            self.position += 1
        self.restart()
        return True

    def begin(self, position: i64) -> i64:
        """When the measure at ``position`` begins to sound, in the run that is being played."""
        return self.measures[self.order[position]].start + self.shift

    def is_jump(self, position: i64) -> bool:
        order = self.order
        return position == 0 or order[position - 1] + 1 != order[position]

    def enter(self) -> None:
        """Begin the measure at ``position``, and a run of measures where the order jumps."""
        index: i64 = self.order[self.position]
        self.tone = self.first[index]
        if not self.is_jump(self.position):
            return
        count: i64 = len(self.order)
        last: i64 = self.position
        while last + 1 < count and not self.is_jump(last + 1):
            last += 1
        final: i64 = self.order[last]
        ending = self.measures[final]
        self.end = ending.start + ending.length
        self.jumps = final + 1 < len(self.measures)
        start: i64 = self.starts[self.position]
        self.shift = start - self.measures[index].start
        if index > 0:
            self.hold(index, start)

    def hold(self, index: i64, start: i64) -> None:
        """A tie over a jump is cut: its end sounds where the run begins."""
        begin = self.measures[index].start
        tones = self.tones
        i: i64 = self.first[index - 1]
        last: i64 = self.first[index]
        while i < last:
            following = same_onset(tones, i, last)
            long: list[Tone] = []
            while i < following:
                if tones[i].onset + tones[i].duration > begin:
                    long.append(tones[i])
                i += 1
            for onset, duration, pitches in chords(long, 0, len(long)) if long else ():
                stop: i64 = onset + duration
                kept = int(min(stop, self.end) - begin)
                self.held.append((int(start), kept, pitches))

    def until(self, limit: i64, out: list[Sounding]) -> None:
        """Go on to the onset ``limit``, and add what begins before it."""
        if self.later:
            waiting = self.later
            self.later = []
            for entry in waiting:
                self.add(entry, limit, out)
        count: i64 = len(self.order)
        while self.position < count:
            if self.tone < 0:
                jump = self.is_jump(self.position)
                if jump and self.held:
                    out.extend(self.held)
                    self.held = []
                start: i64 = self.starts[self.position]
                if (start if jump else self.begin(self.position)) >= limit:
                    break
                self.enter()
            if not self.measure(limit, out):
                break
            self.position += 1
            self.tone = -1
        if self.held:
            out.extend(self.held)
            self.held = []

    def measure(self, limit: i64, out: list[Sounding]) -> bool:
        """Go on in one measure; False where the rest of it begins at ``limit`` or later."""
        tones = self.tones
        i = self.tone
        last: i64 = self.first[self.order[self.position] + 1]
        while i < last:
            tone = tones[i]
            onset = tone.onset
            if onset + self.shift >= limit and self.may_wait(limit):
                self.tone = i
                return False
            if i + 1 >= last or tones[i + 1].onset != onset:
                kept = self.kept(onset, tone.duration)
                self.add((int(onset + self.shift), int(kept), [int(tone.pitch)]), limit, out)
                i += 1
                continue
            following = same_onset(tones, i, last)
            for _, duration, pitches in chords(tones, i, following):
                kept = self.kept(onset, duration)
                self.add((int(onset + self.shift), int(kept), pitches), limit, out)
            i = following
        return True

    def may_wait(self, limit: i64) -> bool:
        """Whether nothing after this measure begins before ``limit``."""
        following = self.position + 1
        if following >= len(self.order):
            return True
        if self.is_jump(following):
            start: i64 = self.starts[following]
            return start >= limit
        return self.begin(following) >= limit

    def kept(self, onset: i64, duration: i64) -> i64:
        if self.jumps and onset < self.end and duration > self.end - onset:
            return self.end - onset
        return duration

    def add(self, entry: Sounding, limit: i64, out: list[Sounding]) -> None:
        if entry[0] < limit:
            out.append(entry)
        else:
            self.later.append(entry)


def first_tones(tones: list[Tone], count: i64) -> list[int]:
    """For each measure, and for one after the last, the index of its first tone."""
    found: list[int] = []
    measure: i64 = 0
    i: i64 = 0
    size: i64 = len(tones)
    while measure <= count:
        while i < size and tones[i].measure < measure:
            i += 1
        found.append(int(i))
        measure += 1
    return found


class Stretches:
    """What sounds in a tune, all voices together, some thousand notes at a time."""

    def __init__(self, line: Timeline) -> None:
        orders = playing_order(line)[0]
        self.walks: list[Walk] = []
        total: i64 = 0
        end: i64 = 0
        steady = True
        for i in range(len(line.voices)):
            walk = Walk(line.voices[i], orders[i])
            self.walks.append(walk)
            total += walk.count()
            if walk.starts:
                final = walk.measures[walk.order[len(walk.order) - 1]]
                end = max(end, walk.starts[len(walk.starts) - 1] + final.length)
        if total > _NOTES_A_STRETCH:
            for walk in self.walks:
                steady = steady and walk.is_steady()
        self.end: i64 = end
        self.now: i64 = 0
        self.step: i64 = _NEVER
        if steady and total > _NOTES_A_STRETCH:
            self.step = end // (total // _NOTES_A_STRETCH) + 1
        self.done: bool = False

    def following(self) -> list[Sounding] | None:
        """The next stretch, by onset and pitch; None at the end."""
        if self.done:
            return None
        limit: i64 = _NEVER
        if self.now <= self.end and self.step < _NEVER:
            limit = self.now + self.step
        self.now = limit
        self.done = limit == _NEVER
        found: list[Sounding] = []
        for walk in self.walks:
            walk.until(limit, found)
        if not is_ordered(found):
            found.sort(key=by_onset)
        return found


def is_ordered(entries: list[Sounding]) -> bool:
    """Whether each entry begins after the one before: so it is in a single melody."""
    last: i64 = -_NEVER
    for entry in entries:
        if entry[0] <= last:
            return False
        last = entry[0]
    return True
