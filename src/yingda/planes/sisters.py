"""Asks sister centres for their load, and tells control what they say (ACD-65).

In a thread of the worker: a site that is slow, or silent, keeps no call waiting. Who does not answer is not told, so
its word grows too old to count; after a while there is an alarm.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final
from urllib.error import URLError
from urllib.request import HTTPRedirectHandler, Request, build_opener

import msgspec

from yingda.kernel.config.centre import Centre
from yingda.kernel.config.sites import Site
from yingda.kernel.errors import YingdaError
from yingda.routing.sites import QueueLoad

log = logging.getLogger(__name__)

PATH: Final = "/api/v1/load"
ALARM: Final = "site_silent"
SILENT: Final = "The site {name} does not answer ({why}): no caller is sent there. Check its address and the token."
LARGEST: Final = 1 << 20
AT_ONCE: Final = 8
IDLE_S: Final = 5.0
"""How often a centre without sites looks whether it has some now."""

Tell = Callable[[str, Mapping[str, Any]], None]
"""A message to control: method and body."""


class _Queue(QueueLoad, frozen=True, kw_only=True):
    name: str


class _Load(msgspec.Struct, frozen=True):
    queues: list[_Queue]


class SilentError(Exception):
    """Why a site gave no answer that could be used."""


class _NoWayRound(HTTPRedirectHandler):
    """The token is for this address alone."""

    def redirect_request(self, *_args: Any, **_more: Any) -> None:
        return None


class Sisters:
    """centre: the version in force, None before the first. tell: raises nothing."""

    def __init__(self, centre: Callable[[], Centre | None], tell: Tell) -> None:
        self._centre, self._tell = centre, tell
        self._silent_since: dict[str, float] = {}
        self._alarms: dict[str, str] = {}

    def run(self, stop: threading.Event) -> None:
        pause = 0.0
        while not stop.wait(pause):
            pause = IDLE_S
            try:
                centre = self._centre()
                if centre is not None and (centre.sites or self._alarms):
                    pause = centre.centre.sites.every_s
                    self.step(centre, time.monotonic())
            except Exception:
                log.exception("sister centres could not be asked; trying again")

    def step(self, centre: Centre, now_s: float) -> None:
        """Ask each once, all at the same time. now_s: of a clock that only goes on."""
        with ThreadPoolExecutor(AT_ONCE) as pool:
            answers = list(pool.map(lambda site: _answer(site, centre), centre.sites))
        for site, answer in zip(centre.sites, answers, strict=True):
            if isinstance(answer, SilentError):
                self._note_silent(site, str(answer), centre.centre.sites.alarm_s, now_s)
            else:
                self._silent_since.pop(site.id, None)
                self._alarms.pop(site.id, None)
                self._tell("alarm.raise", {"key": f"{ALARM}:{site.id}", "sentence": None})
                self._tell("site.told", {"site_id": site.id, "queues": msgspec.to_builtins(answer)})
        self._forget({site.id for site in centre.sites})

    def _note_silent(self, site: Site, why: str, alarm_s: float, now_s: float) -> None:
        """The alarm is told at every turn: control may have been restarted."""
        since = self._silent_since.setdefault(site.id, now_s)
        if now_s - since >= alarm_s:
            sentence = self._alarms.setdefault(site.id, SILENT.format(name=site.name, why=why))
            self._tell("alarm.raise", {"key": f"{ALARM}:{site.id}", "sentence": sentence})

    def _forget(self, known: set[str]) -> None:
        """Sites that were taken out of the configuration."""
        for site_id in self._silent_since.keys() - known:
            del self._silent_since[site_id]
        for site_id in self._alarms.keys() - known:
            del self._alarms[site_id]
            self._tell("alarm.raise", {"key": f"{ALARM}:{site_id}", "sentence": None})


def _answer(site: Site, centre: Centre) -> dict[str, QueueLoad] | SilentError:
    """By our queues; one that is closed there, or unknown, is missing."""
    try:
        said = ask(site.url, os.environ.get(site.token_env, ""), centre.centre.sites.timeout_s)
    except SilentError as silent:
        return silent
    theirs = {queue.name: queue for queue in said}
    ids = {queue.name: queue.id for queue in centre.queues}
    found = ((ids[line.queue], theirs.get(line.there or line.queue)) for line in site.queues)
    return {
        queue_id: QueueLoad(load.waiting, load.idle, load.staffed, load.between_s)
        for queue_id, load in found
        if load is not None
    }


def ask(url: str, token: str, timeout_s: float) -> list[_Queue]:
    """A site's queues. Raises SilentError."""
    request = Request(url.rstrip("/") + PATH, headers={"Authorization": f"Bearer {token}"})
    deadline = time.monotonic() + timeout_s
    body = b""
    try:
        with build_opener(_NoWayRound).open(request, timeout=timeout_s) as answer:
            while chunk := answer.read1(65_536):
                body += chunk
                if len(body) > LARGEST or time.monotonic() > deadline:
                    raise SilentError("its answer is too long")
        return msgspec.json.decode(body, type=_Load).queues
    except URLError as error:  # an answer other than 200 is one too
        raise SilentError(str(getattr(error, "code", "") or error.reason)) from error
    except (OSError, ValueError, msgspec.MsgspecError) as error:
        raise SilentError(str(error) or type(error).__name__) from error


def current(directory: Callable[[], Any]) -> Centre | None:
    """The centre in force, by the web plane's directory; None before the first version."""
    try:
        centre = directory().centre
    except YingdaError:
        return None
    assert isinstance(centre, Centre)
    return centre
