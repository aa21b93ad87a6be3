"""The page itself: its tabs, its looks, and the script that draws and plays."""

from __future__ import annotations

import os
from pathlib import Path

# Read when gradio is imported: nothing about its use is to be sent anywhere.
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
# gradio sums up its records of past events after each event: a few are enough.
os.environ.setdefault("GRADIO_ANALYTICS_MAX_EVENTS", "50")

import gradio as gr

from chatmusician.demo.chat_tab import chat_tab
from chatmusician.demo.compose_tab import compose_tab
from chatmusician.demo.desk import Desk
from chatmusician.demo.history_tab import history_tab
from chatmusician.demo.listen_tab import listen_tab

STATIC = Path(__file__).parent / "static"
OWN = "/own"
# Where the browser keeps the history. What it hides there is no secret.
_STORAGE = "chatmusician-history-1"
# Sessions that gradio remembers; chatmusician.demo.sessions keeps fewer.
_SESSIONS = 400
HEAD = f"""
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="{OWN}/page.css">
<script type="module" src="{OWN}/page.js"></script>
"""


def create_page(desk: Desk) -> gr.Blocks:
    with gr.Blocks(title="chatmusician", analytics_enabled=False) as page:
        history = gr.BrowserState([], storage_key=_STORAGE, secret=_STORAGE)
        gr.HTML(
            "<header><h1>chatmusician</h1><p>Tunes in ABC notation, composed on this machine. "
            '<a href="/api/">REST API</a></p></header>',
            padding=False,
        )
        with gr.Tabs(elem_id="tabs"):
            with gr.Tab("Compose", id="compose"):
                compose = compose_tab(desk, history)
            with gr.Tab("Listen", id="listen"):
                listen_tab(desk)
            with gr.Tab("Chat", id="chat"):
                chat_tab(desk)
            with gr.Tab("History", id="history"):
                history_tab(desk, history, compose, page)
    page.queue(max_size=200, default_concurrency_limit=desk.limits.waiting + 4, api_open=False)
    page.state_session_capacity = _SESSIONS
    return page


def theme() -> gr.themes.Base:
    """Fonts of the system: none are fetched."""
    return gr.themes.Default(
        primary_hue="teal",
        font=["system-ui", "sans-serif"],
        font_mono=["ui-monospace", "monospace"],
    )
