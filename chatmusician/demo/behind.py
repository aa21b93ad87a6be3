"""gradio as the page needs it: which events it has, and making it forget a session.

What gradio keeps of a session it keeps for an hour; the attributes used here are its own and may
change, so a test holds each of them (tests/demo/test_demo_gate.py).
"""

from __future__ import annotations

import contextlib
from typing import Any

from chatmusician.demo.sessions import Sessions


def events_of(page: Any) -> dict[int, tuple[str, ...]]:
    """The kinds of input components of each event that runs here and not in the browser."""
    return {
        number: tuple(component.get_block_name() for component in event.inputs)
        for number, event in page.fns.items()
        if event.fn is not None
    }


def connect(page: Any, sessions: Sessions) -> None:
    """Have `sessions` end what gradio does and keeps for them."""

    async def forget_events(name: str) -> None:
        queue = page._queue
        await queue.clean_events(session_hash=name)
        queue.pending_messages_per_session.pop(name, None)
        queue.pending_event_ids_session.pop(name, None)

    def forget_state(name: str) -> None:
        holder = page.state_holder
        with contextlib.suppress(AttributeError), holder.lock:
            holder.session_data.pop(name, None)
            holder.time_last_used.pop(name, None)

    sessions.forget_events = forget_events
    sessions.forget_state = forget_state
