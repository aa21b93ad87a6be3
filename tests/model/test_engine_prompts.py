"""Prompts byte for byte, as tokens, and cut to the context by whole turns."""

from __future__ import annotations

import pytest

pytest.importorskip("transformers")

from tokenizers import Tokenizer, models, pre_tokenizers, trainers

from chatmusician.errors import LimitError
from chatmusician.model.backends.vocabulary import HubTokens
from chatmusician.model.chat_format import Turn
from chatmusician.model.generation import Request, Sampling
from chatmusician.model.prompts import encode_prompt, prompt_text
from chatmusician.model.text_stream import TextStream
from tests.model.engine_models import rows, tokenizer

SAMPLING = Sampling(max_new_tokens=40)


def tokens() -> HubTokens:
    return HubTokens(tokenizer().backend_tokenizer, end_text="</s>", size=len(tokenizer()))


def test_prompts_are_those_of_the_format() -> None:
    assert prompt_text([Turn("Hi")], end="</s>") == "Human: Hi </s> Assistant: "
    several = prompt_text([Turn("q1", "a1"), Turn("q2")], end="</s>")
    assert several == "Human: q1 </s> Assistant: a1 </s> Human: q2 </s> Assistant: "
    begun = prompt_text([Turn("Hi")], "X:1\n", end="<|im_end|>")
    assert begun == "Human: Hi <|im_end|> Assistant: X:1\n"


def test_a_prompt_is_the_beginning_of_its_training_row() -> None:
    """The tokens that were learned from, not only the same text."""
    for row in rows():
        question = row.removeprefix("Human: ").split(" </s> ")[0]
        prompt = encode_prompt(Request.ask(question), tokens(), 512, SAMPLING)
        learned = tokenizer().encode(row, add_special_tokens=False)
        assert learned[: len(prompt.tokens)] == prompt.tokens
        assert prompt.cut == ""
        assert tokens().end in prompt.tokens


def test_a_blank_that_belongs_to_the_answer_is_left_to_the_model() -> None:
    """GPT-2's way of cutting text: a blank goes with the word behind it."""
    plain = Tokenizer(models.BPE())
    plain.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    plain.train_from_iterator(
        rows(), trainers.BpeTrainer(vocab_size=500, special_tokens=["</s>"], show_progress=False)
    )
    known = HubTokens(plain, end_text="</s>", size=500)
    prompt = encode_prompt(Request.ask("Hi"), known, 512, SAMPLING)
    assert prompt.cut == " "
    learned = plain.encode("Human: Hi </s> Assistant: X:1", add_special_tokens=False).ids
    assert learned[: len(prompt.tokens)] == prompt.tokens


def test_history_is_cut_by_whole_turns() -> None:
    turns = [*(Turn(f"question {n} " + "la " * 20, "answer " * 10) for n in range(9)), Turn("last")]
    known = tokens()
    prompt = encode_prompt(Request(tuple(turns)), known, 300, SAMPLING)
    assert 0 < prompt.forgotten < 9
    kept = prompt_text(turns[prompt.forgotten :], end="</s>")
    assert known.encode(kept) == prompt.tokens
    assert len(prompt.tokens) + SAMPLING.max_new_tokens <= 300
    one_more = prompt_text(turns[prompt.forgotten - 1 :], end="</s>")
    assert len(known.encode(one_more)) + SAMPLING.max_new_tokens > 300


def test_a_question_longer_than_the_context_is_refused() -> None:
    with pytest.raises(LimitError, match="reads 300 at most"):
        encode_prompt(Request.ask("la " * 400), tokens(), 300, SAMPLING)


@pytest.mark.parametrize("text", ["X:1\nK:D\n", "Grüße, ♯ und 音楽 🎵", " leading", "</", "a </ b"])
def test_a_stream_tells_every_character_once_and_whole(text: str) -> None:
    known = tokens()
    stream = TextStream(known, ("</s>",))
    told = "".join(stream.push(token) for token in known.encode(text))
    assert "\ufffd" not in told
    assert told + stream.finish() == text


def test_pieces_are_the_bytes_of_the_tokens() -> None:
    known = tokens()
    pieces = known.pieces()
    for text in ("X:1\nK:D\n|:DFA dfa", "Grüße ♯ 音楽"):
        assert b"".join(pieces[token] for token in known.encode(text)) == text.encode()
    assert pieces[known.end] == b""
