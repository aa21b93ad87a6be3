"""Conversations to tokens: the chat format, and history cut by whole turns to the context."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chatmusician.errors import LimitError
from chatmusician.model.chat_format import Turn, conversation
from chatmusician.model.generation import Backend, Request, Sampling, Tokens

# A long answer gets so much of the context at least before turns are forgotten.
_ANSWER_SHARE = 0.5


@dataclass(frozen=True)
class Prompt:
    """``cut`` is the blank at the prompt's end that was left to the model; ``forgotten``
    how many turns of the conversation had no room."""

    tokens: list[int]
    cut: str = ""
    forgotten: int = 0


def prompt_text(turns: Sequence[Turn], prefix: str = "", *, end: str) -> str:
    return conversation(turns, end=end) + prefix


def encode_prompt(request: Request, tokens: Tokens, context: int, sampling: Sampling) -> Prompt:
    """The tokens of a conversation: as many of its last turns as leave room for the answer.

    With most tokenizers a blank at the end is no token of its own in what models learn from,
    but the beginning of the answer's first (`` X``): then it is left to the model and taken
    off its answer again.
    """
    reserve = min(sampling.max_new_tokens, int(context * _ANSWER_SHARE))
    turns = list(request.turns)
    while True:
        forgotten = len(request.turns) - len(turns)
        text = prompt_text(turns, request.prefix, end=tokens.end_text)
        cut, ids = _encode(text, tokens)
        if len(ids) + reserve <= context:
            return Prompt(ids, cut, forgotten)
        if len(turns) == 1:
            break
        del turns[0]
    if len(ids) + max(sampling.min_new_tokens, 1) > context:
        raise LimitError(
            f"the request is {len(ids)} tokens long, and the model reads {context} at most",
            hint="shorten it",
        )
    return Prompt(ids, cut, forgotten)


def _encode(text: str, tokens: Tokens) -> tuple[str, list[int]]:
    """What is cut off the end, and the tokens of the rest."""
    ids = tokens.encode(text)
    if not text.endswith(" ") or tokens.encode(f"{text}X")[: len(ids)] == ids:
        return "", ids
    return " ", tokens.encode(text.removesuffix(" "))


def encode_prompts(
    requests: Sequence[Request], tokens: Tokens, context: int, sampling: Sampling
) -> list[Prompt]:
    known: dict[tuple[tuple[Turn, ...], str], Prompt] = {}
    for request in requests:
        place = request.turns, request.prefix
        if place not in known:
            known[place] = encode_prompt(request, tokens, context, sampling)
    return [known[request.turns, request.prefix] for request in requests]


def answer_room(
    turns: tuple[Turn, ...], backend: Backend, sampling: Sampling, prefix: str = ""
) -> int:
    """How many tokens an answer can have behind these turns and its own beginning; LimitError
    where there is no room."""
    tokens, context = backend.tokens, backend.can.context
    if tokens is None or not context:
        return sampling.max_new_tokens
    prompt = encode_prompt(Request(turns, prefix=prefix), tokens, context, sampling)
    return min(sampling.max_new_tokens, context - len(prompt.tokens))
