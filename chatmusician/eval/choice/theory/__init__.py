"""Generated music theory questions: every answer computed, every seed a new test."""

from __future__ import annotations

from chatmusician.eval.choice.theory.build import TEST, TRAIN, VERSION, make_questions, shots

__all__ = ["TEST", "TRAIN", "VERSION", "make_questions", "shots"]
