"""`chatmusician eval export`: our tasks for lm-evaluation-harness."""

from __future__ import annotations

import argparse

from chatmusician.cli.output import note
from chatmusician.cli.parser import describe
from chatmusician.errors import UsageError

TASKS = ("mtb", "mmlu", "theory")


def configure(parser: argparse.ArgumentParser) -> None:
    describe(
        parser,
        "Tasks with their data as lm-evaluation-harness reads them (YAML and JSON lines).",
        "chatmusician eval export lm-eval theory --seeds 1 -o tasks",
        "lm_eval --include_path tasks --tasks chatmusician_theory --model hf --model_args ...",
    )
    parser.add_argument("target", choices=("lm-eval",), help="what the tasks are for")
    parser.add_argument("task", choices=TASKS, help="the benchmark")
    parser.add_argument("-o", "--output", required=True, metavar="DIR", help="the folder to write")
    parser.add_argument("--data", default="", metavar="FILE", help="questions, or a hub name")
    parser.add_argument("--dev", default="", metavar="FILE", help="the rows that shots are from")
    parser.add_argument("--shots", type=int, default=-1, metavar="N", help="examples before it")
    parser.add_argument("--seeds", default="0", metavar="A,B", help="of generated questions (0)")
    parser.add_argument("--shuffle", type=int, default=None, metavar="N", help="options by a seed")
    parser.add_argument("--skip-bad", action="store_true", help="leave bad rows out")


def run(args: argparse.Namespace) -> int:
    from chatmusician.eval.choice.export import export_lm_eval
    from chatmusician.eval.choice.run import Job
    from chatmusician.eval.choice.sources import questions_of
    from chatmusician.eval.choice.tasks import load_task

    try:
        seeds = tuple(int(word) for word in args.seeds.split(","))
    except ValueError as error:
        raise UsageError(f"--seeds are numbers with commas, not {args.seeds!r}") from error
    task = load_task(args.task)
    shots = task.shots if args.shots < 0 else args.shots
    found = questions_of(
        task, data=args.data, dev=args.dev, seeds=seeds, shots=shots, skip_bad=args.skip_bad
    )
    orders = () if args.shuffle is None else (args.shuffle,)
    job = Job(task, found.questions, dev=found.dev, shots=shots, orders=orders)
    for path in export_lm_eval(job, args.output):
        note(f"written: {path}")
    return 0
