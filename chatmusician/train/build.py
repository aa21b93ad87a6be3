"""Tokenizers and models of a run: loaded or from scratch, adapters on them, checked to fit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from chatmusician.errors import InputError, MissingDependency, UsageError
from chatmusician.model.pretrained import (
    check_adapter,
    check_tokenizer,
    first_line,
    pretrained_source,
)
from chatmusician.train.config import Adapter, Config, Shape

HOW = 'pip install ".[train]"'
_SAMPLED, _ROUNDED = 32, 0.005


def load_tokenizer(name: str) -> Any:
    transformers = _transformers()
    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(**pretrained_source(name))
    except (OSError, ValueError) as error:
        raise InputError(f"no tokenizer: {first_line(error)}", path=name) from error
    check_tokenizer(tokenizer, name)
    return tokenizer


def llama_config(shape: Shape, tokenizer: Any = None, vocabulary: int = 0) -> Any:
    return _transformers().LlamaConfig(
        hidden_size=shape.hidden,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        num_key_value_heads=shape.kv_heads or shape.heads,
        intermediate_size=shape.feed_forward,
        vocab_size=shape.vocabulary or vocabulary or len(tokenizer),
        max_position_embeddings=shape.context,
        tie_word_embeddings=shape.tied,
        rope_parameters={"rope_type": "default", "rope_theta": shape.rope_theta},
        bos_token_id=getattr(tokenizer, "bos_token_id", None),
        eos_token_id=getattr(tokenizer, "eos_token_id", None),
        pad_token_id=getattr(tokenizer, "pad_token_id", None),
    )


def build(config: Config, tokenizer: Any) -> Any:
    """The model to train: base, and adapter where there is one."""
    import torch

    attention = resolve_attention(config)
    if config.model.path:
        base = load_base(
            config.model.path, dtype=_weights(config), attention=attention, config=config
        )
        _check_shape(config.model.shape, base.config)
    else:
        torch.manual_seed(config.seed)
        made = llama_config(config.model.shape, tokenizer)
        made._attn_implementation = attention
        # Not by from_config, which under ZeRO-3 draws other weights, part by part.
        base = _transformers().LlamaForCausalLM(made)
    check_vocabulary(base.config.vocab_size, tokenizer)
    _check_length(config, base.config)
    base.config.use_cache = False  # a cache would hide the packed samples' bounds
    return base if config.adapter.method == "full" else add_adapter(base, config)


def load_base(
    path: str, *, dtype: Any = "auto", attention: str | None = None, config: Config | None = None
) -> Any:
    transformers = _transformers()
    if (Path(path) / "adapter_config.json").is_file():
        raise InputError(
            "is an adapter, not a model",
            path=path,
            hint="merge it first: train merge, or adapter.path",
        )
    options: dict[str, Any] = {"dtype": dtype, "attn_implementation": attention}
    if config is not None and config.adapter.method == "qlora":
        options["quantization_config"] = _four_bits(config)
    try:
        model = transformers.AutoModelForCausalLM.from_pretrained(
            **pretrained_source(path), **options
        )
    except (OSError, ValueError) as error:
        raise InputError(f"no model: {first_line(error)}", path=path) from error
    return _plain(model) if path.endswith(".gguf") else model


def add_adapter(base: Any, config: Config) -> Any:
    """LoRA on the targets; trained weights in fp32, which fp16's loss scaling needs."""
    try:
        import peft
    except ImportError as error:
        raise MissingDependency("peft", how=HOW) from error
    if config.adapter.method == "qlora":
        base = peft.prepare_model_for_kbit_training(base, config.hardware.gradient_checkpointing)
    elif config.hardware.gradient_checkpointing:
        base.enable_input_require_grads()
    if config.adapter.path:
        model = load_adapter(base, config.adapter.path, trained=True)
        _check_adapter(config, model)
    else:
        model = peft.get_peft_model(base, lora_config(config.adapter, tied=_tied(base)))
        # peft writes down the folder that a .gguf lies in, and not which file it is.
        model.peft_config["default"].base_model_name_or_path = config.model.path
    for weight in model.parameters():
        if weight.requires_grad:
            weight.data = weight.data.float()
    return model


def load_adapter(base: Any, path: str, *, trained: bool = False) -> Any:
    """An adapter on its base; refused where its weights or its base are other ones."""
    import peft

    check_adapter(path)
    found = Path(path) / "result.json"
    if found.is_file() and _another_base(json.loads(found.read_text()).get("base_sample"), base):
        raise InputError("was trained on another base (its weights differ)", path=path)
    try:
        return peft.PeftModel.from_pretrained(base, path, is_trainable=trained)
    except (RuntimeError, ValueError) as error:
        raise InputError(f"does not fit this base: {first_line(error)}", path=path) from error


def _check_adapter(config: Config, model: Any) -> None:
    found = model.peft_config["default"]
    for field, wanted, real in (
        ("rank", config.adapter.rank, found.r),
        ("alpha", config.adapter.alpha, found.lora_alpha),
        ("targets", set(config.adapter.targets), set(found.target_modules)),
    ):
        if wanted != real:
            raise UsageError(f"adapter.{field} is {wanted}, and adapter.path has {real}")


def base_sample(model: Any, config: Config) -> list[float] | None:
    return None if config.adapter.method == "full" else _sample(model.get_base_model())


def _sample(base: Any) -> list[float] | None:
    """A few weights of a kind that merged adapters change: they tell bases apart."""
    found = [w for name, w in base.named_parameters() if "v_proj" in name and "lora" not in name]
    if not found or not found[-1].is_floating_point() or found[-1].numel() < _SAMPLED:
        return None  # 4-bit weights, or those of which ZeRO-3 keeps only parts
    return [float(value) for value in found[-1].detach().flatten()[:_SAMPLED].tolist()]


def _another_base(sample: list[float] | None, base: Any) -> bool:
    """Rounding to 16 bits moves weights by 0.2 %, another model's are unrelated."""
    here = _sample(base)
    if not sample or not here:
        return False
    apart = sum((one - two) ** 2 for one, two in zip(sample, here, strict=True))
    return apart > _ROUNDED**2 * sum(one**2 for one in sample)


def lora_config(adapter: Adapter, *, tied: bool = False) -> Any:
    import peft

    whole = ["embed_tokens"] if adapter.train_embeddings else []
    whole += ["lm_head"] if adapter.train_head else []
    return peft.LoraConfig(
        task_type="CAUSAL_LM",
        r=adapter.rank,
        lora_alpha=adapter.alpha,
        lora_dropout=adapter.dropout,
        target_modules=list(adapter.targets),
        modules_to_save=whole or None,
        ensure_weight_tying=tied and bool(whole),
    )


def check_vocabulary(vocabulary: int, tokenizer: Any) -> None:
    if len(tokenizer) > vocabulary:
        raise UsageError(
            f"the tokenizer has {len(tokenizer)} tokens and the model {vocabulary}",
            hint="preprocess with the model's own tokenizer",
        )


def _check_length(config: Config, found: Any) -> None:
    length = json.loads((Path(config.data.path) / "manifest.json").read_text())["job"]["length"]
    if length > found.max_position_embeddings:
        raise UsageError(
            f"data.path has rows of {length} tokens, and the model's context is"
            f" {found.max_position_embeddings}",
            hint="preprocess with a smaller --length, or give model.shape.context",
        )


def resolve_attention(config: Config) -> str:
    return "sdpa" if config.model.attention == "auto" else config.model.attention


def _weights(config: Config) -> Any:
    """A frozen base in the run's precision; a trained one keeps fp32 as its master copy."""
    import torch

    if config.adapter.method == "full":
        return torch.float32
    return {"fp32": torch.float32, "fp16": torch.float16, "bf16": torch.bfloat16}[
        config.hardware.precision
    ]


def _four_bits(config: Config) -> Any:
    try:
        import bitsandbytes  # noqa: F401 - transformers needs it for 4-bit weights
    except ImportError as error:
        raise MissingDependency("bitsandbytes", how="pip install bitsandbytes") from error
    return _transformers().BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=_weights(config),
    )


def _plain(loaded: Any) -> Any:
    """A model read from GGUF cannot be saved: the same weights in a new one can."""
    import torch

    made = loaded.config.__class__(**loaded.config.to_dict())
    if hasattr(made, "quantization_config"):
        del made.quantization_config
    model = _transformers().AutoModelForCausalLM.from_config(
        made, attn_implementation=loaded.config._attn_implementation, dtype=loaded.dtype
    )
    with torch.no_grad():
        model.load_state_dict(loaded.state_dict())
    return model


def _check_shape(wanted: Shape, found: Any) -> None:
    for field, attribute in (
        ("hidden", "hidden_size"),
        ("layers", "num_hidden_layers"),
        ("vocabulary", "vocab_size"),
    ):
        number, real = getattr(wanted, field), getattr(found, attribute)
        if number and number != real:
            raise UsageError(f"model.shape.{field} is {number}, and model.path has {real}")


def _tied(model: Any) -> bool:
    return bool(getattr(model.config, "tie_word_embeddings", False))


def _transformers() -> Any:
    try:
        import torch  # noqa: F401 - transformers imports without it, and can do nothing
        import transformers
    except ImportError as error:
        raise MissingDependency("torch and transformers", how=HOW) from error
    return transformers
