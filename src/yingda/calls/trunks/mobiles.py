"""Whether the mobiles that agents are reached at may be dialled: by the routes, and by each agent's service class.

Asked before a centre is put in force: a number nobody may ring would show only when a customer is waiting.
"""

from __future__ import annotations

from yingda.calls.trunks.plan import OutwardPlan
from yingda.kernel.config.centre import Centre
from yingda.kernel.config.checks import check
from yingda.kernel.config.problems import CentreError, Path, Problem, describe
from yingda.kernel.errors import YingdaError


def admit_mobiles(centre: Centre, name: str = "centre") -> None:
    """Raises CentreError with every mobile that cannot be rung. name: what the mistakes are in. A centre with other
    mistakes is left to those who judge them."""
    places: list[tuple[Path, str, str]] = [
        (("agents", at, "devices", index, "number"), agent.number, device.number)
        for at, agent in enumerate(centre.agents)
        for index, device in enumerate(agent.devices)
        if device.kind == "mobile"
    ]
    if not places:
        return
    document = centre.model_dump(mode="json")
    if check(document):
        return
    plan, problems = OutwardPlan(_with_ids(centre)), []
    for path, agent, number in places:
        try:
            plan.admit(number, agent)
        except YingdaError as refusal:
            words = f"{describe(document, path)}: {number} cannot be rung: {refusal.sentence}"
            problems.append(Problem(path, "config_value", words))
    if problems:
        raise CentreError(name, problems)


def _with_ids(centre: Centre) -> Centre:
    """Agents known by their agent ID, trunks by their name: a centre from a file has no other ids yet."""
    agents = [agent.model_copy(update={"id": agent.number}) for agent in centre.agents]
    trunks = [trunk.model_copy(update={"id": trunk.name}) for trunk in centre.trunks]
    return centre.model_copy(update={"agents": agents, "trunks": trunks})
