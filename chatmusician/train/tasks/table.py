"""The table of tasks: a new task is a row here and a function."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Final

from chatmusician.train.tasks import change, choice, compose, describe, questions, repair
from chatmusician.train.tasks.piece import Piece


@dataclass(frozen=True)
class Asked:
    """What a task makes of a piece: request, what is given with it, and the answer.

    ``abc`` tells that the answer is one tune of ABC.
    """

    instruction: str
    given: str
    answer: str
    abc: bool = False


@dataclass(frozen=True)
class Task:
    """``make`` gives None where the piece has not what the task needs."""

    name: str
    make: Callable[[Piece, Random], Asked | None]
    needs: str
