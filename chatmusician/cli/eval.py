"""`chatmusician eval`: benchmarks with intervals and provenance."""

from __future__ import annotations

import argparse
import importlib
import importlib.util
from dataclasses import dataclass
from typing import cast

from chatmusician.cli.commands import CommandModule
from chatmusician.cli.parser import HelpFormatter, add_debug, describe
from chatmusician.errors import MissingDependency


@dataclass(frozen=True)
class Benchmark:
    """A benchmark's name, help, the module with its `configure` and `run`, and what it needs."""

    name: str
    help: str
    module: str
    needs: tuple[str, ...] = ("numpy", "scipy", "matplotlib")

    def load(self) -> CommandModule:
        return cast(CommandModule, importlib.import_module(self.module))


# A new benchmark is a row here and a module that imports nothing heavy at its top.
BENCHMARKS = (
    Benchmark("mtb", "MusicTheoryBench", "chatmusician.cli.eval_mtb"),
    Benchmark("mmlu", "MMLU, 57 subjects", "chatmusician.cli.eval_mmlu"),
    Benchmark("theory", "generated music theory", "chatmusician.cli.eval_theory"),
    Benchmark("export", "tasks for lm-evaluation-harness", "chatmusician.cli.eval_export"),
    Benchmark(
        "transcription", "played tunes written down again", "chatmusician.cli.eval_transcription"
    ),
    Benchmark("audio", "key, tempo and beats of annotated sounds", "chatmusician.cli.eval_audio"),
    Benchmark("qa", "answers about tunes, from MIDI and from sound", "chatmusician.cli.eval_qa"),
    Benchmark("generation", "how good a model's tunes are", "chatmusician.cli.eval_generation"),
)
_BY_NAME = {benchmark.name: benchmark for benchmark in BENCHMARKS}


def configure(parser: argparse.ArgumentParser) -> None:
    describe(
        parser,
        "Benchmarks. Each writes result.json, items.jsonl, table.md and plot.png into -o DIR,\n"
        "with intervals, seeds and where everything came from; a stopped run goes on.",
        "chatmusician eval generation --prompts rows/test.jsonl --train rows/train.jsonl -o report",
    )
    names = parser.add_subparsers(
        title="benchmarks", dest="benchmark", metavar="BENCHMARK", required=True
    )
    for benchmark in BENCHMARKS:
        one = names.add_parser(
            benchmark.name, help=benchmark.help, formatter_class=HelpFormatter, allow_abbrev=False
        )
        benchmark.load().configure(one)
        add_debug(one, default=argparse.SUPPRESS)


def run(args: argparse.Namespace) -> int:
    benchmark = _BY_NAME[args.benchmark]
    require(benchmark.needs)
    return benchmark.load().run(args)


def require(packages: tuple[str, ...]) -> None:
    for name in packages:
        if importlib.util.find_spec(name) is None:
            raise MissingDependency(name, how='pip install ".[scores,eval]"')
