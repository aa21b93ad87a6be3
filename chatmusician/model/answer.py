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
    """The tune of an answer; of several the longest: models that say two mean one as a sample.

    An answer that is a whole tune without an error is taken as it is. The finder judges
    lines by their looks and would take odd ones, right as they are, for prose.
    """
    plain = as_it_is(text)
    if plain is not None:
        return plain
    found = notation.find_tunes(text)
    if not found:
        return Answer(text)
    best = max(found, key=lambda tune: len(tune.abc))
    mended, done = notation.fix(best.abc)
    remarks = [*best.mended, *(_said(one) for one in done)]
    problems = _problems(mended)
    return Answer(text, mended, tuple(dict.fromkeys(remarks)), problems, best.complete)


def as_it_is(text: str) -> Answer | None:
    """A text that is one whole tune without an error; None for any other."""
    tune = text.strip() + "\n"
    if not tune.startswith("X:") or "\n\n" in tune or "\nK:" not in tune:
        return None
    if len(notation.read(tune).tunes) != 1:
        return None
    made = Answer(text, tune, (), _problems(tune), tune.rstrip().endswith(("|", "]", ":")))
    return made if made.complete and not made.errors else None


def _problems(text: str) -> tuple[Diagnostic, ...]:
    tunes = notation.read(text).tunes
    found = notation.check_tune(tunes[0]) if tunes else ()
    return tuple(problem for problem in found if problem.severity != "info")


def _said(problem: Diagnostic) -> str:
    return f"mended line {problem.line}: {problem.message}"
