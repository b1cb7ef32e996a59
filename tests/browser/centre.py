"""The centre of the browser tests: Chinese names throughout, so that a Latin word on a Chinese screen is a fault."""

from __future__ import annotations

import yaml

NUMBER, SELF_SERVICE = "4008001000", "4008001007"
QUEUES = ("售后", "咨询")
PEOPLE = {
    "1001": "李雷",
    "1002": "韩梅",
    "1003": "林涛",
    "1004": "周周",
    "1005": "吴迪",
    "leader": "周班长",
    "admin": "金主管",
}
REASONS = ("小休", "培训")
TEAM = "一班"
CENTRE_NAME = "示例呼叫中心"
MEETING, ROOM = "周会", "4008008866"
FLOW, TRUNK, AREA = "售后流程", "测试中继", "广东省广州市"

SELF_FLOW, DOCUMENT, MENU = "自助服务", "自助菜单", "主菜单"
"""A flow, its document, and the menu at which its callers stay."""

NAMES = (SELF_FLOW, DOCUMENT, MENU, FLOW, TRUNK, AREA, *QUEUES, *PEOPLE.values(), *REASONS, TEAM, CENTRE_NAME, MEETING)
"""What stays Chinese on English screens; longer names first."""


def _agent(number: str) -> str:
    return f"""\
  - number: "{number}"
    user: "{number}"
    team: {TEAM}
    queues: [{", ".join(QUEUES if number != "1003" else QUEUES[:1])}]
    devices:
      - {{kind: browser, extension: "8{number[1:]}"}}
      - {{kind: sip, extension: "81{number[2:]}", password_env: TEST_PASSWORD}}
"""


def _user(name: str) -> str:
    role = {"1005": "leader"}.get(name, name if name in ("leader", "admin") else "agent")
    return f'  - {{username: "{name}", display_name: {PEOPLE[name]}, role: {role}, password_env: TEST_PASSWORD}}\n'


AGENTS = [name for name in PEOPLE if name.isdigit()]

CENTRE = f"""\
centre: {{name: {CENTRE_NAME}, language: zh-CN, time_zone: Asia/Shanghai}}
trunks:
  - {{name: {TRUNK}, hosts: [127.0.0.2]}}
queues:
  - {{name: {QUEUES[0]}, ring_limit_s: 20, wrapup_s: 30, target_s: 20}}
  - {{name: {QUEUES[1]}, ring_limit_s: 20, wrapup_s: 30}}
flows:
  - {{name: {FLOW}, queue: {QUEUES[0]}}}
  - {{name: {SELF_FLOW}, queue: {QUEUES[1]}, document: {DOCUMENT}}}
documents:
  - name: {DOCUMENT}
    text: |
      <vxml version="2.1" xmlns="http://www.w3.org/2001/vxml" xml:lang="zh-CN">
        <menu id="{MENU}"><property name="timeout" value="120s"/><choice dtmf="1" next="#{MENU}">重听</choice></menu>
      </vxml>
rooms:
  - {{name: {MEETING}}}
numbers:
  - {{number: "{ROOM}", room: {MEETING}}}
  - {{number: "{NUMBER}", flow: {FLOW}}}
  - {{number: "{SELF_SERVICE}", flow: {SELF_FLOW}}}
teams:
  - {{name: {TEAM}}}
busy_reasons:
  - {{name: {REASONS[0]}, reason_class: break}}
  - {{name: {REASONS[1]}, reason_class: work}}
users:
{"".join(_user(name) for name in PEOPLE)}agents:
{"".join(_agent(number) for number in AGENTS)}"""

OUTSIDE_HOST, OUTSIDE_TRUNK, OUTSIDE_NUMBER = "127.0.0.1", "外线", "02188886666"
"""Where the telephone of an outside party is reached, and as which number."""
ROAMS, ROAMING = "13900001111", "8202"
"""The mobile of agent 1002, reached over the same line, and its extension."""
ASKING, ONWARD, SURVEY = "自助查询", "查单转人工", "评价流程"
LANGUAGE, LANGUAGE_NUMBER = "英语", "4008001009"
SCRIPT = """\
# 开场
1. 您好，工号 {agent.number} 为您服务
2. 核对订单 **{data.order}**
? 退货原因：
- 七天无理由退货
"""

_DOCUMENT = """\
<vxml version="2.1" xmlns="http://www.w3.org/2001/vxml" xml:lang="zh-CN">
  <property name="timeout" value="30s"/>
  <form>
    {steps}
  </form>
</vxml>
"""
_ORDER = _DOCUMENT.format(
    steps='<field name="order" type="digits?length=4"><filled><exit namelist="order"/></filled></field>'
)
_ORDER_ON = _DOCUMENT.format(
    steps=f"""<field name="order" type="digits?length=4"/>
    <transfer dest="queue:{QUEUES[0]}" type="blind" aaiexpr="JSON.stringify({{order: order}})"/>"""
)
_SCORE = _DOCUMENT.format(
    steps="""<field name="score" type="digits?length=1"/>
    <object name="kept" classid="survey:score"><param name="score" expr="Number(score)"/></object>
    <block><disconnect/></block>"""
)


def wide(outside_port: int) -> str:
    """The centre with what operations need beyond it: a line to the outside, flows that ask, a script, skills."""
    document = yaml.safe_load(CENTRE)
    document["centre"] |= {"survey": SURVEY, "desk": {"data": [{"key": "order", "label": "订单号"}]}}
    document["trunks"].append({"name": OUTSIDE_TRUNK, "hosts": [OUTSIDE_HOST], "port": outside_port})
    document["routes"] = [{"name": "外呼", "via": [OUTSIDE_TRUNK]}]
    document["documents"] += [
        {"name": "order", "text": _ORDER},
        {"name": "onward", "text": _ORDER_ON},
        {"name": "score", "text": _SCORE},
    ]
    document["flows"] += [
        {"name": ASKING, "document": "order", "queue": QUEUES[0]},
        {"name": ONWARD, "document": "onward", "queue": QUEUES[0]},
        {"name": SURVEY, "document": "score", "queue": QUEUES[0]},
    ]
    document["queues"][0]["script"] = SCRIPT
    document["skills"] = [{"name": LANGUAGE}]
    document["agents"][3]["skills"] = [{"skill": LANGUAGE, "level": 9}]
    document["agents"][1]["devices"].append({"kind": "mobile", "extension": ROAMING, "number": ROAMS})
    document["queues"].append({"name": LANGUAGE, "needs": f"{LANGUAGE} >= 3", "wrapup_s": 30})
    document["flows"].append({"name": f"{LANGUAGE}流程", "queue": LANGUAGE})
    document["numbers"].append({"number": LANGUAGE_NUMBER, "flow": f"{LANGUAGE}流程"})
    return yaml.safe_dump(document, allow_unicode=True)
