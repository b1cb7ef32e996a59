"""Which trunks a dialled number takes, and whether an agent may dial it (TEL-06, TEL-07, TEL-08, TEL-37).

Pure: a version of the configuration in, decisions out. Routes are told apart by how exactly they fit: the more digits
the better, then the more sets of digits. Within a trunk group the order is that of RFC 2782.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from yingda.calls.trunks.dialled import dialled_number
from yingda.calls.trunks.numbers import category, cleaned, in_form
from yingda.kernel.config.centre import Centre
from yingda.kernel.config.dial_patterns import DIGIT, compiled
from yingda.kernel.config.trunks import NumberForm, Route, ServiceClass, Trunk, TrunkGroup
from yingda.kernel.errors import YingdaError
from yingda.sip.weights import Draw, in_order

UNCLASSED = ServiceClass(name="standard")
"""What holds where no class is given: premium and international numbers are refused."""

FORMS: tuple[NumberForm, ...] = ("national", "plus_e164")

CATEGORY_WORDS = {
    "emergency": "emergency numbers",
    "short": "short numbers",
    "mobile": "mobile numbers",
    "national": "national numbers",
    "toll_free": "toll-free numbers",
    "shared_cost": "numbers of shared cost",
    "premium": "premium-rate numbers",
    "international": "international numbers",
    "other": "numbers of an unknown kind",
}


@dataclass(frozen=True, slots=True)
class _Member:
    trunk: Trunk
    priority: int
    weight: int


class OutwardPlan:
    """The way out, by one version of the configuration."""

    def __init__(self, centre: Centre) -> None:
        self.country = centre.centre.country
        self.trunks = {trunk.id: trunk for trunk in centre.trunks}
        self._by_name = {trunk.name: trunk for trunk in centre.trunks}
        self._groups: dict[str, TrunkGroup] = {group.name: group for group in centre.trunk_groups}
        self._routes = list(centre.routes)
        self._main = centre.centre.main_number or next((n.number for n in centre.numbers if not n.test), "")
        classes = {one.name: one for one in centre.service_classes}
        self._default = classes.get(centre.centre.service_class or "", UNCLASSED)
        teams = {team.name: team.service_class for team in centre.teams}
        self._classes = {
            agent.id: classes.get(agent.service_class or teams.get(agent.team or "") or "", self._default)
            for agent in centre.agents
        }
        self._direct = {agent.id: agent.direct_number for agent in centre.agents}
        self._with_others = frozenset(trunk.id for ways in self._all_ways() if len(ways) > 1 for trunk in ways)

    # ---- who is shown ----

    def main_number(self, trunk: Trunk) -> str:
        """The number we show on this trunk; empty if the centre has none."""
        return trunk.main_number or self._main

    def direct_number(self, agent_id: str) -> str | None:
        """An agent's own outside number."""
        return self._direct.get(agent_id) or None

    # ---- what may be dialled ----

    def admit(self, dialled: str, agent_id: str | None = None) -> str:
        """The number to dial. Raises YingdaError `number_unreadable`, `number_forbidden` or `no_route`.

        agent_id: whose service class counts; None: the centre's. What a trunk's rules make of the number counts too:
        a code in front that chooses a line must not open the way to what is forbidden.
        """
        number = cleaned(dialled)
        ways = self.ways(number, lambda _: 0)
        allowed = self._classes.get(agent_id or "", self._default)
        for one in {number, *(dialled_number(number, trunk, self.country) for trunk in ways)}:
            self._check(one, allowed)
        if not ways:
            raise YingdaError(
                "no_route", "No trunk takes calls to this number.", todo="Add a route or a trunk in settings."
            )
        return number

    def _check(self, number: str, allowed: ServiceClass) -> None:
        forms = {number, *(in_form(number, form, self.country) for form in FORMS)}
        if _begins(forms, allowed.allows_prefixes):
            return
        kind = category(number, self.country)
        if kind in allowed.forbids:
            raise _forbidden(f"This desk may not dial {CATEGORY_WORDS[kind]}.")
        if _begins(forms, allowed.forbids_prefixes):
            raise _forbidden("This desk may not dial numbers that begin like this one.")

    # ---- which way ----

    def ways(self, number: str, draw: Draw) -> list[Trunk]:
        """The trunks to try, in order, each once. draw: see `sip.weights`; a seeded one repeats the order."""
        return list({trunk.id: trunk for trunk in self._ways(number, draw)}.values())

    def _ways(self, number: str, draw: Draw) -> Iterator[Trunk]:
        route = self.route(number)
        if route is not None:
            yield from self._via(route, draw)
        elif not self._routes:
            yield from self._dialable()

    def _dialable(self) -> list[Trunk]:
        return [trunk for trunk in self.trunks.values() if dialable(trunk)]

    def _all_ways(self) -> list[list[Trunk]]:
        """The trunks of every route, in no order that counts; where there is none, all that take calls."""
        return [list(self._via(route, lambda _: 0)) for route in self._routes] or [self._dialable()]

    def _via(self, route: Route, draw: Draw) -> Iterator[Trunk]:
        for name in route.via:
            group = self._groups.get(name)
            if group is None:
                yield self._by_name[name]
            else:
                members = [_Member(self._by_name[m.trunk], m.priority, m.weight) for m in group.members]
                yield from (member.trunk for member in in_order(members, draw))

    def has_others(self, trunk_id: str) -> bool:
        """Does another trunk stand in for this one on any route?"""
        return trunk_id in self._with_others

    def route(self, number: str) -> Route | None:
        """The route that fits most exactly: the number as it is dialled here, else as it came, else in E.164."""
        here, plus = (in_form(number, form, self.country) for form in FORMS)
        for form in dict.fromkeys((here, number, plus)):
            exactness, route = max(((_fit(one, form), one) for one in self._routes), key=_first, default=(0, None))
            if exactness > 0:
                return route
        return next((route for route in self._routes if not route.prefixes and not route.patterns), None)


def dialable(trunk: Trunk) -> bool:
    """Can calls be sent there at all?"""
    return any("/" not in host for host in trunk.hosts) or bool(trunk.registrar)


def _fit(route: Route, number: str) -> int:
    """How exactly a route fits; 0: not at all, or no more than any other number."""
    prefixes = (DIGIT * len(prefix) for prefix in route.prefixes if number.startswith(prefix))
    patterns = (pattern for text in route.patterns if (pattern := compiled(text)) is not None)
    return max([0, *prefixes, *(pattern.exactness for pattern in patterns if pattern.fits(number))])


def _first(found: tuple[int, Route]) -> int:
    return found[0]


def _begins(forms: Iterable[str], prefixes: Iterable[str]) -> bool:
    return any(form.startswith(prefix) for form in forms for prefix in prefixes)


def _forbidden(sentence: str) -> YingdaError:
    return YingdaError("number_forbidden", sentence, todo="Ask an administrator for another service class.")
