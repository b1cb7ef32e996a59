"""Each verb proved by tones: every party hears exactly what the gains say, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.media.lab import Lab, Phone, sine
from yingda.kernel.errors import YingdaError
from yingda.media import verbs
from yingda.media.g711 import Law
from yingda.media.protocol import Play
from yingda.media.verbs import Party, Role

CUSTOMER_HZ, AGENT_HZ, LEADER_HZ = 440, 1_000, 1_700
DB = -18.0


def hears(phone: Phone, expected: dict[int, float], unintended: list[int]) -> None:
    """Intended tones within 0.5 dB, others' at or below −60 dBFS, everything else together at or below −40."""
    wave = np.asarray(phone.audio(1.0), np.float64)
    bins = np.fft.rfft(wave) / (len(wave) / 2) / 32_124
    power = np.abs(bins) ** 2

    def level(hertz: int) -> float:
        return float(10 * np.log10(max(power[round(hertz * len(wave) / 8_000)], 1e-12)))

    for hertz, dbfs in expected.items():
        assert abs(level(hertz) - dbfs) <= 0.5, (phone.leg_id, hertz, level(hertz))
    for hertz in unintended:
        assert level(hertz) <= -60, (phone.leg_id, hertz, level(hertz))
    rest = power.copy()
    for hertz in expected:
        rest[round(hertz * len(wave) / 8_000)] = 0.0
    assert 10 * np.log10(rest.sum() + 1e-12) <= -40, phone.leg_id


def test_a_conference_of_sixty(lab: Lab) -> None:
    hertz = [300 + 40 * number for number in range(60)]
    rng = np.random.default_rng(4)
    phones = []
    for number, tone in enumerate(hertz):
        wave = np.roll(sine(tone, -36, 1), int(rng.integers(8_000)))
        phones.append(lab.phone(f"p{number}", wave, Law.A if number % 2 else Law.MU))
    lab.gains(*verbs.difference({}, verbs.conference([Party(phone.leg_id) for phone in phones])))
    lab.run(2_400)
    for number, phone in enumerate(phones):
        others = {tone: -36.0 for tone in hertz if tone != hertz[number]}
        hears(phone, others, [hertz[number]])


class Call:
    """Customer, agent and leader, each with a tone."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.customer = lab.phone("customer", sine(CUSTOMER_HZ, DB, 1))
        self.agent = lab.phone("agent", sine(AGENT_HZ, DB, 1), Law.A)
        self.leader = lab.phone("leader", sine(LEADER_HZ, DB, 1))
        self.hearing: verbs.Hearing = {}
        self.become(verbs.bridge("customer", "agent"))

    def become(self, hearing: verbs.Hearing) -> None:
        self.lab.gains(*verbs.difference(self.hearing, hearing))
        self.hearing = hearing
        self.lab.run(1_600)

    def check(self, customer: str, agent: str, leader: str) -> None:
        """Who each hears, by initials."""
        tones = {"c": CUSTOMER_HZ, "a": AGENT_HZ, "l": LEADER_HZ}
        for phone, heard in ((self.customer, customer), (self.agent, agent), (self.leader, leader)):
            expected = {tones[letter]: DB for letter in heard}
            hears(phone, expected, [tone for tone in tones.values() if tone not in expected])


@pytest.fixture
def call(lab: Lab) -> Call:
    return Call(lab)


def test_listen_whisper_barge_take_over_and_back(call: Call) -> None:
    """One after the other on the same call; the wire between customer and agent stays unmixed where nobody is added."""
    people = ("leader", "customer", "agent")
    call.check("a", "c", "")
    call.become(verbs.listen(*people))
    call.check("a", "c", "ca")
    assert call.lab.engine.phases.mixed_rows == 1
    call.become(verbs.whisper(*people))
    call.check("a", "cl", "ca")
    call.become(verbs.barge(*people))
    call.check("al", "cl", "ca")
    call.become(verbs.take_over(*people))
    call.check("l", "", "c")
    call.become(verbs.take_over(*people, agent_listens=True))
    call.check("l", "cl", "c")
    call.become(verbs.bridge("customer", "agent"))
    call.check("a", "c", "")
    assert call.lab.engine.phases.mixed_rows == 0


def test_fifty_listeners_over_one_agent(call: Call) -> None:
    listeners = [call.lab.phone(f"l{number}", sine(2_000 + 20 * number, DB, 1)) for number in range(50)]
    parties = [Party("customer"), Party("agent"), *(Party(phone.leg_id, Role.LISTENER) for phone in listeners)]
    call.become(verbs.conference(parties))
    unwanted = [2_000 + 20 * number for number in range(50)]
    for phone in listeners:
        hears(phone, {CUSTOMER_HZ: DB, AGENT_HZ: DB}, unwanted)
    hears(call.customer, {AGENT_HZ: DB}, [CUSTOMER_HZ, *unwanted])
    hears(call.agent, {CUSTOMER_HZ: DB}, [AGENT_HZ, *unwanted])
    assert call.lab.engine.phases.mixed_rows == 50  # the call itself is forwarded


def test_mute_volume_and_leaving(call: Call) -> None:
    three = verbs.barge("leader", "customer", "agent")
    call.become(verbs.muted(three, "customer"))
    call.check("al", "l", "a")
    call.become(verbs.louder(three, "agent", 0.5))
    hears(call.agent, {CUSTOMER_HZ: DB - 6.02, LEADER_HZ: DB - 6.02}, [AGENT_HZ])
    hears(call.customer, {AGENT_HZ: DB, LEADER_HZ: DB}, [CUSTOMER_HZ])
    call.become(verbs.without(three, ["leader"]))
    call.check("a", "c", "")


def test_an_announcement_is_heard_in_one_ear(call: Call) -> None:
    play, down, up = verbs.announce("p", "customer", ["tone:dial"], call.hearing)
    call.lab.gains(*down)
    call.lab.do(Play(play_id=play.play_id, leg_id=play.leg_id, items=play.items, loop=True))
    call.lab.run(1_600)
    hears(call.customer, {450: -13.17, AGENT_HZ: DB - 12.04}, [CUSTOMER_HZ])
    hears(call.agent, {CUSTOMER_HZ: DB}, [AGENT_HZ, 450])
    call.lab.gains(*up)
    call.lab.run(1_600)
    hears(call.customer, {450: -13.17, AGENT_HZ: DB}, [CUSTOMER_HZ])


def test_the_recording_beep_is_heard_by_both(call: Call) -> None:
    for play in verbs.recording_beep("b", ["customer", "agent"]):
        call.lab.do(play)
    call.lab.run(400)
    for phone in (call.customer, call.agent):
        beep = np.asarray(phone.audio(0.4), np.float64)
        time = np.arange(len(beep)) / 8_000
        assert abs(np.mean(beep * np.exp(-2j * np.pi * 1_000 * time))) > 500
    call.lab.run(1_600)
    call.check("a", "c", "")


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(YingdaError, match="only once"):
        verbs.conference([Party("one"), Party("one")])
    for volume in (-1.0, 17.0, float("nan")):
        with pytest.raises(YingdaError, match="volume"):
            verbs.conference([Party("one", volume=volume), Party("two")])
    with pytest.raises(YingdaError, match="volume"):
        verbs.louder(verbs.bridge("one", "two"), "one", 20)


NAMES = st.sampled_from("abcdef")
HEARINGS = st.dictionaries(st.tuples(NAMES, NAMES), st.floats(0.01, 16.0))


@given(HEARINGS, HEARINGS)
def test_a_difference_leads_from_one_to_the_other(before: verbs.Hearing, after: verbs.Hearing) -> None:
    now = dict(before)
    for sink, source, gain in verbs.difference(before, after):
        if gain:
            now[sink, source] = gain
        else:
            del now[sink, source]
    assert now == after


@given(st.lists(st.tuples(NAMES, st.sampled_from(Role)), unique_by=lambda party: party[0]), st.frozensets(NAMES))
def test_nobody_hears_himself_a_listener_or_a_stranger_to_the_coach(
    parties: list[tuple[str, Role]], coached: frozenset[str]
) -> None:
    roles = dict(parties)
    hearing = verbs.conference([Party(name, role, coached=coached) for name, role in parties])
    for sink, source in hearing:
        assert sink != source
        assert roles[source] is not Role.LISTENER
        assert roles[source] is not Role.COACH or sink in coached
    speakers = [name for name, role in parties if role is Role.SPEAKER]
    for speaker in speakers:
        assert {sink for sink, source in hearing if source == speaker} == roles.keys() - {speaker}
