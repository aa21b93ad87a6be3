"""What may be posted to gradio, checked before gradio sees it.

gradio takes any object that looks like a file, at any depth and for any component, and opens the
path or address in it; in an application that is mounted it does not ask whether it may. So nothing
is passed on as it came: each value is checked against the component it is for, objects are let
through only as items of the history, read by our own code, and the body is written anew.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from chatmusician.demo.bodies import Refused
from chatmusician.demo.history import read_items

_SESSION = re.compile(r"[A-Za-z0-9]{1,40}")
_EVENT = re.compile(r"[0-9a-f]{32}")
_FIELDS = frozenset({"data", "event_data", "fn_index", "trigger_id", "session_hash"})
_LONGEST_TEXT = 2_000_000
_LARGEST = 2**53
# The keys by which gradio takes an object for a file.
_FILE_KEYS = frozenset({"path", "url", "meta", "_type", "is_file", "is_stream", "orig_name"})


def _text(value: Any) -> Any:
    if value is None or (isinstance(value, str) and len(value) <= _LONGEST_TEXT):
        return _plain(value)
    raise Refused(422, "a text was expected")


def _number(value: Any) -> Any:
    fits = isinstance(value, int | float) and not isinstance(value, bool)
    # The comparison is false for NaN, and exact for integers beyond any float.
    if value is None or (fits and abs(value) <= _LARGEST):
        return value
    raise Refused(422, "a number was expected")


def _place(value: Any) -> Any:
    number = _number(value)
    return None if number is None else int(number)


def _plain(value: str | None) -> str | None:
    """Lone surrogates cannot be written as UTF-8 again."""
    return value.encode("utf-8", "replace").decode() if value is not None else None


# Inputs of the page by component; what another kind of component is given is refused.
_READERS: dict[str, Callable[[Any], Any]] = {
    "textbox": _text,
    "number": _number,
    "slider": _number,
    "radio": _place,
    "state": lambda _: None,  # kept by the server
}


class Gate:
    """`events` are the kinds of components that each event of the page takes, by its number;
    `items` is how many items a history has at most."""

    def __init__(self, events: Mapping[int, tuple[str, ...]], items: int) -> None:
        self.events = events
        self.items = items

    def join(self, body: bytes) -> tuple[str, bytes]:
        """The session of an event, and the body to pass on. Raises Refused (400, 422)."""
        given = self._object(body, _FIELDS)
        session = session_name(given.get("session_hash"))
        number = given.get("fn_index")
        if not isinstance(number, int) or isinstance(number, bool) or number not in self.events:
            raise Refused(422, "there is no such event")
        if given.get("event_data") is not None:
            raise Refused(422, "no event of this page has data of its own")
        kinds, data = self.events[number], given.get("data")
        if not isinstance(data, list) or len(data) != len(kinds):
            raise Refused(422, f"this event takes a list of {len(kinds)} values")
        trigger = given.get("trigger_id")
        passed = {
            "data": [self._value(kind, value) for kind, value in zip(kinds, data, strict=True)],
            "fn_index": number,
            "trigger_id": None if trigger is None else int(_number(trigger)),
            "session_hash": session,
        }
        refuse_files(passed)
        return session, json.dumps(passed).encode()

    def cancel(self, body: bytes) -> tuple[str, bytes]:
        """The session whose event is to end, and the body to pass on."""
        given = self._object(body, frozenset({"session_hash", "fn_index", "event_id"}))
        number, event = given.get("fn_index"), given.get("event_id")
        session = session_name(given.get("session_hash"))
        if not isinstance(number, int) or number not in self.events:
            raise Refused(422, "there is no such event")
        if not isinstance(event, str) or not _EVENT.fullmatch(event):
            raise Refused(422, "the event has no such name")
        passed = {"session_hash": session, "fn_index": int(number), "event_id": event}
        return session, json.dumps(passed).encode()

    def _value(self, kind: str, value: Any) -> Any:
        if kind == "browserstate":
            return [item.rebuilt() for item in read_items(value, self.items)]
        if kind not in _READERS:
            raise Refused(422, "this event cannot be posted")
        return _READERS[kind](value)

    @staticmethod
    def _object(body: bytes, fields: frozenset[str]) -> dict[str, Any]:
        try:
            given = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise Refused(400, "the body is not JSON") from error
        if not isinstance(given, dict) or not fields.issuperset(given):
            raise Refused(422, f"an object of {', '.join(sorted(fields))} was expected")
        return given


def refuse_files(value: Any) -> None:
    """Raise Refused where an object anywhere in the value could be a file to gradio.

    The last wall: what is passed on is built from fields of ours, and none of these has a file.
    """
    if isinstance(value, dict):
        if not _FILE_KEYS.isdisjoint(value):
            raise Refused(422, "a file was not expected")
        value = list(value.values())
    for part in value if isinstance(value, list) else ():
        refuse_files(part)


def session_name(given: Any) -> str:
    """The name of a session, if it has the form of one."""
    if not isinstance(given, str) or not _SESSION.fullmatch(given):
        raise Refused(422, "the session has no such name")
    return given
