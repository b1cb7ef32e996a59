"""The platform's objects that a flow may call with <object>.

lookup:NAME, change:NAME    look-ups that the configuration names and grants
voicemail:…                 keeps what the caller recorded: recording, queue (name), agent (number)
callback:…                  books a call-back: number, window, queue (`calls.booking`)

<object name="order" classid="lookup:order"> <param name="number" expr="order_number"/> </object>
"""

from __future__ import annotations

import asyncio

from yingda.calls.flow_protocol import AnyAct, BookCallback, KeepMessage
from yingda.ivr.running.lookups import CHANGE, READ, Lookups
from yingda.ivr.script.engine import Value
from yingda.ivr.voicexml.effects import Invoke
from yingda.ivr.voicexml.inputs import ObjectEnded
from yingda.kernel.errors import YingdaError

VOICEMAIL, CALLBACK = "voicemail", "callback"


def order_of(effect: Invoke) -> AnyAct | None:
    """What control has to do for an object of the contact's own; None: it is none of those."""
    scheme, given = effect.uri.partition(":")[0], {name: _text(value) for name, value in effect.parameters}
    queue = given.get("queue", "")
    if scheme == VOICEMAIL:
        recording, agent = given.get("recording", ""), given.get("agent", "")
        return KeepMessage(request=effect.request, recording=recording, queue=queue, agent=agent)
    if scheme == CALLBACK:
        number, window = given.get("number", ""), given.get("window", "")
        return BookCallback(request=effect.request, number=number, window=window, queue=queue)
    return None


def _text(value: Value) -> str:
    """A parameter as a text; a number as it is dialled."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return value if isinstance(value, str) else "" if value is None else str(value)


class Objects:
    """By the scheme of the classid."""

    def __init__(self, lookups: Lookups) -> None:
        self._lookups = lookups

    async def invoke(self, effect: Invoke, document: str) -> ObjectEnded:
        """The object's value, for a session that began with this document; a fault is an event of the flow."""
        scheme, _, name = effect.uri.partition(":")
        if scheme not in (READ, CHANGE):
            message = f"There is no object {effect.uri}."
            return ObjectEnded(effect.request, None, "error.unsupported.objectname", message)
        try:
            value = await asyncio.to_thread(self._lookups.run, scheme, name, document, dict(effect.parameters))
        except YingdaError as error:
            return ObjectEnded(effect.request, None, f"error.object.{error.code}", error.sentence)
        return ObjectEnded(effect.request, value)
