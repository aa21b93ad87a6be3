"""Work in processes: results, limits of time and memory, and ends."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from multiprocessing.util import get_temp_dir
from pathlib import Path

import pytest

from chatmusician.demo import jobs
from chatmusician.demo.line import LeftError
from chatmusician.demo.settings import Limits
from chatmusician.demo.workers import JobFailed, Workers
from chatmusician.errors import EngineError, InputError, LimitError
from tests.demo.demo_models import TUNE

LIMITS = Limits()
LONG = "X:1\nM:4/4\nL:1/8\nK:C\n" + ("CDEFGABc|" * 8 + "\n") * 250


@pytest.fixture(scope="module")
def workers() -> Iterator[Workers]:
    made = Workers(LIMITS)
    yield made
    made.close()


def scratch() -> set[Path]:
    return set(Path(get_temp_dir()).glob("tmp*"))


def test_jobs(workers: Workers) -> None:
    assert workers.run("check", TUNE, LIMITS) == ()
    score = workers.run("score", TUNE, 120, LIMITS)
    assert (score.title, score.bars) == ("Ours", 2)
    data, title = workers.run("file", TUNE, "mid", None, LIMITS)
    assert (data[:4], title) == (b"MThd", "Ours")
    assert "K:E\n" in workers.run("transpose", TUNE, 2, LIMITS)
    assert workers.run("open", TUNE.encode(), LIMITS) == (TUNE, "abc")
    assert workers.run("describe", TUNE, LIMITS)["title"] == "Ours"


def test_an_error_on_purpose_comes_back_as_it_was(workers: Workers) -> None:
    with pytest.raises(InputError, match="no tune") as raised:
        workers.run("transpose", "words", 2, LIMITS)
    assert raised.value.hint == "a tune begins with X:1"


def test_a_mistake_of_ours_has_a_name(workers: Workers) -> None:
    with pytest.raises(JobFailed) as raised:
        workers.run("check", 5, LIMITS)
    assert raised.value.kind == "TypeError"
    assert "Traceback" in raised.value.words


def test_memory_and_depth_are_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(error: type[Exception]) -> None:
        raise error

    monkeypatch.setitem(jobs.JOBS, "check", fail)
    for error in (MemoryError, RecursionError):
        kind, given = jobs.answer("check", (error,))
        assert kind == jobs.REFUSED
        assert isinstance(given, LimitError)


def test_a_job_whose_client_has_gone_is_ended() -> None:
    pytest.importorskip("verovio")
    pytest.importorskip("cairosvg")
    workers = Workers(Limits(quick=60))
    cancel = threading.Event()
    threading.Timer(1.0, cancel.set).start()
    begun = time.monotonic()
    with pytest.raises(LeftError):
        workers.run("file", LONG, "pdf", None, LIMITS, cancel=cancel)
    assert time.monotonic() - begun < 10
    assert (workers.quick.line.inside, workers.quick.idle) == (0, [])


def test_what_takes_too_long_is_begun_again_slowly_and_then_given_up() -> None:
    pytest.importorskip("verovio")
    pytest.importorskip("cairosvg")
    before = scratch()
    workers = Workers(Limits(quick=0.3, drawing=0.6))
    with pytest.raises(LimitError, match=r"0\.6 seconds"):
        workers.run("file", LONG, "pdf", None, LIMITS)
    # The workers live, and a normal tune is drawn.
    assert workers.run("check", TUNE, LIMITS) == ()
    workers.close()
    assert scratch() <= before


def test_a_crash_costs_one_request(workers: Workers) -> None:
    workers.run("check", TUNE, LIMITS)
    (worker,) = workers.quick.idle[-1:]
    pid = worker.process.pid
    assert pid
    os.kill(pid, 9)
    worker.process.join(5)
    assert workers.run("check", TUNE, LIMITS) == ()  # an idle one that is dead is not taken
    busy = Workers(Limits(quick=60))
    threading.Timer(0.7, lambda: _kill(busy)).start()
    with pytest.raises(EngineError, match="SIGKILL"):
        busy.run("file", LONG, "pdf", None, LIMITS)
    assert busy.run("check", TUNE, LIMITS) == ()
    busy.close()


def _kill(workers: Workers) -> None:
    for process in list(workers.quick.busy):
        if process.pid:
            os.kill(process.pid, 9)


def test_many_at_once(workers: Workers) -> None:
    found: list[object] = []
    threads = [
        threading.Thread(
            target=lambda at=at: found.append(
                workers.run("score", TUNE.replace("Ours", f"t{at}"), 120, LIMITS, client=str(at))
            )
        )
        for at in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(score.title for score in found) == sorted(f"t{at}" for at in range(12))  # type: ignore[attr-defined]
