"""What a finding of the reader really is, where people write something for ABC's own.

``settle`` replaces raw findings (an unknown character, a length without a note) by the
fault they belong to, and gives each finding its repair. The hint is made from the repair.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import Final

from chatmusician.abc.faults.accidentals import Accidentals
from chatmusician.abc.faults.context import Context, Fault
from chatmusician.abc.faults.foreign import foreign_fault, invisible, mixed_quotes
from chatmusician.abc.faults.header import header_fault
from chatmusician.abc.faults.music import (
    decimal_fault,
    field_fault,
    old_chord_fault,
    rest_fault,
    slur_length_fault,
    stray_fault,
    tuplet_fault,
)
from chatmusician.abc.faults.prose import prose_lines
from chatmusician.abc.rules import BY_CODE
from chatmusician.abc.tune import Diagnostic, Tune

# Raw findings of the lexer: those inside a recognised fault are part of it.
_RAW: Final = frozenset(
    {
        "unknown-character",
        "misplaced-length",
        "zero-length",
        "accidental-without-note",
        "unclosed-decoration",
        "unclosed-string",
        "empty-chord",
        "unknown-decoration",
    }
)
# What else a line of words brings with it.
_OF_WORDS: Final = _RAW | {
    "broken-rhythm-alone",
    "slur-not-open",
    "tie-apart",
    "tie-to-nothing",
    "unclosed-chord",
    "unclosed-slur",
}
_FIELDS: Final = frozenset(
    {"missing-x", "missing-key", "field-order", "old-tempo", "key-spelling", "tempo-words"}
)
_CANDIDATES: Final = _RAW | _FIELDS | {"old-chord", "ending-alone"}


def settle(tune: Tune, findings: list[Diagnostic]) -> list[Diagnostic]:
    """The findings of a tune with faults recognised and repairs attached, in no order."""
    if not any(finding.code in _CANDIDATES for finding in findings):
        return findings
    ordered = sorted(findings, key=_by_start)
    return _Settler(tune, ordered).run()


class _Settler:
    def __init__(self, tune: Tune, findings: list[Diagnostic]) -> None:
        self.tune = tune
        self.context = Context(tune, findings)
        self.accidentals = Accidentals(self.context)
        self.prose = prose_lines(self.context)
        self.found: list[Diagnostic] = []

    def run(self) -> list[Diagnostic]:
        upto = -1
        for finding in self.context.findings:
            if finding.code in _OF_WORDS and self._in_prose(finding.start):
                continue
            if finding.code in _RAW and finding.start < upto:
                continue
            fault = self._fault(finding) if finding.code in _CANDIDATES else None
            if fault is None:
                self.found.append(finding)
                continue
            if finding.code in _RAW:
                upto = max(upto, fault.end)
            self.found.append(self._finding(finding, fault))
        for start, end in self.prose:
            self.found.append(self._finding(None, Fault("prose-line", start, end)))
        return self.found

    def _in_prose(self, at: int) -> bool:
        index = bisect_right(self.prose, (at, len(self.context.text))) - 1
        return index >= 0 and self.prose[index][0] <= at <= self.prose[index][1]

    def _fault(self, finding: Diagnostic) -> Fault | None:
        code, at, context = finding.code, finding.start, self.context
        if code in _FIELDS:
            return header_fault(context, finding)
        if code == "old-chord":
            return old_chord_fault(context, at, finding.end)
        if code == "ending-alone":
            return self._tuplet_as_ending(at)
        if code in ("misplaced-length", "zero-length"):
            return (
                decimal_fault(context, at)
                or tuplet_fault(context, at)
                or (slur_length_fault(context, at) if code == "misplaced-length" else None)
            )
        if code == "unclosed-string":
            return mixed_quotes(context, at)
        return self._character(at) if code == "unknown-character" else None

    def _character(self, at: int) -> Fault | None:
        context = self.context
        return (
            self.accidentals.fault(at)
            or field_fault(context, at)
            or foreign_fault(context, at)
            or rest_fault(context, at)
            or stray_fault(context, at, invisible(context.text[at]))
        )

    def _tuplet_as_ending(self, at: int) -> Fault | None:
        """``|3(CDE``: directly after a bar line the number was read as an ending's."""
        text, context = self.context.text, self.context
        at = text.find("(", at, at + 12) - 1
        if at < 1 or not text[at].isdigit() or text[at - 1] not in '|: "':
            return None
        if text[at] == "2" or len(context.has_endings) > 1 or 1 in context.has_endings:
            return None
        return tuplet_fault(context, at)

    def _finding(self, raw: Diagnostic | None, fault: Fault) -> Diagnostic:
        rule = BY_CODE[fault.code]
        text = self.tune.text
        line, column = self.tune.place(fault.start)
        source = text[fault.start : fault.end]
        message = f"{rule.summary[:-1]}: {source[:40]}"
        if raw is not None and raw.code == fault.code and raw.start == fault.start:
            line, column, message = raw.line, raw.column, raw.message
        mend = fault.mend
        severity = raw.severity if raw is not None and raw.code == fault.code else rule.severity
        return Diagnostic(
            fault.code,
            rule.kind,
            severity,
            line,
            column,
            message,
            mend.hint(text) if mend is not None else rule.hint,
            fault.start,
            fault.end,
            self.tune.x,
            mend,
        )


def _by_start(finding: Diagnostic) -> tuple[int, int]:
    return finding.start, finding.end
