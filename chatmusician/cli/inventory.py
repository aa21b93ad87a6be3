"""What chatmusician can use, whether it is here, what it adds and how to get it.

Nothing is imported or run to find out.
"""

from __future__ import annotations

import importlib.metadata
from dataclasses import dataclass
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

import chatmusician
from chatmusician.programs import PROGRAMS, Program, find_program

__all__ = [
    "PACKAGES",
    "PROGRAMS",
    "Package",
    "Program",
    "compiled_modules",
    "find_program",
    "package_version",
]


@dataclass(frozen=True)
class Package:
    name: str
    adds: str
    get: str


def _extra(name: str) -> str:
    return f'pip install ".[{name}]"'


def _no_deps(requirement: str) -> str:
    return f"pip install --no-deps {requirement}"


PACKAGES = (
    Package("music21", "MusicXML, key and chord analysis", _extra("scores")),
    Package("verovio", "scores as SVG", _extra("scores")),
    Package("cairosvg", "pictures and PDF from SVG", _extra("scores")),
    Package("resvg-py", "pictures from SVG", _extra("scores")),
    Package("brotli", "the fonts of scores", _extra("scores")),
    Package("fonttools", "the fonts of scores", _extra("scores")),
    Package("matplotlib", "piano rolls and other plots", _extra("scores")),
    Package("pypdf", "booklets", _extra("scores")),
    Package("symusic", "fast MIDI, and its own abc2midi", _extra("scores")),
    Package("pretty_midi", "MIDI, and the sound font", _extra("audio")),
    Package("torch", "models and training", _extra("train")),
    Package("transformers", "language models", _extra("train")),
    Package("peft", "LoRA adapters", _extra("train")),
    Package("accelerate", "training on several devices", _extra("train")),
    Package("deepspeed", "training of large models", _extra("train")),
    Package("datasets", "training and benchmark data", _extra("train")),
    Package("datatrove", "corpus pipelines", _extra("train")),
    Package("pyarrow", "parquet files", _extra("train")),
    Package("tokenizers", "tokenizers of one's own", _extra("train")),
    Package("tensorboard", "curves of a training run", _extra("train")),
    Package("ninja", "building DeepSpeed's parts", _extra("train")),
    Package("safetensors", "model weights", _extra("train")),
    Package("sentencepiece", "Llama tokenizers", _extra("train")),
    Package("gguf", "model files in GGUF form", _extra("train")),
    Package("llama-cpp-python", "quick GGUF models on the CPU", _extra("gguf")),
    Package("PyYAML", "recipes and benchmark tasks", _extra("train")),
    Package("numpy", "numbers", _extra("audio")),
    Package("scipy", "signals and statistics", _extra("audio")),
    Package("scikit-learn", "measuring", _extra("eval")),
    Package("mir_eval", "measuring transcriptions", _extra("eval")),
    Package("nltk", "METEOR, for answers in words", _extra("eval")),
    Package("rouge-score", "ROUGE, for answers in words", _extra("eval")),
    Package("sacrebleu", "BLEU, for answers in words", _extra("eval")),
    Package("librosa", "reading and analysing audio", _extra("audio")),
    Package("soundfile", "reading and writing sound files", _extra("audio")),
    Package("resampy", "resampling audio", _extra("audio")),
    Package("soxr", "resampling sound for engines", _extra("audio")),
    Package("swift-f0", "the pitch of a voice", _extra("audio")),
    Package("onnxruntime", "running the transcription model", _extra("audio")),
    Package("basic-pitch", "notes from audio", _no_deps("basic-pitch==0.4.0")),
    Package("transkun", "piano from audio, more exactly", _no_deps("transkun==2.0.1")),
    Package("beat-this", "beats in audio", "pip install beat-this torchaudio"),
    Package("tinysoundfont", "sound from MIDI", _no_deps("tinysoundfont==0.3.7")),
    Package("gradio", "the web page", _extra("demo")),
)


def package_version(package: Package) -> str | None:
    try:
        return importlib.metadata.version(package.name)
    except importlib.metadata.PackageNotFoundError:
        return None


def compiled_modules() -> list[str]:
    """The modules that run compiled, such as `abc.reader` and `model.decoding.music`."""
    folder = Path(chatmusician.__path__[0])
    return sorted(
        ".".join(module.relative_to(folder).with_suffix("").parts)
        for module in folder.rglob("*.py")
        if any(module.with_suffix(suffix).is_file() for suffix in EXTENSION_SUFFIXES)
    )
