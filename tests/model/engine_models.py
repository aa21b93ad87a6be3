"""Small models made for the tests: one with random weights, one that has learnt two tunes."""

from __future__ import annotations

import atexit
import functools
import shutil
import tempfile
from pathlib import Path
from typing import Any

JIG = "X:1\nR:jig\nM:6/8\nL:1/8\nK:D\n|:DFA dfa | gfe dAF | GBd Ace | dAF D3 :|\n"
WALTZ = 'X:1\nR:waltz\nM:3/4\nL:1/8\nK:G\n|:"G"G2 B2 d2 | "C"e4 c2 | "D"A2 F2 D2 | "G"G6 :|\n'
ASKED = {
    "Rhythm jig\nMeter 6/8\nNote Length 1/8\nKey D": JIG,
    "Rhythm waltz\nMeter 3/4\nNote Length 1/8\nKey G": WALTZ,
}
LLAMA3 = {
    "rope_type": "llama3",
    "rope_theta": 10000.0,
    "factor": 4.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 64,
}
INSTRUCTION = "Using ABC notation, recreate the given text as a musical score."


def rows() -> list[str]:
    """The two rows as they are trained, by FACTS section 1."""
    return [
        f"Human: {INSTRUCTION}\n{given} </s> Assistant: {tune.strip()} </s> "
        for given, tune in ASKED.items()
    ]


@functools.cache
def tokenizer() -> Any:
    from chatmusician.train.tokenizer import train_tokenizer

    return train_tokenizer(rows() * 3, 400)


def shape(**changed: Any) -> Any:
    from transformers import LlamaConfig

    size: dict[str, Any] = {
        "hidden_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "intermediate_size": 160,
        "vocab_size": len(tokenizer()),
        "max_position_embeddings": 512,
        "tie_word_embeddings": True,
        "bos_token_id": 0,
        "eos_token_id": tokenizer().eos_token_id,
    }
    return LlamaConfig(**{**size, **changed})


def random_model(seed: int = 0, **changed: Any) -> Any:
    """Weights twice as large as usual, so that the next token is no tie."""
    import torch
    from transformers import LlamaForCausalLM

    torch.manual_seed(seed)
    model = LlamaForCausalLM(shape(**changed)).eval()
    for weights in model.parameters():
        weights.data *= 2
    return model


@functools.cache
def taught_folder() -> Path:
    """A folder with a model that knows the two tunes by heart (some seconds of training)."""
    import torch

    torch.set_num_threads(1)
    model = random_model()
    ids = [tokenizer().encode(row.rstrip(" "), add_special_tokens=False) for row in rows()]
    longest = max(map(len, ids))
    batch = torch.tensor([row + [tokenizer().pad_token_id] * (longest - len(row)) for row in ids])
    learned = torch.where(batch == tokenizer().pad_token_id, -100, batch)
    optimizer = torch.optim.AdamW(model.parameters(), lr=5e-3)
    for _ in range(150):
        loss = model(input_ids=batch, labels=learned).loss
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if loss < 0.01:
            break
    folder = new_folder()
    model.save_pretrained(folder)
    tokenizer().save_pretrained(folder)
    return folder


def new_folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="chatmusician-tests-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder
