"""The one gate that every request passes: origin, session, CSRF token, role. `permissions.py` is its table.

A mutation without a session (signing in) is guarded by its origin alone; one with a session needs the CSRF token too.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.requests import HTTPConnection

from yingda.kernel.errors import YingdaError
from yingda.server.deps import house_of
from yingda.server.permissions import BEFORE_ANYTHING, PERMISSIONS, Must, permitted
from yingda.server.sessions.service import COOKIE, csrf_matches

CSRF_HEADER = "x-csrf-token"
SAFE = frozenset(("GET", "HEAD", "OPTIONS"))


def not_signed_in() -> YingdaError:
    return YingdaError("not_signed_in", "Nobody is signed in, or the session has ended.", todo="Sign in.")


def authorise(connection: HTTPConnection) -> None:
    """Let the request pass and note its viewer, or refuse it. A route without a declared permission is refused."""
    route = getattr(connection.scope.get("route"), "name", "")
    permission = PERMISSIONS.get(route)
    if permission is None:
        raise YingdaError("not_allowed", "Nobody has been given the right to do this.")
    changes = connection.scope["type"] == "http" and connection.scope["method"] not in SAFE
    if changes or connection.scope["type"] == "websocket":
        _same_origin(connection)
    if permission == "public":
        return
    viewer = house_of(connection).sessions.of(connection)
    if viewer is None:
        raise not_signed_in()
    if changes and not csrf_matches(connection.cookies[COOKIE], connection.headers.get(CSRF_HEADER, "")):
        raise YingdaError("csrf", "The request did not come from a page of ours.", todo="Load the page again.")
    if not permitted(permission, viewer.role):
        raise YingdaError("not_allowed", "Your role does not allow this.", todo="Ask an administrator for the right.")
    if viewer.must is not None and route not in BEFORE_ANYTHING[viewer.must]:
        raise _first(viewer.must)
    connection.state.viewer = viewer


def _first(must: Must) -> YingdaError:
    if must == "change_password":
        return YingdaError("password_first", "Your password was set by somebody else.", todo="Choose one of your own.")
    return YingdaError("factor_first", "Your role needs a second factor.", todo="Set it up under your account.")


def _same_origin(connection: HTTPConnection) -> None:
    """A browser says where a page is from. Programs do not, and hold no cookie of somebody else."""
    origin = connection.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc.lower() != connection.headers.get("host", "").lower():
        raise YingdaError("other_origin", "The request comes from a page of another address.")
