"""From tunes to rows: prepare, find families, split, ask."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from random import Random

from chatmusician.abc import Tune
from chatmusician.model.score_text import first_error
from chatmusician.train.corpus.families import families, held_out
from chatmusician.train.tasks.asked import Asked
from chatmusician.train.tasks.change import variation
from chatmusician.train.tasks.piece import Piece, Refused, one_tune, prepare
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
    known = _prepared(found, counts)
    pieces = known.pieces
    numbers = families(known.runs, [piece.titles for piece in pieces])
    counts.pieces, counts.families = len(pieces), len(set(numbers))
    members: dict[int, list[int]] = {}
    for index, number in enumerate(numbers):
        members.setdefault(number, []).append(index)
    drawn = held_out(numbers, [piece.id for piece in pieces], test_share, seed)
    decided = {number: own for number, own in zip(numbers, known.sides, strict=True) if own}
    sides = [
        own or decided.get(number) or (TEST if out else TRAIN)
        for own, number, out in zip(known.sides, numbers, drawn, strict=True)
    ]
    for index, side in enumerate(sides):
        kin = members[numbers[index]]
        near = [at for at in kin if sides[at] == side and _near(known.runs[index], known.runs[at])]
        mates = [pieces[at] for at in near if at != index]
        piece = replace(pieces[index])
        for task in chosen:
            for turn in range(rounds):
                made = _asked(task, piece, mates, Random(f"{seed}:{piece.id}:{task.name}:{turn}"))
                if isinstance(made, str):
                    counts.passed.setdefault(task.name, Counter())[made] += 1
                    break
                counts.rows.setdefault(task.name, Counter())[side] += 1
                yield side, _row(task, piece, made, turn)


@dataclass
class _Known:
    """The pieces; the runs of their melodies; the side each must be on, where it must."""

    pieces: list[Piece] = field(default_factory=list)
    runs: list[frozenset[int]] = field(default_factory=list)
    sides: list[str] = field(default_factory=list)


def _prepared(found: Iterable[Found], counts: Built) -> _Known:
    known = _Known()
    texts: set[str] = set()
    for one in found:
        made = prepare(one.tune, id=one.id, src=one.src)
        if isinstance(made, Refused):
            counts.refused[made.reason] += 1
        elif made.text in texts:
            counts.refused["same-text"] += 1
        else:
            texts.add(made.text)
            known.pieces.append(replace(made))
            known.runs.append(made.runs)
            known.sides.append(one.side)
    return known


def _asked(task: Task, piece: Piece, mates: list[Piece], random: Random) -> Asked | str:
    """What a task asks, or why it does not."""
    if task.make is not None:
        made = task.make(piece, random)
    else:
        made = variation(piece, replace(random.choice(mates)), random) if mates else None
    if made is None:
        return f"needs {task.needs}"
    if "</s>" in made.instruction + made.given + made.answer:
        return "end mark in the text"
    if made.abc:
        error = first_error(one_tune(made.answer))
        if error:
            return f"answer has {error}"
    return made


def _near(one: frozenset[int], other: frozenset[int]) -> bool:
    """Whether the two share runs both ways, so that the one is no mere part of the other."""
    larger = max(len(one), len(other))
    return 0.3 * larger <= len(one & other) < larger


def _row(task: Task, piece: Piece, asked: Asked, turn: int) -> Row:
    name = f"{piece.src}/{piece.id}/{task.name}" + (f"/{turn}" if turn else "")
    return row(asked.instruction, asked.given, asked.answer, src=piece.src, id=name)
