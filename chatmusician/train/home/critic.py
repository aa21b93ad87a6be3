"""The chooser's numbers: people's ranges by rhythm, and the critic's weights.

    python -m chatmusician.train.home.critic DATA --model-tunes WORDS.gz --test WORDS.gz -o FILE

People's tunes are those of the training families; the AUC is measured on people's held-out
tunes and model tunes (``--test``) that the critic has not seen.
"""

from __future__ import annotations

import argparse
import json
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from chatmusician.model.home.choice import RULES, Critic, vector
from chatmusician.model.home.features import build
from chatmusician.model.home.text import tune_of
from chatmusician.model.home.tune import HomeTune
from chatmusician.train.home.prepare import read_rows

_LEAST_TUNES = 60


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m chatmusician.train.home.critic")
    parser.add_argument("data", type=Path)
    parser.add_argument("--model-tunes", type=Path, required=True)
    parser.add_argument("--test", type=Path, required=True)
    parser.add_argument("--penalty", type=float, default=0.02)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("-o", "--output", type=Path, required=True)
    options = parser.parse_args(argv)
    people = tunes_of(options.data / "train.jsonl.gz")
    random.Random(options.seed).shuffle(people)
    model = tunes_of(options.model_tunes)
    sample = people[: max(len(model), 1000)]
    learnt = learn([vector(t) for t in sample], [vector(t) for t in model], options.penalty)
    critic = Critic(learnt)
    held = [critic.score(t) for t in tunes_of(options.data / "held-out.jsonl.gz")]
    test = [critic.score(t) for t in tunes_of(options.test)]
    seen = [[critic.score(t) for t in group[:400]] for group in (sample, model)]
    print(f"AUC held out {auc(held, test):.3f} (n {len(held)}, {len(test)}), seen {auc(*seen):.3f}")
    weights = sorted(learnt["weights"].items(), key=lambda pair: -abs(pair[1]))
    print("largest:", ", ".join(f"{name} {weight:+.2f}" for name, weight in weights[:24]))
    data = {"ranges": ranges(people[:3000]), "critic": learnt}
    options.output.write_text(json.dumps(rounded(data)) + "\n", encoding="utf-8")


def tunes_of(path: Path) -> list[HomeTune]:
    return [tune_of(row["words"].split()) for row in read_rows(path)]


def ranges(people: Sequence[HomeTune]) -> dict[str, dict[str, list[float]]]:
    """The tenth and ninetieth percentile of each measure, by rhythm and (``""``) for all."""
    values = [(tune.rhythm, build(tune)) for tune in people]
    counts = Counter(rhythm for rhythm, _ in values)
    names = ["", *(rhythm for rhythm, count in counts.items() if count >= _LEAST_TUNES)]
    result = {}
    for rhythm in names:
        own = [measures for name, measures in values if rhythm in ("", name)]
        result[rhythm] = {
            name: [float(q) for q in np.quantile([m[name] for m in own], (0.1, 0.9))]
            for name in RULES
        }
    return result


def learn(
    people: Sequence[Mapping[str, float]], model: Sequence[Mapping[str, float]], penalty: float
) -> dict[str, Any]:
    """Logistic regression with a squared penalty, by Newton-like steps on all data."""
    rows = [*people, *model]
    counts = Counter(name for row in rows for name in row)
    names = sorted(name for name, count in counts.items() if count >= 0.02 * len(rows))
    table = np.array([[row.get(name, 0.0) for name in names] for row in rows])
    means, scales = table.mean(0), table.std(0) + 1e-3
    table = np.clip((table - means) / scales, -3, 3)
    labels = np.array([1.0] * len(people) + [0.0] * len(model))
    balance = np.where(labels > 0, len(rows) / len(people), len(rows) / len(model)) / 2
    weights, bias = _fit(table, labels, balance, penalty)
    return {
        "bias": bias,
        "weights": dict(zip(names, weights.tolist(), strict=True)),
        "means": dict(zip(names, means.tolist(), strict=True)),
        "scales": dict(zip(names, scales.tolist(), strict=True)),
    }


def _fit(table: Any, labels: Any, balance: Any, penalty: float) -> tuple[Any, float]:
    """Gradient descent with momentum; the curvature bounds the step."""
    weights, bias = np.zeros(table.shape[1]), 0.0
    speed, count = np.zeros(table.shape[1]), len(labels)
    curvature = 0.25 * np.linalg.norm(table, 2) ** 2 / count * balance.max() + penalty
    for _ in range(400):
        shares = 1 / (1 + np.exp(-(table @ weights + bias)))
        errors = balance * (shares - labels) / count
        speed = 0.9 * speed - (table.T @ errors + penalty * weights) / curvature
        weights = weights + speed
        bias -= 2.0 * errors.sum()
    return weights, float(bias)


def auc(people: Sequence[float], model: Sequence[float]) -> float:
    """The share of pairs in which the people's tune has the higher score."""
    ranks = np.argsort(np.argsort([*people, *model])) + 1
    total = ranks[: len(people)].sum() - len(people) * (len(people) + 1) / 2
    return float(total / (len(people) * len(model)))


def rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, dict):
        return {key: rounded(inner) for key, inner in value.items()}
    return [rounded(inner) for inner in value] if isinstance(value, list) else value


if __name__ == "__main__":
    main()
