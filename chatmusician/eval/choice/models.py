"""A loaded model as one that answers: by its likelihoods, or in its own words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from chatmusician.errors import LimitError, UsageError
from chatmusician.eval.choice.answering import Answerer, ByLikelihood, Generate, InWords
from chatmusician.eval.choice.cloze import ByText
from chatmusician.eval.choice.likelihood import Likelihood
from chatmusician.eval.choice.modes import ANSWER, CLOZE, LIKELIHOOD, NEW_TOKENS
from chatmusician.eval.models import Opened
from chatmusician.model import chat_format
from chatmusician.model.generation import Backend, Request, Sampling

_TOGETHER = 16


def answerer_of(
    opened: Opened, *, mode: str = LIKELIHOOD, chat: bool = False, batch_tokens: int = 8192
) -> Answerer:
    if mode not in (LIKELIHOOD, CLOZE):
        return in_words(opened, mode)
    if not opened.backend.can.logits:
        raise UsageError(
            f"{opened.name} gives no likelihoods", hint="a server answers in words: --mode direct"
        )
    # The answer begins inside the assistant's turn, so that the letter is what follows.
    inside = inside_answer(chat_wrap(opened.tokenizer)) if chat else None
    engine = Likelihood(opened.model, opened.tokenizer, batch_tokens=batch_tokens, wrap=inside)
    answerer = ByText if mode == CLOZE else ByLikelihood
    return answerer(engine, name=opened.name, model=opened.fingerprint, settings=opened.settings)


def in_words(opened: Opened, mode: str) -> InWords:
    """Greedy replies: in the tokenizer's own chat template, else in ChatMusician's chat format;
    a server is asked as it can be."""
    new_tokens = NEW_TOKENS[mode]
    template = getattr(getattr(opened.backend, "tokenizer", None), "chat_template", None)
    generate, together = greedy(opened.backend, new_tokens), 1
    if template:
        generate = templated(opened.model, opened.tokenizer, new_tokens)
    elif opened.backend.can.batch:
        together = _TOGETHER
    form = "template" if template else "server" if opened.backend.tokens is None else "plain"
    settings = {"chat": form, "decoding": "greedy", "new_tokens": new_tokens}
    return InWords(
        generate,
        mode=mode,
        name=opened.name,
        model=opened.fingerprint,
        settings=opened.settings | settings,
        together=together,
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
    """A prompt in the user's turn, its last word in the model's."""

    def wrapped(text: str) -> str:
        return f"{wrap(text.removesuffix(ANSWER).rstrip())}{ANSWER}"

    return wrapped


def greedy(backend: Backend, new_tokens: int) -> Generate:
    """Replies without chance; None to a prompt that does not fit the context."""
    sampling = Sampling(
        temperature=0,
        top_k=0,
        top_p=1.0,
        repetition_penalty=1.0,
        min_new_tokens=0,
        max_new_tokens=new_tokens,
    )

    def generate(prompts: Sequence[str]) -> list[str | None]:
        try:
            done = backend.generate([Request.ask(prompt) for prompt in prompts], sampling)
        except LimitError:
            # One of them is too long: each for itself.
            return [None] if len(prompts) == 1 else [generate([one])[0] for one in prompts]
        if any(completion.finish == "cancelled" for completion in done):
            raise KeyboardInterrupt
        return [completion.text.strip() for completion in done]

    return generate


def templated(model: Any, tokenizer: Any, new_tokens: int) -> Generate:
    """Replies without chance, one prompt after the other."""
    wrap = chat_wrap(tokenizer)

    def generate(prompts: Sequence[str]) -> list[str | None]:
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
