"""What the instruction rows were worded like: the tables of `train.tasks`, and no copies."""

from __future__ import annotations

from chatmusician import abc


def instruction(task: str) -> str:
    """The first wording of a task, ChatMusician's own where it has the task."""
    from chatmusician.train.tasks.wording import WORDINGS

    return WORDINGS[task][0]


def header_word(letter: str) -> str:
    """How `text-to-music` names a field: ``Meter`` for M."""
    from chatmusician.train.tasks.compose import _WORDS

    return _WORDS[letter]


def quoted(texts: list[str]) -> str:
    from chatmusician.train.tasks.compose import quoted as theirs

    return theirs(texts)


def score_text(text: str) -> str:
    """A tune as the rows give it: canonical, without names; as it is where it has errors."""
    from chatmusician.train.tasks.piece import first_error
    from chatmusician.train.tasks.piece import score_text as theirs

    tune = abc.read(text).tunes[0]
    return text if first_error(tune) else theirs(tune)
