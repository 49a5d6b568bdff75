"""The application, and the address it is served at."""

import asyncio
import socket
import ssl

from aiohttp import web

from monitor.bundled import runbooks_folder
from monitor.web.answers import routes, static
from monitor.web.gate import Gate, kept_by
from monitor.web.guard import add_headers, plain_errors
from monitor.web.keeper import EVERY, Keeper
from monitor.web.render import FOLDER, PAGES, Pages
from monitor.web.runbooks import runbooks
from monitor.web.shown import SHOWN, Shown
from monitor.web_config import Fingerprint, TlsServer, WebConfig, fingerprint

_SHUTDOWN_SECONDS = 2.0  # for answers under way
_LEAVING_SECONDS = 60.0  # likewise, where only the doors are renewed


def app(shown: Shown, gate: Gate) -> web.Application:
    application = web.Application(middlewares=[kept_by(gate), plain_errors], client_max_size=64 * 1024)
    application[SHOWN] = shown
    application[PAGES] = Pages(shown.version)
    application.add_routes([*routes(shown), static(FOLDER / "static"), *runbooks(runbooks_folder())])
    application.on_response_prepare.extend([add_headers, gate.add_headers])
    return application


class Site:
    """One listening address, and how it is entered."""

    def __init__(self, shown: Shown, config: WebConfig | None = None, every: float = EVERY) -> None:
        self._gate = Gate(config)
        # A request that goes away ends what it had begun: a look that nobody waits for is not made.
        self._runner = web.AppRunner(
            app(shown, self._gate), access_log=None, shutdown_timeout=_SHUTDOWN_SECONDS, handler_cancellation=True
        )
        self._listening: list[socket.socket] = []
        self._doors: list[web.SockSite] = []
        self._held: tuple[TlsServer | None, Fingerprint] = (None, ())  # what the doors were opened with
        self._renewing = asyncio.Lock()
        self._keeper = Keeper(self, shown.vitals)
        self._keeping: asyncio.Task[None] | None = None
        self._every = every
        self._leaving: set[asyncio.Task[None]] = set()

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
        self._keeping = asyncio.create_task(self._keeper.follow(self._every))
        address, number = self._listening[0].getsockname()[:2]
        return f"[{address}]:{number}" if ":" in address else f"{address}:{number}"

    async def renew(self, config: WebConfig | None) -> None:
        """Let people in by this configuration from now on. Raises OSError, with all as before, where its files do not fit."""
        async with self._renewing:
            tls = config.tls if config else None
            wanted = (tls, await asyncio.to_thread(fingerprint, tls.files if tls else ()))
            if wanted != self._held or not self._doors:
                await self._open(await asyncio.to_thread(tls.context) if tls else None)
            self._held = wanted
            self._gate.config = config

    async def _open(self, context: ssl.SSLContext | None) -> None:
        """New doors in the place of the old: the address is never let go, and whoever came in by the old ones comes anew."""
        old, inside = self._doors, self._runner.server.connections if self._runner.server else []
        self._doors = [web.SockSite(self._runner, each.dup(), ssl_context=context) for each in self._listening]
        for door in self._doors:
            await door.start()
        for door in old:
            await door.stop()
        for connection in inside:
            connection.close()
            leaving = asyncio.create_task(connection.shutdown(_LEAVING_SECONDS))
            self._leaving.add(leaving)
            leaving.add_done_callback(self._leaving.discard)

    async def stop(self) -> None:
        ending = [*self._leaving, *([self._keeping] if self._keeping else [])]
        for each in ending:
            each.cancel()
        await asyncio.gather(*ending, return_exceptions=True)
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
