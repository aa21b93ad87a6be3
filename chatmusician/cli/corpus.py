"""`chatmusician corpus`: training text from tune collections and text sets."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from chatmusician.cli.output import note, print_json
from chatmusician.cli.parser import HelpFormatter, add_debug, add_json, describe
from chatmusician.errors import UsageError

RECIPES = Path(__file__).resolve().parent.parent / "resources" / "recipes" / "corpus"


def configure(parser: argparse.ArgumentParser) -> None:
    describe(
        parser,
        "Build and look at training text.",
        "chatmusician corpus build collections --data tunes/ -o corpus/",
        "chatmusician corpus tasks tunes/ -o rows --test-share 0.05",
        "chatmusician corpus stats corpus/",
    )
    actions = parser.add_subparsers(title="actions", dest="action", metavar="ACTION", required=True)
    for name, (help_text, add, _) in ACTIONS.items():
        action = actions.add_parser(
            name, help=help_text, formatter_class=HelpFormatter, allow_abbrev=False
        )
        add(action)
        add_debug(action, default=argparse.SUPPRESS)


def run(args: argparse.Namespace) -> int:
    return ACTIONS[args.action][2](args)


def _configure_build(parser: argparse.ArgumentParser) -> None:
    describe(
        parser,
        "Build a pre-training corpus from the sources of a recipe: read, convert to ABC, check,\n"
        "mend, drop copies and test material, mix, write parquet with a data card.\n"
        "The same command goes on where it was stopped. Recipes that come along: "
        + ", ".join(sorted(p.stem for p in RECIPES.glob("*.yaml"))),
        "chatmusician corpus build collections --data tunes/ -o corpus/",
        "chatmusician corpus build my.yaml --data tunes/ -o corpus/ --workers 8 --seed 1",
    )
    parser.add_argument("recipe", metavar="RECIPE", help="a YAML file, or the name of a recipe")
    parser.add_argument("--data", metavar="DIR", default=".", help="the folder of the sources")
    parser.add_argument("-o", "--output", metavar="DIR", required=True, help="the corpus folder")
    parser.add_argument("--workers", type=int, default=1, metavar="N", help="tasks at once")
    parser.add_argument(
        "--executor", default="local", metavar="NAME", help="local (default), slurm or ray"
    )
    parser.add_argument("--seed", type=int, metavar="N", help="instead of the recipe's")
    parser.add_argument(
        "--hold-out", type=float, metavar="SHARE", help="this share of tune families apart"
    )
    parser.add_argument("--shards", type=int, metavar="N", help="instead of the recipe's")
    parser.add_argument("--tokenizer", metavar="NAME", help="count tokens with it")
    parser.add_argument("--fresh", action="store_true", help="forget an earlier build in DIR")
    parser.add_argument("--keep-work", action="store_true", help="keep the intermediate files")
    add_json(parser, "the data card")


def _build(args: argparse.Namespace) -> int:
    from chatmusician.train.corpus import build, load_recipe
    from chatmusician.train.corpus.card import markdown

    names = ("seed", "shards", "hold_out", "tokenizer")
    given = {n: getattr(args, n) for n in names if getattr(args, n) is not None}
    built = build(
        load_recipe(_recipe_path(args.recipe), given),
        args.data,
        args.output,
        executor=args.executor,
        workers=args.workers,
        fresh=args.fresh,
        keep_work=args.keep_work,
        report=note,
    )
    if built.card is None:
        note(f"given to Slurm; {built.folder}/card.json is there when it is done")
    elif args.json:
        print_json(built.card)
    else:
        print(markdown(built.card), end="")
    return 0


def _recipe_path(name: str) -> str:
    if Path(name).suffix in (".yaml", ".yml") or Path(name).is_file():
        return name
    path = RECIPES / f"{name}.yaml"
    if not path.is_file():
        known = ", ".join(sorted(p.stem for p in RECIPES.glob("*.yaml")))
        raise UsageError(f"there is no recipe {name!r}", hint=f"a file's name, or one of: {known}")
    return str(path)


def _configure_stats(parser: argparse.ArgumentParser) -> None:
    describe(
        parser,
        "Count the rows, characters and, with a tokenizer, tokens of a corpus, by source.",
        "chatmusician corpus stats corpus/",
    )
    parser.add_argument("folder", metavar="DIR", help="a corpus folder, or a parquet file")
    parser.add_argument("--tokenizer", metavar="NAME", help="count tokens with it")
    add_json(parser)


def _stats(args: argparse.Namespace) -> int:
    from chatmusician.train.corpus.stats import statistics, table

    found = statistics(args.folder, args.tokenizer or "")
    if args.json:
        print_json(found)
    else:
        print(table(found), end="")
    return 0


def _configure_tasks(parser: argparse.ArgumentParser) -> None:
    from chatmusician.train.tasks.command import configure_tasks

    configure_tasks(parser)


def _tasks(args: argparse.Namespace) -> int:
    from chatmusician.train.tasks.command import run_tasks

    return run_tasks(args)


def _configure_qa(parser: argparse.ArgumentParser) -> None:
    from chatmusician.train.qa.build import EXECUTORS
    from chatmusician.train.qa.sets import SETS

    describe(
        parser,
        "Questions and answers over an annotated audio set: its sounds are cropped and listened\n"
        "to, and what the set states and what is heard becomes MusicQA's, LLark's and our rows.\n"
        "Sets are told by their own files: " + ", ".join(f"{s.name} ({s.mark})" for s in SETS),
        "chatmusician corpus qa musiccaps/ -o qa",
        "chatmusician corpus qa giantsteps/ -o qa --seconds 25 --seed 1",
        "chatmusician corpus qa fma/ -o qa --workers 8 -m models/chat.gguf",
    )
    parser.add_argument("folder", metavar="DIR", help="the set, its sounds below it")
    parser.add_argument("-o", "--output", metavar="DIR", required=True, help="folder to write")
    parser.add_argument("--set", metavar="NAME", choices=[s.name for s in SETS], help="which it is")
    parser.add_argument("--seconds", type=float, default=30.0, metavar="N", help="of a crop (30)")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="crops and questions (0)")
    parser.add_argument(
        "-m",
        "--model",
        metavar="MODEL",
        help="words the questions: a folder, a hub id, a .gguf file, openai:URL#NAME or bundled "
        "(default: our own wordings)",
    )
    parser.add_argument("--workers", type=int, default=1, metavar="N", help="parts at once (1)")
    parser.add_argument(
        "--executor", choices=EXECUTORS, default="local", help="where parts run (local)"
    )
    parser.add_argument("--partition", default="", metavar="NAME", help="of Slurm")
    parser.add_argument("--time", default="12:00:00", metavar="H:M:S", help="of a Slurm job")
    parser.add_argument("--fresh", action="store_true", help="forget an earlier run in DIR")
    add_json(parser, "what was made")


def _qa(args: argparse.Namespace) -> int:
    from chatmusician.train.qa.build import Job, build

    if not 5 <= args.seconds <= 600:
        raise UsageError("--seconds is from 5 to 600")
    made = build(
        Job(
            args.folder,
            args.output,
            args.set,
            args.seed,
            args.seconds,
            args.fresh,
            args.model,
            args.executor,
            args.workers,
            args.partition,
            args.time,
        ),
        lambda id, error: note(f"{id}: {error}") if error else None,
    )
    if made.submitted:
        note(f"{made.tracks} tracks were given to Slurm; the records follow in {args.output}")
        return 0
    good = made.tracks - len(made.failed)
    if args.json:
        print_json(
            {"tracks": good, "pairs": made.pairs, "worded": made.worded, "failed": made.failed}
        )
    else:
        words = f" ({made.worded} in the model's words)" if args.model else ""
        failed = len(made.failed)
        print(f"{made.pairs} pairs{words} of {good} tracks, {failed} failed: {args.output}")
    return 1 if made.failed else 0


# A new action is a row: its help, what adds its options, what runs it.
ACTIONS: dict[
    str, tuple[str, Callable[[argparse.ArgumentParser], None], Callable[[argparse.Namespace], int]]
] = {
    "build": ("a pre-training corpus from a recipe", _configure_build, _build),
    "tasks": ("instruction rows from tunes, split by tune family", _configure_tasks, _tasks),
    "qa": ("questions and answers over annotated audio sets", _configure_qa, _qa),
    "stats": ("what is in a corpus", _configure_stats, _stats),
}
