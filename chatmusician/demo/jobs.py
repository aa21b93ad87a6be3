"""The work that the page does in processes: what each job is, and the process that does it.

This module is imported by the process that workers are forked from, so that a new worker has
everything loaded already. It must stay free of gradio and of the model.
"""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

from chatmusician.abc.pictures import by_verovio
from chatmusician.abc.pictures.inside import InsidePool
from chatmusician.demo import changes, scores, uploads
from chatmusician.demo.settings import Limits
from chatmusician.errors import ChatMusicianError, LimitError

try:
    import resource
except ImportError:  # not on Windows
    resource = None  # type: ignore[assignment]

# Kilobytes; a fresh worker has some 120,000.
_LARGE_KB = 300_000
# The kinds of reply.
DONE, REFUSED, FAILED = "done", "refused", "failed"
_WARM = 'X:1\nT:t\nC:c\nM:6/8\nL:1/8\nQ:3/8=100\nK:D\n"D"DFA dfa|d6|]\nw: la la\n'


def _score(text: str, width: float, limits: Limits) -> scores.Score:
    return scores.score(text, limits, width)


def _file(
    text: str, format: str, playing: scores.Playing | None, limits: Limits
) -> tuple[bytes, str]:
    """The file, and the title of its tune."""
    data = scores.file(text, format, limits, playing)
    return data, scores.first_tune(text, limits).title


def _transposed(text: str, semitones: int, limits: Limits) -> str:
    return changes.transposed(scores.first_tune(text, limits), semitones)


def _described(text: str, limits: Limits) -> dict[str, Any]:
    from chatmusician.demo.timing import performed
    from chatmusician.transcription.facts import describe_piece
    from chatmusician.transcription.facts.source import of_tune

    tune = scores.first_tune(text, limits)
    if performed(tune).seconds > limits.recording:
        raise LimitError(f"the tune lasts longer than {limits.recording / 60:g} minutes")
    facts: dict[str, Any] = describe_piece(of_tune(tune, "the tune")).facts
    return facts


JOBS: dict[str, Callable[..., Any]] = {
    "check": scores.problems,
    "score": _score,
    "file": _file,
    "transpose": _transposed,
    "open": uploads.to_abc,
    "describe": _described,
}


def answer(name: str, arguments: tuple[Any, ...]) -> tuple[str, Any]:
    """What a job gives: its result, the error it refuses its input with, or how it failed."""
    try:
        return DONE, JOBS[name](*arguments)
    except ChatMusicianError as error:
        return REFUSED, error
    except MemoryError:
        return REFUSED, LimitError("this needs more memory than one request may use")
    except RecursionError:
        return REFUSED, LimitError("this is nested too deeply")
    except Exception as error:
        return FAILED, (type(error).__name__, traceback.format_exc(limit=-4))


def work(connection: Connection, folder: str, megabytes: int, nice: int) -> None:
    """A worker: jobs from `connection`, one after the other, until it is closed.

    Each job comes with the seconds of CPU time it may use. A job that uses more ends this process
    by SIGPROF: the system's own timer also stops native code that never returns.
    """
    _confine(folder, megabytes, nice)
    try:
        while True:
            name, arguments, seconds = connection.recv()
            _allow(seconds)
            reply = answer(name, arguments)
            _allow(0)
            connection.send(reply)
            if _swollen():
                return
    except (EOFError, OSError):
        pass
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _swollen() -> bool:
    """Whether this process has grown so far that a fresh one should take its place."""
    if not hasattr(resource, "getrusage"):
        return False
    return bool(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss > _LARGE_KB)


def _allow(seconds: float) -> None:
    """So much CPU time from now on; without limit for 0. Only a clock elsewhere is on Windows."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_PROF, seconds)


def _confine(folder: str, megabytes: int, nice: int) -> None:
    if hasattr(resource, "setrlimit"):
        os.setsid()  # Ctrl-C is for the server, and programs that a job starts end with its group
        signal.signal(signal.SIGPROF, signal.SIG_DFL)
        size = megabytes * 1024 * 1024
        resource.setrlimit(resource.RLIMIT_AS, (size, size))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        os.nice(nice)
    tempfile.tempdir = folder
    # This process may crash as well as another: verovio needs none of its own.
    by_verovio.use_pool(InsidePool())


def warm() -> None:
    """Load everything that a job may need, so that each worker is forked with it."""
    limits = Limits()
    for format in ("svg", "pdf", "png", "wav", "mid"):
        answer("file", (_WARM, format, None, limits))
    answer("describe", (_WARM, limits))
    status, written = answer("file", (_WARM, "musicxml", None, limits))
    if status == DONE:
        answer("open", (written[0], limits))
