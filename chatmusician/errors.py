"""Every error that chatmusician raises on purpose. Catch as widely as you like:

    ChatMusicianError       1   anything below
    ├── UsageError          2   the request contradicts itself or names what does not exist
    ├── InputError          1   a file or text that cannot be used: missing, binary, not ABC
    ├── OutputError         1   a result that cannot be written
    ├── LimitError          1   an input that would need more memory or time than allowed
    ├── EngineError         1   an outside program failed: crashed, hung, wrote nothing
    └── MissingDependency   3   a package, program or model that is not installed

The number is `exit_code`, what the command line ends with. `hint`, where there is one, says
what to do about it. Only the edge (the command line, the web page) prints them.
"""

from __future__ import annotations

from typing import Any, ClassVar


class ChatMusicianError(Exception):
    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return self.message

    # Errors cross process borders; the default would call __init__ with the message alone.
    def __reduce__(self) -> tuple[Any, ...]:
        return _as_it_was, (type(self), self.args, self.__dict__)


def _as_it_was(
    kind: type[ChatMusicianError], args: tuple[Any, ...], state: dict[str, Any]
) -> ChatMusicianError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(state)
    return error


class UsageError(ChatMusicianError):
    exit_code = 2


class InputError(ChatMusicianError):
    """`path` is the file as the caller named it; the message begins with it."""

    def __init__(self, message: str, *, path: str | None = None, hint: str | None = None) -> None:
        super().__init__(f"{path}: {message}" if path else message, hint=hint)
        self.path = path


class OutputError(ChatMusicianError):
    def __init__(self, message: str, *, path: str | None = None, hint: str | None = None) -> None:
        super().__init__(f"{path}: {message}" if path else message, hint=hint)
        self.path = path


class LimitError(ChatMusicianError):
    pass


class EngineError(ChatMusicianError):
    """`engine` failed in the way `what` tells; `said` is the beginning of its own words."""

    def __init__(self, engine: str, what: str, *, said: str = "", hint: str | None = None) -> None:
        last = said.strip().splitlines()[-1:] if said.strip() else []
        super().__init__(": ".join([f"{engine} {what}", *last]), hint=hint)
        self.engine = engine
        self.what = what
        self.said = said


class MissingDependency(ChatMusicianError):  # noqa: N818 - it says what is wrong, as it is
    """`what` is missing and `how` gets it: the hint, ready to be typed."""

    exit_code = 3

    def __init__(self, what: str, *, how: str) -> None:
        super().__init__(f"{what} is not installed", hint=how)
        self.what = what
        self.how = how
