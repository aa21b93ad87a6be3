"""Training configs from YAML and `section.field=value`, every value checked against its type."""

from __future__ import annotations

import dataclasses
import difflib
import typing
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import chatmusician
from chatmusician.errors import InputError, MissingDependency, UsageError
from chatmusician.files import read_text_bytes
from chatmusician.train.config import Config, check

HOW = 'pip install ".[train]"'
_Section = TypeVar("_Section")


def recipes() -> dict[str, Path]:
    """The recipes that come with the package, by name."""
    folder = Path(chatmusician.__path__[0], "resources", "recipes", "train")
    return {file.stem: file for file in sorted(folder.glob("*.yaml"))}


def load(recipe: str, overrides: Sequence[str] = ()) -> Config:
    """A recipe's name or a YAML file, with overrides, checked for contradictions."""
    values = _read(recipe)
    for override in overrides:
        _set(values, override)
    return check(from_mapping(values, recipe))


def from_mapping(values: Mapping[str, Any], source: str = "config") -> Config:
    return _build(Config, values, source, "")


def as_mapping(config: Config) -> dict[str, Any]:
    return dataclasses.asdict(config)


def _read(recipe: str) -> dict[str, Any]:
    shipped = recipes()
    if recipe in shipped:
        text = shipped[recipe].read_text(encoding="utf-8")
    elif Path(recipe).suffix in (".yaml", ".yml", ".json") or Path(recipe).exists():
        text = read_text_bytes(recipe).decode("utf-8", "replace")
    else:
        known = ", ".join(shipped)
        raise UsageError(f"no recipe and no file {recipe!r}", hint=f"recipes: {known}")
    values = parse_yaml(text, recipe)
    if not isinstance(values, dict):
        raise InputError("is not a mapping of sections", path=recipe)
    return values


def parse_yaml(text: str, source: str) -> Any:
    try:
        import yaml
    except ImportError as error:
        raise MissingDependency("PyYAML", how=HOW) from error
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise InputError(f"not YAML: {' '.join(str(error).split())}", path=source) from error


def _set(values: dict[str, Any], override: str) -> None:
    name, equals, text = override.partition("=")
    if not equals or not name:
        raise UsageError(f"{override!r} is not section.field=value")
    *sections, field = name.split(".")
    for section in sections:
        inner = values.setdefault(section, {})
        if not isinstance(inner, dict):
            raise UsageError(f"{name}: {section} is a value, not a section")
        values = inner
    values[field] = parse_yaml(text, override)


def _build(kind: type[_Section], values: Any, source: str, at: str) -> _Section:
    if values is None:
        values = {}
    if not isinstance(values, Mapping):
        raise UsageError(f"{source}: {at.rstrip('.')} is a section, and {values!r} is a value")
    hints = typing.get_type_hints(kind)
    made = {}
    for name, value in values.items():
        if name not in hints:
            close = difflib.get_close_matches(str(name), hints, 1)
            hint = f"did you mean {at}{close[0]}?" if close else f"known: {', '.join(hints)}"
            raise UsageError(f"{source}: there is no field {at}{name}", hint=hint)
        made[name] = _value(hints[name], value, source, f"{at}{name}")
    return kind(**made)


def _value(kind: Any, value: Any, source: str, name: str) -> Any:
    if dataclasses.is_dataclass(kind):
        return _build(typing.cast("type[Any]", kind), value, source, f"{name}.")
    if typing.get_origin(kind) is tuple:
        if isinstance(value, str):
            value = [part.strip() for part in value.split(",")]
        if isinstance(value, list) and all(isinstance(part, str) for part in value):
            return tuple(value)
        raise _wrong(source, name, value, "a list of names")
    if kind is float and not isinstance(value, bool):
        try:
            return float(value)  # YAML reads 1e-4 as text
        except (TypeError, ValueError):
            raise _wrong(source, name, value, "a number") from None
    if kind is str and value is None:
        return ""
    if type(value) is not kind:
        words = {int: "a whole number", bool: "true or false", str: "text", float: "a number"}
        raise _wrong(source, name, value, words[kind])
    return value


def _wrong(source: str, name: str, value: object, wanted: str) -> UsageError:
    return UsageError(f"{source}: {name} must be {wanted}, and is {value!r}")
