"""A turn of a conversation while it is answered: who waits, and the text as it grows."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, TypeVar

import gradio as gr

from chatmusician.demo import html
from chatmusician.demo.desk import AFRESH
from chatmusician.demo.stream import Done, Events, Text, Waiting

# Conversation, log, running turn, status, question.
Shown = tuple[Any, Any, Any, Any, Any]
AS_IT_WAS = gr.skip()
_SHOWN_EVERY = 12  # characters: more often would only cost
T = TypeVar("T")


def answering(question: str, events: Events[T]) -> Generator[Shown, None, T]:
    """What the boxes show until the answer is there, which is returned."""
    text, told = "", 0
    done: Done[T] | None = None
    for event in events:
        match event:
            case Waiting(before) if before:
                waits = html.note(f"Waiting: {before} before you.")
                yield AS_IT_WAS, AS_IT_WAS, AS_IT_WAS, waits, AS_IT_WAS
            case Text(_, piece):
                text = "" if piece == AFRESH else text + piece
                if len(text) - told >= _SHOWN_EVERY:
                    told = len(text)
                    yield AS_IT_WAS, AS_IT_WAS, html.draft(question, text), AS_IT_WAS, AS_IT_WAS
            case Done():
                done = event
    assert done is not None  # events end with the result, or raise
    return done.result
