"""The dry run, the look at samples and the export, through the command line."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from chatmusician.cli import main  # noqa: E402
from chatmusician.errors import InputError, UsageError  # noqa: E402
from chatmusician.train import config_io  # noqa: E402
from chatmusician.train.build import llama_config  # noqa: E402
from chatmusician.train.export import export  # noqa: E402
from chatmusician.train.look import LEARNED, READ, look  # noqa: E402
from chatmusician.train.plan import parameters, plan  # noqa: E402
from chatmusician.train.preprocess import Job, preprocess  # noqa: E402


def test_parameters_of_llama_2_are_the_published_ones() -> None:
    config = config_io.load("llama2-7b-sft-v100")
    everything, trained = parameters(config, config.model.shape, 32000)
    # rank x (in + out) of the seven projections, in 32 layers
    lora = 64 * (4 * (4096 + 4096) + 3 * (4096 + 11008)) * 32
    assert trained == lora
    assert everything - trained == 6_738_415_616


def test_plan_counts_steps_and_tokens(texts: str, tokenizer_folder: str, tmp_path: Path) -> None:
    data = str(tmp_path / "data")
    made = preprocess(Job((texts,), data, tokenizer_folder, length=128, source_length=64))
    overrides = [
        f"data.path={data}",
        "data.held_out_share=0",
        "data.length=0",
        "optimizer.batch=2",
        "logging.evaluate_every=0",
        "hardware.gpu=H100-80GB",
    ]
    found = plan(config_io.load("mini-cpu", overrides))
    assert found["steps"] == -(-made["packed_rows"] // 2) * 3
    assert found["data"] == "counted"
    with pytest.raises(UsageError, match=r"data\.length is 1024, and data\.path was made with"):
        plan(config_io.load("mini-cpu", [*overrides, "data.length=1024"]))


def test_look_colours_what_is_learned(tokenizer_folder: str, tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps({"instruction": "Write.", "input": "", "output": "K:D"}))
    preprocess(Job((str(path),), str(tmp_path / "d"), tokenizer_folder, stage="sft"))
    (row,) = look(str(tmp_path / "d"), 3)
    assert f"{LEARNED}Assistant: K:D </s>" in row
    assert "Human: Write." in row.replace(READ, "").replace("\033[0m", "")


def test_export_writes_shards_and_a_card(tokenizer: Any, tmp_path: Path) -> None:
    shape = config_io.load("mini-cpu").model.shape
    model = transformers.AutoModelForCausalLM.from_config(llama_config(shape, tokenizer))
    model.save_pretrained(tmp_path / "model")
    tokenizer.save_pretrained(tmp_path / "model")
    (tmp_path / "model" / "result.json").write_text('{"steps": 77, "held_out_loss": 1.25}')
    done = export(str(tmp_path / "model"), str(tmp_path / "out"), shard="5MB")
    assert sum(name.endswith(".safetensors") for name in done["files"]) > 1
    again = transformers.AutoModelForCausalLM.from_pretrained(tmp_path / "out")
    assert all(
        torch.equal(one, two)
        for one, two in zip(model.state_dict().values(), again.state_dict().values(), strict=True)
    )
    card = (tmp_path / "out" / "README.md").read_text()
    assert "| steps | 77 |" in card
    assert "| held_out_loss | 1.25 |" in card


def test_export_in_half_precision(tokenizer: Any, tmp_path: Path) -> None:
    from safetensors.torch import load_file

    shape = config_io.load("mini-cpu").model.shape
    model = transformers.AutoModelForCausalLM.from_config(llama_config(shape, tokenizer))
    model.save_pretrained(tmp_path / "model")
    tokenizer.save_pretrained(tmp_path / "model")
    export(str(tmp_path / "model"), str(tmp_path / "out"), dtype="float16")
    stored = load_file(tmp_path / "out" / "model.safetensors")
    assert {weight.dtype for weight in stored.values()} == {torch.float16}
    assert json.loads((tmp_path / "out" / "config.json").read_text())["dtype"] == "float16"
    with torch.no_grad():
        model.model.norm.weight[0] = 1e6
    model.save_pretrained(tmp_path / "model")
    with pytest.raises(InputError, match=r"1e\+06, too large for float16"):
        export(str(tmp_path / "model"), str(tmp_path / "again"), dtype="float16")


def test_gguf_without_llama_cpp_says_how(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LLAMA_CPP", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main(["train", "export", "m", "-o", str(tmp_path / "o"), "--gguf", "q8"]) == 3
    assert "LLAMA_CPP" in capsys.readouterr().err


def test_help_does_not_import_torch() -> None:
    code = (
        "import sys; from chatmusician.cli import main; main(['train', 'sft', '--help']);"
        "sys.exit('torch' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
