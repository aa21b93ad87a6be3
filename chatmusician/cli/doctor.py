"""`chatmusician doctor`: what is installed, and how to get what is missing."""

from __future__ import annotations

import argparse
import platform
import sys
from dataclasses import dataclass

from chatmusician import __version__
from chatmusician.cli.inventory import (
    PACKAGES,
    PROGRAMS,
    compiled_modules,
    find_program,
    package_version,
)
from chatmusician.cli.output import print_json
from chatmusician.cli.parser import add_json, describe

Row = dict[str, str | None]
# What each engine needs: programs and packages, by the names they have below.
ENGINES: dict[str, dict[str, tuple[str, ...]]] = {
    "scores": {
        "verovio": ("verovio",),
        "musescore": ("musescore",),
        "abcm2ps": ("abcm2ps",),
    },
    "midi": {"abc2midi": ("abc2midi", "symusic"), "builtin": ()},
    "sound": {"tinysoundfont": ("tinysoundfont", "numpy", "pretty_midi")},
}
NO_DEPS = {"basic-pitch", "tinysoundfont"}


@dataclass(frozen=True)
class Findings:
    compiled: list[str]
    programs: dict[str, Row]
    packages: dict[str, Row]


def configure(parser: argparse.ArgumentParser) -> None:
    describe(
        parser,
        "Show what is installed, which programs and models are found, and what each missing\n"
        "one would add. Nothing here is needed to read, check and convert ABC.",
        "chatmusician doctor --json",
    )
    add_json(parser, "the findings")


def run(args: argparse.Namespace) -> int:
    findings = Findings(compiled_modules(), _programs(), _packages())
    if args.json:
        print_json(_as_json(findings))
    else:
        _print(findings)
    return 0


def _as_json(findings: Findings) -> dict[str, object]:
    return {
        "version": __version__,
        "python": {"version": platform.python_version(), "executable": sys.executable},
        "compiled": {"active": bool(findings.compiled), "modules": findings.compiled},
        "models": {"bundled": {"path": _bundled_model()}},
        "engines": _engines(findings),
        "programs": findings.programs,
        "packages": findings.packages,
    }


def _bundled_model() -> str | None:
    from chatmusician.model.names import bundled_folder

    folder = bundled_folder()
    return str(folder) if folder else None


def _programs() -> dict[str, Row]:
    return {p.name: {"path": find_program(p), "adds": p.adds, "get": p.get} for p in PROGRAMS}


def _packages() -> dict[str, Row]:
    return {p.name: {"version": package_version(p), "adds": p.adds, "get": p.get} for p in PACKAGES}


def _engines(findings: Findings) -> dict[str, list[str]]:
    """For each kind of result, the engines that have all they need, in the order tried."""
    found = {name for name, row in findings.programs.items() if row["path"]}
    found |= {name for name, row in findings.packages.items() if row["version"]}
    return {
        kind: [engine for engine, needs in engines.items() if found.issuperset(needs)]
        for kind, engines in ENGINES.items()
    }


def _print(findings: Findings) -> None:
    modules = len(findings.compiled)
    print(f"chatmusician   {__version__}, Python {platform.python_version()}")
    print(
        f"ABC core       {f'compiled ({modules} modules)' if modules else 'plain Python, slower'}"
    )
    print(f"bundled model  {_bundled_model() or 'missing: install chatmusician again'}")
    for kind, engines in _engines(findings).items():
        print(f"{f'{kind} by':<14} {', '.join(engines) or 'none: see what is missing below'}")
    _print_table("programs", findings.programs, "path")
    _print_table("packages", findings.packages, "version")
    print('\npip install ".[NAME]" is said in the source folder; make setup-full installs it all.')
    if not modules:
        print("To compile the core: install a C compiler, then install chatmusician again.")
    if any(findings.packages[name]["version"] is None for name in NO_DEPS):
        print('After pip install ".[audio]" add, because their own requirements do not install:')
        print("  pip install --no-deps basic-pitch==0.4.0 tinysoundfont==0.3.7")


def _print_table(title: str, rows: dict[str, Row], key: str) -> None:
    print(f"\n{title}")
    for name, row in rows.items():
        found = row[key] or f"missing - adds {row['adds']}; {row['get']}"
        print(f"  {name:<16} {found}")
