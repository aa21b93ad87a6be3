"""`chatmusician.compose` and `load_model`, as a program would use them."""

from __future__ import annotations

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")
pytest.importorskip("tokenizers")

import chatmusician
from chatmusician.errors import UsageError
from tests.model.engine_models import taught_folder


def test_by_name_and_by_loaded_model() -> None:
    name = str(taught_folder())
    one = chatmusician.compose("a jig in D", model=name, seed=5)
    model = chatmusician.load_model(name)
    other = chatmusician.compose("a jig", key="D", model=model, seed=5)
    again = chatmusician.compose("a jig in D", model=model, seed=5)
    model.close()
    assert one.abc == other.abc == again.abc
    book = chatmusician.read_abc(one.abc)
    assert len(book.tunes) == 1
    assert not [found for found in chatmusician.check(book) if found.severity == "error"]
    assert one.reading.brief.key == "D"


def test_what_is_wanted_is_data() -> None:
    with pytest.raises(UsageError, match="there is no 'colour' to ask for: key, meter"):
        chatmusician.compose("a jig", model=str(taught_folder()), colour="blue")
    with pytest.raises(UsageError, match="no such key"):
        chatmusician.compose("a jig", model=str(taught_folder()), key="H")
