"""The platform's objects that a flow may call with <object>: look-ups that the configuration names and grants.

    <object name="order" classid="lookup:order"> <param name="number" expr="order_number"/> </object>

A look-up is a statement with named parameters, run read-only, with a time limit; its rows come back as a list of maps.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Protocol

from yingda.ivr.script.engine import Value
from yingda.ivr.voicexml.effects import Invoke
from yingda.ivr.voicexml.inputs import ObjectEnded
from yingda.kernel.errors import YingdaError


class Lookup(Protocol):
    """Runs a named look-up. Blocks. Raises YingdaError."""

    def __call__(self, name: str, parameters: Mapping[str, Value]) -> Value: ...


class Objects:
    """lookups: by the scheme of the classid, such as `lookup` or `customer`."""

    def __init__(self, lookups: Mapping[str, Callable[[str, Mapping[str, Value]], Value]]) -> None:
        self._lookups = lookups

    async def invoke(self, effect: Invoke) -> ObjectEnded:
        """The object's value; a fault is an event of the flow."""
        scheme, _, name = effect.uri.partition(":")
        lookup = self._lookups.get(scheme)
        if lookup is None:
            message = f"There is no object {effect.uri}."
            return ObjectEnded(effect.request, None, "error.unsupported.objectname", message)
        try:
            value = await asyncio.to_thread(lookup, name, dict(effect.parameters))
        except YingdaError as error:
            return ObjectEnded(effect.request, None, f"error.object.{error.code}", error.sentence)
        return ObjectEnded(effect.request, value)
