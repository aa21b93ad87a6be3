"""Runs that are killed, stopped or out of room end as if they had not been: bit for bit."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")
pytest.importorskip("peft")

from chatmusician.errors import UsageError  # noqa: E402
from chatmusician.files import alone_in  # noqa: E402
from chatmusician.train import checkpoints, config_io  # noqa: E402
from chatmusician.train.run import train  # noqa: E402
from chatmusician.train.trainer import TokenTrainer  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
Settings = Callable[..., dict[str, Any]]

# Ends itself at a given call of a function: the same moment on every machine.
DRIVER = """
import os, resource, signal, sys
from chatmusician.train import checkpoints
from chatmusician.train.trainer import TokenTrainer
from chatmusician.cli import main
place, name, at, what = sys.argv[1:5]
owner = {"trainer": TokenTrainer, "checkpoints": checkpoints}[place]
real, calls = getattr(owner, name), 0
def wrapped(*given, **more):
    global calls
    calls += 1
    if calls == int(at) and what == "full":
        resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000))
    elif calls == int(at):
        if what == "late":
            real(*given, **more)
        os.kill(os.getpid(), signal.SIGKILL)
    return real(*given, **more)
setattr(owner, name, wrapped)
sys.exit(main(sys.argv[5:]))
"""


def driven(path: Path, *moment: str) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-c", DRIVER, *moment, "train", "pretrain", str(path)]
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.run(line, env=env, capture_output=True, text=True, check=False)


def written(values: dict[str, Any], folder: Path) -> Path:
    path = folder / "run.yaml"
    path.write_text(json.dumps(values))
    return path


def weights(output: Path) -> bytes:
    found = [*output.glob("model.safetensors"), *output.glob("adapter_model.safetensors")]
    return found[0].read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize(
    "moment",
    [
        ("trainer", "training_step", "15", "now"),
        ("trainer", "_save_optimizer_and_scheduler", "2", "now"),
        ("trainer", "_save_optimizer_and_scheduler", "2", "late"),
        ("checkpoints", "finish", "3", "now"),
        ("checkpoints", "finish", "3", "late"),
        ("trainer", "save_model", "5", "now"),
        ("trainer", "save_model", "5", "late"),
    ],
    ids=lambda moment: "-".join(moment),
)
def test_kill_at(moment: tuple[str, ...], settings: Settings, tmp_path: Path) -> None:
    """With accumulation, and a logging window that no checkpoint falls on the end of."""
    more: dict[str, Any] = {
        "optimizer": {"accumulation": 2},
        "logging": {"every": 5, "save_every": 3, "tensorboard": False, "keep": 1},
    }
    whole = train(config_io.from_mapping(settings(tmp_path / "whole", **more)))
    values = settings(tmp_path / "cut", **more)
    assert driven(written(values, tmp_path), *moment).returncode == -signal.SIGKILL
    assert not (tmp_path / "cut" / "result.json").exists()
    assert checkpoints.last_whole(tmp_path / "cut") is not None
    again = train(config_io.from_mapping(values), resume=True)
    assert weights(tmp_path / "cut") == weights(tmp_path / "whole")
    for name in ("train_loss", "steps", "tokens_seen", "finished"):
        assert again[name] == whole[name]


@pytest.mark.slow
def test_kill_with_dropout(settings: Settings, tmp_path: Path) -> None:
    train(config_io.from_mapping(settings(tmp_path / "base", optimizer={"steps": 1})))
    more: dict[str, Any] = {
        "model": {"path": str(tmp_path / "base"), "shape": {}},
        "adapter": {"method": "lora", "rank": 4, "dropout": 0.3},
    }
    whole = train(config_io.from_mapping(settings(tmp_path / "whole", **more)))
    values = settings(tmp_path / "cut", **more)
    moment = ("trainer", "training_step", "8", "now")
    assert driven(written(values, tmp_path), *moment).returncode == -signal.SIGKILL
    again = train(config_io.from_mapping(values), resume=True)
    assert again["train_loss"] == whole["train_loss"]
    assert weights(tmp_path / "cut") == weights(tmp_path / "whole")
    # The losses would differ, were the dropped units drawn anew.
    other = config_io.from_mapping(settings(tmp_path / "other", **more) | {"seed": 1})
    assert train(other)["train_loss"] != whole["train_loss"]


@pytest.mark.slow
def test_full_disk_keeps_the_last_good_checkpoint(settings: Settings, tmp_path: Path) -> None:
    whole = train(config_io.from_mapping(settings(tmp_path / "whole")))
    values = settings(tmp_path / "cut")
    done = driven(written(values, tmp_path), "trainer", "training_step", "5", "full")
    assert done.returncode == 1
    assert done.stderr.count("chatmusician: error:") == 1
    assert "checkpoint-6: cannot be written" in done.stderr
    assert "checkpoint-3" in done.stderr.splitlines()[-1]
    assert not (tmp_path / "cut" / "checkpoint-6").exists()
    again = train(config_io.from_mapping(values), resume=True)
    assert again["train_loss"] == whole["train_loss"]
    assert weights(tmp_path / "cut") == weights(tmp_path / "whole")


@pytest.mark.slow
def test_sigterm_saves_and_stops(settings: Settings, tmp_path: Path) -> None:
    more: dict[str, Any] = {"optimizer": {"steps": 200}, "logging": {"save_every": 1000}}
    whole = train(config_io.from_mapping(settings(tmp_path / "whole", **more)))
    values = settings(tmp_path / "cut", **more)
    line = [sys.executable, "-m", "chatmusician", "train", "pretrain"]
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        [*line, str(written(values, tmp_path))], env=env, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    for text in process.stderr:
        if text.startswith("step 7/"):
            break
    process.send_signal(signal.SIGTERM)
    process.send_signal(signal.SIGTERM)  # as launchers do
    process.communicate()
    assert process.returncode == 130
    stopped = json.loads((tmp_path / "cut" / "result.json").read_text())
    assert not stopped["finished"]
    assert 7 <= stopped["steps"] < 200
    again = train(config_io.from_mapping(values), resume=True)
    assert again["train_loss"] == whole["train_loss"]
    assert weights(tmp_path / "cut") == weights(tmp_path / "whole")


def test_a_signal_behind_the_last_step_changes_nothing(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = TokenTrainer.save_model

    def signalled(self: Any, folder: str, **more: Any) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(0.01)
        real(self, folder, **more)

    monkeypatch.setattr(TokenTrainer, "save_model", signalled)
    before = signal.getsignal(signal.SIGTERM)
    values = settings(tmp_path / "out", optimizer={"steps": 1}, data={"held_out_share": 0.2})
    done = train(config_io.from_mapping(values))
    assert done["finished"]
    assert weights(tmp_path / "out")
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_finished_run_is_not_done_again(settings: Settings, tmp_path: Path) -> None:
    config = config_io.from_mapping(settings(tmp_path / "out", optimizer={"steps": 1}))
    first = train(config)
    with pytest.raises(UsageError, match="holds a run"):
        train(config)
    assert train(config, resume=True)["seconds"] == first["seconds"]


def test_going_on_with_another_batch_is_refused(settings: Settings, tmp_path: Path) -> None:
    train(config_io.from_mapping(settings(tmp_path / "out", optimizer={"steps": 3})))
    (tmp_path / "out" / "result.json").unlink()
    other = config_io.from_mapping(settings(tmp_path / "out", optimizer={"batch": 3, "steps": 3}))
    with pytest.raises(UsageError, match=r"optimizer\.batch was 2, and is 3"):
        train(other, resume=True)


def test_half_a_checkpoint_is_passed_over(tmp_path: Path) -> None:
    for step, whole in ((5, True), (10, True), (15, False)):
        folder = tmp_path / f"checkpoint-{step}"
        folder.mkdir()
        if whole:
            (folder / checkpoints.WHOLE).touch()
    assert checkpoints.last_whole(tmp_path) == tmp_path / "checkpoint-10"


@pytest.mark.parametrize(("keep", "left"), [(1, [20]), (2, [10, 20]), (5, [5, 10, 20])])
def test_older_checkpoints_go_and_halves_too(tmp_path: Path, keep: int, left: list[int]) -> None:
    for step in (5, 10, 15, 20):
        folder = tmp_path / f"checkpoint-{step}"
        folder.mkdir()
        if step in (5, 10):
            (folder / checkpoints.WHOLE).touch()
    checkpoints.finish(tmp_path / "checkpoint-20", keep)
    found = sorted(int(path.name.split("-")[1]) for path in tmp_path.iterdir())
    assert found == left


def test_two_runs_in_one_folder_are_refused(settings: Settings, tmp_path: Path) -> None:
    held = alone_in(tmp_path / "out")
    config = config_io.from_mapping(settings(tmp_path / "out", optimizer={"steps": 1}))
    with pytest.raises(UsageError, match="another process is writing"):
        train(config)
    assert held is not None
    held.close()
    assert train(config)["finished"]
