"""Worker processes: whatever they do, one clear error, and the next call has a new one."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from chatmusician.abc.pictures import verovio_worker
from chatmusician.abc.pictures.workers import Pool
from chatmusician.errors import EngineError

# A worker that answers with its own process id and the request, or does as it is told.
WORKER = f"""
import importlib.util, os, signal, sys, time
spec = importlib.util.spec_from_file_location('protocol', {verovio_worker.__file__!r})
protocol = importlib.util.module_from_spec(spec)
spec.loader.exec_module(protocol)
replies = os.fdopen(os.dup(1), 'wb')
os.dup2(2, 1)
while (body := protocol.read_message(sys.stdin.buffer)) is not None:
    match body:
        case b'crash': os.kill(os.getpid(), signal.SIGSEGV)
        case b'leave': sys.exit(3)
        case b'hang': time.sleep(60)
        case b'complain': print('no such note', flush=True); os.abort()
        case b'half': replies.write(b'\\0\\0\\0\\7abc'); replies.flush(); sys.exit(0)
        case b'flood': print('words ' * 100_000, flush=True)
        case b'huge': replies.write(b'\\xff' * 64); replies.flush(); time.sleep(60)
        case b'eat': time.sleep(0.2); bytearray(3_000_000_000)
    protocol.write_message(replies, b'%d %s' % (os.getpid(), body))
"""


@pytest.fixture
def pool() -> Iterator[Pool]:
    made = Pool([sys.executable, "-c", WORKER], name="it", most=4, megabytes=1000)
    yield made
    made.close()


def pid_of(reply: bytes) -> int:
    return int(reply.split()[0])


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def test_one_worker_is_kept_for_many_requests(pool: Pool) -> None:
    replies = [pool.ask(b"%d" % number, 20) for number in range(5)]
    assert [reply.split()[1] for reply in replies] == [b"0", b"1", b"2", b"3", b"4"]
    assert len({pid_of(reply) for reply in replies}) == 1


def test_a_long_message_comes_back_whole(pool: Pool) -> None:
    body = bytes(range(256)) * 20_000
    assert pool.ask(body, 20).partition(b" ")[2] == body


@pytest.mark.parametrize(
    ("request_body", "said"),
    [
        (b"crash", "it crashed (SIGSEGV)"),
        (b"leave", "it ended with exit code 3 and no answer"),
        (b"half", "it ended with exit code 0 and no answer"),
        (b"complain", "it crashed (SIGABRT): no such note"),
        (b"hang", "it was stopped after 1 seconds"),
    ],
)
def test_a_failure_is_told_once_and_the_worker_replaced(
    pool: Pool, request_body: bytes, said: str
) -> None:
    before = pid_of(pool.ask(b"first", 20))
    with pytest.raises(EngineError) as caught:
        pool.ask(request_body, 1 if request_body == b"hang" else 20)
    assert caught.value.message == said
    after = pid_of(pool.ask(b"next", 20))
    assert after != before
    assert not alive(before)


def test_nonsense_instead_of_an_answer_is_an_error(pool: Pool) -> None:
    with pytest.raises(EngineError, match="it gave no answer"):
        pool.ask(b"huge", 20)


def test_words_do_not_disturb_the_answer(pool: Pool) -> None:
    assert pool.ask(b"flood", 20).endswith(b" flood")


@pytest.mark.skipif(sys.platform != "linux", reason="memory is limited on Linux")
def test_memory_is_limited(pool: Pool) -> None:
    with pytest.raises(EngineError, match=r"it ended with exit code 1.*MemoryError"):
        pool.ask(b"eat", 20)


def test_a_worker_killed_while_idle_is_replaced(pool: Pool) -> None:
    first = pid_of(pool.ask(b"one", 20))
    os.kill(first, 9)
    time.sleep(0.2)
    assert pid_of(pool.ask(b"two", 20)) != first


def test_sixteen_threads_each_get_their_own_answer(pool: Pool) -> None:
    def ask(number: int) -> bytes:
        return pool.ask(b"request-%d" % number, 60)

    with ThreadPoolExecutor(16) as threads:
        replies = list(threads.map(ask, range(64)))
    assert [reply.split()[1] for reply in replies] == [b"request-%d" % n for n in range(64)]
    assert len({pid_of(reply) for reply in replies}) <= 4


def test_threads_that_end_leave_the_worker_alive(pool: Pool) -> None:
    with ThreadPoolExecutor(1) as thread:
        first = thread.submit(pool.ask, b"one", 20).result()
    assert pid_of(pool.ask(b"two", 20)) == pid_of(first)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_child_has_workers_of_its_own(pool: Pool) -> None:
    ours = pid_of(pool.ask(b"one", 20))
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        try:
            os.write(writer, pool.ask(b"child", 20))
            pool.close()
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        reply = pipe.read()
    os.waitpid(child, 0)
    assert reply.endswith(b" child")
    assert pid_of(reply) != ours
    assert pid_of(pool.ask(b"two", 20)) == ours


def test_a_command_that_cannot_be_started() -> None:
    with pytest.raises(EngineError, match="nothing cannot be started"):
        Pool(["/no/such/program"], name="nothing", most=1, megabytes=100).ask(b"", 5)


PARENT = """
import os, signal, sys
from chatmusician.abc.pictures.workers import Pool
pool = Pool([sys.executable, '-c', {worker!r}], name='it', most=1, megabytes=1000)
print(pool.ask(b'x', 20).split()[0].decode(), flush=True)
if {how!r} == 'kill':
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
@pytest.mark.parametrize("how", ["end", "kill"])
def test_workers_die_with_their_parent(how: str, root: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", PARENT.format(worker=WORKER, how=how)],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=root,
    )
    pid = int(ran.stdout)
    deadline = time.monotonic() + 5
    while alive(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not alive(pid), ran.stderr
