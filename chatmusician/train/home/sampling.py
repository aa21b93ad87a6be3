"""Tunes drawn from a model folder by plain sampling, for studies and for the critic."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from chatmusician import abc
from chatmusician.errors import ChatMusicianError
from chatmusician.model.backends.lean_llama import LeanLlama, weights_of_folder
from chatmusician.model.home.text import tune_of
from chatmusician.model.home.tune import HomeTune, duration
from chatmusician.model.home.vocabulary import Vocabulary, load_vocabulary
from chatmusician.model.home.writing import abc_text


@dataclass(frozen=True)
class Drawing:
    """``relations``: True makes the model write relation tags, False keeps them away."""

    temperature: float = 1.0
    top_p: float = 0.95
    most: int = 420
    relations: bool | None = True


class Sampler:
    def __init__(self, folder: Path) -> None:
        self.vocabulary: Vocabulary = load_vocabulary(folder / "tokenizer.json")
        weights = weights_of_folder(folder, [folder / "model.safetensors"], torch.float32)
        assert weights is not None
        self.weights = weights
        names = [words[0] for words in self.vocabulary.words]
        self.bar_words = torch.tensor([_is_bar(name) for name in names])
        self.tags = torch.tensor([_is_relation(name) for name in names])

    @torch.no_grad()  # type: ignore[untyped-decorator]
    def texts(
        self,
        prompts: Sequence[Sequence[str]],
        drawing: Drawing,
        seed: int,
        structures: Sequence[Sequence[str]] | None = None,
    ) -> list[list[str]]:
        """For each prompt its words and what the model goes on with, up to the end.

        ``structures`` are, for each prompt, the relation tags that its bars must have.
        """
        wanted = [self.vocabulary.encode(list(tags))[::-1] for tags in structures or ()]
        generator = torch.Generator().manual_seed(seed)
        encoded = [self.vocabulary.encode(list(prompt)) for prompt in prompts]
        made: list[list[int]] = [list(row) for row in encoded]
        open_rows = list(range(len(made)))
        engine = LeanLlama(self.weights)
        logits = engine.start(encoded, drawing.most)
        for _ in range(drawing.most):
            last = torch.tensor([made[row][-1] for row in open_rows])
            picked = self._pick(logits, last, drawing, generator)
            for at, row in enumerate(open_rows if wanted else ()):
                if self.bar_words[made[row][-1]] and wanted[row]:
                    picked[at] = wanted[row].pop()
            for row, number in zip(open_rows, picked, strict=True):
                made[row].append(number)
            kept = [at for at, number in enumerate(picked) if number != self.vocabulary.end]
            if not kept:
                break
            if len(kept) < len(open_rows):
                engine.keep(kept)
                open_rows = [open_rows[at] for at in kept]
            logits = engine.step([picked[at] for at in kept])
        return [self.vocabulary.decode(row) for row in made]

    def _pick(self, logits: Any, last: Any, drawing: Drawing, generator: Any) -> list[int]:
        logits = torch.as_tensor(logits).float() / drawing.temperature
        after_bar = self.bar_words[last]
        if drawing.relations is True:
            logits = logits.masked_fill(after_bar[:, None] & ~self.tags, -1e9)
        elif drawing.relations is False:
            logits = logits.masked_fill(self.tags[None], -1e9)
        shares, order = logits.softmax(-1).sort(-1, descending=True)
        shares = shares.masked_fill(shares.cumsum(-1) - shares > drawing.top_p, 0.0)
        chosen = torch.multinomial(shares, 1, generator=generator)
        picked: list[int] = order.gather(-1, chosen)[:, 0].tolist()
        return picked


def _is_bar(word: str) -> bool:
    return word[0] == "|" and word[1:].isdigit()


def _is_relation(word: str) -> bool:
    return word == "n" or (word[0] in "=vs" and word[1:].isdigit())


def checked(words: Sequence[str], shapes: Sequence[str]) -> tuple[HomeTune | None, str]:
    """The tune of a text where it is clean: home text, of the shapes asked for, bars full, read
    without a finding. Or None and why not."""
    if words[-1] != "</s>":
        return None, "no end"
    try:
        tune = tune_of(words)
    except ChatMusicianError:
        return None, "not home text"
    if [part.shape for part in tune.parts] != list(shapes):
        return None, "another form"
    full = tune.bar_length
    for part in tune.parts:
        inside = [*part.bars[: None if part.second else -1], *part.first[:-1], *part.second[:-1]]
        if any(duration(bar) != full for bar in inside):
            return None, "a bar that is not full"
        for end in (part.first, part.second) if part.second else (part.bars,):
            if duration(end[-1]) + duration(part.pickup) not in (full, 2 * full) and (
                duration(end[-1]) != full
            ):
                return None, "a last bar that does not fit"
    findings = abc.check_tune(abc.read(abc_text(tune, title="x")).tunes[0])
    return (None, findings[0].code) if findings else (tune, "")


def structure_of(words: Sequence[str]) -> list[str]:
    """The relation tags of a text."""
    return [word for word in words if _is_relation(word)]


def plan_of(words: Sequence[str]) -> list[str]:
    """The plan of a text: everything before its first part."""
    return list(words[: next(i for i, word in enumerate(words) if word[0] == "<" and i)])


def shapes_of(words: Sequence[str]) -> list[str]:
    return [word[2:] for word in words if word.startswith("P:")]
