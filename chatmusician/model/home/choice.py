"""Choosing among a model's tunes: rules with reasons, and a critic of musical figures.

Rules compare a tune with people's tunes of its rhythm: each measure has a range that eight in
ten of them keep, on both sides, so that too much repetition costs as well as too little. The
critic is a logistic model over figures and build (``features``), learnt to tell people's
tunes from the model's. Neither looks at what the model thinks of a tune: the likeliest tunes
are loops.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from chatmusician.model.home.features import build, figures
from chatmusician.model.home.tune import HomeTune

# Weight of a rule, and what it says of a tune below and above people's range.
RULES: Final[Mapping[str, tuple[float, str, str]]] = {
    "copied bars": (2.0, "few bars come again", "too many bars are exact copies"),
    "varied bars": (1.5, "bars come again without variation", "nearly every bar is a variant"),
    "next bar copied": (2.0, "", "bars are repeated straight away"),
    "longest copied run": (1.5, "", "long stretches are copied"),
    "kinds of rhythm": (1.0, "the rhythm hardly changes", "the rhythm never settles"),
    "leaps": (1.0, "", "many leaps"),
    "leaps not turned": (0.5, "", "leaps go on in the same direction"),
    "unisons": (0.7, "", "many repeated notes"),
    "steps": (0.7, "few steps", "hardly anything but steps"),
    "turns": (0.7, "long runs in one direction", "the line turns at every note"),
    "compass": (1.5, "a narrow compass", "a wide compass"),
    "altered": (1.0, "", "many notes outside the key"),
    "contrast": (1.5, "the parts lie in the same register", "the parts are far apart"),
    "highest note's bars": (1.0, "", "no climax: the highest note comes all the time"),
    "notes a bar": (1.0, "few notes", "many notes"),
    "tonic downbeats": (0.7, "the tonic is hardly heard on the beat", "always on the tonic"),
    "rests": (0.5, "", "many rests"),
    "bars of one note": (0.7, "", "many bars of one note"),
}
CLOSES: Final[Mapping[str, tuple[float, str]]] = {
    "last is tonic": (2.0, "does not end on the tonic"),
    "last held": (0.7, "the last note is short"),
}


@dataclass(frozen=True)
class Remark:
    """A rule that a tune breaks, with what it costs (above 0)."""

    rule: str
    cost: float
    text: str


class Rules:
    """``ranges``: for each rhythm (and ``""`` for all) measure → (low, high)."""

    def __init__(self, ranges: Mapping[str, Mapping[str, Sequence[float]]]) -> None:
        self.ranges = ranges

    def remarks(self, tune: HomeTune) -> list[Remark]:
        """What speaks against a tune, the worst first."""
        values = build(tune)
        ranges = self.ranges.get(tune.rhythm, self.ranges[""])
        found = [self._range(name, values[name], ranges[name]) for name in RULES]
        found += [
            Remark(name, weight * (1 - values[name]), text)
            for name, (weight, text) in CLOSES.items()
            if values[name] < 0.34
        ]
        return sorted((r for r in found if r.cost > 0), key=lambda r: -r.cost)

    def _range(self, name: str, value: float, bounds: Sequence[float]) -> Remark:
        weight, below, above = RULES[name]
        low, high = bounds
        width = max(high - low, 0.05)
        if value < low and below:
            return Remark(name, weight * min(2.0, (low - value) / width), below)
        if value > high:
            return Remark(name, weight * min(2.0, (value - high) / width), above)
        return Remark(name, 0.0, "")

    def cost(self, tune: HomeTune) -> float:
        return sum(remark.cost for remark in self.remarks(tune))


class Critic:
    """``score`` is the log odds that people wrote a tune, as far as figures tell."""

    def __init__(self, data: Mapping[str, object]) -> None:
        self.bias = float(data["bias"])  # type: ignore[arg-type]
        self.weights: Mapping[str, float] = data["weights"]  # type: ignore[assignment]
        self.means: Mapping[str, float] = data["means"]  # type: ignore[assignment]
        self.scales: Mapping[str, float] = data["scales"]  # type: ignore[assignment]

    def score(self, tune: HomeTune) -> float:
        values = vector(tune)
        return self.bias + sum(
            weight
            * max(-3.0, min(3.0, (values.get(name, 0.0) - self.means[name]) / self.scales[name]))
            for name, weight in self.weights.items()
        )


def vector(tune: HomeTune) -> dict[str, float]:
    """What the critic looks at."""
    return {**build(tune), **figures(tune)}


class Chooser:
    """Rules and critic together; ``balance`` is the weight of the critic's log odds."""

    def __init__(self, rules: Rules, critic: Critic | None, balance: float = 1.0) -> None:
        self.rules, self.critic, self.balance = rules, critic, balance

    def value(self, tune: HomeTune) -> float:
        """The higher the better."""
        judged = self.critic.score(tune) if self.critic else 0.0
        return self.balance * math.tanh(judged / 3) * 3 - self.rules.cost(tune)

    def best(self, tunes: Sequence[HomeTune]) -> int:
        """The number of the best tune."""
        return max(range(len(tunes)), key=lambda number: self.value(tunes[number]))


def load_chooser(path: Path) -> Chooser:
    """From the ``chooser.json`` beside the model."""
    data = json.loads(path.read_text(encoding="utf-8"))
    return Chooser(Rules(data["ranges"]), Critic(data["critic"]) if data.get("critic") else None)
