"""The model in the box: as others load it, and what it composes."""

from __future__ import annotations

import json

import pytest

pytest.importorskip("torch")
pytest.importorskip("tokenizers")

pytest.importorskip("symusic")

import chatmusician
from chatmusician.eval.generation.outside import Abc2midi
from chatmusician.model.generation import Backend
from chatmusician.model.names import BUNDLED


@pytest.fixture(scope="module")
def bundled() -> Backend:
    return chatmusician.load_model()


def test_it_is_small_and_has_a_card() -> None:
    assert sum(file.stat().st_size for file in BUNDLED.iterdir()) < 32_000_000
    card = (BUNDLED / "README.md").read_text(encoding="utf-8")
    for word in ("apache-2.0", "O'Neill", "Nottingham", "TheSession", "Essen", "held out"):
        assert word in card


def test_transformers_reads_the_same_model(bundled: Backend) -> None:
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    model = transformers.AutoModelForCausalLM.from_pretrained(BUNDLED, dtype=torch.float32)
    tokenizer = transformers.AutoTokenizer.from_pretrained(BUNDLED)
    assert sum(weight.numel() for weight in model.parameters()) == 5_270_784
    ids = tokenizer("X:1\nM:6/8\nL:1/8\nK:D\n", add_special_tokens=False).input_ids
    assert bundled.tokens is not None
    assert bundled.tokens.encode("X:1\nM:6/8\nL:1/8\nK:D\n") == ids
    with torch.inference_mode():
        theirs = model(torch.tensor([ids])).logits[0, -1]
        ours = bundled.steps().start([ids], 1)[0]  # type: ignore[attr-defined]
    assert torch.allclose(torch.from_numpy(ours), theirs, atol=1e-3)


@pytest.mark.parametrize(
    ("request_", "fields"),
    [
        ("a lively jig in D, AABB", {"M": "6/8", "K": "D", "R": "jig"}),
        ("a slow air in E minor, 12 bars", {"K": "Em", "R": "air"}),
        ("a waltz in Bb, 8 bars with chords Bb F Gm Eb", {"M": "3/4", "K": "Bb"}),
        ("a slip jig in A dorian", {"M": "9/8", "K": "Ador"}),
    ],
)
def test_what_is_asked_is_there(bundled: Backend, request_: str, fields: dict[str, str]) -> None:
    made = chatmusician.compose(request_, model=bundled, seed=3)
    best = made.candidates[0]
    assert best.kept
    assert all(row.kept for row in best.kept)
    book = chatmusician.read_abc(made.abc)
    tune = book.tunes[0]
    assert {letter: tune.value(letter).strip() for letter in fields} == fields
    assert not [found for found in chatmusician.check(book) if found.severity == "error"]
    said = Abc2midi().listen(made.abc)
    assert (said.reads, said.bar_warnings) == (True, 0)


def test_its_sampling_is_its_own(bundled: Backend) -> None:
    stated = json.loads((BUNDLED / "generation_config.json").read_text())
    assert bundled.defaults.temperature == stated["temperature"] > 0.5
    assert bundled.can.bars == stated["bars"] == 16
