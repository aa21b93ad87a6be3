"""Questions about a piece: answered from its facts where they suffice, else by a model."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from chatmusician.model.chat_format import Turn
from chatmusician.transcription.facts.answers import Answered, answer

if TYPE_CHECKING:
    from chatmusician.model.conversation import Conversation

_MOST_ABC: Final = 3000
# What is told to a model; the rest of the record is times, which the ABC says better.
_TOLD: Final = (
    "title",
    "key",
    "meter",
    "tempo",
    "pickup",
    "seconds",
    "bars",
    "range",
    "density",
    "form",
    "motif",
    "chords_by_bar",
    "cadences",
    "instruments",
    "swing",
)
_INSTRUCTION: Final = """Answer the question about this piece of music from the facts and the ABC \
notation below. Say which bars you speak of, as (bar 5). The bars of each line of ABC are given \
before it. What notes cannot tell (timbre, singer, artist), say that it cannot be told."""


class Interview:
    """Several questions about one piece; ``talk`` opens the model, when one is first needed."""

    def __init__(self, facts: dict[str, Any], talk: Callable[[], Conversation]) -> None:
        self.facts = facts
        self.turns: list[Turn] = []
        self._open = talk
        self._talk: Conversation | None = None

    def ask(self, question: str, on_text: Callable[[str], None] | None = None) -> Answered:
        """The answer, and who gives it; a model's is told to ``on_text`` as it comes."""
        found = answer(question, self.facts)
        if found is None:
            found = self._by_model(question, on_text)
        self.turns.append(Turn(question, found.text))
        return found

    def _by_model(self, question: str, on_text: Callable[[str], None] | None) -> Answered:
        if self._talk is None:
            self._talk = self._open()
        talk = self._talk
        # The piece goes with every question: of a long conversation the beginning is forgotten.
        talk.turns = list(self.turns)
        done = talk.ask(f"{told(self.facts)}\n\nQuestion: {question}", on_text)
        text = done.text.strip()
        return Answered(text, "model", talk.backend.name, 0.0, cited(text, self.facts))


def told(facts: dict[str, Any]) -> str:
    """What a model is given of a piece: an instruction, the facts, and the ABC."""
    shown = {name: facts[name] for name in _TOLD if facts.get(name) not in (None, [], {})}
    text = json.dumps(shown, ensure_ascii=False)
    return f"{_INSTRUCTION}\n\nFacts: {text}\n\nABC:\n{numbered(facts['abc'])}"


def numbered(text: str) -> str:
    """ABC with its bars in lines of four, each after the numbers of its bars."""
    from chatmusician import abc
    from chatmusician.abc.transform import take_bars

    tune = abc.read(text).tunes[0]
    voices = abc.timeline(tune).voices
    measures = voices[0].measures if voices else []
    first = 0 if measures and 0 < measures[0].length < measures[0].want else 1
    lines = [line for line in tune.text.split("\n") if re.match(r"[XTMLQK]:", line)]
    size = sum(map(len, lines))
    for start in range(0, len(measures), 4):
        last = min(start + 4, len(measures))
        cut = take_bars(tune, start + 1, last).text.split("\n")
        music = " ".join(line for line in cut if line and not re.match(r"[A-Za-z]:|%", line))
        lines.append(f"bars {start + first}-{last - 1 + first}: {music}")
        size += len(lines[-1])
        if size > _MOST_ABC and last < len(measures):
            lines.append(f"(bars {last + first} to {len(measures) - 1 + first} are left out)")
            break
    return "\n".join(lines)


def cited(text: str, facts: dict[str, Any]) -> tuple[int, ...]:
    """The bars that an answer names, as far as the piece has them."""
    there = {int(number) for number in facts["notes_by_bar"]}
    found = set[int]()
    for first, last in re.findall(
        r"\b(?:bar|measure)s?\s+(\d{1,4})(?:\s*(?:-|–|to)\s*(\d{1,4}))?", text
    ):
        found.update(range(int(first), int(last or first) + 1) if int(last or first) < 5000 else ())
    return tuple(sorted(found & there))
