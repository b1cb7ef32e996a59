"""The client's types are the server's: `python tools/client_types.py` writes them anew."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from tools import client_types


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return client_types.described()


def test_the_clients_types_are_those_of_the_server(document: dict[str, Any]) -> None:
    written = client_types.client_types(document, client_types.refusal_codes())
    assert written == client_types.FILE.read_text(encoding="utf-8"), "run python tools/client_types.py"


def test_an_answer_that_changes_changes_the_types(document: dict[str, Any]) -> None:
    other = deepcopy(document)
    other["components"]["schemas"]["DeviceOut"]["properties"]["colour"] = {"type": "string"}
    assert "colour: string" in client_types.client_types(other, [])


def test_codes_are_found_where_they_are_raised() -> None:
    codes = set(client_types.refusal_codes())
    assert {"no_call", "agent_not_signed_in", "csrf", "offline", "not_ringing"} <= codes


def test_every_order_of_desk_and_floor_has_its_command(document: dict[str, Any]) -> None:
    commands = (client_types.FILE.parent / "commands.ts").read_text(encoding="utf-8")
    orders = [
        operation["operationId"]
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if method == "post" and ("/desk/" in path or "/floor/" in path)
    ]
    assert "desk_hold" in orders
    missing = [order for order in orders if f'"{order}"' not in commands]
    assert missing == []
