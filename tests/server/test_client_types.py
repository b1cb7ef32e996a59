"""The client's types are the server's: `python tools/client_types.py` writes them anew."""

from __future__ import annotations

from tools import client_types


def test_the_clients_types_are_those_of_the_server() -> None:
    document = client_types.described()
    written = client_types.client_types(document, client_types.refusal_codes())
    assert written == client_types.FILE.read_text(encoding="utf-8"), "run python tools/client_types.py"


def test_an_answer_that_changes_changes_the_types() -> None:
    document = client_types.described()
    document["components"]["schemas"]["DeviceOut"]["properties"]["colour"] = {"type": "string"}
    assert "colour: string" in client_types.client_types(document, [])


def test_codes_are_found_where_they_are_raised() -> None:
    codes = set(client_types.refusal_codes())
    assert {"no_call", "agent_not_signed_in", "csrf", "offline", "not_ringing"} <= codes


def test_every_order_of_desk_and_floor_has_its_command() -> None:
    commands = (client_types.FILE.parent / "commands.ts").read_text(encoding="utf-8")
    orders = [
        operation["operationId"]
        for path, methods in client_types.described()["paths"].items()
        for method, operation in methods.items()
        if method == "post" and ("/desk/" in path or "/floor/" in path)
    ]
    assert "desk_hold" in orders
    missing = [order for order in orders if f'"{order}"' not in commands]
    assert missing == []
