"""Training: packing changes nothing but the time, a killed run ends as if it had not been."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")
pytest.importorskip("peft")

from chatmusician.errors import (  # noqa: E402
    ChatMusicianError,
    InputError,
    LimitError,
    UsageError,
)
from chatmusician.train import config_io  # noqa: E402
from chatmusician.train.build import build, load_base, load_tokenizer  # noqa: E402
from chatmusician.train.data import Rows, collate, useful_tokens  # noqa: E402
from chatmusician.train.merge import merge  # noqa: E402
from chatmusician.train.run import train  # noqa: E402
from chatmusician.train.trainer import TokenTrainer  # noqa: E402

SHAPE = {"hidden": 32, "layers": 2, "heads": 4, "feed_forward": 64, "context": 128}
Settings = Callable[..., dict[str, Any]]


def losses(model: Any, batch: dict[str, Any]) -> dict[tuple[int, ...], list[float]]:
    """Each sample's losses, by its tokens."""
    with torch.no_grad():
        logits = model(input_ids=batch["input_ids"], position_ids=batch["position_ids"]).logits
    found: dict[tuple[int, ...], list[float]] = {}
    for row, tokens in enumerate(batch["input_ids"]):
        starts = (batch["position_ids"][row] == 0).nonzero().flatten().tolist()
        for start, stop in zip(starts, [*starts[1:], len(tokens)], strict=True):
            if (batch["labels"][row, start + 1 : stop] == -100).all():
                continue
            loss = torch.nn.functional.cross_entropy(
                logits[row, start : stop - 1], tokens[start + 1 : stop], reduction="none"
            )
            found[tuple(tokens[start:stop].tolist())] = loss.tolist()
    return found


@pytest.mark.parametrize("attention", ["sdpa", "eager"])
def test_packing_is_exact(data: str, settings: Settings, tmp_path: Path, attention: str) -> None:
    values = settings(tmp_path / "out")
    values["model"]["attention"] = attention
    config = config_io.from_mapping(values)
    model = build(config, load_tokenizer(f"{data}/tokenizer")).eval()
    packed, alone = Rows(data), Rows(data, packing=False)
    assert len(packed) < len(alone)
    together = losses(model, collate([packed[i] for i in range(len(packed))], pad=2))
    apart: dict[tuple[int, ...], list[float]] = {}
    for number in range(len(alone)):
        apart |= losses(model, collate([alone[number]], pad=2))
    assert together.keys() == apart.keys()
    for tokens, expected in apart.items():
        assert together[tokens] == pytest.approx(expected, abs=1e-4)


def test_a_wrong_position_would_show(data: str, settings: Settings, tmp_path: Path) -> None:
    """The same rows with running positions see their neighbours, and their losses differ."""
    config = config_io.from_mapping(settings(tmp_path / "out"))
    model = build(config, load_tokenizer(f"{data}/tokenizer")).eval()
    rows = Rows(data)
    batch = collate(
        [max((rows[i] for i in range(len(rows))), key=lambda r: (r["position_ids"] == 0).sum())],
        pad=2,
    )
    running = torch.arange(batch["input_ids"].shape[1])[None]
    with torch.no_grad():
        right = model(input_ids=batch["input_ids"], position_ids=batch["position_ids"]).logits
        wrong = model(input_ids=batch["input_ids"], position_ids=running).logits
    assert (right - wrong).abs().max() > 1e-3


def test_lora_trains_and_merges(data: str, settings: Settings, tmp_path: Path) -> None:
    first = train(config_io.from_mapping(settings(tmp_path / "base", optimizer={"steps": 3})))
    values = settings(tmp_path / "lora")
    values["model"] = {"path": str(tmp_path / "base")}
    values["adapter"] = {"method": "lora", "rank": 4}
    values["data"]["held_out_share"] = 0.2
    second = train(config_io.from_mapping(values))
    assert second["held_out_loss"] is not None
    assert second["train_loss"] < first["train_loss"]
    merged = merge(str(tmp_path / "lora"), str(tmp_path / "merged"), dtype="float32")
    assert merged["logits_apart"] < 1e-4
    assert (tmp_path / "merged" / "model.safetensors").exists()
    assert not (tmp_path / "merged" / "adapter_config.json").exists()
    (tmp_path / "new").touch()
    weights = list(tmp_path.glob("*/*.safetensors"))
    assert len(weights) == 3
    assert {file.stat().st_mode for file in weights} == {(tmp_path / "new").stat().st_mode}


def test_the_stage_must_fit_the_data(data: str, settings: Settings, tmp_path: Path) -> None:
    config = config_io.from_mapping(settings(tmp_path / "out") | {"stage": "sft"})
    with pytest.raises(UsageError, match=r"stage is sft.*--stage pt"):
        train(config)


@pytest.mark.parametrize("tied", [False, True])
def test_merging_trained_embeddings_keeps_the_logits(
    settings: Settings, tmp_path: Path, tied: bool
) -> None:
    """Compared here again, on models loaded anew from the disk."""
    import peft
    from transformers import AutoModelForCausalLM

    base = settings(
        tmp_path / "base", optimizer={"steps": 1}, model={"shape": SHAPE | {"tied": tied}}
    )
    train(config_io.from_mapping(base))
    adapter = {"method": "lora", "rank": 4, "train_embeddings": True, "train_head": not tied}
    values = settings(tmp_path / "lora", adapter=adapter)
    values["model"] = {"path": str(tmp_path / "base")}
    train(config_io.from_mapping(values))
    merge(str(tmp_path / "lora"), str(tmp_path / "merged"), dtype="float32")
    plain = AutoModelForCausalLM.from_pretrained(tmp_path / "base")
    with_adapter = peft.PeftModel.from_pretrained(plain, tmp_path / "lora").eval()
    merged = AutoModelForCausalLM.from_pretrained(tmp_path / "merged").eval()
    before = AutoModelForCausalLM.from_pretrained(tmp_path / "base").eval()
    tokens = torch.arange(3, 90)[None]
    with torch.no_grad():
        one, two, old = (model(tokens).logits for model in (with_adapter, merged, before))
    assert (one - two).abs().max() < 1e-4
    assert (old - two).abs().max() > 1e-2
    embeddings = [model.get_input_embeddings().weight for model in (merged, before)]
    assert (embeddings[0] - embeddings[1]).abs().max() > 1e-3
    assert (merged.get_output_embeddings().weight is embeddings[0]) == tied


def test_an_adapter_of_another_base_is_refused(settings: Settings, tmp_path: Path) -> None:
    """Of the same shape even: going on with it, and merging it."""
    for seed, name in enumerate(("one", "two")):
        train(
            config_io.from_mapping(
                settings(tmp_path / name, optimizer={"steps": 1}) | {"seed": seed}
            )
        )
    values = settings(
        tmp_path / "lora", adapter={"method": "lora", "rank": 4}, optimizer={"steps": 1}
    )
    values["model"] = {"path": str(tmp_path / "one")}
    train(config_io.from_mapping(values))
    with pytest.raises(InputError, match="another base"):
        merge(str(tmp_path / "lora"), str(tmp_path / "merged"), base=str(tmp_path / "two"))
    values["model"] = {"path": str(tmp_path / "two")}
    values["output"] = str(tmp_path / "on")
    values["adapter"] |= {"path": str(tmp_path / "lora")}
    with pytest.raises(InputError, match="another base"):
        train(config_io.from_mapping(values))
    values["model"] = {"path": str(tmp_path / "one")}
    assert train(config_io.from_mapping(values))["finished"]


def test_a_tokenizer_that_does_not_fit_is_refused(settings: Settings, tmp_path: Path) -> None:
    small = settings(tmp_path / "out", model={"shape": SHAPE | {"vocabulary": 100}})
    with pytest.raises(UsageError, match=r"the tokenizer has \d+ tokens and the model 100"):
        train(config_io.from_mapping(small))
    short = settings(tmp_path / "out", model={"shape": SHAPE | {"context": 64}})
    with pytest.raises(UsageError, match="rows of 128 tokens, and the model's context is 64"):
        train(config_io.from_mapping(short))


def test_an_adapter_is_no_model(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "adapter_config.json").write_text("{}")
    values = settings(tmp_path / "out", adapter={"method": "lora"})
    values["model"] = {"path": str(tmp_path)}
    with pytest.raises(InputError, match="is an adapter, not a model"):
        train(config_io.from_mapping(values))


@pytest.mark.parametrize("error", [torch.OutOfMemoryError("x"), None])
def test_out_of_memory_names_the_fields(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception | None
) -> None:
    """A GPU's error, and the true one of a CPU that is asked for 2 TiB."""

    def step(*_: Any, **__: Any) -> Any:
        if error:
            raise error
        return torch.ones(2**39)

    monkeypatch.setattr(TokenTrainer, "training_step", step)
    with pytest.raises(LimitError, match="out of memory") as caught:
        train(config_io.from_mapping(settings(tmp_path / "out")))
    assert "optimizer.batch" in str(caught.value.hint)
    assert "hardware.gradient_checkpointing" in str(caught.value.hint)


def test_a_loss_that_is_no_number_ends_the_run(settings: Settings, tmp_path: Path) -> None:
    wild = settings(tmp_path / "out", optimizer={"learning_rate": 1e30, "clip": 1e30})
    with pytest.raises(ChatMusicianError, match="the loss is nan at step") as caught:
        train(config_io.from_mapping(wild))
    assert "optimizer.learning_rate" in str(caught.value.hint)


def test_no_warning_of_older_names(
    settings: Settings, tmp_path: Path, recwarn: pytest.WarningsRecorder
) -> None:
    train(config_io.from_mapping(settings(tmp_path / "base", optimizer={"steps": 1})))
    values = settings(
        tmp_path / "lora",
        adapter={"method": "lora"},
        hardware={"gradient_checkpointing": True},
        optimizer={"steps": 1},
    )
    values["model"] = {"path": str(tmp_path / "base")}
    train(config_io.from_mapping(values))
    assert not [one for one in recwarn if issubclass(one.category, FutureWarning)]


def test_tensorboard_and_the_result_say_the_same(settings: Settings, tmp_path: Path) -> None:
    reading = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    values = settings(tmp_path / "out", logging={"tensorboard": True}, data={"held_out_share": 0.3})
    done = train(config_io.from_mapping(values))
    events = reading.EventAccumulator(str(tmp_path / "out" / "runs"))
    events.Reload()
    found = [event.value for event in events.Scalars("train/loss")]
    assert found == pytest.approx([row["loss"] for row in done["history"] if "loss" in row])
    assert events.Scalars("eval/loss")[-1].value == pytest.approx(done["held_out_loss"])
    assert events.Scalars("train/tokens")[-1].value == done["tokens_seen"]
    assert {"train/tokens_per_second", "train/mfu", "train/learning_rate"} <= set(
        events.Tags()["scalars"]
    )
    rows = Rows(values["data"]["path"])
    kept = len(rows) - round(0.3 * len(rows))
    assert done["steps"] == 12
    assert kept % 2 == 0
    # 12 steps of 2 rows out of 10: twice all of them, and four more.
    assert 2 * 1000 < done["tokens_seen"] < 24 * 128
    for name in ("git", "versions", "data_fingerprint", "seed", "tokens_per_second", "config"):
        assert done[name] is not None


def test_useful_tokens_are_those_of_the_rows(data: str) -> None:
    rows = Rows(data)
    for start in range(0, len(rows) - 3, 3):
        items = [rows[start + number] for number in range(3)]
        expected = sum(len(item["input_ids"]) for item in items)
        for flat in (False, True):
            assert int(useful_tokens(collate(items, pad=1, flat=flat), 1)) == expected


@pytest.mark.parametrize("every", [0, 5, 6, 12])
def test_held_out_loss_is_measured_once_a_step(
    settings: Settings, tmp_path: Path, every: int
) -> None:
    values = settings(
        tmp_path / "out",
        data={"held_out_share": 0.3},
        logging={"evaluate_every": every, "every": 6},
    )
    done = train(config_io.from_mapping(values))
    measured = [row["step"] for row in done["history"] if "eval_loss" in row]
    expected = list(range(every, 13, every)) if every else []
    assert measured == [*expected, *([12] if 12 not in expected else [])]
    assert done["held_out_loss"] is not None


def test_an_adapter_names_the_file_below_it(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A .gguf is loaded by folder and name; `merge` must find it again."""
    train(config_io.from_mapping(settings(tmp_path / "base", optimizer={"steps": 1})))

    def load(path: str, **options: Any) -> Any:
        assert path == "models/small.gguf"
        return load_base(str(tmp_path / "base"), **options)

    monkeypatch.setattr("chatmusician.train.build.load_base", load)
    values = settings(tmp_path / "lora", adapter={"method": "lora"}, optimizer={"steps": 1})
    values["model"] = {"path": "models/small.gguf"}
    train(config_io.from_mapping(values))
    written = json.loads((tmp_path / "lora" / "adapter_config.json").read_text())
    assert written["base_model_name_or_path"] == "models/small.gguf"
