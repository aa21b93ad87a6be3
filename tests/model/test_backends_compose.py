"""Every kind of model composes through the same command."""

from __future__ import annotations

import importlib.util
import json
import os
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

from chatmusician import abc
from tests.model.engine_models import JIG, taught_folder, tokenizer

Run = Callable[..., Any]
OPTIONS = ("--seed", "1", "--format", "abc", "--level", "off", "-o", "out")


def composed(chatmusician: Run, tmp_path: Path, *model: str) -> str:
    chatmusician("compose", "a jig in D", "-m", *model, *OPTIONS, code=0)
    (file,) = (tmp_path / "out").glob("*.abc")
    return file.read_text()


def test_half_precision_in_the_shape_of_llama_2(chatmusician: Run, tmp_path: Path) -> None:
    """As many key heads as heads, an output matrix of its own, fp16, several shards."""
    import torch
    from transformers import AutoModelForCausalLM

    from tests.model.engine_models import random_model

    taught = AutoModelForCausalLM.from_pretrained(taught_folder(), dtype=torch.float32)
    model = random_model(num_key_value_heads=4, tie_word_embeddings=False)
    weights = dict(taught.state_dict())
    for name in list(weights):
        if name.endswith(("k_proj.weight", "v_proj.weight")):
            heads = weights[name].view(2, 16, -1)
            weights[name] = heads.repeat_interleave(2, 0).reshape(64, -1)
    model.load_state_dict(weights)
    model.half().save_pretrained(tmp_path / "model", max_shard_size="100KB")
    tokenizer().save_pretrained(tmp_path / "model")
    assert composed(chatmusician, tmp_path, str(tmp_path / "model")) == JIG


@pytest.mark.parametrize("merge", [[], ["--merge"]])
def test_an_adapter(chatmusician: Run, tmp_path: Path, merge: list[str]) -> None:
    """The base has one matrix spoilt by what the adapter takes away again."""
    peft = pytest.importorskip("peft")
    import torch
    from transformers import AutoModelForCausalLM

    base = AutoModelForCausalLM.from_pretrained(taught_folder(), dtype=torch.float32)
    settings = peft.LoraConfig(
        r=4, target_modules=["o_proj"], init_lora_weights=False, task_type="CAUSAL_LM"
    )
    torch.manual_seed(2)
    model = peft.get_peft_model(base, settings)
    spoilt = AutoModelForCausalLM.from_pretrained(taught_folder(), dtype=torch.float32)
    for at, layer in enumerate(spoilt.model.layers):
        part = model.base_model.model.model.layers[at].self_attn.o_proj
        layer.self_attn.o_proj.weight.data -= part.get_delta_weight("default")
    spoilt.save_pretrained(tmp_path / "base")
    tokenizer().save_pretrained(tmp_path / "base")
    model.save_pretrained(tmp_path / "adapter")
    name = [str(tmp_path / "base"), "--adapter", str(tmp_path / "adapter"), *merge]
    assert composed(chatmusician, tmp_path, *name) == JIG


@pytest.fixture
def server() -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            assert body["prompt"].startswith("Human: Using ABC notation")
            data = json.dumps({"choices": [{"text": JIG, "finish_reason": "stop"}]}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: Any) -> None:
            pass

    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=running.serve_forever, daemon=True).start()
    yield f"openai:http://127.0.0.1:{running.server_address[1]}/v1#small"
    running.shutdown()
    running.server_close()


def test_a_server(chatmusician: Run, tmp_path: Path, server: str) -> None:
    assert composed(chatmusician, tmp_path, server) == JIG


@pytest.mark.slow
@pytest.mark.parametrize("by", ["llama.cpp", "transformers"])
def test_smollm2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, by: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A model that knows no ABC, held to whole bars: a right tune all the same."""
    from chatmusician.cli import main

    file = os.environ.get("CHATMUSICIAN_SMOLLM2", "")
    if not Path(file).is_file():
        pytest.skip("CHATMUSICIAN_SMOLLM2 does not name the file")
    pytest.importorskip("chatmusician.model.decoding.constraint")
    if by == "llama.cpp":
        pytest.importorskip("llama_cpp")
    else:
        found = importlib.util.find_spec
        monkeypatch.setattr(
            importlib.util, "find_spec", lambda name: None if name == "llama_cpp" else found(name)
        )
    words = ["compose", "a jig in D, 8 bars", "-m", file, "--seed", "1", "--temperature", "0.8"]
    monkeypatch.chdir(tmp_path)
    code = main([*words, "--max-new-tokens", "300", "--format", "abc", "-o", "out"])
    assert code == 0, capsys.readouterr().err
    (made,) = (tmp_path / "out").glob("*.abc")
    tune = abc.read(made.read_bytes()).tunes[0]
    assert (tune.value("M"), tune.value("K")) == ("6/8", "D")
    assert not [d for d in abc.check_tune(tune) if d.severity == "error"]
