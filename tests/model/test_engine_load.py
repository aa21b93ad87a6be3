"""Model names and loading: what each name is, and one clear word for everything that is wrong."""

from __future__ import annotations

import json
import shutil
import struct
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from chatmusician.errors import (  # noqa: E402
    ChatMusicianError,
    InputError,
    LimitError,
    MissingDependency,
    UsageError,
)
from chatmusician.model import load, names  # noqa: E402
from chatmusician.model.generation import Request, Sampling  # noqa: E402
from chatmusician.model.load import LoadOptions, load_model  # noqa: E402
from chatmusician.model.names import (  # noqa: E402
    Folder,
    GgufFile,
    HubId,
    Server,
    parse_model_name,
)
from chatmusician.model.weights import Weights, choose_precision, read_weights  # noqa: E402
from tests.model.engine_models import LLAMA3, random_model, tokenizer  # noqa: E402

GREEDY = Sampling(temperature=0, max_new_tokens=20)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A Llama-2-shaped model in fp16 safetensors, two shards of it."""
    model = random_model(num_key_value_heads=4, tie_word_embeddings=False).half()
    model.save_pretrained(tmp_path / "model", max_shard_size="100KB")
    tokenizer().save_pretrained(tmp_path / "model")
    assert len(list((tmp_path / "model").glob("*.safetensors"))) > 1
    return tmp_path / "model"


def answer(name: Path, **options: Any) -> str:
    backend = load_model(str(name), LoadOptions(**options))
    return backend.generate([Request.ask("A jig")], GREEDY)[0].text


# -- names --------------------------------------------------------------------


def test_names(tmp_path: Path) -> None:
    (tmp_path / "m.gguf").write_bytes(b"GGUF")
    assert parse_model_name(str(tmp_path)) == Folder(tmp_path)
    assert parse_model_name(str(tmp_path / "m.gguf")) == GgufFile(tmp_path / "m.gguf")
    assert parse_model_name("m-a-p/ChatMusician") == HubId("m-a-p/ChatMusician")
    assert parse_model_name("openai:http://localhost:8000/v1/#abc") == Server(
        "http://localhost:8000/v1", "abc"
    )


@pytest.mark.parametrize(
    ("name", "error", "said"),
    [
        ("/no/such/folder", InputError, "no such folder"),
        ("no-such.gguf", InputError, "no such file"),
        ("openai:localhost#x", UsageError, "no server"),
        ("openai:http://localhost/v1", UsageError, "no server"),
        ("openai:http://me:secret@localhost/v1#x", UsageError, "password"),
        ("a b c", InputError, "no such folder"),
        ("../x/../y", InputError, "no such folder"),
    ],
)
def test_names_that_stand_for_nothing(name: str, error: type[ChatMusicianError], said: str) -> None:
    with pytest.raises(error, match=said):
        parse_model_name(name)


def test_a_bundled_model_that_is_missing_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(names, "BUNDLED", tmp_path)
    with pytest.raises(MissingDependency, match="bundled model"):
        parse_model_name("")
    (tmp_path / "config.json").write_text("{}")
    assert parse_model_name("") == Folder(tmp_path, bundled=True)


# -- folders --------------------------------------------------------------------


def test_a_folder_in_half_precision_is_loaded(folder: Path) -> None:
    """Without transformers; what it says is what transformers' model says."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from chatmusician.model.backends.pytorch import of_model

    backend = load_model(str(folder))
    assert backend.can.logits
    assert backend.can.context == 512
    assert backend.lean  # type: ignore[attr-defined]
    stored = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    theirs = of_model(stored, AutoTokenizer.from_pretrained(folder), name="m", lean=False)
    prompts = [[5, 6, 7, 8], [9, 10]]
    ours = backend.steps().start(prompts, 4)  # type: ignore[attr-defined]
    assert abs(ours - theirs.steps().start(prompts, 4)).max() < 1e-4
    requests = [Request.ask("A jig", seed=at) for at in range(3)]
    free = Sampling(temperature=1, max_new_tokens=20)
    assert [one.text for one in backend.generate(requests, free)] == [
        one.text for one in theirs.generate(requests, free)
    ]


def test_a_folder_that_is_more_than_plain_llama_is_left_to_transformers(tmp_path: Path) -> None:
    odd: list[dict[str, Any]] = [{"attention_bias": True}, {"rope_parameters": LLAMA3}]
    for number, changed in enumerate(odd):
        folder = tmp_path / str(number)
        random_model(**changed).save_pretrained(folder)
        tokenizer().save_pretrained(folder)
        assert load_model(str(folder)).model is not None  # type: ignore[attr-defined]


def test_only_the_bundled_model_brings_its_own_sampling(folder: Path) -> None:
    config = {"do_sample": True, "temperature": 0.9, "top_k": 7, "eos_token_id": [1, 9]}
    (folder / "generation_config.json").write_text(json.dumps(config))
    assert load_model(str(folder)).defaults == Sampling()
    bundled = load.load_folder(folder, "m", LoadOptions(), bundled=True)
    assert (bundled.defaults.temperature, bundled.defaults.top_k) == (0.9, 7)
    assert bundled.ends == [1, 9]  # type: ignore[attr-defined]


def test_sizes_are_read_from_the_headers(folder: Path) -> None:
    found = read_weights(folder, "m")
    model = random_model(num_key_value_heads=4, tie_word_embeddings=False)
    assert found.parameters == sum(weight.numel() for weight in model.parameters())
    assert (found.stored, found.bytes) == ("F16", 2 * found.parameters)


def changed_config(folder: Path, **changed: Any) -> None:
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, **changed}))


def no_config(folder: Path) -> None:
    (folder / "config.json").unlink()


def broken_config(folder: Path) -> None:
    (folder / "config.json").write_text("{")


def other_type(folder: Path) -> None:
    changed_config(folder, model_type="bert", architectures=["BertForMaskedLM"])


def not_causal(folder: Path) -> None:
    changed_config(folder, architectures=["LlamaForSequenceClassification"])


def own_code(folder: Path) -> None:
    changed_config(folder, auto_map={"AutoModelForCausalLM": "modeling.Mine"})


def a_shard_lost(folder: Path) -> None:
    next(folder.glob("model-00001*")).unlink()


def a_shard_cut(folder: Path) -> None:
    shard = next(folder.glob("model-00001*"))
    shard.write_bytes(shard.read_bytes()[:-10])


def a_shard_of_noise(folder: Path) -> None:
    next(folder.glob("model-00001*")).write_bytes(struct.pack("<Q", 2**60) + b"x" * 100)


def pickled(folder: Path) -> None:
    for file in folder.glob("*.safetensors*"):
        file.unlink()
    torch.save(random_model(num_key_value_heads=4).state_dict(), folder / "pytorch_model.bin")


def no_weights(folder: Path) -> None:
    for file in folder.glob("*.safetensors*"):
        file.unlink()


def an_adapter(folder: Path) -> None:
    (folder / "config.json").unlink()
    (folder / "adapter_config.json").write_text("{}")


def no_tokenizer(folder: Path) -> None:
    for file in folder.glob("tokenizer*"):
        file.unlink()


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (no_config, "no model folder"),
        (broken_config, "config.json cannot be read"),
        (other_type, "not a causal model of Llama's kind, but BertForMaskedLM"),
        (not_causal, "not a causal model"),
        (own_code, "its own code, which is not run"),
        (a_shard_lost, "not all of its weights: model-00001"),
        (a_shard_cut, "cut short"),
        (a_shard_of_noise, "no safetensors file"),
        (pickled, "no safetensors, only pickled"),
        (no_weights, "no weights"),
        (an_adapter, "is an adapter"),
        (no_tokenizer, "cannot be loaded"),
    ],
)
def test_what_is_wrong_with_a_folder_is_said(folder: Path, spoil: Any, said: str) -> None:
    spoil(folder)
    with pytest.raises(InputError, match=said) as caught:
        load_model(str(folder))
    assert str(folder) in str(caught.value)


def test_pickled_weights_are_loaded_where_asked_for(folder: Path) -> None:
    pickled(folder)
    changed_config(folder, tie_word_embeddings=True)
    assert load_model(str(folder), LoadOptions(allow_pickle=True)).can.logits


def test_a_model_too_large_for_the_memory_is_refused_before_it_is_loaded(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(load, "free_memory", lambda: 100_000)
    with pytest.raises(LimitError, match="GB are free") as caught:
        load_model(str(folder))
    assert ".gguf" in (caught.value.hint or "")


def test_a_file_too_large_for_the_memory_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("gguf")
    (tmp_path / "m.gguf").write_bytes(b"GGUF" + bytes(1000))
    monkeypatch.setattr(load, "free_memory", lambda: 1000)
    with pytest.raises(LimitError, match="are free"):
        load_model(str(tmp_path / "m.gguf"))


def test_precision_is_what_fits() -> None:
    weights = Weights((), 7_000_000_000, 14_000_000_000, "F16")

    def chosen(free: float, device: str = "cpu", asked: str = "auto") -> str:
        return choose_precision(weights, "m", device=device, asked=asked, free=int(free * 1e9))

    assert chosen(64) == "float32"
    assert chosen(20) == "float16"
    assert chosen(64, device="cuda") == "float16"
    with pytest.raises(LimitError, match=r"7\.0 billion parameters need about 16\.8 GB"):
        chosen(10)
    with pytest.raises(LimitError):
        chosen(20, asked="float32")


def test_few_bits_need_a_gpu(folder: Path) -> None:
    if torch.cuda.is_available():
        pytest.skip("there is a GPU here")
    with pytest.raises(UsageError, match="4-bit weights need a GPU"):
        load_model(str(folder), LoadOptions(bits=4))
    with pytest.raises(UsageError, match="no GPU"):
        load_model(str(folder), LoadOptions(device="cuda"))
    with pytest.raises(UsageError, match="unknown device"):
        load_model(str(folder), LoadOptions(device="abacus"))


# -- adapters ------------------------------------------------------------------


@pytest.fixture
def adapter(folder: Path, tmp_path: Path) -> Path:
    peft = pytest.importorskip("peft")
    from transformers import AutoModelForCausalLM

    torch.manual_seed(1)
    base = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    settings = peft.LoraConfig(
        r=4, target_modules=["q_proj", "down_proj"], init_lora_weights=False, task_type="CAUSAL_LM"
    )
    peft.get_peft_model(base, settings).save_pretrained(tmp_path / "adapter")
    return tmp_path / "adapter"


def test_an_adapter_mounted_and_merged_say_the_same(folder: Path, adapter: Path) -> None:
    plain = answer(folder)
    mounted = answer(folder, adapters=(str(adapter),))
    merged = answer(folder, adapters=(str(adapter),), merge=True)
    assert mounted == merged != plain


def test_an_adapter_that_does_not_fit_is_named(folder: Path, adapter: Path, tmp_path: Path) -> None:
    random_model(hidden_size=32).save_pretrained(tmp_path / "other")
    tokenizer().save_pretrained(tmp_path / "other")
    with pytest.raises(InputError, match="does not fit"):
        load_model(str(tmp_path / "other"), LoadOptions(adapters=(str(adapter),)))
    with pytest.raises(InputError, match="is no adapter"):
        load_model(str(folder), LoadOptions(adapters=(str(folder),)))
    shutil.move(adapter / "adapter_model.safetensors", adapter / "adapter_model.bin")
    with pytest.raises(InputError, match="no safetensors"):
        load_model(str(folder), LoadOptions(adapters=(str(adapter),)))


# -- the hub --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "said"),
    [
        ("GatedRepoError", "gated"),
        ("RepositoryNotFoundError", "no such model on the hub"),
        ("LocalEntryNotFoundError", "cannot be reached"),
    ],
)
def test_what_is_wrong_with_a_hub_model_is_said(
    error: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub = pytest.importorskip("huggingface_hub")
    kind = getattr(hub.errors, error)

    def refused(*_: Any, **__: Any) -> str:
        raise kind.__new__(kind)

    monkeypatch.setattr(hub, "snapshot_download", refused)
    with pytest.raises(InputError, match=said):
        load_model("owner/name")


def test_a_hub_model_is_a_folder_once_it_is_fetched(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub = pytest.importorskip("huggingface_hub")
    asked: dict[str, Any] = {}

    def fetched(name: str, **options: Any) -> str:
        asked.update(options, name=name)
        return str(folder)

    monkeypatch.setattr(hub, "snapshot_download", fetched)
    assert load_model("owner/name").name == "owner/name"
    assert asked["name"] == "owner/name"
    assert not any("bin" in pattern or "py" in pattern for pattern in asked["allow_patterns"])
