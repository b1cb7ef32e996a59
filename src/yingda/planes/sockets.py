"""The listening sockets, bound once by the supervisor and inherited by the planes.

While a plane restarts, its sockets stay open in the supervisor: packets wait in the kernel's buffers and nobody gets a
"port unreachable".
"""

from __future__ import annotations

import errno
import socket

from yingda.kernel.errors import StartError
from yingda.planes.options import Options

PLANE_OF = {"sip-udp": "control", "sip-tcp": "control", "sip-tls": "control", "websocket": "control", "http": "web"}
_OPTION = {
    "sip-udp": "--sip-port",
    "sip-tcp": "--sip-port",
    "sip-tls": "--sip-tls-port",
    "websocket": "--websocket-port",
    "http": "--web-port",
}
_UDP_BUFFER = 4 * 1024 * 1024
_BACKLOG = 1024


def bind_all(options: Options) -> dict[str, socket.socket]:
    """The sockets that the roles of this process need. Raises StartError naming the address that is taken."""
    wanted = {
        "sip-udp": (socket.SOCK_DGRAM, options.sip_port),
        "sip-tcp": (socket.SOCK_STREAM, options.sip_port),
        "websocket": (socket.SOCK_STREAM, options.websocket_port),
        "http": (socket.SOCK_STREAM, options.web_port),
    }
    if options.tls_port is not None:
        wanted["sip-tls"] = (socket.SOCK_STREAM, options.tls_port)
    bound: dict[str, socket.socket] = {}
    try:
        for name, (kind, port) in wanted.items():
            if PLANE_OF[name] in options.roles:
                bound[name] = _bind(options.host, port, kind, name)
    except StartError:
        for opened in bound.values():
            opened.close()
        raise
    return bound


def _bind(host: str, port: int, kind: socket.SocketKind, name: str) -> socket.socket:
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=kind)[0]
        listening = socket.socket(family, kind)
    except OSError as error:
        raise StartError("bad_address", f"{host} is no address of this machine: {error}.", where="--host") from error
    try:
        if kind is socket.SOCK_STREAM:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        else:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _UDP_BUFFER)
        listening.bind(address)
        if kind is socket.SOCK_STREAM:
            listening.listen(_BACKLOG)
    except OSError as error:
        listening.close()
        raise StartError("busy_port", _why(error, host, port, name), where=f"{host}:{port}") from error
    listening.setblocking(False)
    return listening


def _why(error: OSError, host: str, port: int, name: str) -> str:
    protocol = "UDP" if name == "sip-udp" else "TCP"
    if error.errno == errno.EADDRINUSE:
        return f"{protocol} port {port} is in use by another program; stop it or choose another with {_OPTION[name]}."
    if error.errno == errno.EACCES:
        return f"This user may not listen on {protocol} port {port}; choose one above 1023 with {_OPTION[name]}."
    return f"{protocol} {host}:{port} cannot be listened on: {error.strerror}."
