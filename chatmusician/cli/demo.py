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
    parser.add_argument(
        "--allow-host",
        action="append",
        default=[],
        metavar="NAME",
        help="a name that the page answers to besides localhost, this machine's name and the "
        "address it listens on; may be given several times",
    )
    parser.add_argument(
        "--trust-proxy",
        action="store_true",
        help="tell clients apart by the X-Forwarded-For header of the proxy in front of the page; "
        "without it all that come through a proxy share one client's limits",
    )
    add_model_options(parser)


def run(args: argparse.Namespace) -> int:
    from chatmusician.demo.settings import Settings

    settings = Settings(
        host=args.host,
        port=args.port,
        auth=args.auth,
        share=args.share,
        allow_hosts=tuple(args.allow_host),
        trust_proxy=args.trust_proxy,
    )
    if importlib.util.find_spec("gradio") is None:
        raise MissingDependency("gradio", how='pip install ".[demo]"')
    for warning in settings.warnings():
        note(warning)
    note("starting …")
    from chatmusician.demo.server import serve

    serve(settings, lambda: load_backend(args), note)
    return 0
