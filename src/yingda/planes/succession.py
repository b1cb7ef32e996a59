"""A control plane after another: what goes on, what is closed, and in which order (metrics.md section 9).

`prepare` reads what the run before left in its ledger, in its file and at media, has the judge decide, and closes the
rest on the books. `take_up` hands over what goes on, once the rooms stand.
"""

from __future__ import annotations

import contextlib
import logging

from yingda.calls.adoption.judge import Verdict, judge
from yingda.calls.adoption.taking import take_over
from yingda.kernel.clock import SECOND
from yingda.kernel.errors import YingdaError
from yingda.kernel.ledger.writer import LedgerWriter
from yingda.media import protocol as media
from yingda.media.pool import MediaPool
from yingda.planes.kept_file import KeptFile
from yingda.planes.options import Options
from yingda.planes.recovery import broken_off, closing_append, run_before
from yingda.planes.rooms import Rooms
from yingda.planes.standing import Standing, standing

log = logging.getLogger(__name__)

WITHIN = 60 * SECOND
"""A run that ended longer ago has nothing to adopt: so long media keeps legs that nobody asks for (µs)."""
LOST = "lost"


class Succession:
    def __init__(self, options: Options, pool: MediaPool, ledger: LedgerWriter) -> None:
        self._options, self._pool, self._ledger = options, pool, ledger
        self.file = KeptFile(options.folder)
        self._verdict = Verdict()

    @property
    def since(self) -> int:
        """What this run goes on from: the number of an event of a run before it; 0: from itself."""
        return self._verdict.since

    async def prepare(self, now: int) -> Standing:
        """Decide, clear media of what has nobody any more, and close the books of it."""
        run = run_before(self._options.ledger)
        snapshot = await self._pool.snapshot()
        if broken_off(run) and now - max(fact.at for fact in run) <= WITHIN:
            legs = (str(leg["leg_id"]) for leg in snapshot.legs if leg["state"] != LOST)
            self._verdict = judge(self.file.load(), run, {leg_id: self._pool.place_of(leg_id) for leg_id in legs})
        await self._clear(snapshot)
        closing = closing_append(run, self._options.recordings, self._verdict.goes_on)
        if closing:
            self._ledger.append(closing)
            going_on = len(self._verdict.contacts), len(self._verdict.seats)
            log.warning("the last run broke off; %d contacts and %d agents go on", *going_on)
            log.warning("%d events close what else it left open", len(closing) - 1)
        return standing(run)

    async def _clear(self, snapshot: media.SnapshotResult) -> None:
        """Legs of the run before that nobody goes on with; their recordings are closed before they are summed up."""
        legs, recordings = self._verdict.legs, self._verdict.recordings
        for recorder in snapshot.recorders:
            if (recording_id := str(recorder["recording_id"])) not in recordings:
                with contextlib.suppress(YingdaError):  # it failed by itself, and has been said to
                    await self._pool.execute(media.StopRecording(recording_id=recording_id))
        for leg in snapshot.legs:
            if str(leg["leg_id"]) not in legs:
                await self._pool.destroy_leg(str(leg["leg_id"]))

    def take_up(self, rooms: Rooms, now: int) -> None:
        """Everything of it goes on where it was: who talks talks, who waits keeps his place."""
        verdict = self._verdict
        effects, farewell = take_over(verdict, rooms.switch, rooms.signalling, rooms.endpoint, now)
        rooms.board.recall(verdict.facts)
        rooms.conductor.adopted(effects, farewell, now)
        for seat in verdict.seats:
            device = seat.session.device
            here = rooms.switch.stage.media_kind(device) is not None
            if here != seat.session.reachable:
                rooms.conductor.carry(rooms.desk.device_changed(device, now, reachable=here), now)
