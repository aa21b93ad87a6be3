"""The Compose tab: a request, the tunes made for it, and the desk to work on one of them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import gradio as gr

from chatmusician.demo import html, studio
from chatmusician.demo.desk import Desk
from chatmusician.demo.editor import editor_box, score_box
from chatmusician.demo.growing import Growing
from chatmusician.demo.history import item, kept, read_items
from chatmusician.demo.scores import first_tune
from chatmusician.demo.stream import Done, Text, Waiting
from chatmusician.demo.studio import Order
from chatmusician.demo.visits import QUIET, by_client
from chatmusician.errors import ChatMusicianError, UsageError

_TUNE = "X:1\nM:6/8\nL:1/8\nK:D\nDFA AFA|Bcd AFD|GFE EFG|AFD D3|]"
EXAMPLES = (
    "a lively jig in D, AABB",
    "a slow waltz in G minor, 16 bars",
    "a tune over the chords Am G Am Em",
    "a reel in A with the motif A2 cA",
    "something in ternary form",
    "in the style of Bach",
    f"harmonise this tune:\n{_TUNE}",
    f"a variation of this tune:\n{_TUNE}",
    "continue this tune:\nX:1\nM:6/8\nL:1/8\nK:D\nDFA AFA|Bcd AFD|",
    "fill in the blank bars:\nX:1\nM:6/8\nL:1/8\nK:D\nDFA AFA|x6|x6|AFD D3|]",
)
_FIELDS = (
    ("key", "Key", "D, Em, Ador"),
    ("meter", "Meter", "6/8, 4/4, C|"),
    ("rhythm", "Rhythm", "jig, reel, waltz"),
    ("form", "Form", "AABB, Binary"),
    ("chords", "Chords", "Am G Am Em"),
    ("motif", "Motif", "DFA dfa"),
    ("bars", "Bars", "16"),
    ("seed", "Seed", "any"),
)
# The bars that each change of a tune is told.
_BARS = {
    "continue": ("after",),
    "infill": ("first", "last"),
    "variation": (),
    "harmonise": (),
}
# What an event hands to the page: status, editor, cards, history, the order it was made by.
Shown = tuple[Any, Any, Any, Any, Any]
_AS_IT_WAS = gr.skip()
SIZE: dict[str, Any] = {"size": "md", "scale": 0, "min_width": 104}


@dataclass
class ComposeTab:
    """The components that other tabs fill in."""

    request: gr.Textbox
    fields: dict[str, Any]
    editor: gr.Textbox
    status: gr.HTML
    cards: gr.HTML
    order: gr.State

    @property
    def form(self) -> list[Any]:
        return [self.request, *self.fields.values()]

    def filled(self, order: Order) -> list[Any]:
        """The values of `form` for an order."""
        values: dict[str, Any] = {**order.wanted, "seed": order.seed}
        fields = [
            "" if values.get(name) is None else str(values[name])
            for name in self.fields
            if name != "candidates"
        ]
        return [order.request, *fields, order.candidates]


def seed_of(text: str) -> int | None:
    """The seed that was typed; None where there is none."""
    if not (text or "").strip():
        return None
    if not re.fullmatch(r"\d{1,10}", text.strip()):
        raise UsageError(f"{text[:20]!r} is no seed", hint="a whole number such as 7")
    return int(text) % studio.SEEDS


class _Handlers:
    def __init__(self, desk: Desk, names: list[str]) -> None:
        self.desk = desk
        self.names = names

    def order(self, request: str, *values: Any) -> Order:
        given = dict(zip(self.names, values, strict=True))
        seed, candidates = given.pop("seed"), given.pop("candidates")
        wanted = {name: value for name, value in given.items() if value}
        return Order(
            request=request or "",
            wanted=wanted,
            candidates=int(candidates or 1),
            seed=seed_of(seed),
        )

    def compose(self, history: Any, request: str, *values: Any) -> Iterator[Shown]:
        yield from self.run(lambda: self.order(request, *values), history)

    def regenerate(
        self, last: Order | None, history: Any, request: str, *values: Any
    ) -> Iterator[Shown]:
        """What stands in the form, or the change of a tune that was made last; another seed."""

        def again() -> Order:
            if last is not None and last.change:
                return replace(last, seed=None)
            return self.order(request, *[*values[:-2], "", values[-1]])

        yield from self.run(again, history)

    def change(
        self,
        task: str,
        history: Any,
        abc: str,
        first: float | None = None,
        last: float | None = None,
    ) -> Iterator[Shown]:
        order = Order(change=task, abc=abc or "", first=int(first or 0), last=int(last or 0))
        yield from self.run(lambda: order, history)

    def transpose(self, abc: str, semitones: float | None) -> tuple[Any, Any]:
        try:
            moved = self.desk.work("transpose", abc or "", int(semitones or 0))
            return html.note(""), moved
        except ChatMusicianError as error:
            return html.failure(error), _AS_IT_WAS

    def keep(self, last: Order | None, history: Any, abc: str) -> tuple[Any, Any]:
        items = read_items(history, self.desk.limits.items)
        if not (abc or "").strip():
            return html.note("There is nothing in the editor to keep.", "error"), _AS_IT_WAS
        order = last or Order(seed=0)
        try:
            first_tune(abc, self.desk.limits)
        except ChatMusicianError as error:
            return html.failure(error), _AS_IT_WAS
        items.append(kept(abc, order, self.desk.name))
        return html.note("Kept under History."), self.stored(items)

    def stored(self, items: list[Any]) -> list[Any]:
        return [one.model_dump() for one in items[-self.desk.limits.items :]]

    def run(self, order: Callable[[], Order], history: Any) -> Iterator[Shown]:
        try:
            yield from self.made(order().with_seed(), history)
        except Exception as error:
            yield html.failure(error), *[_AS_IT_WAS] * 4

    def made(self, order: Order, history: Any) -> Iterator[Shown]:
        asked = studio.understood(order, self.desk.limits)
        said = f"Asked for: {'; '.join(map(str, asked.heard))}." if asked.heard else ""
        if asked.unheard:
            said += f" Not understood: {', '.join(asked.unheard)}."
        yield html.note(f"Composing. {said}"), _AS_IT_WAS, "", _AS_IT_WAS, order
        growing = Growing(order.candidates)
        for event in studio.composing(order, self.desk, asked):
            match event:
                case Waiting(before) if before:
                    others = "one request is" if before == 1 else f"{before} requests are"
                    yield html.note(f"Waiting: {others} before yours."), *[_AS_IT_WAS] * 4
                case Text():
                    if growing.add(event) and (text := growing.drawable()):
                        yield self.draft(text, growing, order)
                case Done(composition):
                    yield self.finished(order, composition, said, history)

    def draft(self, text: str, growing: Growing, order: Order) -> Shown:
        drafts = html.drafts(growing.texts) if order.candidates > 1 else _AS_IT_WAS
        return _AS_IT_WAS, text, drafts, _AS_IT_WAS, _AS_IT_WAS

    def finished(self, order: Order, made: Any, said: str, history: Any) -> Shown:
        data = studio.result(order, made, self.desk.limits)
        new = item(order, data)
        if not new.tunes:
            words = "The model's answer holds no tune. Ask again, or in other words."
            return html.note(words, "error"), _AS_IT_WAS, "", _AS_IT_WAS, _AS_IT_WAS
        items = [*read_items(history, self.desk.limits.items), new]
        more = [f"{remark[:1].upper()}{remark[1:].rstrip('.')}." for remark in data["remarks"]]
        remarks = " ".join([f"Done with seed {order.seed}.", said, *more])
        cards = html.cards(new.tunes)
        return html.note(remarks), new.tunes[0].abc, cards, self.stored(items), _AS_IT_WAS


def compose_tab(desk: Desk, history: gr.BrowserState) -> ComposeTab:
    """Lays the tab out and connects it."""
    tab, buttons, editing = _layout(desk)
    handlers = _Handlers(desk, list(tab.fields))
    shown = [tab.status, tab.editor, tab.cards, history, tab.order]
    given = [history, *tab.form]
    quiet = QUIET
    runs = [
        buttons["compose"].click(by_client(handlers, "compose"), given, shown, **quiet),
        tab.request.submit(by_client(handlers, "compose"), given, shown, **quiet),
        buttons["again"].click(
            by_client(handlers, "regenerate"), [tab.order, *given], shown, **quiet
        ),
    ]
    for task, bars in _BARS.items():
        working = [history, tab.editor, *[editing[name] for name in bars]]
        runs.append(
            buttons[task].click(by_client(handlers, "change", task), working, shown, **quiet)
        )
    buttons["stop"].click(lambda: html.note("Stopped."), None, tab.status, cancels=runs, **quiet)
    move = [tab.editor, editing["semitones"]]
    buttons["transpose"].click(
        by_client(handlers, "transpose"), move, [tab.status, tab.editor], **quiet
    )
    keep = [tab.order, history, tab.editor]
    buttons["keep"].click(handlers.keep, keep, [tab.status, history], **quiet)
    buttons["open"].click(
        lambda text: _AS_IT_WAS if text is None else text,
        tab.editor,
        tab.editor,
        js="() => window.chatmusician.openTune()",
        **quiet,
    )
    return tab


def _layout(desk: Desk) -> tuple[ComposeTab, dict[str, gr.Button], dict[str, Any]]:
    buttons: dict[str, gr.Button] = {}
    editing: dict[str, Any] = {}
    with gr.Row(elem_classes="asking"), gr.Column():
        request = gr.Textbox(
            label="What shall it be?",
            placeholder="a lively jig in D, AABB",
            lines=2,
            max_lines=8,
            max_length=20_000,
            elem_id="request",
        )
        with gr.Row(elem_classes="actions"):
            buttons["compose"] = gr.Button("Compose", variant="primary", elem_id="compose", **SIZE)
            buttons["again"] = gr.Button("Regenerate", elem_id="again", **SIZE)
            buttons["stop"] = gr.Button("Stop", elem_id="stop", **SIZE)
        fields = _fields(desk)
        _examples(request)
        status = gr.HTML("", elem_id="status", padding=False)
        cards = gr.HTML("", elem_id="cards", padding=False)
    with gr.Row(elem_classes="work"):
        with gr.Column(scale=3, min_width=320):
            score_box()
        with gr.Column(scale=2, min_width=320):
            editor = editor_box(desk)
            with gr.Row():
                buttons["open"] = gr.Button("Open a file", size="sm")
                buttons["keep"] = gr.Button("Keep in history", size="sm")
            _editing(buttons, editing)
    tab = ComposeTab(request, fields, editor, status, cards, gr.State(None))
    return tab, buttons, editing


def _examples(request: gr.Textbox) -> None:
    """Buttons that put an example into the request, in the browser alone."""
    gr.HTML("For example", padding=False)
    with gr.Row(elem_classes="examples"):
        for text in EXAMPLES:
            label = text.partition("\n")[0].rstrip(":")
            button = gr.Button(label, size="sm", scale=0, min_width=0)
            button.click(None, None, request, js=f"() => {json.dumps(text)}")


def _fields(desk: Desk) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    with gr.Accordion("Details", open=False), gr.Row():
        for name, label, example in _FIELDS:
            fields[name] = gr.Textbox(
                label=label, placeholder=example, max_length=200, min_width=130, elem_id=name
            )
        most = desk.limits.candidates
        fields["candidates"] = gr.Slider(
            1, most, value=1, step=1, label="Candidates", min_width=160, elem_id="candidates"
        )
    return fields


def _editing(buttons: dict[str, gr.Button], editing: dict[str, Any]) -> None:
    def number(name: str, label: str, value: int) -> None:
        editing[name] = gr.Number(
            value, label=label, precision=0, minimum=1, min_width=90, elem_id=f"bars-{name}"
        )

    def button(task: str, label: str) -> None:
        buttons[task] = gr.Button(label, size="md", scale=0, min_width=120, elem_id=task)

    with gr.Accordion("Let the model work on it", open=False, elem_id="changes"):
        with gr.Row(elem_classes="change"):
            number("after", "After bar", 4)
            button("continue", "Continue")
        with gr.Row(elem_classes="change"):
            number("first", "From bar", 3)
            number("last", "To bar", 4)
            button("infill", "Fill anew")
        with gr.Row(elem_classes="actions"):
            button("variation", "Vary")
            button("harmonise", "Harmonise")
        with gr.Row(elem_classes="change"):
            editing["semitones"] = gr.Slider(-12, 12, value=2, step=1, label="Semitones")
            button("transpose", "Transpose")
