"""Who watches whom: SUBSCRIBE and NOTIFY (RFC 6665) for lamps (dialog, RFC 4235) and mailboxes (RFC 3842).

event                                      effect                                     section
SUBSCRIBE for a package we lack            489 with Allow-Events                      6665 4.2.1.1
SUBSCRIBE                                  200, NOTIFY with the state as it is        6665 4.2.1.2
SUBSCRIBE inside it                        longer; 0 s: a last NOTIFY, terminated     6665 4.2.1.4
the state changes                          NOTIFY                                     6665 4.2.2
time is up                                 a last NOTIFY, terminated                  6665 4.2.2
NOTIFY gets 4xx-6xx or no answer           forgotten                                  6665 4.2.2
"""

from __future__ import annotations

from typing import Any, NamedTuple
from xml.sax.saxutils import quoteattr

from yingda.kernel.clock import SECOND
from yingda.sip import grammar
from yingda.sip.core import Core
from yingda.sip.dialog import Dialog
from yingda.sip.flow import Flow
from yingda.sip.message import Request
from yingda.sip.transaction import ServerTransaction

OWNER = "subscriptions"
WATCHER = "notify"  # the owner of our NOTIFY is this and the watcher's tag
DIALOG, MESSAGES = "dialog", "message-summary"
PACKAGES = (DIALOG, MESSAGES)
TYPES = {DIALOG: "application/dialog-info+xml", MESSAGES: "application/simple-message-summary"}
LONGEST_S, DEFAULT_S = 3_600, 3_600
MOST = 10_000


class Lamp(NamedTuple):
    """A call of a device. state: early or confirmed; direction: initiator or recipient. dialog: (Call-ID, its own tag,
    ours), by which a phone that watches it names it in Replaces (RFC 4235 section 4.1.1); empty: nobody can."""

    call: str
    state: str
    direction: str
    dialog: tuple[str, ...] = ()

    @property
    def names(self) -> str:
        """What names the dialog, as attributes."""
        return "".join(
            f" {name}={quoteattr(value)}"
            for name, value in zip(("call-id", "local-tag", "remote-tag"), self.dialog, strict=False)
        )


class Subscription:
    """One watcher. watched: the address-of-record; version counts its NOTIFYs."""

    def __init__(self, dialog: Dialog, package: str, watched: str, expires_at: int) -> None:
        self.dialog, self.package, self.watched, self.expires_at = dialog, package, watched, expires_at
        self.version = 0

    def to_state(self) -> list[Any]:
        return [self.dialog.to_state(), self.package, self.watched, self.expires_at, self.version]

    @classmethod
    def from_state(cls, raw: list[Any]) -> Subscription:
        one = cls(Dialog.from_state(raw[0]), raw[1], raw[2], raw[3])
        one.version = raw[4]
        return one


class Subscriptions:
    def __init__(self, core: Core) -> None:
        self._core = core
        self._by_tag: dict[str, Subscription] = {}
        self._watchers: dict[tuple[str, str], set[str]] = {}
        self._lamps: dict[str, list[Lamp]] = {}
        self._messages: dict[str, tuple[int, int]] = {}

    def __len__(self) -> int:
        return len(self._by_tag)

    # ---- requests ----

    def refuse(self, request: Request) -> tuple[int, dict[str, list[str]]] | None:
        """What is wrong with a SUBSCRIBE, whoever sent it."""
        if package_of(request) not in PACKAGES:
            return 489, {"Allow-Events": [", ".join(PACKAGES)]}
        return (503, {"Retry-After": ["60"]}) if len(self) >= MOST else None

    def begin(self, transaction: ServerTransaction, request: Request, flow: Flow, now: int) -> None:
        """A new subscription, admitted."""
        tag = self._core.token()
        dialog = Dialog.of_server(request, tag, flow)
        one = Subscription(dialog, package_of(request), grammar.user_of(self._core.registrar.unmask(request.uri)), now)
        self._by_tag[tag] = one
        self._watchers.setdefault((one.package, one.watched), set()).add(tag)
        self._prolong(transaction, one, request, now)

    def again(self, transaction: ServerTransaction, request: Request, flow: Flow, now: int) -> None:
        """A SUBSCRIBE inside a subscription."""
        one = self._by_tag.get(request.to_tag)
        if one is None or one.dialog.id != (request.call_id, request.to_tag, request.from_tag):
            self._core.reply(transaction, 481, now)
        elif not one.dialog.expects(request):
            self._core.reply(transaction, 500, now, reason="CSeq out of order")
        else:
            one.dialog.refresh(request, flow)
            self._prolong(transaction, one, request, now)

    def _prolong(self, transaction: ServerTransaction, one: Subscription, request: Request, now: int) -> None:
        wish = request.number("Expires")
        seconds = min(DEFAULT_S if wish is None else wish, LONGEST_S)
        one.expires_at = now + seconds * SECOND
        tag = one.dialog.local_tag
        headers = {"Expires": [str(seconds)], "Contact": [self._core.contact_in(one.dialog, one.watched)]}
        self._core.reply(transaction, 200, now, to_tag=tag, headers=headers)
        if seconds:
            self._core.timers.set(OWNER, tag, one.expires_at)
            self._notify(one, now)
        else:
            self._end(one, now, "timeout")

    # ---- state to show ----

    def show_lamps(self, watched: str, lamps: list[Lamp], now: int) -> None:
        """The calls of a device as they stand."""
        if lamps:
            self._lamps[watched] = lamps
        else:
            self._lamps.pop(watched, None)
        self._tell(DIALOG, watched, now)

    def show_messages(self, watched: str, new: int, old: int, now: int) -> None:
        """The messages that wait for somebody."""
        self._messages[watched] = (new, old)
        self._tell(MESSAGES, watched, now)

    def _tell(self, package: str, watched: str, now: int) -> None:
        for tag in sorted(self._watchers.get((package, watched), ())):
            self._notify(self._by_tag[tag], now)

    def _notify(self, one: Subscription, now: int, over: str = "") -> None:
        request = self._core.in_dialog(one.dialog, "NOTIFY")
        left = max(0, one.expires_at - now) // SECOND
        request.headers["Event"] = [one.package]
        request.headers["Subscription-State"] = [f"terminated;reason={over}" if over else f"active;expires={left}"]
        request.headers["Contact"] = [self._core.contact_in(one.dialog, one.watched)]
        request.headers["Content-Type"] = [TYPES[one.package]]
        request.body = self._body(one).encode()
        one.version += 1
        self._core.start(request, one.dialog.flow, f"{WATCHER}:{one.dialog.local_tag}", now)

    def _body(self, one: Subscription) -> str:
        entity = f"sip:{one.watched}@{self._core.via_host(one.dialog.flow)}"
        if one.package == MESSAGES:
            new, old = self._messages.get(one.watched, (0, 0))
            waiting = "yes" if new else "no"
            return f"Messages-Waiting: {waiting}\r\nMessage-Account: {entity}\r\nText-Message: {new}/{old}\r\n"
        dialogs = "".join(
            f'<dialog id={quoteattr(lamp.call)}{lamp.names} direction="{lamp.direction}">'
            f"<state>{lamp.state}</state></dialog>"
            for lamp in self._lamps.get(one.watched, ())
        )
        return (
            '<?xml version="1.0"?>\n<dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" '
            f'version="{one.version}" state="full" entity={quoteattr(entity)}>{dialogs}</dialog-info>\n'
        )

    # ---- ends ----

    def handle_timer(self, tag: str, now: int) -> None:
        one = self._by_tag.get(tag)
        if one is not None and now >= one.expires_at:
            self._end(one, now, "timeout")

    def refused(self, tag: str) -> None:
        """The watcher does not know of it any more, or does not answer."""
        one = self._by_tag.pop(tag, None)
        if one is not None:
            self._core.timers.cancel(OWNER, tag)
            watchers = self._watchers[one.package, one.watched]
            watchers.discard(tag)
            if not watchers:
                del self._watchers[one.package, one.watched]

    def _end(self, one: Subscription, now: int, why: str) -> None:
        self._notify(one, now, why)
        self.refused(one.dialog.local_tag)

    # ---- state ----

    def to_state(self) -> dict[str, Any]:
        return {
            "watchers": [one.to_state() for one in self._by_tag.values()],
            "lamps": {watched: [list(lamp) for lamp in lamps] for watched, lamps in self._lamps.items()},
            "messages": {watched: list(count) for watched, count in self._messages.items()},
        }

    def restore(self, raw: dict[str, Any]) -> None:
        for state in raw["watchers"]:
            one = Subscription.from_state(state)
            self._by_tag[one.dialog.local_tag] = one
            self._watchers.setdefault((one.package, one.watched), set()).add(one.dialog.local_tag)
        self._lamps = {
            watched: [Lamp(call, state, direction, tuple(dialog)) for call, state, direction, dialog in lamps]
            for watched, lamps in raw["lamps"].items()
        }
        self._messages = {watched: (new, old) for watched, (new, old) in raw["messages"].items()}


def package_of(request: Request) -> str:
    return request.get("Event").partition(";")[0].strip().lower()
