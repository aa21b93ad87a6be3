"""Instruction rows from tune collections: `corpus tasks`."""

from __future__ import annotations

from chatmusician.train.tasks.build import Built, build_rows
from chatmusician.train.tasks.piece import Piece, Refused, prepare
from chatmusician.train.tasks.rows import Row, row
from chatmusician.train.tasks.table import TASKS

__all__ = ["TASKS", "Built", "Piece", "Refused", "Row", "build_rows", "prepare", "row"]
