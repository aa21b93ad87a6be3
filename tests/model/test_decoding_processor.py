"""The LogitsProcessor: a batch of sequences, each with its own state, behind a prompt."""

from __future__ import annotations

import pytest

from chatmusician import abc
from chatmusician.abc.check import check
from chatmusician.errors import UsageError
from chatmusician.model.decoding.plan import OFF, Constraints

pytest.importorskip("torch")
pytest.importorskip("transformers")

import torch

from chatmusician.model.decoding.constraint import Grammar
from chatmusician.model.decoding.processor import TuneProcessor
from chatmusician.model.decoding.vocabulary import Vocabulary

PIECES: list[bytes | None] = [bytes([i]) for i in range(256)]
END = 256
PLAN = Constraints(headers=(("M", "3/4"), ("L", "1/8"), ("K", "G")), bars=2)


def grammar(plan: Constraints = PLAN) -> Grammar:
    return Grammar(plan, Vocabulary([*PIECES, None], [END]))


def test_a_batch_of_tunes_behind_a_prompt() -> None:
    torch.manual_seed(5)
    processor = TuneProcessor(grammar(), budget=110)
    ids = torch.randint(0, 256, (2, 7))
    for _ in range(111):
        scores = processor(ids, torch.randn(2, 257))
        chosen = torch.multinomial(scores.softmax(-1), 1)
        ids = torch.cat([ids, chosen], dim=1)
        if all(tune.ended for tune in processor.tunes):
            break
    assert all(tune.ended for tune in processor.tunes)
    texts = [bytes(i for i in row[7:] if i != END).decode() for row in ids.tolist()]
    assert texts[0] != texts[1]
    for text in texts:
        assert not [p for p in check(abc.read(text.strip())) if p.severity == "error"], text


def test_what_is_allowed_keeps_its_scores() -> None:
    processor = TuneProcessor(grammar(), prefix="X:1\nM:3/4\nL:1/8\nK:G\nG2")
    scores = torch.randn(1, 257)
    masked = processor(torch.zeros((1, 3), dtype=torch.long), scores)
    kept = masked > float("-inf")
    assert torch.equal(masked[kept], scores[kept])
    assert kept[0, ord("B")]
    assert not kept[0, ord("]")]
    assert not kept[0, END]


def test_level_off_changes_nothing_and_beams_are_refused() -> None:
    scores = torch.randn(1, 257)
    assert TuneProcessor(grammar(Constraints(level=OFF)))(torch.zeros((1, 1)), scores) is scores
    processor = TuneProcessor(grammar())
    processor(torch.zeros((1, 3), dtype=torch.long), scores)
    with pytest.raises(UsageError, match="one by one"):
        processor(torch.zeros((1, 5), dtype=torch.long), scores)
    with pytest.raises(UsageError, match="one call"):
        processor(torch.zeros((2, 4), dtype=torch.long), scores)
