"""m: macros (ABC 2.1, section 9): text replaced before a music line is read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_LETTERS: Final = "CDEFGABcdefgab"
_LONGEST_LINE: Final = 100_000
_MOST_MACROS: Final = 100


@dataclass(frozen=True)
class Macro:
    """``target`` is replaced by ``replacement``; with ``n``, for every note letter."""

    target: str
    replacement: str

    @property
    def transposing(self) -> bool:
        return "n" in self.target


def parse_macro(value: str) -> Macro | None:
    """Read an m: value, None where it makes no sense."""
    target, equals, replacement = value.partition("=")
    target, replacement = target.strip(), replacement.strip()
    if not equals or not target or len(target) > 31 or len(replacement) > 200:
        return None
    return Macro(target, replacement)


def _shifted(letter: str, steps: int) -> str:
    """The note ``steps`` above a letter, with octave marks where the letters run out."""
    octave, step = divmod(_LETTERS.index(letter) + steps, 7)
    name = _LETTERS[step + 7] if octave >= 1 else _LETTERS[step]
    marks = "'" * (octave - 1) if octave > 1 else "," * -octave
    return name + marks


def _transposed(replacement: str, letter: str) -> str:
    """The replacement with h to z as notes around ``n``, the note that was found."""
    return "".join(
        _shifted(letter, ord(c) - ord("n")) if "h" <= c <= "z" else c for c in replacement
    )


def _table(macros: list[Macro]) -> dict[str, str]:
    table: dict[str, str] = {}
    for macro in macros[-_MOST_MACROS:]:
        if not macro.transposing:
            table[macro.target] = macro.replacement
            continue
        for letter in _LETTERS:
            table[macro.target.replace("n", letter)] = _transposed(macro.replacement, letter)
    return table


def expand(line: str, start: int, macros: list[Macro]) -> tuple[str, list[int], list[int]]:
    """The line with macros replaced, and for each offset its place in the source.

    ``start`` is the line's own offset. Texts in quotes are left alone. The two lists,
    one entry longer than the text, serve what begins and what ends at an offset: inside
    an expansion that is the begin and the end of the macro's use.
    """
    table = _table(macros)
    targets = sorted(table, key=len, reverse=True)
    pattern = re.compile('"[^"]*"?|' + "|".join(re.escape(t) for t in targets))
    pieces: list[str] = []
    places: list[int] = []
    ends: list[int] = [start]
    done = 0
    for found in pattern.finditer(line):
        if found[0].startswith('"'):
            continue
        pieces.append(line[done : found.start()])
        places.extend(range(start + done, start + found.start()))
        ends.extend(range(start + done + 1, start + found.start() + 1))
        replacement = table[found[0]]
        pieces.append(replacement)
        places.extend([start + found.start()] * len(replacement))
        ends.extend([start + found.end()] * len(replacement))
        done = found.end()
        if len(places) > _LONGEST_LINE:
            break
    pieces.append(line[done:])
    places.extend(range(start + done, start + len(line) + 1))
    ends.extend(range(start + done + 1, start + len(line) + 1))
    return "".join(pieces), places, ends
