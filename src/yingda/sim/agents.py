"""Agents: what they do when it rings, in a call, in wrap-up, and out of the blue."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from yingda.routing.effects import Connect, Ring
from yingda.routing.states import AgentState
from yingda.sim.broken import demand
from yingda.sim.world import World


def pick(world: World, weights: Mapping[str, int]) -> str:
    return world.rng.choices(tuple(weights), tuple(weights.values()))[0]


class Agent:
    """One agent with his desk and device."""

    def __init__(self, world: World, agent_id: str, take_direct: Callable[[str, str], bool]) -> None:
        self._world = world
        self._take_direct = take_direct
        self.agent_id = agent_id
        self._on_ring: dict[str, Callable[[Ring], None]] = {
            "answer": self._will_answer,
            "decline": self._will_decline,
            "ignore": lambda ring: None,
            "give_up": self._device_gives_up,
            "fail": self._device_fails,
            "lose_device": lambda ring: self._later(self.lose_device),
            "sign_out": lambda ring: self._later(self.sign_out),
            "busy_then_answer": self._busy_then_answer,
        }

    # -- the working day ----------------------------------------------------------------------------------------------

    def sign_in(self) -> None:
        world = self._world
        if self.agent_id in world.watch.agents:
            return
        ready = world.rng.random() < 0.95
        if world.do(world.core.sign_in, self.agent_id, f"phone-{self.agent_id}", ready=ready) is None:
            return
        if not ready:
            self._wants_busy(True)
            self._away(self.set_idle)

    def sign_out(self) -> None:
        world = self._world
        self._note("sign_out")
        if world.do(world.core.sign_out, self.agent_id, world.rng.choice(("self", "leader", "lost"))) is None:
            return
        self._away(self.sign_in)

    def set_busy(self) -> None:
        world = self._world
        state = self._state()
        if world.do(world.core.set_busy, self.agent_id, "break") is None:
            return
        if state is AgentState.SERVING:
            world.hazards.hit("busy_booked_while_serving")
        if state in (AgentState.TALKING, AgentState.HOLDING, AgentState.WRAPUP, AgentState.RINGING):
            world.hazards.hit("busy_booked")
        self._wants_busy(True)
        self._away(self.set_idle)

    def set_idle(self) -> None:
        self._wants_busy(False)
        self._world.do(self._world.core.set_idle, self.agent_id)

    def comes_back(self) -> None:
        """He may have been set busy behind his back, and sees it after a while."""
        self._away(self.set_idle)

    def lose_device(self) -> None:
        world = self._world
        self._note("device_lost")
        if world.do(world.core.device_lost, self.agent_id) is None:
            return
        seen = world.watch.agents.get(self.agent_id)
        if seen is None:
            return  # his shift was over, and only this call had kept him
        seen.lost = True
        self._away(self.device_back, seen.session_id)

    def device_back(self, session_id: str) -> None:
        world = self._world
        seen = world.watch.agents.get(self.agent_id)
        if seen is not None and seen.session_id == session_id:
            seen.lost = False
            world.do(world.core.device_back, self.agent_id)

    # -- it rings -----------------------------------------------------------------------------------------------------

    def rings(self, ring: Ring) -> None:
        world = self._world
        if world.rng.random() < 0.8:
            world.after(world.some((0, 1)), self._alert, ring)
        self._on_ring[pick(world, world.plan.temper.ring)](ring)

    def _alert(self, ring: Ring) -> None:
        self._world.about_offer("alerting", self._world.core.alerting, ring.offer_id, ring.token)

    def _will_answer(self, ring: Ring) -> None:
        world = self._world
        delay = world.some(world.plan.temper.answer)
        world.after(delay, self._answer, ring)
        if world.rng.random() < world.plan.temper.twice:  # a second press, a retransmission: stale by then
            world.after(delay, world.rng.choice((self._answer, self._decline)), ring)

    def _answer(self, ring: Ring) -> None:
        core = self._world.core
        self._world.about_offer("answer", core.answered, ring.offer_id, ring.token)

    def _will_decline(self, ring: Ring) -> None:
        self._world.after(self._world.some(self._world.plan.temper.answer), self._decline, ring)

    def _decline(self, ring: Ring) -> None:
        core = self._world.core
        self._world.about_offer("decline", core.refused, ring.offer_id, ring.token, "declined")

    def _device_gives_up(self, ring: Ring) -> None:
        delay = self._world.some(self._world.plan.temper.answer)
        self._world.after(delay, self._refuse_for_device, ring, "no_answer")

    def _device_fails(self, ring: Ring) -> None:
        self._world.after(self._world.some((0, 1)), self._refuse_for_device, ring, "device_failed")

    def _refuse_for_device(self, ring: Ring, outcome: str) -> None:
        core = self._world.core
        self._world.about_offer(outcome, core.refused, ring.offer_id, ring.token, outcome)
        self.comes_back()

    def _busy_then_answer(self, ring: Ring) -> None:
        self._later(self.set_busy)
        self._will_answer(ring)

    # -- media --------------------------------------------------------------------------------------------------------

    def connects(self, connect: Connect, ring_token: int) -> None:
        """Media's answer. ring_token: the one that is stale now; a late report may still carry it."""
        world = self._world
        delay = world.some(world.plan.temper.connect)
        what = pick(world, world.plan.temper.media)
        if what in ("sound", "late_first"):
            if what == "late_first":
                world.after(0, self._sound, connect.offer_id, ring_token)
            world.after(delay, self._sound, connect.offer_id, connect.token)
        elif what == "fail":
            world.after(delay, self._no_sound, connect.offer_id, connect.token)

    def _sound(self, offer_id: str, token: int) -> None:
        self._world.about_offer("sound", self._world.core.connected, offer_id, token)

    def _no_sound(self, offer_id: str, token: int) -> None:
        self._world.about_offer("no_sound", self._world.core.connect_failed, offer_id, token)

    # -- in a call and after ------------------------------------------------------------------------------------------

    def talks(self, handling_id: str) -> None:
        """Things to do during the talk; who hangs up is for the cast to say."""
        world = self._world
        if world.rng.random() >= world.plan.temper.in_talk:
            return
        delay = world.some(world.plan.temper.talk)
        action = world.rng.choice(("hold", "busy", "lose", "sign_out", "dispose", "consult"))
        if action == "hold":
            world.after(delay, self._hold, handling_id)
        elif action == "consult":
            world.after(delay, self._consult, handling_id)
        elif action == "dispose":
            world.after(delay, self._dispose, handling_id)
        else:
            world.after(delay, {"busy": self.set_busy, "lose": self.lose_device, "sign_out": self.sign_out}[action])

    def serves(self) -> None:
        """Things to do while an item is open."""
        world = self._world
        if world.rng.random() < 0.4:
            action = world.rng.choice((self.set_busy, self.lose_device, self.sign_out))
            world.after(world.some(world.plan.temper.talk), action)

    def _hold(self, handling_id: str) -> None:
        world = self._world
        if world.do(world.core.hold, handling_id) is not None:
            world.hazards.hit("hold")
            world.after(world.some((0, 2)), self._retrieve, handling_id)

    def _retrieve(self, handling_id: str) -> None:
        self._world.do(self._world.core.retrieve, handling_id)

    def _consult(self, handling_id: str) -> None:
        world = self._world
        if world.do(world.core.talks.consult, handling_id, "colleague") is not None:
            world.hazards.hit("consult")
            world.after(world.some((0, 2)), world.rng.choice((self._hold, self._retrieve)), handling_id)  # and back
            world.after(world.some((0, 3)), self._consult_over, handling_id)

    def _consult_over(self, handling_id: str) -> None:
        world = self._world
        world.do(world.core.talks.consult_over, handling_id, "ended", retrieve=world.rng.random() < 0.5)

    def dials(self, interaction_id: str) -> None:
        """A number of his own choice: it answers, or he gives up."""
        world = self._world
        handling_id = world.core.floor.sessions[self.agent_id].handling_id or ""
        if world.rng.random() < 0.6:
            world.after(world.some((0, 2)), self._dialled_answers, handling_id)

    def _dialled_answers(self, handling_id: str) -> None:
        world = self._world
        if world.do(world.core.talks.connected, handling_id):
            world.hazards.hit("dialled_and_connected")
            self.talks(handling_id)

    def _dispose(self, handling_id: str) -> None:
        self._world.do(self._world.core.dispose, handling_id, ["consulted"], True)

    def wraps_up(self, handling_id: str) -> None:
        world = self._world
        delay = world.some(world.plan.temper.wrapup)
        action = pick(world, world.plan.temper.wrap)
        if action == "finish":
            world.after(delay, self._finish)
        elif action == "extend":
            world.after(delay, self._extend)
        elif action == "ready":
            world.after(delay, self.set_idle)
        elif action == "dispose":
            world.after(delay, self._dispose, handling_id)
        elif action == "direct":
            world.after(delay, self.direct_call)

    def _finish(self) -> None:
        world = self._world
        seen = world.watch.agents.get(self.agent_id)
        handling = world.watch.handlings.get(seen.handling_id or "") if seen else None
        if handling is not None and handling.due == world.now:
            world.hazards.hit("wrapup_finished_at_its_limit")
        world.do(world.core.finish_wrapup, self.agent_id)

    def _extend(self) -> None:
        world = self._world
        more = world.some((1, 2))
        if world.do(world.core.extend_wrapup, self.agent_id, more // 1000) is not None:
            world.watch.extended(self.agent_id, more)

    def direct_call(self) -> None:
        """A call straight to him, if he can take one; it ends by itself."""
        world = self._world
        wrapping = self._state() is AgentState.WRAPUP
        if self._take_direct(self.agent_id, f"direct-{world.steps}") and wrapping:
            world.hazards.hit("wrapup_ended_by_next")

    # -- bits ---------------------------------------------------------------------------------------------------------

    def _later(self, action: Callable[[], None]) -> None:
        self._world.after(self._world.some(self._world.plan.temper.answer), action)

    def _away(self, action: Callable[..., None], *args: str) -> None:
        self._world.after(self._world.some(self._world.plan.temper.away), action, *args)

    def _state(self) -> AgentState | None:
        session = self._world.core.floor.sessions.get(self.agent_id)
        return session.span.state if session is not None and session.span is not None else None

    def _wants_busy(self, wants: bool) -> None:
        seen = self._world.watch.agents.get(self.agent_id)
        demand(seen is not None or not wants, f"{self.agent_id} is busy and not signed in")
        if seen is not None:
            seen.wants_busy = wants

    def _note(self, what: str) -> None:
        world = self._world
        session = world.core.floor.sessions.get(self.agent_id)
        if session is None or session.span is None:
            return
        world.hazards.hit(f"{what}_while_{session.span.state}")
        offer = world.core.floor.offers.get(session.offer_id or "")
        if offer is not None:
            world.hazards.touch(offer.entry_id, what, world.now)
            if not offer.rings:
                world.hazards.hit(f"{what}_while_connecting")
