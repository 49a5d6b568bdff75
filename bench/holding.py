"""A slow server, a program: answers at once, or holds every answer till so many are asked for and it is told to go.

On stdin: a number (hold from now on; "held" is printed when so many wait) or `go` (answer them all, hold no more).
"""

import asyncio
import sys
from typing import cast

PORT = 8080
_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\nConnection: close\r\n\r\nslow\n"


class Held:
    """Who waits for an answer."""

    def __init__(self) -> None:
        self.goal = 0
        self.waiting: list[asyncio.Transport] = []

    def asked(self, transport: asyncio.Transport) -> None:
        self.waiting.append(transport)
        if not self.goal:
            self.release()
        elif len(self.waiting) == self.goal:
            print("held", flush=True)

    def release(self) -> None:
        for transport in self.waiting:
            transport.write(_ANSWER)
            transport.close()
        self.waiting.clear()

    def told(self, word: str) -> None:
        self.goal = 0 if word == "go" else int(word)
        if not self.goal:
            self.release()


class Connection(asyncio.Protocol):
    """One request, whatever it says."""

    def __init__(self, held: Held) -> None:
        self._held = held
        self._seen = b""
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._seen += data
        if self._seen.endswith(b"\r\n\r\n"):
            self._held.asked(self._transport)


async def serve() -> None:
    loop, held = asyncio.get_running_loop(), Held()
    server = await loop.create_server(lambda: Connection(held), "127.0.0.1", PORT, backlog=16384)
    loop.add_reader(sys.stdin, lambda: held.told(sys.stdin.readline().strip()))
    print("listening", flush=True)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve())
