"""The forward pass in numpy against transformers' own, and what composes without torch."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

numpy = pytest.importorskip("numpy")
pytest.importorskip("torch")
pytest.importorskip("transformers")

from chatmusician.model.backends import numpy_llama  # noqa: E402
from chatmusician.model.backends.pytorch import of_model  # noqa: E402
from chatmusician.model.generation import Request, Sampling  # noqa: E402
from chatmusician.model.load import LoadOptions, load_model  # noqa: E402
from tests.model.engine_models import LLAMA3, random_model, tokenizer  # noqa: E402

SHAPES: list[dict[str, Any]] = [
    {},
    {"num_key_value_heads": 4, "tie_word_embeddings": False},
    {"num_key_value_heads": 1},
    {"head_dim": 32},
    {"rope_parameters": {"rope_type": "default", "rope_theta": 500.0}},
]
PROMPTS = [[5, 6, 7, 8, 9, 10], [11, 12], [13, 14, 15, 16]]


def saved(folder: Path, model: Any) -> Path:
    model.save_pretrained(folder)
    tokenizer().save_pretrained(folder)
    return folder


def steps_of(folder: Path) -> Any:
    weights = numpy_llama.weights_of_folder(folder, sorted(folder.glob("*.safetensors")))
    assert weights is not None
    return numpy_llama.NumpyLlama(numpy_llama.Matrices(weights))


@pytest.mark.parametrize("changed", SHAPES)
@pytest.mark.parametrize("same", [False, True])
def test_its_logits_are_those_of_transformers(
    changed: dict[str, Any], same: bool, tmp_path: Path
) -> None:
    model = random_model(3, **changed)
    ours = steps_of(saved(tmp_path, model))
    theirs = of_model(model, tokenizer(), name="", lean=False).steps()
    prompts = [PROMPTS[0]] * 3 if same else PROMPTS
    pairs = [(ours.start(prompts, 8), theirs.start(prompts, 8))]
    pairs += [(ours.step([at, 9, 20]), theirs.step([at, 9, 20])) for at in range(3)]
    ours.keep([2, 0])
    theirs.keep([2, 0])
    pairs.append((ours.step([30, 31]), theirs.step([30, 31])))
    for found, expected in pairs:
        assert numpy.allclose(found, expected, atol=2e-4, rtol=1e-4)


@pytest.mark.parametrize("kind", ["float32", "float16", "bfloat16", "float64"])
def test_weights_of_every_kind_are_read_as_they_are(kind: str, tmp_path: Path) -> None:
    import torch
    from safetensors.torch import save_file

    stored = torch.randn(5, 3).to(getattr(torch, kind))
    save_file({"one": stored}, str(tmp_path / "x.safetensors"))
    found = numpy_llama.read_safetensors(tmp_path / "x.safetensors")["one"]
    assert found.dtype == numpy.float32
    assert numpy.array_equal(found, stored.float().numpy())


@pytest.mark.parametrize("changed", [{"attention_bias": True}, {"rope_parameters": LLAMA3}])
def test_other_llamas_are_left_to_torch(changed: dict[str, Any], tmp_path: Path) -> None:
    folder = saved(tmp_path, random_model(**changed))
    assert numpy_llama.of_folder(folder, [folder / "model.safetensors"], name="") is None


def test_numpy_and_torch_write_the_same_text(tmp_path: Path) -> None:
    folder = str(saved(tmp_path, random_model(1)))
    sampling = Sampling(temperature=1.0, top_k=40, max_new_tokens=60)
    requests = [Request.ask("A reel" + " la" * at, seed=at) for at in range(4)]
    quick = load_model(folder)
    slow = load_model(folder, LoadOptions(whole=True))
    texts = [[done.text for done in one.generate(requests, sampling)] for one in (quick, slow)]
    assert texts[0] == texts[1]


def test_the_bundled_model_composes_without_torch(tmp_path: Path) -> None:
    program = (
        "import sys\n"
        "for name in ('torch', 'transformers', 'safetensors'): sys.modules[name] = None\n"
        "from chatmusician.cli import main\n"
        "sys.exit(main(['compose', 'a jig in D', '--seed', '1', '-o', '.', '--format', 'abc']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=tmp_path, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "K:D" in next(tmp_path.glob("*.abc")).read_text()
