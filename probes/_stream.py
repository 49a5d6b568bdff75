"""What comes in bytes, taken in lines or in measured pieces, whatever pieces the network made of it."""

from probes import Talk


class EndedError(Exception):
    """The other side has ended, and what was wanted did not come; `rest` is what came of it."""

    def __init__(self, rest: bytes) -> None:
        super().__init__("ended")
        self.rest = rest


class TooMuchError(Exception):
    """More came than was allowed, and what was wanted was not in it; `rest` is its beginning."""

    def __init__(self, rest: bytes) -> None:
        super().__init__("too much")
        self.rest = rest


class Stream:
    """Reads a `Talk`. `most` bytes may come in all, until `allow` grants as many again."""

    def __init__(self, talk: Talk, most: int) -> None:
        self._talk = talk
        self._most = most
        self._left = most
        self._kept = bytearray()

    def allow(self) -> None:
        self._left = self._most

    async def line(self) -> bytes:
        """The next line without its end, LF or CRLF; the last one may have none. Raises `EndedError`, `TooMuchError`."""
        looked_at = 0
        while (end := self._kept.find(b"\n", looked_at)) < 0:
            looked_at = len(self._kept)
            if not await self._more():
                if not self._kept:
                    raise EndedError(b"")
                return self._take(len(self._kept)).removesuffix(b"\r")
        return self._take(end + 1)[:-1].removesuffix(b"\r")

    async def exactly(self, size: int) -> bytes:
        """The next `size` bytes. Raises `EndedError`, `TooMuchError`."""
        while len(self._kept) < size:
            if not await self._more():
                raise EndedError(bytes(self._kept))
        return self._take(size)

    def forget(self) -> None:
        """Drops what came and was not taken, before TLS: it must not pass for something said in TLS."""
        self._kept.clear()

    async def _more(self) -> bool:
        if self._left <= 0:
            raise TooMuchError(bytes(self._kept))
        data = await self._talk.receive()
        self._left -= len(data)
        self._kept += data
        return bool(data)

    def _take(self, size: int) -> bytes:
        taken = bytes(self._kept[:size])
        del self._kept[:size]
        return taken
