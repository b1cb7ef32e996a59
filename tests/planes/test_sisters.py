"""The worker asks sister centres for their load, over real HTTP: what control is told, and when there is an alarm."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from yingda.agents import commands
from yingda.kernel.config.centre import Centre
from yingda.planes.sisters import Sisters

TOKEN = "agreed"
LOAD = {"name": "orders", "waiting": 3, "idle": 0, "staffed": 4, "between_s": 6.5}


class Sister:
    """status, body: what it answers next. shown: the tokens it saw."""

    def __init__(self) -> None:
        self.status, self.body, self.shown, self.headers = 200, json.dumps({"queues": [LOAD]}), [""], {"X-Test": "1"}
        self.url = ""


@contextmanager
def sister() -> Iterator[Sister]:
    its = Sister()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            its.shown.append(self.headers.get("Authorization", ""))
            known = self.path == "/api/v1/load"
            self.send_response(its.status if known else 404)
            for name, value in its.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(its.body.encode())

        def log_message(self, format: str, *args: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    its.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield its
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def centre(url: str) -> Centre:
    lines = [{"queue": "sales", "there": "orders", "number": "0101"}, {"queue": "care", "number": "0102"}]
    return Centre.model_validate(
        {
            "centre": {"name": "Demo", "sites": {"alarm_s": 60, "timeout_s": 20}},
            "sites": [{"id": "s1", "name": "north", "url": url, "token_env": "SISTER_TOKEN", "queues": lines}],
            "queues": [{"id": "q1", "name": "sales"}, {"id": "q2", "name": "care"}],
        }
    )


class Control:
    def __init__(self) -> None:
        self.told: list[tuple[str, dict[str, Any]]] = []

    def __call__(self, method: str, body: Mapping[str, Any]) -> None:
        if method == "alarm.raise":
            commands.read(commands.RaiseAlarm, body)  # as control reads it, or refuses it
        self.told.append((method, dict(body)))

    def take(self, method: str) -> list[dict[str, Any]]:
        found = [body for kind, body in self.told if kind == method]
        self.told = [one for one in self.told if one[0] != method]
        return found


def test_a_sisters_load_is_told_by_our_queues(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SISTER_TOKEN", TOKEN)
    control = Control()
    with sister() as north:
        given = centre(north.url)
        Sisters(lambda: given, control).step(given, 0.0)
        assert north.shown[-1] == f"Bearer {TOKEN}"
    (told,) = control.take("site.told")
    load = {name: value for name, value in LOAD.items() if name != "name"}
    assert told == {"site_id": "s1", "queues": {"q1": load}}, "it has no queue care"


@pytest.mark.parametrize(
    ("status", "body", "why"),
    [(403, "{}", "403"), (302, "", "302"), (200, "{", "truncated"), (200, '{"queues": 1}', "Expected `array`")],
)
def test_one_that_gives_no_answer_raises_an_alarm_after_a_while_and_takes_it_back(
    status: int, body: str, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SISTER_TOKEN", TOKEN)
    control = Control()
    with sister() as north:
        given = centre(north.url)
        sisters, good = Sisters(lambda: given, control), north.body
        north.status, north.body, north.headers = status, body, {"Location": f"{north.url}/elsewhere"}
        sisters.step(given, 0.0)
        sisters.step(given, 59.0)
        assert control.told == [], "not told, so its word grows old; not yet an alarm"
        sisters.step(given, 60.0)
        (alarm,) = control.take("alarm.raise")
        assert alarm["key"] == "site_silent:s1" and "north" in alarm["sentence"] and why in alarm["sentence"]
        north.status, north.body = 200, good
        sisters.step(given, 65.0)
        assert control.take("alarm.raise") == [{"key": "site_silent:s1", "sentence": None}]
        assert len(control.take("site.told")) == 1


def test_the_alarm_of_a_site_that_was_taken_out_is_taken_back() -> None:
    control = Control()
    with sister() as north:
        given = centre(north.url)
    sisters = Sisters(lambda: given, control)
    sisters.step(given, 0.0)
    sisters.step(given, 100.0)
    (alarm,) = control.take("alarm.raise")
    assert alarm["sentence"]
    sisters.step(given.model_copy(update={"sites": []}), 105.0)
    assert control.take("alarm.raise") == [{"key": "site_silent:s1", "sentence": None}]
