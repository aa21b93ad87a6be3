"""ChatMusician's chat format, byte for byte; its markers are accepted and never doubled.

One turn reads `Human: {text} </s> Assistant: {answer} </s> `. `</s>` stands for the end token
of whatever tokenizer is used: `end` puts another one in its place.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

HUMAN = "Human: "
ASSISTANT = "Assistant: "
END = "</s>"

# A marker in the middle of a text counts only behind an end token; at its start, always.
_NEXT = re.compile(rf"\s*{re.escape(END)}\s*(?:(?P<human>Human:)|(?P<assistant>Assistant:)|$)")


@dataclass(frozen=True)
class Turn:
    """A question and its answer; the last answer of a prompt is None."""

    question: str
    answer: str | None = None


def prompt(text: str, *, end: str = END) -> str:
    """What a model is given for one question, with or without the markers in it."""
    return conversation([Turn(strip_question(text))], end=end)


def conversation(turns: Iterable[Turn], *, end: str = END) -> str:
    text = ""
    for turn in turns:
        text += f"{HUMAN}{turn.question} {end} {ASSISTANT}"
        if turn.answer is None:
            return text
        text += f"{turn.answer} {end} "
    return text


def row_turns(instruction: str, given: str, output: str) -> list[Turn]:
    """The turns of a MusicPile-sft row: instruction and input run together, then the output.

    Earlier turns may stand inside the instruction, between markers.
    """
    turns = split_turns(instruction + given)
    if not turns or turns[-1].answer is not None:
        turns.append(Turn(""))
    turns[-1] = Turn(turns[-1].question, strip_answer(output))
    return turns


def split_turns(text: str) -> list[Turn]:
    """A marked conversation to its turns; a text without markers is one question."""
    turns: list[Turn] = []
    rest = _without(text, HUMAN)
    speaking = "human"
    while True:
        found = _NEXT.search(rest)
        said = (rest[: found.start()] if found else rest).strip(" ")
        if speaking == "human":
            turns.append(Turn(said))
        else:
            turns[-1] = Turn(turns[-1].question, said)
        if not found or found.end() == len(rest):
            # An `Assistant: ` at the very end asks for the answer.
            return turns
        speaking = "human" if found["human"] else "assistant"
        rest = rest[found.end() :].removeprefix(" ")


def strip_question(text: str) -> str:
    """A question without its markers, however many of them it has."""
    text = _without(text, HUMAN).rstrip(" ")
    text = text.removesuffix(ASSISTANT.strip()).rstrip(" ") if _asks(text) else text
    return text.removesuffix(END).rstrip(" ")


def strip_answer(text: str) -> str:
    return _without(text, ASSISTANT).rstrip(" ").removesuffix(END).rstrip(" ")


def answer_spans(text: str, turns: Iterable[Turn], *, end: str = END) -> list[tuple[int, int]]:
    """Where loss is taken in `conversation(turns)`: each `Assistant:` up to its end token."""
    spans = []
    at = 0
    for turn in turns:
        at += len(f"{HUMAN}{turn.question} {end} ")
        if turn.answer is None:
            break
        length = len(f"{ASSISTANT}{turn.answer} {end}")
        spans.append((at, at + length))
        at += length + 1
    assert not spans or spans[-1][1] <= len(text)
    return spans


def _asks(text: str) -> bool:
    return re.search(rf"{re.escape(END)}\s*{ASSISTANT.strip()}$", text) is not None


def _without(text: str, marker: str) -> str:
    bare = text.lstrip()
    word = marker.strip()
    return bare[len(word) :].lstrip(" ") if bare.startswith(word) else text
