"""Copies among real tunes: all planted ones are found, and what else is found is one song.

Reads the collections of CHATMUSICIAN_DATA (or shared/data beside the repository).
"""

from __future__ import annotations

import pytest

from chatmusician.errors import InputError

pytest.importorskip("numpy")
duplicates = pytest.importorskip("benchmarks.duplicates")


@pytest.mark.slow
def test_planted_copies_are_found_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    try:
        found = duplicates.measure()
    except InputError as error:
        pytest.skip(str(error))
    with capsys.disabled():
        print("\n" + duplicates.text(found))
    assert found.tunes == 5000
    assert found.planted == 100
    assert all(hit.shared >= 0.85 for hit in found.hits)
