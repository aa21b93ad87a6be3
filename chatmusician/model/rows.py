"""Rows of a request file: JSON lines to conversations, or what is wrong with them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

from chatmusician.model.chat_format import Turn, row_turns, split_turns

_HUMAN: Final = ("user", "human")
_MODEL: Final = ("assistant", "gpt", "model")


@dataclass(frozen=True)
class Row:
    """``turns`` end with a question; ``error`` names what is wrong where there are none."""

    line: int
    id: str | int | None = None
    turns: tuple[Turn, ...] = ()
    error: str = ""
    message: str = ""


def read_row(line: int, text: bytes) -> Row:
    """One line of a file. The forms:

    - ``instruction`` and ``input`` (MusicPile-sft, with its markers or without); an
      ``output`` is left alone
    - ``prompt``: a question, or a marked conversation
    - ``messages`` or ``conversation``: ``role``/``content`` or ``from``/``value`` pairs
    """
    if not text.strip():
        return Row(line, error="blank", message="the line is blank")
    try:
        found = json.loads(text.decode("utf-8"))
    except UnicodeDecodeError:
        return Row(line, error="not-utf-8", message="the line is not UTF-8 text")
    except (ValueError, RecursionError) as error:
        return Row(line, error="not-json", message=f"the line is not JSON: {error}")
    if not isinstance(found, dict):
        return Row(line, error="not-an-object", message="the line is no JSON object")
    name = found.get("id")
    id = name if isinstance(name, str | int) else None
    try:
        turns = _turns(found)
    except _BadRowError as bad:
        return Row(line, id, error=bad.args[0], message=bad.args[1])
    if not turns[-1].question.strip():
        return Row(line, id, error="empty", message="there is no question in the row")
    return Row(line, id, tuple(turns))


class _BadRowError(Exception):
    pass


def _turns(row: dict[str, Any]) -> list[Turn]:
    if "messages" in row or "conversation" in row:
        return _messages(row.get("messages", row.get("conversation")))
    if "prompt" in row:
        turns = split_turns(_text(row, "prompt"))
    elif "instruction" in row:
        given = _text(row, "input") if row.get("input") is not None else ""
        instruction = _text(row, "instruction")
        # Rows without markers run instruction and input together without a line between.
        if given and "</s>" not in given and not instruction.endswith(("\n", " ")):
            instruction += "\n"
        turns = [*row_turns(instruction, given, "")]
        turns[-1] = Turn(turns[-1].question)
    else:
        raise _BadRowError("no-question", "it has none of prompt, instruction, messages")
    if turns[-1].answer is not None and turns[-1].answer.strip():
        raise _BadRowError("no-question", "the conversation ends with an answer")
    turns[-1] = Turn(turns[-1].question)
    return turns


def _text(row: dict[str, Any], name: str) -> str:
    value = row[name]
    if not isinstance(value, str):
        raise _BadRowError("not-text", f"{name} is no text")
    return value


def _messages(given: Any) -> list[Turn]:
    if not isinstance(given, list) or not given:
        raise _BadRowError("bad-messages", "messages is no list of messages")
    turns: list[Turn] = []
    for message in given:
        who, said = _message(message)
        if who in _HUMAN:
            if turns and turns[-1].answer is None:
                raise _BadRowError("bad-messages", "two questions in a row")
            turns.append(Turn(said))
        elif who in _MODEL and turns and turns[-1].answer is None:
            turns[-1] = Turn(turns[-1].question, said)
        else:
            raise _BadRowError("bad-messages", f"{who or 'somebody'} speaks out of turn")
    if turns[-1].answer is not None:
        raise _BadRowError("no-question", "the conversation ends with an answer")
    return turns


def _message(message: Any) -> tuple[str, str]:
    if isinstance(message, dict):
        who = message.get("role", message.get("from"))
        said = message.get("content", message.get("value"))
        if isinstance(who, str) and isinstance(said, str):
            return who, said
    raise _BadRowError("bad-messages", "a message is no pair of role and content")
