"""What stands before the music: titles, people, credits, the list of parts."""

from __future__ import annotations

from typing import Final

from chatmusician.abc.musicxml.layout import Layout, ScorePart
from chatmusician.abc.musicxml.write_text import abc_text, escape
from chatmusician.abc.musicxml.write_voices import VoicePlaces, joined_name, voices_text
from chatmusician.abc.tune import Field, Tune

# Fields kept by name for those who look for them; they are not printed.
_MISCELLANEOUS: Final = (
    ("R", "rhythm"),
    ("O", "origin"),
    ("A", "area"),
    ("B", "book"),
    ("D", "discography"),
    ("F", "file"),
    ("G", "group"),
    ("H", "history"),
    ("N", "notes"),
    ("Z", "transcription"),
)


def header(tune: Tune, layout: Layout, line_breaks: bool, places: VoicePlaces) -> list[str]:
    titles = _values(tune, "T")
    found: list[str] = []
    if titles:
        found.append(f"<work><work-title>{titles[0]}</work-title></work>")
    found.append(_identification(tune, layout, line_breaks, places))
    found += _credits(tune, titles)
    found.append("<part-list>")
    for at, score_part in enumerate(layout.score):
        for number, (first, _, symbol, through) in enumerate(layout.groups, 1):
            if first == at:
                found.append(_group_start(number, symbol, through))
        found += _score_part(f"P{at + 1}", score_part, at + 1)
        for number, (_, last, _, _) in reversed(list(enumerate(layout.groups, 1))):
            if last == at:
                found.append(f'<part-group number="{number}" type="stop"/>')
    found.append("</part-list>")
    return found


def _values(tune: Tune, letter: str) -> list[str]:
    return [text for field in tune.fields(letter) if (text := abc_text(field.value))]


def _identification(tune: Tune, layout: Layout, line_breaks: bool, places: VoicePlaces) -> str:
    composers = _values(tune, "C")
    found = [f'<creator type="composer">{name}</creator>' for name in composers]
    breaks = "yes" if line_breaks else "no"
    found.append(
        "<encoding><software>chatmusician</software>"
        '<supports element="accidental" type="yes"/><supports element="beam" type="yes"/>'
        f'<supports element="print" attribute="new-system" type="{breaks}" value="yes"/>'
        "</encoding>"
    )
    found += [f"<source>{text}</source>" for text in _values(tune, "S")[:1]]
    other = [
        f'<miscellaneous-field name="{name}">{text}</miscellaneous-field>'
        for letter, name in _MISCELLANEOUS
        if (text := "; ".join(_values(tune, letter)))
    ]
    body = [e for e in tune.elements if isinstance(e, Field) and e.letter == "W"]
    words = [abc_text(field.value) for field in (*tune.fields("W"), *body)]
    if any(words):
        text = "\n".join(words)
        other.append(f'<miscellaneous-field name="words">{text}</miscellaneous-field>')
    extra = {"order": escape(layout.order), "score": escape(layout.score_text)}
    if layout.score_text:
        parts = {part.id: part for part in layout.parts}
        ordered = {id: places[id] for id in layout.voices if id in places}
        extra["voices"] = voices_text(ordered, parts)
    other += [
        f'<miscellaneous-field name="{name}">{text}</miscellaneous-field>'
        for name, text in extra.items()
        if text
    ]
    if other:
        found.append(f"<miscellaneous>{''.join(other)}</miscellaneous>")
    return f"<identification>{''.join(found)}</identification>"


def _credits(tune: Tune, titles: list[str]) -> list[str]:
    found = [_credit("title", titles[0], "center")] if titles else []
    found += [_credit("subtitle", title, "center") for title in titles[1:]]
    composer = ", ".join(_values(tune, "C"))
    origin = ", ".join(_values(tune, "O"))
    people = f"{composer} ({origin})" if composer and origin else composer or origin
    if people:
        found.append(_credit("composer", people, "right"))
    rhythm = ", ".join(_values(tune, "R"))
    if rhythm:
        found.append(_credit("rhythm", rhythm, "left"))
    return found


def _credit(kind: str, text: str, justify: str) -> str:
    return (
        f'<credit page="1"><credit-type>{kind}</credit-type>'
        f'<credit-words justify="{justify}">{text}</credit-words></credit>'
    )


def _group_start(number: int, symbol: str, through: bool) -> str:
    barline = "yes" if through else "no"
    return (
        f'<part-group number="{number}" type="start"><group-symbol>{symbol}</group-symbol>'
        f"<group-barline>{barline}</group-barline></part-group>"
    )


def _score_part(id: str, score_part: ScorePart, number: int) -> list[str]:
    part = score_part.leader
    # A part needs a name; where the tune gives none, the voice's id stands in unprinted.
    full, short = (joined_name(score_part, short=short) for short in (False, True))
    name = escape(full) if full else escape(part.id)
    hidden = ' print-object="no"' if not full or score_part.hidden else ""
    found = [f'<score-part id="{id}"><part-name{hidden}>{name}</part-name>']
    if short:
        found.append(f"<part-abbreviation>{escape(short)}</part-abbreviation>")
    if part.program is not None or part.channel is not None:
        instrument = f"{id}-I1"
        found.append(
            f'<score-instrument id="{instrument}"><instrument-name>{name}</instrument-name>'
            "</score-instrument>"
        )
        channel = part.channel if part.channel is not None else _free_channel(number)
        program = "" if part.program is None else f"<midi-program>{part.program + 1}</midi-program>"
        found.append(
            f'<midi-instrument id="{instrument}"><midi-channel>{channel}</midi-channel>'
            f"{program}</midi-instrument>"
        )
    found.append("</score-part>")
    return found


def _free_channel(number: int) -> int:
    """A channel for each part, past the one of the drums."""
    channels = [n for n in range(1, 17) if n != 10]
    return channels[(number - 1) % len(channels)]
