"""Agents lent to queues for a time (借调; ACD-58, SUP-11).

    lent         `agent.lent`         he also serves that queue until the loan's end, whatever his skills
    lent again   `agent.lent`         the end is another
    given back   `agent.given_back`   expired, leader, or configured: the agent or the queue is there no more

A call that he has on a loan goes on after it. Every loan ends by an event or runs on; what a run leaves open
the next one takes up (`standing`).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from yingda.kernel.errors import YingdaError
from yingda.kernel.event import Envelope, Event
from yingda.routing.floor import SYSTEM, Floor, loan_id
from yingda.routing.state import Loan
from yingda.routing.timers import Due

EXPIRED: Final = "expired"
CONFIGURED: Final = "configured"


class Lending:
    def __init__(self, floor: Floor) -> None:
        self._floor = floor

    def lend(self, agent_id: str, queue_id: str, until: int, by: str) -> None:
        """Lending again moves the end. Refuses unknown_queue, unknown_agent, bad_until."""
        floor = self._floor
        if queue_id not in floor.rules.queues:
            raise YingdaError("unknown_queue", "There is no such queue.", where=f"queue {queue_id}")
        if agent_id not in floor.rules.agents:
            raise YingdaError("unknown_agent", "There is no such agent.", where=f"agent {agent_id}")
        if until <= floor.now:
            raise YingdaError("bad_until", "The end of the loan is past.", where=f"agent {agent_id}")
        loan = Loan(agent_id, queue_id, until)
        floor.loans[loan_id(loan)] = loan
        floor.timers.set(until, Due.LOAN, loan_id(loan))
        data = {"agent_id": agent_id, "queue_id": queue_id, "until": until}
        floor.say("agent.lent", data, by=by, cause=agent_id)
        floor.rebuild()

    def give_back(self, agent_id: str, queue_id: str, by: str) -> None:
        """Before its end. Refuses not_lent."""
        loan = Loan(agent_id, queue_id, 0)
        if loan_id(loan) not in self._floor.loans:
            words = "The agent is not lent to this queue any more."
            raise YingdaError("not_lent", words, where=f"agent {agent_id}, queue {queue_id}")
        self.end(loan_id(loan), "leader", by)

    def end(self, item: str, why: str, by: str = SYSTEM) -> None:
        """The loan is over; a call he has on it goes on."""
        loan = self._floor.loans.pop(item, None)
        if loan is not None:
            data = {"agent_id": loan.agent_id, "queue_id": loan.queue_id, "why": why}
            self._floor.say("agent.given_back", data, by=by, cause=loan.agent_id)
            self._floor.rebuild()

    def resume(self, loans: Iterable[Loan]) -> None:
        """Of a run before this one: what is not past goes on, said once more; what is, or has nobody left, ends."""
        floor = self._floor
        for loan in loans:
            floor.loans[loan_id(loan)] = loan
            if loan.until <= floor.now:
                self.end(loan_id(loan), EXPIRED)
        self.configured()
        for loan in tuple(floor.loans.values()):
            self.lend(loan.agent_id, loan.queue_id, loan.until, SYSTEM)

    def configured(self) -> None:
        """Other rules are in force: a loan whose agent or queue was taken out is over."""
        rules = self._floor.rules
        for item, loan in tuple(self._floor.loans.items()):
            if loan.agent_id not in rules.agents or loan.queue_id not in rules.queues:
                self.end(item, CONFIGURED)


def standing(facts: Iterable[Event | Envelope]) -> list[Loan]:
    """The loans that these events, in the ledger's order, leave open: those past their end too."""
    loans: dict[str, Loan] = {}
    for fact in facts:
        if fact.kind in ("agent.lent", "agent.given_back"):
            loan = Loan(fact.data["agent_id"], fact.data["queue_id"], fact.data.get("until", 0))
            loans.pop(loan_id(loan), None)
            if fact.kind == "agent.lent":
                loans[loan_id(loan)] = loan
    return list(loans.values())
