"""What sets state of their sounds, read from the files that lie beside them.

| set | sounds | stated in |
|---|---|---|
| GiantSteps key, tempo | ``NAME.mp3`` | ``NAME.key`` (``D minor``), ``NAME.bpm`` |
| GTZAN | ``blues.00000.wav`` or ``.au`` | ``blues.00000.lerch.txt`` (a key's number), \
``gtzan_blues_00000.bpm``, ``gtzan_blues_00000.beats``; the genre is in the name |
| MedleyDB | ``NAME_MIX.wav`` | ``NAME_METADATA.yaml`` (genre, the instruments of stems) |

They are told by these names, wherever below a folder the files lie, so that any set in one of
the shapes is read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from chatmusician.errors import InputError, MissingDependency
from chatmusician.music.pitch import FLAT_NAMES

SOUNDS = frozenset((".wav", ".mp3", ".flac", ".ogg", ".m4a", ".au"))
GENRES = (
    "blues", "classical", "country", "disco", "hiphop", "jazz", "metal", "pop", "reggae", "rock",
)  # fmt: skip
_GTZAN = re.compile(rf"(?:gtzan_)?({'|'.join(GENRES)})[._](\d{{5}})$")
# The keys of alexanderlerch/gtzan_key, from A on: major, then minor; -1 names none.
_FROM_A = (*FLAT_NAMES[9:], *FLAT_NAMES[:9])
_FLATS = {"C#": "Db", "D#": "Eb", "F#": "Gb", "G#": "Ab", "A#": "Bb", "Cb": "B", "E#": "F"}
_NO_INSTRUMENT = frozenset(("Main System", "Unlabeled", ""))


@dataclass(frozen=True)
class Stated:
    """``beats`` are (seconds, number in the bar; 0 where the set does not say)."""

    sound: Path
    key: str = ""
    tempo: float = 0.0
    beats: tuple[tuple[float, int], ...] = ()
    genre: str = ""
    instruments: tuple[str, ...] = field(default=())


def stated(folder: str) -> dict[str, Stated]:
    """What is stated of each sound below a folder, by the sound's name."""
    sounds: dict[str, Path] = {}
    said: dict[str, dict[str, Any]] = {}
    for path in sorted(Path(folder).rglob("*")):
        name = _name(path)
        if path.suffix.lower() in SOUNDS:
            sounds[name] = path
        elif (read := _READERS.get(_kind(path))) is not None:
            said.setdefault(name, {}).update(read(path))
    found = {}
    for name, path in sorted(sounds.items()):
        one = Stated(path, **said.get(name, {}))
        if genre := _GTZAN.match(name):
            one = replace(one, genre=genre[1])
        if one != Stated(path):
            found[name] = one
    if not found:
        hint = "a .key, .bpm or .beats file of its name, GTZAN's, or MedleyDB's metadata"
        raise InputError("no sound of which anything is stated", path=folder, hint=hint)
    return found


def _name(path: Path) -> str:
    stem = path.stem.removesuffix(".lerch").removesuffix("_MIX").removesuffix("_METADATA")
    gtzan = _GTZAN.match(stem)
    return f"{gtzan[1]}.{gtzan[2]}" if gtzan else stem


def _kind(path: Path) -> str:
    if path.name.endswith(".lerch.txt"):
        return ".lerch"
    if path.name.endswith("_METADATA.yaml"):
        return "metadata"
    return path.suffix


def key_name(text: str) -> str:
    """A key as mir_eval writes it (``Db major``), nothing where the text names none. Modes
    count as the nearer of major and minor."""
    words = text.replace("\t", " ").replace("♯", "#").replace("♭", "b").split()
    if len(words) < 2 or words[0][:1].upper() not in tuple("ABCDEFG"):
        return ""
    tonic = words[0][0].upper() + words[0][1:2].replace("s", "#")
    minor = words[1].lower() in ("minor", "min", "m", "dorian", "aeolian", "phrygian")
    major = words[1].lower() in ("major", "maj", "mixolydian", "lydian", "ionian")
    if not (minor or major):
        return ""
    return f"{_FLATS.get(tonic, tonic)} {'minor' if minor else 'major'}"


def _key(path: Path) -> dict[str, Any]:
    return {"key": key_name(path.read_text(errors="replace"))}


def _numbered_key(path: Path) -> dict[str, Any]:
    try:
        number = int(path.read_text(errors="replace").split()[0])
    except (ValueError, IndexError):
        raise InputError("holds no number of a key", path=str(path)) from None
    if not 0 <= number < 24:
        return {}
    return {"key": f"{_FROM_A[number % 12]} {'major' if number < 12 else 'minor'}"}


def _tempo(path: Path) -> dict[str, Any]:
    try:
        return {"tempo": float(path.read_text(errors="replace").split()[0])}
    except (ValueError, IndexError):
        raise InputError("holds no tempo", path=str(path)) from None


def _beats(path: Path) -> dict[str, Any]:
    """A beat a line: its time, and where the set says it the number in its bar."""
    found = []
    for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
        words = line.split()
        if not words:
            continue
        try:
            place = round(float(words[1])) if len(words) > 1 else 0
            found.append((float(words[0]), place))
        except ValueError:
            raise InputError(f"line {number} is no beat", path=str(path)) from None
    return {"beats": tuple(sorted(found))}


def _metadata(path: Path) -> dict[str, Any]:
    try:
        import yaml
    except ImportError as error:
        raise MissingDependency("PyYAML", how='pip install ".[train]"') from error
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8", errors="replace"))
        stems = (data.get("stems") or {}).values()
        names = [one for stem in stems for one in _several(stem.get("instrument"))]
    except (yaml.YAMLError, AttributeError) as error:
        raise InputError("is no MedleyDB metadata", path=str(path)) from error
    known = tuple(sorted({name for name in names if name not in _NO_INSTRUMENT}))
    return {"genre": str(data.get("genre") or ""), "instruments": known}


def _several(names: Any) -> list[str]:
    """A stem has an instrument, or a list of them."""
    return [str(name) for name in names] if isinstance(names, list) else [str(names or "")]


_READERS = {
    ".key": _key,
    ".bpm": _tempo,
    ".beats": _beats,
    ".lerch": _numbered_key,
    "metadata": _metadata,
}
