"""The History tab: what was made in this browser, opened again as it was, shared as a file."""

from __future__ import annotations

from typing import Any

import gradio as gr

from chatmusician.demo import html
from chatmusician.demo.compose_tab import SIZE, ComposeTab
from chatmusician.demo.desk import Desk
from chatmusician.demo.history import Item, from_file, read_items, to_file
from chatmusician.demo.visits import QUIET
from chatmusician.errors import ChatMusicianError

_AS_IT_WAS = gr.skip()


class _Handlers:
    def __init__(self, desk: Desk, compose: ComposeTab) -> None:
        self.most = desk.limits.items
        self.compose = compose

    def items(self, history: Any) -> list[Item]:
        return read_items(history, self.most)

    def listed(self, history: Any) -> Any:
        """The newest first; a value is the item's place."""
        items = self.items(history)
        choices = [(one.label, at) for at, one in reversed(list(enumerate(items)))]
        return gr.Radio(choices=choices, value=choices[0][1] if choices else None)

    def reopen(self, history: Any, chosen: int | None) -> list[Any]:
        items = self.items(history)
        nothing = [_AS_IT_WAS] * (len(self.compose.form) + 4)
        if chosen is None or not 0 <= chosen < len(items):
            return [*nothing, html.note("Choose an item first.", "error")]
        one = items[chosen]
        tune = one.tunes[0].abc if one.tunes else ""
        order = one.the_order()
        when = one.made[:16].replace("T", ", ")
        said = html.note(f"From the history: made {when} by {one.model}.")
        shown = [tune, html.cards(one.tunes), said, order, html.note("Opened under Compose.")]
        return [*self.compose.filled(order), *shown]

    def brought(self, history: Any, text: str | None) -> tuple[Any, Any]:
        if text is None:
            return _AS_IT_WAS, _AS_IT_WAS
        try:
            new = from_file(text, self.most)
        except ChatMusicianError as error:
            return _AS_IT_WAS, html.failure(error)
        items = [*self.items(history), *new][-self.most :]
        data = [one.model_dump() for one in items]
        return data, html.note(f"{len(new)} items were added.")

    def forgotten(self, left: Any) -> tuple[Any, Any]:
        """`left` is empty where the user has said so."""
        return (_AS_IT_WAS, "") if left else ([], html.note("Nothing is kept now."))

    def saved(self, history: Any, chosen: int | None, everything: bool) -> str:
        items = self.items(history)
        if not everything:
            items = items[chosen : chosen + 1] if chosen is not None else []
        return to_file(items) if items else ""


def history_tab(desk: Desk, history: gr.BrowserState, compose: ComposeTab, page: gr.Blocks) -> None:
    """Lays the tab out and connects it."""
    handlers = _Handlers(desk, compose)
    gr.Markdown("What was composed in this browser. It stays here: nothing is kept on the machine.")
    chosen = gr.Radio([], label="Items, the newest first", elem_id="items", type="value")
    status = gr.HTML("", elem_id="history-status", padding=False)
    with gr.Row(elem_classes="actions"):
        reopen = gr.Button("Open", variant="primary", elem_id="reopen", **SIZE)
        one = gr.Button("Save this item", **SIZE)
        everything = gr.Button("Save all", elem_id="save-all", **SIZE)
        bring = gr.Button("Open a file", elem_id="bring", **SIZE)
        clear = gr.Button("Forget all", elem_id="forget", **SIZE)
    text = gr.Textbox(visible="hidden", elem_id="session-text")
    quiet = QUIET
    page.load(handlers.listed, history, chosen, **quiet)
    history.change(handlers.listed, history, chosen, **quiet)
    desk_of_it = [compose.editor, compose.cards, compose.status, compose.order]
    opened = [*compose.form, *desk_of_it, status]
    reopen.click(handlers.reopen, [history, chosen], opened, **quiet).then(
        None, None, None, js="() => window.chatmusician.showTab('Compose')"
    )
    for button, whole in ((one, False), (everything, True)):
        button.click(_saving(handlers, whole), [history, chosen], text, **quiet).then(
            None, text, None, js="(text) => window.chatmusician.saveSession(text)"
        )
    bring.click(
        handlers.brought,
        [history, text],
        [history, status],
        js="async (history) => [history, await window.chatmusician.readText()]",
        **quiet,
    )
    clear.click(
        handlers.forgotten,
        history,
        [history, status],
        js="(history) => [confirm('Forget all that was composed in this browser?') ? [] : history]",
        **quiet,
    )


def _saving(handlers: _Handlers, whole: bool) -> Any:
    return lambda history, chosen: handlers.saved(history, chosen, whole)
