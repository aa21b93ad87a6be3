from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from chatmusician.eval.intervals import (
    compare_answers,
    compare_means,
    mcnemar,
    mean,
    newcombe,
    of_totals,
    ratio,
    share,
    weights,
)


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [
        # Newcombe 1998, "Two-sided confidence intervals for the single proportion", table I.
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_as_published(successes: int, n: int, low: float, high: float) -> None:
    found = share(successes, n)
    assert (found.low, found.high) == pytest.approx((low, high), abs=5e-5)
    assert found.value == successes / n


def test_nothing_measured_is_no_number() -> None:
    assert share(0, 0).value is None
    assert mean([]).value is None
    assert ratio([0, 0], [0, 0]).value is None


def test_mcnemar_by_hand() -> None:
    assert mcnemar(1, 9) == pytest.approx(2 * (1 + 10) / 2**10)
    assert mcnemar(5, 5) == 1.0
    assert mcnemar(0, 0) == 1.0


def test_newcombe_covers_the_truth() -> None:
    """Exactly, by going through every outcome of 20 pairs: 95 % and not much more."""
    from scipy.stats import multinomial

    n, chances = 20, (0.4, 0.25, 0.1, 0.25)
    truth = chances[1] - chances[2]
    covered = 0.0
    for both, one, other in product(range(n + 1), repeat=3):
        neither = n - both - one - other
        if neither < 0:
            continue
        low, high = newcombe(both, one, other, neither)
        if low <= truth <= high:
            covered += multinomial.pmf((both, one, other, neither), n, chances)
    assert 0.94 < covered < 0.985


def test_compare_answers_counts_the_pairs() -> None:
    first = [True] * 8 + [False] * 2
    second = [True] * 3 + [False] * 5 + [True] + [False]
    found = compare_answers(first, second)
    assert found.difference == pytest.approx(0.4)
    assert found.p == pytest.approx(2 * (1 + 6) / 2**6)
    assert found.low < 0.4 < found.high
    with pytest.raises(ValueError, match="paired"):
        compare_answers([True], [])


def test_mean_agrees_with_scipy() -> None:
    from scipy.stats import bootstrap

    values = np.random.default_rng(3).gamma(2.0, size=200)
    theirs = bootstrap(
        (values,), np.mean, n_resamples=5000, method="percentile", rng=np.random.default_rng(1)
    ).confidence_interval
    ours = mean(values.tolist())
    assert ours.value == pytest.approx(values.mean())
    width = theirs.high - theirs.low
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=0.1 * width)


def test_a_ratio_draws_whole_items() -> None:
    """Ten bars wrong in one tune of ten are less sure than one wrong in each."""
    wholes = [10.0] * 10
    clustered = ratio([10.0] + [0.0] * 9, wholes)
    spread = ratio([1.0] * 10, wholes)
    assert clustered.value == spread.value == 0.1
    assert (spread.low, spread.high) == pytest.approx((0.1, 0.1))
    assert clustered.low == 0.0
    assert clustered.high is not None
    assert clustered.high > 0.25


def test_of_totals_sums_the_rows() -> None:
    rows = [[1, 0], [0, 3]]
    found = of_totals(rows, lambda totals: totals[:, 1] / totals.sum(axis=1))
    assert found.value == 0.75
    assert (found.low, found.high) == (0.0, 1.0)


def test_same_seed_same_interval() -> None:
    values = [(n * n % 37) / 7 for n in range(40)]
    assert mean(values, seed=4) == mean(values, seed=4)
    assert mean(values, seed=4) != mean(values, seed=5)
    assert all((block.sum(axis=1) == 4).all() for block in weights(4))


def test_compare_means() -> None:
    first = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
    same = compare_means(first, first)
    assert (same.difference, same.low, same.high, same.p) == (0, 0, 0, 1)
    higher = compare_means(first, [value - 1 for value in first])
    # All signs equal: of 64 ways to set six signs, two are as extreme.
    assert higher.p == pytest.approx(2 / 64, abs=0.006)
    assert higher.difference == 1
