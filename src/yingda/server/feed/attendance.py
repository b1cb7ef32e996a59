"""Asks whether the sessions of the open feeds still stand, and whether their users still may see what they did.

A share of the feeds at a time, and each share at once: two hundred desks that came at the same moment and asked one by
one would ask at the same moment again, every time, and nobody would hear of his call for a tenth of a second.
"""

from __future__ import annotations

import asyncio
import itertools
import logging

from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool

from yingda.kernel.errors import YingdaError
from yingda.server.feed.browser import Browser, Farewell
from yingda.server.feed.hub import Hub
from yingda.server.sessions.service import Sessions
from yingda.server.sessions.viewer import Viewer

log = logging.getLogger("yingda.web.feed")

LOOK_AGAIN_S = 10.0
"""How often each feed is looked at."""
SHARES = 20


async def attend(hub: Hub, sessions: Sessions) -> None:
    """Until it is cancelled."""
    for turn in itertools.cycle(range(SHARES)):
        await asyncio.sleep(LOOK_AGAIN_S / SHARES)
        share = [one for one in hub.browsers if hash(one.viewer.session_id) % SHARES == turn]
        if not share:
            continue
        try:
            standing = await run_in_threadpool(sessions.again, {one.viewer.session_id for one in share})
        except (OSError, SQLAlchemyError, YingdaError):  # it may be away: the feeds go on, and are looked at again
            log.exception("sessions could not be looked at")
            continue
        for browser in share:
            _see_off(browser, standing.get(browser.viewer.session_id))


def _see_off(browser: Browser, viewer: Viewer | None) -> None:
    """Its session has ended, or its user has other rights by now; it may have been told to go in the meantime."""
    if viewer != browser.viewer and browser.farewell is None:
        browser.say_farewell(Farewell.EXPIRED if viewer is None else Farewell.RIGHTS_CHANGED)
