"""What a task makes of a piece."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from chatmusician.train.tasks.piece import Piece


@dataclass(frozen=True)
class Asked:
    """A request, what is given with it, and the answer; ``abc``: the answer is one tune."""

    instruction: str
    given: str
    answer: str
    abc: bool = False


# None where the piece has not what the task needs.
Make = Callable[[Piece, Random], Asked | None]
