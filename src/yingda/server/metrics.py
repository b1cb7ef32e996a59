"""/metrics: the web plane's own meters, and those of the other planes with their plane's label (Prometheus text)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import Metric
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector

PLANE = "plane"
_OWN = ("yingda_plane_up", "yingda_plane_metrics_valid")


class Meters:
    """The web plane's own. `route` is a route's name, never a path: paths hold ids."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "yingda_http_requests", "Requests answered.", ("route", "method", "status"), registry=self.registry
        )
        self._seconds = Histogram(
            "yingda_http_seconds", "Time until a request was answered (s).", ("route",), registry=self.registry
        )
        self.browsers = Gauge("yingda_feed_browsers", "Browsers that follow the feed.", registry=self.registry)
        self.feed_openings = Counter("yingda_feed_openings", "Feeds opened.", ("how",), registry=self.registry)
        self.feed_slow = Counter(
            "yingda_feed_slow", "Browsers let go because they were too slow.", registry=self.registry
        )

    def request(self, route: str, method: str, status: int, seconds: float) -> None:
        self._requests.labels(route, method, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def text(self) -> str:
        return generate_latest(self.registry).decode()


def merged(texts: Mapping[str, str | None]) -> str:
    """One exposition out of many. texts: plane → its exposition, None if it does not answer.

    Every sample gets its plane's label, and each family stands once, so that the whole is again a valid exposition.
    What does not parse, or contradicts the type that another plane gave a family, is left out and shown by
    `yingda_plane_metrics_valid` 0.
    """
    families: dict[str, Metric] = {}
    up = Metric(_OWN[0], "Whether the plane answers.", "gauge")
    valid = Metric(_OWN[1], "Whether all the plane's metrics could be shown.", "gauge")
    for plane, text in texts.items():
        up.add_sample(_OWN[0], {PLANE: plane}, float(text is not None))
        if text is not None:
            valid.add_sample(_OWN[1], {PLANE: plane}, float(_take(families, plane, text)))
    registry = CollectorRegistry()
    registry.register(_Fixed([up, valid, *families.values()]))
    return generate_latest(registry).decode()


class _Fixed(Collector):
    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = list(families)

    def collect(self) -> Iterable[Metric]:
        return self._families


def _take(families: dict[str, Metric], plane: str, text: str) -> bool:
    """Add the plane's families; whether all could be taken."""
    try:
        found = list(text_string_to_metric_families(text))
    except ValueError:
        return False
    complete = True
    for family in found:
        if family.name in _OWN:
            complete = False
            continue
        known = families.setdefault(family.name, Metric(family.name, family.documentation, family.type))
        if known.type != family.type:
            complete = False
            continue
        for sample in family.samples:
            known.add_sample(sample.name, {**sample.labels, PLANE: plane}, sample.value, sample.timestamp)
    return complete
