"""From what a model said to a tune: found in the text, mended where there is one right way."""

from __future__ import annotations

from dataclasses import dataclass

from chatmusician import abc as notation
from chatmusician.abc import Diagnostic, Tune


@dataclass(frozen=True)
class Answer:
    """``text`` is what the model said, ``abc`` the tune in it; empty where there is none.

    ``mended`` says what was done to the text to make it the tune; ``problems`` what is
    wrong with it still.
    """

    text: str
    abc: str = ""
    mended: tuple[str, ...] = ()
    problems: tuple[Diagnostic, ...] = ()
    complete: bool = False

    @property
    def errors(self) -> int:
        return sum(problem.severity == "error" for problem in self.problems)

    @property
    def tune(self) -> Tune | None:
        return notation.read(self.abc).tunes[0] if self.abc else None


def read_answer(text: str) -> Answer:
    """The longest tune of an answer: models that say two mean the second as a sample."""
    found = notation.find_tunes(text)
    if not found:
        return Answer(text)
    best = max(found, key=lambda tune: len(tune.abc))
    mended, done = notation.fix(best.abc)
    remarks = [*best.mended, *(_said(one) for one in done)]
    tunes = notation.read(mended).tunes
    problems = notation.check_tune(tunes[0]) if tunes else ()
    kept = tuple(p for p in problems if p.severity != "info")
    return Answer(text, mended, tuple(dict.fromkeys(remarks)), kept, best.complete)


def _said(problem: Diagnostic) -> str:
    return f"mended line {problem.line}: {problem.message}"
