"""What must hold of agents who are lent to a queue (`routing/lending.py`), told from the events alone."""

from __future__ import annotations

from typing import Any

from yingda.routing.rules import Rules
from yingda.sim.broken import demand
from yingda.sim.desk_watch import DeskWatch

Loan = tuple[str, str]
"""(agent, queue)"""


class LoanWatch(DeskWatch):
    """lent: until when (µs). A loan that is over must be said to be, before anything else is looked at."""

    def __init__(self, rules: Rules) -> None:
        super().__init__(rules)
        self.lent: dict[Loan, int] = {}
        self._unsaid: set[Loan] = set()

    def home_again(self, loan: Loan) -> None:
        """It is over: by a leader, by its time, or with its agent or queue."""
        del self.lent[loan]
        self._unsaid.add(loan)

    def loans_configured(self, rules: Rules) -> None:
        for loan in [loan for loan in self.lent if loan[0] not in rules.agents or loan[1] not in rules.queues]:
            self.home_again(loan)

    def loans_due(self, now: int) -> None:
        for loan in [loan for loan, until in self.lent.items() if until <= now]:
            self.home_again(loan)

    def loans_settled(self) -> None:
        demand(not self._unsaid, f"loans are over and no event says so: {self._unsaid}")

    def said_lent(self, data: Any, at: int) -> None:
        demand(self.lent.get((data["agent_id"], data["queue_id"])) == data["until"], f"nobody asked for {data}")

    def said_given_back(self, data: Any, at: int) -> None:
        loan = (data["agent_id"], data["queue_id"])
        demand(loan not in self.lent, f"{data} is given back, and nobody asked for that")
        self._unsaid.discard(loan)
