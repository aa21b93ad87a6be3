"""The rhythm of a tune: by its ``R:`` field, by the file it is in, or by its meter."""

from __future__ import annotations

import re
from typing import Final

# Words of R: fields and file names, the longer ones before those that they hold.
_NAMES: Final = (
    ("slip jig", "slip-jig"),
    ("slipjig", "slip-jig"),
    ("hop jig", "slip-jig"),
    ("slip.abc", "slip-jig"),
    ("single jig", "slide"),
    ("slide", "slide"),
    ("jig", "jig"),
    ("strathspey", "strathspey"),
    ("highland fling", "strathspey"),
    ("fling", "strathspey"),
    ("reel", "reel"),
    ("hornpipe", "hornpipe"),
    ("hpps", "hornpipe"),
    ("clog", "hornpipe"),
    ("polka", "polka"),
    ("waltz", "waltz"),
    ("march", "march"),
    ("barndance", "barndance"),
    ("schottische", "barndance"),
    ("mazurka", "mazurka"),
    ("varsovienne", "mazurka"),
    ("three-two", "three-two"),
    ("air", "air"),
    ("xmas", "carol"),
)
_BY_METER: Final = {"6/8": "jig", "9/8": "slip-jig", "12/8": "slide", "2/4": "polka"}
# O'Neill's Music of Ireland is ordered by kind: from this number on.
_ONEILLS: Final = (
    (1, "air"),
    (693, "jig"),
    (1124, "slip-jig"),
    (1159, "reel"),
    (1549, "hornpipe"),
    (1734, "dance"),
    (1801, "march"),
)


def rhythm_of(field: str, identifier: str, meter: str, number: str) -> str:
    """The rhythm's name as the model knows it.

    ``field`` is the value of ``R:`` or nothing, ``identifier`` source and file of the tune,
    ``meter`` as in ``6/8``, ``number`` that of ``X:``.
    """
    source = identifier.split("/", 1)[0]
    for text in (field.lower(), _spaced(identifier)):
        for name, rhythm in _NAMES:
            if name in text and (rhythm != "air" or text == field.lower()):
                return _fitting(rhythm, meter)
    if source == "oneills" and number.isdigit():
        kinds = [kind for start, kind in _ONEILLS if start <= int(number)]
        return _fitting(kinds[-1], meter) if kinds else "air"
    if source == "ceol_rince":
        return _BY_METER.get(meter, "reel")
    return _BY_METER.get(meter, "dance") if meter in ("6/8", "9/8") else "dance"


def _spaced(identifier: str) -> str:
    """``TheFooJig.mid`` has no spaces between its words."""
    file = identifier.rsplit("/", 1)[-1]
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", file).lower()


def _fitting(rhythm: str, meter: str) -> str:
    """Double jigs and slip jigs are told apart by their meter."""
    if rhythm in ("jig", "slip-jig", "slide") and meter in ("6/8", "9/8"):
        return {"6/8": "slide" if rhythm == "slide" else "jig", "9/8": "slip-jig"}[meter]
    if rhythm == "jig" and meter not in ("6/8", "9/8", "12/8"):
        return "dance"
    return rhythm
