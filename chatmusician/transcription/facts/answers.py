"""Questions that the computed facts answer in full, and those that notes cannot answer.

A question counts as answered only if nothing is left of it beside the words of its kind: what
asks for more ("… and why?") is not for this module.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal

from chatmusician.transcription.facts.caption import spoken_key

Source = Literal["facts", "cannot tell", "model"]


@dataclass(frozen=True)
class Answered:
    """``source`` says who answers; ``bars`` are the numbers of the bars it speaks of."""

    text: str
    source: Source
    method: str = ""
    confidence: float = 1.0
    bars: tuple[int, ...] = ()


@dataclass(frozen=True)
class Kind:
    """``asked`` must be found in a question; ``words`` may stand in it beside those that may
    stand in any; ``fact`` names how the answer is known."""

    asked: str
    words: str
    fact: str
    answer: Callable[[dict[str, Any], int | None], tuple[str, tuple[int, ...]] | None]


_WORDS: Final = """a an the this that it its is are was be does do did has have had of in at on
for to from by with what which whats how many much long tell me us please can could you would
say give name state list show i know want like there piece tune song music track melody
recording clip audio file work sound here and or written played exactly about approximately
roughly whole overall main used use uses contain contains being"""
_ANY: Final = frozenset(_WORDS.split())
_CANNOT: Final = (
    r"\b(who|whose|artist|band|singers?|vocalist|performers?|musicians?|composers?|producer"
    r"|label|album|timbre|tone colou?r|sound quality|mix|mastering|reverb|recorded|studio"
    r"|loudness|male|female|gender|lyrics|language)\b"
)
_INSTRUMENT: Final = r"\b(instruments?)\b"
_OPINION: Final = re.compile(
    r"\b(would|could|should|might|suit|suits|why|suggest|recommend|imagine|if|compose|write)\b"
)


def answer(question: str, facts: dict[str, Any]) -> Answered | None:
    """The answer that facts give; None where the question is for somebody who understands it."""
    asked = _plain(question)
    bar = re.search(r"\b(?:bar|measure)s? (?:number )?(\d{1,4})\b", asked)
    number = int(bar[1]) if bar else None
    for kind in KINDS:
        if not re.search(kind.asked, asked) or _left(asked, kind, number is not None):
            continue
        found = kind.answer(facts, number)
        if found is not None:
            how = facts["how"].get(kind.fact, {"method": "counted", "confidence": 1.0})
            return Answered(found[0], "facts", how["method"], how["confidence"], found[1])
    return _cannot_tell(asked, facts)


def kind_of(question: str) -> Kind | None:
    """What a question is about, whatever else is in it."""
    asked = _plain(question)
    return next((kind for kind in KINDS if re.search(kind.asked, asked)), None)


def _plain(question: str) -> str:
    return " ".join(re.findall(r"[a-z0-9#'/]+", question.lower().replace("time-", "time ")))


def _left(asked: str, kind: Kind, bar: bool) -> set[str]:
    words = {word.replace("'s", "").strip("'") for word in asked.split()}
    allowed = _ANY | set(kind.words.split())
    if bar:
        allowed |= {"bar", "measure", "bars", "measures", "number"}
        words = {word for word in words if not word.isdigit()}
    return words - allowed - {""}


def _cannot_tell(asked: str, facts: dict[str, Any]) -> Answered | None:
    if _OPINION.search(asked):
        return None
    pattern = _CANNOT if facts["instruments"] else f"{_CANNOT}|{_INSTRUMENT}"
    found = re.search(pattern, asked)
    if found is None:
        return None
    said = (
        f"That cannot be told from the notes ({found[0]}): known here is what was played, not "
        "who or what made the sound."
    )
    return Answered(said, "cannot tell")


# -- one function for each kind: the answer in words, and the bars it speaks of ----------------

_Found = tuple[str, tuple[int, ...]] | None


def _key(facts: dict[str, Any], bar: int | None) -> _Found:
    return (f"It is in {spoken_key(facts['key'])}.", ()) if facts["key"] else None


def _meter(facts: dict[str, Any], bar: int | None) -> _Found:
    return (f"It is in {facts['meter']} time.", ()) if facts["meter"] else None


def _beats_in_a_bar(facts: dict[str, Any], bar: int | None) -> _Found:
    numbers = [beat["beat_number"] for beat in facts["downbeats_madmom"]]
    return (f"Each bar has {max(numbers)} beats.", ()) if numbers else None


def _tempo(facts: dict[str, Any], bar: int | None) -> _Found:
    if not facts["tempo"]:
        return None
    said = f"About {facts['tempo']:.0f} beats per minute."
    if facts["how"]["tempo"]["confidence"] < 0.3:
        said = f"Nothing states it; usual would be {said[0].lower()}{said[1:]}"
    return said, ()


def _chords(facts: dict[str, Any], bar: int | None) -> _Found:
    by_bar = facts["chords_by_bar"]
    if bar is not None:
        names = by_bar.get(str(bar))
        return (f"Bar {bar} has {', '.join(names)}.", (bar,)) if names else None
    first: dict[str, int] = {}
    for number, names in by_bar.items():
        for name in names:
            first.setdefault(name, int(number))
    if not first:
        return "It has no chords.", ()
    said = ", ".join(f"{name} (first in bar {number})" for name, number in first.items())
    return f"Its chords are {said}.", tuple(sorted(set(first.values())))


def _progression(facts: dict[str, Any], bar: int | None) -> _Found:
    by_bar = [(int(number), names) for number, names in facts["chords_by_bar"].items()]
    if not by_bar:
        return "It has no chords.", ()
    said = " | ".join(" ".join(names) for _, names in by_bar[:32])
    first, last = by_bar[0][0], by_bar[:32][-1][0]
    return f"Bars {first} to {last}: {said}", (first, last)


def _range(facts: dict[str, Any], bar: int | None) -> _Found:
    span = facts.get("range")
    if not span:
        return None
    reach = f"from {span['lowest']} to {span['highest']}, a {span['interval']}"
    return f"The melody goes {reach} (C4 is middle C).", ()


def _extreme(which: str) -> Callable[[dict[str, Any], int | None], _Found]:
    def found(facts: dict[str, Any], bar: int | None) -> _Found:
        span = facts.get("range")
        if not span:
            return None
        at = span[f"{which}_bar"]
        return f"The {which} note is {span[which]}, first in bar {at} (C4 is middle C).", (at,)

    return found


def _bars(facts: dict[str, Any], bar: int | None) -> _Found:
    written, played = facts["bars"], facts["bars_played"]
    said = f"It has {written} bars as written"
    return (f"{said}, {played} as played." if played != written else f"{said}."), ()


def _length(facts: dict[str, Any], bar: int | None) -> _Found:
    seconds = facts["seconds"]
    minutes, rest = divmod(round(seconds), 60)
    return f"It lasts {seconds:.1f} seconds ({minutes}:{rest:02d}).", ()


def _form(facts: dict[str, Any], bar: int | None) -> _Found:
    shape = facts["form"]
    parts = [f"{s['label']} (bars {s['first_bar']} to {s['last_bar']})" for s in shape["sections"]]
    terms = f" ({', '.join(shape['terms'])})" if shape["terms"] else ""
    said = f"Its form is {shape['played']}{terms}: {', '.join(parts)}."
    return said, tuple(section["first_bar"] for section in shape["sections"])


def _sections(facts: dict[str, Any], bar: int | None) -> _Found:
    parts = facts["form"]["sections"]
    said = "section" if len(parts) == 1 else "sections"
    return f"It has {len(parts)} {said}.", tuple(part["first_bar"] for part in parts)


def _motif(facts: dict[str, Any], bar: int | None) -> _Found:
    return (f"Its motif, in ABC: {facts['motif']}", ()) if facts["motif"] else None


def _pickup(facts: dict[str, Any], bar: int | None) -> _Found:
    if facts["pickup"] == "0":
        return "No, it begins on the first beat of a bar.", (1,)
    one = "" if facts["pickup"] in ("1", "1/2") else "s"
    return f"Yes, a pickup of {facts['pickup']} quarter note{one}.", (0,)


def _instruments(facts: dict[str, Any], bar: int | None) -> _Found:
    names = facts["instruments"]
    return (f"The file names {', '.join(names)}.", ()) if names else None


def _notes_in(facts: dict[str, Any], bar: int | None) -> _Found:
    names = facts["notes_by_bar"].get(str(bar)) if bar is not None else None
    return (f"The melody in bar {bar}: {', '.join(names)}.", (bar,)) if names and bar else None


def _first_note(facts: dict[str, Any], bar: int | None) -> _Found:
    rows = [(int(number), names) for number, names in facts["notes_by_bar"].items() if names]
    return (f"It begins with {rows[0][1][0]}.", (rows[0][0],)) if rows else None


def _last_note(facts: dict[str, Any], bar: int | None) -> _Found:
    rows = [(int(number), names) for number, names in facts["notes_by_bar"].items() if names]
    return (f"It ends with {rows[-1][1][-1]}.", (rows[-1][0],)) if rows else None


def _cadences(facts: dict[str, Any], bar: int | None) -> _Found:
    parts = facts["form"]["sections"]
    rows = [
        f"section {c['section']}: {c['name']} ({' to '.join(c['chords'])})"
        for c in facts["cadences"]
    ]
    bars = tuple(parts[c["section"] - 1]["last_bar"] for c in facts["cadences"])
    return (f"{'; '.join(rows)}.".capitalize(), bars) if rows else None


def _swing(facts: dict[str, Any], bar: int | None) -> _Found:
    swing = facts.get("swing")
    if swing is None:
        return None
    said = f"the first of two eighths is played {swing:.2f} times as long as the second"
    return f"{'Yes' if swing >= 1.25 else 'No'}: {said}.", ()


def _title(facts: dict[str, Any], bar: int | None) -> _Found:
    return (f"The file calls it {facts['title']}.", ()) if facts["title"] else None


KINDS: Final = (
    Kind(
        r"\b(time signature|meter|metre|meters|time)\b(?!.*\bbeats per minute)",
        "time signature meter metre",
        "meter",
        _meter,
    ),
    Kind(
        r"\bbeats\b.*\b(bar|measure|bars)\b",
        "beats bar bars measure measures per each one every",
        "meter",
        _beats_in_a_bar,
    ),
    Kind(
        r"\b(key|tonic|tonality|mode|scale)\b",
        "key tonic tonality mode scale tonal centre center",
        "key",
        _key,
    ),
    Kind(r"\b(major|minor)\b", "major minor key", "key", _key),
    Kind(
        r"\b(tempo|bpm|fast|slow|speed|beats per minute)\b",
        "tempo bpm fast slow speed beats per minute",
        "tempo",
        _tempo,
    ),
    Kind(
        r"\b(chord progression|harmonic progression|progression)\b",
        "chord chords harmonic progression",
        "chords",
        _progression,
    ),
    Kind(
        r"\b(chords?|harmony|harmonies)\b",
        "chord chords harmony harmonies symbols symbol stand",
        "chords",
        _chords,
    ),
    Kind(
        r"\bhighest\b|\btop note\b",
        "highest note top pitch reach reaches reached where",
        "range",
        _extreme("highest"),
    ),
    Kind(
        r"\blowest\b|\bbottom note\b",
        "lowest note bottom pitch reach reaches reached where",
        "range",
        _extreme("lowest"),
    ),
    Kind(
        r"\b(range|ambitus|span|compass)\b",
        "range ambitus span compass melodic pitch wide",
        "range",
        _range,
    ),
    Kind(
        r"\b(first|opening|starting) note\b|\b(begin|start)s? (on|with)\b",
        "first opening starting note begin begins start starts pitch",
        "range",
        _first_note,
    ),
    Kind(
        r"\b(last|final|ending) note\b|\bends? (on|with)\b",
        "last final ending note end ends pitch",
        "range",
        _last_note,
    ),
    Kind(r"\bnotes?\b.*\b(bar|measure) \d", "notes note pitches", "range", _notes_in),
    Kind(
        r"\bhow many (bars|measures)\b|\bnumber of (bars|measures)\b",
        "bars measures number",
        "bars",
        _bars,
    ),
    Kind(
        r"\b(how long|duration|length|last|lasts)\b",
        "duration length last lasts seconds minutes total",
        "seconds",
        _length,
    ),
    Kind(r"\bhow many (sections|parts)\b", "sections parts different fall into", "form", _sections),
    Kind(
        r"\b(form|structure|sections)\b",
        "form structure sections musical letters formal",
        "form",
        _form,
    ),
    Kind(r"\bmotif\b|\bmotive\b", "motif motive recurring characteristic", "motif", _motif),
    Kind(
        r"\b(pickup|pick up|upbeat|anacrusis)\b",
        "pickup pick up upbeat anacrusis begin start begins starts",
        "pickup",
        _pickup,
    ),
    Kind(r"\bcadences?\b", "cadence cadences end ends sections section", "chords", _cadences),
    Kind(r"\b(swing|swung|shuffle)\b", "swing swung shuffle swings eighths", "swing", _swing),
    Kind(
        r"\binstruments?\b",
        "instrument instruments play plays playing heard hear",
        "instruments",
        _instruments,
    ),
    Kind(r"\b(title|called|name)\b", "title called name", "title", _title),
)
