"""The application, and the address it is served at."""

from aiohttp import web

from monitor.web.answers import routes, static
from monitor.web.guard import add_headers, plain_errors
from monitor.web.render import FOLDER, PAGES, Pages
from monitor.web.shown import SHOWN, Shown

_SHUTDOWN_SECONDS = 2.0  # for answers under way


def app(shown: Shown) -> web.Application:
    application = web.Application(middlewares=[plain_errors], client_max_size=64 * 1024)
    application[SHOWN] = shown
    application[PAGES] = Pages(shown.version)
    application.add_routes([*routes(shown), static(FOLDER / "static")])
    application.on_response_prepare.append(add_headers)
    return application


class Site:
    """One listening address."""

    def __init__(self, shown: Shown) -> None:
        # A request that goes away ends what it had begun: a look that nobody waits for is not made.
        self._runner = web.AppRunner(
            app(shown), access_log=None, shutdown_timeout=_SHUTDOWN_SECONDS, handler_cancellation=True
        )

    async def start(self, listen: str) -> str:
        """Listen at ADDRESS:PORT and return it as it came out, for port 0 too. Raises OSError."""
        await self._runner.setup()
        host, _, port = listen.rpartition(":")
        await web.TCPSite(self._runner, host.strip("[]"), int(port)).start()
        address, number = self._runner.addresses[0][:2]
        return f"[{address}]:{number}" if ":" in address else f"{address}:{number}"

    async def stop(self) -> None:
        await self._runner.cleanup()
