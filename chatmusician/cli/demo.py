"""`chatmusician demo`: the web page."""

from __future__ import annotations

import argparse
import importlib.util

from chatmusician.cli.model_options import add_model_options, load_backend
from chatmusician.cli.output import note
from chatmusician.cli.parser import describe
from chatmusician.errors import MissingDependency


def configure(parser: argparse.ArgumentParser) -> None:
    describe(
        parser,
        "A web page on this machine: compose, edit and hear tunes, talk with the model. It works\n"
        "without a network and sends nothing anywhere. The same address has a REST API, described\n"
        "at /api/.",
        "chatmusician demo",
        "chatmusician demo --port 9000 -m models/ChatMusician",
        "chatmusician demo --host 0.0.0.0 --auth anna:secret",
    )
    parser.add_argument(
        "--host",
        default="127.0.0.1",
        metavar="ADDRESS",
        help="0.0.0.0: reached from other machines too (default: %(default)s)",
    )
    parser.add_argument(
        "--port", type=int, default=8888, metavar="N", help="(default: %(default)s)"
    )
    parser.add_argument(
        "--auth", default="", metavar="NAME:PASSWORD", help="asked of everyone who opens the page"
    )
    parser.add_argument(
        "--share", action="store_true", help="a public address, through gradio's servers"
    )
    add_model_options(parser)


def run(args: argparse.Namespace) -> int:
    from chatmusician.demo.settings import Settings

    settings = Settings(host=args.host, port=args.port, auth=args.auth, share=args.share)
    if importlib.util.find_spec("gradio") is None:
        raise MissingDependency("gradio", how='pip install ".[demo]"')
    for warning in settings.warnings():
        note(warning)
    note("starting …")
    from chatmusician.demo.server import serve

    serve(settings, lambda: load_backend(args), note)
    return 0
