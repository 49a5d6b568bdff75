"""A port for people: who wants to see an agency fail says so with curl. Loopback only, for a drill only."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from monitor.testbed.estate import Estate
from monitor.testbed.faults import Fault


@asynccontextmanager
async def control(estate: Estate) -> AsyncIterator[str]:
    """Serves `GET /` (hosts, ports, faults) and `POST /hosts/WHO/FAULT` (`none`: all is well); gives its address."""

    async def listing(_: web.Request) -> web.Response:
        return web.json_response({"synthetic": estate.scenario.name, "faults": list(Fault), "hosts": estate.listing()})

    async def befall(request: web.Request) -> web.Response:
        who, word = request.match_info["who"], request.match_info["fault"]
        if "Origin" in request.headers:
            raise web.HTTPForbidden(text="no page in a browser has anything to do here\n")
        faults = {"none": None, **{fault.value: fault for fault in Fault}}
        if word not in faults:
            raise web.HTTPBadRequest(text=f"no fault {word!r}; there are {', '.join(faults)}\n")
        try:
            await estate.set_fault(who, faults[word])
        except LookupError as error:
            raise web.HTTPNotFound(text=f"{error.args[0]}\n") from None
        return web.Response(text=f"{estate.owner(who)}: {word}\n")

    app = web.Application()
    app.add_routes([web.get("/", listing), web.post("/hosts/{who}/{fault}", befall)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
