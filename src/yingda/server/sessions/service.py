"""Sessions of the screens: opened by a password, known by a cookie, ended by signing out, idling or the end of a shift.

The cookie's token is 256 random bits; the table holds its SHA-256 only. The CSRF token is an HMAC keyed with that
token: the page can be given it, and nobody without the cookie can make it. The user is looked up in the configuration
in force at every request, so who was removed is out at once and a changed role counts from the next click.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass

import sqlalchemy as sa
from starlette.requests import HTTPConnection

from yingda.kernel.clock import SECOND, Clock
from yingda.kernel.config import credentials
from yingda.kernel.config.centre import User
from yingda.kernel.errors import YingdaError
from yingda.kernel.ids import new_id
from yingda.kernel.store import Store, reading, writing
from yingda.server import audit
from yingda.server.directory import CurrentDirectory, Directory
from yingda.server.models import WebSession
from yingda.server.reach import reach_of
from yingda.server.refusals import RefusalError
from yingda.server.sessions.limits import address_limit, username_limit
from yingda.server.sessions.viewer import Viewer

COOKIE = "yingda_session"
LONGEST = 12 * 3_600 * SECOND
"""A session ends then, whatever happens: longer than any shift."""
IDLE = 3_600 * SECOND
"""... or when no request came and no feed was open for so long."""
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


class Sessions:
    """Every method may block (SQL, argon2): call it in a thread."""

    def __init__(self, store: Store, directory: CurrentDirectory, clock: Clock, tenant: str) -> None:
        self._store, self._clock, self._tenant = store, clock, tenant
        self._directory = directory
        self._per_username = username_limit()
        self._per_address = address_limit()

    def open(self, username: str, password: str, visitor: Visitor) -> Opened:
        """Check a password and begin a session.

        Raises wrong_password (the same words and time for an unknown user) and too_many_attempts.
        """
        now = self._clock.now()
        self._count_attempt(username, visitor.address, now)
        directory = self._directory()
        user = directory.usernames.get(username)
        if not self._fits(user, password) or user is None:
            # What was typed as an unknown user name may be a password: it is not written down.
            target = f"user:{user.id}" if user is not None else "unknown user"
            with writing(self._store.business) as connection:
                deed = audit.Deed("nobody", "session.refused", target, visitor.address)
                audit.write(connection, self._tenant, now, deed)
            raise YingdaError(
                "wrong_password", "The user name or the password is wrong.", todo="Check both and try again."
            )
        self._per_username.forgive(username)
        opened = Opened(secrets.token_urlsafe(32), user, directory, now + LONGEST)
        self._insert(opened, visitor, now)
        return opened

    def close(self, viewer: Viewer, address: str) -> None:
        """Sign out."""
        with writing(self._store.business) as connection:
            connection.execute(sa.delete(WebSession).where(WebSession.session_id == viewer.session_id))
            deed = audit.Deed(viewer.who, "session.ended", viewer.who, address)
            audit.write(connection, viewer.tenant, self._clock.now(), deed)

    def of(self, connection: HTTPConnection) -> Viewer | None:
        """Who sent this request, by its cookie."""
        token = connection.cookies.get(COOKIE)
        return self._viewer(WebSession.token_hash == token_hash(token)) if token else None

    def again(self, viewer: Viewer) -> Viewer | None:
        """The same session as it stands now, for a feed that stays open; None if it has ended."""
        return self._viewer(WebSession.session_id == viewer.session_id)

    def _viewer(self, which: sa.ColumnElement[bool]) -> Viewer | None:
        now = self._clock.now()
        with reading(self._store.business) as connection:
            row = connection.execute(sa.select(WebSession.__table__).where(which)).one_or_none()
        if row is None or now >= row.expires or now - row.last_seen > IDLE:
            return None
        if now - row.last_seen > SEEN_EVERY:
            with writing(self._store.business) as connection:
                connection.execute(sa.update(WebSession).where(which).values(last_seen=now))
        directory = self._directory()
        user = directory.users.get(row.user_id)
        if user is None:
            return None
        agent = directory.agent_of(user)
        agent_id = agent.id if agent is not None else None
        reach = reach_of(directory.centre, user, agent)
        return Viewer(row.tenant_id, user.id, user.username, user.role, agent_id, row.session_id, row.expires, reach)

    def _fits(self, user: User | None, password: str) -> bool:
        """The same time for a user who does not exist, has no password, or has another."""
        subject = user.id if user is not None else None
        with reading(self._store.business) as connection:
            return credentials.check_password(connection, subject, password, self._tenant)

    def _count_attempt(self, username: str, address: str, now: int) -> None:
        """An attempt refused for its address must not count against the user, so the address comes first."""
        wait = self._per_address.take(address, now) or self._per_username.take(username, now)
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


def token_hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def csrf_token(token: str) -> str:
    """The CSRF token that belongs to a session's cookie."""
    return hmac.new(token.encode(), b"yingda csrf", hashlib.sha256).hexdigest()


def csrf_matches(token: str, sent: str) -> bool:
    return hmac.compare_digest(csrf_token(token).encode(), sent.encode())
