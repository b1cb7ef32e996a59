"""Kamailio as a peer: a carrier's registrar and proxy, on UDP, TCP and TLS, that asks for a password (digest).

async with start_kamailio(folder, users={"centre": "secret"}, numbers={"4008001000": "centre"}) as carrier:
    carrier.port, carrier.tls_port, carrier.certificate; await carrier.registered("centre")

Requests of its users must prove who they are; everybody else may call the numbers. It stands in every call's way
(Record-Route).
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.peers.ports import free_port
from tests.sip.certificates import certificate

HOST = "127.0.0.7"
REALM = "carrier.test"
DEADLINE = 15.0

CONFIG = """\
#!KAMAILIO
debug=1
log_stderror=yes
children=1
tcp_children=2
enable_tls=yes
auto_aliases=no
tcp_source_ipv4={host}
alias="{realm}"
listen=udp:{host}:{port}
listen=tcp:{host}:{port}
listen=tls:{host}:{tls_port}
loadmodule "tls.so"
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "maxfwd.so"
loadmodule "textops.so"
loadmodule "siputils.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
loadmodule "auth.so"
loadmodule "xlog.so"
modparam("tls", "private_key", "{pem}")
modparam("tls", "certificate", "{pem}")
modparam("tls", "verify_certificate", 0)
modparam("tls", "tls_method", "TLSv1.2+")
modparam("usrloc", "db_mode", 0)
modparam("registrar", "method_filtering", 0)
modparam("rr", "enable_double_rr", 1)

request_route {{
  if (!mf_process_maxfwd_header("10")) {{ sl_send_reply("483", "Too Many Hops"); exit; }}
  if (is_method("OPTIONS") && uri==myself) {{
    xlog("L_ERR", "asked by OPTIONS over $proto\n");
    sl_send_reply("200", "OK");
    exit;
  }}
  if (has_totag()) {{
    if (loose_route()) {{ t_relay(); exit; }}
    if (is_method("ACK")) {{ if (t_check_trans()) t_relay(); exit; }}
    sl_send_reply("404", "Not Here"); exit;
  }}
  if (is_method("CANCEL")) {{ if (t_check_trans()) t_relay(); exit; }}
  t_check_trans();
{accounts}
  if (is_method("REGISTER")) {{
    save("location");
    xlog("L_ERR", "registered $tU as $ct\\n");
    exit;
  }}
  record_route();
{numbers}
  if (!lookup("location")) {{ sl_send_reply("404", "Not Found"); exit; }}
{kept}
  t_relay();
}}
"""
ACCOUNT = """\
  if ($fU == "{user}") {{
    if (is_method("REGISTER")) {{
      if (!pv_www_authenticate("{realm}", "{password}", "0")) {{ www_challenge("{realm}", "1"); exit; }}
    }} else {{
      if (!pv_proxy_authenticate("{realm}", "{password}", "0")) {{ proxy_challenge("{realm}", "1"); exit; }}
      consume_credentials();
    }}
  }}
"""


def kamailio_missing() -> str | None:
    """Why it cannot run here, or None."""
    if shutil.which("kamailio") is None:
        return "kamailio is not installed"
    modules = Path("/usr/lib").glob("*/kamailio/modules/tls.so")
    return None if any(modules) else "kamailio's TLS module (kamailio-tls-modules) is not installed"


@dataclass
class Kamailio:
    port: int
    tls_port: int
    certificate: Path
    process: asyncio.subprocess.Process
    log_file: Path
    host: str = HOST

    def log(self) -> str:
        return self.log_file.read_text(errors="replace")

    async def said(self, words: str, deadline: float = DEADLINE) -> None:
        """Wait until its log has these words."""
        async with asyncio.timeout(deadline):
            while words not in self.log():
                assert self.process.returncode is None, self.log()
                await asyncio.sleep(0.05)

    async def registered(self, user: str) -> None:
        await self.said(f"registered {user} as")


@contextlib.asynccontextmanager
async def start_kamailio(
    folder: Path,
    users: Mapping[str, str],
    numbers: Mapping[str, str],
    routes: Mapping[str, str] | None = None,
) -> AsyncIterator[Kamailio]:
    """users: name to password. numbers: called number to the user who registered for it. routes: called number to the
    next hop (sip:HOST:PORT;transport=tls), for peers that do not register."""
    place = folder / "kamailio"
    (place / "run").mkdir(parents=True)
    certificate(place, HOST)
    port, tls_port, pem = free_port(host=HOST), free_port(host=HOST), place / "both.pem"
    led = [f'  if ($rU == "{number}") {{ $du = "{hop}"; t_relay(); exit; }}' for number, hop in (routes or {}).items()]
    led += [f'  if ($rU == "{number}") {{ $var(n) = $rU; $rU = "{user}"; }}' for number, user in numbers.items()]
    config = CONFIG.format(
        realm=REALM,
        host=HOST,
        port=port,
        tls_port=tls_port,
        pem=pem,
        accounts="".join(ACCOUNT.format(user=u, password=p, realm=REALM) for u, p in users.items()),
        numbers="\n".join(led),
        kept='  if ($var(n) != $null && $var(n) != 0 && $var(n) != "") { $rU = $var(n); }',
    )
    (place / "kamailio.cfg").write_text(config)
    log_file = place / "log"
    with log_file.open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            "kamailio", "-DD", "-E", "-f", str(place / "kamailio.cfg"), "-Y", str(place / "run"), "-m", "32",
            "-P", str(place / "run" / "pid"), stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log, cwd=place,
        )  # fmt: skip
    carrier = Kamailio(port, tls_port, pem, process, log_file)
    try:
        await _listens(carrier)
        yield carrier
    finally:
        if process.returncode is None:
            process.terminate()
            try:
                async with asyncio.timeout(10):
                    await process.wait()
            except TimeoutError:
                process.kill()
                await process.wait()


async def _listens(carrier: Kamailio) -> None:
    """Its ports open a moment after the start: ask until they do."""
    async with asyncio.timeout(DEADLINE):
        while True:
            assert carrier.process.returncode is None, carrier.log()
            try:
                _, writer = await asyncio.open_connection(carrier.host, carrier.tls_port)
            except OSError:
                await asyncio.sleep(0.05)
                continue
            writer.close()
            return
