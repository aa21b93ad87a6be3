"""The command line. One module per command, imported only when its command runs."""

from chatmusician.cli.app import main

__all__ = ["main"]
