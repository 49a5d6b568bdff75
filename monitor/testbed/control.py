"""A port for people: who wants to see an agency fail says so with curl. Loopback only, for a drill only."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from monitor.testbed.estate import Estate
from monitor.testbed.faults import Fault
from monitor.testbed.scenario import MONITOR


@asynccontextmanager
async def control(estate: Estate) -> AsyncIterator[str]:
    """Serves `GET /` (hosts, ports, faults) and `POST /hosts/WHO/FAULT`; gives its address.

    WHO: a code, a host, a group or level of the scenario, or `monitor`; FAULT: `none` for all is well.
    """
    faults = {fault: fault.about for fault in Fault}

    async def listing(_: web.Request) -> web.Response:
        return web.json_response({"synthetic": estate.scenario.name, "faults": faults, "hosts": estate.listing()})

    async def befall(request: web.Request) -> web.Response:
        who, word = request.match_info["who"], request.match_info["fault"]
        if "Origin" in request.headers:
            raise web.HTTPForbidden(text="no page in a browser has anything to do here\n")
        words = {"none": None, **{fault.value: fault for fault in Fault}}
        if word not in words:
            raise web.HTTPBadRequest(text=f"no fault {word!r}; there are {', '.join(words)}\n")
        try:
            codes = () if who == MONITOR else estate.members(who)
            await estate.befall(who, words[word])
        except LookupError as error:
            raise web.HTTPNotFound(text=f"{error.args[0]}\n") from None
        return web.Response(text=f"{', '.join(codes) or who}: {word}\n")

    app = web.Application()
    app.add_routes([web.get("/", listing), web.post("/hosts/{who}/{fault}", befall)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
