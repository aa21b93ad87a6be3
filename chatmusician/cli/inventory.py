"""What chatmusician can use, whether it is here, what it adds and how to get it.

Nothing is imported or run to find out.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import shlex
import shutil
import sysconfig
from dataclasses import dataclass
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

import chatmusician


@dataclass(frozen=True)
class Program:
    name: str
    commands: tuple[str, ...]
    adds: str
    get: str


@dataclass(frozen=True)
class Package:
    name: str
    adds: str
    get: str


def _debian(package: str) -> str:
    return f"Debian: apt-get install {package}"


def _extra(name: str) -> str:
    return f'pip install ".[{name}]"'


def _no_deps(requirement: str) -> str:
    return f"pip install --no-deps {requirement}"


PROGRAMS = (
    Program("abc2midi", ("abc2midi",), "MIDI from ABC by another reader", _debian("abcmidi")),
    Program("abcm2ps", ("abcm2ps",), "scores drawn from ABC", _debian("abcm2ps")),
    Program(
        "musescore",
        ("musescore3", "mscore3", "mscore", "musescore", "mscore4portable"),
        "PDF, PNG and MP3 from MusicXML",
        _debian("musescore3"),
    ),
    Program("fluidsynth", ("fluidsynth",), "sound from MIDI", _debian("fluidsynth")),
    Program("ffmpeg", ("ffmpeg",), "reading and writing MP3 and other sound", _debian("ffmpeg")),
    Program("c-compiler", ("cc", "gcc", "clang"), "the compiled core", _debian("gcc python3-dev")),
)

PACKAGES = (
    Package("music21", "MusicXML, key and chord analysis", _extra("scores")),
    Package("verovio", "scores as SVG", _extra("scores")),
    Package("cairosvg", "pictures and PDF from SVG", _extra("scores")),
    Package("resvg-py", "pictures from SVG", _extra("scores")),
    Package("symusic", "fast MIDI, and its own abc2midi", _extra("scores")),
    Package("pretty_midi", "MIDI, and the sound font", _extra("audio")),
    Package("torch", "models and training", _extra("train")),
    Package("transformers", "language models", _extra("train")),
    Package("peft", "LoRA adapters", _extra("train")),
    Package("accelerate", "training on several devices", _extra("train")),
    Package("deepspeed", "training of large models", _extra("train")),
    Package("datasets", "training and benchmark data", _extra("train")),
    Package("safetensors", "model weights", _extra("train")),
    Package("sentencepiece", "Llama tokenizers", _extra("train")),
    Package("gguf", "model files in GGUF form", _extra("train")),
    Package("llama-cpp-python", "quick GGUF models on the CPU", _extra("gguf")),
    Package("PyYAML", "recipes and benchmark tasks", _extra("train")),
    Package("numpy", "numbers", _extra("audio")),
    Package("scipy", "signals and statistics", _extra("audio")),
    Package("scikit-learn", "measuring", _extra("eval")),
    Package("mir_eval", "measuring transcriptions", _extra("eval")),
    Package("librosa", "reading and analysing audio", _extra("audio")),
    Package("soundfile", "reading and writing sound files", _extra("audio")),
    Package("resampy", "resampling audio", _extra("audio")),
    Package("onnxruntime", "running the transcription model", _extra("audio")),
    Package("basic-pitch", "notes from audio", _no_deps("basic-pitch==0.4.0")),
    Package("tinysoundfont", "sound from MIDI", _no_deps("tinysoundfont==0.3.7")),
    Package("gradio", "the web page", _extra("demo")),
)


def find_program(program: Program) -> str | None:
    for command in _commands(program):
        path = shutil.which(command)
        if path:
            return path
    return _inside_symusic(program.commands)


def _commands(program: Program) -> tuple[str, ...]:
    if program.name != "c-compiler":
        return program.commands
    configured = os.environ.get("CC") or sysconfig.get_config_var("CC") or ""
    return (*shlex.split(configured)[:1], *program.commands)


def _inside_symusic(commands: tuple[str, ...]) -> str | None:
    spec = importlib.util.find_spec("symusic")
    for folder in (spec and spec.submodule_search_locations) or ():
        for command in commands:
            path = shutil.which(command, path=str(Path(folder, "bin")))
            if path:
                return path
    return None


def package_version(package: Package) -> str | None:
    try:
        return importlib.metadata.version(package.name)
    except importlib.metadata.PackageNotFoundError:
        return None


def compiled_modules() -> list[str]:
    """The ABC modules that run compiled."""
    folder = Path(chatmusician.__path__[0], "abc")
    names = {
        file.name.removesuffix(suffix)
        for suffix in EXTENSION_SUFFIXES
        for file in folder.glob(f"*{suffix}")
    }
    return sorted(name for name in names if (folder / f"{name}.py").is_file())
