"""Diagnostics as SARIF 2.1.0, the form that code hosts and editors read."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote

from chatmusician import __version__
from chatmusician.abc import Diagnostic
from chatmusician.abc.rules import RULES
from chatmusician.errors import ChatMusicianError
from chatmusician.files import STDIN

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
LEVELS = {"error": "error", "warning": "warning", "info": "note"}
RULE_INDEX = {rule.code: index for index, rule in enumerate(RULES)}

FileResult = tuple[str, Iterable[Diagnostic], ChatMusicianError | None]


def as_sarif(files: Iterable[FileResult]) -> dict[str, object]:
    results: list[object] = []
    failures: list[object] = []
    for path, diagnostics, error in files:
        results.extend(_result(path, diagnostic) for diagnostic in diagnostics)
        if error:
            failures.append(_notification(path, error))
    invocation = {"executionSuccessful": not failures, "toolExecutionNotifications": failures}
    run = {
        "tool": {"driver": _driver()},
        "invocations": [invocation],
        "columnKind": "unicodeCodePoints",
        "results": results,
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _driver() -> dict[str, object]:
    rules = [
        {
            "id": rule.code,
            "shortDescription": {"text": rule.summary},
            "help": {"text": rule.hint or rule.summary},
            "defaultConfiguration": {"level": LEVELS[rule.severity]},
            "properties": {"kind": rule.kind, "fixable": rule.fixable},
        }
        for rule in RULES
    ]
    return {"name": "chatmusician", "version": __version__, "rules": rules}


def _result(path: str, found: Diagnostic) -> dict[str, object]:
    region = {"startLine": found.line, "startColumn": found.column}
    text = f"{found.message} ({found.hint})" if found.hint else found.message
    result: dict[str, object] = {
        "ruleId": found.code,
        "level": LEVELS[found.severity],
        "message": {"text": text},
        "locations": [{"physicalLocation": {"artifactLocation": _place(path), "region": region}}],
    }
    if found.code in RULE_INDEX:
        result["ruleIndex"] = RULE_INDEX[found.code]
    return result


def _notification(path: str, error: ChatMusicianError) -> dict[str, object]:
    return {
        "level": "error",
        "message": {"text": str(error)},
        "locations": [{"physicalLocation": {"artifactLocation": _place(path)}}],
    }


def _place(path: str) -> dict[str, str]:
    if path == STDIN:
        return {"uri": "stdin"}
    if Path(path).is_absolute():
        return {"uri": Path(path).as_uri()}
    return {"uri": quote(Path(path).as_posix(), errors="surrogateescape")}
