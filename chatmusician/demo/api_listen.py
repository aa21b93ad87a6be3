"""The part of the REST API that listens: recordings to scores, facts, questions."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Annotated, Any

from fastapi import FastAPI, Query, Request
from fastapi.responses import StreamingResponse

from chatmusician.demo import shapes
from chatmusician.demo.desk import Desk
from chatmusician.demo.listening import Heard
from chatmusician.demo.questions import Facts, asking, facts_of
from chatmusician.demo.stream import Done, Progress, Waiting
from chatmusician.demo.threads import Threads, client_of, result_of
from chatmusician.errors import ChatMusicianError
from chatmusician.transcription.facts.answers import Answered
from chatmusician.transcription.facts.caption import caption
from chatmusician.transcription.facts.words import in_words

_BODY: dict[str, Any] = {"content": {"application/octet-stream": {"schema": {"type": "string"}}}}
_Known = Annotated[shapes.Known, Query()]


def add_listening(api: FastAPI, desk: Desk) -> None:
    threads = Threads()
    _add_transcribing(api, desk, threads)
    _add_asking(api, desk, threads)


def _add_transcribing(api: FastAPI, desk: Desk, threads: Threads) -> None:
    async def events(request: Request, known: shapes.Known) -> AsyncGenerator[Any, None]:
        data = await request.body()
        client = client_of(request)
        with desk.ears.room(client):
            found = desk.ears.hearing(data, known.hints(), client)
            async with aclosing(threads.follow(found)) as following:
                async for event in following:
                    yield event

    @api.post("/transcribe", openapi_extra={"requestBody": _BODY})
    async def transcribe(request: Request, known: _Known) -> shapes.Transcribed:
        """A recording (wav, flac, ogg, mp3; with ffmpeg m4a, webm and others) or a MIDI file as a
        score. What it is tells its content, not its name."""
        return transcribed(await result_of(events(request, known), request))

    @api.post(
        "/transcribe/stream",
        openapi_extra={"requestBody": _BODY},
        response_class=StreamingResponse,
        responses={200: {"content": {"application/x-ndjson": {}}}},
    )
    async def transcribe_stream(request: Request, known: _Known) -> StreamingResponse:
        """The same, told while it is heard, a JSON object a line: `{"waiting": n}`,
        `{"heard": seconds, "of": seconds}`, at last `{"result": …}` or
        `{"error": "…", "hint": "…"}`."""
        waiting = events(request, known)
        # The first event comes when the whole recording has: errors before it have a status.
        first = await anext(waiting)

        async def lines() -> AsyncIterator[str]:
            try:
                yield _line(first)
                async for event in waiting:
                    yield _line(event)
            except ChatMusicianError as error:
                yield json.dumps({"error": str(error), "hint": error.hint or ""}) + "\n"
            finally:
                await waiting.aclose()

        return StreamingResponse(lines(), media_type="application/x-ndjson")


def _line(event: Any) -> str:
    match event:
        case Waiting(before):
            told: dict[str, Any] = {"waiting": before}
        case Progress(heard, of):
            told = {"heard": heard, "of": of}
        case Done(result):
            told = {"result": transcribed(result).model_dump()}
        case _:
            return "\n"  # that this can be written tells that somebody still reads
    return json.dumps(told) + "\n"


def transcribed(heard: Heard) -> shapes.Transcribed:
    return shapes.Transcribed(
        heard=heard.name,
        kind=heard.kind,
        abc=heard.abc,
        seconds=heard.facts["seconds"],
        notes=heard.notes,
        beats=heard.beats,
        bars=heard.bars,
        wave=heard.wave,
        remarks=heard.facts["remarks"],
        **vars(described(heard.facts)),
    )


def described(facts: Facts) -> shapes.Described:
    rows = []
    for name, value in in_words(facts):
        how = facts["how"].get(name, {"method": "counted", "confidence": 1.0})
        rows.append(shapes.Fact(name=name, value=value, **how))
    return shapes.Described(caption=caption(facts), said=rows, facts=facts)


def _add_asking(api: FastAPI, desk: Desk, threads: Threads) -> None:
    @api.post("/describe")
    async def describe(given: shapes.Piece, request: Request) -> shapes.Described:
        """What a tune is like: key, meter, tempo, chords, form and more, each with how it was
        found and how sure that is."""
        mine = desk.of(client_of(request))
        return await threads.until_gone(
            lambda gone: described(facts_of(given.abc, given.heard, mine, gone)), request
        )

    @api.post("/ask")
    async def ask(given: shapes.Asked, request: Request) -> shapes.Answer:
        """A question about a tune or a recording. What its facts answer in full is answered from
        them; what notes cannot tell is said to be so; the rest goes to the model."""
        question = given.the_question()
        mine = desk.of(client_of(request))
        found = await result_of(threads.follow(asking(question, mine)), request)
        return _answer(found, question.seed)


def _answer(found: Answered, seed: int) -> shapes.Answer:
    return shapes.Answer(
        answer=found.text,
        source=found.source,
        method=found.method,
        confidence=found.confidence,
        bars=list(found.bars),
        seed=seed,
    )
