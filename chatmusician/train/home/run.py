"""Commands of the bundled model's training: prepare, train, export.

python -m chatmusician.train.home.run prepare --corpus CORPUS [--songs FOLDER] -o DATA
python -m chatmusician.train.home.run train DATA -o RUN --passes 8
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from chatmusician.errors import UsageError
from chatmusician.model.home.vocabulary import Vocabulary, load_vocabulary
from chatmusician.train.home.prepare import prepare_data, read_rows


def main(argv: Sequence[str] | None = None) -> None:
    options = _parser().parse_args(argv)
    options.run(options)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m chatmusician.train.home.run")
    commands = parser.add_subparsers(required=True)
    prepare = commands.add_parser("prepare", help="home texts and vocabulary of a corpus")
    prepare.add_argument("--corpus", type=Path, required=True, help="folder of corpus build")
    prepare.add_argument("--songs", type=Path, help="data folder with songs, hymns and carols")
    prepare.add_argument(
        "--without", nargs="*", default=["thesession"], help="sources left out (by their terms)"
    )
    prepare.add_argument("--size", type=int, default=1024, help="tokens of the vocabulary")
    prepare.add_argument("--least", type=int, default=4, help="times a word must occur")
    prepare.add_argument("-o", "--output", type=Path, required=True)
    prepare.set_defaults(run=lambda options: prepare_data(**_asked(options)))
    train = commands.add_parser("train", help="train a model on prepared data")
    train.add_argument("data", type=Path)
    train.add_argument("-o", "--output", type=Path, required=True)
    train.add_argument("--from", dest="warm", type=Path, help="a model folder to start from")
    train.add_argument("--more", type=float, default=1.0, help="weight of more.jsonl.gz")
    train.add_argument("--hidden", type=int, default=256)
    train.add_argument("--layers", type=int, default=6)
    train.add_argument("--feed-forward", type=int, default=688)
    train.add_argument("--set", nargs="*", default=[], metavar="NAME=VALUE", help="fields of Run")
    train.set_defaults(run=_train)
    return parser


def _train(options: argparse.Namespace) -> None:
    import torch

    from chatmusician.train.home.loop import Run, Training
    from chatmusician.train.home.net import Shape
    from chatmusician.train.home.rows import Text
    from chatmusician.train.home.warm import take_over

    torch.set_num_threads(1)
    vocabulary: Vocabulary = load_vocabulary(options.data / "tokenizer.json")
    shape = Shape(
        len(vocabulary), options.hidden, options.layers, 4, options.feed_forward, epsilon=1e-6
    )
    run = Run(**_settings(options.set))
    texts = [
        Text(tuple(row["words"].split()), weight)
        for name, weight in (("train", 1.0), ("more", options.more))
        if (options.data / f"{name}.jsonl.gz").is_file()
        for row in read_rows(options.data / f"{name}.jsonl.gz")
    ]
    held = [row["words"].split() for row in read_rows(options.data / "held-out.jsonl.gz")]
    training = Training(run, shape, vocabulary, texts, options.output)
    if options.warm:
        training.begin_with(lambda net: take_over(net, options.warm, vocabulary))
    training.train(held)


def _settings(pairs: Sequence[str]) -> dict[str, Any]:
    from chatmusician.train.home.loop import Run

    defaults: dict[str, Any] = {field.name: field.default for field in fields(Run)}
    result: dict[str, Any] = {}
    for pair in pairs:
        name, _, value = pair.partition("=")
        if name not in defaults:
            raise UsageError(f"unknown setting {name!r}", hint=f"known: {', '.join(defaults)}")
        kind = type(defaults[name])
        result[name] = value == "true" if kind is bool else kind(value)
    return result


def _asked(options: argparse.Namespace) -> dict[str, Any]:
    return {name: value for name, value in vars(options).items() if name != "run"}


if __name__ == "__main__":
    main()
