"""What people do with sound, as entries of the matrix (TEL-43, CTI-07, 08, 14, 16..19, 29; SUP-03): pure, no state.

A verb answers who hears whom (`Hearing`); `difference` gives the entries that lead from one hearing to another.

    verb           the leader hears        is heard by
    listen         customer, agent         nobody
    whisper        customer, agent         agent
    barge          customer, agent         customer, agent
    take over      customer                customer; the agent is out, or listens
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import Enum

import msgspec

from yingda.kernel.errors import YingdaError
from yingda.media.matrix import MAX_GAIN, Entry
from yingda.media.protocol import Play

Hearing = Mapping[tuple[str, str], float]
"""(sink, source) to gain; what is not named is not heard."""

DUCKED = 0.25  # −12 dB: the talk behind an announcement
BEEP = "tone:beep"


class Role(Enum):
    """speaker: talks and hears. listener: only hears. coach: hears all, is heard by whom he coaches."""

    SPEAKER = "speaker"
    LISTENER = "listener"
    COACH = "coach"


class Party(msgspec.Struct, frozen=True):
    """A leg in a conference. volume: how loud the others hear it. coached: legs that hear a coach."""

    leg_id: str
    role: Role = Role.SPEAKER
    volume: float = 1.0
    coached: frozenset[str] = frozenset()

    def heard_by(self, other: Party) -> bool:
        if self.role is Role.COACH:
            return other.leg_id in self.coached
        return self.role is Role.SPEAKER


def conference(parties: Sequence[Party]) -> Hearing:
    """Everybody hears whom the roles say, and nobody himself. Raises `party_twice`, `gain_wrong`."""
    if len(parties) > 1 and len({party.leg_id for party in parties}) != len(parties):
        raise YingdaError("party_twice", "A leg can be in a conference only once.")
    for party in parties:
        _check(party.volume)
    return {
        (sink.leg_id, source.leg_id): source.volume
        for sink in parties
        for source in parties
        if sink is not source and source.volume and source.heard_by(sink)
    }


def bridge(one: str, other: str) -> Hearing:
    return conference([Party(one), Party(other)])


def listen(leader: str, customer: str, agent: str) -> Hearing:
    """Unheard by both; the call itself stays as it was, forwarded and unmixed."""
    return conference([Party(customer), Party(agent), Party(leader, Role.LISTENER)])


def whisper(leader: str, customer: str, agent: str) -> Hearing:
    """Only the agent hears the leader."""
    return conference([Party(customer), Party(agent), Party(leader, Role.COACH, coached=frozenset({agent}))])


def barge(leader: str, customer: str, agent: str) -> Hearing:
    return conference([Party(customer), Party(agent), Party(leader)])


def take_over(leader: str, customer: str, agent: str, agent_listens: bool = False) -> Hearing:
    """The leader in the agent's place; the agent's leg may stay and learn."""
    parties = [Party(customer), Party(leader)]
    return conference([*parties, Party(agent, Role.LISTENER)] if agent_listens else parties)


def muted(hearing: Hearing, leg_id: str) -> Hearing:
    """Nobody hears the leg; it hears as before."""
    return {pair: gain for pair, gain in hearing.items() if pair[1] != leg_id}


def louder(hearing: Hearing, sink: str, factor: float) -> Hearing:
    """All that one leg hears, times a factor. Raises `gain_wrong`."""
    changed = {pair: gain * factor if pair[0] == sink else gain for pair, gain in hearing.items()}
    for gain in changed.values():
        _check(gain)
    return changed


def without(hearing: Hearing, leg_ids: Iterable[str]) -> Hearing:
    """They hear nobody and nobody hears them: hold, or leaving."""
    gone = frozenset(leg_ids)
    return {pair: gain for pair, gain in hearing.items() if not gone & set(pair)}


def difference(before: Hearing, after: Hearing) -> list[Entry]:
    """The entries of one SetGain that lead from `before` to `after`."""
    gone = [(sink, source, 0.0) for sink, source in sorted(before.keys() - after.keys())]
    new = [(*pair, gain) for pair, gain in sorted(after.items()) if before.get(pair) != gain]
    return gone + new


def announce(play_id: str, leg_id: str, items: list[str], hearing: Hearing) -> tuple[Play, list[Entry], list[Entry]]:
    """Into one ear: the play, the entries that turn the talk behind it down, and those that turn it up again.

    The agent's ID to the caller, the queue's name to the agent: nobody else hears it, and nobody else hears less.
    """
    own = {pair: gain for pair, gain in hearing.items() if pair[0] == leg_id}
    down = louder(own, leg_id, DUCKED)
    return Play(play_id=play_id, leg_id=leg_id, items=items), difference(own, down), difference(down, own)


def recording_beep(play_id: str, leg_ids: Sequence[str]) -> list[Play]:
    """A short beep in each ear that says: this is recorded."""
    return [Play(play_id=f"{play_id}:{number}", leg_id=leg_id, items=[BEEP]) for number, leg_id in enumerate(leg_ids)]


def _check(gain: float) -> None:
    if not 0 <= gain <= MAX_GAIN:
        raise YingdaError("gain_wrong", f"A volume is 0–{MAX_GAIN:g}, not {gain:g}.")
