"""The generation loop against transformers' own, and its promises: seeds, stops, masks, limits."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import pytest

torch = pytest.importorskip("torch")
numpy = pytest.importorskip("numpy")
pytest.importorskip("transformers")

from chatmusician.model.backends.lean_llama import can_step  # noqa: E402
from chatmusician.model.backends.local import LocalBackend  # noqa: E402
from chatmusician.model.backends.pytorch import of_model  # noqa: E402
from chatmusician.model.generation import Completion, Request, Sampling  # noqa: E402
from chatmusician.model.prompts import encode_prompt  # noqa: E402
from chatmusician.model.sampling import Sampler  # noqa: E402
from tests.model.engine_models import LLAMA3, random_model, tokenizer  # noqa: E402

FREE = Sampling(temperature=1.0, top_k=0, top_p=1.0, max_new_tokens=60)


def backend(model: Any = None, **options: Any) -> LocalBackend:
    return of_model(model or random_model(), tokenizer(), name="random", **options)


def theirs(model: Any, request: Request, sampling: Sampling) -> list[int]:
    """What transformers' generate gives for the same tokens."""
    ours = backend(model)
    ids = encode_prompt(request, ours.tokens, ours.can.context, sampling).tokens
    made = model.generate(
        torch.tensor([ids]),
        attention_mask=torch.ones(1, len(ids), dtype=torch.long),
        do_sample=False,
        max_new_tokens=sampling.max_new_tokens,
        min_new_tokens=sampling.min_new_tokens,
        repetition_penalty=sampling.repetition_penalty,
        pad_token_id=tokenizer().pad_token_id,
    )
    return list(made[0, len(ids) :].tolist())


@pytest.mark.parametrize("lean", [True, False])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_greedy_is_what_transformers_gives(seed: int, lean: bool) -> None:
    model = random_model(seed)
    sampling = Sampling(temperature=0, max_new_tokens=80)
    request = Request.ask("Write a jig in D")
    expected = tokenizer().decode(theirs(model, request, sampling), skip_special_tokens=True)
    (done,) = backend(model, lean=lean).generate([request], sampling)
    assert done.text == expected.removeprefix(" ")


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"num_key_value_heads": 4, "tie_word_embeddings": False},
        {"head_dim": 32},
        {"rope_parameters": LLAMA3},
    ],
)
def test_the_lean_pass_gives_the_logits_of_transformers(changed: dict[str, Any]) -> None:
    model = random_model(3, **changed)
    assert can_step(model)
    prompts = [[5, 6, 7, 8, 9, 10], [11, 12], [13, 14, 15, 16]]
    lean, hub = backend(model, lean=True).steps(), backend(model, lean=False).steps()
    pairs = [(lean.start(prompts, 8), hub.start(prompts, 8))]
    pairs += [(lean.step([at, 9, 20]), hub.step([at, 9, 20])) for at in range(3)]
    lean.keep([2, 0])
    hub.keep([2, 0])
    pairs.append((lean.step([30, 31]), hub.step([30, 31])))
    for ours, expected in pairs:
        assert numpy.allclose(ours, expected, atol=2e-4, rtol=1e-4)


@pytest.mark.parametrize(
    "changed", [{"attention_bias": True}, {"mlp_bias": True}, {"hidden_act": "gelu"}]
)
def test_other_llamas_are_left_to_transformers(changed: dict[str, Any]) -> None:
    assert not can_step(random_model(**changed))


@pytest.mark.parametrize("lean", [True, False])
def test_a_seed_gives_the_same_text_in_any_batch(lean: bool) -> None:
    model = backend(lean=lean)
    requests = [Request.ask("Write a tune" + " la" * at, seed=at) for at in range(5)]
    together = model.generate(requests, FREE)
    alone = [model.generate([request], FREE)[0] for request in requests]
    assert [one.text for one in together] == [one.text for one in alone]
    assert [one.finish for one in together] == [one.finish for one in alone]
    assert len({one.text for one in together}) == 5


def test_equal_prompts_are_read_once_and_drawn_apart() -> None:
    model = backend()
    together = model.generate([Request.ask("A reel", seed=at) for at in (4, 5, 4)], FREE)
    assert together[0].text == together[2].text != together[1].text
    assert together[1].text == model.generate([Request.ask("A reel", seed=5)], FREE)[0].text


def test_streamed_pieces_make_up_the_text() -> None:
    heard: dict[int, str] = {0: "", 1: "", 2: ""}

    def hear(at: int, text: str) -> None:
        heard[at] += text

    requests = [Request.ask("A reel", seed=at) for at in range(3)]
    done = backend().generate(requests, FREE, on_text=hear)
    assert [heard[at].removesuffix(" ") for at in range(3)] == [
        one.text.removesuffix(" ") for one in done
    ]


def test_a_stop_text_ends_an_answer_and_is_no_part_of_it() -> None:
    model = backend()
    (whole,) = model.generate([Request.ask("A reel", seed=1)], FREE)
    stop = whole.text[20:23]
    (cut,) = model.generate(
        [Request.ask("A reel", seed=1)], Sampling(**{**vars(FREE), "stop": (stop,)})
    )
    assert cut.finish == "stop"
    assert cut.text == whole.text[: whole.text.index(stop)]


def test_limits_of_length_and_time() -> None:
    model = backend()
    (short,) = model.generate([Request.ask("A reel")], Sampling(max_new_tokens=7, min_new_tokens=7))
    assert (short.tokens, short.finish) == (7, "length")
    late = Sampling(max_new_tokens=400, min_new_tokens=400, seconds=0.05)
    (stopped,) = model.generate([Request.ask("A reel")], late)
    assert stopped.finish == "time"
    assert stopped.tokens < 400


def test_no_end_before_the_fewest_tokens() -> None:
    model = backend()
    model.model.lm_head.weight.data[model.tokens.end] += 3 * model.model.lm_head.weight.std()
    for fewest in (0, 25):
        sampling = Sampling(temperature=1, max_new_tokens=30, min_new_tokens=fewest)
        requests = [Request.ask("A reel", seed=at) for at in range(8)]
        assert all(one.tokens >= fewest for one in model.generate(requests, sampling))


def test_cancelled_by_the_caller_the_finished_ones_stay() -> None:
    cancel = threading.Event()
    count = [0]

    def hear(at: int, text: str) -> None:
        count[0] += 1
        if count[0] > 5:
            cancel.set()

    (done,) = backend().generate([Request.ask("A reel")], FREE, on_text=hear, cancel=cancel)
    assert done.finish == "cancelled"
    assert done.text


def test_ctrl_c_keeps_what_is_there() -> None:
    calls = [0]

    def hear(at: int, text: str) -> None:
        calls[0] += 1
        if calls[0] == 12:
            raise KeyboardInterrupt

    requests = [Request.ask("A reel", seed=at) for at in range(3)]
    done = backend().generate(requests, FREE, on_text=hear)
    assert len(done) == 3
    assert any(one.finish == "cancelled" and one.text for one in done)


class Spelled:
    """Allows one text only, token by token, and then the end."""

    def __init__(self, tokens: Sequence[int], end: int) -> None:
        self.left = list(tokens)
        self.end = end

    def allowed(self) -> Any:
        return numpy.array([self.left[0] if self.left else self.end])

    def push(self, token: int) -> None:
        assert token == self.left.pop(0)


def spelled(model: LocalBackend, text: str, extra: int = 0) -> Completion:
    ids = tokenizer().encode(text, add_special_tokens=False)
    constraint = Spelled(ids, model.tokens.end)
    request = Request.ask("A jig", seed=extra)
    (done,) = model.generate([Request(request.turns, extra, constraint=constraint)], FREE)
    return done


@pytest.mark.parametrize("text", ["X:1\nM:6/8\nK:D\n|:DFA dfa:|", "Xyz ♯", "ab"])
def test_a_constraint_is_held_whatever_the_model_wants(text: str) -> None:
    done = spelled(backend(), text)
    assert (done.text, done.finish) == (text, "end")


def test_a_constraint_that_allows_nothing_ends_the_sequence_alone() -> None:
    class Nothing:
        def allowed(self) -> Any:
            return numpy.array([], dtype=numpy.int64)

        def push(self, token: int) -> None:
            raise AssertionError

    turns = Request.ask("A jig").turns
    requests = [Request(turns, 1, constraint=Nothing()), Request(turns, 2)]
    stuck, free = backend().generate(requests, FREE)
    assert (stuck.finish, stuck.tokens) == ("stuck", 0)
    assert free.tokens > 0


def test_shares_are_those_of_transformers() -> None:
    """Temperature, top-k, top-p and the penalty, against their logits processors."""
    from transformers.generation import logits_process as process

    torch.manual_seed(0)
    logits = torch.randn(1, 50) * 3
    prompt = [3, 4, 9, 9]
    sampling = Sampling(temperature=0.7, top_k=12, top_p=0.8, min_new_tokens=0)
    expected = logits.clone()
    for one in (
        process.RepetitionPenaltyLogitsProcessor(sampling.repetition_penalty),
        process.TemperatureLogitsWarper(sampling.temperature),
        process.TopKLogitsWarper(sampling.top_k),
        process.TopPLogitsWarper(sampling.top_p),
    ):
        expected = one(torch.tensor([prompt]), expected)
    shares = expected.softmax(-1)[0]
    rounds = 4000
    counts = torch.zeros(50)
    for seed in range(rounds):
        sampler = Sampler([prompt], [seed], [None], sampling, [1], 50)
        (token,) = sampler.draw(logits)
        assert token is not None
        counts[token] += 1
    assert set(counts.nonzero().flatten().tolist()) <= set(shares.nonzero().flatten().tolist())
    # Five standard errors of a share estimated from so many draws.
    assert torch.all(
        (counts / rounds - shares).abs() < 5 * (shares * (1 - shares) / rounds).sqrt() + 1e-3
    )
