"""What holds for every answer: headers that tie the browser's hands, and errors that say nothing of our inside."""

from collections.abc import Awaitable, Callable
from typing import Final

import structlog
from aiohttp import web

from monitor.web.reader import reader
from monitor.web.render import PAGES

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS: Final = (
    ("Content-Security-Policy", _POLICY),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Server", "npsp-monitor"),
)
_FOR_PROGRAMS: Final = ("/-/", "/api/", "/metrics", "/probe", "/sd")

log = structlog.get_logger()


def mark(response: web.StreamResponse) -> None:
    """With the headers of every answer."""
    for name, value in HEADERS:
        response.headers[name] = value
    response.headers.setdefault("Cache-Control", "no-store")


@web.middleware
async def plain_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """A page for people, a line for programs; the traceback goes to the log alone."""
    try:
        return await handler(request)
    except web.HTTPException as refused:
        return _answer(request, refused.status, {"Allow": refused.headers["Allow"]} if refused.status == 405 else {})
    except Exception:
        log.exception("page_failed", path=request.path)
        return _answer(request, 500, {})


def from_a_browser(request: web.Request) -> bool:
    """Whether a web page sent this. No page of ours sends anything, so whatever page did is not ours.

    Origin is not compared with Host: a name that an attacker points at us would agree with itself.
    """
    return "Origin" in request.headers or request.headers.get("Sec-Fetch-Site", "none") != "none"


def _answer(request: web.Request, status: int, headers: dict[str, str]) -> web.Response:
    if request.path.startswith(_FOR_PROGRAMS):
        return web.Response(status=status, text=f"{status}\n", headers=headers)
    page = request.app[PAGES].error(reader(request), status)
    return web.Response(status=status, text=page, content_type="text/html", headers=headers)
