"""The options that all commands with a model share: which one, and how it is sampled."""

from __future__ import annotations

import argparse
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chatmusician.model.generation import Backend, Sampling
    from chatmusician.model.load import LoadOptions

_SAMPLING = (
    ("temperature", float, "how freely tokens are drawn; 0: always the likeliest"),
    ("top_k", int, "draw from so many of the likeliest; 0: from all"),
    ("top_p", float, "draw from the likeliest that make up this share"),
    ("repetition_penalty", float, "make what stood before less likely; 1: not"),
    ("min_new_tokens", int, "no answer shorter than this"),
    ("max_new_tokens", int, "no answer longer than this"),
)


def add_model_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("model")
    group.add_argument(
        "-m",
        "--model",
        metavar="MODEL",
        default="",
        help="a folder, a hub id, a .gguf file or openai:URL#NAME (default: the bundled model)",
    )
    group.add_argument(
        "--adapter", metavar="DIR", action="append", default=[], help="a LoRA adapter to mount"
    )
    group.add_argument("--merge", action="store_true", help="fold the adapters into the weights")
    group.add_argument(
        "--bits", choices=("4", "8"), default="0", help="quantised weights (on a GPU)"
    )
    group.add_argument("--device", metavar="NAME", default="auto", help="cpu, cuda, cuda:1 …")
    group.add_argument(
        "--precision",
        choices=("auto", "float32", "float16", "bfloat16"),
        default="auto",
        help="what to compute with (default: what fits)",
    )
    group.add_argument(
        "--allow-pickle", action="store_true", help="load pickled weights, which can run any code"
    )
    group.add_argument(
        "--allow-code", action="store_true", help="run the code that a model brings along"
    )


def add_sampling_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("sampling")
    for name, kind, text in _SAMPLING:
        group.add_argument(f"--{name.replace('_', '-')}", type=kind, metavar="N", help=text)
    group.add_argument(
        "--seconds", type=float, metavar="N", help="stop after so long, with what there is"
    )


def load_options(args: argparse.Namespace) -> LoadOptions:
    from chatmusician.model.load import LoadOptions

    return LoadOptions(
        adapters=tuple(args.adapter),
        merge=args.merge,
        bits=int(args.bits),
        device=args.device,
        precision=args.precision,
        allow_pickle=args.allow_pickle,
        allow_code=args.allow_code,
    )


def load_backend(args: argparse.Namespace) -> Backend:
    from chatmusician.model.load import load_model

    return load_model(args.model, load_options(args))


def sampling(args: argparse.Namespace, defaults: Sampling) -> Sampling:
    """The model's own defaults, but for what the command line says."""
    names = [name for name, _, _ in _SAMPLING] + ["seconds"]
    given = {name: getattr(args, name) for name in names}
    return replace(defaults, **{name: v for name, v in given.items() if v is not None})
