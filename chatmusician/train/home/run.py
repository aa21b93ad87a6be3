"""Commands of the bundled model's training: prepare, train, export.

python -m chatmusician.train.home.run prepare --corpus CORPUS [--more FILE…] -o DATA
python -m chatmusician.train.home.run train DATA -o RUN --passes 8
"""

from __future__ import annotations

import argparse
import gzip
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from chatmusician.errors import ChatMusicianError
from chatmusician.model.home.text import words_of
from chatmusician.model.home.tune import HomeTune
from chatmusician.model.home.vocabulary import Vocabulary, load_vocabulary
from chatmusician.train.home.merges import learn_vocabulary
from chatmusician.train.home.tunes import Tunes, read_tunes

Row = dict[str, Any]


def main(argv: Sequence[str] | None = None) -> None:
    options = _parser().parse_args(argv)
    options.run(options)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m chatmusician.train.home.run")
    commands = parser.add_subparsers(required=True)
    prepare = commands.add_parser("prepare", help="home texts and vocabulary of a corpus")
    prepare.add_argument("--corpus", type=Path, required=True, help="folder of corpus build")
    prepare.add_argument("--size", type=int, default=1024, help="tokens of the vocabulary")
    prepare.add_argument("--least", type=int, default=4, help="times a word must occur")
    prepare.add_argument("-o", "--output", type=Path, required=True)
    prepare.set_defaults(run=_prepare)
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


def _prepare(options: argparse.Namespace) -> None:
    train = _texts(read_tunes(options.corpus / "data"))
    held = _texts(read_tunes(options.corpus / "held-out"))
    bars = [bar for _, tune, _ in train for bar in _bars(tune)]
    words = [text for _, _, text in train]
    vocabulary = learn_vocabulary(words, bars, size=options.size, least=options.least)
    options.output.mkdir(parents=True, exist_ok=True)
    vocabulary.save(options.output / "tokenizer.json")
    for name, rows in (("train", train), ("held-out", held)):
        kept = [row for row in rows if vocabulary.knows(row[2])]
        write_rows(options.output / f"{name}.jsonl.gz", kept)
        tokens = sum(len(vocabulary.encode(text)) for _, _, text in kept)
        print(f"{name}: {len(kept)} of {len(rows)} tunes, {tokens / len(kept):.1f} tokens a tune")
    print(f"vocabulary: {len(vocabulary)} tokens")


def _texts(tunes: Tunes) -> list[tuple[str, HomeTune, list[str]]]:
    rows = []
    for identifier, tune in tunes.rows:
        try:
            rows.append((identifier, tune, words_of(tune)))
        except ChatMusicianError as error:
            tunes.left_out[(tune.source, str(error))] += 1
    reasons: Counter[str] = Counter()
    for (source, reason), count in tunes.left_out.items():
        reasons[f"{source}: {reason}"] += count
    print(f"{len(rows)} tunes; left out: {dict(reasons.most_common(12))}", flush=True)
    return rows


def _bars(tune: HomeTune) -> list[tuple[str, ...]]:
    return [
        bar for part in tune.parts for bar in (part.pickup, *part.bars, *part.first, *part.second)
    ]


def write_rows(path: Path, rows: Sequence[tuple[str, HomeTune, list[str]]]) -> None:
    with gzip.open(path, "wt", encoding="utf-8") as file:
        for identifier, tune, words in rows:
            row = {"id": identifier, "source": tune.source, "words": " ".join(words)}
            file.write(json.dumps(row, ensure_ascii=False) + "\n")


def read_rows(path: Path) -> list[Row]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


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

    kinds = {field.name: type(field.default) for field in fields(Run)}
    result = {}
    for pair in pairs:
        name, _, value = pair.partition("=")
        kind = kinds[name]
        result[name] = value == "true" if kind is bool else kind(value)
    return result


if __name__ == "__main__":
    main()
