"""Many datagrams a system call: sendmmsg(2) and recvmmsg(2) over arrays that NumPy fills and reads (Linux, 64 bit).

A packet's time of arrival is the kernel's (SO_TIMESTAMPNS): a reader that comes late measures right all the same.
"""

from __future__ import annotations

import ctypes
import os
import socket

import numpy as np
import numpy.typing as npt

PACKET = 256  # bytes of room for a received packet
BATCH = 1_024
TIMESTAMP_NS = 35  # SO_TIMESTAMPNS, and the type of its control message
RECEIVE_BUFFER = 4 << 20
SO_RCVBUFFORCE = 33
"""Beyond net.core.rmem_max, for whoever may (socket(7): CAP_NET_ADMIN)."""

# struct mmsghdr of <sys/socket.h> with its inner struct msghdr, and struct iovec; the holes are the compiler's
_MESSAGE = np.dtype([
    ("name", "u8"), ("namelen", "u4"), ("_1", "u4"), ("iov", "u8"), ("iovlen", "u8"), ("control", "u8"),
    ("controllen", "u8"), ("flags", "i4"), ("_2", "u4"), ("length", "u4"), ("_3", "u4"),
])  # fmt: skip
_IOVEC = np.dtype([("base", "u8"), ("length", "u8")])
_ADDRESS = np.dtype([("family", "u2"), ("port", ">u2"), ("host", "V4"), ("zero", "V8")])
_CONTROL = np.dtype([("length", "u8"), ("level", "i4"), ("type", "i4"), ("s", "i8"), ("ns", "i8")])

_libc = ctypes.CDLL(None, use_errno=True)

Bytes = npt.NDArray[np.uint8]
Address = tuple[str, int]


def open_socket(host: str) -> socket.socket:
    """A UDP socket on a port of the system's choice, with arrival times and a large buffer."""
    one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
    try:
        one.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER)
    except PermissionError:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
    one.setsockopt(socket.SOL_SOCKET, TIMESTAMP_NS, 1)
    one.bind((host, 0))
    return one


def _spread(array: npt.NDArray[np.void], size: int) -> npt.NDArray[np.uint64]:
    """The address of each of its rows."""
    return (array.ctypes.data + np.arange(len(array)) * size).astype(np.uint64)


class Outbox:
    """One packet for each of several addresses; `packets` (addresses × length) is filled by the owner before `send`."""

    def __init__(self, one: socket.socket, addresses: list[Address], packets: Bytes) -> None:
        self._fd = one.fileno()
        self._packets = packets  # the iovecs point into it
        self._addresses = np.zeros(len(addresses), _ADDRESS)
        for row, (host, port) in zip(self._addresses, addresses, strict=True):
            row["family"], row["port"], row["host"] = socket.AF_INET, port, socket.inet_aton(host)
        self._pieces = np.zeros(len(addresses), _IOVEC)
        self._pieces["length"] = packets.shape[1]
        self._pieces["base"] = (packets.ctypes.data + np.arange(len(addresses)) * packets.strides[0]).astype(np.uint64)
        self._messages = np.zeros(len(addresses), _MESSAGE)
        self._messages["name"] = _spread(self._addresses, _ADDRESS.itemsize)
        self._messages["namelen"] = _ADDRESS.itemsize
        self._messages["iov"], self._messages["iovlen"] = _spread(self._pieces, _IOVEC.itemsize), 1

    def send(self) -> int:
        """All packets; answers how many the kernel took. Raises OSError."""
        done = 0
        while done < len(self._messages):
            at = self._messages.ctypes.data + done * _MESSAGE.itemsize
            count = _libc.sendmmsg(self._fd, ctypes.c_void_p(at), len(self._messages) - done, 0)
            if count < 0:
                number = ctypes.get_errno()
                if isinstance(OSError(number, ""), ConnectionRefusedError | BlockingIOError):
                    return done  # an ICMP error of an earlier packet, or no room: the owner counts it
                raise OSError(number, os.strerror(number))
            done += count
        return done


class Inbox:
    """What waits on a socket, read in one call."""

    def __init__(self, one: socket.socket) -> None:
        self._fd = one.fileno()
        self._buffer = np.zeros((BATCH, PACKET), np.uint8)
        self._controls = np.zeros(BATCH, _CONTROL)
        self._pieces = np.zeros(BATCH, _IOVEC)
        self._pieces["base"] = (self._buffer.ctypes.data + np.arange(BATCH) * PACKET).astype(np.uint64)
        self._pieces["length"] = PACKET
        self._messages = np.zeros(BATCH, _MESSAGE)
        self._messages["iov"], self._messages["iovlen"] = _spread(self._pieces, _IOVEC.itemsize), 1
        self._messages["control"] = _spread(self._controls, _CONTROL.itemsize)

    def read(self) -> tuple[Bytes, npt.NDArray[np.int64]]:
        """(packets × 256 bytes, valid until the next call; ns UTC at which the kernel got each)."""
        self._messages["controllen"] = _CONTROL.itemsize
        count = _libc.recvmmsg(self._fd, ctypes.c_void_p(self._messages.ctypes.data), BATCH, socket.MSG_DONTWAIT, None)
        count = max(0, count)
        times = self._controls[:count]
        return self._buffer[:count], times["s"] * 1_000_000_000 + times["ns"]
