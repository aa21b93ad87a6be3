"""The facts of a piece as a short list in words."""

from __future__ import annotations

from typing import Any


def in_words(facts: dict[str, Any]) -> list[tuple[str, str]]:
    """Name and value of what people ask for first; what is not known is left out."""
    span, shape = facts.get("range"), facts["form"]
    tempo = facts["tempo"]
    chords = list(dict.fromkeys(chord["symbol"] for chord in facts["chords"]))
    rows = [
        ("key", facts["key"]),
        ("meter", facts["meter"]),
        ("tempo", f"{tempo:g} beats a minute" if tempo else None),
        ("seconds", facts["seconds"]),
        ("bars", facts["bars"]),
        ("pickup", None if facts["pickup"] == "0" else f"{facts['pickup']} quarter notes"),
        ("range", f"{span['lowest']} to {span['highest']}, {span['interval']}" if span else None),
        ("density", f"{facts['density']['notes_per_second']} notes a second"),
        ("form", " ".join([shape["played"], *(f"({term})" for term in shape["terms"])])),
        ("motif", facts["motif"]),
        ("chords", " ".join(chords) or None),
        ("instruments", ", ".join(facts["instruments"] or []) or None),
    ]
    return [(name, str(value)) for name, value in rows if value not in (None, "")]
