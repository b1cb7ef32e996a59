"""Today's figures within the viewer's reach: its agents, and the queues that they serve."""

from __future__ import annotations

from typing import Any

from yingda.reports.service import agent_today, queue_today
from yingda.server.deps import House
from yingda.server.sessions.viewer import Viewer

Row = dict[str, Any]


def queue_rows(house: House, viewer: Viewer, now: int) -> list[Row]:
    """A queue's day is that of its own zone (metrics.md section 4), so the books are asked once a zone."""
    directory = house.directory()
    own_zone = directory.centre.centre.time_zone
    zone_of = {queue.id: queue.time_zone or own_zone for queue in directory.queues.values()}
    rows = []
    for zone in sorted({own_zone, *zone_of.values()}):
        for (queue_id, medium), facts in queue_today(house.deps.store, zone, now, viewer.tenant).items():
            if zone_of.get(queue_id, own_zone) == zone and viewer.reach.has_queue(queue_id):
                names = {"queue_id": queue_id, "queue_name": directory.queue_name(queue_id)}
                rows.append({**names, "medium": medium, "zone": zone, **facts})
    return sorted(rows, key=lambda row: (row["queue_name"], row["queue_id"], row["medium"]))


def agent_rows(house: House, viewer: Viewer, now: int) -> list[Row]:
    directory = house.directory()
    zone = directory.centre.centre.time_zone
    rows = []
    for agent_id, facts in agent_today(house.deps.store, zone, now, viewer.tenant).items():
        if viewer.reach.has_agent(agent_id):
            number, name = directory.agent_number(agent_id), directory.agent_name(agent_id)
            rows.append({"agent_id": agent_id, "agent_number": number, "agent_name": name, "zone": zone, **facts})
    return sorted(rows, key=lambda row: (row["agent_number"], row["agent_id"]))
