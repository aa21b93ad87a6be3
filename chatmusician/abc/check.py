"""What is wrong with a tune, rule by rule (codes and texts in ``rules``)."""

from __future__ import annotations

from math import gcd
from typing import Final

from mypy_extensions import i64

from chatmusician.abc.directives import directive_findings
from chatmusician.abc.faults import settle
from chatmusician.abc.lyrics import surplus
from chatmusician.abc.playing import playing_order, sections
from chatmusician.abc.reader import OpenBook, diagnostic
from chatmusician.abc.splits import split_bars
from chatmusician.abc.timeline import timeline
from chatmusician.abc.timing import Measure, Timeline, VoiceLine
from chatmusician.abc.tune import Book, Diagnostic, Tune, by_place
from chatmusician.errors import UsageError

# Sounding range of instruments, lowest and highest MIDI pitch.
RANGES: Final[dict[str, tuple[int, int]]] = {
    "violin": (55, 100),
    "fiddle": (55, 100),
    "viola": (48, 91),
    "cello": (36, 81),
    "bass": (28, 67),
    "flute": (60, 98),
    "tin-whistle": (74, 98),
    "recorder": (72, 98),
    "oboe": (58, 91),
    "clarinet": (50, 94),
    "bassoon": (34, 75),
    "trumpet": (52, 84),
    "trombone": (40, 74),
    "horn": (34, 77),
    "guitar": (40, 88),
    "mandolin": (55, 96),
    "banjo": (48, 86),
    "accordion": (53, 93),
    "uilleann-pipes": (62, 86),
    "highland-pipes": (67, 81),
    "piano": (21, 108),
    "soprano": (60, 84),
    "alto": (53, 77),
    "tenor": (48, 72),
    "baritone": (43, 67),
    "voice": (43, 84),
}


# Findings that make every bar length of the tune wrong: one is enough.
_EXPLAIN_LENGTHS: Final = {"absurd-unit", "bad-unit", "bad-meter", "resolution"}


class Checker:
    """Collects the findings of one tune."""

    def __init__(self, tune: Tune, line: Timeline, instrument: str | None) -> None:
        self.tune: Tune = tune
        self.line: Timeline = line
        self.instrument: str | None = instrument
        self.found: list[Diagnostic] = list(tune.problems)
        # Of the bar being looked at: where what is repeated begins, and the bar before
        # the first of its endings.
        self.opening: i64 = 0
        self.before_ending: i64 = 0
        # Bars cut in pieces by line ends (see `is_split`), and
        # the onsets of those already reported.
        self.splits: dict[str, dict[int, tuple[int, int]]] | None = None
        self.reported: set[int] = set()

    def add(self, code: str, start: i64, end: i64, detail: str = "") -> None:
        self.found.append(diagnostic(self.tune, code, int(start), int(end), detail))

    def run(self) -> tuple[Diagnostic, ...]:
        line = self.line
        for code, start, end, detail in line.problems:
            self.found.append(diagnostic(self.tune, code, start, end, detail))
        for code, start, end, detail in directive_findings(self.tune, line):
            self.add(code, start, end, detail)
        sounding = [v for v in line.voices if v.measures]
        if not sounding:
            end = len(self.tune.text.rstrip())
            self.add("empty-tune", end, end)
        explained = {d.code for d in self.found} & _EXPLAIN_LENGTHS
        for voice in sounding:
            if not explained:
                self.bars(voice)
            self.repeats(voice)
            if voice.words:
                self.words(voice)
            if self.instrument is not None:
                self.range(voice, self.instrument)
        if len(sounding) > 1:
            self.voices(sounding)
        if self.is_long(sounding) and playing_order(line)[1]:
            self.add("too-many-events", 0, 1)
        found = settle(self.tune, self.found)
        found.sort(key=by_place)
        return tuple(found)

    def is_long(self, sounding: list[VoiceLine]) -> bool:
        """Whether repeats or parts could make the tune long enough to matter."""
        if self.line.order:
            return True
        tones = 0
        for voice in sounding:
            tones += len(voice.tones) + len(voice.measures)
        return tones > 15_000

    # -- bar lengths ----------------------------------------------------------

    def bars(self, voice: VoiceLine) -> None:
        measures = voice.measures
        count: i64 = len(measures)
        i: i64 = 0
        section: i64 = 0
        self.opening = 0
        self.before_ending = 0
        while i < count:
            measure = measures[i]
            if measure.section or measure.part:
                section = i
            if len(measure.endings) > 0:
                if i > 0 and 1 in measure.endings:
                    self.before_ending = i - 1
            elif measure.section or measure.opens > 0:
                self.opening = i
            if measure.length != measure.want * measure.count and measure.want > 0:
                self.wrong_length(voice, i, section)
            if measure.overlay >= 0:
                found = self.length(measure.overlay)
                wanted = self.length(measure.length)
                self.add(
                    "overlay-length", measure.first, measure.last, f"{found}, the bar is {wanted}"
                )
            i += 1

    def wrong_length(self, voice: VoiceLine, i: i64, section: i64) -> None:
        measures = voice.measures
        measure = measures[i]
        if measure.flawed or measure.length == 0:
            return
        short = measure.length < measure.want
        if short and (self.is_partial(measures, i, section) or self.is_split(voice, i)):
            return
        code = "bar-too-short" if short else "bar-too-long"
        detail = f"{self.length(measure.length)} where the meter wants {self.length(measure.want)}"
        self.add(code, measure.first, measure.last, f"bar {i + 1} holds {detail}")

    def is_split(self, voice: VoiceLine, i: i64) -> bool:
        """Whether a short bar is a piece of one cut by line ends; each is reported once."""
        if self.splits is None:
            self.splits = self.find_splits()
        found = self.splits[voice.id].get(int(i))
        if found is None:
            return False
        pieces = voice.measures[found[0] : found[1] + 1]
        start = int(pieces[0].start)
        if start not in self.reported:
            self.reported.add(start)
            lengths = " + ".join([self.length(piece.length) for piece in pieces])
            detail = f"bars {found[0] + 1} to {found[1] + 1} hold {lengths}"
            self.add("split-bar", pieces[0].first, pieces[0].last, detail)
        return True

    def find_splits(self) -> dict[str, dict[int, tuple[int, int]]]:
        """For each voice, by piece: the first and the last piece of the bar."""
        voices = self.line.voices
        found: dict[str, dict[int, tuple[int, int]]] = {}
        every = split_bars(voices, self.tune.text)
        for voice, splits in zip(voices, every):  # noqa: B905 - compiled
            pieces: dict[int, tuple[int, int]] = {}
            for split in splits:
                for at in range(split.first, split.last + 1):
                    pieces[at] = (split.first, split.last)
            found[voice.id] = pieces
        return found

    def length(self, ticks: i64) -> str:
        """A length in whole notes, as people write it (3/4)."""
        whole = self.line.resolution
        common = gcd(int(ticks), whole)
        over = whole // common
        return f"{int(ticks) // common}/{over}" if over > 1 else str(int(ticks) // common)

    def is_partial(self, measures: list[Measure], i: i64, section: i64) -> bool:
        """Whether a short bar is a pickup, or completes one, or is cut by a repeat."""
        measure = measures[i]
        if i == 0 or i == section:
            return True
        want = measure.want
        length = measure.length
        count: i64 = len(measures)
        following = measures[i + 1] if i + 1 < count else None
        before: i64 = measures[self.before_ending].length if measure.endings else 0
        if measure.endings and before + length == want:
            return True
        ends = (
            following is None
            or following.section
            or len(following.part) > 0
            or len(following.endings) > 0
        )
        if not ends and measure.closes == 0 and not measure.double:
            return False
        if following is not None and following.length + length == want:
            return True
        opening = measures[self.opening]
        for pickup in (measures[section], measures[0], opening):
            if 0 < pickup.length < want and pickup.length + length == want:
                return True
        return len(measure.endings) > 0 and before + length + opening.length == want

    # -- the rest -------------------------------------------------------------

    def repeats(self, voice: VoiceLine) -> None:
        """Repeats that open and never close, endings without partners."""
        measures = voice.measures
        marked = False
        for measure in measures:
            if measure.opens > 0 or measure.endings:
                marked = True
                break
        if not marked:
            return
        for section in sections(measures, 0, len(measures)):
            first = measures[section.start]
            if section.opened and not section.closed and not section.endings:
                self.add("repeat-not-closed", first.first, first.last)
            numbers = [n for ending in section.endings for n in ending[0]]
            if (numbers and sorted(numbers) != list(range(1, len(numbers) + 1))) or len(
                numbers
            ) == 1:
                place = measures[section.endings[0][1]]
                self.add("ending-alone", place.first, place.last)

    def words(self, voice: VoiceLine) -> None:
        for index in surplus(self.line, voice):
            element = self.tune.elements[index]
            self.add("too-many-syllables", element.start, element.end)

    def voices(self, sounding: list[VoiceLine]) -> None:
        """Voices that differ in their number of bars, or in the length of one."""
        first = sounding[0]
        wanted = bar_count(first)
        for voice in sounding[1:]:
            count = bar_count(voice)
            if count != wanted:
                last = voice.measures[len(voice.measures) - 1]
                detail = f"voice {voice.id} has {count}, voice {first.id} has {wanted}"
                self.add("voice-length", last.first, last.last, detail)
                continue
            self.same_bars(first, voice)

    def same_bars(self, first: VoiceLine, voice: VoiceLine) -> None:
        if len(first.measures) != len(voice.measures):
            return
        for one, other in zip(first.measures, voice.measures):  # noqa: B905 - compiled
            if one.length != other.length and one.want == 0 and other.want == 0:
                detail = f"voice {voice.id}: {self.length(other.length)}, voice {first.id}: "
                self.add(
                    "voice-mismatch", other.first, other.last, detail + self.length(one.length)
                )

    def range(self, voice: VoiceLine, instrument: str) -> None:
        low, high = RANGES[instrument]
        for tone in voice.tones:
            if not low <= tone.pitch <= high:
                element = self.tune.elements[tone.element]
                detail = f"{instrument} plays {low} to {high}, this is {tone.pitch}"
                self.add("out-of-range", element.start, element.end, detail)


def bar_count(voice: VoiceLine) -> int:
    total = 0
    for measure in voice.measures:
        if measure.length > 0:
            total += int(measure.count)
    return total


def check_tune(
    tune: Tune, line: Timeline | None = None, instrument: str | None = None
) -> tuple[Diagnostic, ...]:
    """All findings about one tune, in order of place."""
    return Checker(tune, line if line is not None else timeline(tune), instrument).run()


def check(book: Book, *, instrument: str | None = None) -> tuple[Diagnostic, ...]:
    """All findings about a book, in order of place."""
    known_instrument(instrument)
    found = list(book.problems)
    for tune in book.tunes:
        found.extend(check_tune(tune, None, instrument))
    found.sort(key=by_place)
    return tuple(found)


def check_text(
    data: bytes | str, *, instrument: str | None = None
) -> tuple[int, tuple[Diagnostic, ...]]:
    """The number of tunes in a text, and the findings of ``check``.

    One tune after the other is read, checked and let go, so a book of many needs no more
    memory than its longest tune.
    """
    known_instrument(instrument)
    book = OpenBook(data)
    found: list[Diagnostic] = []
    tune = book.next_tune()
    while tune is not None:
        found.extend(check_tune(tune, None, instrument))
        tune = book.next_tune()
    together = [*book.problems, *found]
    together.sort(key=by_place)
    return book.count, tuple(together)


def known_instrument(instrument: str | None) -> None:
    if instrument is not None and instrument not in RANGES:
        known = ", ".join(sorted(RANGES))
        raise UsageError(f"unknown instrument {instrument!r}", hint=f"known: {known}")
