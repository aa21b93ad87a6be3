"""The Listen tab: a recording becomes ABC to edit, with its facts, and answers to questions."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import gradio as gr

from chatmusician.demo import html, studio
from chatmusician.demo.compose_tab import SIZE
from chatmusician.demo.desk import Desk
from chatmusician.demo.editor import editor_box, score_box
from chatmusician.demo.questions import LONGEST, Question, asking
from chatmusician.demo.turn import AS_IT_WAS, Shown, answering
from chatmusician.demo.visits import QUIET, by_client
from chatmusician.errors import UsageError
from chatmusician.transcription.facts.answers import Answered

_QUESTIONS = ("What key is it in?", "Which chords does it have?", "What is its form?")


class _Handlers:
    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    def ask(self, talk: Any, question: str, abc: str, heard: str) -> Iterator[Shown]:
        try:
            yield from self.answered(talk, (question or "").strip(), abc or "", heard or "")
        except Exception as error:
            yield AS_IT_WAS, AS_IT_WAS, "", html.failure(error), question

    def answered(self, talk: Any, question: str, abc: str, heard: str) -> Iterator[Shown]:
        if not question:
            raise UsageError("write a question first")
        if not abc.strip():
            raise UsageError("open or record something first")
        turns = talk["turns"] if talk["heard"] == heard else []
        seed = random.randrange(studio.SEEDS)
        before = tuple((earlier, said) for earlier, said, _ in turns)
        yield talk, html.interview(turns), html.draft(question, "…"), "", ""
        asked = Question(question, abc, heard, before, seed)
        found = yield from answering(question, asking(asked, self.desk))
        now = [*turns, (question, found.text, how_known(found))]
        talk = {"heard": heard, "turns": now}
        yield talk, html.interview(now), "", "", AS_IT_WAS


def how_known(found: Answered) -> str:
    """Who says so, in words."""
    if found.source == "facts":
        return f"From the facts: {found.method}, {found.confidence:.0%} sure."
    if found.source == "cannot tell":
        return "Not a matter of notes."
    bars = ", ".join(map(str, found.bars)) or "none"
    return f"Said by {found.method}; bars named: {bars}."


def listen_tab(desk: Desk) -> None:
    """Lays the tab out and connects it. What opens, records and shows is static/listen.js."""
    handlers = _Handlers(desk)
    limits = desk.limits
    gr.HTML(
        f'<abc-listen most="{limits.sound}" longest="{limits.recording:g}"></abc-listen>',
        elem_id="listen-box",
        padding=False,
    )
    with gr.Row(elem_classes="work"):
        with gr.Column(scale=3, min_width=320):
            score_box("heard-")
        with gr.Column(scale=2, min_width=320):
            editor = editor_box(desk, "heard-")
            onward = gr.Button("Open under Compose", size="sm", elem_id="heard-onward")
    talk = gr.State({"heard": "", "turns": []})
    heard = gr.Textbox(visible="hidden", elem_id="heard-name")
    log = gr.HTML("", elem_id="answers", elem_classes="log")
    running = gr.HTML("", elem_id="answering", elem_classes="log")
    status = gr.HTML("", elem_id="ask-status", padding=False)
    question = gr.Textbox(
        label="Ask about it",
        placeholder=_QUESTIONS[0],
        max_length=LONGEST,
        max_lines=6,
        elem_id="ask-about",
    )
    with gr.Row(elem_classes="actions"):
        send = gr.Button("Ask", variant="primary", elem_id="ask", **SIZE)
        stop = gr.Button("Stop", elem_id="ask-stop", **SIZE)
        forget = gr.Button("New conversation", **SIZE)
    shown = [talk, log, running, status, question]
    given = [talk, question, editor, heard]
    quiet = QUIET
    named = "(talk, question, abc) => [talk, question, abc, window.chatmusician.heard()]"
    runs = [
        event(by_client(handlers, "ask"), given, shown, js=named, **quiet)
        for event in (send.click, question.submit)
    ]
    over = [running, status]
    stop.click(lambda: ("", html.note("Stopped.")), None, over, cancels=runs, **quiet)
    nothing = {"heard": "", "turns": []}
    forget.click(lambda: (nothing, "", "", "", ""), None, shown, cancels=runs, **quiet)
    onward.click(None, None, None, js="() => window.chatmusician.openHeard()")
