"""From a model's name to one that answers: its likelihoods, or its own words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import transformers

from chatmusician.errors import InputError
from chatmusician.eval.choice.answering import Answerer, ByLikelihood, Generate, InWords
from chatmusician.eval.choice.likelihood import Likelihood
from chatmusician.eval.choice.modes import LIKELIHOOD, NEW_TOKENS
from chatmusician.eval.provenance import fingerprint
from chatmusician.model import chat_format
from chatmusician.model.pretrained import first_line, pretrained_source


@dataclass(frozen=True)
class Opened:
    """`name` is how the result calls it."""

    model: Any
    tokenizer: Any
    name: str
    fingerprint: dict[str, Any]


def open_model(name: str) -> Opened:
    """A folder, a hub id or a .gguf file, by transformers."""
    path = Path(name).expanduser()
    source = pretrained_source(name)
    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(**source)
        model = transformers.AutoModelForCausalLM.from_pretrained(**source)
    except (OSError, ValueError) as error:
        raise InputError(f"cannot be loaded: {first_line(error)}", path=name) from error
    known = fingerprint(path) if path.exists() else {"name": name, "sha256": None}
    return Opened(model, tokenizer, path.stem if path.exists() else name, known)


def answerer_of(
    opened: Opened, *, mode: str = LIKELIHOOD, chat: bool = False, batch_tokens: int = 8192
) -> Answerer:
    wrap = chat_wrap(opened.tokenizer) if chat or mode != LIKELIHOOD else None
    if mode == LIKELIHOOD:
        # The answer begins inside the assistant's turn, so that the letter is what follows.
        inside = inside_answer(wrap) if wrap else None
        engine = Likelihood(opened.model, opened.tokenizer, batch_tokens=batch_tokens, wrap=inside)
        return ByLikelihood(engine, name=opened.name, model=opened.fingerprint)
    assert wrap is not None
    generate = greedy(opened.model, opened.tokenizer, wrap, NEW_TOKENS[mode])
    settings = {"chat": True, "decoding": "greedy", "new_tokens": NEW_TOKENS[mode]}
    return InWords(
        generate, mode=mode, name=opened.name, model=opened.fingerprint, settings=settings
    )


def chat_wrap(tokenizer: Any) -> Callable[[str], str]:
    """The tokenizer's own chat template; without one, ChatMusician's chat format."""
    if getattr(tokenizer, "chat_template", None):

        def templated(text: str) -> str:
            turn = [{"role": "user", "content": text}]
            return str(
                tokenizer.apply_chat_template(turn, tokenize=False, add_generation_prompt=True)
            )

        return templated
    end = tokenizer.eos_token or chat_format.END
    return lambda text: chat_format.prompt(text, end=end)


def inside_answer(wrap: Callable[[str], str]) -> Callable[[str], str]:
    """A prompt in the user's turn, its last word ``Answer:`` in the model's."""

    def wrapped(text: str) -> str:
        return f"{wrap(text.removesuffix('Answer:').rstrip())}Answer:"

    return wrapped


def greedy(model: Any, tokenizer: Any, wrap: Callable[[str], str], new_tokens: int) -> Generate:
    """Replies without chance, one prompt after the other."""

    def generate(prompts: Sequence[str]) -> list[str]:
        return [reply(prompt) for prompt in prompts]

    def reply(prompt: str) -> str:
        # A blank at the end would be a token of its own, which models do not expect.
        text = wrap(prompt).removesuffix(" ")
        given = tokenizer(text, add_special_tokens=False, return_tensors="pt").to(model.device)
        made = model.generate(
            **given,
            max_new_tokens=new_tokens,
            do_sample=False,
            repetition_penalty=1.0,
            pad_token_id=tokenizer.eos_token_id,
        )
        tokens = made[0, given["input_ids"].shape[1] :]
        return str(tokenizer.decode(tokens, skip_special_tokens=True)).strip()

    return generate
