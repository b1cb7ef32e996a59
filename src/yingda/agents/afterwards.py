"""What an agent's document goes on saying once it is over: his last offer, and how a customer rated him."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from yingda.kernel.event import Event

Doc = dict[str, Any]

OF_OFFERS = ("offer.made", "offer.ended")
OF_SERVICE = ("handling.started", "survey.ended", "interaction.ended")
"""Kinds that say whom a customer rated."""


class Afterwards:
    """last_offer, last_survey: by agent."""

    def __init__(self) -> None:
        self.last_offer: dict[str, Doc] = {}
        self.last_survey: dict[str, Doc] = {}
        self._offered: dict[str, str] = {}  # offer → agent, while it is pending
        self._served_by: dict[str, str] = {}  # contact → the agent who has it, or had it last

    def follow(self, event: Event) -> str | None:
        """The agent whose document changes with it, if any does."""
        if event.kind in OF_OFFERS:
            return self._offer(event.kind, event.data, event.at)
        return self._service(event) if event.kind in OF_SERVICE else None

    def _offer(self, kind: str, data: Mapping[str, Any], at: int) -> str | None:
        """His screen keeps saying what became of the last one: that his phone refused, or nobody answered."""
        if kind == "offer.made":
            self._offered[data["offer_id"]] = data["agent_id"]
            return None
        agent_id = self._offered.pop(data["offer_id"], None)
        if agent_id is not None:
            self.last_offer[agent_id] = {"outcome": data["outcome"], "at": at}
        return agent_id

    def _service(self, event: Event) -> str | None:
        """Who serves a contact, so that he is told how its customer rated him, also when that contact is over."""
        contact, data = event.interaction_id or "", event.data
        if event.kind == "interaction.ended":
            self._served_by.pop(contact, None)
        elif event.kind == "handling.started":
            if data["role"] == "primary":
                self._served_by[contact] = data["agent_id"]
        elif agent_id := self._served_by.get(contact):
            facts = {"handling_id": data.get("handling_id"), "result": data["result"], "answers": data["answers"]}
            self.last_survey[agent_id] = {"interaction_id": contact, **facts, "at": event.at}
            return agent_id
        return None
