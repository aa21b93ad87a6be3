"""Options not shown: which option's text a causal model finds likeliest behind the question."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from chatmusician.eval.choice.answering import TOO_LONG, ByLikelihood, Done, Said
from chatmusician.eval.choice.modes import CLOZE
from chatmusician.eval.choice.prompts import Prompt, open_answer
from chatmusician.eval.choice.questions import LETTERS, Question


@dataclass
class _Item:
    """`strings` are prompt and option; from `starts` on each is the option's."""

    index: int
    strings: list[list[int]]
    starts: list[int]


class ByText(ByLikelihood):
    """The option whose text has the highest log probability, the sum over its tokens.

    A sum, as lm-eval's `acc` takes it: short options have an advantage, which a model that
    knows the answer's form does not need.
    """

    mode = CLOZE

    def answers(
        self,
        prompts: Sequence[Prompt],
        questions: Sequence[Question],
        letters: Sequence[str],
        done: Done,
    ) -> Iterator[Said]:
        """Batches are the same whatever is done, as with letters."""
        items = [
            self._item(at, prompt.text, questions[at].options) for at, prompt in enumerate(prompts)
        ]
        for item in items:
            if not self.engine.fits(item.strings):
                yield Said(item.index, "", {}, {"problem": TOO_LONG})
        fitting = [item for item in items if self.engine.fits(item.strings)]
        fitting.sort(key=lambda item: (-_longest(item), item.index))
        at = 0
        while at < len(fitting):
            count = max(1, self.engine.batch_tokens // (len(LETTERS) * _longest(fitting[at])))
            batch = fitting[at : at + count]
            at += count
            if not all(done(item.index) for item in batch):
                yield from self._batch(batch)

    def _item(self, index: int, text: str, options: Sequence[str]) -> _Item:
        text = self.engine.wrap(text) if self.engine.wrap else text
        strings = self.engine.encode([text, *(text + open_answer(option) for option in options)])
        before = strings.pop(0)
        return _Item(index, strings, [_shared(before, string) for string in strings])

    def _batch(self, batch: Sequence[_Item]) -> Iterator[Said]:
        rows = [string for item in batch for string in item.strings]
        starts = [start for item in batch for start in item.starts]
        found = self.engine.text_scores(rows, starts)
        for at, item in enumerate(batch):
            scores = self.engine.finite(
                found[at * len(LETTERS) : (at + 1) * len(LETTERS)], item.index
            )
            best = scores.index(max(scores))
            named = dict(zip(LETTERS, scores, strict=True))
            yield Said(item.index, LETTERS[best], named, {"form": "texts"})


def _longest(item: _Item) -> int:
    return max(map(len, item.strings))


def _shared(before: list[int], string: list[int]) -> int:
    """Where the option begins: behind the prompt's tokens, but for one that melts into it."""
    most = min(len(before), len(string) - 1)
    return next((at for at in range(most) if before[at] != string[at]), most)
