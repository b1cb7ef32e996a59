"""Trial calls (试拨): a flow that is still being written is heard on a real call, without being published.

An author has the text kept under a short code. Who dials it at a device of the centre, or has his own device rung by
dialling it at his desk, is in that text; the other documents are those in force. The contact is internal and a test
(metrics.md section 2, law 7): whatever it comes to, no figure counts it. An agent is `internal` meanwhile, so that
nothing is offered to him.
"""

from __future__ import annotations

import secrets

import msgspec

from yingda.calls.dialling import TRIAL
from yingda.calls.ending import Ending
from yingda.calls.flowing import Flowing
from yingda.calls.model import Call, Phase
from yingda.calls.stage import Stage, Target
from yingda.kernel.clock import SECOND
from yingda.kernel.config.centre import Flow
from yingda.kernel.errors import YingdaError

PREFIX = "*9"
"""What codes begin with: four digits follow. No outside number begins so."""
LASTS = 1_800 * SECOND
MOST = 50


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """flow: whose queue, grants and name the text is tried with. until: µs UTC."""

    code: str
    flow: Flow
    text: str
    until: int


class Trials:
    """The texts that may be dialled now. They live with this control plane alone: a new one is asked for again."""

    def __init__(self, stage: Stage, flowing: Flowing, ending: Ending) -> None:
        self._stage, self._table, self._flowing, self._ending = stage, stage.table, flowing, ending
        self._open: dict[str, Trial] = {}

    def open(self, document: str, text: str, flow_name: str, now: int) -> Trial:
        """A code for this text, good for half an hour. flow_name: that leads to the document; "": none does yet, and
        any queue will do. Refuses no_flow, too_many_trials."""
        self._open = {code: trial for code, trial in self._open.items() if trial.until > now}
        if len(self._open) >= MOST:
            raise YingdaError("too_many_trials", f"{MOST} trials are open already.", todo="Try again in a while.")
        flow = self._table.plan.flow(flow_name) or next(iter(self._table.plan.flows.values()), None)
        if flow is None:
            todo = "Add a flow to the configuration."
            raise YingdaError("no_flow", "There is no flow by whose queue this could be tried.", todo=todo)
        name = flow.name if flow_name else ""  # look-ups are granted by the flow's name: none without one
        tried = flow.model_copy(update={"document": document, "name": name})
        trial = Trial(code=self._new_code(), flow=tried, text=text, until=now + LASTS)
        self._open[trial.code] = trial
        return trial

    def _new_code(self) -> str:
        while (code := f"{PREFIX}{secrets.randbelow(10_000):04}") in self._open:
            pass
        return code

    def target(self, dialled: str, now: int) -> Target | None:
        """What a device dialled, if it is a code. Refuses trial_over."""
        if not dialled.startswith(PREFIX):
            return None
        trial = self._open.get(dialled)
        if trial is None or trial.until <= now:
            todo = "Ask for a new one on the flow's page."
            raise YingdaError("trial_over", "This code is not good any more.", where=dialled, todo=todo)
        return TRIAL, dialled

    def begin(self, call: Call, now: int) -> None:
        """His device has answered, or was: the flow has him for its caller."""
        leg, trial = next(iter(self._table.open_legs(call)), None), self._open.get(call.called)
        if leg is None or trial is None:
            self._ending.end(call, now, "system")
            return
        self._stage.carry(self._stage.talks.connected(call.handling_id or "", now), now)
        call.customer, call.phase, call.queue_id = leg.leg_id, Phase.GREETING, self._queue_of(trial)
        self._flowing.enter(call, trial.flow, now, {trial.flow.document or "": trial.text})
        self._table.touch(call)

    def _queue_of(self, trial: Trial) -> str:
        return self._table.plan.queue_of_flow(trial.flow)
