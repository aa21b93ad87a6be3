"""Whether a P: in the header is an order of parts or a label (ABC 2.1, section 3.1.9)."""

from __future__ import annotations

from dataclasses import dataclass

from chatmusician.abc.playing import TooManyError, part_order
from chatmusician.abc.tune import Element, Field


@dataclass(frozen=True)
class PartsField:
    """What a P: of the header is; ``code`` and ``detail`` are the finding, empty for none."""

    is_order: bool
    code: str = ""
    detail: str = ""


def part_labels(elements: tuple[Element, ...]) -> list[str]:
    """The letters by which the body labels its parts, each once, in order."""
    letters = [e.value.strip()[:1] for e in elements if isinstance(e, Field) and e.letter == "P"]
    return [letter for letter in dict.fromkeys(letters) if letter]


def parts_field(value: str, labels: list[str]) -> PartsField:
    """Judge the value of a P: in the header by the parts the tune has.

    Words are a label. An order that names a part the tune lacks counts without it, unless a part
    of the tune would then never be played: music that vanishes is worse than a wrong order.
    """
    named = [char for char in dict.fromkeys(value) if char.isalpha()]
    if any(not _is_part(char, labels) for char in named):
        return PartsField(False, "parts-label", value[:40])
    try:
        if part_order(value) is None:
            return PartsField(False, "bad-parts", value[:40])
    except TooManyError:
        return PartsField(True)
    missing = ", ".join(char for char in named if char not in labels)
    unplayed = ", ".join(label for label in labels if label not in named)
    if missing and unplayed:
        detail = f"{missing}; since it leaves out {unplayed}, the tune is played as written"
        return PartsField(False, "missing-part", detail)
    if missing:
        return PartsField(True, "missing-part", missing)
    return PartsField(True, "unplayed-part", unplayed) if unplayed else PartsField(True)


def _is_part(char: str, labels: list[str]) -> bool:
    """Whether a letter can name a part: a capital of 2.1, or one the tune does use."""
    return "A" <= char <= "Z" or char in labels
