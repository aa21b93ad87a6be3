"""The corpus recipe: a YAML file as typed data, with wrong or contradictory fields refused."""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Union, get_args, get_origin, get_type_hints

from chatmusician.errors import InputError, MissingDependency, UsageError

NOTATION = ("abc", "mid", "musicxml", "mxl", "krn")
TABLES = ("jsonl", "csv", "tsv", "parquet")
FORMATS = (*NOTATION, *TABLES, "text", "tokens", "steps", "hub")
CHATS = ("openchat", "dolly", "alpaca", "gsm8k")
HOLDS = ("abc", "text", *CHATS)
CHECKS = ("errors", "warnings", "none")


@dataclass(frozen=True)
class Source:
    """A collection: where its files are (`path` or `hub`), how to read them, how much of it.

    `match` picks files inside a folder or archive. `format` is told by the files' names where
    it is not given. `column` holds the text of a table's rows; `fields` (letter: column) and
    `header` (letter: value) give an ABC body without a header its fields. `check` is that of
    `cleaning`, for this source.
    """

    name: str
    licence: str
    origin: str
    path: str = ""
    hub: str = ""
    config: str = ""
    split: str = "train"
    match: str = "*"
    format: str = ""
    holds: str = ""
    column: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    header: dict[str, str] = field(default_factory=dict)
    separator: str = "blank line"
    encoding: str = "utf-8"
    step: str = "1/16"
    check: str = ""
    weight: float = 1.0
    transpose: bool = False
    limit: int = 0
    parts: int = 0


@dataclass(frozen=True)
class Cleaning:
    """What a tune or text must be: `check` tells which findings cost a tune its place.

    `max_off_grid` is the share of a MIDI file's notes that may begin or end off the grid of
    sixteenths and triplets; more of them make it a performance.
    """

    check: str = "errors"
    min_notes: int = 8
    max_characters: int = 100_000
    min_characters: int = 20
    max_file_megabytes: int = 64
    max_off_grid: float = 0.15


@dataclass(frozen=True)
class Duplicates:
    """`near` is the share of common melody pieces from which two tunes are one; 0: exact only."""

    exact: bool = True
    near: float = 0.8
    notes: int = 6
    words: int = 5


@dataclass(frozen=True)
class Slurm:
    partition: str = ""
    time: str = "02:00:00"
    memory_gb: int = 4
    qos: str = "normal"
    environment: str = ""


@dataclass(frozen=True)
class Recipe:
    """A corpus. `mix`: `weight` times each row, or shares of the characters in that ratio.

    `hold_out` is the share of tune families, and of texts, that is written apart.
    """

    sources: tuple[Source, ...]
    tests: tuple[Source, ...] = ()
    contained: float = 0.5
    cleaning: Cleaning = field(default_factory=Cleaning)
    duplicates: Duplicates = field(default_factory=Duplicates)
    mix: str = "repeat"
    hold_out: float = 0.0
    seed: int = 0
    shards: int = 1
    tokenizer: str = ""
    slurm: Slurm = field(default_factory=Slurm)

    @property
    def all_sources(self) -> tuple[Source, ...]:
        return (*self.sources, *self.tests)


def load_recipe(path: str, overrides: Mapping[str, Any] | None = None) -> Recipe:
    """The recipe of a YAML file; `overrides` replace its top fields."""
    try:
        import yaml
    except ImportError as error:
        raise MissingDependency("PyYAML", how='pip install ".[train]"') from error
    try:
        found = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise InputError("no such file", path=path) from error
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise InputError(" ".join(str(error).split()), path=path) from error
    if not isinstance(found, dict):
        raise InputError("is not a recipe: it has no fields", path=path)
    recipe: Recipe = _made(Recipe, {**found, **(overrides or {})}, path)
    _check(recipe)
    return recipe


def as_data(recipe: Recipe) -> dict[str, Any]:
    return dataclasses.asdict(recipe)


def from_data(data: dict[str, Any]) -> Recipe:
    recipe: Recipe = _made(Recipe, data, "recipe")
    return recipe


def _made(kind: Any, data: object, place: str) -> Any:
    """A dataclass from plain data, with every field's name and type looked at."""
    if not isinstance(data, dict):
        raise UsageError(f"{place}: {data!r} is no list of fields", hint=_known(kind))
    known = {f.name: f for f in dataclasses.fields(kind)}
    unknown = [str(name) for name in data if name not in known]
    if unknown:
        raise UsageError(f"{place}: unknown field {', '.join(unknown)}", hint=_known(kind))
    missing = [
        name
        for name, f in known.items()
        if name not in data
        and f.default is dataclasses.MISSING
        and f.default_factory is dataclasses.MISSING
    ]
    if missing:
        raise UsageError(f"{place}: field {', '.join(missing)} is missing", hint=_known(kind))
    hints = get_type_hints(kind)
    values = {n: _value(hints[n], v, f"{place}: {n}") for n, v in data.items()}
    return kind(**values)


def _known(kind: Any) -> str:
    return "known fields: " + ", ".join(f.name for f in dataclasses.fields(kind))


def _value(hint: Any, value: Any, place: str) -> Any:
    if dataclasses.is_dataclass(hint):
        return _made(hint, value, place)
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        return _value(get_args(hint)[0], value, place)
    if origin is tuple:
        if not isinstance(value, (list, tuple)):
            raise UsageError(f"{place} must be a list, not {value!r}")
        return tuple(_value(get_args(hint)[0], v, f"{place}[{i}]") for i, v in enumerate(value))
    if origin is dict:
        if not isinstance(value, dict):
            raise UsageError(f"{place} must be pairs of name and value, not {value!r}")
        return {str(k): str(v) for k, v in value.items()}
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, hint) or (isinstance(value, bool) and hint is not bool):
        raise UsageError(f"{place} must be {hint.__name__}, not {value!r}")
    return value


def _check(recipe: Recipe) -> None:
    if not recipe.sources:
        raise UsageError("sources: the recipe has none")
    names = [source.name for source in recipe.all_sources]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise UsageError(f"sources, tests: the name {', '.join(twice)} is there twice")
    _one_of("mix", recipe.mix, ("repeat", "share"))
    _one_of("cleaning: check", recipe.cleaning.check, CHECKS)
    for name, share in (
        ("contained", recipe.contained),
        ("near", recipe.duplicates.near),
        ("max_off_grid", recipe.cleaning.max_off_grid),
    ):
        if not 0 <= share <= 1:
            raise UsageError(f"{name} must be from 0 to 1, not {share}")
    if not 0 <= recipe.hold_out < 1:
        raise UsageError(f"hold_out must be from 0 up to 1, not {recipe.hold_out}")
    if recipe.duplicates.near and not recipe.duplicates.exact:
        raise UsageError("duplicates: near is set but exact is off", hint="set near: 0 as well")
    if recipe.cleaning.min_characters > recipe.cleaning.max_characters:
        raise UsageError("cleaning: min_characters is above max_characters")
    for name, number in (
        ("shards", recipe.shards),
        ("notes", recipe.duplicates.notes),
        ("words", recipe.duplicates.words),
    ):
        if number < 1:
            raise UsageError(f"{name} must be at least 1, not {number}")
    for source in recipe.all_sources:
        _check_source(source)


def _one_of(name: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise UsageError(f"{name}: unknown {value!r}", hint=f"known: {', '.join(known)}")


def _check_source(source: Source) -> None:
    at = f"source {source.name}"
    if bool(source.path) == bool(source.hub):
        both = "path and hub are both set" if source.path else "path or hub must be set"
        raise UsageError(f"{at}: {both}")
    if source.hub and source.format not in ("", "hub"):
        raise UsageError(f"{at}: hub and format: {source.format} contradict each other")
    if source.format == "hub" and not source.hub:
        raise UsageError(f"{at}: format: hub needs hub, not path")
    if source.format:
        _one_of(f"{at}: format", source.format, FORMATS)
    if source.holds:
        _one_of(f"{at}: holds", source.holds, HOLDS)
    if source.holds in CHATS and source.column:
        raise UsageError(f"{at}: holds: {source.holds} and column contradict each other")
    if source.format in (*NOTATION, "tokens", "steps") and source.holds not in ("", "abc"):
        raise UsageError(f"{at}: format: {source.format} and holds: {source.holds} contradict")
    if source.transpose and source.holds not in ("", "abc"):
        raise UsageError(f"{at}: transpose and holds: {source.holds} contradict: no notes to move")
    if source.check:
        _one_of(f"{at}: check", source.check, CHECKS)
    if source.weight < 0:
        raise UsageError(f"{at}: weight is below 0")
    _one_of(f"{at}: separator", source.separator, ("blank line", "line"))
