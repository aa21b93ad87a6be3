"""Errors of the REST API: every one in words, with the status that its kind has."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from chatmusician.demo import shapes
from chatmusician.demo.line import BusyError
from chatmusician.demo.workers import JobFailed
from chatmusician.errors import ChatMusicianError, LimitError, MissingDependency

_log = logging.getLogger(__name__)
FAILURES: dict[int | str, dict[str, Any]] = {
    400: {"model": shapes.Failure, "description": "what was given cannot be used"},
    413: {"model": shapes.Failure, "description": "more than is taken here"},
    422: {"model": shapes.Failure, "description": "a field is missing or out of its bounds"},
    503: {"model": shapes.Failure, "description": "too many are waiting, or something is missing"},
}


def status_of(error: ChatMusicianError) -> int:
    if isinstance(error, BusyError | MissingDependency):
        return 503
    return 413 if isinstance(error, LimitError) else 400


def _failure(status: int, error: str, hint: str = "") -> JSONResponse:
    return JSONResponse({"error": error, "hint": hint}, status_code=status)


def add_errors(api: FastAPI) -> None:
    @api.exception_handler(ChatMusicianError)
    def known(_: Request, error: ChatMusicianError) -> JSONResponse:
        return _failure(status_of(error), str(error), error.hint or "")

    @api.exception_handler(RequestValidationError)
    def invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        return _failure(422, "; ".join(_said(error)), "the fields are described at /api/")

    @api.exception_handler(HTTPException)
    def refused(_: Request, error: HTTPException) -> JSONResponse:
        response = _failure(error.status_code, f"{error.detail}", "what there is: /api/")
        response.headers.update(error.headers or {})
        return response

    @api.exception_handler(Exception)
    def unexpected(_: Request, error: Exception) -> JSONResponse:
        if isinstance(error, JobFailed):
            _log.error("unexpected error\n%s", error.words)
            return _failure(500, f"unexpected {error.kind}", "please report it")
        _log.exception("unexpected error", exc_info=error)
        return _failure(500, f"unexpected {type(error).__name__}", "please report it")


def _said(error: RequestValidationError) -> Iterator[str]:
    for one in error.errors()[:5]:
        place = ".".join(str(part) for part in one["loc"] if part != "body")
        yield f"{place}: {one['msg']}" if place else str(one["msg"])
