"""Questions and answers made of facts, family by family, and LLark's filters.

Answers come from facts: those that a set states, else those computed from the sound. A set
that states nothing of its own gives no more than can be heard.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from random import Random
from typing import Any

from chatmusician.transcription.facts.answers import answer

MIR, CAPTION, REASONING = "mir", "captioning", "reasoning"
# MU-LLaMA's four, which every track of MusicQA has.
FIXED = (
    "Describe the audio",
    "Describe the audio in detail",
    "What do you hear in the audio?",
    "What can be inferred from the audio?",
)
OPEN = 5
_ASKED = (
    "What key is it in?",
    "What is the time signature?",
    "What is the tempo in beats per minute?",
    "How many beats are in a bar?",
    "Which chords are used?",
    "What is the range of the melody?",
    "What is the highest note?",
    "What is the lowest note?",
    "What is the first note?",
    "What is the last note?",
    "What is the form?",
    "Which instruments are playing?",
    "How many sections are there?",
    "Does it begin with a pickup?",
    "Does it swing?",
    "Which notes are in bar 2?",
)
# LLark drops what speaks of the data rather than of the music, and what cannot be heard.
_BAD_ANSWER = re.compile(
    r"metadata|not (?:provided|specified|mentioned|available)|cannot (?:be )?determined?"
    r"|unable to determine|no information|based on the (?:data|information) (?:provided|given)"
    r"|annotation",
    re.I,
)
_BAD_QUESTION = re.compile(
    r"\b(artist|band|singer'?s? name|title|composer|composed by|album|released?|duration"
    r"|how long (?:is|does)|name of the (?:song|piece|track))\b",
    re.I,
)
_EASY_BPM, _HARD_BPM = 90, 140
_SURE = 0.3


@dataclass(frozen=True)
class Pair:
    family: str
    question: str
    answer: str


def kept(pair: Pair) -> bool:
    """LLark's filters."""
    return not (_BAD_ANSWER.search(pair.answer) or _BAD_QUESTION.search(pair.question))


def pairs(
    facts: dict[str, Any], caption: str, stated: dict[str, Any], chance: Random
) -> list[Pair]:
    """All pairs of a track that pass the filters; ``facts`` have what the set states in them.
    Where few facts are sure there are fewer than MusicQA's five open questions."""
    described = stated.get("caption") or caption
    detail = " ".join(part for part in (described, _tags(stated), caption) if part)
    short = (described, detail if detail != described else caption, described, detail)
    found = [Pair(CAPTION, asked, said) for asked, said in zip(FIXED, short, strict=True)]
    found += _mir(facts, stated, chance)
    found += _reasoning(facts, stated)
    return [pair for pair in found if pair.answer and kept(pair)]


def _tags(stated: dict[str, Any]) -> str:
    """The tags, genres and moods that a set states, as sentences."""
    said = []
    for name, begin in (
        ("tags", "It can be described as"),
        ("genres", "Its genre is"),
        ("moods", "Its mood is"),
    ):
        if stated.get(name):
            said.append(f"{begin} {', '.join(stated[name])}.")
    return " ".join(said)


def _mir(facts: dict[str, Any], stated: dict[str, Any], chance: Random) -> list[Pair]:
    asked = list(_ASKED)
    chance.shuffle(asked)
    found = []
    for question in asked:
        said = answer(question, facts)
        if said is not None and said.source == "facts" and said.confidence >= _SURE:
            found.append(Pair(MIR, question, said.text))
    told = [
        Pair(MIR, question, f"{', '.join(stated[name])}.".capitalize())
        for name, question in (
            ("tags", "Which words describe it?"),
            ("genres", "Which genre is it?"),
            ("moods", "What is its mood?"),
        )
        if stated.get(name)
    ]
    return [*told, *found][:OPEN]


def _reasoning(facts: dict[str, Any], stated: dict[str, Any]) -> list[Pair]:
    """Questions that never ask for one bare attribute, answered by what facts say together."""
    found = []
    tempo, key, meter = (_sure(facts, name) for name in ("tempo", "key", "meter"))
    if tempo and meter:
        if tempo < _EASY_BPM:
            pace = "It is slow enough to be played at its own tempo soon."
        elif tempo < _HARD_BPM:
            pace = "Begin at two thirds of its tempo, then raise it."
        else:
            pace = "It is fast: begin at half its tempo, a few bars at a time."
        said = f"Count {meter} aloud and tap the beat at about {tempo:.0f} a minute. {pace}"
        if chords := facts.get("chords_by_bar"):
            names = list(dict.fromkeys(name for row in chords.values() for name in row))[:6]
            said += f" For the accompaniment learn the chords {', '.join(names)}."
        found.append(Pair(REASONING, "How would one learn to play this music?", said))
    if tempo and key:
        mood = "minor" if "minor" in key or "dorian" in key else "major"
        other = "major" if mood == "minor" else "minor"
        way = "faster" if tempo < _HARD_BPM else "slower"
        said = (
            f"It is in {key} at about {tempo:.0f} beats a minute. In {other}, and {way}, the same "
            "melody would sound quite different."
        )
        found.append(Pair(REASONING, "What could be changed to give it another mood?", said))
    if span := facts.get("range"):
        said = f"The melody goes from {span['lowest']} to {span['highest']}, a {span['interval']}. "
        wide = span.get("semitones", 0) > 19
        said += "That is too wide for most voices." if wide else "Most voices can sing that."
        found.append(Pair(REASONING, "Could a choir sing its melody, and why?", said))
    return found


def _sure(facts: dict[str, Any], name: str) -> Any:
    how = facts["how"].get(name)
    return facts.get(name) if how and how["confidence"] >= _SURE else None
