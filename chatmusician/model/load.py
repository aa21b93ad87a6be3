"""From a model's name to a backend that is ready: found, checked, loaded."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chatmusician.errors import ChatMusicianError, InputError, MissingDependency, UsageError
from chatmusician.model.generation import Backend
from chatmusician.model.names import Folder, GgufFile, HubId, Server, parse_model_name
from chatmusician.model.pretrained import (
    check_adapter,
    check_tokenizer,
    first_line,
    pretrained_source,
)
from chatmusician.model.weights import (
    Weights,
    check_config,
    check_gguf,
    choose_precision,
    free_memory,
    read_weights,
)

if TYPE_CHECKING:
    from chatmusician.model.backends.local import LocalBackend

HOW = 'pip install ".[train]"'
COMPOSE = 'pip install ".[compose]"'
# Models of at most this many weights are computed by numpy: as fast as torch, and no import of it.
MOST_NUMPY_WEIGHTS = 60_000_000
_FILES = ["*.json", "*.model", "*.safetensors", "*.txt", "*.jinja"]


@dataclass(frozen=True)
class LoadOptions:
    """`adapters` are LoRA folders, used in their order, mounted or (`merge`) folded in.

    `bits` is 8 or 4 for quantised weights (a GPU and bitsandbytes), 0 for none. Pickled
    weights and a model's own code are used only where they are allowed here. With `whole` the
    backend holds transformers' model and tokenizer too, for probabilities of given text.
    """

    adapters: tuple[str, ...] = ()
    merge: bool = False
    bits: int = 0
    device: str = "auto"
    precision: str = "auto"
    context: int = 0
    allow_pickle: bool = False
    allow_code: bool = False
    whole: bool = False


def load_model(name: str = "", options: LoadOptions | None = None) -> Backend:
    """The backend of a model name (DESIGN: nothing, folder, hub id, .gguf, openai:URL#NAME)."""
    chosen = options or LoadOptions()
    match parse_model_name(name):
        case Server() as server:
            from chatmusician.model.backends.server import ServerBackend

            _refuse(chosen, "a server")
            return ServerBackend(server.url, server.model)
        case GgufFile(path):
            return _load_gguf(path, chosen)
        case HubId(hub):
            folder = fetch(hub, allow_pickle=chosen.allow_pickle, allow_code=chosen.allow_code)
            return load_folder(folder, hub, chosen)
        case Folder(path, bundled) as found:
            return load_folder(path, found.name, chosen, bundled=bundled)


def _refuse(options: LoadOptions, what: str) -> None:
    given = [
        word
        for word, value in (
            ("--adapter", options.adapters),
            ("--bits", options.bits),
            ("--merge", options.merge),
        )
        if value
    ]
    if given:
        raise UsageError(f"{given[0]} has no meaning for {what}")


def load_folder(folder: Path, name: str, options: LoadOptions, *, bundled: bool = False) -> Backend:
    config = check_config(folder, name)
    if config.get("auto_map") and not options.allow_code:
        raise InputError(
            "brings its own code, which is not run",
            path=name,
            hint="if you have read it and trust it: --allow-code",
        )
    weights = read_weights(folder, name, allow_pickle=options.allow_pickle)
    if _is_small(weights, options):
        choose_precision(weights, name, device="cpu", asked="float32", free=free_memory())
        with _said_once(name):
            small = _in_numpy(folder, weights, name, bundled)
        if small is not None:
            return small
    torch = _torch()
    device = _device(options.device, torch)
    given: dict[str, Any] = {"trust_remote_code": options.allow_code}
    if options.bits:
        given |= _quantised(options.bits, device, torch)
    else:
        precision = choose_precision(
            weights, name, device=device, asked=options.precision, free=_free(device, torch)
        )
        given["dtype"] = getattr(torch, precision)
        plain = not weights.pickled and not options.adapters and not options.whole
        if plain and device == "cpu":
            with _said_once(name):
                lean = _lean(folder, weights, given["dtype"], name, bundled)
            if lean is not None:
                return lean
    if not weights.pickled:
        given["use_safetensors"] = True
    transformers = _transformers()
    with _said_once(name), _quiet():
        tokenizer = transformers.AutoTokenizer.from_pretrained(
            str(folder), trust_remote_code=options.allow_code
        )
        model = transformers.AutoModelForCausalLM.from_pretrained(str(folder), **given)
    backend = _ready(model, tokenizer, name, options, device)
    if bundled:
        from chatmusician.model.backends.local import as_stated

        as_stated(backend, folder)
    return backend


def _is_small(weights: Weights, options: LoadOptions) -> bool:
    """Whether numpy computes a model as fast as torch, and nothing is asked that needs torch."""
    plain = not (weights.pickled or options.adapters or options.whole or options.bits)
    usual = options.device in ("auto", "cpu") and options.precision in ("auto", "float32")
    return plain and usual and weights.parameters <= MOST_NUMPY_WEIGHTS


def _in_numpy(folder: Path, weights: Weights, name: str, bundled: bool) -> Backend | None:
    try:
        from chatmusician.model.backends.numpy_llama import of_folder

        return of_folder(folder, weights.files, name=name, own_sampling=bundled)
    except ImportError as error:
        raise MissingDependency("numpy and tokenizers", how=COMPOSE) from error


def _lean(folder: Path, weights: Weights, dtype: Any, name: str, bundled: bool) -> Backend | None:
    try:
        from chatmusician.model.backends.pytorch import of_folder

        return of_folder(folder, weights.files, dtype, name=name, own_sampling=bundled)
    except ImportError as error:
        raise MissingDependency("safetensors and tokenizers", how=HOW) from error


def _load_gguf(path: Path, options: LoadOptions) -> Backend:
    """By llama.cpp where it is installed; else by transformers, which needs more memory."""
    quick = importlib.util.find_spec("llama_cpp") is not None
    if quick and not options.adapters and not options.whole:
        from chatmusician.model.backends.llama_cpp import LlamaCppBackend

        _refuse(options, "a .gguf file")
        check_gguf(path, free_memory(), unpacked=False)
        return LlamaCppBackend(path, context=options.context)
    torch, transformers = _torch(), _transformers()
    if importlib.util.find_spec("gguf") is None:
        raise MissingDependency("gguf", how=HOW)
    _refuse(LoadOptions(bits=options.bits), "a .gguf file")
    check_gguf(path, free_memory(), unpacked=True)
    device = _device(options.device, torch)
    source = pretrained_source(str(path))
    with _said_once(str(path)), _quiet():
        tokenizer = transformers.AutoTokenizer.from_pretrained(**source)
        model = transformers.AutoModelForCausalLM.from_pretrained(**source, dtype=torch.float32)
    backend = _ready(model, tokenizer, str(path), options, device)
    if not options.whole:
        backend.remarks.append("read by transformers; llama.cpp is several times quicker")
    return backend


def _ready(
    model: Any, tokenizer: Any, name: str, options: LoadOptions, device: str
) -> LocalBackend:
    from chatmusician.model.backends.pytorch import of_model

    check_tokenizer(tokenizer, name)
    if len(tokenizer) > model.config.vocab_size:
        raise InputError(
            f"its tokenizer has {len(tokenizer)} tokens and the model {model.config.vocab_size}",
            path=name,
        )
    for adapter in options.adapters:
        model = _with_adapter(model, adapter, name, merge=options.merge)
    if not options.bits:
        model = model.to(device)
    shown = " + ".join([name, *options.adapters])
    return of_model(model, tokenizer, name=shown)


def _with_adapter(model: Any, adapter: str, base: str, *, merge: bool) -> Any:
    check_adapter(adapter)
    if not (Path(adapter) / "adapter_model.safetensors").is_file():
        raise InputError("has no safetensors", path=adapter, hint="train merge writes them")
    try:
        import peft
    except ImportError as error:
        raise MissingDependency("peft", how=HOW) from error
    try:
        with _quiet():
            mounted = peft.PeftModel.from_pretrained(model, adapter, use_safetensors=True)
    except (RuntimeError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"does not fit {base}: {first_line(error)}", path=adapter) from error
    return mounted.merge_and_unload(safe_merge=True) if merge else mounted


def _device(asked: str, torch: Any) -> str:
    has_gpu = bool(torch.cuda.is_available())
    if asked == "auto":
        return "cuda" if has_gpu else "cpu"
    if asked.split(":")[0] == "cuda" and not has_gpu:
        raise UsageError("there is no GPU that PyTorch can use", hint="--device cpu")
    if asked.split(":")[0] not in ("cpu", "cuda"):
        raise UsageError(f"unknown device {asked!r}", hint="auto, cpu, cuda or cuda:N")
    return asked


def _free(device: str, torch: Any) -> int | None:
    return free_memory() if device == "cpu" else int(torch.cuda.mem_get_info(device)[0])


def _quantised(bits: int, device: str, torch: Any) -> dict[str, Any]:
    if bits not in (4, 8):
        raise UsageError(f"weights can be held in 8 or 4 bits, not in {bits}")
    if device == "cpu":
        raise UsageError(
            f"{bits}-bit weights need a GPU", hint="on a CPU use a .gguf file with llama.cpp"
        )
    if importlib.util.find_spec("bitsandbytes") is None:
        raise MissingDependency("bitsandbytes", how="pip install bitsandbytes")
    half = torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16
    kinds = {
        8: {"load_in_8bit": True},
        4: {
            "load_in_4bit": True,
            "bnb_4bit_quant_type": "nf4",
            "bnb_4bit_compute_dtype": half,
        },
    }
    config = _transformers().BitsAndBytesConfig(**kinds[bits])
    return {"quantization_config": config, "dtype": half, "device_map": {"": device}}


def fetch(hub: str, *, allow_pickle: bool = False, allow_code: bool = False) -> Path:
    """A hub model's folder in the local store, fetched where it is not there yet."""
    try:
        import huggingface_hub
        from huggingface_hub import errors
    except ImportError as error:
        raise MissingDependency("huggingface_hub", how=HOW) from error
    patterns = [*_FILES, *(["*.bin"] if allow_pickle else []), *(["*.py"] if allow_code else [])]
    try:
        return Path(huggingface_hub.snapshot_download(hub, allow_patterns=patterns))
    except errors.GatedRepoError as error:
        raise InputError(
            "is gated: its owner gives access on request",
            path=hub,
            hint="ask for access on its page, then log in: hf auth login",
        ) from error
    except (errors.RepositoryNotFoundError, errors.HFValidationError) as error:
        raise InputError("no such folder here and no such model on the hub", path=hub) from error
    except errors.LocalEntryNotFoundError as error:
        raise InputError(
            "is not stored here, and the hub cannot be reached",
            path=hub,
            hint="check the network, or name a folder",
        ) from error
    except (errors.HfHubHTTPError, OSError) as error:
        raise InputError(f"cannot be fetched: {first_line(error)}", path=hub) from error


def _torch() -> Any:
    try:
        import torch
    except ImportError as error:
        raise MissingDependency("torch", how=HOW) from error
    return torch


def _transformers() -> Any:
    try:
        import transformers
    except ImportError as error:
        raise MissingDependency("transformers", how=HOW) from error
    return transformers


@contextlib.contextmanager
def _said_once(name: str) -> Iterator[None]:
    """What goes wrong inside the libraries, as one line about the model."""
    try:
        yield
    except ChatMusicianError:
        raise
    except ImportError as error:
        raise MissingDependency(first_line(error), how=HOW) from error
    except Exception as error:
        raise InputError(f"cannot be loaded: {first_line(error)}", path=name) from error


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """transformers' progress bars and advice are not ours to give."""
    from transformers.utils import logging as theirs

    level = theirs.get_verbosity()
    theirs.set_verbosity(logging.CRITICAL)
    theirs.disable_progress_bar()
    try:
        with contextlib.redirect_stderr(io.StringIO()):
            yield
    finally:
        theirs.set_verbosity(level)
        theirs.enable_progress_bar()
