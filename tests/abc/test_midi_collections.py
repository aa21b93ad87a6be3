"""Every tune of the collections: our MIDI, read back by symusic, is what the tune says."""

from __future__ import annotations

import pytest

from benchmarks.corpora import CORPORA, data_folder
from chatmusician import abc
from chatmusician.abc.midi import PLAIN, broken_midi, compare_midi, to_midi
from chatmusician.errors import InputError

pytest.importorskip("symusic")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["nottingham", "oneills", "ryans", "airds"])
def test_every_tune_is_played_as_read(name: str) -> None:
    try:
        data_folder()
    except InputError:
        pytest.skip("the tune collections are not here")
    wrong = []
    for piece in CORPORA[name].pieces():
        for tune in abc.read(piece.data).tunes:
            found = compare_midi(abc.timeline(tune), to_midi(tune, PLAIN), 1 / 1000)
            if found or broken_midi(to_midi(tune)):
                wrong.append(f"{piece.id}: {found[:1]}")
    assert not wrong
