"""SmolLM2 as a GGUF file, by transformers and by llama.cpp. CHATMUSICIAN_SMOLLM2 names the file."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")
pytest.importorskip("gguf")

from chatmusician.errors import InputError  # noqa: E402
from chatmusician.model.generation import Backend, Request, Sampling  # noqa: E402
from chatmusician.model.load import load_model  # noqa: E402
from chatmusician.model.prompts import encode_prompt  # noqa: E402

pytestmark = pytest.mark.slow
GREEDY = Sampling(temperature=0, max_new_tokens=24, repetition_penalty=1.1)
QUESTION = "Name three dances of Ireland."


@pytest.fixture(scope="module")
def file() -> str:
    name = os.environ.get("CHATMUSICIAN_SMOLLM2", "")
    if not Path(name).is_file():
        pytest.skip("CHATMUSICIAN_SMOLLM2 does not name the file")
    return name


@pytest.fixture(scope="module")
def by_transformers(file: str) -> Backend:
    with pytest.MonkeyPatch.context() as patch:
        found = importlib.util.find_spec
        patch.setattr(importlib.util, "find_spec", lambda n: None if n == "llama_cpp" else found(n))
        return load_model(file)


@pytest.fixture(scope="module")
def by_llama_cpp(file: str) -> Iterator[Backend]:
    pytest.importorskip("llama_cpp")
    backend = load_model(file)
    yield backend
    backend.close()


def test_greedy_is_what_transformers_gives(by_transformers: Any) -> None:
    request = Request.ask(QUESTION)
    ids = encode_prompt(request, by_transformers.tokens, 2048, GREEDY).tokens
    made = by_transformers.model.generate(
        torch.tensor([ids]),
        attention_mask=torch.ones(1, len(ids), dtype=torch.long),
        do_sample=False,
        max_new_tokens=GREEDY.max_new_tokens,
        min_new_tokens=GREEDY.min_new_tokens,
        repetition_penalty=GREEDY.repetition_penalty,
        pad_token_id=0,
    )[0, len(ids) :]
    expected = by_transformers.tokens.decode(made.tolist())
    assert by_transformers.lean
    (done,) = by_transformers.generate([request], GREEDY)
    assert done.text.strip() == expected.strip()


def test_both_read_the_prompt_as_the_same_tokens(
    by_transformers: Backend, by_llama_cpp: Backend
) -> None:
    theirs, ours = by_transformers.tokens, by_llama_cpp.tokens
    assert theirs is not None
    assert ours is not None
    assert (theirs.end, theirs.end_text) == (ours.end, ours.end_text)
    text = "Human: A jig in D, \u266f and 6/8 <|im_end|> Assistant: X:1\nK:D\n|:DFA dfa:|"
    assert theirs.encode(text) == ours.encode(text)
    assert theirs.size == ours.size
    plain = range(20, theirs.size)
    assert [theirs.pieces()[at] for at in plain] == [ours.pieces()[at] for at in plain]


def test_llama_cpp_begins_like_transformers(
    by_transformers: Backend, by_llama_cpp: Backend
) -> None:
    """Its 4-bit sums are not ours; the first words of a greedy answer are the same."""
    short = Sampling(temperature=0, max_new_tokens=6, min_new_tokens=6)
    requests = [Request.ask(QUESTION)]
    ours = by_llama_cpp.generate(requests, short)[0].text
    theirs = by_transformers.generate(requests, short)[0].text
    assert ours.split()[:2] == theirs.split()[:2]


def test_llama_cpp_keeps_the_promises(by_llama_cpp: Backend) -> None:
    sampling = Sampling(temperature=1, top_k=0, top_p=1, max_new_tokens=20)
    heard = {0: "", 1: "", 2: ""}

    def hear(at: int, text: str) -> None:
        heard[at] += text

    requests = [Request.ask(QUESTION, seed=seed) for seed in (1, 1, 2)]
    done = by_llama_cpp.generate(requests, sampling, on_text=hear)
    assert done[0].text == done[1].text != done[2].text
    assert [heard[at].rstrip() for at in range(3)] == [one.text.rstrip() for one in done]
    assert by_llama_cpp.can.logits
    assert not by_llama_cpp.can.batch


def test_a_file_that_is_no_model_is_refused(tmp_path: Path) -> None:
    pytest.importorskip("llama_cpp")
    (tmp_path / "bad.gguf").write_bytes(b"GGUF" + b"\0" * 100)
    with pytest.raises(InputError, match="cannot be loaded"):
        load_model(str(tmp_path / "bad.gguf"))
