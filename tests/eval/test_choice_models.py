"""Models that answer multiple choice: how they are opened, and their answers in words."""

from __future__ import annotations

import json
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from chatmusician.cli.app import main  # noqa: E402
from chatmusician.eval.choice.models import answerer_of, greedy, in_words  # noqa: E402
from chatmusician.eval.models import Opened, open_model  # noqa: E402
from chatmusician.eval.results import read_items, read_result  # noqa: E402
from chatmusician.model.load import LoadOptions  # noqa: E402


@pytest.fixture(scope="module")
def folder(choice_model: Any, choice_tokenizer: Any, tmp_path_factory: Any) -> Path:
    made: Path = tmp_path_factory.mktemp("model")
    choice_model.save_pretrained(made)
    choice_tokenizer.save_pretrained(made)
    return made


def replies(opened: Opened, prompts: Sequence[str]) -> list[str | None]:
    return list(greedy(opened.backend, 24)(prompts))


def test_replies_are_those_of_transformers(folder: Path) -> None:
    """One by one or together, and next to a prompt that is too long."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    opened = open_model(str(folder), whole=True)
    prompts = [f"Which note is {n} semitones above C?\nA. {n}" for n in range(5)]
    model = AutoModelForCausalLM.from_pretrained(folder).eval()
    tokenizer = AutoTokenizer.from_pretrained(folder)
    expected = []
    for prompt in prompts:
        given = tokenizer(
            f"Human: {prompt} </s> Assistant: ", add_special_tokens=False, return_tensors="pt"
        )
        made = model.generate(**given, max_new_tokens=24, do_sample=False, pad_token_id=0)
        new = made[0, given["input_ids"].shape[1] :]
        expected.append(tokenizer.decode(new, skip_special_tokens=True).strip())
    assert replies(opened, prompts) == expected
    long = "C " * 5000
    assert replies(opened, [prompts[0], long, prompts[1]]) == [expected[0], None, expected[1]]
    assert in_words(opened, "direct").settings["chat"] == "plain"


def test_a_chat_template_is_used(folder: Path, tmp_path: Path) -> None:
    import shutil

    shutil.copytree(folder, tmp_path / "model")
    template = "{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}<model>"
    (tmp_path / "model" / "chat_template.jinja").write_text(template)
    opened = open_model(str(tmp_path / "model"), whole=True)
    assert in_words(opened, "direct").settings["chat"] == "template"
    engine: Any = answerer_of(opened, chat=True)
    assert engine.engine.wrap("Why?\nAnswer:") == "<user>Why?<model>Answer:"


def test_an_adapter_changes_the_answers_and_the_fingerprint(folder: Path, tmp_path: Path) -> None:
    peft = pytest.importorskip("peft")
    from transformers import AutoModelForCausalLM

    torch.manual_seed(0)
    config = peft.LoraConfig(r=4, target_modules=["q_proj", "v_proj"], init_lora_weights=False)
    base = AutoModelForCausalLM.from_pretrained(folder)
    peft.get_peft_model(base, config).save_pretrained(tmp_path / "adapter")
    words = ["eval", "theory", "-m", str(folder), "--limit", "6", "--seeds", "1"]
    adapted = ["--adapter", str(tmp_path / "adapter")]
    assert main([*words, "-o", str(tmp_path / "plain")]) == 0
    assert main([*words, *adapted, "-o", str(tmp_path / "mounted")]) == 0
    assert main([*words, *adapted, "--merge", "-o", str(tmp_path / "merged")]) == 0
    assert main([*words, *adapted, "-o", str(tmp_path / "plain")]) == 2
    plain, mounted, merged = (
        [[item.scores[letter] for letter in "ABCD"] for item in read_items(tmp_path / name)]
        for name in ("plain", "mounted", "merged")
    )
    assert torch.tensor(mounted).allclose(torch.tensor(merged), atol=1e-3)
    assert not torch.tensor(plain).allclose(torch.tensor(mounted), atol=1e-1)
    found = read_result(tmp_path / "mounted")["provenance"]["model"]
    assert [one["name"] for one in found["adapters"]] == ["adapter"]


class Handler(BaseHTTPRequestHandler):
    asked: list[dict[str, Any]]

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.asked.append(body)
        answer = json.dumps({"choices": [{"text": "B.", "finish_reason": "stop"}]}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: Any) -> None:
        pass


def test_a_server_answers_in_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Handler.asked = []
    server = HTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    name = f"openai:http://127.0.0.1:{server.server_address[1]}/v1#test"
    words = ["eval", "theory", "-m", name, "--limit", "5", "--seeds", "1", "-o", str(tmp_path)]
    assert main(words) == 2
    assert "answers in words: --mode direct" in capsys.readouterr().err
    assert main([*words, "--mode", "direct"]) == 0
    server.shutdown()
    server.server_close()
    assert len(Handler.asked) == 10
    assert {body["temperature"] for body in Handler.asked} == {0}
    assert all(body["prompt"].startswith("Human: Read the following") for body in Handler.asked)
    assert {item.prediction for item in read_items(tmp_path)} == {"B"}
    result = read_result(tmp_path)
    assert (result["settings"]["model"], result["settings"]["chat"]) == ("test", "server")
    right = [item.answer == "B" for item in read_items(tmp_path)]
    overall = result["rows"][0]["metrics"]["overall"]["value"]
    assert overall == pytest.approx(sum(right) / 10)


def test_options_of_loading_are_checked(folder: Path, tmp_path: Path) -> None:
    words = ["eval", "theory", "--limit", "2", "-o", str(tmp_path / "out")]
    assert main([*words, "-m", str(tmp_path / "nowhere" / "here" / "at-all")]) == 1
    assert main([*words, "-m", str(folder), "--bits", "4"]) == 2
    assert main([*words, "-m", str(folder), "--adapter", str(tmp_path)]) == 1
    half = open_model(str(folder), LoadOptions(precision="bfloat16"), whole=True)
    assert half.settings["precision"] == "bfloat16"
    assert next(half.model.parameters()).dtype == torch.bfloat16
