"""The events shape: what a book sounds like, as plain data (docs/events.md)."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from chatmusician.abc.check import check_tune
from chatmusician.abc.encoding import read_text
from chatmusician.abc.fields import Key
from chatmusician.abc.lyrics import BAR, align, split_words
from chatmusician.abc.playing import Played, playing_order, runs, tones_by_measure
from chatmusician.abc.timeline import timeline
from chatmusician.abc.timing import Timeline, Tone, VoiceLine
from chatmusician.abc.tune import Annotation, Book, ChordSymbol, Element, Field, Tune
from chatmusician.music.pitch import STEP_LETTERS


def to_events(book: Book) -> dict[str, Any]:
    """All tunes of a book; findings about the file itself beside them."""
    return {
        "tunes": [tune_events(tune) for tune in book.tunes],
        "diagnostics": [d.as_dict() for d in book.problems],
    }


def tune_events(tune: Tune) -> dict[str, Any]:
    line = timeline(tune)
    tempo = line.tempo
    return {
        "x": tune.x,
        "text": {
            "title": tune.title,
            "lyrics": _lyrics(tune),
            "chord_symbols": _texts(tune, ChordSymbol),
            "annotations": _texts(tune, Annotation),
        },
        "key": line.key.name,
        "signature": key_signature(line.key),
        "meter": line.meter.name,
        "unit": f"{line.unit[0]}/{line.unit[1]}",
        "tempo": None
        if tempo is None
        else {
            "beat": str(tempo.beat) if tempo.beat else None,
            "bpm": None if tempo.bpm is None else _number(tempo.bpm),
            "qpm": None if tempo.qpm is None else str(tempo.qpm),
            "text": tempo.text,
        },
        "order": line.order,
        "graces": int(line.graces),
        "voices": [voice_events(line, voice) for voice in line.voices],
        "bars": _bars(line, line.voices[0]) if line.voices else [],
        "expanded": expanded(line),
        "diagnostics": [d.as_dict() for d in check_tune(tune, line)],
    }


def voice_events(line: Timeline, voice: VoiceLine) -> dict[str, Any]:
    sung, _ = align(line, voice)
    verses = sorted({s.verse for s in sung})
    words = {
        verse: [[_quarters(line, s.onset), s.text] for s in sung if s.verse == verse and s.text]
        for verse in verses
    }
    shape: dict[str, Any] = {
        "id": voice.id,
        "notes": [
            [_quarters(line, onset), _quarters(line, duration), pitches]
            for onset, duration, pitches in grouped(voice.tones)
        ],
        "bars": _bars(line, voice),
        "chord_symbols": [
            [_quarters(line, m.onset), read_text(m.text)] for m in voice.chord_symbols
        ],
        "lyrics": words.get(1, []),
        "signs": signs(line, voice),
        "meters": [[_quarters(line, at), meter.name] for at, meter in voice.meters],
        "keys": [[_quarters(line, at), key_text(key)] for at, key in voice.keys],
    }
    if len(verses) > 1:
        shape["verses"] = [words[verse] for verse in verses]
    return shape


def signs(line: Timeline, voice: VoiceLine) -> list[list[str]]:
    """Repeat and double bars, and variant endings, each at its onset."""
    found: list[list[str]] = []
    opening = [*(bool(m.opens) for m in voice.measures[1:]), True]
    for measure, opens_next in zip(voice.measures, opening, strict=False):
        start, end = int(measure.start), int(measure.start + measure.length)
        if measure.part:
            found.append([_quarters(line, start), "P:" + measure.part])
        if measure.opens:
            found.append([_quarters(line, start), "|" + ":" * int(measure.opens)])
        if measure.endings:
            numbers = ",".join(str(n) for n in measure.endings)
            found.append([_quarters(line, start), "|" + numbers])
        if measure.closes:
            found.append([_quarters(line, end), ":" * int(measure.closes) + "|"])
        elif measure.double and not opens_next:
            found.append([_quarters(line, end), "||"])
    return found


def key_signature(key: Key) -> list[str]:
    """The accidentals of a key as ABC writes them: ``["^f", "^c"]``."""
    mark = {-2: "__", -1: "_", 1: "^", 2: "^^"}
    return [
        mark[alter] + STEP_LETTERS[step].lower()
        for step, alter in enumerate(key.accidentals)
        if alter in mark
    ]


def key_text(key: Key) -> str:
    """A K: value that reads as this key."""
    if key.mode in ("HP", "Hp") or (not key.tonic and key.mode != "exp"):
        return key.name
    if not key.explicit:
        return f"{key.tonic} {key.mode}"
    return " ".join([f"{key.tonic or ''} exp".strip(), *key_signature(key)])


def by_onset(entry: tuple[int, int, list[int]]) -> tuple[int, list[int]]:
    return entry[0], entry[2]


def grouped(tones: list[Tone], shift: int = 0) -> list[tuple[int, int, list[int]]]:
    """Tones as (onset, duration, pitches): those of one chord with one length together."""
    groups: dict[tuple[int, int, int], list[int]] = {}
    for tone in tones:
        key = (int(tone.onset) + shift, int(tone.duration), int(tone.element))
        groups.setdefault(key, []).append(int(tone.pitch))
    found = [(key[0], key[1], sorted(pitches)) for key, pitches in groups.items()]
    found.sort(key=by_onset)
    return found


def expanded(line: Timeline) -> list[list[Any]]:
    """What sounds, in the order it sounds, all voices together."""
    orders, _ = playing_order(line)
    found: list[tuple[int, int, list[int]]] = []
    for voice, played in zip(line.voices, orders, strict=True):
        found.extend(_sounding(voice, played))
    found.sort(key=by_onset)
    return [[_quarters(line, o), _quarters(line, d), pitches] for o, d, pitches in found]


def _sounding(voice: VoiceLine, played: Played) -> list[tuple[int, int, list[int]]]:
    """One voice as played. A tie over a jump is cut: its halves are not neighbours there."""
    by_measure = tones_by_measure(voice)
    found: list[tuple[int, int, list[int]]] = []
    for first, last, start in runs(played):
        begin = int(voice.measures[first].start)
        end = int(voice.measures[last].start + voice.measures[last].length)
        jumps = last + 1 < len(voice.measures)
        inside = [tone for i in range(first, last + 1) for tone in by_measure[i]]
        for onset, duration, pitches in grouped(inside):
            kept = min(duration, end - onset) if jumps and onset < end else duration
            found.append((onset + start - begin, kept, pitches))
        if first:
            held = [t for t in by_measure[first - 1] if t.onset + t.duration > begin]
            for onset, duration, pitches in grouped(held):
                found.append((start, min(onset + duration, end) - begin, pitches))
    return found


def _quarters(line: Timeline, ticks: int) -> str:
    return str(line.quarters(int(ticks)))


def _number(value: Fraction) -> int | float:
    return int(value) if value.denominator == 1 else float(value)


def _bars(line: Timeline, voice: VoiceLine) -> list[str]:
    bars: list[str] = []
    for measure in voice.measures:
        count = int(measure.count)
        bars.extend([_quarters(line, int(measure.length) // count)] * count)
    return [bar for bar in bars if bar != "0"]


def _texts(tune: Tune, kind: type[Element]) -> list[str]:
    found: list[str] = []
    for element in tune.elements:
        if isinstance(element, kind) and isinstance(element, (ChordSymbol, Annotation)):
            found.append(read_text(element.text))
    return found


def _lyrics(tune: Tune) -> list[list[str]]:
    return [
        [s.text for s in split_words(e.value) if s.kind != BAR]
        for e in tune.elements
        if isinstance(e, Field) and e.letter == "w"
    ]
