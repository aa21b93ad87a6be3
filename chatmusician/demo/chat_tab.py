"""The Chat tab: a conversation with the model, turn by turn; tunes in its answers are drawn."""

from __future__ import annotations

import random
from collections.abc import Iterator

import gradio as gr

from chatmusician.demo import html, studio
from chatmusician.demo.compose_tab import SIZE, seed_of
from chatmusician.demo.desk import Desk
from chatmusician.demo.turn import AS_IT_WAS, Shown, answering
from chatmusician.demo.visits import QUIET, by_client
from chatmusician.errors import UsageError
from chatmusician.model.chat_format import Turn

_LONGEST = 20_000
Turns = list[tuple[str, str]]


class _Handlers:
    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    def send(self, turns: Turns, question: str, seed: str) -> Iterator[Shown]:
        if not (question or "").strip():
            say = html.note("Write something first.", "error")
            yield AS_IT_WAS, AS_IT_WAS, AS_IT_WAS, say, AS_IT_WAS
            return
        yield from self.ask(turns, question.strip(), seed)

    def retry(self, turns: Turns, seed: str) -> Iterator[Shown]:
        """Another answer to the last question, with another seed."""
        if not turns:
            say = html.note("There is nothing to ask again yet.", "error")
            yield AS_IT_WAS, AS_IT_WAS, AS_IT_WAS, say, AS_IT_WAS
            return
        again = f"{int(seed) + 1}" if (seed or "").strip().isdecimal() else seed
        yield from self.ask(turns[:-1], turns[-1][0], again)

    def ask(self, turns: Turns, question: str, seed: str) -> Iterator[Shown]:
        try:
            yield from self.answered(turns, question, seed)
        except Exception as error:
            yield AS_IT_WAS, AS_IT_WAS, "", html.failure(error), question

    def answered(self, turns: Turns, question: str, seed: str) -> Iterator[Shown]:
        if len(question) > _LONGEST:
            raise UsageError(f"a question has {_LONGEST:,} characters at most")
        typed = seed_of(seed)
        number = random.randrange(studio.SEEDS) if typed is None else typed
        asked = [*(Turn(q, a) for q, a in turns), Turn(question)]
        yield turns, html.conversation(turns), html.draft(question, "…"), "", ""
        done = yield from answering(question, studio.chatting(asked, number, self.desk))
        now = [*turns, (question, done.text.strip(" "))]
        say = f"Seed {number}."
        if not done.finished:
            say += " The answer breaks off: its room or its time was over."
        yield now, html.conversation(now), "", html.note(say), AS_IT_WAS


def chat_tab(desk: Desk) -> None:
    """Lays the tab out and connects it."""
    handlers = _Handlers(desk)
    turns = gr.State([])
    log = gr.HTML("", elem_id="log", elem_classes="log")
    running = gr.HTML("", elem_id="running", elem_classes="log")
    status = gr.HTML("", elem_id="chat-status", padding=False)
    question = gr.Textbox(
        label="Your turn",
        placeholder="Write a jig in D. Then: transpose it to G.",
        lines=2,
        max_lines=10,
        max_length=_LONGEST,
        elem_id="question",
    )
    with gr.Row(elem_classes="actions"):
        send = gr.Button("Send", variant="primary", elem_id="send", **SIZE)
        again = gr.Button("Retry", **SIZE)
        stop = gr.Button("Stop", **SIZE)
        forget = gr.Button("New conversation", **SIZE)
        seed = gr.Textbox(label="Seed", placeholder="any", max_length=10, min_width=120, scale=0)
    shown = [turns, log, running, status, question]
    quiet = QUIET
    runs = [
        send.click(by_client(handlers, "send"), [turns, question, seed], shown, **quiet),
        question.submit(by_client(handlers, "send"), [turns, question, seed], shown, **quiet),
        again.click(by_client(handlers, "retry"), [turns, seed], shown, **quiet),
    ]
    stop.click(
        lambda: ("", html.note("Stopped.")),
        None,
        [running, status],
        cancels=runs,
        **quiet,
    )
    forget.click(lambda: ([], "", "", "", ""), None, shown, cancels=runs, **quiet)
