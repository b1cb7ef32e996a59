"""Writing flows over the API: who may, drafts that meet, checks, tests that gate, versions, publication, removal."""

from __future__ import annotations

from typing import Any

import pytest

from tests.server.centre import Place
from tests.server.flow_desk import FLOWS, VXML, apply, begin, flow, in_force, publish, remove, save, script, two
from yingda.ivr.writing import gate
from yingda.kernel.config.centre import Flow, FlowDocument
from yingda.kernel.errors import YingdaError
from yingda.kernel.ledger.reader import merged
from yingda.kernel.store import writing

pytestmark = pytest.mark.anyio


async def test_a_document_is_begun_saved_published_and_heard_of(place: Place) -> None:
    async with place.signed_in("root") as browser:
        begun = await begin(browser, "hello.vxml", flow("hello"), tests=script("hello"))
        assert (begun["published"], begun["draft"]["base"], begun["description"]) == (None, 0, "says hello")
        saved = (await save(browser, begun, flow("good day"), tests=script("good day"))).json()
        assert saved["draft"]["revision"] == begun["draft"]["revision"] + 1
        published = (await publish(browser, saved, "politer")).json()
        listed = (await browser.get(FLOWS, params={"q": "good DAY"})).json()
        audit = (await browser.get(f"{FLOWS}/{saved['document_id']}/versions")).json()
    version = published["version"]
    assert (version["number"], version["note"], version["by_name"], published["in_force"]) == (
        1,
        "politer",
        "Root",
        True,
    )
    assert in_force(place)["hello.vxml"] == flow("good day")
    assert [(one["name"], one["draft"], one["published"]["number"]) for one in listed] == [("hello.vxml", None, 1)]
    assert audit == [version]
    assert ("config.published", {"version": 2}) in place.control.asked
    changed = [event for event in merged(place.options.ledger) if event.kind == "config.changed"]
    assert [(event.data["entity"], event.by) for event in changed] == [("document", f"user:{place.user('root').id}")]


async def test_leaders_read_and_try_agents_do_not(place: Place) -> None:
    async with place.signed_in("root") as browser:
        document = await begin(browser, "hello.vxml", flow("hello"))
    one = f"{FLOWS}/{document['document_id']}"
    text = {"name": "hello.vxml", "text": flow("hello")}
    reads: list[tuple[str, str, object]] = [("GET", FLOWS, None), ("GET", one, None)]
    reads += [("GET", f"{one}/versions", None), ("GET", f"{one}/file", None)]
    reads += [("GET", f"{FLOWS}/templates", None), ("GET", f"{FLOWS}/catalogue", None)]
    reads += [("GET", f"{one}/diff?before=0", None), ("POST", f"{FLOWS}/check", text), ("POST", f"{FLOWS}/tests", text)]
    reads += [("POST", f"{FLOWS}/rehearsal", text)]
    writes: list[tuple[str, str, object]] = [("POST", FLOWS, {"name": "other.vxml"}), ("DELETE", one, None)]
    writes += [("POST", f"{one}/publish", {"revision": 1})]
    writes += [("PUT", f"{one}/draft", {"text": "", "revision": 1, "base": 0})]
    writes += [("DELETE", f"{one}/draft?revision=1", None), ("POST", f"{one}/return", {"number": 1, "revision": 1})]
    async with place.signed_in("wang") as leader, place.signed_in("lilei") as agent:
        for method, path, body in reads:
            assert (await leader.request(method, path, json=body)).status_code == 200, path
            assert (await agent.request(method, path, json=body)).status_code == 403, path
        for method, path, body in writes:
            for browser in (leader, agent):
                assert (await browser.request(method, path, json=body)).status_code == 403, path
    async with place.signed_in("root") as browser:
        browser.headers["X-CSRF-Token"] = "another"
        assert (await browser.post(FLOWS, json={"name": "other.vxml"})).json()["code"] == "csrf"


async def test_two_authors_do_not_save_over_each_other(place: Place) -> None:
    async with two(place) as (one, other):
        document = await begin(one, "hello.vxml", flow("hello"))
        assert (await save(other, document, flow("mine"))).status_code == 200
        late = await save(one, document, flow("too late"))
        assert (late.status_code, late.json()["code"]) == (409, "flow_draft_moved")
        seen = (await one.get(f"{FLOWS}/{document['document_id']}")).json()
        assert seen["text"] == flow("mine")
        assert (await publish(one, document)).json()["code"] == "flow_draft_moved"
        assert (await save(one, seen, flow("after all"))).status_code == 200


async def test_a_version_published_meanwhile_is_never_lost_unseen(place: Place) -> None:
    async with place.signed_in("root") as browser:
        document = await begin(browser, "hello.vxml", flow("hello"))
        await publish(browser, document)
        first = (await browser.get(f"{FLOWS}/{document['document_id']}")).json()
        drafted = (await save(browser, first, flow("from the page"))).json()
        apply(place, FlowDocument(id=document["document_id"], name="hello.vxml", text=flow("from a file")))
        refused = await publish(browser, drafted)
        assert (refused.status_code, refused.json()["code"]) == (409, "flow_moved")
        assert in_force(place)["hello.vxml"] == flow("from a file")
        history = (await browser.get(f"{FLOWS}/{document['document_id']}/versions")).json()
        assert (history[0]["number"], history[0]["by"]) == (2, "system")
        upon = (await save(browser, drafted, flow("both"), base=2)).json()
        assert (await publish(browser, upon)).json()["version"]["number"] == 3


async def test_faults_are_told_with_line_column_and_what_was_expected(place: Place) -> None:
    text = flow("hello", '<goto nxt="#x"/>')
    async with place.signed_in("root") as browser:
        found = (
            await browser.post(f"{FLOWS}/check", json={"name": "a.vxml", "text": text, "tests": "- do: []"})
        ).json()
        document = await begin(browser, "a.vxml", text)
        refused = await publish(browser, document)
    places = [(one["part"], one["line"], one["column"], one["code"]) for one in found["items"]]
    assert places[0][:2] == ("flow", 3) and places[0][2] == text.splitlines()[2].index("<goto") + 1
    assert places[-1] == ("tests", 1, 3, "tests_shape")
    assert all(one["zh"].endswith("。") and one["en"].endswith(".") for one in found["items"])
    assert (refused.status_code, refused.json()["code"]) == (409, "flow_faulty")
    assert "line 3" in refused.json()["sentence"]
    assert in_force(place) == {}


FAULTY = [
    ("", "flow_xml"),
    ('<!DOCTYPE a [<!ENTITY b "ha"><!ENTITY c "&b;&b;">]><vxml>&c;</vxml>', "flow_xml_doctype"),
    ('<!DOCTYPE a SYSTEM "file:///etc/passwd"><vxml>&x;</vxml>', "flow_xml_entity"),
    ("<a>" * 200 + "</a>" * 200, "flow_xml_deep"),
    (flow("x", "<script>var a = ;</script>"), "flow_script"),
    (flow("x", '<if cond="a ==">b</if>'), "flow_script"),
    (flow("x", '<goto next="nowhere.vxml"/>'), "flow_document_unknown"),
]


async def test_what_is_wrong_has_a_code(place: Place) -> None:
    async with place.signed_in("root") as browser:
        for text, code in FAULTY:
            answer = await browser.post(f"{FLOWS}/check", json={"name": "a.vxml", "text": text})
            assert code in [one["code"] for one in answer.json()["items"]], text[:80]


UNREADABLE = ["[" * 5_000, "a: &a [x]\nb: [*a, *a]", "- says: [x]", "{", "- says: a\n  session: 5", "5", "- 5", "\x00"]


async def test_tests_that_cannot_be_read_are_a_finding(place: Place) -> None:
    async with place.signed_in("root") as browser:
        for text in UNREADABLE:
            answer = await browser.post(f"{FLOWS}/tests", json={"name": "a.vxml", "text": flow("x"), "tests": text})
            assert [one["part"] for one in answer.json()["findings"]] == ["tests"], text[:80]
            assert not answer.json()["passes"]


async def test_a_failing_test_keeps_a_draft_from_callers(place: Place) -> None:
    async with place.signed_in("root") as browser:
        document = await begin(browser, "hello.vxml", flow("hello"), tests=script("good day"))
        played = (await browser.post(f"{FLOWS}/tests", json={k: document[k] for k in ("name", "text", "tests")})).json()
        refused = await publish(browser, document)
    (outcome,) = played["tests"]
    assert (outcome["passed"], outcome["differs"]) == (
        False,
        {"index": 0, "line": 3, "expected": "play good day", "seen": "play hello"},
    )
    assert outcome["steps"][0]["seen"][0] == {"text": "play hello", "document": "hello.vxml", "line": 3}
    assert (refused.status_code, refused.json()["code"]) == (409, "flow_tests_fail")
    assert in_force(place) == {}


async def test_tests_of_documents_that_lean_on_it_gate_as_well(place: Place) -> None:
    async with place.signed_in("root") as browser:
        shared = await begin(browser, "shared.vxml", flow("shared"))
        await publish(browser, shared)
        leaning = flow("hello", '<goto next="shared.vxml"/>')
        leads_on = "- says: goes on\n  do: []\n  see: [play hello shared, exit]\n"
        first = await begin(browser, "first.vxml", leaning, tests=leads_on)
        seen = await publish(browser, first)
        assert seen.status_code == 200, seen.text
        now = (await browser.get(f"{FLOWS}/{shared['document_id']}")).json()
        other = (await save(browser, now, flow("something else"))).json()
        refused = await publish(browser, other)
        gone = await remove(browser, other)
    assert (refused.json()["code"], "first.vxml" in refused.json()["sentence"]) == ("flow_tests_fail", True)
    assert (gone.json()["code"], "document first.vxml" in gone.json()["sentence"]) == ("flow_in_use", True)


async def test_a_rehearsal_answers_key_by_key_and_ends(place: Place) -> None:
    menu = (
        f'<vxml version="2.1" xmlns="{VXML}" xml:lang="en">\n<menu id="m"><prompt>Press 1</prompt>\n'
        '<choice dtmf="1" next="#end">end</choice></menu>\n<form id="end"><block>Bye<exit/></block></form></vxml>'
    )
    async with place.signed_in("root") as browser:
        body: dict[str, object] = {"name": "menu.vxml", "text": menu}
        first = (await browser.post(f"{FLOWS}/rehearsal", json=body)).json()
        then = (await browser.post(f"{FLOWS}/rehearsal", json={**body, "do": ["1"]})).json()
        odd = (await browser.post(f"{FLOWS}/rehearsal", json={**body, "do": ["recorded x"]})).json()
    assert [one["text"] for one in first["steps"][0]["seen"]] == ["play Press 1"] and not first["ended"]
    assert [one["text"] for one in then["steps"][1]["seen"]] == ["play Bye", "exit"] and then["ended"]
    assert [one["line"] for one in then["steps"][1]["seen"]] == [4, 4]
    assert odd["steps"][1]["fault"]


ENDLESS = [
    flow("x", "<script>while (true) {}</script>"),
    f'<vxml version="2.1" xmlns="{VXML}"><form><block><goto next="a.vxml"/></block></form></vxml>',
    f'<vxml version="2.1" xmlns="{VXML}"><form id="f"><block>x<goto next="#f"/></block></form></vxml>',
]


async def test_a_flow_without_an_end_does_not_hold_the_server(place: Place) -> None:
    async with place.signed_in("root") as browser:
        for text in ENDLESS:
            answer = await browser.post(f"{FLOWS}/rehearsal", json={"name": "a.vxml", "text": text})
            assert answer.status_code == 200, text


async def test_versions_are_compared_and_returned_to(place: Place) -> None:
    async with place.signed_in("root") as browser:
        document = await begin(browser, "hello.vxml", flow("one"))
        await publish(browser, document)
        path = f"{FLOWS}/{document['document_id']}"
        second = (await save(browser, (await browser.get(path)).json(), flow("two"))).json()
        drafted = (await browser.get(f"{path}/diff", params={"before": 1})).json()["text"]
        await publish(browser, second)
        between = (await browser.get(f"{path}/diff", params={"before": 2, "after": 1})).json()["text"]
        back = (await browser.post(f"{path}/return", json={"number": 1, "revision": 0})).json()
        old = (await browser.get(f"{path}/versions/1")).json()
        missing = await browser.get(f"{path}/versions/9")
        file = await browser.get(f"{path}/file", params={"number": 2})
        third = await publish(browser, back)
    changed = [
        [(row["kind"], row["before"], row["after"]) for row in group if row["kind"] != "same"] for group in drafted
    ]
    assert changed == [[("removed", 2, None), ("removed", 3, None), ("added", None, 2), ("added", None, 3)]]
    assert [row["text"] for row in between[0] if row["kind"] == "added"] == flow("one").splitlines()[1:3]
    assert (back["text"], back["draft"]["base"], old["text"]) == (flow("one"), 2, flow("one"))
    assert missing.status_code == 404
    assert (file.text, file.headers["content-type"]) == (flow("two"), "application/voicexml+xml")
    assert "attachment" in file.headers["content-disposition"]
    assert third.json()["version"]["number"] == 3 and in_force(place)["hello.vxml"] == flow("one")


async def test_what_says_the_same_is_not_published_and_a_draft_can_go(place: Place) -> None:
    async with place.signed_in("root") as browser:
        document = await begin(browser, "hello.vxml", flow("one"))
        await publish(browser, document)
        path = f"{FLOWS}/{document['document_id']}"
        same = (await save(browser, (await browser.get(path)).json(), flow("one"))).json()
        assert (await publish(browser, same)).json()["code"] == "flow_unchanged"
        wrong = await browser.delete(f"{path}/draft", params={"revision": 7})
        assert wrong.json()["code"] == "flow_draft_moved"
        assert (await browser.delete(f"{path}/draft", params={"revision": 1})).status_code == 204
        assert (await browser.get(path)).json()["draft"] is None


async def test_a_document_in_use_stays_and_another_goes(place: Place) -> None:
    used = FlowDocument(id="d1", name="used.vxml", text=flow("used"))
    idle = FlowDocument(id="d2", name="idle.vxml", text=flow("idle"))
    apply(place, used, idle, flows=(Flow(id="f1", name="self-service", document="used.vxml", queue="售后"),))
    async with place.signed_in("root") as browser:
        refused = await remove(browser, (await browser.get(f"{FLOWS}/d1")).json())
        gone = await remove(browser, (await browser.get(f"{FLOWS}/d2")).json())
        after = [one["name"] for one in (await browser.get(FLOWS)).json()]
        missing = await browser.get(f"{FLOWS}/d2")
    assert (refused.json()["code"], "flow self-service" in refused.json()["sentence"]) == ("flow_in_use", True)
    assert (gone.status_code, after, missing.status_code) == (204, ["used.vxml"], 404)


async def test_a_document_goes_as_its_remover_saw_it_or_not_at_all(place: Place) -> None:
    apply(place, FlowDocument(id="d1", name="hello.vxml", text=flow("hello")))
    async with two(place) as (one, other):
        seen = (await one.get(f"{FLOWS}/d1")).json()
        saved = (await save(other, seen, flow("good day"))).json()
        drafted = await remove(one, seen)
        assert (await publish(other, saved)).status_code == 200
        moved = await remove(one, saved)
        unsaid = await one.delete(f"{FLOWS}/d1")
    assert (drafted.status_code, drafted.json()["code"]) == (409, "flow_draft_moved")
    assert (moved.status_code, moved.json()["code"]) == (409, "flow_moved")
    assert unsaid.status_code == 422
    assert in_force(place) == {"hello.vxml": flow("good day")}


async def test_what_else_was_published_while_a_flow_was_judged_is_not_written_over(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    judge = gate.judge

    def and_meanwhile(*given: Any) -> Any:
        apply(place, FlowDocument(id="d9", name="meanwhile.vxml", text=flow("meanwhile")))
        return judge(*given)

    monkeypatch.setattr(gate, "judge", and_meanwhile)
    async with place.signed_in("root") as browser:
        begun = await begin(browser, "hello.vxml", flow("hello"))
        refused = await publish(browser, begun)
        monkeypatch.undo()
        assert set(in_force(place)) == {"meanwhile.vxml"}
        again = await publish(browser, begun)
    assert (refused.status_code, refused.json()["code"]) == (409, "config_stale")
    assert again.status_code == 200
    assert set(in_force(place)) == {"meanwhile.vxml", "hello.vxml"}


async def test_a_template_brings_what_it_needs(place: Place) -> None:
    async with place.signed_in("root") as browser:
        offered = (await browser.get(f"{FLOWS}/templates")).json()
        made = await begin(browser, "service/survey.vxml", template="zh/survey.vxml")
        names = [one["name"] for one in (await browser.get(FLOWS)).json()]
        again = await browser.post(FLOWS, json={"name": "service/survey.vxml"})
        unknown = await browser.post(FLOWS, json={"name": "x.vxml", "template": "../../../etc/passwd"})
    assert len(offered) >= 24 and all(one["description"] for one in offered)
    assert made["text"].startswith("<?xml") and made["tests"].startswith("- says")
    assert names == [f"service/{one}.vxml" for one in ("common", "person", "survey", "voicemail")]
    assert (again.status_code, again.json()["code"]) == (409, "flow_name_taken")
    assert (unknown.status_code, unknown.json()["code"]) == (422, "unknown_template")


UNFIT: list[dict[str, object]] = [
    {"name": "../secret"},
    {"name": "<b>"},
    {"name": ""},
    {"name": "x" * 65},
    {"name": "a.vxml", "text": "x" * 300_001},
    {"name": "a.vxml", "tests": "x" * 100_001},
    {"name": "a.vxml", "more": 1},
]


async def test_what_does_not_fit_is_refused(place: Place) -> None:
    async with place.signed_in("root") as browser:
        for body in UNFIT:
            assert (await browser.post(FLOWS, json=body)).status_code == 422, str(body)[:80]


async def test_another_tenants_drafts_are_not_there(place: Place) -> None:
    async with place.signed_in("root") as browser:
        document = await begin(browser, "hello.vxml", flow("hello"))
        with writing(place.store.business) as connection:
            connection.exec_driver_sql("UPDATE flow_draft SET tenant_id = 'another'")
        assert (await browser.get(f"{FLOWS}/{document['document_id']}")).status_code == 404
        assert (await browser.get(FLOWS)).json() == []


async def test_control_that_is_away_finds_the_version_later(place: Place) -> None:
    async with place.signed_in("root") as browser:
        document = await begin(browser, "hello.vxml", flow("hello"))
        place.control.refusals["config.published"] = YingdaError("plane_timeout", "It does not answer.")
        answer = await publish(browser, document)
    assert (answer.status_code, answer.json()["in_force"]) == (200, False)
    assert "hello.vxml" in in_force(place)


async def test_the_catalogue_helps_in_both_languages(place: Place) -> None:
    async with place.signed_in("wang") as browser:
        found = {one["tag"]: one for one in (await browser.get(f"{FLOWS}/catalogue")).json()}
    assert all(one["zh"].endswith("。") and one["en"].endswith(".") for one in found.values())
    bridge = next(one for one in found["transfer"]["attributes"] if one["name"] == "type")
    assert bridge["values"] == ["bridge", "blind", "consultation"]
    assert "field" in found["form"]["children"]
