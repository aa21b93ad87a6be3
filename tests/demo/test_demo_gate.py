"""What is posted to gradio: nothing that names a file or an address gets through."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.demo.demo_models import TUNE, SayingModel

pytest.importorskip("gradio")
pytest.importorskip("httpx")
pytest.importorskip("hypothesis")

import hypothesis
from fastapi.testclient import TestClient
from hypothesis import strategies as some

from chatmusician.demo.behind import connect, events_of
from chatmusician.demo.bodies import Refused
from chatmusician.demo.desk import Desk
from chatmusician.demo.gate import Gate, refuse_files
from chatmusician.demo.page import create_page
from chatmusician.demo.server import create_app
from chatmusician.demo.sessions import Sessions
from chatmusician.demo.settings import Limits, Settings
from chatmusician.demo.shapes import WANTED

PAGE = create_page(Desk(lambda: SayingModel(), Limits(), "saying"))
EVENTS = events_of(PAGE)
GATE = Gate(EVENTS, 60)
CANARY = "/canary/that/nobody/may/open"
ORDER: dict[str, Any] = {"request": "a jig", "first": 0, "last": 0, "candidates": 1, "seed": 5}
TUNES: dict[str, Any] = {"abc": TUNE, "seed": 5, "total": 0.9, "card": ["correct 1.00: fine"]}
ITEM: dict[str, Any] = {
    "made": "2026-01-01T00:00:00+00:00",
    "model": "m",
    "order": ORDER,
    "tunes": [TUNES],
}
KEYS = {*ITEM, *ORDER, *TUNES, *WANTED, "wanted", "change", "temperature"}

file_objects = some.fixed_dictionaries(
    {
        "path": some.sampled_from(
            [CANARY, "/dev/zero", "http://127.0.0.1:9/x", "file:///etc/passwd"]
        )
    },
    optional={
        "url": some.just(CANARY),
        "meta": some.sampled_from([{"_type": "gradio.FileData"}, {}, None, 5, "x"]),
        "is_stream": some.booleans(),
        "orig_name": some.text(max_size=5),
        "__type__": some.just("update"),
    },
)
scalars = (
    some.none()
    | some.booleans()
    | some.integers()
    | some.floats()
    | some.text(max_size=20)
    | some.sampled_from([CANARY, TUNE, "\ud800", "x" * 5000])
)
items = some.fixed_dictionaries(
    {}, optional={name: some.just(value) for name, value in ITEM.items()}
)
values = some.recursive(
    scalars | file_objects | items,
    lambda inner: (
        some.lists(inner, max_size=3)
        | some.dictionaries(
            some.sampled_from(["path", "meta", "value", "order", "tunes", "a", "url"]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=8,
)


@some.composite
def joins(draw: Any) -> dict[str, Any]:
    """Bodies that are nearly right, so that something hostile comes far."""
    number = draw(some.sampled_from(sorted(EVENTS)) | some.integers(-2, 60))
    kinds = EVENTS.get(number, ())
    data: Any = [draw(values) for _ in kinds]
    if draw(some.integers(0, 9)) == 0:
        data = draw(values)
    body = {"data": data, "fn_index": number, "session_hash": draw(some.sampled_from(["s1", "s2"]))}
    extra = some.sampled_from(["event_data", "trigger_id", "session_hash", "event_id", "batched"])
    if draw(some.integers(0, 3)) == 0:
        body[draw(extra)] = draw(values)
    return body


def keys_in(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from value
    if isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from keys_in(inner)


SETTINGS = hypothesis.settings(
    max_examples=300, deadline=None, suppress_health_check=list(hypothesis.HealthCheck)
)


@SETTINGS
@hypothesis.given(joins())
def test_only_objects_of_the_history_pass(body: dict[str, Any]) -> None:
    try:
        _, passed = GATE.join(json.dumps(body).encode())
    except Refused:
        return
    assert set(keys_in(json.loads(passed)["data"])) <= KEYS


@pytest.mark.parametrize("number", sorted(EVENTS))
@pytest.mark.parametrize("depth", [0, 1, 3])
def test_a_file_in_place_of_any_value(number: int, depth: int) -> None:
    kinds = EVENTS[number]
    for at in range(len(kinds)):
        value: Any = {"path": CANARY, "meta": {"_type": "gradio.FileData"}}
        for _ in range(depth):
            value = [value]
        data: list[Any] = [None] * len(kinds)
        data[at] = value
        body = json.dumps({"data": data, "fn_index": number, "session_hash": "s"}).encode()
        if kinds[at] in ("state", "browserstate"):  # what is no item of a history is left out
            assert CANARY not in GATE.join(body)[1].decode()
        else:
            with pytest.raises(Refused):
                GATE.join(body)


def test_a_file_inside_an_item_of_the_history() -> None:
    number = next(number for number, kinds in EVENTS.items() if kinds == ("browserstate",))
    evil = {"path": CANARY, "meta": {"_type": "gradio.FileData"}}
    items = [
        ITEM,
        {**ITEM, **evil},
        {**ITEM, "order": {**ORDER, **evil}},
        {**ITEM, "order": {**ORDER, "wanted": evil}},
        *(
            {**ITEM, "order": {**ORDER, "wanted": no_dict}}
            for no_dict in ([evil], [[evil]], "x", 5)
        ),
        {**ITEM, "order": {**ORDER, "wanted": {"title": evil}}},
        {**ITEM, "order": {**ORDER, "title": evil}},
        {**ITEM, "tunes": [evil]},
    ]
    body = {"data": [items], "fn_index": number, "session_hash": "s"}
    passed = json.loads(GATE.join(json.dumps(body).encode())[1])["data"][0]
    assert passed == [ITEM]


@pytest.mark.parametrize("depth", [0, 1, 3])
@pytest.mark.parametrize("key", ["path", "url", "meta"])
def test_the_last_wall_finds_a_file_at_any_depth(key: str, depth: int) -> None:
    value: Any = {key: CANARY}
    for _ in range(depth):
        value = [{"order": value}]
    refuse_files({"data": [ITEM, "path", ["url"]]})
    with pytest.raises(Refused):
        refuse_files({"data": [ITEM, value]})


def test_what_the_page_sends_passes() -> None:
    number = next(n for n, kinds in EVENTS.items() if kinds[:2] == ("browserstate", "textbox"))
    kinds = EVENTS[number]
    data = [[ITEM], "a jig", *[None] * (len(kinds) - 3), 1]
    body = {"data": data, "event_data": None, "fn_index": number, "trigger_id": 9}
    session, passed = GATE.join(json.dumps({**body, "session_hash": "tv73m8ijqi"}).encode())
    assert session == "tv73m8ijqi"
    assert json.loads(passed)["data"] == data


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[" * 50_000, 400),
        (b"\xff\xfe", 400),
        (b"1" * 100_000, 400),
        (b"[]", 422),
        (b"null", 422),
        (b'{"data": [], "fn_index": 99999, "session_hash": "s"}', 422),
        (b'{"data": [], "fn_index": -1, "session_hash": "s"}', 422),
        (b'{"data": [], "fn_index": true, "session_hash": "s"}', 422),
        (b'{"data": [], "fn_index": 18}', 422),
        (b'{"data": [], "fn_index": 18, "session_hash": "../x"}', 422),
        (b'{"data": [], "fn_index": 18, "session_hash": "s", "event_id": "x"}', 422),
        (b'{"data": {}, "fn_index": 18, "session_hash": "s"}', 422),
        (b'{"data": [1], "fn_index": 18, "session_hash": "s"}', 422),
    ],
)
def test_bodies_that_are_no_event(body: bytes, status: int) -> None:
    with pytest.raises(Refused) as raised:
        GATE.join(body)
    assert raised.value.status == status


@pytest.mark.parametrize(
    "number", ["NaN", "Infinity", "1e999", "1" * 30, "-" + "1" * 400, '"7"', "true", "[]"]
)
def test_numbers(number: str) -> None:
    event = next(n for n, kinds in EVENTS.items() if kinds == ("textbox", "slider"))
    body = f'{{"data": ["", {number}], "fn_index": {event}, "session_hash": "s"}}'
    with pytest.raises(Refused):
        GATE.join(body.encode())


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    model = SayingModel()
    app = create_app(Settings(), lambda: model, model.name)
    with TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=False) as made:
        yield made


opened: list[str] = []
watching = False


def _hook(event: str, args: tuple[Any, ...]) -> None:
    if watching and event in ("open", "socket.connect", "socket.getaddrinfo"):
        opened.append(repr(args))


@pytest.fixture(scope="module")
def watched() -> Iterator[list[str]]:
    """Whatever this process opens meanwhile; a hook of the interpreter cannot be removed."""
    global watching
    sys.addaudithook(_hook)
    watching = True
    yield opened
    watching = False


@hypothesis.settings(SETTINGS, max_examples=60)
@hypothesis.given(joins(), some.sampled_from(["join", "cancel", "data", "heartbeat"]))
def test_no_entrance_fails_or_opens_anything(
    client: TestClient, watched: list[str], body: dict[str, Any], entrance: str
) -> None:
    raw = json.dumps(body).encode()
    headers = {"Content-Type": "application/json"}
    if entrance in ("join", "cancel"):
        path = "/gradio_api/queue/join" if entrance == "join" else "/gradio_api/cancel"
        status = client.post(path, content=raw, headers=headers).status_code
    elif entrance == "data":
        status = client.get("/gradio_api/queue/data", params={"session_hash": "s9"}).status_code
    else:
        status = client.get("/gradio_api/heartbeat/..%2f" + CANARY).status_code
    assert status < 500 or status == 503
    assert not [what for what in watched if CANARY in what or "127.0.0.1', 9" in what]


@pytest.mark.parametrize(
    "path",
    [
        *("run/predict", "call/compose", "call/v2/compose", "api/compose", "reset", "reset/"),
        *("upload", "upload_progress", "component_server", "process_recording", "stream/1"),
        *("file=/etc/passwd", "file/etc/passwd", "proxy=http://127.0.0.1:9/", "mcp/", "mcp/sse"),
        *("vibe-edit", "vibe-code", "startup-events", "info", "token", "app_id", "dev/reload"),
        *("run-history/connect", "runs", "openapi.json", "custom_component/1/client/component/x"),
        *("deep_link", "profiling/clear", "heartbeat/../../x", "heartbeat/" + "x" * 50),
    ],
)
def test_other_entrances_are_closed(client: TestClient, path: str) -> None:
    for method in ("GET", "POST", "PUT", "DELETE", "OPTIONS"):
        answer = client.request(method, f"/gradio_api/{path}", content=b"{}")
        assert answer.status_code in (404, 405), (method, answer.text)


@pytest.mark.parametrize(
    "path",
    ["login", "logout", "monitoring", "monitoring/summary", "svelte/x.js", "pwa_icon", "docs"],
)
def test_other_pages_are_closed(client: TestClient, path: str) -> None:
    for method in ("GET", "POST"):
        assert client.request(method, f"/{path}", content=b"{}").status_code == 404


def test_a_stored_page_is_not_asked_for_by_name(client: TestClient, tmp_path: Path) -> None:
    assert client.get("/", params={"deep_link": f"../../{tmp_path}"}).status_code == 200


def test_only_post_goes_to_events(client: TestClient) -> None:
    body = {"data": [CANARY], "fn_index": 22, "session_hash": "s"}
    for method in ("PUT", "PATCH", "DELETE", "OPTIONS"):
        answer = client.request(method, "/gradio_api/queue/join", json=body)
        assert answer.status_code == 405


def test_what_is_used_of_gradio_is_there() -> None:
    """These are gradio's own affairs: a new version that moves them must not pass unseen."""
    page = create_page(Desk(lambda: SayingModel(), Limits(), "saying"))
    connect(page, Sessions())
    queue = page._queue
    assert isinstance(queue.pending_messages_per_session, dict)
    assert isinstance(queue.pending_event_ids_session, dict)
    assert callable(queue.clean_events)
    assert page.state_session_capacity == 400
    assert {"browserstate", "textbox", "number", "slider", "state", "radio"} >= {
        kind for kinds in events_of(page).values() for kind in kinds
    }
