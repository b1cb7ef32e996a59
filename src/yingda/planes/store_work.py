"""What control wants of the business store: in threads, for a store that is slow, or away, keeps no call waiting."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Coroutine
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from yingda.calls.effects import KeepText
from yingda.kernel.clock import Clock
from yingda.kernel.errors import YingdaError
from yingda.planes.configuration import Configuration
from yingda.planes.rooms import Rooms

log = logging.getLogger(__name__)


class StoreWork:
    """arm: called when something was done that may have moved the timer."""

    def __init__(
        self, configuration: Configuration, rooms: Callable[[], Rooms], clock: Clock, arm: Callable[[], None]
    ) -> None:
        self._configuration, self._rooms, self._clock, self._arm = configuration, rooms, clock, arm
        self._tasks: set[asyncio.Task[None]] = set()

    def ask_who(self, interaction_id: str, number: str) -> None:
        self._begin(self._look_up(interaction_id, number))

    def keep_text(self, text: KeepText) -> None:
        self._begin(self._keep(text))

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        self._tasks.add(task := asyncio.create_task(work))
        task.add_done_callback(self._tasks.discard)

    async def _look_up(self, interaction_id: str, number: str) -> None:
        try:
            known = await asyncio.to_thread(self._configuration.acquaintances.look_up, number)
        except (SQLAlchemyError, YingdaError) as error:
            log.warning("a caller could not be looked up: %s", error)
        else:
            self._rooms().conductor.known(interaction_id, known, self._clock.now())
            self._arm()

    async def _keep(self, text: KeepText) -> None:
        """The far end waits for its answer meanwhile."""
        unread: dict[str, dict[str, Any]] | None = None
        try:
            unread = await asyncio.to_thread(self._configuration.texts.keep, text, self._clock.now())
        except (SQLAlchemyError, YingdaError) as error:
            log.warning("a text could not be kept: %s", error)
        self._rooms().conductor.text_kept(text, unread, self._clock.now())
        self._arm()

    async def show_unread(self) -> None:
        """Phones that ask whether messages wait are told so from the start."""
        now = self._clock.now()
        with contextlib.suppress(SQLAlchemyError):
            unread = await asyncio.to_thread(self._configuration.texts.unread, now)
            self._rooms().conductor.notices(unread, now)
