"""What the commands `eval mtb`, `eval mmlu` and `eval theory` share."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from chatmusician.cli.model_options import add_model_options, load_options
from chatmusician.cli.output import note, print_json
from chatmusician.cli.parser import add_json
from chatmusician.eval.choice import USUAL

# As in eval.choice.modes, which is not imported for the sake of --help.
MODES = ("likelihood", "cloze", "direct", "role-play", "chain-of-thought")


def configure(parser: argparse.ArgumentParser, name: str, *, needs_output: bool = True) -> None:
    shots, shuffles = USUAL[name]
    parser.add_argument("-o", "--output", required=needs_output, metavar="DIR", help="to write")
    parser.add_argument("--data", default="", metavar="FILE", help="questions, or a hub name")
    parser.add_argument("--dev", default="", metavar="FILE", help="the rows that shots are from")
    parser.add_argument(
        "--shots", type=int, default=shots, metavar="N", help=f"examples before it ({shots})"
    )
    parser.add_argument(
        "--shuffles",
        type=int,
        default=shuffles,
        metavar="N",
        help=f"orders of the options; 0: as in the data ({shuffles})",
    )
    parser.add_argument(
        "--seed", type=int, default=0, metavar="N", help="the first shuffle's seed (0)"
    )
    parser.add_argument("--mode", choices=MODES, default=MODES[0], help="how answers are taken")
    parser.add_argument("--chat", action="store_true", help="put prompts into the chat form")
    parser.add_argument(
        "--facts", action="store_true", help="ask again with computed facts of the ABC"
    )
    parser.add_argument("--limit", type=int, default=0, metavar="N", help="of each subject only N")
    parser.add_argument("--skip-bad", action="store_true", help="leave bad rows out, counted")
    parser.add_argument(
        "--against", action="append", default=[], metavar="DIR", help="compare with that run"
    )
    parser.add_argument(
        "--batch-tokens", type=int, default=8192, metavar="N", help="tokens in a batch (8192)"
    )
    parser.add_argument("--fresh", action="store_true", help="forget an earlier run in DIR")
    add_json(parser, "the result")
    add_model_options(parser)


def run(args: argparse.Namespace, name: str, seeds: tuple[int, ...] = ()) -> int:
    from chatmusician.eval.choice.benchmark import ChoiceOptions, run_choice

    options = ChoiceOptions(
        data=args.data,
        dev=args.dev,
        shots=args.shots,
        shuffles=args.shuffles,
        seed=args.seed,
        seeds=seeds,
        mode=args.mode,
        chat=args.chat,
        facts=args.facts,
        limit=args.limit,
        skip_bad=args.skip_bad,
        against=tuple(args.against),
        batch_tokens=args.batch_tokens,
        fresh=args.fresh,
    )
    done = run_choice(
        name, args.output, options, model=args.model, load=load_options(args), told=Progress()
    )
    for remark in done.remarks:
        note(remark)
    if args.json:
        print_json(done.result)
    else:
        print((Path(args.output) / "table.md").read_text(encoding="utf-8"), end="")
    return 0


class Progress:
    """A line with what is done and when the rest will be, on a terminal only."""

    def __init__(self) -> None:
        self.begun = time.monotonic()
        self.first = 0

    def __call__(self, done: int, of: int) -> None:
        if not sys.stderr.isatty():
            return
        self.first = self.first or done
        rate = (time.monotonic() - self.begun) / max(done - self.first, 1)
        left = f", {rate * (of - done):.0f} s left" if done > self.first else ""
        end = "\n" if done == of else ""
        print(f"\r{done} of {of}{left}   ", end=end, file=sys.stderr, flush=True)
