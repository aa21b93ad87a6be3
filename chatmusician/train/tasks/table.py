"""The table of tasks: a new task is a row here and a function."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from chatmusician.train.tasks import change, choice, compose, describe, questions, repair
from chatmusician.train.tasks.asked import Make


@dataclass(frozen=True)
class Task:
    """``needs`` says what a piece without a row lacks; ``make`` is None for ``variation``,
    which takes two pieces."""

    name: str
    make: Make | None
    needs: str


TASKS: Final = (
    Task("text-to-music", compose.text_to_music, "nothing"),
    Task("chords-to-music", compose.chords_to_music, "3 to 64 chord symbols"),
    Task("form-to-music", compose.form_to_music, "a form with a name"),
    Task("letters-motif-to-music", compose.letters_motif_to_music, "two sections with motifs"),
    Task("terms-motif-to-music", compose.terms_motif_to_music, "a form with a name, motifs"),
    Task("harmonise", change.harmonise, "one voice, chord symbols in half of the bars"),
    Task("bach", compose.in_style_of_bach, "a composer or title that names Bach"),
    Task("motif", describe.extract_motif, "motifs in all sections"),
    Task("form", describe.extract_form, "a form with a name"),
    Task("continue", change.continuation, "one voice"),
    Task("infill", change.infill, "one voice, a full bar in the middle"),
    Task("transpose", change.transposition, "a key with a tonic"),
    Task("variation", None, "another setting in the collection, same mode and meter"),
    Task("fix", repair.fix, "a damage that check reports"),
    Task("question", questions.question, "a fact to ask for"),
    Task("choice", choice.multiple_choice, "a fact with three wrong options"),
)
BY_NAME: Final = {task.name: task for task in TASKS}
