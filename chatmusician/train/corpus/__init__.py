"""Pre-training text from tune collections and text sets: one recipe, one folder of parquet."""

from __future__ import annotations

from chatmusician.train.corpus.recipe import Recipe, Source, load_recipe
from chatmusician.train.corpus.run import Built, build

__all__ = ["Built", "Recipe", "Source", "build", "load_recipe"]
