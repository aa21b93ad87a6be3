"""The engines that hear notes in sound: a new one is a row here and a module with ``hear``."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol, cast

from chatmusician.errors import MissingDependency, UsageError
from chatmusician.transcription.audio import INSTALL, open_recording
from chatmusician.transcription.notes import Performance

if TYPE_CHECKING:
    from chatmusician.transcription.audio import Recording

Watch = Callable[[float, float], None]
"""Called with the seconds heard so far, and the seconds there are (0 where not known)."""


class EngineModule(Protocol):
    def hear(self, recording: Recording, watch: Watch) -> Performance: ...


@dataclass(frozen=True)
class Engine:
    """``needs`` are the packages it uses, by the names they are imported by; ``module`` is
    imported only when it is used."""

    name: str
    about: str
    needs: tuple[str, ...]
    module: str

    def hear(self, recording: Recording, watch: Watch) -> Performance:
        for package in self.needs:
            if importlib.util.find_spec(package) is None:
                name = package.replace("_", "-")
                raise MissingDependency(name, how=_GET.get(name, INSTALL))
        module = cast(EngineModule, importlib.import_module(self.module))
        return module.hear(recording, watch)


_HERE = "chatmusician.transcription"
_GET = {
    "basic-pitch": "pip install --no-deps basic-pitch==0.4.0",
    "transkun": "pip install --no-deps transkun==2.0.1",
    "torch": 'pip install ".[model]"',
    "pretty-midi": "pip install pretty_midi",
    "mir-eval": "pip install mir_eval",
}
ENGINES = (
    Engine(
        "basic-pitch",
        "any instruments, several notes at once",
        ("numpy", "onnxruntime", "basic_pitch", "soundfile", "soxr"),
        f"{_HERE}.by_basic_pitch",
    ),
    Engine(
        "swift-f0",
        "one voice: singing, humming, whistling, one melody instrument",
        ("numpy", "onnxruntime", "swift_f0", "soundfile", "soxr"),
        f"{_HERE}.by_swift_f0",
    ),
    Engine(
        "transkun",
        "piano alone, with a larger network",
        ("numpy", "torch", "transkun", "pretty_midi", "mir_eval", "soundfile", "soxr"),
        f"{_HERE}.by_transkun",
    ),
)
BY_NAME = {engine.name: engine for engine in ENGINES}
FOR_ALL, FOR_VOICE = "basic-pitch", "swift-f0"


def find_engine(name: str | None, *, voice: bool = False) -> Engine:
    """The engine of that name, or the one for what is to be heard."""
    chosen = name or (FOR_VOICE if voice else FOR_ALL)
    if chosen not in BY_NAME:
        known = ", ".join(BY_NAME)
        raise UsageError(f"there is no engine {chosen!r}", hint=f"one of {known}")
    if voice and chosen != FOR_VOICE:
        raise UsageError(f"a single voice is heard by {FOR_VOICE}, not by {chosen}")
    return BY_NAME[chosen]


def hear(
    path: str, engine: Engine, watch: Watch | None = None, data: bytes | None = None
) -> Performance:
    """The notes in a sound file, or in ``data`` read from it.

    A file without any is an answer too: no notes, and why.
    """
    with open_recording(path, data) as recording:
        performance = engine.hear(recording, watch or (lambda done, total: None))
        remarks = [*recording.remarks, *performance.remarks]
        if recording.silent:
            remarks.append("it is silent")
            performance = replace(performance, notes=())
    return replace(performance, remarks=tuple(remarks))
