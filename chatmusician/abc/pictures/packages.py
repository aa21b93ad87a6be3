"""Optional packages: found without importing them, or a clear word on how to get them."""

from __future__ import annotations

import importlib
import importlib.util
from typing import Any

from chatmusician.errors import MissingDependency

_HOW = 'pip install ".[scores]"'


def package_folder(name: str) -> str:
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise MissingDependency(name, how=_HOW)
    return str(spec.submodule_search_locations[0])


def load(name: str) -> Any:
    """The module; OSError is a system library that is not there, such as cairo."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise MissingDependency(name, how=_HOW) from error
    except OSError as error:
        if name != "cairosvg":
            raise
        raise MissingDependency(
            "the cairo library", how="Debian: apt-get install libcairo2"
        ) from error
