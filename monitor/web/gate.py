"""Who may come in: basic authentication for every address at once, as Prometheus's exporter-toolkit has it.

But one: a heartbeat brings its agency's own token in the same header, and is let through to be asked for it. Whoever
pushes for one agency must not have the password to everything.
"""

import base64
import binascii
import math
import unicodedata
from collections.abc import Callable
from time import monotonic
from typing import Final

import structlog
from aiohttp import web
from aiohttp.typedefs import Middleware

from monitor.web.guard import Handler, mark
from monitor.web.limits import Limit, client
from monitor.web.passwords import Busy, Passwords
from monitor.web_config import WebConfig

KNOWN_AS: Final = web.RequestKey("known_as", str)  # the name by which a request was let in
PUSH: Final = "heartbeat"  # name of the route that asks for a token of its own
# With what is not known yet: at once, and seconds for one more. A client may well be many people behind one proxy, so
# that whoever guesses at one name leaves the others what is left of the second. Whether a name exists makes no difference.
TRIES: Final = (20, 1.0)  # of a client by one name
TRIES_OF_ALL: Final = (60, 0.5)  # of a client by whatever name
_ASKED: Final = 'Basic realm="npsp-monitor", charset="UTF-8"'

log = structlog.get_logger()


class Gate:
    """`web` may be replaced at any time, and holds from the next request on."""

    def __init__(self, config: WebConfig | None, clock: Callable[[], float] = monotonic) -> None:
        self.config = config
        self._passwords = Passwords()
        self._tries, self._tries_of_all = Limit(*TRIES, clock), Limit(*TRIES_OF_ALL, clock)

    async def refusal(self, request: web.Request) -> web.Response | None:
        """Why this request is not let in; None: it is."""
        users = self.config.users if self.config else {}
        if not users or request.match_info.route.name == PUSH:
            return None
        given = credentials(request.headers.getall("Authorization", []))
        if given is None:
            return _refused(401, "a user and a password are needed", **{"WWW-Authenticate": _ASKED})
        request[KNOWN_AS] = given[0]  # for those who are let in; nobody else is let in to read it
        if self._passwords.known(users, *given):
            return None
        who = client(request.remote)
        if wait := self._tries.wait(f"{who} {hash(given[0])}") or self._tries_of_all.wait(who):
            return _refused(429, "too often", **{"Retry-After": str(math.ceil(wait))})
        try:
            return None if await self._passwords.right(users, *given, who=who) else _wrong(request)
        except Busy:
            return _refused(503, "too many at once", **{"Retry-After": "1"})

    async def add_headers(self, _: web.Request, response: web.StreamResponse) -> None:
        """For `on_response_prepare`."""
        self.mark(response)

    def mark(self, response: web.StreamResponse) -> None:
        """With the guard's own headers, and then those of the configuration."""
        mark(response)
        for name, value in (self.config.headers if self.config else {}).items():
            response.headers[name] = value

    def close(self) -> None:
        self._passwords.close()


def kept_by(gate: Gate) -> Middleware:
    """The middleware; only errors are caught before it, and nothing of the inside is reached without it."""

    @web.middleware
    async def guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
        return await gate.refusal(request) or await handler(request)

    return guarded


def credentials(given: list[str]) -> tuple[str, str] | None:
    """User and password of exactly one header `Authorization: Basic …` (RFC 7617), in UTF-8."""
    scheme, _, token = given[0].partition(" ") if len(given) == 1 else ("", "", "")
    if scheme.lower() != "basic":
        return None
    try:
        user, colon, password = base64.b64decode(token.strip(), validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return None
    return (unicodedata.normalize("NFC", user), password) if colon else None  # as the file's names are


def _wrong(request: web.Request) -> web.Response:
    """Neither name nor password is logged: people type one in the place of the other."""
    log.warning("sign_in_refused", client=request.remote)
    return _refused(401, "a user and a password are needed", **{"WWW-Authenticate": _ASKED})


def _refused(status: int, text: str, **headers: str) -> web.Response:
    return web.Response(status=status, text=f"{text}\n", headers=headers)
