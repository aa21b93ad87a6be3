"""A caption in words, made from facts and from nothing else."""

from __future__ import annotations

from typing import Any, Final

# From so many beats a minute on; what people call it.
_PACES: Final = (
    (0, "very slow"),
    (50, "slow"),
    (72, "calm"),
    (92, "moderate"),
    (116, "lively"),
    (150, "fast"),
    (190, "very fast"),
)
_MOST_CHORDS: Final = 4
# Below, a fact found by listening is not told as if it were known.
_SURE: Final = 0.3
_SWUNG: Final = 1.25


def caption(facts: dict[str, Any]) -> str:
    """Two to five sentences; what is not known is left out."""
    found = [_opening(facts), _melody(facts), _harmony(facts), _form(facts)]
    return " ".join(sentence for sentence in found if sentence)


def _known(facts: dict[str, Any], name: str) -> Any:
    how = facts["how"].get(name)
    return facts.get(name) if how is None or how["confidence"] >= _SURE else None


def _opening(facts: dict[str, Any]) -> str:
    tempo, meter, key = (_known(facts, name) for name in ("tempo", "meter", "key"))
    first = f"{_pace(tempo)} piece" if tempo else "piece"
    parts = [_article(first)]
    if key:
        parts.append(f"in {spoken_key(key)}")
    if meter:
        parts.append(f"in {meter} time")
    if tempo:
        parts.append(f"at about {tempo:.0f} beats per minute")
    if facts.get("instruments"):
        parts.append(f"for {_listed(facts['instruments'][:_MOST_CHORDS])}")
    return " ".join(parts) + "."


def _melody(facts: dict[str, Any]) -> str:
    span, density = facts.get("range"), facts["density"]
    if span is None:
        return ""
    voices = density["voices"]
    line = "The melody" if voices == 1 else f"It has {voices} voices; the melody"
    moving = f"about {density['notes_per_second']:.1f} notes a second"
    swing = facts.get("swing") or 1.0
    swung = ", with a swing" if swing >= _SWUNG else ""
    wide = span["interval"]
    reach = f"spans {wide if wide[0].isdigit() else _article(wide).lower()}"
    return f"{line} {reach}, from {span['lowest']} to {span['highest']}, with {moving}{swung}."


def _harmony(facts: dict[str, Any]) -> str:
    heard: dict[str, float] = {}
    for chord in facts["chords"]:
        length = chord["end_time"] - chord["start_time"]
        heard[chord["symbol"]] = heard.get(chord["symbol"], 0) + length
    if not heard:
        return ""
    most = sorted(heard, key=lambda name: (-heard[name], name))[:_MOST_CHORDS]
    which = "Its chord is" if len(heard) == 1 else "Its chords are"
    if len(heard) > _MOST_CHORDS:
        which = "Its chords are mostly"
    return f"{which} {_listed(most)}."


def _form(facts: dict[str, Any]) -> str:
    shape, bars = facts["form"], facts["bars"]
    if not bars:
        return ""
    length = f"It is {bars} bar{'' if bars == 1 else 's'} long"
    if len(shape["sections"]) < 2:
        return f"{length}."
    return f"{length}, in the form {shape['played']}."


def spoken_key(key: str) -> str:
    tonic, _, mode = key.partition(" ")
    name = tonic[:1] + tonic[1:].replace("#", " sharp").replace("b", " flat")
    return f"{name} {mode}".strip()


def _pace(tempo: float) -> str:
    return next(word for least, word in reversed(_PACES) if tempo >= least)


def _article(words: str) -> str:
    vowel = words[:1].lower() in "aeiou" or words.startswith(("8", "11", "18"))
    return f"{'An' if vowel else 'A'} {words}"


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
