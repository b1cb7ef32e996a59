"""Asks the name servers what trunks want to know (`sip.resolving` says what, and keeps the answers)."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable, Sequence
from typing import Any

import dns.asyncresolver
import dns.exception
import dns.name
import dns.resolver

from yingda.kernel.errors import StartError
from yingda.sip.resolving import Naptr, Question, Record, Srv

log = logging.getLogger(__name__)

PATIENCE_S = 5.0
HOSTS_FILE_S = 60.0
"""How long a name of the machine's own hosts file is believed."""

Told = Callable[[Question, Sequence[Record] | None, float], None]
"""(question, records or None for "no answer", seconds it is good for)."""


class NameServers:
    """server: `host` or `host:port` to ask; None: the machine's own, and its hosts file for plain names."""

    def __init__(self, server: str | None, told: Told) -> None:
        self._told = told
        self._hosts_file = server is None
        self._resolver = _resolver(server)
        self._tasks: set[asyncio.Task[None]] = set()

    def ask(self, questions: Sequence[Question]) -> None:
        """Each is answered through `told`."""
        for question in questions:
            task = asyncio.get_running_loop().create_task(self._ask(question))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _ask(self, question: Question) -> None:
        try:
            name = dns.name.from_text(question.name)
            answer = await self._resolver.resolve(name, question.kind, raise_on_no_answer=False, lifetime=PATIENCE_S)
        except dns.resolver.NXDOMAIN:
            await self._none(question)
        except (dns.exception.DNSException, OSError) as error:
            log.info("no answer of the name servers for %s %s: %s", question.kind, question.name, error)
            self._told(question, None, 0)
        else:
            records = [_record(question, data) for data in answer.rrset or ()]
            if records:
                self._told(question, records, float(answer.rrset.ttl if answer.rrset is not None else 0))
            else:
                await self._none(question)

    async def _none(self, question: Question) -> None:
        """There is no such record; a plain name may stand in the hosts file."""
        found: list[Record] = []
        if self._hosts_file and question.kind in ("A", "AAAA"):
            family = socket.AF_INET if question.kind == "A" else socket.AF_INET6
            try:
                listed = await asyncio.get_running_loop().getaddrinfo(question.name, None, family=family)
            except OSError:
                listed = []
            found = list(dict.fromkeys(str(entry[4][0]) for entry in listed))
        self._told(question, found, HOSTS_FILE_S)

    async def close(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


def _resolver(server: str | None) -> dns.asyncresolver.Resolver:
    if server is None:
        try:
            return dns.asyncresolver.Resolver()
        except dns.resolver.NoResolverConfiguration:  # a machine without any: names cannot be told, addresses can
            return dns.asyncresolver.Resolver(configure=False)
    host, _, port = server.rpartition(":") if server.count(":") == 1 else (server, "", "53")
    found = dns.asyncresolver.Resolver(configure=False)
    try:
        found.nameservers = [host]
        found.port = int(port)
    except ValueError as error:
        raise StartError("name_server", f"{server} is no name server's address.", where="--name-server") from error
    return found


def _record(question: Question, data: Any) -> Record:
    if question.kind == "NAPTR":
        text = [part.decode("ascii", "replace") for part in (data.flags, data.service)]
        return Naptr(data.order, data.preference, text[0], text[1], _plain(data.replacement))
    if question.kind == "SRV":
        return Srv(data.priority, data.weight, data.port, _plain(data.target))
    return str(data.address)


def _plain(name: dns.name.Name) -> str:
    return name.to_text(omit_final_dot=True) if name != dns.name.root else ""
