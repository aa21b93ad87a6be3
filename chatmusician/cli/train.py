"""`chatmusician train`: tokenizer, preprocess, look, pretrain, sft, merge, export, slurm."""

from __future__ import annotations

import argparse
import os
from typing import Any

from chatmusician.cli.output import print_json
from chatmusician.cli.parser import add_debug, add_json, describe
from chatmusician.errors import UsageError

STOPPED = 130
DTYPES = ("float16", "bfloat16", "float32")


def configure(parser: argparse.ArgumentParser) -> None:
    describe(
        parser,
        "Train a Llama-type model: from text to tokens, to weights, to a merged model.",
        "chatmusician train preprocess corpus.parquet --tokenizer MODEL -o data",
        "chatmusician train pretrain mini-cpu data.path=data optimizer.steps=100",
        "chatmusician train merge output/smollm2 -o merged",
    )
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
    _preprocess(verbs.add_parser("preprocess", help="text to tokens, masks and packed rows"))
    for verb, text in (("pretrain", "train on plain text"), ("sft", "train on instructions")):
        _run(verbs.add_parser(verb, help=text), verb)
    _merge(verbs.add_parser("merge", help="fold a LoRA adapter into its base"))
    _export(verbs.add_parser("export", help="safetensors shards, a card, GGUF"))
    _tokenizer(verbs.add_parser("tokenizer", help="a tokenizer of one's own, from text"))
    verbs.add_parser("slurm", help="print a Slurm script for many nodes")
    _look(verbs.add_parser("look", help="show preprocessed samples with what is learned"))


def run(args: argparse.Namespace) -> int:
    return {
        "preprocess": run_preprocess,
        "pretrain": run_training,
        "sft": run_training,
        "merge": run_merge,
        "export": run_export,
        "look": run_look,
        "tokenizer": run_tokenizer,
        "slurm": run_slurm,
    }[args.verb](args)


def _preprocess(parser: argparse.ArgumentParser) -> None:
    example = "chatmusician train preprocess corpus.parquet --tokenizer MODEL -o data"
    describe(parser, "Parquet, JSONL or CSV rows to a folder for training.", example)
    parser.add_argument("inputs", nargs="+", metavar="IN", help="files or folders of them")
    parser.add_argument("-o", "--output", required=True, metavar="DIR", help="the folder to write")
    parser.add_argument("--tokenizer", required=True, metavar="MODEL", help="folder, hub id, .gguf")
    parser.add_argument("--stage", choices=("pt", "sft"), default="pt", help="plain or chat rows")
    parser.add_argument("--length", type=int, default=2048, metavar="N", help="tokens in a row")
    parser.add_argument(
        "--source-length", type=int, default=None, metavar="N", help="of them, for the question"
    )
    parser.add_argument("--columns", metavar="A,B", default="", help="the columns' names")
    parser.add_argument("--workers", type=int, default=1, metavar="N", help="processes")
    _common(parser)


def _run(parser: argparse.ArgumentParser, verb: str) -> None:
    example = f"chatmusician train {verb} run.yaml optimizer.learning_rate=2e-4"
    describe(parser, "Train as a recipe (its name or a YAML file) says.", example)
    parser.add_argument("recipe", metavar="RECIPE", help="a recipe's name or a YAML file")
    parser.add_argument("overrides", nargs="*", metavar="FIELD=VALUE", help="section.field=value")
    parser.add_argument("--resume", action="store_true", help="go on from the last checkpoint")
    parser.add_argument("--dry-run", action="store_true", help="say what would be done")
    _common(parser)


def _merge(parser: argparse.ArgumentParser) -> None:
    describe(parser, "Merge, with a check of the logits.", "chatmusician train merge RUN -o DIR")
    parser.add_argument("adapter", metavar="RUN", help="the folder of the adapter")
    parser.add_argument("-o", "--output", required=True, metavar="DIR", help="the folder to write")
    parser.add_argument("--base", default="", metavar="MODEL", help="the base, if it has moved")
    parser.add_argument("--dtype", choices=DTYPES, default="float16", help="saved as")
    _common(parser)


def _export(parser: argparse.ArgumentParser) -> None:
    describe(parser, "Export a model folder.", "chatmusician train export merged -o out --gguf q8")
    parser.add_argument("model", metavar="MODEL", help="a merged or fully trained model")
    parser.add_argument("-o", "--output", required=True, metavar="DIR", help="the folder to write")
    parser.add_argument("--shard", default="5GB", metavar="SIZE", help="largest file")
    parser.add_argument(
        "--dtype", choices=DTYPES, help="how weights are written (default: as they are stored)"
    )
    parser.add_argument("--result", metavar="FILE", help="the run's result.json, for the card")
    parser.add_argument("--gguf", choices=("q8", "q4"), help="write GGUF, by llama.cpp's programs")
    _common(parser)


def _tokenizer(parser: argparse.ArgumentParser) -> None:
    example = "chatmusician train tokenizer corpus/ --size 2048 -o tokenizer"
    describe(parser, "A byte-level BPE tokenizer for ABC and text.", example)
    parser.add_argument("inputs", nargs="+", metavar="IN", help="files or folders of rows")
    parser.add_argument("-o", "--output", required=True, metavar="DIR", help="the folder to write")
    parser.add_argument("--size", type=int, default=2048, metavar="N", help="pieces, all counted")
    parser.add_argument("--columns", metavar="A,B", default="text", help="the columns' names")
    _common(parser)


def _look(parser: argparse.ArgumentParser) -> None:
    describe(parser, "Samples as text; what is learned in green.", "chatmusician train look data")
    parser.add_argument("data", metavar="DIR", help="a preprocessed folder")
    parser.add_argument("-n", type=int, default=3, metavar="N", help="how many rows")
    add_debug(parser, default=argparse.SUPPRESS)


def _common(parser: argparse.ArgumentParser) -> None:
    add_json(parser)
    add_debug(parser, default=argparse.SUPPRESS)


def run_preprocess(args: argparse.Namespace) -> int:
    from chatmusician.train.preprocess import Job, preprocess

    source = args.length * 3 // 4 if args.source_length is None else args.source_length
    job = Job(
        inputs=tuple(args.inputs),
        output=args.output,
        tokenizer=args.tokenizer,
        stage=args.stage,
        length=args.length,
        source_length=source,
        workers=args.workers,
        columns=_names(args.columns),
    )
    return _show(preprocess(job), args.json)


def run_training(args: argparse.Namespace) -> int:
    from chatmusician.train.config_io import load

    config = load(args.recipe, args.overrides)
    stage = "pt" if args.verb == "pretrain" else "sft"
    if config.stage != stage:
        raise UsageError(f"train {args.verb} is for stage={stage}, and stage is {config.stage}")
    if args.dry_run:
        from chatmusician.train.plan import plan

        return _show(plan(config), args.json)
    from chatmusician.train.run import train

    result = train(config, resume=args.resume)
    if os.environ.get("RANK", "0") == "0":
        long = () if args.json else ("history", "config", "base_sample")
        _show({key: value for key, value in result.items() if key not in long}, args.json)
    return 0 if result["finished"] else STOPPED


def run_merge(args: argparse.Namespace) -> int:
    from chatmusician.train.merge import merge

    done = merge(args.adapter, args.output, base=args.base, dtype=args.dtype)
    return _show(done, args.json)


def run_export(args: argparse.Namespace) -> int:
    from chatmusician.train.export import export

    done = export(
        args.model,
        args.output,
        shard=args.shard,
        result=args.result,
        gguf=args.gguf,
        dtype=args.dtype,
    )
    return _show(done, args.json)


def run_tokenizer(args: argparse.Namespace) -> int:
    from chatmusician.train.tokenizer import tokenizer_from_files

    tokenizer, figures = tokenizer_from_files(args.inputs, args.size, _names(args.columns))
    tokenizer.save_pretrained(args.output)
    return _show({"output": args.output, **figures}, args.json)


def run_slurm(args: argparse.Namespace) -> int:
    from importlib import resources

    file = resources.files("chatmusician") / "resources" / "slurm" / "train.sbatch"
    print(file.read_text("utf-8"), end="")
    return 0


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def run_look(args: argparse.Namespace) -> int:
    from chatmusician.train.look import look

    for row in look(args.data, args.n):
        print(row)
    return 0


def _show(values: dict[str, Any], as_json: bool) -> int:
    if as_json:
        print_json(values)
    else:
        for name, value in values.items():
            print(f"{name}: {value}")
    return 0
