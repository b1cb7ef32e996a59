"""The centre of the browser tests: Chinese names throughout, so that a Latin word on a Chinese screen is a fault."""

NUMBER = "4008001000"
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
FLOW, TRUNK, AREA = "售后流程", "测试中继", "广东省广州市"

NAMES = (FLOW, TRUNK, AREA, *QUEUES, *PEOPLE.values(), *REASONS, TEAM, CENTRE_NAME)
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
numbers:
  - {{number: "{NUMBER}", flow: {FLOW}}}
teams:
  - {{name: {TEAM}}}
busy_reasons:
  - {{name: {REASONS[0]}, reason_class: break}}
  - {{name: {REASONS[1]}, reason_class: work}}
users:
{"".join(_user(name) for name in PEOPLE)}agents:
{"".join(_agent(number) for number in AGENTS)}"""
