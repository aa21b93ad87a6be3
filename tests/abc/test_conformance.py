"""Every small tune of ``tunes/``: our reading is the one worked out by hand, and abc2midi's.

Where some version of abc2midi reads a tune otherwise, the case says why and is left out there.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from chatmusician import abc
from tests.abc.cases import Case, agree, case_id, for_abc2midi, judge, played, told
from tests.abc.conftest import Outside
from tests.abc.tunes import (
    bars,
    files,
    graces,
    groups,
    keys,
    lengths,
    malformed,
    marks,
    repeats,
    ties,
    voices,
    words,
)

CASES: list[Case] = [
    *lengths.CASES,
    *groups.CASES,
    *keys.CASES,
    *ties.CASES,
    *graces.CASES,
    *marks.CASES,
    *bars.CASES,
    *repeats.CASES,
    *voices.CASES,
    *words.CASES,
    *files.CASES,
    *malformed.CASES,
]

COMMON = [case for case in CASES if case.notes is not None and not case.outside]
SHARED = Path(__file__).resolve().parents[3] / "shared" / "abc-cases"


def test_ids_are_distinct() -> None:
    assert len({case.id for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=case_id)
def test_reading(case: Case) -> None:
    faults = judge(case, abc.to_events(abc.read(case.text)))
    assert not faults, "\n".join([case.text, *faults])


@pytest.mark.parametrize("case", COMMON, ids=case_id)
def test_outside_reading(case: Case, abc2midi: Outside) -> None:
    wanted, heard = played(case), abc2midi(for_abc2midi(case.text))
    assert agree(wanted, heard), f"{case.text}\nabc2midi {told(heard)}\nby hand  {told(wanted)}"


@pytest.mark.parametrize("case", CASES, ids=case_id)
def test_the_source_is_kept(case: Case) -> None:
    assert abc.read(case.text.encode()).to_bytes() == case.text.encode()


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared cases are not beside this checkout")
def test_shared_cases() -> None:
    cases = json.loads((SHARED / "abc_cases.json").read_text("utf-8"))
    assert cases
    done = subprocess.run(
        [
            sys.executable,
            str(SHARED / "compare.py"),
            f"{sys.executable} -m chatmusician convert {{abc}} --to json",
            "--strict-optional",
        ],
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
