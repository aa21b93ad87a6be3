"""`chatmusician chat`: a conversation in the terminal."""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from chatmusician.cli.model_options import (
    add_model_options,
    add_sampling_options,
    load_backend,
    sampling,
)
from chatmusician.cli.output import note, report_error
from chatmusician.cli.parser import describe
from chatmusician.errors import ChatMusicianError, UsageError
from chatmusician.files import write_atomic

if TYPE_CHECKING:
    from chatmusician.model.conversation import Conversation
    from chatmusician.model.generation import Completion

_BLOCK = '"""'
_FIELD = re.compile(r"X:\s*\d")
_HELP = """A line is sent when it ends. Several lines: begin and end with a line of three quotes,
or paste a tune (from X: to an empty line); \\ at a line's end joins it with the next.
/render [FORMATS]  write the last tune as score and sound (default: svg,mid,wav)
/save [FILE]       save the last tune (.abc), or the conversation (.txt, .json)
/retry             answer the last question again, with the next seed
/seed [N]          set the seed of the next answer, or show it
/new               forget the conversation
/help              this text
/quit              end (so does Ctrl-D); Ctrl-C ends an answer"""


def configure(parser: argparse.ArgumentParser) -> None:
    describe(
        parser,
        "Talk with a model, turn by turn; what it says of tunes can be drawn, played and saved.\n\n"
        + _HELP,
        "chatmusician chat",
        "chatmusician chat -m models/ChatMusician --seed 7",
    )
    parser.add_argument("--seed", type=int, metavar="N", help="seed of the first answer")
    parser.add_argument(
        "-o", "--output", metavar="DIR", default=".", help="where /render writes (default: .)"
    )
    add_model_options(parser)
    add_sampling_options(parser)


def run(args: argparse.Namespace) -> int:
    from chatmusician.model.conversation import Conversation

    backend = load_backend(args)
    talk = Conversation(backend, sampling(args, backend.defaults), seed=args.seed)
    shell = _Shell(talk, args.output)
    note(f"{backend.name}; /help says what can be done")
    try:
        while (said := shell.read()) is not None:
            if said.strip() and not shell.answer(said):
                break
    finally:
        backend.close()
    return 0


class _Shell:
    def __init__(self, talk: Conversation, folder: str) -> None:
        self.talk = talk
        self.folder = folder
        self.rendered = 0
        self.commands: dict[str, Callable[[str], None]] = {
            "/render": self.render,
            "/save": self.save,
            "/retry": lambda _: self.tell(self.talk.retry),
            "/seed": self.seed,
            "/new": self.forget,
            "/help": lambda _: print(_HELP),
        }

    # -- reading ------------------------------------------------------------

    def read(self) -> str | None:
        """What is said next, of one line or several; None at the end."""
        line = self.line("> ")
        if line is None:
            return None
        if line.strip() == _BLOCK:
            return self.until(lambda text: text.strip() == _BLOCK)
        if _FIELD.search(line) and not line.startswith("/"):
            return f"{line}\n{self.until(lambda text: not text.strip())}"
        while line.endswith("\\"):
            line = f"{line[:-1]}\n{self.line('. ') or ''}"
        return line

    def line(self, prompt: str) -> str | None:
        try:
            if sys.stdin.isatty():
                return input(prompt)
            text = sys.stdin.readline()
            return text.rstrip("\r\n") if text else None
        except EOFError:
            return None
        except KeyboardInterrupt:
            note("\n(/quit ends)")
            return ""

    def until(self, ends: Callable[[str], bool]) -> str:
        lines = []
        while (line := self.line(". ")) is not None and not ends(line):
            lines.append(line)
        return "\n".join(lines)

    # -- answering ----------------------------------------------------------

    def answer(self, said: str) -> bool:
        """Whether the conversation goes on."""
        name, _, rest = said.strip().partition(" ")
        if name in ("/quit", "/exit"):
            return False
        try:
            if name in self.commands:
                self.commands[name](rest.strip())
            elif re.fullmatch(r"/[a-z]+", name):
                raise UsageError(f"unknown command {name}", hint="/help")
            else:
                self.tell(lambda told: self.talk.ask(said, told))
        except ChatMusicianError as error:
            report_error(error)
        return True

    def tell(self, ask: Callable[[Callable[[str], None]], Completion]) -> None:
        done = ask(_write)
        _write("\n")
        if self.talk.forgotten:
            note(f"(the first {self.talk.forgotten} turns no longer fit and were left out)")
        if not done.finished:
            note(f"(not finished: {done.finish})")

    def seed(self, text: str) -> None:
        if text and not text.isdigit():
            raise UsageError(f"{text!r} is no seed", hint="/seed 7")
        self.talk.seed = int(text) if text else self.talk.seed
        print(f"the next answer has seed {self.talk.seed}")

    def forget(self, _: str) -> None:
        self.talk.turns.clear()
        self.talk.forgotten = 0

    def render(self, formats: str) -> None:
        from chatmusician.rendering import DEFAULT, Renderer

        tune = self.talk.last_tune()
        wanted = [word.strip() for word in formats.split(",") if word.strip()] or list(DEFAULT)
        folder = Path(self.folder)
        folder.mkdir(parents=True, exist_ok=True)
        self.rendered += 1
        path = folder / f"chat-{self.rendered}.abc"
        write_atomic(str(path), tune.abc.encode())
        print(path)
        others = [format for format in wanted if format != "abc"]
        for made in Renderer([str(path)], folder, others).render(str(path)) if others else ():
            for file in made.files:
                print(file)
            for problem in made.errors:
                note(f"error: {problem}")

    def save(self, name: str) -> None:
        name = name or "tune.abc"
        if name.endswith(".json"):
            turns = [asdict(turn) for turn in self.talk.turns]
            text = json.dumps(turns, indent=2, ensure_ascii=False) + "\n"
        elif name.endswith(".abc"):
            text = self.talk.last_tune().abc
        else:
            text = self.talk.text()
        write_atomic(name, text.encode())
        print(name)


def _write(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()
