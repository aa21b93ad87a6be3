"""HTML for the page. Whatever comes from a model, a tune or a user is escaped here."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from html import escape

from chatmusician.abc import find_tunes
from chatmusician.demo.history import Tune
from chatmusician.errors import ChatMusicianError

_log = logging.getLogger(__name__)
_FIGURE = re.compile(r"[a-z ]+ [01]\.\d\d(?=: )")  # a line of a score card, as far as its figure


def note(text: str, kind: str = "info") -> str:
    role = "alert" if kind == "error" else "status"
    return f'<p class="note {kind}" role="{role}">{escape(text)}</p>' if text else ""


def failure(error: Exception) -> str:
    """An error in words; of one that nobody thought of, its name, and the rest in the log."""
    if not isinstance(error, ChatMusicianError):
        _log.error("unexpected error", exc_info=error)
        said = f"Something went wrong that should not ({type(error).__name__}). Please report it."
        return note(said, "error")
    hint = f" What to do: {error.hint}." if error.hint else ""
    said = str(error).rstrip(".")
    return note(f"{said[:1].upper()}{said[1:]}.{hint}", "error")


def score(abc: str, *features: str) -> str:
    """A tune that is drawn by the page's own script; `features` are its attributes."""
    return f"<abc-score {' '.join(features)}>{escape(abc)}</abc-score>"


def cards(tunes: Sequence[Tune]) -> str:
    """Score cards; of several candidates side by side, each with its score."""
    rows = []
    alone = len(tunes) == 1
    for at, tune in enumerate(tunes):
        total = "" if tune.total is None else f", {tune.total:.2f} of 1"
        lines = "".join(f"<li>{escape(line)}</li>" for line in tune.card)
        figures = " · ".join(found[0] for line in tune.card if (found := _FIGURE.match(line)))
        rows.append(
            f'<article class="card" aria-label="Candidate {at + 1}">'
            f"<h3>{at + 1}. <small>seed {tune.seed}{total}</small></h3>"
            f"{'' if alone else score(tune.abc, 'small', 'pick')}"
            f"{'' if alone or not figures else f'<p>{escape(figures)}</p>'}"
            f"<details><summary>Score card</summary><ul>{lines}</ul></details></article>"
        )
    return f'<div class="cards">{"".join(rows)}</div>' if rows else ""


def drafts(texts: Sequence[str]) -> str:
    """Candidates while they are written."""
    rows = [
        f'<article class="card"><h3>{at}. <small>being written</small></h3>'
        f"<pre>{escape(text)}</pre></article>"
        for at, text in enumerate(texts, 1)
    ]
    return f'<div class="cards">{"".join(rows)}</div>'


def conversation(turns: Sequence[tuple[str, str]]) -> str:
    """Turns of question and answer; tunes in answers are drawn."""
    return "".join(_turn("you", question) + _turn("model", answer) for question, answer in turns)


def interview(turns: Sequence[tuple[str, str, str]]) -> str:
    """Questions, answers, and how each answer is known."""
    return "".join(
        _turn("you", question) + _turn("model", said, how) for question, said, how in turns
    )


def _turn(who: str, text: str, how: str = "") -> str:
    body = answer(text) if who == "model" else f"<p>{escape(text)}</p>"
    name = "You" if who == "you" else "Answer" if how else "Model"
    known = f'<p class="how">{escape(how)}</p>' if how else ""
    return f'<div class="turn {who}"><h3>{name}</h3>{body}{known}</div>'


def answer(text: str) -> str:
    """What a model said: its words as they are, its tunes as scores."""
    parts, at = [], 0
    for tune in find_tunes(text):
        parts.append(_words(text[at : tune.start]))
        parts.append(score(tune.abc, "player", "files", "pick"))
        at = tune.end
    parts.append(_words(text[at:]))
    return "".join(parts) or '<p class="note info">(no answer)</p>'


def _words(text: str) -> str:
    return f"<p>{escape(text.strip())}</p>" if text.strip() else ""


def draft(question: str, text: str) -> str:
    """A turn while it is answered."""
    return _turn("you", question) + (
        f'<div class="turn model"><h3>Model</h3><pre>{escape(text)}</pre></div>'
    )
