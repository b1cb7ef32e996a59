"""Keys one by one against all active key grammars: when an input is complete (VoiceXML 2.0, appendix D).

nothing fits                          no match, at once
complete, no more possible            a match: at once, or `termtimeout` later to take in a `termchar`
complete, more possible               a match `interdigittimeout` after the last key, or at `termchar`
not complete yet                      no match `interdigittimeout` after the last key, or at `termchar`

A grammar that wants the key `termchar` itself gets it first.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from yingda.ivr.grammar.matching import Matched, Matcher
from yingda.ivr.grammar.model import GrammarError
from yingda.ivr.voicexml.answers import Active
from yingda.ivr.voicexml.jumps import Thrown
from yingda.ivr.voicexml.properties import Properties


class Verdict(Enum):
    """What a key or a pause led to."""

    WAIT = "wait"
    MATCH = "match"
    NO_MATCH = "no_match"


@dataclass(frozen=True, slots=True)
class Timing:
    """The properties keys are timed by."""

    interdigit_ms: int
    term_ms: int
    termchar: str

    @classmethod
    def of(cls, properties: Properties) -> Timing:
        """The timing in force at an item."""
        return cls(
            properties.ms("interdigittimeout"), properties.ms("termtimeout"), properties.text("termchar").upper()
        )


class KeyCollector:
    """The keys of one input."""

    def __init__(self, actives: Iterable[Active], timing: Timing) -> None:
        self._all = [(active, Matcher(active.grammar, active.rule)) for active in actives]
        self._timing = timing
        self.reset()

    def reset(self) -> None:
        """Forget the keys so far."""
        self._alive = self._all
        self.keys = ""
        self.wait_ms = 0
        self.spare = ""  # a key that came after the end of the input and belongs to the next

    def press(self, key: str) -> Verdict:
        """One key. With WAIT, `wait_ms` says how long the next one may take."""
        try:
            alive = [(active, matcher.after(key)) for active, matcher in self._alive]
        except GrammarError as error:
            raise Thrown("error.badfetch", error.sentence) from error
        alive = [(active, matcher) for active, matcher in alive if matcher.viable]
        if not alive:
            return self._unfit(key)
        self._alive = alive
        self.keys += key
        if self._complete and not self._extendable:
            self.wait_ms = self._timing.term_ms
            return Verdict.WAIT if self.wait_ms else Verdict.MATCH
        self.wait_ms = self._timing.interdigit_ms
        return Verdict.WAIT

    def _unfit(self, key: str) -> Verdict:
        """A key no grammar can take any more: the end of the input, the beginning of the next, or a wrong one."""
        if self.keys and self._complete:
            if key == self._timing.termchar:
                return Verdict.MATCH
            if not self._extendable:
                self.spare = key
                return Verdict.MATCH
        self.keys += key
        return Verdict.NO_MATCH

    def expire(self) -> Verdict:
        """No key for `wait_ms`."""
        return Verdict.MATCH if self._complete else Verdict.NO_MATCH

    def matches(self) -> list[tuple[Active, Matched]]:
        """The complete grammars with what they matched, the nearest to the item first."""
        found = [(active, matcher.result()) for active, matcher in self._alive if matcher.complete]
        return sorted(found, key=lambda pair: pair[0].rank)

    @property
    def _complete(self) -> bool:
        return any(matcher.complete for _, matcher in self._alive)

    @property
    def _extendable(self) -> bool:
        return any(matcher.extendable for _, matcher in self._alive)
