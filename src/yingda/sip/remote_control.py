"""The desk presses a phone's keys: NOTIFY with `Event: talk` or `hold` inside a call (see `devices`).

event                                         effect
a reply or INVITE of the device               what its Allow-Events says is remembered for the call
user: press talk while it rings, or hold      NOTIFY in the call's dialog
the device answers the NOTIFY with 300-699    `KeyRefused`: it does not do what it announced
"""

from __future__ import annotations

from yingda.kernel.errors import YingdaError
from yingda.sip.core import Core
from yingda.sip.devices import HOLD, TALK
from yingda.sip.dialog import Dialog
from yingda.sip.events import KeyRefused
from yingda.sip.message import Message
from yingda.sip.session import CallState, Session

KEY = "key"  # the owner of our NOTIFY is this and the call
STATES = {TALK: (CallState.CALLING, CallState.ACTIVE), HOLD: (CallState.ACTIVE,)}


def learn(session: Session, message: Message) -> None:
    """What the device says in this call."""
    if "Allow-Events" in message.headers:
        session.controls = ",".join(message.tokens("Allow-Events"))


class RemoteControl:
    def __init__(self, core: Core) -> None:
        self._core = core

    def press(self, session: Session, key: str, now: int) -> None:
        """Raises `sip_key_unknown` where the device has not said that it understands."""
        states = STATES.get(key, ())
        session.need(key, *states)
        dialog = session.dialog or self._ringing(session)
        if dialog is None or not self.understands(session, key):
            raise YingdaError(
                "sip_key_unknown", "This phone cannot be operated from the desk.", todo="Answer on the phone."
            )
        request = self._core.in_dialog(dialog, "NOTIFY")
        request.headers["Event"], request.headers["Subscription-State"] = [key], ["active"]
        request.headers["Contact"] = [self._core.contact_in(dialog)]
        self._core.start(request, dialog.flow, f"{KEY}:{session.key}", now)

    def understands(self, session: Session, key: str) -> bool:
        """Has the phone that this call is with said so, in the call or as it registered?"""
        if key in session.controls.split(","):
            return True
        bindings, dialog = self._core.registrar.bindings(session.aor), session.dialog or self._ringing(session)
        here = [one for one in bindings if dialog is not None and one.flow.remote == dialog.flow.remote]
        return any(key in one.allow_events for one in (bindings if len(bindings) == 1 else here))

    def answered(self, session: Session | None, code: int) -> None:
        if session is not None and code >= 300:
            self._core.emit(KeyRefused(session.key, code))

    @staticmethod
    def _ringing(session: Session) -> Dialog | None:
        """The early dialog that the device's newest reply made."""
        return next(reversed(session.forks.values()), None)
