"""The picture of a document says what the interpreter calls a place, and where each way leads."""

from __future__ import annotations

from pathlib import Path

import pytest

from yingda.ivr.writing.outline import Edge, outline

FLOWS = Path(__file__).parents[2] / "templates" / "flows"
TEXT = """<vxml version="2.1" xmlns="http://www.w3.org/2001/vxml" xml:lang="en">
  <menu id="main">
    <prompt>Orders, press one.</prompt>
    <choice dtmf="1" next="#order">orders</choice>
    <choice dtmf="2" next="other.vxml#menu">others</choice>
    <choice dtmf="0" event="com.yingda.person">a person</choice>
    <noinput><exit/></noinput>
  </menu>
  <form id="order">
    <field name="number" type="digits"><prompt>Your order?</prompt></field>
    <block><if cond="number == 1"><goto nextitem="number"/></if><goto expr="where"/></block>
    <transfer name="on" dest="queue:sales"/>
    <catch event="error"><disconnect/></catch>
  </form>
</vxml>"""


def test_nodes_and_ways_of_a_document() -> None:
    found = outline(TEXT, "zh/first.vxml")
    assert found is not None
    menu, number, block, transfer = found.nodes
    assert (menu.node, menu.kind, menu.words, menu.line) == ("main/", "menu", "Orders, press one.", 2)
    assert (number.node, number.words) == ("order/number", "Your order?")
    assert (transfer.node, transfer.kind, transfer.line) == ("order/on", "transfer", 12)
    assert found.edges == (
        Edge("main/", "order/number", "", "choice", "1", 4),
        Edge("main/", "", "zh/other.vxml", "choice", "2", 5),
        Edge("main/", "", "exit", "exit", "noinput", 7),
        Edge(block.node, "order/number", "", "goto", "", 11),
        Edge(block.node, "", "", "goto", "", 11),
        Edge("order/on", "", "queue:sales", "transfer", "", 12),
        Edge("order/on", "", "disconnect", "disconnect", "error", 13),
    )


def test_a_text_that_is_not_in_order_has_no_picture() -> None:
    assert outline("<vxml", "a.vxml") is None
    assert outline(TEXT.replace("next=", "nxt="), "a.vxml") is None


@pytest.mark.parametrize("path", sorted(FLOWS.glob("*/*.vxml")), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_way_of_the_ready_flows_leads_somewhere(path: Path) -> None:
    found = outline(path.read_text("utf-8"), f"{path.parent.name}/{path.name}")
    assert found is not None
    names = {node.node for node in found.nodes}
    assert len(names) == len(found.nodes)
    for edge in found.edges:
        assert edge.source in names and (edge.target in names or not edge.target)
