"""Two processes on a CPU, by every launcher and sharding, reach the loss of one."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")
pytest.importorskip("deepspeed")
pytest.importorskip("peft")

from chatmusician.train import checkpoints, config_io
from chatmusician.train.run import train

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
Settings = Callable[..., dict[str, Any]]
SHARDINGS = ("none", "zero2", "zero3", "zero3-offload", "fsdp")


@pytest.fixture(autouse=True)
def _needs_a_compiler() -> None:
    if not shutil.which("g++") or not shutil.which("ninja"):
        pytest.skip("DeepSpeed compiles with g++ and ninja")


def environment(**more: str) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if key != "WORLD_SIZE"}
    path = f"{BIN}{os.pathsep}{os.environ['PATH']}"
    return kept | {"PYTHONPATH": str(ROOT), "PATH": path, "OMP_NUM_THREADS": "1", **more}


def torchrun(*more: str) -> list[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2"]
    return [*words, "--master-port", str(port), "-m", "chatmusician", "train", "pretrain", *more]


def written(values: dict[str, Any], folder: Path) -> str:
    path = folder / "run.yaml"
    path.write_text(json.dumps(values))
    return str(path)


def result(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "result.json").read_text())
    return found


@pytest.mark.parametrize("sharding", SHARDINGS)
def test_two_processes_reach_the_loss_of_one(
    sharding: str, settings: Settings, tmp_path: Path
) -> None:
    """The same global batch; the weights that come out are whole, and can be loaded."""
    from transformers import AutoModelForCausalLM

    held_out = {"held_out_share": 0.3}  # which leaves whole batches
    single = train(config_io.from_mapping(settings(tmp_path / "one", data=held_out)))
    more: dict[str, Any] = {"optimizer": {"batch": 1}, "hardware": {"sharding": sharding}}
    values = settings(tmp_path / "two", data=held_out, **more)
    line = torchrun(written(values, tmp_path))
    subprocess.run(line, env=environment(), check=True, timeout=600)
    two = result(tmp_path / "two")
    assert two["processes"] == 2
    for name in ("train_loss", "held_out_loss"):
        assert two[name] == pytest.approx(single[name], abs=1e-4)
    assert two["tokens_seen"] == single["tokens_seen"]
    one_model, two_model = (
        AutoModelForCausalLM.from_pretrained(tmp_path / name) for name in ("one", "two")
    )
    for expected, found in zip(one_model.parameters(), two_model.parameters(), strict=True):
        assert (expected - found).abs().max() < 1e-3


def test_the_deepspeed_launcher_with_a_hostfile(settings: Settings, tmp_path: Path) -> None:
    single = train(config_io.from_mapping(settings(tmp_path / "one")))
    hosts = tmp_path / "hosts"
    hosts.write_text("localhost slots=2\n")
    more: dict[str, Any] = {"optimizer": {"batch": 1}, "hardware": {"sharding": "zero2", "gpus": 2}}
    config = written(settings(tmp_path / "two", **more), tmp_path)
    line = [
        str(BIN / "deepspeed"),
        "--no_ssh_check",
        "--master_addr",
        "127.0.0.1",
        "--hostfile",
        str(hosts),
        "--module",
        "chatmusician",
    ]
    done = subprocess.run(
        [*line, "train", "pretrain", config],
        env=environment(DS_ACCELERATOR="cpu"),
        check=False,
        timeout=600,
    )
    assert done.returncode == 0
    assert result(tmp_path / "two")["train_loss"] == pytest.approx(single["train_loss"], abs=1e-4)


STUBS = {
    "scontrol": '[ "$1" = show ] && echo 127.0.0.1 || echo "$*" >> "$REQUEUED"',
    "srun": 'shift; SLURM_NODEID=1 "$@" & SLURM_NODEID=0 "$@"; s=$?; wait; exit $s',
}


def test_the_slurm_script_on_two_nodes(settings: Settings, tmp_path: Path) -> None:
    """With stand-ins for Slurm's programs: two launchers of one process each."""
    single = train(config_io.from_mapping(settings(tmp_path / "one")))
    for name, text in STUBS.items():
        (tmp_path / name).write_text(f"#!/bin/bash\n{text}\n")
        (tmp_path / name).chmod(0o755)
    values = settings(tmp_path / "two", optimizer={"batch": 1}, hardware={"gpus": 2})
    line = [sys.executable, "-m", "chatmusician", "train", "slurm"]
    script = subprocess.run(line, env=environment(), capture_output=True, check=True).stdout
    (tmp_path / "job.sbatch").write_bytes(script)
    env = environment(
        SLURM_JOB_NODELIST="node[1-2]",
        SLURM_JOB_NUM_NODES="2",
        SLURM_JOB_ID=str(os.getpid()),
        REQUEUED=str(tmp_path / "requeued"),
        PROCESSES="1",
        TRAIN=f"pretrain {written(values, tmp_path)}",
    )
    env["PATH"] = f"{tmp_path}{os.pathsep}{env['PATH']}"
    subprocess.run(["bash", str(tmp_path / "job.sbatch")], env=env, check=True, timeout=300)
    two = result(tmp_path / "two")
    assert two["processes"] == 2
    assert two["train_loss"] == pytest.approx(single["train_loss"], abs=1e-4)
    assert not (tmp_path / "requeued").exists()


def children(parent: int) -> list[int]:
    return [
        int(word) for word in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    ]


@pytest.mark.parametrize(
    ("sharding", "number"),
    [("none", signal.SIGKILL), ("none", signal.SIGTERM), ("zero2", signal.SIGKILL)],
)
def test_two_processes_stopped_end_bit_equal(
    sharding: str, number: int, settings: Settings, tmp_path: Path
) -> None:
    more: dict[str, Any] = {
        "optimizer": {"batch": 1, "steps": 60},
        "hardware": {"sharding": sharding},
    }
    config = written(settings(tmp_path / "whole", **more), tmp_path)
    subprocess.run(torchrun(config), env=environment(), check=True, timeout=600)
    cut = tmp_path / "cut"
    line = torchrun(config, f"output={cut}")
    process = subprocess.Popen(line, env=environment())
    while process.poll() is None and checkpoints.last_whole(cut) is None:
        time.sleep(0.01)
    if number == signal.SIGKILL:
        # torchrun's processes are in sessions of their own, and would go on without it.
        for one in [process.pid, *children(process.pid)]:
            os.kill(one, number)
    else:
        process.send_signal(number)
    assert process.wait(120)
    if number == signal.SIGTERM:
        assert not result(cut)["finished"]
    assert not (cut / "model.safetensors").exists()
    subprocess.run([*torchrun(config, f"output={cut}"), "--resume"], env=environment(), check=True)
    same = [(folder / "model.safetensors").read_bytes() for folder in (tmp_path / "whole", cut)]
    assert same[0] == same[1]
    assert result(cut)["train_loss"] == result(tmp_path / "whole")["train_loss"]


OFFLOADED = """
import json, sys
from chatmusician.train import config_io, run
from deepspeed.ops.adam import DeepSpeedCPUAdam
real = run._result
def looked_at(config, rows, trainer, done, *, finished):
    engine = trainer.deepspeed
    made = real(config, rows, trainer, done, finished=finished)
    return made | {
        "optimizer_on": str(engine.zero_offload_optimizer().device),
        "parameters_on": str(engine.zero_offload_param().device),
        "is_cpu_adam": type(engine.basic_optimizer) is DeepSpeedCPUAdam,
        "adamw": engine.basic_optimizer.adam_w_mode,
    }
run._result = looked_at
run.train(config_io.load(sys.argv[1]))
"""


def test_offload_really_offloads(settings: Settings, tmp_path: Path) -> None:
    """One process without a launcher: DeepSpeed's engine says itself where things are."""
    values = settings(
        tmp_path / "out", optimizer={"steps": 2}, hardware={"sharding": "zero3-offload"}
    )
    line = [sys.executable, "-c", OFFLOADED, written(values, tmp_path)]
    subprocess.run(line, env=environment(), check=True, timeout=600)
    found = result(tmp_path / "out")
    assert (found["optimizer_on"], found["parameters_on"]) == ("cpu", "cpu")
    assert found["is_cpu_adam"]
    assert found["adamw"]


def test_another_number_of_processes_is_refused(settings: Settings, tmp_path: Path) -> None:
    config = written(settings(tmp_path / "out", hardware={"gpus": 3}), tmp_path)
    done = subprocess.run(torchrun(config), env=environment(), capture_output=True, text=True)
    assert done.returncode
    assert "hardware.gpus is 3, and 2 processes were launched" in done.stderr
