"""Parts of a tune, and a tune written out as it is played.

What is cut is rebuilt bar by bar from the canonical form, so layout and comments of
the source are not kept; notes, graces, decorations, chord symbols and words are.
"""

from __future__ import annotations

from chatmusician.abc.canonical import canonical, key_text, syllable_text
from chatmusician.abc.edit import reread
from chatmusician.abc.lyrics import Sung, align
from chatmusician.abc.playing import playing_order, sections
from chatmusician.abc.timeline import timeline
from chatmusician.abc.timing import Measure, Timeline, VoiceLine
from chatmusician.abc.tune import Field, Tune
from chatmusician.errors import UsageError

_BARS_PER_LINE = 4

# A bar to write: its index, what stands before it, and the bar line after it.
Placed = tuple[int, str, str]


def expand_repeats(tune: Tune) -> Tune:
    """The tune with repeats, endings and P: written out in playing order."""
    base = _canonical(tune)
    line = timeline(base)
    orders, too_many = playing_order(line)
    if too_many:
        raise UsageError("the tune is too long to be written out")
    plans = [[(index, "", "|") for index in played.measures] for played in orders]
    return _rebuilt(base, line, plans)


def take_bars(tune: Tune, first: int, last: int) -> Tune:
    """The bars ``first`` to ``last`` as written, counted from 1, without repeat signs."""
    base = _canonical(tune)
    line = timeline(base)
    count = max((len(voice.measures) for voice in line.voices), default=0)
    if not 1 <= first <= last <= count:
        raise UsageError(f"bars {first} to {last} of a tune with {count}")
    plans = [
        [(index, "", "|") for index in range(first - 1, min(last, len(voice.measures)))]
        for voice in line.voices
    ]
    return _rebuilt(base, line, plans)


def take_section(tune: Tune, number: int) -> Tune:
    """One section, counted from 1, with its repeat signs and endings.

    Sections end at repeats and double bars.
    """
    base = _canonical(tune)
    line = timeline(base)
    if not line.voices:
        raise UsageError("the tune has no music")
    found = sections(line.voices[0].measures, 0, len(line.voices[0].measures))
    if not 1 <= number <= len(found):
        raise UsageError(f"section {number} of a tune with {len(found)}")
    section = found[number - 1]
    last = section.endings[-1][2] if section.endings else section.body_end
    plans = [
        _with_signs(voice.measures, section.start, min(last, len(voice.measures)))
        for voice in line.voices
    ]
    return _rebuilt(base, line, plans)


def _with_signs(measures: list[Measure], first: int, last: int) -> list[Placed]:
    plan: list[Placed] = []
    for index in range(first, last):
        measure = measures[index]
        before = "|" + ":" * int(measure.opens) + " " if measure.opens else ""
        if measure.endings:
            before += "[" + ",".join(str(n) for n in measure.endings) + " "
        after = ":" * int(measure.closes) + "|" if measure.closes else "|"
        plan.append((index, before, after))
    return plan


def _canonical(tune: Tune) -> Tune:
    return reread(tune, canonical(tune), ())


def _rebuilt(base: Tune, line: Timeline, plans: list[list[Placed]]) -> Tune:
    """A tune of the given bars of each voice."""
    header = [base.source(e) for e in base.header if isinstance(e, Field) and e.letter not in "PMK"]
    rows = [_Rows(base, line, v, p) for v, p in zip(line.voices, plans, strict=True)]
    first = rows[0] if rows else None
    header.append(f"M:{first.first_meter if first else line.meter.name}")
    header.append(f"K:{first.first_key if first else key_text(line.key)}")
    body: list[str] = []
    for at in range(max((len(r.lines) for r in rows), default=0)):
        for row in rows:
            if at < len(row.lines):
                prefix = f"[V:{row.voice.id}] " if len(rows) > 1 else ""
                body.append(prefix + row.lines[at])
    return reread(base, "\n".join([*header, *body]) + "\n", ())


class _Rows:
    """The lines of one voice's chosen bars, and the key and meter they begin in."""

    def __init__(self, base: Tune, line: Timeline, voice: VoiceLine, plan: list[Placed]) -> None:
        self.base = base
        self.line = line
        self.voice = voice
        self.sung: dict[int, dict[int, Sung]] = {}
        for sung in align(line, voice)[0]:
            self.sung.setdefault(sung.verse, {})[sung.element] = sung
        self.spots: dict[int, list[int]] = {}
        for spot in voice.spots:
            self.spots.setdefault(int(spot.measure), []).append(int(spot.element))
        start = plan[0][0] if plan else 0
        self.key, self.meter = self.first_key, self.first_meter = self.state(start)
        self.lines = [
            self.text(plan[at : at + _BARS_PER_LINE], at + _BARS_PER_LINE >= len(plan))
            for at in range(0, len(plan), _BARS_PER_LINE)
        ]

    def state(self, index: int) -> tuple[str, str]:
        """Key and meter in which a measure stands, as values of K: and M:."""
        measures = self.voice.measures
        start = measures[index].start if index < len(measures) else 0
        key, meter = self.line.key, self.line.meter
        for at, new_key in self.voice.keys:
            key = new_key if at <= start else key
        for at, new_meter in self.voice.meters:
            meter = new_meter if at <= start else meter
        return key_text(key), meter.name

    def text(self, plan: list[Placed], is_last: bool) -> str:
        out: list[str] = []
        elements: list[int] = []
        for at, (index, before, after) in enumerate(plan):
            measure = self.voice.measures[index]
            out.append(before + self.changes(index) + self.music(measure))
            final = is_last and at == len(plan) - 1 and after == "|"
            out.append("|]" if final else after)
            elements += self.spots.get(index, [])
        return "\n".join([" ".join(out), *self.words(elements)])

    def changes(self, index: int) -> str:
        key, meter = self.state(index)
        text = f"[K:{key}]" * (key != self.key) + f"[M:{meter}]" * (meter != self.meter)
        self.key, self.meter = key, meter
        return text

    def music(self, measure: Measure) -> str:
        text = self.base.text[measure.first : measure.last].split("\n")[0]
        return text.strip()

    def words(self, elements: list[int]) -> list[str]:
        found: list[str] = []
        for verse in sorted(self.sung):
            syllables = self.sung[verse]
            text = "".join(syllable_text(syllables.get(index)) for index in elements)
            found.append("w: " + (text.rstrip(" *") or "*").strip())
        return found
