"""Model names: what a name stands for, told without loading anything."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import chatmusician
from chatmusician.errors import InputError, MissingDependency, UsageError

BUNDLED = Path(chatmusician.__path__[0], "resources", "model")
_SERVER = "openai:"
_HUB_ID = re.compile(r"[\w.-]{1,96}/[\w.-]{1,96}|[\w-][\w.-]{0,95}")
_PICKLED = (".bin", ".pt", ".pth", ".ckpt")


@dataclass(frozen=True)
class Folder:
    """A model folder in the transformers form; `bundled` is the one that comes with us."""

    path: Path
    bundled: bool = False

    @property
    def name(self) -> str:
        return "the bundled model" if self.bundled else str(self.path)


@dataclass(frozen=True)
class HubId:
    name: str


@dataclass(frozen=True)
class GgufFile:
    path: Path

    @property
    def name(self) -> str:
        return str(self.path)


@dataclass(frozen=True)
class Server:
    """`url` ends before `/completions`; `model` is the name the server knows it by."""

    url: str
    model: str

    @property
    def name(self) -> str:
        return f"{_SERVER}{self.url}#{self.model}"


ModelName = Folder | HubId | GgufFile | Server


def parse_model_name(name: str = "") -> ModelName:
    """Nothing: the bundled model; else a folder, a hub id, a .gguf file or `openai:URL#NAME`."""
    name = name.strip()
    if not name:
        return _bundled()
    if name.startswith(_SERVER):
        return _server(name)
    path = Path(name).expanduser()
    if name.lower().endswith(".gguf"):
        if not path.is_file():
            raise InputError("no such file", path=name)
        return GgufFile(path)
    if path.is_dir():
        return Folder(path)
    if path.is_file():
        what = "a pickled checkpoint" if name.endswith(_PICKLED) else "a file, but not .gguf"
        raise InputError(f"is {what}", path=name, hint="name the folder that holds the model")
    if _HUB_ID.fullmatch(name) and ".." not in name:
        return HubId(name)
    raise InputError(
        "no such folder, and no name on the hub (owner/name)",
        path=name,
        hint="a folder, a hub id, a .gguf file, openai:URL#NAME, or nothing for the bundled model",
    )


def bundled_folder() -> Path | None:
    """Where the bundled model is, if it is there."""
    return BUNDLED if (BUNDLED / "config.json").is_file() else None


def _bundled() -> Folder:
    if bundled_folder() is None:
        raise MissingDependency(
            "the bundled model (resources/model/)",
            how="install chatmusician again, or name a model: -m FOLDER, -m HUB-ID, -m FILE.gguf",
        )
    return Folder(BUNDLED, bundled=True)


def _server(name: str) -> Server:
    url, _, model = name.removeprefix(_SERVER).partition("#")
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        host = None
    if not host or parts.scheme not in ("http", "https") or not model:
        raise UsageError(
            f"no server by the name {name!r}",
            hint="openai:http://HOST:PORT/v1#MODEL; the key from the environment: OPENAI_API_KEY",
        )
    if parts.username or parts.password:
        raise UsageError(
            "a server's address must not hold a password",
            hint="put the key into the environment: OPENAI_API_KEY",
        )
    return Server(
        url.rstrip("/").removesuffix("/chat/completions").removesuffix("/completions"), model
    )
