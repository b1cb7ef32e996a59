"""Customer records for flows: the object `customer:`, as far as the configuration grants it to a flow by name.

customer:find     number (else the caller's): {known, name, grade, tags, fields}; of a stranger {known: false}
customer:write    number (else the caller's), and fields of the centre's own that the flow may write, by key
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from yingda.customers import service
from yingda.ivr.script.engine import Value
from yingda.kernel import numbers
from yingda.kernel.clock import Clock
from yingda.kernel.config.centre import Centre, Flow
from yingda.kernel.errors import YingdaError
from yingda.kernel.event import DEFAULT_TENANT
from yingda.kernel.store import Store, reading, writing

FIND, WRITE = "find", "write"


class FlowCustomers:
    """One version's grants. Safe to call from several threads; blocks for a short transaction."""

    def __init__(self, store: Store, clock: Clock, centre: Centre) -> None:
        self._store, self._clock = store, clock
        self._country = centre.centre.country
        self._flows = {flow.name: flow for flow in centre.flows}

    def run(self, verb: str, flow: str, caller: str | None, given: Mapping[str, Value]) -> Value:
        """Raises customer_unsupported, customer_not_granted, customer_number, unknown_customer, customer_changed."""
        granted = self._flows.get(flow)
        if verb not in (FIND, WRITE):
            raise YingdaError("customer_unsupported", f"There is no object customer:{verb}.")
        if granted is None or granted.customers == "none" or (verb == WRITE and granted.customers != "write"):
            todo = f"Give customers: {'write' if verb == WRITE else 'read'} to the flow in the configuration."
            raise YingdaError("customer_not_granted", f"The flow {flow} may not {verb} customers.", todo=todo)
        number = str(given.get("number") or caller or "")
        if not number:
            raise YingdaError("customer_number", "There is no number to find a customer by.")
        canonical = numbers.canonical(number, self._country)
        return self._find(canonical) if verb == FIND else self._write(granted, canonical, given)

    def _find(self, number: str) -> Value:
        with reading(self._store.business) as connection:
            record = service.of_number(connection, DEFAULT_TENANT, number)
        return {"known": False} if record is None else {"known": True} | _shown(record)

    def _write(self, flow: Flow, number: str, given: Mapping[str, Value]) -> Value:
        wanted = {key: "" if value is None else str(value) for key, value in given.items() if key != "number"}
        foreign = sorted(wanted.keys() - set(flow.customer_fields))
        if foreign:
            sentence = f"The flow {flow.name} may not write {', '.join(foreign)}."
            raise YingdaError("customer_not_granted", sentence, todo="Name them in the flow's customer_fields.")
        with writing(self._store.business) as connection:
            record = service.of_number(connection, DEFAULT_TENANT, number)
            if record is None:
                raise YingdaError("unknown_customer", "There is no customer with this number.")
            kept = {name: record[name] for name in ("name", "grade", "tags", "note", "fields")}
            draft = service.Draft(**kept)
            draft = replace(draft, fields={**draft.fields, **wanted})
            desk = service.Desk(DEFAULT_TENANT, f"flow:{flow.name}", self._clock.now())
            return _shown(service.change(connection, desk, record["customer_id"], record["version"], draft))


def _shown(record: service.Record) -> dict[str, Value]:
    return {name: record[name] for name in ("name", "grade", "tags", "fields")}
