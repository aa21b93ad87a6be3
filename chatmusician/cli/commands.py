"""The table of commands: a new command is a row here and a module beside this one.

A module has `configure(parser)`, which adds its description, options and example, and
`run(args)`, which does the work and returns the exit code.
"""

from __future__ import annotations

import argparse
import importlib
from dataclasses import dataclass
from typing import Protocol, cast


class CommandModule(Protocol):
    def configure(self, parser: argparse.ArgumentParser) -> None: ...

    def run(self, args: argparse.Namespace) -> int: ...


@dataclass(frozen=True)
class Command:
    name: str
    help: str
    module: str

    def load(self) -> CommandModule:
        return cast(CommandModule, importlib.import_module(self.module))


COMMANDS = (
    Command("compose", "compose tunes for a request in words", "chatmusician.cli.compose"),
    Command("chat", "talk with a model, turn by turn", "chatmusician.cli.chat"),
    Command("predict", "answer a file of requests", "chatmusician.cli.predict"),
    Command("check", "find problems in ABC files", "chatmusician.cli.check"),
    Command("convert", "convert between notation formats", "chatmusician.cli.convert"),
    Command("render", "score pictures, PDF, MIDI, sound and plots", "chatmusician.cli.render"),
    Command("transcribe", "sound or played MIDI to ABC", "chatmusician.cli.transcribe"),
    Command("describe", "facts and a caption of a piece", "chatmusician.cli.describe"),
    Command("ask", "questions about a piece", "chatmusician.cli.ask"),
    Command("demo", "the web page: compose, edit, hear, chat", "chatmusician.cli.demo"),
    Command("corpus", "build training text from tune collections", "chatmusician.cli.corpus"),
    Command("train", "preprocess, train, merge and export models", "chatmusician.cli.train"),
    Command("eval", "benchmarks: how good models are, with intervals", "chatmusician.cli.eval"),
    Command("doctor", "show what is installed and what is missing", "chatmusician.cli.doctor"),
    Command("completion", "print a shell completion script", "chatmusician.cli.completion"),
)
BY_NAME = {command.name: command for command in COMMANDS}
