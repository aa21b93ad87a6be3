"""A trained network as a folder that transformers and our own backends read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch

from chatmusician.model.home.vocabulary import Vocabulary
from chatmusician.train.home.net import HomeNet, Shape


def save_folder(
    folder: Path, shape: Shape, weights: dict[str, Any], vocabulary: Vocabulary
) -> None:
    """Writes config.json, model.safetensors (fp16), tokenizer.json and what goes with them."""
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    halves = {name: weight.detach().half().contiguous() for name, weight in weights.items()}
    save_file(halves, str(folder / "model.safetensors"), metadata={"format": "pt"})
    _write(folder / "config.json", _config(shape, vocabulary))
    _write(
        folder / "generation_config.json",
        {
            "do_sample": True,
            "temperature": 1.0,
            "top_p": 0.95,
            "bos_token_id": vocabulary.begin,
            "eos_token_id": vocabulary.end,
            "pad_token_id": vocabulary.pad,
        },
    )
    _write(
        folder / "tokenizer_config.json",
        {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "bos_token": "<s>",
            "eos_token": "</s>",
            "pad_token": "<pad>",
            "unk_token": "<unk>",
            "clean_up_tokenization_spaces": False,
            "model_max_length": shape.context,
        },
    )
    vocabulary.save(folder / "tokenizer.json")


def _config(shape: Shape, vocabulary: Vocabulary) -> dict[str, Any]:
    return {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "hidden_size": shape.hidden,
        "intermediate_size": shape.feed_forward,
        "num_hidden_layers": shape.layers,
        "num_attention_heads": shape.heads,
        "num_key_value_heads": shape.heads,
        "head_dim": shape.hidden // shape.heads,
        "vocab_size": shape.vocabulary,
        "max_position_embeddings": shape.context,
        "rms_norm_eps": shape.epsilon,
        "rope_theta": shape.theta,
        "rope_parameters": {"rope_type": "default", "rope_theta": shape.theta},
        "hidden_act": "silu",
        "attention_bias": False,
        "mlp_bias": False,
        "tie_word_embeddings": True,
        "torch_dtype": "float16",
        "bos_token_id": vocabulary.begin,
        "eos_token_id": vocabulary.end,
        "pad_token_id": vocabulary.pad,
    }


def _write(path: Path, data: dict[str, Any]) -> None:
    path.write_text(json.dumps(data, indent=2) + "\n", encoding="utf-8")


def load_net(folder: Path, dtype: Any = torch.float32) -> HomeNet:
    """The network of a folder that ``save_folder`` wrote, for measuring or going on."""
    from safetensors.torch import load_file

    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    shape = Shape(
        config["vocab_size"],
        config["hidden_size"],
        config["num_hidden_layers"],
        config["num_attention_heads"],
        config["intermediate_size"],
        config["max_position_embeddings"],
        config["rope_theta"],
        config["rms_norm_eps"],
    )
    net = HomeNet(shape)
    net.load_state_dict(load_file(str(folder / "model.safetensors")))
    net.to(dtype).eval()
    return net
