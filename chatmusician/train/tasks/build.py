"""From tunes to rows: prepare, find families, split, ask."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from random import Random

from chatmusician.abc import Tune
from chatmusician.train.corpus.families import families, held_out
from chatmusician.train.tasks.asked import Asked
from chatmusician.train.tasks.change import variation
from chatmusician.train.tasks.piece import Piece, Refused, first_error, one_tune, prepare
from chatmusician.train.tasks.rows import Row, row
from chatmusician.train.tasks.table import TASKS, Task

TRAIN, TEST = "train", "test"


@dataclass(frozen=True)
class Found:
    """A tune of a collection; ``id`` is its own in all collections read.

    ``side`` is the one it must be on, where that is decided already.
    """

    id: str
    src: str
    tune: Tune
    side: str = ""


@dataclass
class Built:
    """What is counted on the way."""

    pieces: int = 0
    families: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    passed: dict[str, Counter[str]] = field(default_factory=dict)
    rows: dict[str, Counter[str]] = field(default_factory=dict)


def build_rows(
    found: Iterable[Found],
    counts: Built,
    *,
    seed: int = 0,
    test_share: float = 0.02,
    tasks: Sequence[str] = (),
    rounds: int = 1,
) -> Iterator[tuple[str, Row]]:
    """The rows with the side they belong to; ``counts`` is filled on the way.

    Each task asks each piece ``rounds`` times where it can. The same tunes, options and
    seed give the same rows, whatever other tasks are asked for.
    """
    chosen = [task for task in TASKS if not tasks or task.name in tasks]
    pieces, fixed = _prepared(found, counts)
    numbers = families([p.shingles for p in pieces], [p.titles for p in pieces])
    counts.pieces, counts.families = len(pieces), len(set(numbers))
    members: dict[int, list[int]] = {}
    for index, number in enumerate(numbers):
        members.setdefault(number, []).append(index)
    drawn = held_out(numbers, [piece.id for piece in pieces], test_share, seed)
    decided = {number: own for number, own in zip(numbers, fixed, strict=True) if own}
    sides = [
        own or decided.get(number) or (TEST if out else TRAIN)
        for own, number, out in zip(fixed, numbers, drawn, strict=True)
    ]
    for index, (piece, side) in enumerate(zip(pieces, sides, strict=True)):
        kin = members[numbers[index]]
        mates = [pieces[at] for at in kin if at != index and sides[at] == side]
        for task in chosen:
            for turn in range(rounds):
                made = _asked(task, piece, mates, Random(f"{seed}:{piece.id}:{task.name}:{turn}"))
                if isinstance(made, str):
                    counts.passed.setdefault(task.name, Counter())[made] += 1
                    break
                counts.rows.setdefault(task.name, Counter())[side] += 1
                yield side, _row(task, piece, made, turn)


def _prepared(found: Iterable[Found], counts: Built) -> tuple[list[Piece], list[str]]:
    """The pieces, and the side that each must be on."""
    pieces: list[Piece] = []
    sides: list[str] = []
    texts: set[str] = set()
    for one in found:
        made = prepare(one.tune, id=one.id, src=one.src)
        if isinstance(made, Refused):
            counts.refused[made.reason] += 1
        elif made.text in texts:
            counts.refused["same-text"] += 1
        else:
            texts.add(made.text)
            pieces.append(made)
            sides.append(one.side)
    return pieces, sides


def _asked(task: Task, piece: Piece, mates: list[Piece], random: Random) -> Asked | str:
    """What a task asks, or why it does not."""
    if task.make is not None:
        made = task.make(piece, random)
    else:
        near = [mate for mate in mates if _near(piece, mate)]
        made = variation(piece, random.choice(near), random) if near else None
    if made is None:
        return f"needs {task.needs}"
    if "</s>" in made.instruction + made.given + made.answer:
        return "end mark in the text"
    if made.abc:
        error = first_error(one_tune(made.answer))
        if error:
            return f"answer has {error}"
    return made


def _near(piece: Piece, mate: Piece) -> bool:
    """Whether the two share runs both ways, so that the one is no mere part of the other."""
    shared = len(piece.shingles & mate.shingles)
    larger = max(len(piece.shingles), len(mate.shingles))
    return 0.3 * larger <= shared < larger


def _row(task: Task, piece: Piece, asked: Asked, turn: int) -> Row:
    name = f"{piece.src}/{piece.id}/{task.name}" + (f"/{turn}" if turn else "")
    return row(asked.instruction, asked.given, asked.answer, src=piece.src, id=name)
