"""Repeat signs and keys as the events shape writes them."""

from __future__ import annotations

from chatmusician.abc.fields import Key
from chatmusician.abc.timing import VoiceLine
from chatmusician.music.pitch import STEP_LETTERS


def signs(voice: VoiceLine) -> list[tuple[int, str]]:
    """Repeat and double bars, parts and variant endings, each at its onset in ticks."""
    found: list[tuple[int, str]] = []
    opening = [*(bool(m.opens) for m in voice.measures[1:]), True]
    for measure, opens_next in zip(voice.measures, opening, strict=False):
        start, end = int(measure.start), int(measure.start + measure.length)
        if measure.part:
            found.append((start, "P:" + measure.part))
        if measure.opens:
            found.append((start, "|" + ":" * int(measure.opens)))
        if measure.endings:
            found.append((start, "|" + ",".join(str(n) for n in measure.endings)))
        if measure.closes:
            found.append((end, ":" * int(measure.closes) + "|"))
        elif measure.double and not opens_next:
            found.append((end, "||"))
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
