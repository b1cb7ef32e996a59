"""The platform's objects that a flow may call with <object>.

lookup:NAME, change:NAME    look-ups that the configuration names and grants
voicemail:…                 keeps what the caller recorded: recording, queue (name), agent (number)
customer:find, :write       customer records, where the flow may (`planes.flow_customers`)
callback:…                  books a call-back: number, window, queue (`calls.booking`)

<object name="order" classid="lookup:order"> <param name="number" expr="order_number"/> </object>
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import partial
from typing import Protocol

from yingda.calls.flow_protocol import AnyAct, BookCallback, KeepMessage, Start
from yingda.ivr.running.lookups import CHANGE, READ, Lookups
from yingda.ivr.script.engine import Value
from yingda.ivr.voicexml.effects import Invoke
from yingda.ivr.voicexml.inputs import ObjectEnded
from yingda.kernel.errors import YingdaError

VOICEMAIL, CALLBACK, CUSTOMER = "voicemail", "callback", "customer"


class Customers(Protocol):
    """Customer records as far as a flow may see them."""

    def run(self, verb: str, flow: str, caller: str | None, given: Mapping[str, Value]) -> Value:
        """Blocks. Raises YingdaError."""
        ...


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

    def __init__(self, lookups: Lookups, customers: Customers | None = None) -> None:
        self._lookups, self._customers = lookups, customers

    async def invoke(self, effect: Invoke, start: Start) -> ObjectEnded:
        """The object's value, for a session that began so; a fault is an event of the flow."""
        scheme, _, name = effect.uri.partition(":")
        given, caller = dict(effect.parameters), start.session.get("caller")
        if scheme in (READ, CHANGE):
            work = partial(self._lookups.run, scheme, name, start.document, given, start.flow)
        elif scheme == CUSTOMER and self._customers is not None:
            work = partial(self._customers.run, name, start.flow, caller, given)
        else:
            message = f"There is no object {effect.uri}."
            return ObjectEnded(effect.request, None, "error.unsupported.objectname", message)
        try:
            value = await asyncio.to_thread(work)
        except YingdaError as error:
            return ObjectEnded(effect.request, None, f"error.object.{error.code}", error.sentence)
        return ObjectEnded(effect.request, value)
