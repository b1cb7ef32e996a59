"""Pure parts of the web client, in Node: a script's text, numbers picked from the screen, the fuzzy search."""

from __future__ import annotations

from tests.node import PACKAGE, node_test

WEB = PACKAGE.parent.parent


def test_the_pure_parts_of_the_client() -> None:
    node_test("*.test.ts", {}, folder=WEB)
