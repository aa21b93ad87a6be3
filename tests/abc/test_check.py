"""Findings: rule by rule, a tune that has it and where, and tunes that have none."""

from __future__ import annotations

import pytest

from chatmusician import abc
from chatmusician.abc.check import RANGES
from chatmusician.abc.rules import RULES
from chatmusician.errors import UsageError
from tests.abc.test_conformance import CASES

HEAD = "X:1\nT:t\nM:4/4\nL:1/4\nK:C\n"

# A text for each rule, and the line and column of its finding; music begins in line 6.
EXAMPLES: dict[str, tuple[str, str]] = {
    "bar-too-short": (HEAD + "CDEF|CD|C4|\n", "6:6"),
    "bar-too-long": (HEAD + "CDEF|CDEFG|C4|\n", "6:6"),
    "split-bar": (HEAD + "CDEF|CD|\nEF|C4|\n", "6:6"),
    "overlay-length": (HEAD + "C4&E2|C4|\n", "6:1"),
    "unknown-character": (HEAD + "CD?EF|\n", "6:3"),
    "music-after-blank": (HEAD + "CDEF|\n\nGABc|\n", "8:1"),
    "music-outside-tune": (HEAD + "CDEF|\n\nThen:\n\nGABc|\n", "10:1"),
    "accidental-sign": (HEAD + "CD F\u266f E|\n", "6:4"),
    "foreign-sign": (HEAD + "CDEF\uff5cC4|\n", "6:5"),
    "rest-letter": (HEAD + "CDE r|\n", "6:5"),
    "decimal-length": (HEAD + "C1.5D/EF|\n", "6:1"),
    "field-in-bar": (HEAD + "CDEF|M:3/4 CDE|\n", "6:6"),
    "prose-line": (HEAD + "CDEF|\nplay it twice\nC4|\n", "7:1"),
    "length-after-slur": (HEAD + "C(DE)2|\n", "6:2"),
    "unclosed-chord": (HEAD + "CDE[FA|C4|\n", "6:4"),
    "unclosed-grace": (HEAD + "CDE{FA|C4|\n", "6:4"),
    "unclosed-string": (HEAD + 'CDEF|"Am C4|\n', "6:6"),
    "unclosed-field": (HEAD + "CDEF|[K:G C4|\n", "6:6"),
    "empty-chord": (HEAD + "CDEF[]|\n", "6:5"),
    "accidental-without-note": (HEAD + "CDE^ F|\n", "6:4"),
    "misplaced-length": (HEAD + "CDE 2F|\n", "6:5"),
    "broken-rhythm-alone": (HEAD + ">CDEF|\n", "6:1"),
    "broken-rhythm-unequal": (HEAD + "C2>D E|\n", "6:3"),
    "microtone": (HEAD + "^/CDEF|\n", "6:1"),
    "ending-number": (HEAD + "|:C4|[0D4:|\n", "6:6"),
    "unclosed-decoration": (HEAD + "C!trill DEF|\n", "6:2"),
    "unknown-decoration": (HEAD + "C!what!DEF|\n", "6:2"),
    "old-line-break": (HEAD + "CDEF|!\nC4|\n", "6:6"),
    "old-chord": (HEAD + "+CE+C4|\n", "6:1"),
    "missing-x": (HEAD.replace("X:1\n", "") + "CDEF|\n", "1:1"),
    "empty-x": (HEAD.replace("X:1", "X:") + "CDEF|\n", "1:1"),
    "title-order": (HEAD.replace("T:t\nM:4/4", "M:4/4\nT:t") + "CDEF|\n", "3:1"),
    "bad-x": (HEAD.replace("X:1", "X:one") + "CDEF|\n", "1:1"),
    "missing-title": (HEAD.replace("T:t\n", "") + "CDEF|\n", "1:1"),
    "missing-key": (HEAD.replace("K:C\n", "") + "CDEF|\n", "5:1"),
    "field-order": ("T:t\n" + HEAD.replace("T:t\n", "") + "CDEF|\n", "2:1"),
    "unknown-field": (HEAD + "CDEF|\nJ:x\n", "7:1"),
    "misplaced-field": (HEAD + "CDEF|\nC:x\n", "7:1"),
    "bad-key": (HEAD + "CDEF|[K:?]C4|\n", "6:6"),
    "bad-meter": (HEAD + "CDEF|[M:?]C4|\n", "6:6"),
    "bad-unit": (HEAD + "CDEF|[L:?]C4|\n", "6:6"),
    "bad-parts": (HEAD.replace("K:", "P:A(B\nK:") + "[P:A]CDEF|\n", "5:1"),
    "bad-symbol": (HEAD + "U:C=!f!\nCDEF|\n", "6:1"),
    "bad-macro": (HEAD + "m:x\nCDEF|\n", "6:1"),
    "missing-part": (HEAD.replace("K:", "P:AX\nK:") + "[P:A]CDEF|\n", "5:1"),
    "unplayed-part": (HEAD.replace("K:", "P:A\nK:") + "[P:A]CDEF|[P:B]C4|\n", "5:1"),
    "parts-label": (HEAD.replace("K:", "P:A(Lavena)\nK:") + "[P:A]CDEF|\n", "5:1"),
    "bad-tempo": (HEAD.replace("K:", "Q:quick=\nK:") + "CDEF|\n", "5:1"),
    "key-spelling": (HEAD.replace("K:C", "K:am") + "CDEF|\n", "5:1"),
    "tempo-words": (HEAD.replace("K:", "Q:Allegro\nK:") + "CDEF|\n", "5:1"),
    "old-field": (HEAD.replace("K:", "E:7\nK:") + "CDEF|\n", "5:1"),
    "old-tempo": (HEAD.replace("K:", "Q:120\nK:") + "CDEF|\n", "5:1"),
    "old-history": (HEAD.replace("K:", "H:one\ntwo\nK:") + "CDEF|\n", "6:1"),
    "zero-length": (HEAD + "C0DEF|\n", "6:2"),
    "absurd-length": (HEAD + "C99999DEF|\n", "6:2"),
    "absurd-unit": (HEAD.replace("L:1/4", "L:1/99999") + "CDEF|\n", "4:1"),
    "tie-to-nothing": (HEAD + "CDEF-|C4|\n", "6:5"),
    "tie-apart": (HEAD + "CDEF|C2 -C2|\n", "6:9"),
    "unclosed-slur": (HEAD + "C(DEF|\n", "6:2"),
    "slur-not-open": (HEAD + "CD)EF|\n", "6:3"),
    "tuplet-short": (HEAD + "CD(3EF|\n", "6:3"),
    "tuplet-outside": (HEAD + "C2 3(DEFG|\n", "6:4"),
    "bad-tuplet": (HEAD + "(0CDEF|\n", "6:1"),
    "repeat-not-closed": (HEAD + "|:CDEF|\n", "6:3"),
    "ending-alone": (HEAD + "|:C4|[1D4:|E4|\n", "6:8"),
    "too-many-events": (HEAD.replace("K:", "P:(A9999)9999\nK:") + "[P:A]CDEF|\n", "1:1"),
    "voice-length": (HEAD + "[V:1]CDEF|C4|\n[V:2]C4|\n", "7:6"),
    "voice-mismatch": (HEAD.replace("4/4", "none") + "[V:1]CDEF|\n[V:2]C3|\n", "7:6"),
    "bad-voice": (HEAD + "V:\nCDEF|\n", "6:1"),
    "too-deep": (HEAD + "".join(f"[V:{n}]C4|\n" for n in range(257)), "262:1"),
    "too-many-syllables": (HEAD + "CDEF|\nw:a b c d e\n", "7:1"),
    "lyrics-without-notes": (HEAD + "w:a\nCDEF|\n", "6:1"),
    "bad-directive": (HEAD + "%%propagate-accidentals x\nCDEF|\n", "6:1"),
    "bad-score": (HEAD + "%%score (1 [2\n[V:1]C4|\n[V:2]C4|\n", "6:12"),
    "unknown-voice": (HEAD + "%%score 1 tenor\n[V:1]C4|\n", "6:11"),
    "voice-not-drawn": (HEAD + "%%score 1\n[V:1]C4|\n[V:2]C4|\n", "6:1"),
    "score-change": (HEAD + "%%score 1 2\n[V:1]C4|\n[V:2]C4|\nI:score (1 2)\n[V:1]D4|\n", "9:1"),
    "directive-not-honoured": (HEAD + "%%staffsep 2cm\nCDEF|\n%%staffsep 3cm\n", "6:1"),
    "empty-tune": (HEAD, "5:4"),
    "no-tunes": ("words\n", "1:1"),
}  # fmt: skip

# These need bytes, an instrument, or a text too long for this table: tested elsewhere.
ELSEWHERE = {
    "undeclared-encoding", "wrong-encoding", "unknown-charset", "out-of-range", "resolution",
    "one-line-tune",
}  # fmt: skip


@pytest.mark.parametrize("code", EXAMPLES)
def test_each_rule(code: str) -> None:
    text, place = EXAMPLES[code]
    found = [f"{f.line}:{f.column}" for f in abc.check(abc.read(text)) if f.code == code]
    assert place in found


def test_every_rule_has_an_example() -> None:
    assert {rule.code for rule in RULES} == set(EXAMPLES) | ELSEWHERE


def test_findings_stand_where_their_source_is() -> None:
    book = abc.read("%\n\n" + HEAD + "CD?EF|\n\n" + HEAD + "?CDEF|\n")
    assert [f"{f.line}:{f.column} {f.tune}" for f in abc.check(book)] == ["8:3 1", "15:1 1"]


def test_a_finding_says_what_and_how_long() -> None:
    (found,) = abc.check(abc.read(HEAD + "CDEF|CD|C4|\n"))
    assert found.message.endswith("bar 2 holds 1/2 where the meter wants 1")
    assert found.hint
    assert found.as_dict()["kind"] == "bar-length"


@pytest.mark.parametrize("case", [c for c in CASES if not c.finds], ids=lambda case: case.id)
def test_good_tunes_have_no_findings(case: object) -> None:
    text = getattr(case, "text", "")
    assert [f for f in abc.check(abc.read(text)) if f.severity != "info"] == []


@pytest.mark.parametrize(
    "music",
    [
        "C|DEFG|ABcd|efg|]",
        "|:C|DEFG|ABc:|",
        "|:C|DEFG|ABc:|:d|efga|bag:|",
        "C|DEFG|1ABc:|2ABc|]",
        "C|DEFG|1ABcd:|2ABc|]",
        "C|DEFG|ABc||d|efga|bag|]",
        "CDEF|GA:|:Bc|defg|a4:|",
        "CD||EF|GABc|]",
        "CDE|\nM:3/4\nCDE|CDE|",
        "Z4|CDEF|Z|",
        "x4|CDEF|",
        "[M:3/4]C|DEF|GA|]",
        "V:1\nC|DEFG|ABc|]\nV:2\nC|D4|E3|]",
    ],
)
def test_bars_that_are_short_on_purpose(music: str) -> None:
    assert [f for f in abc.check(abc.read(HEAD + music + "\n")) if f.severity != "info"] == []


@pytest.mark.parametrize(
    "music", ["CDEF|CD|CDEF|", "CD|CDEF|C|CDEF|", "C|DEFG|ABcd|ef|]", "|:CDEF|CD|EFGA:|"]
)
def test_bars_that_are_just_short(music: str) -> None:
    found = [f.code for f in abc.check(abc.read(HEAD + music + "\n"))]
    assert found == ["bar-too-short"]


def test_strict_files_mind_what_is_outdated() -> None:
    text = HEAD.replace("K:", "Q:120\nK:") + "CDEF|\n"
    (loose,) = abc.check(abc.read(text))
    (strict,) = abc.check(abc.read("%abc-2.1\n" + text))
    assert (loose.code, loose.severity) == ("old-tempo", "info")
    assert (strict.code, strict.severity) == ("old-tempo", "warning")


def test_ranges() -> None:
    book = abc.read(HEAD + "CcG,c'|\n")
    assert abc.check(book) == ()
    found = abc.check(book, instrument="flute")
    assert [(f.code, f.column) for f in found] == [("out-of-range", 3)]
    with pytest.raises(UsageError, match="kazoo"):
        abc.check(book, instrument="kazoo")
    assert all(low < high for low, high in RANGES.values())


def test_a_whole_tune_on_one_line() -> None:
    found = abc.check(abc.read("X:1 T:t M:4/4 L:1/4 K:C CDEF|\n"))
    assert "one-line-tune" in [f.code for f in found]


def test_one_bad_tune_costs_that_one() -> None:
    good = HEAD + "CDEF|\n\n"
    book = abc.read(good + 'X:2\nT:u\nM:?\nK:?\n[[["\n\n' + good)
    assert len(book.tunes) == 3
    shapes = abc.to_events(book)["tunes"]
    assert shapes[0]["voices"] == shapes[2]["voices"]
    assert shapes[0]["diagnostics"] == shapes[2]["diagnostics"] == []
    assert shapes[1]["diagnostics"]
