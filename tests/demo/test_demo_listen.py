"""Recordings over the REST API: scores, facts and questions, limits, and nothing left behind."""

from __future__ import annotations

import json
import shutil
import tempfile
import time
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.demo.demo_models import HOSTILE, TUNE, SayingModel

pytest.importorskip("gradio")
pytest.importorskip("httpx")
pytest.importorskip("onnxruntime")
pytest.importorskip("basic_pitch")
pytest.importorskip("soxr")

from fastapi import FastAPI
from fastapi.testclient import TestClient

from chatmusician import abc
from chatmusician.demo.api import create_api
from chatmusician.demo.desk import Desk
from chatmusician.demo.line import LeftError
from chatmusician.demo.listening import Ears, Hints
from chatmusician.demo.scores import file as made_file
from chatmusician.demo.settings import Limits
from chatmusician.demo.workers import load_workers
from tests.demo.conftest import KESH


@pytest.fixture(scope="module")
def model() -> SayingModel:
    return SayingModel("It is sunny, see bars 2-3.")


def client_of(model: SayingModel, **limits: Any) -> TestClient:
    api = FastAPI()
    api.mount("/api", create_api(Desk(lambda: model, Limits(**limits), model.name)))
    return TestClient(api, raise_server_exceptions=False)


@pytest.fixture(scope="module")
def client(model: SayingModel) -> Iterator[TestClient]:
    with client_of(model) as made:
        yield made


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where scratch folders are made meanwhile."""
    load_workers()  # which have a folder for as long as this process lives
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def sound_of(seconds: int) -> bytes:
    """A tone: 8000 bytes a second."""
    with tempfile.TemporaryFile() as made, wave.open(made, "wb") as file:
        file.setparams((1, 1, 8000, 0, "NONE", ""))
        file.writeframes(bytes(range(0, 256, 8)) * (seconds * 250))
        file.close()
        made.seek(0)
        return made.read()


def played(text: str) -> Any:
    return abc.to_events(abc.read(text))["tunes"][0]["expanded"]


def test_a_rendered_tune_becomes_abc_and_is_asked_about(
    client: TestClient, model: SayingModel, tune_wav: Path, scratch: Path
) -> None:
    sound = tune_wav.read_bytes()
    answer = client.post("/api/transcribe", params={"title": "../<b>x"}, content=sound)
    assert answer.status_code == 200, answer.text
    made = answer.json()
    assert not list(scratch.iterdir())
    tune = abc.read(made["abc"]).tunes[0]
    assert tune.title == "../<b>x"
    assert played(made["abc"]) == played(KESH)
    assert made["kind"] == "audio"
    assert len(made["notes"]) == len(played(KESH))
    assert [bar[0] for bar in made["bars"]] == [*range(1, 9)] * 2
    assert 0.9 < made["bars"][1][2] - made["bars"][1][1] < 1.3  # two beats at 110 a minute
    assert max(made["wave"]) <= 1
    asked = {"abc": made["abc"], "heard": made["heard"]}
    answers = [
        client.post("/api/ask", json={**asked, "question": question, "seed": 4}).json()
        for question in ("What key is it in?", "Who plays it?", "Why is it so sunny?")
    ]
    assert [one["source"] for one in answers] == ["facts", "cannot tell", "model"]
    assert "G major" in answers[0]["answer"]
    assert answers[0]["confidence"] < 1
    assert (answers[2]["bars"], answers[2]["seed"]) == ([2, 3], 4)
    assert made["abc"].splitlines()[-1][:8] in model.asked[-1].turns[-1].question


def test_the_turns_before_are_told_to_the_model(client: TestClient, model: SayingModel) -> None:
    turns = [{"question": "Is it nice?", "answer": "Very."}]
    body = {"abc": TUNE, "question": "And why is that?", "turns": turns}
    assert client.post("/api/ask", json=body).json()["source"] == "model"
    asked = model.asked[-1]
    assert (asked.turns[0].question, asked.turns[0].answer) == ("Is it nice?", "Very.")


def test_midi_is_heard_exactly(client: TestClient) -> None:
    midi = made_file(KESH, "mid", Limits())
    lines = client.post("/api/transcribe/stream", content=midi).text.split()
    made = json.loads(" ".join(lines))["result"]
    assert (made["kind"], made["wave"]) == ("MIDI", [])
    assert played(made["abc"]) == played(KESH)


def test_an_edited_tune_speaks_for_itself(client: TestClient) -> None:
    midi = made_file(KESH, "mid", Limits())
    made = client.post("/api/transcribe", content=midi).json()
    as_it_was = {"abc": made["abc"], "heard": made["heard"]}
    edited = {**as_it_was, "abc": made["abc"].replace("K:G", "K:D")}
    found = [client.post("/api/describe", json=one).json() for one in (as_it_was, edited)]
    assert found[0]["facts"] == made["facts"]
    assert [one["said"][0]["value"] for one in found] == ["G major", "D major"]
    assert found[1]["said"][0]["method"] == "stated in the notation"
    unknown = client.post("/api/describe", json={**as_it_was, "heard": "somebody's"}).json()
    assert unknown["facts"]["kind"] == "notation"


@pytest.mark.parametrize(
    ("sound", "status", "said"),
    [
        (b"", 400, "empty"),
        (b"hello", 400, "no sound file"),
        (b"RIFF\x10\0\0\0WAVEjunk", 400, "no sound file"),
        (b"MThd\0\0\0\6\0\0\0\1\0\x60", 400, "MIDI file"),
        pytest.param(
            *(b"\0\0\0\x18ftypM4A \0\0\0\0", 400, "ffmpeg cannot read"),
            marks=pytest.mark.skipif(not shutil.which("ffmpeg"), reason="ffmpeg is missing"),
        ),
        (b"#EXTM3U\nfile:///etc/passwd\n", 400, "no sound file"),
        (b"fLaC" + b"\xff" * 1000, 400, "no sound file"),
    ],
)
def test_what_is_no_recording(
    client: TestClient, scratch: Path, sound: bytes, status: int, said: str
) -> None:
    answer = client.post("/api/transcribe", content=sound)
    assert answer.status_code == status
    assert said in answer.json()["error"]
    assert str(scratch) not in answer.text
    assert "Traceback" not in answer.text
    assert not list(scratch.iterdir())


def test_a_stream_ends_with_the_error(client: TestClient) -> None:
    *_, last = client.post("/api/transcribe/stream", content=b"hello").text.split("\n")[:-1]
    assert "no sound file" in json.loads(last)["error"]


@pytest.mark.parametrize(
    "known",
    [
        {"tempo": "nan"},
        {"tempo": 1},
        {"meter": "9/0"},
        {"key": "H"},
        {"more": 1},
        {"title": "x" * 201},
    ],
)
def test_what_is_known_must_make_sense(client: TestClient, known: dict[str, Any]) -> None:
    answer = client.post("/api/transcribe", params=known, content=sound_of(1))
    assert answer.status_code in (400, 422), answer.text


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("describe", {"abc": "words"}, 400),
        ("describe", {"abc": "X:1\nK:C\nz4|]\n"}, 400),
        ("describe", {"abc": "X:1\nL:1/1\nQ:1/4=1\nK:C\n" + "C" * 40 + "|]\n"}, 413),
        ("describe", {"abc": "x" * 20_001}, 413),
        ("ask", {"abc": TUNE, "question": " "}, 400),
        ("ask", {"abc": TUNE, "question": "x" * 2001}, 422),
        ("ask", {"abc": "", "question": "What key?"}, 400),
        ("ask", {"abc": TUNE, "question": "x", "turns": [{"question": "x"}]}, 422),
        (
            "ask",
            {"abc": TUNE, "question": "x", "turns": [{"question": "", "answer": ""}] * 41},
            422,
        ),
    ],
)
def test_bad_questions(client: TestClient, path: str, body: dict[str, Any], status: int) -> None:
    answer = client.post(f"/api/{path}", json=body)
    assert answer.status_code == status, answer.text
    assert set(answer.json()) == {"error", "hint"}


def test_hostile_tunes_have_facts(client: TestClient) -> None:
    made = client.post("/api/describe", json={"abc": HOSTILE}).json()
    assert made["facts"]["title"] == "<script>alert(1)</script>"


def test_limits(model: SayingModel, scratch: Path) -> None:
    sound = sound_of(20)
    for limits, status, said in (
        ({"sound": 100_000}, 413, "MB"),
        ({"recording": 10}, 413, "lasts longer"),
        ({"hearing": 0.2}, 413, "took longer"),
        ({"hearings": 0}, 503, "too many"),
        ({"abc": 10}, 413, "as ABC"),
    ):
        answer = client_of(model, **limits).post("/api/transcribe", content=sound)
        assert (answer.status_code, said in answer.text) == (status, True), answer.text
    assert not list(scratch.iterdir())


def test_the_oldest_are_forgotten() -> None:
    ears = Ears(Limits(kept=2))
    midi = made_file(KESH, "mid", Limits())
    names = []
    for _ in range(3):
        *_, done = ears.hearing(midi, Hints())
        names.append(done.result.name)  # type: ignore[union-attr]
    assert [ears.find(name) is not None for name in names] == [False, True, True]


def test_whoever_leaves_frees_the_place(scratch: Path) -> None:
    ears = Ears(Limits())
    events = ears.hearing(sound_of(590), Hints())
    while not list(scratch.iterdir()):
        next(events)
    assert ears.line.inside == 1
    events.close()
    until = time.monotonic() + 10
    while (ears.line.inside or list(scratch.iterdir())) and time.monotonic() < until:
        time.sleep(0.05)
    assert ears.line.inside == 0
    assert not list(scratch.iterdir())


def test_the_end_of_the_program_ends_listening(scratch: Path) -> None:
    ears = Ears(Limits())
    events = ears.hearing(sound_of(590), Hints())
    while not list(scratch.iterdir()):
        next(events)
    ears.close()
    assert not list(scratch.iterdir())
    with pytest.raises(LeftError):
        list(events)


def test_a_recording_that_brings_listening_down(
    model: SayingModel, scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.executable", "/bin/false")
    client = client_of(model)
    answer = client.post("/api/transcribe", content=sound_of(2))
    assert answer.status_code == 400
    assert answer.json()["error"] == "listening gave up on this recording"
    assert client.post("/api/check", json={"abc": TUNE}).json()["ok"]
    assert not list(scratch.iterdir())
