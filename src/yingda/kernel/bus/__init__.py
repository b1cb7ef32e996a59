"""The bus between the planes: requests with explicit results, and pushes to subscribers, over Unix sockets.

frames: what goes over the wire, without any I/O, for planes with a loop of their own · aio: server and client for
asyncio · sockets: the file a plane listens at.
"""

from yingda.kernel.bus.aio import BusClient, BusServer, Handler, Peer

__all__ = ["BusClient", "BusServer", "Handler", "Peer"]
