"""A small name server for tests: a zone of text lines over UDP, as its questions come."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from typing import cast

import dns.flags
import dns.message
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset

TTL_S = 30

Zone = Mapping[tuple[str, str], list[str]]
"""(name, kind) → records as a zone file has them."""


class _Server(asyncio.DatagramProtocol):
    def __init__(self, zone: Zone, asked: list[tuple[str, str]]) -> None:
        self._zone, self._asked = zone, asked

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)  # uvloop's is no subclass of it

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        query = dns.message.from_wire(data)
        question = query.question[0]
        key = (question.name.to_text(omit_final_dot=True), dns.rdatatype.to_text(question.rdtype))
        self._asked.append(key)
        reply = dns.message.make_response(query)
        reply.flags |= dns.flags.AA
        records = self._zone.get(key, [])
        if records:
            reply.answer = [dns.rrset.from_text(question.name, TTL_S, dns.rdataclass.IN, question.rdtype, *records)]
        elif not any(name == key[0] for name, _ in self._zone):
            reply.set_rcode(dns.rcode.NXDOMAIN)
        self._transport.sendto(reply.to_wire(), addr)


@contextlib.asynccontextmanager
async def serving(zone: Zone) -> AsyncIterator[tuple[str, list[tuple[str, str]]]]:
    """(`host:port` of the server, what it was asked so far)."""
    asked: list[tuple[str, str]] = []
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: _Server(zone, asked), local_addr=("127.0.0.1", 0))
    host, port = transport.get_extra_info("sockname")
    try:
        yield f"{host}:{port}", asked
    finally:
        transport.close()
