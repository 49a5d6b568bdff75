"""The small bodies that programs send, and why one is not taken."""

import asyncio
from typing import Final

from aiohttp import web

LARGEST: Final = 4096  # bytes of a body
PATIENCE: Final = 5.0  # seconds for a body to come


class Refused(Exception):  # noqa: N818 - like Trouble, it is an answer and no fault of ours
    """Why what was sent is not taken."""

    def __init__(self, status: int, text: str, **headers: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}

    def answer(self) -> web.Response:
        return web.Response(status=self.status, text=f"{self.text}\n", headers=self.headers)


async def body_of(request: web.Request) -> bytes:
    """Raises Refused when it is too large, packed, or does not come."""
    if request.headers.get("Content-Encoding", "identity") != "identity":
        raise Refused(415, "the body must not be packed")
    if (request.content_length or 0) > LARGEST:
        raise _too_large()
    try:
        async with asyncio.timeout(PATIENCE):
            return await _read(request)
    except TimeoutError:
        raise Refused(408, f"the body did not come within {PATIENCE:g} s", Connection="close") from None


async def _read(request: web.Request) -> bytes:
    body = b""
    while part := await request.content.readany():
        body += part
        if len(body) > LARGEST:
            raise _too_large()
    return body


def _too_large() -> Refused:
    return Refused(413, f"the body must be at most {LARGEST} bytes", Connection="close")
