"""A score and the ABC it is drawn from, side by side: the picture follows every change."""

from __future__ import annotations

import gradio as gr

from chatmusician.demo.desk import Desk


def score_box(prefix: str = "") -> None:
    """The score that follows the editor of the same prefix; static/page.js joins the two."""
    gr.HTML(
        f'<abc-score id="{prefix}score" player files></abc-score>',
        elem_id=f"{prefix}score-box",
        padding=False,
    )


def editor_box(desk: Desk, prefix: str = "") -> gr.Textbox:
    """The editor, and below it what is wrong with the text."""
    editor = gr.Textbox(
        label="ABC",
        lines=14,
        max_lines=30,
        max_length=desk.limits.abc,
        elem_id=f"{prefix}abc",
        elem_classes="abc",
        html_attributes=gr.InputHTMLAttributes(spellcheck=False, autocapitalize="off"),
    )
    problems = f'<ul id="{prefix}problems" class="problems" aria-live="polite"></ul>'
    gr.HTML(problems, padding=False)
    editor.change(None, editor, None, js=f"(abc) => window.chatmusician.edited(abc, {prefix!r})")
    return editor
