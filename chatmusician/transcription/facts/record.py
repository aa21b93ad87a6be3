"""The facts of a piece as one record: a superset of LLark's, each with method and confidence."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby
from typing import Any, Final

from chatmusician.abc.analysis import (
    Bar,
    bar_count,
    cadences,
    form,
    interval_name,
    melody,
    melody_range,
    section_motifs,
    sections,
)
from chatmusician.abc.encoding import read_text
from chatmusician.transcription.facts.chords import Sounding, chords_in_time
from chatmusician.transcription.facts.source import Piece, Stated, read_piece
from chatmusician.transcription.facts.times import beats, named_programs, notes, program_name

# A motif of one or two notes is no motif.
_SHORTEST_MOTIF: Final = 3
_NOTATION: Final = Stated("counted in the notation", 1.0)


@dataclass(frozen=True)
class Description:
    """``facts`` is the record; ``piece`` what it was computed from."""

    piece: Piece
    facts: dict[str, Any]

    @property
    def caption(self) -> str:
        from chatmusician.transcription.facts.caption import caption

        return caption(self.facts)

    def as_dict(self) -> dict[str, Any]:
        return self.facts | {"caption": self.caption}


def describe(
    source: str | os.PathLike[str],
    *,
    tune: str | None = None,
    voice: bool = False,
    engine: str | None = None,
) -> Description:
    """The facts of a sound, MIDI or notation file, and a caption made of them.

    ``tune`` takes the tune of that X: from a book; ``voice`` hears one melody line and
    ``engine`` names what hears, both for sound.
    """
    return describe_piece(read_piece(os.fspath(source), tune=tune, voice=voice, engine=engine))


def describe_piece(piece: Piece) -> Description:
    chords = chords_in_time(piece)
    facts: dict[str, Any] = {"file": piece.file, "kind": piece.kind}
    facts["title"] = read_text(piece.tune.title) or None
    facts |= _llark(piece, chords)
    facts |= {
        "seconds": round(piece.seconds, 2),
        "tempo": piece.tempo,
        "meter": None if piece.line.meter.free else piece.line.meter.name,
        "pickup": str(_pickup(piece)),
    }
    facts |= _melodic(piece) | _formal(piece) | _harmonic(piece, chords)
    facts["instruments"] = _instruments(piece)
    if piece.transcription is not None:
        facts |= _performed(piece)
    facts["remarks"] = list(piece.remarks)
    facts["how"] = {
        name: {"method": how.method, "confidence": how.confidence}
        for name, how in _methods(piece, chords, facts).items()
    }
    facts["abc"] = piece.tune.text
    return Description(piece, facts)


def _llark(piece: Piece, chords: Sequence[Sounding]) -> dict[str, Any]:
    """LLark's names and shapes, so that its readers find what they look for."""
    key = piece.line.key
    return {
        "tempo_in_beats_per_minute_madmom": piece.tempo,
        "downbeats_madmom": [{"time": t, "beat_number": n} for t, n in beats(piece)],
        "chords": [
            {
                "start_time": round(chord.start, 3),
                "end_time": round(chord.end, 3),
                "chord": chord.triad,
                "symbol": chord.symbol,
            }
            for chord in chords
        ],
        "key": key.name if key.tonic and key.mode != "exp" else None,
        "notes": {
            name: [
                {"start": round(start, 3), "end": round(end, 3), "pitch": pitch}
                for start, end, pitch in played
            ]
            for name, played in notes(piece).items()
        },
    }


def _pickup(piece: Piece) -> Fraction:
    measures = piece.line.voices[0].measures
    first = measures[0] if measures else None
    if first is None or not 0 < first.length < first.want:
        return Fraction(0)
    return piece.line.quarters(int(first.length))


def _melodic(piece: Piece) -> dict[str, Any]:
    bars = melody(piece.line)
    first = piece.first_number
    found: dict[str, Any] = {"bars": bar_count(bars), "bars_played": _bars_played(piece)}
    found["notes_by_bar"] = {
        str(bar.index + first): [note.full_name for note in bar.notes] for bar in bars
    }
    span = melody_range(bars)
    if span is not None:
        low, high = span
        found["range"] = {
            "lowest": low.full_name,
            "highest": high.full_name,
            "interval": interval_name(low, high),
            "semitones": high.pitch - low.pitch,
            "lowest_bar": _first_bar(bars, low.pitch) + first,
            "highest_bar": _first_bar(bars, high.pitch) + first,
        }
    sounding = sum(len(voice.tones) for voice in piece.line.voices)
    full = max(1, found["bars"])
    played = sum(map(len, notes(piece).values()))
    found["density"] = {
        "notes_per_second": round(played / max(piece.seconds, 0.1), 2),
        "notes_per_bar": round(sounding / full, 2),
        "voices": len(piece.line.voices),
    }
    return found


def _bars_played(piece: Piece) -> int:
    """How many whole bars sound: two short ones that make one count as one."""
    meter = piece.line.meter
    if meter.free:
        return len(piece.bars)
    measures = max((voice.measures for voice in piece.line.voices), key=len)
    length = sum(int(measures[bar.measure].length) for bar in piece.bars)
    return int(piece.line.quarters(length) / (meter.length * 4))


def _first_bar(bars: Sequence[Bar], pitch: int) -> int:
    return next(bar.index for bar in bars if any(note.pitch == pitch for note in bar.notes))


def _formal(piece: Piece) -> dict[str, Any]:
    parts = sections(piece.line)
    shape = form(parts)
    motifs = section_motifs(piece.line, parts, shortest=_SHORTEST_MOTIF)
    first = piece.first_number
    return {
        "form": {
            "letters": shape.letters,
            "played": shape.played,
            "terms": list(shape.terms),
            "sections": [
                {
                    "label": label,
                    "first_bar": part.first + first,
                    "last_bar": part.last + first,
                    "plays": part.plays,
                    "motif": " ".join(motif) or None,
                }
                for label, part, motif in zip(shape.labels, parts, motifs, strict=True)
            ],
        },
        "motif": " ".join(motifs[0]) if motifs and motifs[0] else None,
    }


def _harmonic(piece: Piece, chords: Sequence[Sounding]) -> dict[str, Any]:
    by_bar: dict[int, list[str]] = {}
    for bar, sounding in groupby(chords, lambda chord: chord.bar):
        # Of a bar that is played again, the first time counts.
        by_bar.setdefault(bar, [chord.symbol for chord in sounding])
    ends = cadences(piece.line, sections(piece.line))
    return {
        "chords_by_bar": {str(bar): names for bar, names in sorted(by_bar.items())},
        "cadences": [
            {"section": one.section + 1, "name": one.name, "chords": list(one.chords)}
            for one in ends
        ],
    }


def _instruments(piece: Piece) -> list[str] | None:
    """Those that the source names; None where nothing but the sound could tell."""
    if piece.transcription is None:
        names = named_programs(piece)
    else:
        names = [track.name or program_name(track.program) for track in piece.tracks]
        names += ["drums" for track in piece.tracks if track.drums]
    found = list(dict.fromkeys(name for name in names if name))
    return found or None


def _performed(piece: Piece) -> dict[str, Any]:
    assert piece.transcription is not None
    written = piece.transcription.written
    tempos = written.tempos or ((0.0, written.tempo),)
    return {
        "swing": round(written.swing, 2),
        "tempo_changes": [[round(time, 2), round(bpm, 1)] for time, bpm in tempos],
        "bar_confidence": [round(bar.confidence, 3) for bar in written.bars],
    }


def _methods(piece: Piece, chords: Sequence[Sounding], facts: dict[str, Any]) -> dict[str, Stated]:
    """How each fact is known. What is counted in a score is as sure as the score."""
    known = dict(piece.known)
    heard = known["notes"]
    score = _NOTATION if piece.transcription is None else Stated("counted in our score", 0.0)
    score = Stated(score.method, min(heard.confidence, known["meter"].confidence))
    known.setdefault("pickup", score)
    for name in ("bars", "range", "density", "form", "motif"):
        known[name] = score
    if chords:
        known["chords"] = chords[0].how
    if facts["instruments"]:
        known["instruments"] = Stated("named in the file", 1.0)
    if "swing" in facts:
        known["swing"] = Stated("ratio of the played eighths", known["tempo"].confidence)
    known["seconds"] = Stated("length of the file", 1.0)
    return known
