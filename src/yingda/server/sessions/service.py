"""Sessions of the screens: opened by a password (and the code of a second factor, where there is one), known by a
cookie, ended by signing out, idling or the end of a shift.

The cookie's token is 256 random bits; the table holds its SHA-256 only. The CSRF token is an HMAC keyed with that
token: the page can be given it, and nobody without the cookie can make it. The user is looked up in the configuration
in force at every request, so who was removed is out at once and a changed role counts from the next click.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from starlette.requests import HTTPConnection

from yingda.kernel.clock import SECOND, Clock
from yingda.kernel.config import credentials
from yingda.kernel.config.centre import User
from yingda.kernel.errors import YingdaError
from yingda.kernel.ids import new_id
from yingda.kernel.store import Store, reading, writing
from yingda.server import audit
from yingda.server.accounts.service import Account, Accounts, duties, wrong_code
from yingda.server.directory import CurrentDirectory, Directory
from yingda.server.models import WebSession
from yingda.server.permissions import Must
from yingda.server.reach import reach_of
from yingda.server.refusals import RefusalError
from yingda.server.sessions.limits import address_limit, username_limit
from yingda.server.sessions.viewer import Viewer

COOKIE = "yingda_session"
HOUR, MINUTE = 3_600 * SECOND, 60 * SECOND
SEEN_EVERY = 60 * SECOND


@dataclass(frozen=True, slots=True)
class Visitor:
    """Where a request comes from."""

    address: str
    user_agent: str


@dataclass(frozen=True, slots=True)
class Opened:
    """A session that has just begun. expires: µs UTC."""

    token: str
    user: User
    directory: Directory
    expires: int
    must: Must | None


class Sessions:
    """Every method may block (SQL, argon2): call it in a thread."""

    def __init__(
        self, store: Store, directory: CurrentDirectory, clock: Clock, accounts: Accounts, tenant: str
    ) -> None:
        self._store, self._clock, self._tenant = store, clock, tenant
        self._directory, self._accounts = directory, accounts
        self._per_username = username_limit()
        self._per_address = address_limit()

    def open(self, username: str, password: str, code: str | None, visitor: Visitor) -> Opened:
        """Check a password, and a code where the account has a second factor; begin a session.

        Raises wrong_password (the same words and time for an unknown user), account_locked (to who knows the password
        only), code_needed, wrong_code and too_many_attempts.
        """
        now = self._clock.now()
        self._count_attempt(username, visitor.address, now)
        directory = self._directory()
        user = directory.usernames.get(username)
        if not self._fits(user, password) or user is None:
            self._refused(user, directory, visitor, now)
            raise YingdaError(
                "wrong_password", "The user name or the password is wrong.", todo="Check both and try again."
            )
        account = self._second_step(user, code, directory, visitor, now)
        self._per_username.forgive(username)
        self._per_address.give_back(visitor.address)
        rules = directory.centre.centre.signing_in
        expires, must = now + rules.session_h * HOUR, duties(account, user, rules)
        opened = Opened(secrets.token_urlsafe(32), user, directory, expires, must)
        self._insert(opened, visitor, now)
        return opened

    def _second_step(self, user: User, code: str | None, directory: Directory, visitor: Visitor, now: int) -> Account:
        """The password was right: the account must not be locked, and its second factor must be shown."""
        with writing(self._store.business) as connection:
            account = self._accounts.read(connection, user.id)
            self._accounts.refuse_locked(account, now)
            used: Account | None = account
            if account.has_factor:
                if code is None:
                    raise YingdaError("code_needed", "This account has a second factor.", todo="Give its six digits.")
                used = self._accounts.right_code(account, code, now)
            if used is not None:
                self._accounts.succeeded(connection, used)
                return used
        self._refused(user, directory, visitor, now)
        raise wrong_code()

    def _refused(self, user: User | None, directory: Directory, visitor: Visitor, now: int) -> None:
        """Write an attempt down, and count it against the account."""
        with writing(self._store.business) as connection:
            # What was typed as an unknown user name may be a password: it is not written down.
            target = f"user:{user.id}" if user is not None else "unknown user"
            deed = audit.Deed("nobody", "session.refused", target, visitor.address)
            audit.write(connection, self._tenant, now, deed)
            if user is None:
                return
            account = self._accounts.read(connection, user.id)
            if self._accounts.failed(connection, account, directory.centre.centre.signing_in, now):
                deed = audit.Deed("system", "account.locked", target, visitor.address)
                audit.write(connection, self._tenant, now, deed)

    def prove(self, viewer: Viewer, password: str) -> None:
        """Who changes what protects an account shows that it is his. Raises not_your_password, too_many_attempts."""
        self._wait(self._per_username.take(viewer.username, self._clock.now()))
        with reading(self._store.business) as connection:
            right = credentials.check_password(connection, viewer.user_id, password, self._tenant)
        if not right:
            sentence = "That is not your password."
            raise YingdaError("not_your_password", sentence, where="password", todo="Type it again.")
        self._per_username.forgive(viewer.username)

    def list(self, user_id: str) -> list[dict[str, Any]]:
        """The sessions of a user that still stand, newest first."""
        now = self._clock.now()
        mine = (WebSession.tenant_id == self._tenant, WebSession.user_id == user_id, WebSession.expires > now)
        query = sa.select(WebSession.__table__).where(*mine).order_by(WebSession.created.desc())
        idle = self._directory().centre.centre.signing_in.idle_min * MINUTE
        with reading(self._store.business) as connection:
            rows = connection.execute(query).mappings().all()
        kept = ("session_id", "user_id", "created", "last_seen", "expires", "address", "user_agent")
        return [{name: row[name] for name in kept} for row in rows if now - row["last_seen"] <= idle]

    def revoke(self, viewer: Viewer, user_id: str, session_ids: Iterable[str], address: str) -> None:
        """End these sessions of a user; those that have ended already, or are somebody else's, are passed over."""
        which = (WebSession.tenant_id == self._tenant, WebSession.user_id == user_id)
        with writing(self._store.business) as connection:
            for session_id in session_ids:
                ended = sa.delete(WebSession).where(*which, WebSession.session_id == session_id)
                if connection.execute(ended).rowcount:
                    deed = audit.Deed(viewer.who, "session.revoked", f"session:{session_id}", address)
                    audit.write(connection, self._tenant, self._clock.now(), deed)

    def close(self, viewer: Viewer, address: str) -> None:
        """Sign out."""
        with writing(self._store.business) as connection:
            connection.execute(sa.delete(WebSession).where(WebSession.session_id == viewer.session_id))
            deed = audit.Deed(viewer.who, "session.ended", viewer.who, address)
            audit.write(connection, viewer.tenant, self._clock.now(), deed)

    def of(self, connection: HTTPConnection) -> Viewer | None:
        """Who sent this request, by its cookie."""
        token = connection.cookies.get(COOKIE)
        found = self._viewers(WebSession.token_hash == token_hash(token)) if token else []
        return found[0] if found else None

    def again(self, session_ids: Collection[str]) -> dict[str, Viewer]:
        """These sessions as they stand now, for feeds that stay open; those that have ended are left out.

        Asking keeps them from idling."""
        found = self._viewers(WebSession.session_id.in_(session_ids))
        return {viewer.session_id: viewer for viewer in found}

    def _viewers(self, which: sa.ColumnElement[bool]) -> Sequence[Viewer]:
        now = self._clock.now()
        with reading(self._store.business) as connection:
            rows = connection.execute(sa.select(WebSession.__table__).where(which)).all()
            accounts = self._accounts.read_all(connection, {row.user_id for row in rows})
        directory = self._directory()
        idle = directory.centre.centre.signing_in.idle_min * MINUTE
        standing = [row for row in rows if now < row.expires and now - row.last_seen <= idle]
        if unseen := [row.session_id for row in standing if now - row.last_seen > SEEN_EVERY]:
            seen = sa.update(WebSession).where(WebSession.session_id.in_(unseen)).values(last_seen=now)
            with writing(self._store.business) as connection:
                connection.execute(seen)
        viewers = (_viewer(row, accounts[row.user_id], directory) for row in standing)
        return [viewer for viewer in viewers if viewer is not None]

    def _fits(self, user: User | None, password: str) -> bool:
        """The same time for a user who does not exist, has no password, or has another."""
        subject = user.id if user is not None else None
        with reading(self._store.business) as connection:
            return credentials.check_password(connection, subject, password, self._tenant)

    def _count_attempt(self, username: str, address: str, now: int) -> None:
        """An attempt refused for its address must not count against the user, so the address comes first."""
        self._wait(self._per_address.take(address, now) or self._per_username.take(username, now))

    def _wait(self, wait: int) -> None:
        if wait:
            seconds = -(-wait // SECOND)
            raise RefusalError(
                "too_many_attempts",
                "Too many attempts to sign in.",
                todo=f"Try again in {seconds} s.",
                headers={"Retry-After": str(seconds)},
            )

    def _insert(self, opened: Opened, visitor: Visitor, now: int) -> None:
        row = {
            "session_id": new_id(),
            "token_hash": token_hash(opened.token),
            "tenant_id": self._tenant,
            "user_id": opened.user.id,
            "created": now,
            "last_seen": now,
            "expires": opened.expires,
            "address": visitor.address[:64],
            "user_agent": visitor.user_agent[:256],
        }
        who = f"user:{opened.user.id}"
        with writing(self._store.business) as connection:
            connection.execute(sa.delete(WebSession).where(WebSession.expires < now))
            connection.execute(sa.insert(WebSession), row)
            audit.write(connection, self._tenant, now, audit.Deed(who, "session.started", who, visitor.address))


def _viewer(row: sa.Row[Any], account: Account, directory: Directory) -> Viewer | None:
    """Who a session belongs to; None if the configuration in force does not know him any more."""
    user = directory.users.get(row.user_id)
    if user is None:
        return None
    agent = directory.agent_of(user)
    return Viewer(
        tenant=row.tenant_id,
        user_id=user.id,
        username=user.username,
        role=user.role,
        agent_id=agent.id if agent is not None else None,
        session_id=row.session_id,
        expires=row.expires,
        reach=reach_of(directory.centre, user, agent),
        must=duties(account, user, directory.centre.centre.signing_in),
    )


def token_hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def csrf_token(token: str) -> str:
    """The CSRF token that belongs to a session's cookie."""
    return hmac.new(token.encode(), b"yingda csrf", hashlib.sha256).hexdigest()


def csrf_matches(token: str, sent: str) -> bool:
    return hmac.compare_digest(csrf_token(token).encode(), sent.encode())
