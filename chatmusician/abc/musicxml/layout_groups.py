"""Braces and brackets before the systems, as ``%%score`` asks for them."""

from __future__ import annotations

import re
from typing import Final

from chatmusician.abc.tune import Directive, Tune

_TOKEN: Final = re.compile(r"[{}\[\]]|[^\s{}\[\]()|]+")
_SYMBOLS: Final = {"{": "brace", "[": "bracket"}
_CLOSING: Final = {"}": "{", "]": "["}
# First part, last part, symbol.
Group = tuple[int, int, str]


def groups(tune: Tune, ids: list[str]) -> list[Group]:
    """The groups of parts, outer before inner; only those whose parts stand together."""
    found: list[Group] = []
    opened: list[tuple[str, set[int]]] = []
    for token in _TOKEN.findall(_score(tune)):
        if token in _SYMBOLS:
            opened.append((token, set()))
        elif token in _CLOSING and opened and opened[-1][0] == _CLOSING[token]:
            symbol, parts = opened.pop()
            if len(parts) > 1 and max(parts) - min(parts) == len(parts) - 1:
                found.append((min(parts), max(parts), _SYMBOLS[symbol]))
        elif token in ids:
            for _, parts in opened:
                parts.add(ids.index(token))
    return sorted(found, key=lambda group: (group[0], -group[1]))


def _score(tune: Tune) -> str:
    said = [
        element.value
        for part in (tune.inherited, tune.header, tune.elements)
        for element in part
        if isinstance(element, Directive) and element.name in ("score", "staves")
    ]
    return said[0] if said else ""
