"""The platform's objects that a flow may call with <object>: look-ups that the configuration names and grants.

<object name="order" classid="lookup:order"> <param name="number" expr="order_number"/> </object>
"""

from __future__ import annotations

import asyncio

from yingda.ivr.running.lookups import CHANGE, READ, Lookups
from yingda.ivr.voicexml.effects import Invoke
from yingda.ivr.voicexml.inputs import ObjectEnded
from yingda.kernel.errors import YingdaError


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
