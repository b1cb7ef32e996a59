"""The watch's view of agents: their handlings, states and sessions, told from the events alone."""

from __future__ import annotations

from typing import Any

from yingda.routing.rules import DIRECT, QueueRules, Rules, us
from yingda.sim.broken import demand
from yingda.sim.seen import FIRST_PHASE, OF_HANDLING, SeenAgent, SeenHandling

KEEPS_PLACE = frozenset({"customer_left", "recalled", "answered_elsewhere"})
"""Outcomes that are no fault of the agent's."""


class DeskWatch:
    """What every agent does, and the time of it by two accounts (H2)."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.agents: dict[str, SeenAgent] = {}
        self.handlings: dict[str, SeenHandling] = {}
        self.talking_to: dict[str, str] = {}
        self._sessions: dict[str, SeenAgent] = {}
        self._gone: dict[str, QueueRules] = {}
        self._media: dict[str, str] = {}
        self._contact = ""
        self._times: dict[tuple[str, str], int] = {}
        self._number = 0

    def _queue(self, queue_id: str) -> QueueRules:
        return self.rules.queues.get(queue_id) or self._gone.get(queue_id, DIRECT)

    # -- handlings --------------------------------------------------------------------------------------------------

    def started(self, data: Any, at: int) -> None:
        agent = self.agents[data["agent_id"]]
        queue_id = data["queue_id"]
        rules = self._queue(queue_id)
        handling = SeenHandling(
            data["handling_id"],
            agent.agent_id,
            FIRST_PHASE.get(data["origin"], "talking"),
            at,
            us(rules.wrapup_s),
            us(max(rules.gap_s, rules.wrapup_min_s)),
            medium=self._media.get(self._contact, "voice"),
        )
        self.handlings[handling.handling_id] = handling
        if handling.medium not in ("voice", "callback"):
            handling.phase = "serving"
            agent.items.append(handling.handling_id)
        else:
            if handling.medium == "callback":
                handling.phase = "dialling"
            demand(agent.handling_id is None, f"{agent.agent_id} has two handlings that are not over")
            agent.handling_id = handling.handling_id
        entry_id = data.get("entry_id")
        if entry_id is not None:
            demand(entry_id not in self.talking_to, f"entry {entry_id} has two agents")
            self.talking_to[entry_id] = agent.agent_id

    def phase(self, phase: str, data: Any, at: int) -> SeenHandling:
        handling = self.handlings[data["handling_id"]]
        if handling.phase in OF_HANDLING:
            account = (handling.agent_id, handling.phase)
            self._times[account] = self._times.get(account, 0) + at - handling.since
        handling.phase, handling.since = phase, at
        return handling

    def step(self, kind: str, data: Any, at: int) -> None:
        """What happens to a handling in a call."""
        handling = self.handlings[data["handling_id"]]
        demand(handling.consult == (kind == "consult_ended") or "consult" not in kind, f"{kind} of {handling}")
        self.phase(handling.after(kind), data, at)

    def released(self, data: Any, at: int) -> None:
        handling = self.handlings[data["handling_id"]]
        if handling.phase == "serving":
            handling.phase = "closed"
            return
        if not handling.with_customer:
            self.wrapup_ended(data, at)
            return
        handling = self.phase("wrapup", data, at)
        handling.due = at + max(handling.wrapup, handling.rest)
        self.agents[handling.agent_id].rested_at = at + handling.rest

    def wrapup_ended(self, data: Any, at: int) -> None:
        handling = self.phase("over", data, at)
        agent = self.agents[handling.agent_id]
        if handling.handling_id in agent.items:
            agent.items.remove(handling.handling_id)
        else:
            agent.handling_id = None
        if data.get("ended_how") == "next":  # he took a call of his own accord, pause or not
            agent.rested_at = at
        del self.handlings[handling.handling_id]

    # -- agents -----------------------------------------------------------------------------------------------------

    def signed_in(self, data: Any, at: int) -> None:
        demand(data["agent_id"] not in self.agents, f"{data['agent_id']} is signed in twice")
        agent = SeenAgent(data["agent_id"], data["session_id"], at, since=at)
        self.agents[agent.agent_id] = self._sessions[agent.session_id] = agent

    def state_changed(self, data: Any, at: int) -> None:
        agent = self._sessions[data["session_id"]]
        demand(data["from"] == agent.state, f"{agent.agent_id} is {agent.state}, not {data['from']}")
        demand(at >= agent.since, f"the time of {agent.agent_id} goes back")
        self._close_span(agent, at)
        agent.state, state, agent.reason = data["to"], data["to"], data.get("reason")
        named = agent.handling_id if state in OF_HANDLING else agent.items[0] if state == "serving" else None
        demand(data.get("handling_id") == named, f"{agent.agent_id}: {dict(data)}")
        demand(
            data.get("offer_id") == (agent.offer_id if state == "ringing" else None), f"{agent.agent_id}: {dict(data)}"
        )
        if state in ("idle", "serving"):
            kept = data["from"] == "ringing" and agent.last_outcome in KEEPS_PLACE
            kept = kept or data["from"] == state
            if not kept or agent.place is None:
                self._number += 1
                agent.place = (at, self._number)
        elif state != "ringing":
            agent.place = None

    def signed_out(self, data: Any, at: int) -> None:
        agent = self._sessions.pop(data["session_id"])
        demand(agent.offer_id is None, f"{agent.agent_id} is signed out with an offer pending")
        in_hand = agent.items or agent.handling_id
        demand(not in_hand, f"{agent.agent_id} is signed out with a handling open")
        self._close_span(agent, at)
        demand(agent.spans == at - agent.signed_in, f"the spans of {agent.agent_id} do not fill his session")
        del self.agents[agent.agent_id]

    def _close_span(self, agent: SeenAgent, at: int) -> None:
        agent.spans += at - agent.since
        if agent.state in OF_HANDLING:
            account = (agent.agent_id, agent.state)
            self._times[account] = self._times.get(account, 0) - (at - agent.since)
        agent.since = at
