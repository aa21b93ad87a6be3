"""`eval generation` with real models, small ones that know two tunes by heart."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from math import log
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")
pytest.importorskip("matplotlib")

from chatmusician.cli.app import main  # noqa: E402
from chatmusician.eval.generation.asked import Asked, read_row  # noqa: E402
from chatmusician.eval.generation.from_model import (  # noqa: E402
    TOO_LONG,
    FromModel,
    text_likelihood,
)
from chatmusician.eval.models import Opened, open_model  # noqa: E402
from chatmusician.eval.results import read_items, read_result  # noqa: E402
from chatmusician.model.generation import (  # noqa: E402
    Capabilities,
    Completion,
    OnText,
    Request,
    Sampling,
)
from chatmusician.model.load import LoadOptions  # noqa: E402
from tests.model import engine_models as small  # noqa: E402

ASKED, JIG, random_model, tokenizer = small.ASKED, small.JIG, small.random_model, small.tokenizer


def rows() -> list[dict[str, str]]:
    made = []
    for number in range(4):
        for given, tune in ASKED.items():
            kind = given.split()[1]
            made.append(
                {
                    "instruction": f"Human: {small.INSTRUCTION}\n",
                    "input": f"{given} </s> ",
                    "output": f"Assistant: {tune.strip()} </s> ",
                    "src": "s",
                    "id": f"s/{kind}{number}/text-to-music",
                }
            )
    return made


@pytest.fixture(scope="module")
def folder() -> str:
    return str(small.taught_folder())


@pytest.fixture
def prompts(tmp_path: Path) -> str:
    path = tmp_path / "test.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows()))
    return str(path)


def run(*words: str) -> int:
    return main(["eval", "generation", *words])


def whole(result: dict[str, Any]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = result["rows"][0]["metrics"]
    return found


@pytest.mark.parametrize("level", ["off", "bars", "brief"])
def test_what_a_model_knows_by_heart_is_right(
    folder: str, prompts: str, tmp_path: Path, level: str
) -> None:
    out = str(tmp_path / "out")
    assert run("--prompts", prompts, "-m", folder, "--level", level, "-o", out) == 0
    found = whole(read_result(out))
    for name in ("reads", "clean", "abc2midi", "bars_right", "kept_header", "kept_bars"):
        assert found[name]["value"] == 1.0, name
        assert found[name]["n"] == 8
    items = read_items(out)
    assert {item.prediction.strip() for item in items} == {tune.strip() for tune in ASKED.values()}
    assert {(item.scores["held"], item.scores["tries"]) for item in items} == {(level, 1)}
    assert "seconds per tune" in (Path(out) / "table.md").read_text()
    assert read_result(out)["provenance"]["time"]["seconds_per_item"] > 0


def test_a_model_without_a_clue_keeps_what_it_is_held_to(prompts: str, tmp_path: Path) -> None:
    model = random_model(seed=3)
    model.save_pretrained(tmp_path / "model")
    tokenizer().save_pretrained(tmp_path / "model")
    words = ["--prompts", prompts, "-m", str(tmp_path / "model"), "--temperature", "1"]
    words += ["--top-k", "0", "--top-p", "1", "--max-new-tokens", "300"]
    assert run(*words, "--level", "off", "-o", str(tmp_path / "off")) == 0
    assert whole(read_result(tmp_path / "off"))["reads"]["value"] == 0.0
    words += ["--against", str(tmp_path / "off")]
    assert run(*words, "--level", "brief", "-o", str(tmp_path / "brief")) == 0
    result = read_result(tmp_path / "brief")
    for name in ("reads", "clean", "bars_right", "kept_header"):
        assert whole(result)[name]["value"] == 1.0, name
    apart = {found["metric"]: found["difference"] for found in result["comparisons"]}
    assert apart["clean"] == 1.0


def test_another_run_is_not_gone_on_with(
    folder: str, prompts: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--prompts", prompts, "-n", "2", "-o", str(tmp_path / "out"), "-m", folder]
    assert run(*words) == 0
    for more, named in (
        (["--level", "bars"], "level"),
        (["--seed", "5"], "seed"),
        (["--temperature", "0.7"], "sampling"),
        (["--tries", "2"], "tries"),
        (["--batch", "3"], "batch"),
        (["--precision", "bfloat16"], "precision"),
    ):
        assert run(*words, *more) == 2
        assert f"another {named}" in capsys.readouterr().err
    random_model(seed=9).save_pretrained(tmp_path / "other")
    tokenizer().save_pretrained(tmp_path / "other")
    assert run(*words[:-1], str(tmp_path / "other")) == 2
    assert "another fingerprint, model" in capsys.readouterr().err


def command(folder: str, prompts: str, out: Path) -> list[str]:
    words = ["--prompts", prompts, "-m", folder, "-o", str(out), "--batch", "2"]
    sampling = ["--temperature", "1", "--top-k", "0", "--top-p", "1", "--level", "bars"]
    return [sys.executable, "-m", "chatmusician", "eval", "generation", *words, *sampling]


def test_a_killed_run_goes_on_to_the_same_result(
    folder: str, prompts: str, tmp_path: Path, root: Path
) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    where: dict[str, Any] = {"cwd": root, "stdout": subprocess.DEVNULL}
    process = subprocess.Popen(command(folder, prompts, killed), **where)
    items = killed / "items.jsonl"
    ends = time.monotonic() + 60
    while not (items.is_file() and items.read_bytes().count(b"\n") >= 2):
        assert process.poll() is None
        assert time.monotonic() < ends
        time.sleep(0.002)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert not (killed / "result.json").exists()
    assert len(read_items(killed, torn=True)) < 8
    for out in (killed, whole):
        subprocess.run(command(folder, prompts, out), check=True, **where)
    one, two = read_result(whole), read_result(killed)
    for result in (one, two):
        del result["provenance"]["time"]
    assert one == two
    for name in ("items.jsonl", "plot.png"):
        assert (whole / name).read_bytes() == (killed / name).read_bytes(), name


def asked(**changed: Any) -> Asked:
    found = read_row(rows()[0])
    assert found is not None
    return Asked(**{**vars(found), **changed})


def test_prompts_beyond_the_context_cost_themselves_alone(folder: str) -> None:
    model = FromModel(open_model(folder), "brief", Sampling())
    long = asked(id="long", prompt="bla " * 600)
    found = list(model.generate([long, asked()], [1, 2]))
    assert [(one.id == "long", one.finish) for one in found] == [(True, TOO_LONG), (False, "end")]
    assert (found[0].text, found[1].text.strip()) == ("", JIG.strip())


class Server:
    """A backend without logits whose tunes come out right at the second try."""

    name, tokens = "server", None
    can = Capabilities(logits=False, batch=False, seed=False, streaming=False, context=0)
    defaults = Sampling()

    def __init__(self) -> None:
        self.remarks: list[str] = []
        self.seeds: list[int] = []

    def generate(
        self,
        requests: Sequence[Request],
        sampling: Sampling,
        *,
        on_text: OnText | None = None,
        cancel: Any = None,
    ) -> list[Completion]:
        assert all(request.constraint is None for request in requests)
        told = [request.seed for request in requests]
        text = JIG if self.seeds else JIG.replace("D3", "D")
        self.seeds += told
        return [Completion(text, 9, "end", 0.1, seed) for seed in told]

    def close(self) -> None:
        pass


@pytest.mark.parametrize(("tries", "right"), [(3, True), (1, False)])
def test_without_logits_tunes_are_asked_for_again(tries: int, right: bool) -> None:
    server = Server()
    opened = Opened(server, "server", {"name": "server", "sha256": None}, {})
    (found,) = FromModel(opened, "brief", Sampling(), tries=tries).generate([asked()], [7])
    assert (found.text == JIG) is right
    assert (found.tries, found.tokens) == (len(server.seeds), 9 * len(server.seeds))
    assert found.held == "checked"
    assert len(set(server.seeds)) == len(server.seeds) == (2 if right else 1)
    with pytest.raises(Exception, match="no probabilities"):
        text_likelihood(opened)


def bits_by_hand(model: Any, text: str) -> float:
    """Token by token, the end too; the first is one of all alike."""
    ids = [*tokenizer()(text, add_special_tokens=False).input_ids, tokenizer().eos_token_id]
    with torch.inference_mode():
        chances = model(torch.tensor([ids])).logits[0].log_softmax(-1)
    lost = sum(-float(chances[at - 1, ids[at]]) for at in range(1, len(ids)))
    return (lost + log(len(tokenizer()))) / log(2)


def test_bits_are_those_of_the_model(folder: str, prompts: str, tmp_path: Path) -> None:
    from transformers import AutoModelForCausalLM

    texts = [*ASKED.values(), "X:1\nK:C\nz|]"]
    found = text_likelihood(open_model(folder, whole=True))(texts)
    model = AutoModelForCausalLM.from_pretrained(folder).eval()
    assert found == pytest.approx([bits_by_hand(model, text) for text in texts], rel=1e-4)
    # The end of a text is likelier behind a whole tune than in its middle.
    held = tmp_path / "held"
    held.mkdir()
    lines = [json.dumps({"id": str(at), "text": text}) for at, text in enumerate(texts)]
    (held / "part.jsonl").write_text("\n".join(lines))
    words = ["--prompts", prompts, "-m", folder, "-n", "2", "-o", str(tmp_path / "out")]
    assert run(*words, "--held-out", str(held)) == 2
    assert run(*words, "--held-out", str(held), "--train", prompts) == 0
    result = read_result(tmp_path / "out")
    rate = whole(result)["bits_per_character"]
    assert rate["value"] == pytest.approx(sum(found) / sum(map(len, texts)))
    assert rate["n"] == 3
    assert {row["name"] for row in result["rows"]} >= {"seven-gram", "xz after training"}


def test_texts_and_a_model_contradict_each_other(
    folder: str, prompts: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("--prompts", prompts, "--outputs", prompts, "-m", folder, "-o", "out") == 2
    assert run("--prompts", prompts, "--name", "x", "-m", folder, "-o", "out") == 2
    assert run("--prompts", prompts, "-m", folder, "--tries", "0", "-o", "out") == 2
    assert run("--prompts", prompts, "-m", folder, "--train", "none", "-o", "out") == 1
    assert "none: no such file" in capsys.readouterr().err


def test_adapters_are_part_of_the_model(folder: str, tmp_path: Path) -> None:
    peft = pytest.importorskip("peft")
    from transformers import AutoModelForCausalLM

    def adapter(name: str, seed: int) -> str:
        torch.manual_seed(seed)
        base = AutoModelForCausalLM.from_pretrained(folder)
        config = peft.LoraConfig(r=4, target_modules=["q_proj"], init_lora_weights=False)
        peft.get_peft_model(base, config).save_pretrained(tmp_path / name)
        return str(tmp_path / name)

    first, second = adapter("one", 1), adapter("two", 2)
    opened: Callable[[tuple[str, ...]], Opened] = lambda names: open_model(  # noqa: E731
        folder, LoadOptions(adapters=names)
    )
    plain, one, two = opened(()), opened((first,)), opened((second,))
    prints = [found.fingerprint["sha256"] for found in (plain, one, two)]
    assert len(set(prints)) == 3
    assert one.fingerprint["base"] == plain.fingerprint["sha256"]
    assert one.name == f"{Path(folder).name} + one"
