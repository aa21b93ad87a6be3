from __future__ import annotations

import inspect
import pickle
import re

import pytest

from chatmusician import errors
from chatmusician.errors import (
    ChatMusicianError,
    EngineError,
    InputError,
    MissingDependency,
    OutputError,
)

CLASSES = {
    name: cls
    for name, cls in inspect.getmembers(errors, inspect.isclass)
    if issubclass(cls, ChatMusicianError)
}


def test_the_drawn_tree_is_the_real_one() -> None:
    drawn = dict(re.findall(r"(\w+) +(\d)  ", errors.__doc__ or ""))
    assert drawn == {name: str(cls.exit_code) for name, cls in CLASSES.items()}


@pytest.mark.parametrize("cls", CLASSES.values())
def test_every_class_has_a_promised_exit_code(cls: type[ChatMusicianError]) -> None:
    assert cls.exit_code in (1, 2, 3)


def test_hint_is_kept_apart() -> None:
    error = ChatMusicianError("it broke", hint="mend it")
    assert str(error) == error.message == "it broke"
    assert error.hint == "mend it"
    assert ChatMusicianError("it broke").hint is None


@pytest.mark.parametrize("cls", [InputError, OutputError])
def test_path_leads_the_message(cls: type[InputError | OutputError]) -> None:
    error = cls("no such file", path="a.abc")
    assert str(error) == "a.abc: no such file"
    assert error.path == "a.abc"
    assert str(cls("no such file")) == "no such file"


def test_missing_dependency_says_how() -> None:
    error = MissingDependency("torch", how="pip install torch")
    assert str(error) == "torch is not installed"
    assert error.hint == error.how == "pip install torch"


@pytest.mark.parametrize(
    "error",
    [
        ChatMusicianError("it broke", hint="mend it"),
        InputError("is empty", path="a.abc"),
        MissingDependency("torch", how="pip install torch"),
        EngineError("abcm2ps", "wrote no page", said="one\ntwo"),
    ],
)
def test_errors_cross_process_borders(error: ChatMusicianError) -> None:
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert (str(again), vars(again)) == (str(error), vars(error))
