"""A brief: what a request asks of a tune, as data."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any, Final

# Everything that can be asked of a tune, in the order it is shown.
NAMES: Final = {
    "task": "task",
    "key": "key",
    "meter": "meter",
    "unit": "note length",
    "rhythm": "rhythm",
    "tempo": "tempo",
    "bars": "bars",
    "form": "form",
    "terms": "form",
    "chords": "chords",
    "motifs": "motif",
    "style": "style",
    "title": "title",
    "given": "given tune",
}


@dataclass(frozen=True)
class Brief:
    """Values are as ABC writes them: key ``Em``, meter ``6/8``, tempo ``1/4=120``.

    ``form`` is in letters as played (``AABB``), or as written with blanks between them
    (``A B``); ``terms`` are its words (``Binary``). ``chords``
    stand in order. ``motifs`` are ABC in the unit asked for (else 1/8), one for each section.
    ``given`` is the ABC that a task other than ``compose`` works on.
    """

    task: str = "compose"
    key: str = ""
    meter: str = ""
    unit: str = ""
    rhythm: str = ""
    tempo: str = ""
    bars: int | None = None
    form: str = ""
    terms: tuple[str, ...] = ()
    chords: tuple[str, ...] = ()
    motifs: tuple[str, ...] = ()
    style: str = ""
    title: str = ""
    given: str = ""

    def asked(self) -> dict[str, Any]:
        """What is asked for, by field; the rest is left to the model."""
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        return {
            name: value
            for name, value in values.items()
            if value and not (name == "task" and value == "compose")
        }

    @property
    def empty(self) -> bool:
        return not self.asked()

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Heard:
    """One thing understood: the value of a field, and the words or the flag it came from.

    ``implied`` tells that it follows from something else (a jig is in 6/8).
    """

    field: str
    value: Any
    words: str
    implied: bool = False

    def __str__(self) -> str:
        value = " ".join(map(str, self.value)) if isinstance(self.value, tuple) else self.value
        shown = " ".join(str(value).split())
        shown = shown if len(shown) <= 60 else f"{shown[:57]}..."
        how = "from" if self.implied else "said as"
        return f"{NAMES[self.field]} {shown} ({how} {self.words!r})"


@dataclass(frozen=True)
class Reading:
    """A brief, and how it was come by: what was heard, what was not, what contradicts itself."""

    brief: Brief
    heard: tuple[Heard, ...] = ()
    unheard: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()

    def lines(self) -> list[str]:
        """In words, for people."""
        said = [f"understood: {one}" for one in self.heard]
        if self.unheard:
            said.append(f"not understood: {', '.join(self.unheard)}")
        return said + [f"conflict: {one}" for one in self.conflicts]
