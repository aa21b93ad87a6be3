"""Handlers of the page run for the client that asks."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Iterator
from typing import Any

import gradio as gr

from chatmusician.demo.desk import Desk


def by_client(handlers: Any, name: str, *first: Any) -> Callable[..., Any]:
    """The method `name` of `handlers`, called with `first` before the event's values.

    It runs with the desk as the client has it: in the client's share of every queue, and ended when
    nobody listens to its session any more.
    """

    def mine(who: gr.Request) -> Callable[..., Any]:
        desk: Desk = handlers.desk
        client = who.client.host if who.client else ""
        own = copy.copy(handlers)
        own.desk = desk.of(client, desk.sessions.gone(who.session_hash or ""))
        method: Callable[..., Any] = getattr(own, name)
        return method

    def run(who: gr.Request, *values: Any) -> Any:
        return mine(who)(*first, *values)

    def stream(who: gr.Request, *values: Any) -> Iterator[Any]:
        yield from mine(who)(*first, *values)

    chosen = stream if inspect.isgeneratorfunction(getattr(handlers, name)) else run
    # gradio looks for the annotation itself, not for its name.
    chosen.__annotations__["who"] = gr.Request
    return chosen


# For every event: the gate has checked the values, and the handlers say in words what they refuse.
QUIET: dict[str, Any] = {
    "show_progress": "hidden",
    "api_visibility": "private",
    "preprocess": False,
}
