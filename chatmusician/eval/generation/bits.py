"""Bits per character of held-out texts: a model's, beside a seven-gram's and xz's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import islice

from chatmusician.eval.generation.ngram import NGram, xz_bits
from chatmusician.eval.generation.training import documents
from chatmusician.eval.intervals import Measure, ratio

# Bits of each text, as ``likelihood.text_bits`` gives them.
Likelihood = Callable[[Sequence[str]], Sequence[float]]
MODEL, SEVEN_GRAM, XZ = "model", "seven-gram", "xz after training"
# More texts change little and cost time.
_MOST_TEXTS = 2000


def bit_rates(
    train: str, held_out: str, likelihood: Likelihood | None, *, seed: int = 0
) -> dict[str, dict[str, Measure]]:
    """The metric of each; the baselines learn from the texts of ``train``, here and now."""
    training, texts = list(documents(train)), list(islice(documents(held_out), _MOST_TEXTS))
    sizes = [float(len(text)) for text in texts]

    def rate(bits: Sequence[float]) -> dict[str, Measure]:
        return {"bits_per_character": ratio(bits, sizes, seed=seed)}

    found = {MODEL: rate(likelihood(texts))} if likelihood is not None else {}
    found[SEVEN_GRAM] = rate(NGram(training).bits(texts))
    packed = xz_bits(training, texts) / sum(sizes)
    found[XZ] = {"bits_per_character": Measure(packed, n=len(texts), method="total")}
    return found
