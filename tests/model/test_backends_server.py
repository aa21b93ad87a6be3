"""The server backend against small servers of our own, friendly and hostile."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from chatmusician.errors import ChatMusicianError, EngineError, InputError
from chatmusician.model.backends import server as module
from chatmusician.model.backends.server import ServerBackend
from chatmusician.model.chat_format import Turn
from chatmusician.model.generation import Request, Sampling

TUNE = "X:1\nM:6/8\nL:1/8\nK:D\n|:DFA dfa:|"
Answer = Callable[["Handler", dict[str, Any]], None]


class Handler(BaseHTTPRequestHandler):
    answer: Answer
    seen: list[tuple[str, dict[str, Any], dict[str, str]]]

    def do_POST(self) -> None:
        size = int(self.headers["Content-Length"])
        body = json.loads(self.rfile.read(size))
        self.seen.append((self.path, body, dict(self.headers)))
        type(self).answer(self, body)

    def log_message(self, *_: Any) -> None:
        pass

    def reply(self, code: int, data: Any, kind: str = "application/json", **headers: str) -> None:
        text = data if isinstance(data, bytes) else json.dumps(data).encode()
        self.send_response(code)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(text)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text)

    def stream(self, pieces: list[dict[str, Any]]) -> None:
        lines = [f"data: {json.dumps({'choices': [piece]})}\n\n" for piece in pieces]
        self.reply(200, ("".join(lines) + "data: [DONE]\n\n").encode(), "text/event-stream")


Serve = Callable[[Answer], ServerBackend]


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Serve]:
    for name in module.KEYS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(time, "sleep", lambda _: None)
    running: list[ThreadingHTTPServer] = []

    def start(answer: Answer) -> ServerBackend:
        handler = type("H", (Handler,), {"answer": answer, "seen": []})
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        running.append(server)
        return ServerBackend(f"http://127.0.0.1:{server.server_address[1]}/v1", "small")

    yield start
    for server in running:
        server.shutdown()
        server.server_close()


def pieces(text: str) -> list[dict[str, Any]]:
    cut = [text[at : at + 5] for at in range(0, len(text), 5)]
    return [{"text": piece} for piece in cut] + [{"text": "", "finish_reason": "stop"}]


def test_the_prompt_is_sent_byte_for_byte_and_the_answer_streamed(serve: Serve) -> None:
    bodies: list[dict[str, Any]] = []

    def answer(handler: Handler, body: dict[str, Any]) -> None:
        bodies.append(body)
        handler.stream(pieces(TUNE + " </s>"))

    heard: list[str] = []
    request = Request((Turn("q1", "a1"), Turn("A jig")), seed=5)
    (done,) = serve(answer).generate(
        [request], Sampling(), on_text=lambda _, text: heard.append(text)
    )
    assert bodies[0]["prompt"] == "Human: q1 </s> Assistant: a1 </s> Human: A jig </s> Assistant: "
    assert (bodies[0]["seed"], bodies[0]["model"], bodies[0]["top_k"]) == (5, "small", 40)
    assert (done.text, done.finish) == (TUNE, "end")
    assert len(heard) > 3


def test_a_server_with_chat_only_gets_messages(serve: Serve) -> None:
    paths: list[str] = []

    def answer(handler: Handler, body: dict[str, Any]) -> None:
        paths.append(handler.path)
        if not handler.path.endswith("/chat/completions"):
            handler.reply(404, {"error": {"message": "no such route"}})
            return
        assert [m["role"] for m in body["messages"]] == ["user", "assistant", "user"]
        handler.stream([{"delta": {"content": TUNE}}, {"delta": {}, "finish_reason": "length"}])

    backend = serve(answer)
    request = Request((Turn("q1", "a1"), Turn("A jig")))
    for _ in range(2):
        (done,) = backend.generate([request], Sampling())
        assert (done.text, done.finish) == (TUNE, "length")
    assert paths == ["/v1/completions", "/v1/chat/completions", "/v1/chat/completions"]
    assert len(backend.remarks) == 1


def test_what_a_server_does_not_know_is_left_out(serve: Serve) -> None:
    def answer(handler: Handler, body: dict[str, Any]) -> None:
        if "top_k" in body:
            handler.reply(400, {"error": {"message": "Unrecognized request argument: top_k"}})
        else:
            handler.reply(200, {"choices": [{"text": TUNE, "finish_reason": "stop"}]})

    backend = serve(answer)
    assert backend.generate([Request.ask("A jig")], Sampling())[0].text == TUNE
    assert "top_k" in backend.remarks[0]


def test_a_busy_server_is_asked_again(serve: Serve) -> None:
    count = [0]

    def answer(handler: Handler, body: dict[str, Any]) -> None:
        count[0] += 1
        if count[0] < 3:
            handler.reply(429, {"error": {"message": "slow down"}})
        else:
            handler.stream(pieces(TUNE))

    assert serve(answer).generate([Request.ask("A jig")], Sampling())[0].text == TUNE


def test_the_key_comes_from_the_environment(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    found: list[str | None] = []

    def answer(handler: Handler, body: dict[str, Any]) -> None:
        found.append(handler.headers.get("Authorization"))
        handler.stream(pieces(TUNE))

    backend = serve(answer)
    backend.generate([Request.ask("A jig")], Sampling())
    monkeypatch.setenv("OPENAI_API_KEY", "k-1")
    backend.generate([Request.ask("A jig")], Sampling())
    assert found == [None, "Bearer k-1"]


def redirected(handler: Handler, body: dict[str, Any]) -> None:
    handler.reply(302, {}, Location="http://127.0.0.1:9/steal")


def refused(handler: Handler, body: dict[str, Any]) -> None:
    handler.reply(401, {"error": {"message": "bad key"}})


def unknown_model(handler: Handler, body: dict[str, Any]) -> None:
    handler.reply(404, {"error": {"message": "the model small does not exist"}})


def broken(handler: Handler, body: dict[str, Any]) -> None:
    handler.reply(500, b"<html>oops</html>")


def noise(handler: Handler, body: dict[str, Any]) -> None:
    handler.reply(200, b"\xff\x00 no json")


def failing_halfway(handler: Handler, body: dict[str, Any]) -> None:
    text = 'data: {"choices":[{"text":"X:1"}]}\n\ndata: {"error": {"message": "out of memory"}}\n\n'
    handler.reply(200, text.encode(), "text/event-stream")


@pytest.mark.parametrize(
    ("answer", "error", "said"),
    [
        (redirected, EngineError, "302"),
        (refused, InputError, "access refused .401. bad key"),
        (unknown_model, InputError, "not found"),
        (broken, EngineError, "status 500: <html>oops</html>"),
        (noise, EngineError, "not JSON"),
        (failing_halfway, EngineError, "out of memory"),
    ],
)
def test_what_goes_wrong_is_said(
    serve: Serve, answer: Answer, error: type[ChatMusicianError], said: str
) -> None:
    with pytest.raises(error, match=said):
        serve(answer).generate([Request.ask("A jig")], Sampling())


def test_odd_answers_are_no_crash(serve: Serve) -> None:
    def answer(handler: Handler, body: dict[str, Any]) -> None:
        lines = b': comment\n\ndata: {"choices": []}\n\ndata: {"choices": [{}]}\n\n'
        handler.reply(200, lines + b'data: {"choices": [7]}\n\n', "text/event-stream")

    assert serve(answer).generate([Request.ask("A jig")], Sampling())[0].text == ""


def test_nobody_there() -> None:
    with pytest.raises(EngineError, match="cannot be reached"):
        ServerBackend("http://127.0.0.1:9/v1", "x").generate([Request.ask("Hi")], Sampling())


def test_limits_and_cancelling(serve: Serve) -> None:
    def answer(handler: Handler, body: dict[str, Any]) -> None:
        handler.stream(pieces(TUNE * 5))

    backend = serve(answer)
    cancel = threading.Event()
    cancel.set()
    requests = [Request.ask("A jig", seed=at) for at in range(3)]
    done = backend.generate(requests, Sampling(), cancel=cancel)
    assert [one.finish for one in done] == ["cancelled"] * 3
    done = backend.generate(requests, Sampling(seconds=1e-9))
    assert [one.finish for one in done] == ["time"] * 3
