"""A training run as data: typed sections, and the contradictions between them.

A run is one YAML (`config_io`) with these sections; every field can be given on the command
line as `section.field=value`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from chatmusician.errors import UsageError

STAGES = ("pt", "sft")
METHODS = ("full", "lora", "qlora")
PRECISIONS = ("fp32", "fp16", "bf16")
ATTENTIONS = ("auto", "sdpa", "eager", "flash_attention_2")
SHARDINGS = ("none", "zero2", "zero3", "zero3-offload", "fsdp")
SCHEDULES = ("cosine", "linear", "constant")
OPTIMIZERS = ("adamw", "muon")
# name: memory in GiB, dense 16-bit TFLOP/s, bf16 and flash-attention 2 (makers' data sheets)
GPUS: dict[str, tuple[int, float, bool]] = {
    "V100-32GB": (32, 125.0, False),
    "A800-80GB": (80, 312.0, True),
    "A100-80GB": (80, 312.0, True),
    "RTX4090-24GB": (24, 165.0, True),
    "H100-80GB": (80, 989.0, True),
    "H200-141GB": (141, 989.0, True),
}
PROJECTIONS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")


@dataclass(frozen=True)
class Shape:
    """A Llama's size: what is built from scratch, or what a model should have."""

    hidden: int = 0
    layers: int = 0
    heads: int = 0
    kv_heads: int = 0
    feed_forward: int = 0
    vocabulary: int = 0
    context: int = 2048
    tied: bool = False
    rope_theta: float = 10000.0


@dataclass(frozen=True)
class Model:
    """`path`: a folder, a hub id or a .gguf file; empty builds `shape` from scratch."""

    path: str = ""
    shape: Shape = field(default_factory=Shape)
    attention: str = "auto"


@dataclass(frozen=True)
class Adapter:
    """`path`: the folder of an earlier adapter to go on with."""

    method: str = "full"
    path: str = ""
    rank: int = 64
    alpha: int = 16
    dropout: float = 0.1
    targets: tuple[str, ...] = PROJECTIONS
    train_embeddings: bool = False
    train_head: bool = False


@dataclass(frozen=True)
class Data:
    """Folders that `train preprocess` wrote; without `held_out`, a share is kept back.

    `length` and `tokens` are what the data is expected to have: for a dry run before it is there.
    """

    path: str = ""
    length: int = 0
    tokens: int = 0
    held_out: str = ""
    held_out_share: float = 0.0
    packing: bool = True
    workers: int = 0


@dataclass(frozen=True)
class Optimizer:
    """`schedule`: what the learning rate does behind the warm-up; cosine and linear end at 0.

    `method: muon` is for the matrices; embeddings, head and norms have AdamW even then, at
    `rest_learning_rate` (0: the same).
    """

    method: str = "adamw"
    learning_rate: float = 1e-4
    rest_learning_rate: float = 0.0
    beta1: float = 0.9
    beta2: float = 0.95
    epsilon: float = 1e-8
    weight_decay: float = 0.1
    clip: float = 1.0
    warmup: float = 0.05
    schedule: str = "cosine"
    batch: int = 8
    accumulation: int = 1
    epochs: int = 0
    steps: int = 0


@dataclass(frozen=True)
class Hardware:
    """`gpu` is what the run is meant for: it gives the dry run its memory and speed.

    `gpus` is the number of processes the run must have; 0 takes as many as are launched.
    `compile` has torch translate the model first: a minute or more, then faster steps.
    """

    precision: str = "fp32"
    gpu: str = ""
    gpus: int = 0
    sharding: str = "none"
    gradient_checkpointing: bool = False
    compile: bool = False


@dataclass(frozen=True)
class Logging:
    every: int = 10
    evaluate_every: int = 0
    save_every: int = 500
    keep: int = 2
    tensorboard: bool = True


@dataclass(frozen=True)
class Config:
    stage: str = "pt"
    output: str = ""
    seed: int = 0
    model: Model = field(default_factory=Model)
    adapter: Adapter = field(default_factory=Adapter)
    data: Data = field(default_factory=Data)
    optimizer: Optimizer = field(default_factory=Optimizer)
    hardware: Hardware = field(default_factory=Hardware)
    logging: Logging = field(default_factory=Logging)


def check(config: Config) -> Config:
    """The config as it is, or a UsageError that lists everything wrong with it."""
    found = [*_bad_values(config), *_contradictions(config)]
    if found:
        raise UsageError("the run cannot be: " + "; ".join(found))
    return config


def _bad_values(config: Config) -> Iterator[str]:
    for name, value, known in (
        ("stage", config.stage, STAGES),
        ("adapter.method", config.adapter.method, METHODS),
        ("hardware.precision", config.hardware.precision, PRECISIONS),
        ("model.attention", config.model.attention, ATTENTIONS),
        ("hardware.sharding", config.hardware.sharding, SHARDINGS),
        ("optimizer.method", config.optimizer.method, OPTIMIZERS),
        ("optimizer.schedule", config.optimizer.schedule, SCHEDULES),
        ("hardware.gpu", config.hardware.gpu, ("", *GPUS)),
    ):
        if value not in known:
            yield f"{name} is {value!r}, not one of {', '.join(filter(None, known))}"
    for name, number in (
        ("optimizer.batch", config.optimizer.batch),
        ("optimizer.accumulation", config.optimizer.accumulation),
        ("adapter.rank", config.adapter.rank),
        ("logging.every", config.logging.every),
        ("logging.save_every", config.logging.save_every),
        ("logging.keep", config.logging.keep),
    ):
        if number < 1:
            yield f"{name} is {number}, less than 1"
    for name, share in (
        ("optimizer.warmup", config.optimizer.warmup),
        ("data.held_out_share", config.data.held_out_share),
        ("adapter.dropout", config.adapter.dropout),
    ):
        if not 0 <= share < 1:
            yield f"{name} is {share:g}, not from 0 to below 1"
    if config.optimizer.learning_rate <= 0:
        yield f"optimizer.learning_rate is {config.optimizer.learning_rate:g}, not above 0"
    for name, value in (("output", config.output), ("data.path", config.data.path)):
        if not value:
            yield f"{name} is not given"


def _contradictions(config: Config) -> Iterator[str]:
    model, adapter, data = config.model, config.adapter, config.data
    optimizer, hardware = config.optimizer, config.hardware
    lora = adapter.method != "full"
    flash = model.attention == "flash_attention_2"
    rules = (
        (
            bool(optimizer.epochs) == bool(optimizer.steps),
            f"give one of optimizer.epochs ({optimizer.epochs})"
            f" and optimizer.steps ({optimizer.steps})",
        ),
        (
            not model.path and lora,
            f"adapter.method={adapter.method} needs a trained model, and model.path is empty",
        ),
        (
            not lora and bool(adapter.path),
            "adapter.method=full has no adapter, and adapter.path is given",
        ),
        (
            not model.path and not _complete(model.shape),
            "model.path is empty, so model.shape must give hidden, layers, heads, feed_forward",
        ),
        (
            not lora and (adapter.train_embeddings or adapter.train_head),
            "adapter.method=full trains everything: adapter.train_embeddings and"
            " adapter.train_head are for lora and qlora",
        ),
        (
            adapter.train_head and model.shape.tied and not adapter.train_embeddings,
            "model.shape.tied makes head and embeddings one: adapter.train_head needs"
            " adapter.train_embeddings",
        ),
        (
            bool(data.held_out) and data.held_out_share > 0,
            "give one of data.held_out and data.held_out_share",
        ),
        (
            config.logging.evaluate_every > 0 and not (data.held_out or data.held_out_share),
            "logging.evaluate_every needs data.held_out or data.held_out_share",
        ),
        (
            _complete(model.shape) and data.length > model.shape.context,
            f"data.length ({data.length}) is above model.shape.context ({model.shape.context})",
        ),
        (
            adapter.method == "qlora" and hardware.precision == "fp32",
            "adapter.method=qlora computes in 16 bits, and hardware.precision is fp32",
        ),
        (
            flash and hardware.precision == "fp32",
            "model.attention=flash_attention_2 cannot run in hardware.precision=fp32",
        ),
        (
            bool(hardware.gpu) and not _modern(hardware.gpu) and hardware.precision == "bf16",
            f"hardware.gpu={hardware.gpu} has no bf16: hardware.precision must be fp16 or fp32",
        ),
        (
            bool(hardware.gpu) and not _modern(hardware.gpu) and flash,
            f"hardware.gpu={hardware.gpu} cannot run model.attention=flash_attention_2",
        ),
        (
            adapter.method == "qlora" and hardware.sharding not in ("none", "zero2"),
            f"adapter.method=qlora cannot be cut up by hardware.sharding={hardware.sharding}",
        ),
        (
            optimizer.method == "muon" and hardware.sharding != "none",
            f"optimizer.method=muon does not go with hardware.sharding={hardware.sharding}",
        ),
        (
            optimizer.rest_learning_rate > 0 and optimizer.method != "muon",
            f"optimizer.rest_learning_rate is for muon, not {optimizer.method}",
        ),
        (
            hardware.compile and hardware.sharding != "none",
            f"hardware.compile does not go with hardware.sharding={hardware.sharding}",
        ),
    )
    yield from (message for broken, message in rules if broken)


def _complete(shape: Shape) -> bool:
    return min(shape.hidden, shape.layers, shape.heads, shape.feed_forward) > 0


def _modern(gpu: str) -> bool:
    return gpu not in GPUS or GPUS[gpu][2]
