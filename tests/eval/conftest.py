"""A tokenizer and a small Llama by chance. Without the extra `eval` some tests are left out."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import pytest

collect_ignore_glob = [] if find_spec("numpy") and find_spec("scipy") else ["test_eval_*.py"]


@pytest.fixture(scope="session")
def choice_tokenizer() -> Any:
    pytest.importorskip("transformers")
    from chatmusician.eval.choice.theory import make_questions
    from chatmusician.train.tokenizer import train_tokenizer

    texts = [f"{q.stem}\n{q.abc_score}\nA. {q.options[0]}" for q in make_questions(9, per_kind=4)]
    return train_tokenizer(texts, 600)


@pytest.fixture(scope="session")
def choice_model(choice_tokenizer: Any) -> Any:
    pytest.importorskip("torch")
    from tests.model.engine_models import random_model

    return random_model(
        vocab_size=len(choice_tokenizer),
        max_position_embeddings=4096,
        # Far from zero, so that letters differ by much more than rounding does.
        initializer_range=0.15,
        bos_token_id=choice_tokenizer.bos_token_id,
        eos_token_id=choice_tokenizer.eos_token_id,
    )
