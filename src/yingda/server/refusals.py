"""How a refusal reaches a browser: one body for every error, and the HTTP status of every code.

    {"code", "sentence", "where", "todo", "support", "fields"?}

`support` is the number of the request, as the log has it: what somebody reads out on the telephone.
A code that stands not in the table is a refusal of control ("you are in a call"): 409, its sentence unchanged.
"""

from __future__ import annotations

import http
import secrets
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse

from yingda.kernel.errors import YingdaError

STATUS: Mapping[str, int] = {
    "bad_request": 400,
    "bad_cursor": 400,
    "bad_period": 400,
    "number_unreadable": 400,
    "unknown_column": 400,
    "not_signed_in": 401,
    "wrong_password": 401,
    "code_needed": 401,
    "wrong_code": 401,
    "account_locked": 401,
    "csrf": 403,
    "password_first": 403,
    "not_your_password": 403,
    "factor_first": 403,
    "other_origin": 403,
    "number_forbidden": 403,
    "not_allowed": 403,
    "not_found": 404,
    "unknown_customer": 404,
    "unknown_message": 404,
    "unknown_user": 404,
    "unknown_number": 404,
    "method_not_allowed": 405,
    "recording_expired": 410,
    "too_large": 413,
    "range": 416,
    "invalid": 422,
    "unknown_grade": 422,
    "unknown_field": 422,
    "bad_field": 422,
    "unknown_recipient": 422,
    "unknown_template": 422,
    "phrase_format": 422,
    "phrase_silent": 422,
    "phrase_clipped": 422,
    "phrase_length": 422,
    "no_recipient": 422,
    "password_unfit": 422,
    "too_many_attempts": 429,
    "internal": 500,
    "account_key": 500,
    "internal_error": 500,  # of another plane
    "plane_answer": 500,
    "recording_sealed": 500,
    "control_away": 503,
    "no_configuration": 503,
}

_HTTP_CODES = {400: "bad_request", 404: "not_found", 405: "method_not_allowed", 413: "too_large"}
_HTTP_SENTENCES = {
    404: "There is nothing at this address.",
    405: "This address does not know that method.",
    413: "The request is larger than this server takes.",
}
# No I, L, O, U: a support number is read out on the telephone (Crockford's base 32).
_READABLE = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


class FieldProblem(BaseModel):
    """One field that was refused: its path ("body.extension") and why."""

    path: str
    sentence: str


class ErrorBody(BaseModel):
    """Every error of the API."""

    code: str = Field(description="Stable word for programs.")
    sentence: str = Field(description="What was wrong, for people.")
    where: str = Field(default="", description="The thing at fault, if there is one.")
    todo: str = Field(default="", description="The next step, if there is one.")
    support: str = Field(description="The request's number, as the server's log has it.")
    fields: list[FieldProblem] | None = Field(default=None, description="The fields at fault (422 only).")


class RefusalError(YingdaError):
    """A refusal of the web plane itself that needs a header of its own (Retry-After, Content-Range)."""

    def __init__(
        self, code: str, sentence: str, *, where: str = "", todo: str = "", headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(code, sentence, where=where, todo=todo)
        self.headers = dict(headers or {})


def new_support_number() -> str:
    """Eight characters that can be read out, such as 7F3K-92QX."""
    text = "".join(secrets.choice(_READABLE) for _ in range(8))
    return f"{text[:4]}-{text[4:]}"


def support_number(connection: HTTPConnection) -> str:
    return str(getattr(connection.state, "support", ""))


def status_of(error: YingdaError) -> int:
    return STATUS.get(error.code, 409)


def error_response(
    error: YingdaError, support: str, *, status: int | None = None, fields: list[dict[str, str]] | None = None
) -> JSONResponse:
    body: dict[str, Any] = {**error.as_dict(), "support": support}
    if fields is not None:
        body["fields"] = fields
    headers = error.headers if isinstance(error, RefusalError) else None
    return JSONResponse(body, status or status_of(error), headers={"Cache-Control": "no-store", **(headers or {})})


def internal_error() -> YingdaError:
    """What a person is told when we are at fault: never the cause, always a number to look it up by."""
    return YingdaError(
        "internal",
        "The server made a mistake; calls are not affected.",
        todo="Try again. If it happens again, tell support the number shown here.",
    )


def too_large() -> YingdaError:
    """For a body beyond the limit that said so."""
    return YingdaError(_HTTP_CODES[413], _HTTP_SENTENCES[413])


def not_found(thing: str) -> YingdaError:
    """For what does not exist and for what the viewer may not see: the two must look the same."""
    return YingdaError("not_found", f"There is no such {thing}.")


async def _on_refusal(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, YingdaError)
    return error_response(error, support_number(request))


async def _on_invalid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    fields = [{"path": ".".join(map(str, one["loc"])), "sentence": str(one["msg"])} for one in error.errors()]
    refusal = YingdaError(
        "invalid",
        "The request has fields that are missing, unknown or wrong.",
        where=", ".join(f["path"] for f in fields),
    )
    return error_response(refusal, support_number(request), fields=fields)


async def _on_http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    status = error.status_code
    code = _HTTP_CODES.get(status, "bad_request" if status < 500 else "internal")
    sentence = _HTTP_SENTENCES.get(status) or f"{http.HTTPStatus(status).phrase}."
    refusal = RefusalError(code, sentence, headers=error.headers)
    return error_response(refusal, support_number(request), status=status)


def install(app: FastAPI) -> None:
    """Every error of this application has the one body."""
    app.add_exception_handler(YingdaError, _on_refusal)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(HTTPException, _on_http)


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route, for OpenAPI: these statuses carry the error body."""
    return {
        status: {"model": ErrorBody, "description": _DESCRIPTIONS.get(status, http.HTTPStatus(status).phrase)}
        for status in statuses
    }


_DESCRIPTIONS = {
    400: "The body or a word of the query cannot be read at all.",
    401: "Nobody is signed in, or the password is wrong.",
    403: "The role does not allow it, or the CSRF token is missing.",
    404: "It does not exist, or lies outside what the viewer may see.",
    409: "Not possible now; the sentence says why.",
    413: "The body is larger than 1 MiB.",
    416: "The range lies outside the recording.",
    422: "A field is missing, unknown or wrong.",
    429: "Too many attempts; Retry-After says how long to wait.",
    500: "A fault of the server; the support number finds it in the log.",
    503: "Control does not answer at the moment.",
}
