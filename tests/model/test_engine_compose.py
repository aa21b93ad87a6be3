"""compose and chat as commands, with a model that has learnt two tunes by heart."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

from chatmusician.errors import UsageError
from chatmusician.model.brief.read import read_request
from chatmusician.model.compose import ComposeOptions, compose
from chatmusician.model.conversation import Conversation
from chatmusician.model.generation import Backend, Completion, Request, Sampling
from chatmusician.model.load import load_model
from tests.model.engine_models import INSTRUCTION, JIG, WALTZ, taught_folder

Run = Callable[..., Any]


@pytest.fixture(scope="module")
def folder() -> str:
    return str(taught_folder())


@pytest.fixture(scope="module")
def backend(folder: str) -> Backend:
    return load_model(folder)


def test_compose_writes_a_tune_and_its_files(
    chatmusician: Run, folder: str, tmp_path: Path
) -> None:
    options = ["-m", folder, "--seed", "1", "-o", "out", "--format", "abc,mid", "--level", "off"]
    done = chatmusician("compose", "a jig in D", *options, code=0)
    assert (tmp_path / "out" / "jig-1.abc").read_text() == JIG
    assert (tmp_path / "out" / "jig-1.mid").read_bytes().startswith(b"MThd")
    assert "understood: key D (said as 'in D')" in done.stderr
    assert "kept  key: D major" in done.stdout
    assert "out/jig-1.mid" in done.stdout.splitlines()


def test_compose_as_json(chatmusician: Run, folder: str) -> None:
    options = ["-m", folder, "--seed", "1", "-n", "2", "--format", "abc", "--json"]
    done = chatmusician("compose", "--rhythm", "waltz", "--key", "G", *options, code=0)
    found = json.loads(done.stdout)
    assert found["brief"]["meter"] == "3/4"
    assert found["prompt"].startswith(INSTRUCTION)
    assert len(found["candidates"]) == 2
    assert found["candidates"][0]["abc"] == WALTZ
    assert [row["kept"] for row in found["candidates"][0]["asked"]] == [True] * 3
    assert len(set(found["candidates"][0]["files"] + found["candidates"][1]["files"])) == 2


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["a polka in 6/8"], 2, "a polka is in 2/4, not in 6/8"),
        (["--chords", "Am Xx"], 2, "--chords"),
        (["a jig", "--format", "abc,doc"], 2, "unknown format 'doc'"),
        (["a jig", "-n", "0"], 2, "0 candidates"),
        (["a jig", "--top-p", "7"], 2, "top_p"),
        (["a jig", "-m", "no/such/model/here"], 1, "no such folder"),
    ],
)
def test_what_cannot_be_done_is_said(
    chatmusician: Run, folder: str, arguments: list[str], code: int, said: str
) -> None:
    model = [] if "-m" in arguments else ["-m", folder]
    done = chatmusician("compose", *arguments, *model, code=code)
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_nonsense_is_said_and_no_tune_is_no_success(chatmusician: Run, folder: str) -> None:
    options = ["-m", folder, "--level", "off", "--max-new-tokens", "3", "--min-new-tokens", "3"]
    done = chatmusician("compose", "qwertz", "--format", "abc", "--seed", "1", *options, code=1)
    assert "not understood: qwertz" in done.stderr
    assert "nothing in particular is asked for" in done.stderr


def test_the_same_seed_gives_the_same_tunes(backend: Backend) -> None:
    free = Sampling(temperature=1.0, top_k=0, top_p=1.0, max_new_tokens=60)
    options = ComposeOptions(candidates=3, seed=5, sampling=free, level="off")
    first, again = (compose(read_request("a reel in A"), backend, options) for _ in range(2))
    cards = [[c.answer.text for c in made.candidates] for made in (first, again)]
    assert cards[0] == cards[1]
    assert len(set(cards[0])) == 3
    assert {c.completion.seed for c in first.candidates} == {5, 6, 7}


class Interrupted:
    """A backend that Ctrl-C ends after its first completion."""

    def __init__(self, inner: Backend) -> None:
        self.inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def generate(
        self, requests: Sequence[Request], sampling: Sampling, **_: Any
    ) -> list[Completion]:
        done = self.inner.generate(requests, sampling)
        cut = [Completion("X:1", 1, "cancelled", 0.1, one.seed) for one in done[1:]]
        return [done[0], *cut]


def test_interrupted_the_finished_candidates_stay(backend: Backend) -> None:
    options = ComposeOptions(candidates=3, seed=1, level="off")
    made = compose(read_request("a jig in D"), Interrupted(backend), options)
    assert made.interrupted
    assert [c.answer.abc for c in made.candidates] == [JIG]


class Learning:
    """A backend without logits that is right only when it is asked the third time."""

    def __init__(self, inner: Backend) -> None:
        self.inner = inner
        self.asked: list[list[int]] = []
        self.can = type(inner.can)(False, False, False, True, 0)
        self.remarks: list[str] = []
        self.name, self.defaults, self.tokens = "learning", Sampling(), None

    def generate(
        self, requests: Sequence[Request], sampling: Sampling, **_: Any
    ) -> list[Completion]:
        self.asked.append([request.seed for request in requests])
        text = JIG if len(self.asked) == 3 else WALTZ
        return [Completion(text, 9, "end", 0.1, request.seed) for request in requests]

    def close(self) -> None:
        pass


def test_without_masks_a_tune_is_asked_for_again(backend: Backend) -> None:
    model = Learning(backend)
    made = compose(read_request("a jig in D"), model, ComposeOptions(seed=1))
    assert made.candidates[0].answer.abc == JIG
    assert [len(seeds) for seeds in model.asked] == [1, 1, 1]
    assert len({seeds[0] for seeds in model.asked}) == 3
    assert not made.held
    assert "asked for again" in made.remarks[0]


def test_verbatim_gives_the_words_as_they_are(backend: Backend) -> None:
    options = ComposeOptions(seed=1, verbatim=True, level="off")
    made = compose(read_request("a jig in D"), backend, options, request="a jig in D")
    assert made.wording.text == "a jig in D"


# -- chat -----------------------------------------------------------------------

ASK_JIG = f"{INSTRUCTION}\\\nRhythm jig\\\nMeter 6/8\\\nNote Length 1/8\\\nKey D\n"


def test_a_conversation_in_the_terminal(chatmusician: Run, folder: str, tmp_path: Path) -> None:
    said = ASK_JIG + "/seed\n/retry\n/render abc,mid\n/save mine.abc\n/save all.json\n/help\n"
    done = chatmusician("chat", "-m", folder, "--seed", "4", stdin=said, code=0)
    assert done.stdout.count("|:DFA dfa") == 2
    assert "the next answer has seed 5" in done.stdout
    assert (tmp_path / "chat-1.mid").read_bytes().startswith(b"MThd")
    assert (tmp_path / "mine.abc").read_text() == JIG
    (turn,) = json.loads((tmp_path / "all.json").read_text())
    assert turn["question"].endswith("Key D")
    assert turn["answer"] == JIG.strip()


def test_what_cannot_be_done_in_a_conversation_is_said_and_it_goes_on(
    chatmusician: Run, folder: str
) -> None:
    said = "/retry\n/render\n/foo\n/seed x\n/save\n/seed 9\n/quit\nnot read any more\n"
    done = chatmusician("chat", "-m", folder, "--seed", "4", stdin=said, code=0)
    assert done.stderr.count("error:") == 5
    assert "the next answer has seed 9" in done.stdout


def test_blocks_and_pasted_tunes_are_one_message(
    chatmusician: Run, folder: str, tmp_path: Path
) -> None:
    said = '"""\none\ntwo\n"""\nhear X:1\nK:D\nDFA|\n\n/save all.json\n'
    options = ["--max-new-tokens", "12", "--temperature", "1", "--seed", "1"]
    chatmusician("chat", "-m", folder, *options, stdin=said, code=0)
    turns = json.loads((tmp_path / "all.json").read_text())
    assert [turn["question"] for turn in turns] == ["one\ntwo", "hear X:1\nK:D\nDFA|"]


def test_turns_are_remembered_and_forgotten(backend: Backend) -> None:
    talk = Conversation(backend, Sampling(max_new_tokens=30, min_new_tokens=30), seed=1)
    for _ in range(8):
        talk.ask("la " * 12)
    assert len(talk.turns) == 8
    assert 0 < talk.forgotten < 8
    assert talk.seed == 9
    talk.turns.clear()
    with pytest.raises(UsageError, match="no tune"):
        talk.last_tune()
