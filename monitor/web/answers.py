"""What is answered at each address."""

import asyncio
import json
from mimetypes import guess_type
from pathlib import Path

from aiohttp import web

from monitor.metrics import Page
from monitor.web.acting import acting
from monitor.web.discovering import discovery
from monitor.web.gate import PUSH
from monitor.web.guard import Handler, from_a_browser
from monitor.web.heartbeats import heartbeats
from monitor.web.packing import gzip_wanted, gzipped_if_wanted
from monitor.web.probing import probe
from monitor.web.reader import REFRESH_SECONDS, reader
from monitor.web.render import PAGES
from monitor.web.shown import SHOWN, Shown


def routes(shown: Shown) -> list[web.RouteDef]:
    """Every address but those under /static."""
    return [
        web.get("/", overview),
        web.get("/agency/{code}", agency),
        web.get("/api/v1/status", status),
        web.get("/metrics", metrics(shown)),
        web.get("/probe", probe(shown), allow_head=False),
        web.get("/sd", discovery(shown)),
        web.post("/api/v1/heartbeats/{agency}/{check}", heartbeats(shown), name=PUSH),
        *acting(),
        web.get("/-/healthy", healthy),
        web.get("/-/ready", ready),
        web.post("/-/reload", reload),
    ]


async def overview(request: web.Request) -> web.Response:
    shown, who = request.app[SHOWN], reader(request)
    response = _html(request.app[PAGES].overview(who, shown.report(), shown.vitals))
    if who.refreshing:
        response.headers["Refresh"] = str(REFRESH_SECONDS)
    return response


async def agency(request: web.Request) -> web.Response:
    shown, who = request.app[SHOWN], reader(request)
    report = shown.report()
    for each in report["agencies"]:
        if each["code"] == request.match_info["code"]:
            return _html(request.app[PAGES].agency(who, report, shown.vitals, each))
    return _html(request.app[PAGES].error(who, 404, "no_agency"), status=404)


async def status(request: web.Request) -> web.Response:
    """The shape is status.schema.json."""
    text = json.dumps(request.app[SHOWN].report(), ensure_ascii=False, allow_nan=False)
    return gzipped_if_wanted(request, web.json_response(text=text, headers={"Vary": "Accept-Encoding"}))


async def healthy(_: web.Request) -> web.Response:
    return web.Response(text="healthy\n")


async def ready(request: web.Request) -> web.Response:
    """Ready when everything was looked at once; without a plan yet there is nothing that could be ready."""
    store = request.app[SHOWN].store
    looked_at, of = store.seen()
    done = bool(store.agencies) and looked_at >= of
    return web.Response(status=200 if done else 503, text=f"{looked_at} of {of} looked at\n")


async def reload(request: web.Request) -> web.Response:
    if from_a_browser(request):
        raise web.HTTPForbidden
    # Once begun it is brought to its end, also when nobody waits for the answer any more.
    errors = await asyncio.shield(request.app[SHOWN].reload())
    return web.Response(status=500 if errors else 200, text="\n".join((*errors, "")) if errors else "reloaded\n")


def metrics(shown: Shown) -> Handler:
    """One instant of everything; lines that were written for an earlier scrape and still hold are used again."""
    page = Page(store=shown.store, vitals=shown.vitals, config=shown.config, day=shown.day, version=shown.version)

    async def answer(request: web.Request) -> web.Response:
        packed = gzip_wanted(request)
        body, content_type = await page.scrape(",".join(request.headers.getall("Accept", [])), gzip=packed)
        headers = {"Content-Type": content_type, "Vary": "Accept, Accept-Encoding"}
        return web.Response(body=body, headers=headers | ({"Content-Encoding": "gzip"} if packed else {}))

    return answer


def static(folder: Path) -> web.RouteDef:
    """The files of one folder, read once: nothing that a path could lead out of."""
    files = {path.name: (path.read_bytes(), guess_type(path.name)[0] or "") for path in folder.iterdir()}

    async def answer(request: web.Request) -> web.Response:
        if request.match_info["name"] not in files:
            raise web.HTTPNotFound
        body, content_type = files[request.match_info["name"]]
        return web.Response(body=body, content_type=content_type, headers={"Cache-Control": "max-age=3600"})

    return web.get("/static/{name}", answer)


def _html(text: str, status: int = 200) -> web.Response:
    return web.Response(text=text, status=status, content_type="text/html", headers={"Vary": "Accept-Language"})
