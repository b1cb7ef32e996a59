"""What an agent (or a leader for him) may do at the desk: each command acts or refuses with a sentence (CTI-36)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from yingda.agents.handset import Handset
from yingda.agents.helping import Helping
from yingda.agents.leading import Leading
from yingda.calls.effects import Effect
from yingda.calls.switch import Switch
from yingda.kernel.clock import MS, SECOND
from yingda.kernel.config.centre import Agent, Centre
from yingda.kernel.errors import YingdaError
from yingda.routing import effects as routing
from yingda.routing.offer import Offer


class Registrations(Protocol):
    """Whether a device is within reach."""

    def media_kind(self, extension: str) -> str | None: ...


class Desk:
    """Commands by agent id. Each returns the switch's effects, or raises a YingdaError and changes nothing."""

    def __init__(self, switch: Switch, registrations: Registrations, centre: Centre) -> None:
        self._switch = switch
        self._distributor = switch.distributor
        self._registrations = registrations
        self.handset = Handset(switch)
        self.leading = Leading(switch)
        self.helping = Helping(switch.distributor.floor, switch.table.ids, centre)
        self.configure(centre)

    def configure(self, centre: Centre) -> None:
        self._agents: dict[str, Agent] = {agent.id: agent for agent in centre.agents}
        self.helping.configure(centre)
        users = {user.username: user.id for user in centre.users}
        self._phones = {users[agent.user]: [device.extension for device in agent.devices] for agent in centre.agents}
        self._agent_of = {users[agent.user]: agent.id for agent in centre.agents}
        self._owner = {device.extension: agent.id for agent in centre.agents for device in agent.devices}

    def phones_of(self, user_id: str) -> Sequence[str]:
        """The extensions of the agent that this user is; none of anybody else."""
        return self._phones.get(user_id, ())

    def agent_of(self, user_id: str) -> Agent | None:
        """The agent that this user is."""
        return self._agents.get(self._agent_of.get(user_id, ""))

    # ---- session and state ----------------------------------------------------------------------------------------

    def sign_in(self, agent_id: str, extension: str, now: int, *, ready: bool) -> list[Effect]:
        """Begin a session at a device of the agent's own that is registered, or at his mobile. Refuses not_your_device,
        device_unreachable, and what `OutwardPlan.admit` refuses of the mobile's number."""
        if self._owner.get(extension) != agent_id:
            raise YingdaError(
                "not_your_device",
                f"Extension {extension} is not one of this agent's devices.",
                todo="Choose one of your own devices.",
            )
        if mobile := self._switch.table.plan.mobile(extension):
            self._switch.table.plan.outward.admit(mobile, agent_id)
        elif self._registrations.media_kind(extension) is None:
            raise YingdaError(
                "device_unreachable",
                f"Extension {extension} is not registered, so no call could ring there.",
                todo="Connect the phone and sign in again.",
            )
        return self._do(self._distributor.sign_in(agent_id, extension, now, ready=ready), now)

    def sign_out(self, agent_id: str, why: str, now: int) -> list[Effect]:
        """What rings straight at his device is declined first."""
        session = self._distributor.floor.session(agent_id)
        declined = self._switch.decline(agent_id, now) if session.rung is not None else []
        return declined + self._do(self._distributor.sign_out(agent_id, why, now), now)

    def set_idle(self, agent_id: str, now: int) -> list[Effect]:
        return self._do(self._distributor.set_idle(agent_id, now), now)

    def set_busy(self, agent_id: str, reason: str, now: int) -> list[Effect]:
        return self._do(self._distributor.set_busy(agent_id, reason, now), now)

    def device_changed(self, extension: str, now: int, *, reachable: bool) -> list[Effect]:
        """The registrar saw a device come or go: its agent gets offers only while it is there."""
        agent_id = self._owner.get(extension)
        session = self._distributor.floor.sessions.get(agent_id or "")
        if agent_id is None or session is None or session.device != extension:
            return []
        change = self._distributor.device_back if reachable else self._distributor.device_lost
        return self._do(change(agent_id, now), now)

    # ---- the call -------------------------------------------------------------------------------------------------

    def accept(self, agent_id: str, now: int) -> list[Effect]:
        """Take what is shown at the desk and rings no device: a chat, a mail, a call-back. Refuses not_ringing,
        answer_on_phone."""
        offer = self._offer(agent_id)
        if self._distributor.floor.entries[offer.entry_id].live:
            raise YingdaError("answer_on_phone", "This call is answered at the phone.")
        return self._do(self._distributor.answered(offer.offer_id, offer.token, now), now)

    def _offer(self, agent_id: str) -> Offer:
        offer = self._distributor.floor.offers.get(self._distributor.floor.session(agent_id).offer_id or "")
        if offer is None:
            raise YingdaError("not_ringing", "No call is ringing here any more.")
        return offer

    def decline(self, agent_id: str, now: int) -> list[Effect]:
        session = self._distributor.floor.session(agent_id)
        offer = self._distributor.floor.offers.get(session.offer_id or "")
        if offer is not None and not self._distributor.floor.entries[offer.entry_id].live:
            return self._do(self._distributor.refused(offer.offer_id, offer.token, "declined", now), now)
        return self._switch.decline(agent_id, now)

    def hang_up(self, agent_id: str, now: int, by: str = "agent") -> list[Effect]:
        return self._switch.hang_up(self._handling(agent_id), now, by)

    def hold(self, agent_id: str, now: int) -> list[Effect]:
        return self._switch.hold(self._handling(agent_id), now)

    def retrieve(self, agent_id: str, now: int) -> list[Effect]:
        return self._switch.retrieve(self._handling(agent_id), now)

    # ---- after the call -------------------------------------------------------------------------------------------

    def finish_wrapup(self, agent_id: str, now: int) -> list[Effect]:
        return self._do(self._distributor.finish_wrapup(agent_id, now), now)

    def extend_wrapup(self, agent_id: str, seconds: float, now: int) -> list[Effect]:
        return self._do(self._distributor.extend_wrapup(agent_id, int(seconds * SECOND // MS), now), now)

    def dispose(
        self, agent_id: str, handling_id: str, codes: Sequence[str], resolved: bool | None, now: int
    ) -> list[Effect]:
        """The summary of a handling of one's own."""
        owner = self._owner_of(handling_id)
        if owner != agent_id:
            raise YingdaError("not_your_call", "This call was not handled by this agent.")
        return self._do(self._distributor.dispose(handling_id, codes, resolved, now), now)

    # ---- within ---------------------------------------------------------------------------------------------------

    def _do(self, effects: Sequence[routing.Effect], now: int) -> list[Effect]:
        return self._switch.distribute(effects, now)

    def _handling(self, agent_id: str) -> str:
        session = self._distributor.floor.session(agent_id)
        if session.handling_id is None:
            raise YingdaError("no_call", "There is no call to do this with.")
        return session.handling_id

    def _owner_of(self, handling_id: str) -> str | None:
        floor = self._distributor.floor
        handling = floor.handlings.get(handling_id) or floor.forms.get(handling_id)
        return handling.agent_id if handling else None
