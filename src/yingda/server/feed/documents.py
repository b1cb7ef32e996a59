"""A copy of control's live documents with a bounded history, so that a browser can resume where it stopped.

The history keeps what each change replaced. From the present it can therefore rebuild any recent past, and what a
viewer missed is simply the difference between what he saw then and what he would see now: the same code serves the
patch of a moment and the patch after a gap.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

Doc = Mapping[str, object]
Key = tuple[str, str]
"""(collection, id): ("agents", agent_id), ("queues", …), ("calls", …), ("planes", …), ("alarms", …), ("trunks", …)."""

HISTORY = 4_096
"""Patches kept, of some 5 kB each. At 100 a second, which is the most there are, 40 s of absence; after a longer one
nearly every document has changed, and a snapshot says it in fewer words."""
MARK_EVERY = 128
"""So many patches at most are taken back for a screen that returns: after a broken network they all return at once."""


@dataclass(frozen=True, slots=True)
class Patch:
    """One change of control's documents, as the topic "live" carries it."""

    seq: int
    set: tuple[tuple[Key, Doc], ...] = ()
    gone: tuple[Key, ...] = ()


@dataclass(frozen=True, slots=True)
class _Undo:
    """What a patch replaced: (key, the document before, or None)."""

    seq: int
    before: tuple[tuple[Key, Doc | None], ...]


class GapError(Exception):
    """A patch does not follow the one before: something was missed, ask control again."""


class Documents:
    """The documents at `seq` of `epoch`. Epoch "" means that control was never heard of."""

    def __init__(self, history: int = HISTORY, mark_every: int = MARK_EVERY) -> None:
        self.epoch = ""
        self.seq = 0
        self._docs: dict[Key, Doc] = {}
        self._undo: deque[_Undo] = deque(maxlen=history)
        self._marks: deque[tuple[int, dict[Key, Doc]]] = deque(maxlen=history // mark_every + 1)  # all, now and then
        self._mark_every = mark_every

    @property
    def now(self) -> Mapping[Key, Doc]:
        return self._docs

    def reset(self, epoch: str, seq: int, docs: Mapping[Key, Doc]) -> None:
        """Begin anew from a snapshot: what came before cannot be resumed."""
        self.epoch, self.seq = epoch, seq
        self._docs = dict(docs)
        self._undo.clear()
        self._marks.clear()

    def apply(self, patch: Patch) -> frozenset[Key]:
        """Take the next patch; the keys it touched. One already known changes nothing; a later one raises GapError."""
        if patch.seq <= self.seq:
            return frozenset()
        if patch.seq != self.seq + 1:
            raise GapError(f"patch {patch.seq} after {self.seq}")
        touched = dict.fromkeys((*(key for key, _ in patch.set), *patch.gone))
        self._undo.append(_Undo(patch.seq, tuple((key, self._docs.get(key)) for key in touched)))
        self.seq = patch.seq
        self._docs.update(patch.set)
        for key in patch.gone:
            self._docs.pop(key, None)
        if patch.seq % self._mark_every == 0:
            self._marks.append((patch.seq, dict(self._docs)))
        return frozenset(touched)

    def put_aside(self, key: Key, doc: Doc | None) -> Doc | None:
        """Replace a document outside the sequence (None: remove it); what stood there. For what the web plane itself
        knows better than the absent control; the history never tells of it."""
        before = self._docs.get(key)
        if doc is None:
            self._docs.pop(key, None)
        else:
            self._docs[key] = doc
        return before

    def at(self, epoch: str, seq: int) -> dict[Key, Doc] | None:
        """The documents as they stood at `seq`, or None if that is another epoch or too long ago."""
        oldest = self._undo[0].seq - 1 if self._undo else self.seq
        if epoch != self.epoch or not oldest <= seq <= self.seq:
            return None
        later, there = next((mark for mark in self._marks if mark[0] >= seq), (self.seq, self._docs))
        docs = dict(there)
        for number in range(later, seq, -1):
            _put_back(docs, self._undo[number - oldest - 1].before)
        return docs


def _put_back(docs: dict[Key, Doc], before: Iterable[tuple[Key, Doc | None]]) -> None:
    for key, doc in before:
        if doc is None:
            docs.pop(key, None)
        else:
            docs[key] = doc


def nested(docs: Mapping[Key, Doc]) -> dict[str, dict[str, Doc]]:
    """{collection: {id: doc}}, as a snapshot message has it."""
    tree: dict[str, dict[str, Doc]] = {}
    for (collection, ident), doc in docs.items():
        tree.setdefault(collection, {})[ident] = doc
    return tree


def flat(tree: Mapping[str, Mapping[str, Doc]]) -> dict[Key, Doc]:
    """The other way round."""
    return {(collection, ident): doc for collection, docs in tree.items() for ident, doc in docs.items()}
