"""The table of live transactions: matching, creating, timing (RFC 3261 sections 17.1.3, 17.2.3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from yingda.sip import message
from yingda.sip.flow import Flow
from yingda.sip.message import Request, Response
from yingda.sip.timers import TimerQueue
from yingda.sip.transaction import ClientTransaction, Identity, ServerTransaction, State, Transaction

COOKIE = "z9hG4bK"

Packet = tuple[bytes, Flow]


@dataclass(frozen=True, slots=True)
class TimedOut:
    """A transaction ended without an answer: a request without a final reply, or a refusal nobody acknowledged."""

    transaction: Transaction


def client_key(branch: str, method: str) -> str:
    return f"c|{branch}|{method}"


def server_key(request: Request) -> str:
    """17.2.3: branch, sent-by and method (ACK belongs to its INVITE); an RFC 2543 peer is told by its dialog ids."""
    via = request.via
    method = "INVITE" if request.method == "ACK" else request.method
    if via.branch.startswith(COOKIE) and via.branch != COOKIE:
        return f"s|{via.branch}|{via.sent_by}|{method}"
    return f"s|{request.call_id}|{request.from_tag}|{request.cseq[0]}|{via.sent_by}|{method}"


class Transactions:
    def __init__(self, timers: TimerQueue) -> None:
        self._timers = timers
        self.clients: dict[str, ClientTransaction] = {}
        self.servers: dict[str, ServerTransaction] = {}
        self._merged: dict[Identity, str] = {}

    def __len__(self) -> int:
        return len(self.clients) + len(self.servers)

    # ---- client ----

    def send(self, request: Request, flow: Flow, owner: str, now: int) -> tuple[ClientTransaction, Packet]:
        key = client_key(request.via.branch, request.method)
        transaction = ClientTransaction(key, request, flow, owner, self._timers)
        self.clients[key] = transaction
        return transaction, (transaction.start(now), flow)

    def receive_response(
        self, response: Response, flow: Flow, now: int
    ) -> tuple[ClientTransaction | None, Packet | None]:
        """(the transaction whose user should see this reply, what to send back)."""
        transaction = self.clients.get(client_key(response.via.branch, response.cseq[1]))
        if transaction is None:
            return None, None
        if flow.reliable and flow.connection and not transaction.flow.connection:
            transaction.flow = flow  # the connection that was opened for it now has a name
        reply, seen = transaction.on_response(response, now)
        self._drop(transaction)
        return (transaction if seen else None), reply

    # ---- server ----

    def find_server(self, request: Request) -> ServerTransaction | None:
        return self.servers.get(server_key(request))

    def cancelled_by(self, cancel: Request) -> ServerTransaction | None:
        """The INVITE transaction that a CANCEL means (9.2)."""
        key = server_key(cancel)
        return self.servers.get(key.removesuffix("CANCEL") + "INVITE")

    def accept(self, request: Request, flow: Flow) -> ServerTransaction:
        key = server_key(request)
        transaction = ServerTransaction(key, request, flow, self._timers)
        self.servers[key] = transaction
        if not request.to_tag:
            self._identify(transaction, request)
        return transaction

    def _identify(self, transaction: ServerTransaction, request: Request) -> None:
        """8.2.2.2: has the same request come here by another way, and is it still being served?"""
        identity = _identity(request)
        known = self.servers.get(self._merged.get(identity, ""))
        transaction.merged = known is not None and (known.open or known.state is State.ACCEPTED)
        if not transaction.merged:
            transaction.identity = identity
            self._merged[identity] = transaction.key

    def respond(self, transaction: ServerTransaction, response: Response, now: int) -> Packet:
        packet = (transaction.respond(response, now), transaction.flow)
        self._drop(transaction)
        return packet

    def on_ack(self, transaction: ServerTransaction, now: int) -> None:
        transaction.on_ack(now)
        self._drop(transaction)

    # ---- time and loss ----

    def handle_timer(self, key: str, name: str, now: int) -> tuple[Packet | None, TimedOut | None]:
        client = self.clients.get(key)
        if client is not None:
            data, timed_out = client.on_timer(name, now)
            self._drop(client)
            return ((data, client.flow) if data else None), (TimedOut(client) if timed_out else None)
        server = self.servers.get(key)
        if server is None:
            return None, None
        again = server.on_timer(name, now)
        self._drop(server)
        return ((again, server.flow) if again else None), (TimedOut(server) if name == "H" else None)

    def finish(self, transaction: Transaction) -> None:
        transaction.end()
        self._drop(transaction)

    def on_flow(self, flow: Flow) -> list[Transaction]:
        """Every transaction that lives on a stream connection."""
        return [t for t in (*self.clients.values(), *self.servers.values()) if t.flow.same_path(flow)]

    def awaits(self, flow: Flow) -> bool:
        """Is there an INVITE on its way to that peer that has had no reply yet?"""
        waiting = (one for one in self.clients.values() if one.state is State.CALLING)
        return any(one.flow.transport == flow.transport and one.flow.remote == flow.remote for one in waiting)

    def _drop(self, transaction: Transaction) -> None:
        if transaction.live:
            return
        if isinstance(transaction, ClientTransaction):
            self.clients.pop(transaction.key, None)
            return
        server = self.servers.pop(transaction.key, None)
        if server is not None and server.identity is not None and self._merged.get(server.identity) == server.key:
            del self._merged[server.identity]

    # ---- state ----

    def to_state(self) -> dict[str, Any]:
        return {
            "clients": [_client_state(transaction) for transaction in self.clients.values()],
            "servers": [_server_state(transaction) for transaction in self.servers.values()],
        }

    @classmethod
    def from_state(cls, raw: dict[str, Any], timers: TimerQueue) -> Transactions:
        """`timers` must hold the alarms of the same moment."""
        table = cls(timers)
        for one in raw["clients"]:
            request = _read_request(one["data"])
            client = ClientTransaction(one["key"], request, Flow.from_state(one["flow"]), one["owner"], timers)
            client.acks = {tag: (_unpack(data), Flow.from_state(flow)) for tag, data, flow in one["acks"]}
            client.narrow = Flow.from_state(one["narrow"]) if one["narrow"] is not None else None
            client.state, client.interval = State(one["state"]), one["interval"]
            table.clients[client.key] = client
        for one in raw["servers"]:
            server = table.servers[one["key"]] = _restore_server(one, timers)
            if server.identity is not None:
                table._merged[server.identity] = server.key
        return table


def _identity(request: Request) -> Identity:
    return (request.call_id, request.from_tag, request.cseq[0], request.method)


def _client_state(transaction: ClientTransaction) -> dict[str, Any]:
    return {
        "key": transaction.key,
        "owner": transaction.owner,
        "flow": transaction.flow.to_state(),
        "state": transaction.state.value,
        "interval": transaction.interval,
        "narrow": transaction.narrow.to_state() if transaction.narrow is not None else None,
        "data": _pack(transaction.data),
        "acks": [[tag, _pack(data), flow.to_state()] for tag, (data, flow) in transaction.acks.items()],
    }


def _server_state(transaction: ServerTransaction) -> dict[str, Any]:
    return {
        "key": transaction.key,
        "method": transaction.method,
        "owner": transaction.owner,
        "identity": list(transaction.identity) if transaction.identity is not None else None,
        "flow": transaction.flow.to_state(),
        "state": transaction.state.value,
        "interval": transaction.interval,
        "request": _pack(transaction.request.to_bytes()) if transaction.request is not None else None,
        "last": _pack(transaction.last) if transaction.last is not None else None,
    }


def _restore_server(raw: dict[str, Any], timers: TimerQueue) -> ServerTransaction:
    request = _read_request(raw["request"]) if raw["request"] is not None else None
    server = ServerTransaction(
        raw["key"], request or Request(raw["method"], "", {}), Flow.from_state(raw["flow"]), timers
    )
    server.request, server.owner = request, raw["owner"]
    if raw["identity"] is not None:
        call_id, tag, number, method = raw["identity"]
        server.identity = (call_id, tag, number, method)
    server.state, server.interval = State(raw["state"]), raw["interval"]
    server.last = _unpack(raw["last"]) if raw["last"] is not None else None
    return server


def _read_request(packed: str) -> Request:
    request = message.parse(_unpack(packed))
    assert isinstance(request, Request)
    return request


def _pack(data: bytes) -> str:
    return data.decode("latin-1")


def _unpack(text: str) -> bytes:
    return text.encode("latin-1")
