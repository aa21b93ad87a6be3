"""The REST API: compose, check, render; it has its own page of documentation, made from itself."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, Response, StreamingResponse

from chatmusician import __version__
from chatmusician.abc import Diagnostic
from chatmusician.abc.midi.instruments import INSTRUMENTS
from chatmusician.demo import scores, shapes, studio
from chatmusician.demo.api_errors import FAILURES, add_errors
from chatmusician.demo.api_listen import add_listening
from chatmusician.demo.api_page import api_page
from chatmusician.demo.desk import Desk
from chatmusician.demo.stream import Done, Progress, Text, Waiting
from chatmusician.demo.threads import Threads, client_of, result_of
from chatmusician.errors import ChatMusicianError
from chatmusician.model.compose import Composition

_ABOUT = (
    "Tunes in ABC notation: composed by a language model, checked, drawn and played. "
    "Everything stays on the machine this page runs on."
)


def create_api(desk: Desk) -> FastAPI:
    api = FastAPI(
        title="chatmusician",
        version=__version__,
        description=_ABOUT,
        docs_url=None,
        redoc_url=None,
        responses=FAILURES,
    )
    add_errors(api)
    _add_notation(api, desk)
    _add_composing(api, desk)
    add_listening(api, desk)

    @api.get("/", response_class=HTMLResponse, include_in_schema=False)
    def page() -> str:
        return api_page(api.openapi())

    return api


# -- what needs no model ----------------------------------------------------------


def _add_notation(api: FastAPI, desk: Desk) -> None:
    threads = Threads()

    async def work(request: Request, job: str, *arguments: Any) -> Any:
        mine = desk.of(client_of(request))
        return await threads.until_gone(
            lambda gone: mine.work(job, *arguments, cancel=gone), request
        )

    @api.get("/status")
    def status() -> shapes.Status:
        """Which model answers, how many are waiting for it, and the instruments by name."""
        return shapes.Status(
            version=__version__,
            model=desk.name,
            waiting=len(desk.models.waiting),
            instruments=list(INSTRUMENTS),
        )

    @api.post("/check")
    async def check(given: shapes.Text, request: Request) -> shapes.Checked:
        """Everything that is wrong with tunes, with line and column."""
        found = await work(request, "check", given.abc)
        return shapes.Checked(ok=_clean(found), problems=_problems(found))

    @api.post("/score")
    async def score(given: shapes.ScoreOf, request: Request) -> shapes.Scored:
        """A tune as the page shows it: problems, the picture, and when each note sounds."""
        made: scores.Score = await work(request, "score", given.abc, given.width)
        return shapes.Scored(
            ok=_clean(made.problems),
            problems=_problems(made.problems),
            title=made.title,
            bars=made.bars,
            seconds=made.seconds,
            svg=made.svg,
            lit=[shapes.Lit(element=e, start=s, end=t) for e, s, t in made.lit],
            remarks=list(made.remarks),
        )

    @api.post(
        "/render",
        response_class=Response,
        responses={200: {"content": {media: {} for media in scores.MEDIA.values()}}},
    )
    async def render(given: shapes.FileOf, request: Request) -> Response:
        """A tune as a file: score, MIDI or sound."""
        playing = scores.Playing(given.speed, given.instrument)
        data, title = await work(request, "file", given.abc, given.format, playing)
        name = scores.file_name(title, given.format)
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return Response(data, media_type=scores.MEDIA[given.format], headers=headers)

    @api.post("/transpose")
    async def transpose(given: shapes.Transposition, request: Request) -> shapes.Written:
        """A tune moved by a number of semitones, key and chord symbols with it."""
        moved = await work(request, "transpose", given.abc, given.semitones)
        return shapes.Written(abc=moved)

    body = {"content": {"application/octet-stream": {"schema": {"type": "string"}}}}

    @api.post("/open", openapi_extra={"requestBody": body})
    async def open_file(request: Request) -> shapes.Opened:
        """A file of any notation format as ABC. What it is tells its content, not its name."""
        data = await request.body()
        text, format = await work(request, "open", data)
        return shapes.Opened(abc=text, format=format)


def _clean(found: tuple[Diagnostic, ...]) -> bool:
    return all(problem.severity == "info" for problem in found)


def _problems(found: tuple[Diagnostic, ...]) -> list[shapes.Problem]:
    return [
        shapes.Problem(
            line=p.line,
            column=p.column,
            severity=p.severity,
            code=p.code,
            message=p.message,
            hint=p.hint,
        )
        for p in found
    ]


# -- what the model does -----------------------------------------------------------


def _add_composing(api: FastAPI, desk: Desk) -> None:
    threads = Threads()

    @api.post("/compose")
    async def compose(given: shapes.Brief, request: Request) -> shapes.Composed:
        """Tunes for a request, best first, each with its score card."""
        order = given.order().with_seed()
        asked = await threads.run(lambda: studio.understood(order, desk.limits))
        mine = desk.of(client_of(request))
        found = threads.follow(studio.composing(order, mine, asked))
        return shapes.Composed(**_composed(order, await result_of(found, request), desk))

    @api.post(
        "/compose/stream",
        response_class=StreamingResponse,
        responses={200: {"content": {"application/x-ndjson": {}}}},
    )
    async def compose_stream(given: shapes.Brief, request: Request) -> StreamingResponse:
        """The same, told while it is written, a JSON object a line: `{"waiting": n}`,
        `{"candidate": i, "text": "…"}` (a form feed: it begins anew), at last `{"result": …}`
        or `{"error": "…", "hint": "…"}`."""
        order = given.order().with_seed()
        asked = await threads.run(lambda: studio.understood(order, desk.limits))
        found = studio.composing(order, desk.of(client_of(request)), asked)

        async def lines() -> AsyncIterator[str]:
            try:
                async with aclosing(threads.follow(found)) as following:
                    async for event in following:
                        if event is not None:
                            yield json.dumps(_told(order, event, desk)) + "\n"
            except ChatMusicianError as error:
                yield json.dumps({"error": str(error), "hint": error.hint or ""}) + "\n"

        return StreamingResponse(lines(), media_type="application/x-ndjson")


def _composed(order: studio.Order, made: Composition, desk: Desk) -> dict[str, Any]:
    return {"seed": order.seed, **studio.result(order, made, desk.limits)}


def _told(
    order: studio.Order, event: Waiting | Text | Progress | Done[Composition], desk: Desk
) -> dict[str, Any]:
    match event:
        case Waiting(before):
            return {"waiting": before}
        case Text(index, text):
            return {"candidate": index, "text": text}
        case Progress(heard, of):
            return {"heard": heard, "of": of}
        case Done(made):
            return {"result": _composed(order, made, desk)}
