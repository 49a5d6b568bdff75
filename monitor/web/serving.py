"""The application, and the address it is served at."""

import asyncio
import socket

from aiohttp import web

from monitor.bundled import runbooks_folder
from monitor.web.answers import routes, static
from monitor.web.callers import Bounds, Caller, Crowd, heard, usual
from monitor.web.entrance import Entrance
from monitor.web.gate import Gate, kept_by
from monitor.web.guard import plain_errors
from monitor.web.keeper import EVERY, Keeper
from monitor.web.render import FOLDER, PAGES, Pages
from monitor.web.runbooks import runbooks
from monitor.web.shown import SHOWN, Shown
from monitor.web_config import Fingerprint, TlsServer, WebConfig, fingerprint

_SHUTDOWN_SECONDS = 2.0  # for answers under way
_LEAVING_SECONDS = 60.0  # likewise, where only the way in is renewed


def app(shown: Shown, gate: Gate) -> web.Application:
    application = web.Application(middlewares=[heard, plain_errors, kept_by(gate)], client_max_size=64 * 1024)
    application[SHOWN] = shown
    application[PAGES] = Pages(shown.version)
    application.add_routes([*routes(shown), static(FOLDER / "static"), *runbooks(runbooks_folder())])
    application.on_response_prepare.append(gate.add_headers)
    return application


class Site:
    """One listening address, and how it is entered; `every` is in seconds, from one look at the files to the next."""

    def __init__(
        self, shown: Shown, config: WebConfig | None = None, every: float = EVERY, bounds: Bounds | None = None
    ) -> None:
        self._gate = Gate(config)
        # A request that goes away ends what it had begun: a look that nobody waits for is not made.
        self._runner = web.AppRunner(
            app(shown, self._gate), shutdown_timeout=_SHUTDOWN_SECONDS, handler_cancellation=True
        )
        self._entrance = Entrance(bounds or usual(), self._caller)
        self._listening: list[socket.socket] = []
        self._held: tuple[TlsServer | None, Fingerprint] = (None, ())  # what is entered by
        self._renewing = asyncio.Lock()
        self._keeper = Keeper(self, shown.vitals)
        self._keeping: asyncio.Task[None] | None = None
        self._every = every
        self._leaving: set[asyncio.Task[None]] = set()

    @property
    def _server(self) -> web.Server:
        if self._runner.server is None:
            raise RuntimeError("not started")
        return self._runner.server

    @property
    def config(self) -> WebConfig | None:
        return self._gate.config

    @property
    def seen(self) -> Fingerprint:
        config = self._gate.config
        return (*config.seen, *self._held[1]) if config else ()

    async def start(self, listen: str) -> str:
        """Listen at ADDRESS:PORT and return it as it came out, for port 0 too. Raises OSError."""
        await self._runner.setup()
        self._listening = await _bound(listen)
        await self.renew(self._gate.config)
        self._entrance.open(self._listening)
        self._keeping = asyncio.create_task(self._keeper.follow(self._every))
        address, number = self._listening[0].getsockname()[:2]
        return f"[{address}]:{number}" if ":" in address else f"{address}:{number}"

    async def renew(self, config: WebConfig | None) -> None:
        """Let people in by this configuration from now on. Raises OSError, with all as before, where its files do not fit."""
        async with self._renewing:
            tls = config.tls if config else None
            wanted = (tls, await asyncio.to_thread(fingerprint, tls.files if tls else ()))
            if wanted != self._held:
                self._entrance.tls = await asyncio.to_thread(tls.context) if tls else None
                self._see_out()
            self._held = wanted
            self._gate.config = config

    def _see_out(self) -> None:
        """Whoever came in by what held before comes anew; an answer under way is brought to its end."""
        self._entrance.crowd.send_off()
        for connection in self._server.connections:
            connection.close()
            leaving = asyncio.create_task(connection.shutdown(_LEAVING_SECONDS))
            self._leaving.add(leaving)
            leaving.add_done_callback(self._leaving.discard)

    def _caller(self, crowd: Crowd, who: str) -> Caller:
        return Caller(self._server, crowd, who, self._gate.mark)

    async def stop(self) -> None:
        ending = [*self._leaving, *([self._keeping] if self._keeping else [])]
        for each in ending:
            each.cancel()
        await asyncio.gather(*ending, return_exceptions=True)
        await self._entrance.close()
        await self._runner.cleanup()
        for listening in self._listening:
            listening.close()
        self._gate.close()


async def _bound(listen: str) -> list[socket.socket]:
    """A socket for each address that the text means; `localhost` means one or two. Raises OSError."""
    host, _, port = listen.rpartition(":")
    loop, bound = asyncio.get_running_loop(), []
    found = await loop.getaddrinfo(host.strip("[]"), int(port), type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    try:
        for family, *_, address in dict.fromkeys(found):
            bound.append(socket.create_server(address[:2], family=family))
    except OSError:
        for each in bound:
            each.close()
        raise
    return bound
