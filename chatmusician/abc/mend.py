"""One repair of a tune's text: what to replace, and which notes it may change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

Edit = tuple[int, int, str]

# What a repair may change in the notes after it, up to ``Mend.until``.
NOTHING: Final = ""
PITCH: Final = "pitch"
LENGTH: Final = "length"
ANYTHING: Final = "anything"

_LONGEST_HINT: Final = 60


@dataclass(frozen=True)
class Mend:
    """Edits that belong together, given as offsets in ``Tune.text``.

    Notes between ``start`` and ``end`` are part of what is repaired. Notes from ``end``
    to ``until`` may change as ``change`` says, and only those of ``step`` (C=0 … B=6)
    where one is given. No other note may sound different afterwards.
    """

    edits: tuple[Edit, ...]
    start: int
    end: int
    until: int = 0
    change: str = NOTHING
    step: int | None = None

    def result(self, text: str) -> str:
        """What ``text[start:end]`` is after the repair."""
        pieces: list[str] = []
        done = self.start
        for start, end, new in self.edits:
            pieces += [text[done:start], new]
            done = end
        pieces.append(text[done : self.end])
        return "".join(pieces)

    def hint(self, text: str) -> str:
        """What to do, in words; made from the edits, so it cannot disagree with them."""
        new = " ".join(self.result(text).split())
        old = text[self.start : self.end]
        if not new or new == " ".join(old.split()):
            return f"Remove {_shown(''.join(text[s:e] for s, e, _ in self.edits))}."
        return f"Write {_shown(new)}."


def replace(start: int, end: int, new: str) -> Mend:
    """A repair that replaces one span and changes no other note."""
    return Mend(((start, end, new),), start, end)


def _shown(text: str) -> str:
    if not text.isprintable() or not text.strip():
        return "the character " + " ".join(f"U+{ord(char):04X}" for char in text[:4])
    return text if len(text) <= _LONGEST_HINT else text[:_LONGEST_HINT] + " …"
