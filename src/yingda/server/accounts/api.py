"""/account: the own account; /users/{id}/…: an administrator's help with somebody else's."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

import sqlalchemy as sa
from anyio import to_thread
from fastapi import APIRouter, Path

from yingda.kernel.config import credentials
from yingda.kernel.config.centre import User
from yingda.kernel.errors import YingdaError
from yingda.kernel.store import reading, writing
from yingda.server import audit
from yingda.server.accounts import factor, policy
from yingda.server.accounts.schemas import (
    AccountOut,
    Code,
    FactorBegun,
    PasswordChange,
    PasswordReset,
    Proof,
    RecoveryCodes,
)
from yingda.server.accounts.service import duties
from yingda.server.deps import Address, House, InHouse, SignedIn
from yingda.server.refusals import documented
from yingda.server.sessions.viewer import Viewer

router = APIRouter(tags=["accounts"])
Id = Annotated[str, Path(max_length=64)]


# ---- the own account -----------------------------------------------------------------------------------------------


@router.get("/account", response_model=AccountOut, summary="The own account and where it is signed in")
def read_account(house: InHouse, viewer: SignedIn) -> dict[str, Any]:
    return _described(house, viewer, _user(house, viewer.user_id))


@router.put("/account/password", status_code=204, summary="Choose another password; every other session ends")
async def change_password(order: PasswordChange, house: InHouse, viewer: SignedIn, address: Address) -> None:
    ended = await to_thread.run_sync(_set_own_password, house, viewer, order, address, limiter=house.password_checks)
    _let_go(house, ended)


@router.post("/account/factor", response_model=FactorBegun, responses=documented(409), summary="Begin a second factor")
def begin_factor(order: Proof, house: InHouse, viewer: SignedIn) -> dict[str, str]:
    house.sessions.prove(viewer, order.password.get_secret_value())
    with writing(house.deps.store.business) as connection:
        secret = house.accounts.begin(connection, viewer.user_id)
    uri = factor.uri_of(secret, viewer.username, house.directory().centre.centre.name)
    return {"secret": secret, "uri": uri, "picture": factor.picture_of(uri)}


@router.put("/account/factor", response_model=RecoveryCodes, responses=documented(409), summary="Put it in force")
def confirm_factor(order: Code, house: InHouse, viewer: SignedIn, address: Address) -> dict[str, Any]:
    now = house.deps.clock.now()
    with writing(house.deps.store.business) as connection:
        codes = house.accounts.confirm(connection, viewer.user_id, order.code, now)
        _note(connection, house, viewer, "account.factor_added", viewer.user_id, address)
    return {"codes": list(codes)}


@router.post("/account/factor/remove", status_code=204, summary="Do without a second factor")
def remove_factor(order: Proof, house: InHouse, viewer: SignedIn, address: Address) -> None:
    house.sessions.prove(viewer, order.password.get_secret_value())
    with writing(house.deps.store.business) as connection:
        house.accounts.remove(connection, viewer.user_id)
        _note(connection, house, viewer, "account.factor_removed", viewer.user_id, address)


@router.post("/account/sessions/revoke", status_code=204, summary="End every other session of one's own")
async def revoke_sessions(house: InHouse, viewer: SignedIn, address: Address) -> None:
    others = await to_thread.run_sync(_others, house, viewer)
    await to_thread.run_sync(house.sessions.revoke, viewer, viewer.user_id, others, address)
    _let_go(house, others)


# ---- somebody else's -----------------------------------------------------------------------------------------------


@router.get("/users/{user_id}/account", response_model=AccountOut, responses=documented(404), summary="An account")
def read_user_account(user_id: Id, house: InHouse, viewer: SignedIn) -> dict[str, Any]:
    return _described(house, viewer, _user(house, user_id))


@router.post("/users/{user_id}/unlock", status_code=204, responses=documented(404), summary="End a lock-out")
def unlock_user(user_id: Id, house: InHouse, viewer: SignedIn, address: Address) -> None:
    user = _user(house, user_id)
    with writing(house.deps.store.business) as connection:
        account = house.accounts.read(connection, user.id)
        house.accounts.write(connection, replace(account, failures=0, locked_until=0))
        _note(connection, house, viewer, "account.unlocked", user.id, address)


@router.put(
    "/users/{user_id}/password",
    status_code=204,
    responses=documented(404),
    summary="Set a password that the user has to change; his sessions end",
)
async def reset_user_password(
    user_id: Id, order: PasswordReset, house: InHouse, viewer: SignedIn, address: Address
) -> None:
    user = await to_thread.run_sync(_user, house, user_id)
    new = order.new.get_secret_value()
    await to_thread.run_sync(_set_password, house, viewer, user, new, True, address, limiter=house.password_checks)
    await _sign_out_everywhere(house, viewer, user, address)


@router.delete(
    "/users/{user_id}/factor", status_code=204, responses=documented(404), summary="Take a lost second factor away"
)
def remove_user_factor(user_id: Id, house: InHouse, viewer: SignedIn, address: Address) -> None:
    user = _user(house, user_id)
    with writing(house.deps.store.business) as connection:
        house.accounts.remove(connection, user.id)
        _note(connection, house, viewer, "account.factor_removed", user.id, address)


@router.post(
    "/users/{user_id}/sessions/revoke", status_code=204, responses=documented(404), summary="Sign a user out everywhere"
)
async def revoke_user_sessions(user_id: Id, house: InHouse, viewer: SignedIn, address: Address) -> None:
    user = await to_thread.run_sync(_user, house, user_id)
    await _sign_out_everywhere(house, viewer, user, address)


# ---- within --------------------------------------------------------------------------------------------------------


def _user(house: House, user_id: str) -> User:
    user = house.directory().users.get(user_id)
    if user is None:
        raise YingdaError("unknown_user", "There is no such user.", where=f"user {user_id}")
    return user


def _described(house: House, viewer: Viewer, user: User) -> dict[str, Any]:
    with reading(house.deps.store.business) as connection:
        account = house.accounts.read(connection, user.id)
    sessions = house.sessions.list(user.id)
    return {
        "user_id": user.id,
        "username": user.username,
        "display_name": user.display_name,
        "second_factor": account.has_factor,
        "recovery_codes_left": len(account.recovery),
        "locked_until": account.locked_until if account.locked_until > house.deps.clock.now() else None,
        "must": duties(account, user, house.directory().centre.centre.signing_in),
        "sessions": [{**one, "current": one["session_id"] == viewer.session_id} for one in sessions],
    }


def _set_own_password(house: House, viewer: Viewer, order: PasswordChange, address: str) -> list[str]:
    """The other sessions, which this ended."""
    current, new = order.current.get_secret_value(), order.new.get_secret_value()
    house.sessions.prove(viewer, current)
    if new == current:
        raise YingdaError("password_unfit", "The new password is the old one.", where="password")
    _set_password(house, viewer, _user(house, viewer.user_id), new, False, address)
    others = _others(house, viewer)
    house.sessions.revoke(viewer, viewer.user_id, others, address)
    return others


def _set_password(house: House, viewer: Viewer, user: User, new: str, must_change: bool, address: str) -> None:
    policy.refuse_unfit(new, user.username, house.directory().centre.centre.signing_in)
    secrets, now = credentials.password_secrets(new), house.deps.clock.now()
    with writing(house.deps.store.business) as connection:
        credentials.store(connection, user.id, secrets, now, viewer.tenant)
        account = house.accounts.read(connection, user.id)
        house.accounts.write(connection, replace(account, must_change=must_change, failures=0, locked_until=0))
        _note(connection, house, viewer, "account.password_set", user.id, address)


def _others(house: House, viewer: Viewer) -> list[str]:
    sessions = house.sessions.list(viewer.user_id)
    return [one["session_id"] for one in sessions if one["session_id"] != viewer.session_id]


async def _sign_out_everywhere(house: House, viewer: Viewer, user: User, address: str) -> None:
    ids = [one["session_id"] for one in await to_thread.run_sync(house.sessions.list, user.id)]
    await to_thread.run_sync(house.sessions.revoke, viewer, user.id, ids, address)
    _let_go(house, ids)


def _let_go(house: House, session_ids: list[str]) -> None:
    """Open feeds of ended sessions end at once, not at their next look."""
    for session_id in session_ids:
        house.hub.end_session(session_id)


def _note(connection: sa.Connection, house: House, viewer: Viewer, what: str, user_id: str, address: str) -> None:
    deed = audit.Deed(viewer.who, what, f"user:{user_id}", address)
    audit.write(connection, viewer.tenant, house.deps.clock.now(), deed)
