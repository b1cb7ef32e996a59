"""/session: sign in, who am I, sign out."""

from __future__ import annotations

from typing import Any

from anyio import to_thread
from fastapi import APIRouter, Request, Response

from yingda.kernel.clock import SECOND
from yingda.kernel.config.centre import Agent, User
from yingda.server.authorise import not_signed_in
from yingda.server.deps import Address, InHouse, SignedIn
from yingda.server.directory import Directory
from yingda.server.masking import masked
from yingda.server.permissions import Must
from yingda.server.refusals import documented
from yingda.server.sessions.schemas import SessionOut, SignIn
from yingda.server.sessions.service import COOKIE, Visitor, csrf_token

router = APIRouter(prefix="/session", tags=["session"])


@router.post("", response_model=SessionOut, responses=documented(429), summary="Sign in to the screens")
async def sign_in(
    order: SignIn, request: Request, response: Response, house: InHouse, address: Address
) -> dict[str, Any]:
    visitor = Visitor(address, request.headers.get("user-agent", ""))
    password = order.password.get_secret_value()
    opened = await to_thread.run_sync(
        house.sessions.open, order.username, password, order.code, visitor, limiter=house.password_checks
    )
    lasts = (opened.expires - house.deps.clock.now()) // SECOND
    response.set_cookie(COOKIE, opened.token, max_age=lasts, httponly=True, samesite="strict", secure=_secure(request))
    return _described(opened.directory, opened.user, opened.token, opened.expires, opened.must)


@router.get("", response_model=SessionOut, summary="Who is signed in")
def read_session(request: Request, house: InHouse, viewer: SignedIn) -> dict[str, Any]:
    directory = house.directory()
    user = directory.users.get(viewer.user_id)
    if user is None:  # removed by a publication since the session was looked up
        raise not_signed_in()
    return _described(directory, user, request.cookies[COOKIE], viewer.expires, viewer.must)


@router.delete("", status_code=204, summary="Sign out of the screens")
async def sign_out(request: Request, response: Response, house: InHouse, viewer: SignedIn, address: Address) -> None:
    await to_thread.run_sync(house.sessions.close, viewer, address)
    house.hub.end_session(viewer.session_id)
    response.delete_cookie(COOKIE, httponly=True, samesite="strict", secure=_secure(request))


def _secure(request: Request) -> bool:
    return request.url.scheme == "https"


def _agent(agent: Agent) -> dict[str, Any]:
    """A mobile's number is masked for its owner too: he knows it, and who looks over his shoulder need not."""
    devices = [
        {"extension": one.extension, "kind": one.kind, "number": masked(one.number) if one.number else ""}
        for one in agent.devices
    ]
    return {**agent.model_dump(include={"id", "number", "team"}), "devices": devices}


def _described(directory: Directory, user: User, token: str, expires: int, must: Must | None) -> dict[str, Any]:
    agent = directory.agent_of(user)
    centre = directory.centre.centre
    return {
        "centre": centre.model_dump(include={"name", "time_zone", "customers", "desk"}),
        "user": {**user.model_dump(include={"id", "username", "display_name", "role"}), "language": centre.language},
        "agent": _agent(agent) if agent is not None else None,
        "csrf": csrf_token(token),
        "must": must,
        "expires_at": expires,
    }
