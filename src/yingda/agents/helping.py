"""Calls for help (求助): an agent asks his leaders without leaving the call. Sans-IO: time comes in, events go out.

    nothing ──ask──► ASKED ──answer──► ANSWERED
                       │  ▲ seen          │
                       └──┴──── end ──────┴──► nothing     cancelled, expired, call_over, signed_out

An agent has one at a time. It lasts as long as the contact that it is about; one that nobody answers expires. What he
wrote stands on screens only; the ledger gets the reason's word.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Any

import msgspec

from yingda.kernel.clock import SECOND
from yingda.kernel.config.centre import Centre
from yingda.kernel.errors import YingdaError
from yingda.kernel.event import Event
from yingda.kernel.ids import IdSource
from yingda.routing.effects import Append
from yingda.routing.floor import Floor


class State(StrEnum):
    ASKED = "asked"
    ANSWERED = "answered"


class Help(msgspec.Struct, kw_only=True):
    """A call for help. seen: ids of the users who have it before their eyes. answered_by, how, said: who came, in which
    way, with what words. until: when it expires (µs UTC)."""

    help_id: str
    agent_id: str
    handling_id: str
    interaction_id: str
    reason: str
    text: str
    at: int
    until: int
    state: State = State.ASKED
    seen: list[str] = []
    answered_by: str = ""
    how: str = ""
    said: str = ""

    def answered(self, who: str, how: str, said: str) -> None:
        """The one setter of `state`. May be answered again, in another way: a leader who listened now whispers."""
        self.state, self.answered_by, self.how, self.said = State.ANSWERED, who, how, said or self.said


class Helping:
    """By agent id. Each deed returns what goes into the ledger, or raises a YingdaError and changes nothing."""

    def __init__(self, floor: Floor, ids: IdSource, centre: Centre) -> None:
        self._floor, self._ids = floor, ids
        self._asked: dict[str, Help] = {}
        self.configure(centre)

    def configure(self, centre: Centre) -> None:
        """Calls for help under way keep their time."""
        self._lasts = centre.centre.desk.help_expires_s * SECOND
        self._users = {user.id: user.display_name for user in centre.users}
        by_name = {user.username: user.display_name for user in centre.users}
        self._agents = {agent.id: by_name.get(agent.user, agent.number) for agent in centre.agents}

    # ---- the agent ------------------------------------------------------------------------------------------------

    def ask(self, agent_id: str, reason: str, text: str, now: int) -> Sequence[Append]:
        """Refuses not_signed_in, no_call, already_asked."""
        handling = self._floor.handlings.get(self._floor.session(agent_id).handling_id or "")
        if handling is None:
            raise YingdaError("no_call", "There is no call to do this with.")
        if agent_id in self._asked:
            raise YingdaError("already_asked", "You have asked for help already.", todo="Wait, or take it back.")
        asked = Help(
            help_id=self._ids(),
            agent_id=agent_id,
            handling_id=handling.handling_id,
            interaction_id=handling.interaction_id,
            reason=reason,
            text=text,
            at=now,
            until=now + self._lasts,
        )
        self._asked[agent_id] = asked
        facts = {"handling_id": asked.handling_id, "reason": reason}
        return [_said(asked, "help.asked", now, f"agent:{agent_id}", facts)]

    def cancel(self, agent_id: str, now: int) -> Sequence[Append]:
        """Refuses no_help."""
        return self._end(self._of(agent_id), "cancelled", now, f"agent:{agent_id}")

    # ---- leaders --------------------------------------------------------------------------------------------------

    def see(self, agent_id: str, by: str, now: int) -> Sequence[Append]:
        """Somebody has it before his eyes; once for each. Refuses no_help."""
        asked = self._of(agent_id)
        if by in asked.seen:
            return []
        asked.seen.append(by)
        return [_said(asked, "help.seen", now, by)]

    def answer(self, agent_id: str, by: str, how: str, now: int, said: str = "") -> Sequence[Append]:
        """how: listen, whisper, barge, take_over, message, coming. said: words for his screen. Refuses no_help."""
        asked = self._of(agent_id)
        if (asked.answered_by, asked.how, said or asked.said) == (by, how, asked.said):
            return []
        asked.answered(by, how, said)
        return [_said(asked, "help.answered", now, by, {"how": how})]

    # ---- what happens ---------------------------------------------------------------------------------------------

    def follow(self, events: Iterable[Event], now: int) -> list[Append]:
        """A leader who steps into the call has answered; with the contact, or the session, the need is over."""
        found: list[Append] = []
        for event in events if self._asked else ():
            asked = self._about(event)
            if asked is None:
                continue
            if event.kind == "supervision.started":
                found += self.answer(asked.agent_id, f"agent:{event.data['leader_id']}", event.data["mode"], now)
            elif event.kind == "agent.signed_out":
                found += self._end(asked, "signed_out", now)
            else:
                found += self._end(asked, "call_over", now)
        return found

    def _about(self, event: Event) -> Help | None:
        if event.kind == "agent.signed_out":
            return self._asked.get(event.data["agent_id"])
        if event.kind not in ("supervision.started", "handling.released", "handling.wrapup_ended"):
            return None
        handling_id = event.data["handling_id"]
        return next((asked for asked in self._asked.values() if asked.handling_id == handling_id), None)

    def next_timer(self) -> int | None:
        """When the next one that nobody answered expires (µs UTC)."""
        return min((one.until for one in self._asked.values() if one.state is State.ASKED), default=None)

    def handle_timer(self, now: int) -> list[Append]:
        late = [one for one in self._asked.values() if one.state is State.ASKED and one.until <= now]
        return [append for one in late for append in self._end(one, "expired", now)]

    # ---- shown ----------------------------------------------------------------------------------------------------

    def doc(self, agent_id: str) -> dict[str, Any] | None:
        """As the agent's live document has it."""
        asked = self._asked.get(agent_id)
        if asked is None:
            return None
        return {
            "id": asked.help_id,
            "at": asked.at,
            "until": asked.until,
            "reason": asked.reason,
            "text": asked.text,
            "state": asked.state.value,
            "seen": len(asked.seen),
            "answered_by": self._name(asked.answered_by) or None,
            "how": asked.how or None,
            "said": asked.said,
        }

    def _name(self, who: str) -> str:
        kind, _, ident = who.partition(":")
        return (self._agents if kind == "agent" else self._users).get(ident, "")

    # ---- within ---------------------------------------------------------------------------------------------------

    def _of(self, agent_id: str) -> Help:
        asked = self._asked.get(agent_id)
        if asked is None:
            raise YingdaError("no_help", "Nobody asks for help there any more.")
        return asked

    def _end(self, asked: Help, why: str, now: int, by: str = "system") -> Sequence[Append]:
        del self._asked[asked.agent_id]
        return [_said(asked, "help.ended", now, by, {"why": why})]


def _said(asked: Help, kind: str, now: int, by: str, facts: dict[str, str] | None = None) -> Append:
    data = {"help_id": asked.help_id, "agent_id": asked.agent_id, **(facts or {})}
    return Append((Event(kind=kind, at=now, by=by, interaction_id=asked.interaction_id, data=data),))
