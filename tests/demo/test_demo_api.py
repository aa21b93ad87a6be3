"""The REST API and the guard before it: good input, bad input, hostile input, limits."""

from __future__ import annotations

import base64
import json
import re
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.demo.demo_models import HOSTILE, TUNE, SayingModel

pytest.importorskip("gradio")
pytest.importorskip("httpx")

from fastapi.testclient import TestClient

from chatmusician.demo import jobs
from chatmusician.demo.server import create_app
from chatmusician.demo.settings import Limits, Settings
from chatmusician.demo.workers import Group

BROKEN = "X:1\nT:x\nM:6/8\nL:1/8\nK:D\nDFA dfa|d5|DFA dfa|d6|]\n"
LIMITS = Limits(body=100_000, upload=50_000)


@pytest.fixture(scope="module")
def model() -> SayingModel:
    return SayingModel()


def client_of(model: SayingModel, settings: Settings | None = None, **options: Any) -> TestClient:
    app = create_app(settings or Settings(limits=LIMITS), lambda: model, model.name)
    return TestClient(app, base_url="http://127.0.0.1", **options)


@pytest.fixture(scope="module")
def client(model: SayingModel) -> Iterator[TestClient]:
    with client_of(model, raise_server_exceptions=False) as made:
        yield made


def test_check(client: TestClient) -> None:
    answer = client.post("/api/check", json={"abc": BROKEN}).json()
    assert not answer["ok"]
    (problem,) = answer["problems"]
    assert (problem["line"], problem["column"], problem["code"]) == (6, 9, "bar-too-short")
    assert client.post("/api/check", json={"abc": TUNE}).json() == {"ok": True, "problems": []}


def test_score(client: TestClient) -> None:
    pytest.importorskip("verovio")
    answer = client.post("/api/score", json={"abc": TUNE, "width": 120}).json()
    assert answer["title"] == "Ours"
    assert answer["bars"] == 2
    assert answer["svg"].startswith("<svg")
    assert answer["lit"][0] == {"element": answer["lit"][0]["element"], "start": 0.0, "end": 0.25}


def test_score_of_nothing_says_so(client: TestClient) -> None:
    answer = client.post("/api/score", json={"abc": ""}).json()
    assert (answer["svg"], answer["lit"]) == ("", [])
    assert "X:1" in answer["remarks"][0]


def test_render(client: TestClient) -> None:
    answer = client.post("/api/render", json={"abc": TUNE, "format": "mid"})
    assert answer.content.startswith(b"MThd")
    assert answer.headers["content-type"] == "audio/midi"
    assert answer.headers["content-disposition"] == 'attachment; filename="ours.mid"'


def test_transpose(client: TestClient) -> None:
    answer = client.post("/api/transpose", json={"abc": TUNE, "semitones": 2}).json()
    assert "K:E\n" in answer["abc"]


def test_open(client: TestClient) -> None:
    answer = client.post("/api/open", content=TUNE.encode()).json()
    assert answer == {"abc": TUNE, "format": "abc"}


def test_status(client: TestClient) -> None:
    answer = client.get("/api/status").json()
    assert answer["model"] == "the saying model"
    assert "violin" in answer["instruments"]


# -- composing --------------------------------------------------------------------


def test_compose(client: TestClient, model: SayingModel) -> None:
    body = {"request": "a jig in D", "bars": 2, "candidates": 2, "seed": 5}
    answer = client.post("/api/compose", json=body).json()
    assert answer["seed"] == 5
    assert {c["seed"] for c in answer["candidates"]} == {5, 6}
    assert all(c["abc"] == TUNE for c in answer["candidates"])
    assert "a jig" not in answer["prompt"]
    assert "bars 2 (said as '--bars 2')" in answer["understood"]
    assert model.asked[-1].turns[0].question == answer["prompt"]


def test_compose_tells_the_seed_it_drew(client: TestClient) -> None:
    answer = client.post("/api/compose", json={"request": "a jig"}).json()
    assert answer["candidates"][0]["seed"] == answer["seed"]


def test_a_change_keeps_the_title(client: TestClient) -> None:
    body = {"change": "variation", "abc": TUNE.replace("Ours", "Theirs"), "seed": 1}
    answer = client.post("/api/compose", json=body).json()
    assert answer["task"] == "variation"
    assert "T:Ours" in answer["candidates"][0]["abc"]  # the model gave one of its own


def test_stream(client: TestClient) -> None:
    lines = client.post("/api/compose/stream", json={"request": "a jig in D", "seed": 1}).text
    events = [json.loads(line) for line in lines.splitlines()]
    texts = [event["text"] for event in events if "text" in event]
    assert texts[0] == "\f"
    assert "".join(texts).rpartition("\f")[2] == TUNE
    assert events[-1]["result"]["candidates"][0]["abc"] == TUNE


@pytest.mark.parametrize(
    "body",
    [
        {"request": "a jig in D in 4/4, key G, key C"},
        {"key": "H"},
        {"meter": "x"},
        {"chords": "??"},
        {"form": "3"},
        {"change": "variation", "abc": "words"},
        {"change": "variation", "abc": BROKEN},
        {"change": "infill", "abc": TUNE, "first": 2, "last": 1},
        {"change": "continue", "abc": TUNE, "first": 99},
    ],
)
def test_requests_that_make_no_sense(client: TestClient, body: dict[str, Any]) -> None:
    for path in ("compose", "compose/stream"):
        answer = client.post(f"/api/{path}", json=body)
        assert answer.status_code == 400, answer.text
        assert answer.json()["error"]


def test_no_tune_in_the_answer(client: TestClient) -> None:
    with client_of(SayingModel("I can't.")) as other:
        answer = other.post("/api/compose", json={"request": "a jig"}).json()
    assert answer["candidates"][0]["abc"] == ""


def test_one_at_a_time_and_nothing_mixed() -> None:
    model = SayingModel(pause=0.01)
    answers: dict[int, Any] = {}
    with client_of(model) as client:

        def ask(seed: int) -> None:
            answers[seed] = client.post("/api/compose", json={"key": "D", "seed": seed}).json()

        threads = [threading.Thread(target=ask, args=(seed,)) for seed in range(100, 106)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
    assert model.most_at_once == 1
    assert {seed: a["candidates"][0]["seed"] for seed, a in answers.items()} == {
        seed: seed for seed in range(100, 106)
    }


def test_too_many_are_turned_away() -> None:
    settings = Settings(limits=Limits(waiting=0))
    with client_of(SayingModel(), settings) as client:
        answer = client.post("/api/compose", json={"request": "a jig"})
    assert answer.status_code == 503
    assert answer.json()["hint"] == "try again in a minute"


def test_checks_do_not_wait_for_the_model() -> None:
    model = SayingModel(pause=0.2)
    with client_of(model) as client:
        slow = threading.Thread(target=client.post, args=("/api/compose",), kwargs={"json": {}})
        slow.start()
        while not model.at_once:
            pass
        assert client.post("/api/check", json={"abc": TUNE}).json()["ok"]
        assert model.at_once == 1
        slow.join(30)


# -- bad input ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("check", {}),
        ("check", {"abc": 5}),
        ("check", {"abc": TUNE, "more": 1}),
        ("check", ["abc"]),
        ("check", {"abc": "x" * 20_001}),
        ("check", {"abc": "X:1\nK:C\n\ud800|"}),
        ("score", {"abc": TUNE, "width": -1}),
        ("score", {"abc": TUNE, "width": "NaN"}),
        ("render", {"abc": TUNE, "format": "../../etc/passwd"}),
        ("render", {"abc": "words", "format": "mid"}),
        ("render", {"abc": TUNE, "format": "wav", "speed": 1e9}),
        ("render", {"abc": TUNE, "format": "mid", "instrument": "spoon"}),
        ("transpose", {"abc": TUNE, "semitones": 1.5}),
        ("transpose", {"abc": "", "semitones": 1}),
        ("compose", {"candidates": 1000}),
        ("compose", {"seed": "x"}),
        ("compose", {"request": "x" * 20_001}),
        ("compose", {"temperature": 1e99}),
        ("open", {}),
    ],
)
def test_bad_input(client: TestClient, path: str, body: Any) -> None:
    answer = client.post(
        f"/api/{path}", content=json.dumps(body), headers={"Content-Type": "application/json"}
    )
    assert answer.status_code in (400, 413, 422), answer.text
    assert set(answer.json()) == {"error", "hint"}
    assert "Traceback" not in answer.text


@pytest.mark.parametrize("body", ["", "{", "[" * 50_000, "null", '{"abc": NaN}', "\0"])
def test_bodies_that_are_no_request(client: TestClient, body: str) -> None:
    headers = {"Content-Type": "application/json"}
    answer = client.post("/api/check", content=body, headers=headers)
    assert answer.status_code in (400, 422)
    assert set(answer.json()) == {"error", "hint"}


def test_what_nobody_thought_of_is_said_in_words(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise ZeroDivisionError("secret")

    # In this process, where it can be replaced; a worker has its own.
    monkeypatch.setitem(jobs.JOBS, "check", fail)
    monkeypatch.setattr(Group, "run", lambda _, name, given, *__: jobs.answer(name, given))
    answer = client.post("/api/check", json={"abc": TUNE})
    assert answer.status_code == 500
    assert answer.json()["error"] == "unexpected ZeroDivisionError"
    assert "secret" not in answer.text


def test_hostile_tunes_come_back_as_text(client: TestClient) -> None:
    pytest.importorskip("verovio")
    svg = client.post("/api/score", json={"abc": HOSTILE}).json()["svg"]
    assert "<script" not in svg
    assert "<img" not in svg
    assert "&lt;script&gt;" in svg


# -- the guard ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "/gradio_api/file=/etc/passwd",
        "/gradio_api/file/etc/passwd",
        "/gradio_api/proxy=http://example.com/",
        "/gradio_api/run/predict",
        "/gradio_api/call/compose",
        "/gradio_api/upload_progress",
        "/gradio_api/stream/1",
        "/gradio_api/vibe-code/",
        "/gradio_api/openapi.json",
        "/monitoring",
        "/own/../server.py",
        "/own/%2e%2e/server.py",
        "/static/..%2f..%2f..%2f..%2fetc%2fpasswd",
        "/docs",
        "/openapi.json",
    ],
)
def test_what_is_not_there(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code in (403, 404)
    assert "root:" not in answer.text


def test_there_is_no_upload_to_the_disk(client: TestClient) -> None:
    answer = client.post("/gradio_api/upload", files={"files": ("../../x", b"data")})
    assert answer.status_code == 404


def test_large_bodies_are_refused(client: TestClient) -> None:
    answer = client.post("/api/open", content=b"x" * 100_001)
    assert answer.status_code == 413

    def pieces() -> Iterator[bytes]:
        for _ in range(11):
            yield b"x" * 10_000

    assert client.post("/api/open", content=pieces()).status_code == 413
    assert client.post("/api/open", content=b"x" * 60_000).status_code == 413


def test_a_length_that_is_none(client: TestClient) -> None:
    answer = client.post("/api/open", content=b"x", headers={"Content-Length": "-5"})
    assert answer.status_code == 413


def test_other_names_are_refused(client: TestClient) -> None:
    assert client.get("/api/status", headers={"Host": "evil.example:8888"}).status_code == 421
    for host in ("127.0.0.1:8888", "localhost", "[::1]:8888"):
        assert client.get("/api/status", headers={"Host": host}).status_code == 200


def test_other_web_sites_are_refused(client: TestClient) -> None:
    body = {"abc": TUNE}
    for origin, status in (
        ("http://evil.example", 403),
        ("null", 403),
        ("http://127.0.0.1:1", 403),
        ("http://127.0.0.1", 200),
    ):
        answer = client.post("/api/check", json=body, headers={"Origin": origin})
        assert answer.status_code == status, origin


def test_passwords() -> None:
    def knows(text: str) -> dict[str, str]:
        return {"Authorization": "Basic " + base64.b64encode(text.encode()).decode()}

    settings = Settings(auth="anna:geheim:1 ü", limits=LIMITS)
    with client_of(SayingModel(), settings) as client:
        for path in ("/", "/api/", "/api/status", "/config", "/own/page.js", "/theme.css"):
            refused = client.get(path)
            assert refused.status_code == 401
            assert refused.headers["www-authenticate"].startswith("Basic")
        for wrong in ("anna:", "anna:geheim", "Anna:geheim:1 ü", ""):
            assert client.get("/api/status", headers=knows(wrong)).status_code == 401
        for odd in ("Basic", "Basic ???", "Bearer x", "Basic 4pyT"):
            assert client.get("/api/status", headers={"Authorization": odd}).status_code == 401
        right = knows("anna:geheim:1 ü")
        assert client.get("/api/status", headers=right).status_code == 200
        assert client.get("/", headers=right).status_code == 200


# -- pages ---------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/", "/api/"])
def test_pages_name_nothing_outside(client: TestClient, path: str) -> None:
    page = client.get(path)
    assert page.status_code == 200
    assert "connect-src 'self'" in page.headers["content-security-policy"]
    loaded = re.findall(r"""(?:src|href)=["']((?:https?:)?//[^"']+)""", page.text)
    assert not loaded


def test_the_api_page_tells_all(client: TestClient) -> None:
    page = client.get("/api/").text
    for path in client.get("/api/openapi.json").json()["paths"]:
        assert f"/api{path}" in page
    assert "<script" not in page


def test_files_of_the_page(client: TestClient) -> None:
    wanted: dict[str, Callable[[str], bool]] = {
        "page.js": lambda text: "customElements" in text,
        "score.js": lambda text: "attachShadow" in text,
        "player.js": lambda text: "Audio" in text,
        "page.css": lambda text: ".dark" in text,
        "score.css": lambda text: ":host" in text,
    }
    for name, holds in wanted.items():
        assert holds(client.get(f"/own/{name}").text)
