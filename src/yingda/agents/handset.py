"""What an agent does with calls at his desk, beyond answering and hanging up (CTI-07..19, 29): by agent id.

Each deed acts or refuses with a sentence, as everything at the desk does (CTI-36).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal

import msgspec

from yingda.calls.effects import AnswerDevice, Effect
from yingda.calls.model import Call, Leg, LegState, Room, Why
from yingda.calls.stage import Target
from yingda.calls.switch import Switch
from yingda.calls.table import Purpose
from yingda.kernel.errors import YingdaError
from yingda.media.protocol import SendDigits


class To(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whom a call goes to. agent, queue: by id; number: what was dialled, a colleague's agent ID or extension too."""

    kind: Literal["agent", "queue", "number"]
    id: Annotated[str, msgspec.Meta(pattern="^[+]?[0-9a-zA-Z*#-]{1,64}$")]


class Handset:
    def __init__(self, switch: Switch) -> None:
        self._switch = switch

    # ---- beginning and taking -------------------------------------------------------------------------------------

    def dial(self, agent_id: str, to: To, now: int) -> list[Effect]:
        if to.kind == "queue":
            raise YingdaError("bad_target", "A queue cannot be dialled.", todo="Choose a colleague or a number.")
        target = self._switch.trials.target(to.id, now) or self._target(to)
        return self._do(lambda: self._switch.dialling.dial(agent_id, target, now))

    def answer(self, agent_id: str) -> list[Effect]:
        """Press the answer key of the phone that rings. Refuses not_ringing, answer_on_phone."""
        self._switch.distributor.floor.session(agent_id)
        leg = next((leg for leg in self._rings(agent_id) if leg.state is LegState.RINGING), None)
        if leg is None:
            raise YingdaError("not_ringing", "No call is ringing here any more.")
        if not self._switch.table.devices.answers_by_key(leg.device):
            raise YingdaError("answer_on_phone", "This phone cannot be answered from the desk.", todo="Pick it up.")
        return [AnswerDevice(leg.leg_id)]

    def _rings(self, agent_id: str) -> list[Leg]:
        return [leg for leg in self._switch.table.legs.values() if leg.agent_id == agent_id and leg.why is not Why.OWN]

    def pick_up(self, agent_id: str, entry_id: str, now: int) -> list[Effect]:
        """Take a caller who waits or rings for others (代接)."""
        return self._switch.distribute(self._switch.distributor.pick_up(entry_id, agent_id, now), now)

    def take(self, agent_id: str, slot: str, now: int) -> list[Effect]:
        """Take a parked call."""
        return self._do(lambda: self._switch.parking.take(slot, agent_id, now))

    # ---- the talk -------------------------------------------------------------------------------------------------

    def consult(self, agent_id: str, to: To, now: int) -> list[Effect]:
        return self._do(lambda: self._switch.consulting.consult(self.handling(agent_id), self._person(to), now))

    def swap(self, agent_id: str, now: int) -> list[Effect]:
        return self._do(lambda: self._switch.consulting.swap(self.handling(agent_id), now))

    def cancel_consult(self, agent_id: str, now: int) -> list[Effect]:
        return self._do(lambda: self._switch.consulting.cancel(self.handling(agent_id), now))

    def conference(self, agent_id: str, now: int) -> list[Effect]:
        return self._do(lambda: self._switch.consulting.conference(self.handling(agent_id), now))

    def complete(self, agent_id: str, now: int) -> list[Effect]:
        """Attended transfer; while the third party rings, unannounced."""
        return self._do(lambda: self._switch.transfers.complete(self.handling(agent_id), now))

    def transfer(self, agent_id: str, to: To, now: int) -> list[Effect]:
        """Blind."""
        return self._do(lambda: self._switch.transfers.blind(self.handling(agent_id), self._person(to), now))

    def send(self, agent_id: str, flow: str, now: int, *, back: bool) -> list[Effect]:
        """The customer into a flow; back: the agent waits for him."""
        return self._do(lambda: self._switch.sending.send(self.handling(agent_id), flow, now, back=back))

    def survey(self, agent_id: str, now: int) -> list[Effect]:
        """Hang up by sending the customer to the survey (转评价)."""
        return self._do(lambda: self._switch.sending.survey(self.handling(agent_id), now))

    def park(self, agent_id: str, now: int) -> list[Effect]:
        return self._do(lambda: self._switch.parking.park(self.handling(agent_id), now))

    def mute(self, agent_id: str, *, muted: bool) -> list[Effect]:
        """Nobody hears him, he hears as before: at the server, whatever his device does."""
        call, leg = self._talk(agent_id)
        if leg.muted is muted:
            raise YingdaError("already_so", "You are muted already." if muted else "You are not muted.")

        def deed() -> None:
            leg.muted = muted
            self._switch.table.touch(call)

        return self._do(deed)

    def digits(self, agent_id: str, digits: str, now: int) -> list[Effect]:
        """Into the call: to the third party while he consults, else to the customer or colleague."""
        call, leg = self._talk(agent_id)
        if leg.leg_id == call.customer:  # in a flow that he tries
            return self._do(lambda: self._switch.flowing.typed(call, digits))
        if call.meeting:  # for the room's door, or its order keys
            return self._do(lambda: [self._switch.meetings.pressed(leg, digit, now) for digit in digits])
        others = [one for one in self._switch.table.open_legs(call) if one is not leg and one.answered and not one.mode]
        far = next((one for one in others if one.room is leg.room), None)
        if far is None or leg.room is Room.ALONE:
            raise YingdaError("nobody_there", "Nobody is there to hear the digits.")
        return self._do(lambda: self._switch.table.ask(SendDigits(leg_id=far.leg_id, digits=digits), Purpose.TIDY, far))

    def announce(self, agent_id: str, now: int) -> list[Effect]:
        """His agent ID into the customer's ear (报工号). Refuses no_announcement."""
        return self._do(lambda: self._switch.announcing.announce(self.handling(agent_id), now))

    def record(self, agent_id: str, now: int, *, paused: bool) -> list[Effect]:
        """Card data: pause the recording, and go on with it."""
        call, _ = self._talk(agent_id)
        recordings = self._switch.stage.recordings
        return self._do(lambda: (recordings.pause if paused else recordings.resume)(call, now))

    # ---- helpers --------------------------------------------------------------------------------------------------

    def handling(self, agent_id: str) -> str:
        """Refuses agent_not_signed_in, no_call."""
        session = self._switch.distributor.floor.session(agent_id)
        if session.handling_id is None:
            raise YingdaError("no_call", "There is no call to do this with.")
        return session.handling_id

    def _talk(self, agent_id: str) -> tuple[Call, Leg]:
        call, leg, _ = self._switch.stage.talk_of(self.handling(agent_id))
        return call, leg

    def _target(self, to: To) -> Target:
        return self._switch.gestures.target(to.id) if to.kind == "number" else (to.kind, to.id)

    def _person(self, to: To) -> Target:
        """Refuses room_target: a customer's call does not go into a conference room."""
        target = self._target(to)
        if target[0] == "room":
            raise YingdaError(
                "room_target", "A caller is not passed on to a conference room.", todo="Dial it yourself."
            )
        return target

    def _do(self, deed: Callable[[], object]) -> list[Effect]:
        return self._switch.act(deed)
