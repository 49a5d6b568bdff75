"""What a host with a fault of the layer `answer` says to every request, whatever was asked."""

import asyncio
import gzip
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import NoReturn

from aiohttp import hdrs, web

from monitor.testbed import pages
from monitor.testbed.faults import Fault

Answer = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]

NATIONAL_PORTAL = "https://dichvucong.gov.vn/"
ELSEWHERE = "elsewhere.example"  # a host of the estate that belongs to nobody in it

_CHUNK = b" " * 65536
_DRIP = 0.2  # seconds between two bytes of a trickle
_BOMB = 16 * 1024 * 1024  # bytes it unpacks to
_MANY_HEADERS = 2000


def html(text: str, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """A page, packed where the visitor takes that, as most portals do."""
    response = web.Response(text=text, status=status, content_type="text/html", charset="utf-8", headers=headers)
    response.enable_compression()
    return response


def redirect(location: str, status: int = 302) -> web.Response:
    return web.Response(status=status, headers={hdrs.LOCATION: location})


def _page(text: str, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    async def answer(_: web.BaseRequest) -> web.StreamResponse:
        return html(text, status, headers)

    return answer


def _status(status: int, headers: Mapping[str, str] | None = None) -> Answer:
    return _page(pages.error(status, HTTPStatus(status).phrase), status, headers)


def _lead(location: str) -> Answer:
    async def answer(_: web.BaseRequest) -> web.StreamResponse:
        return redirect(location)

    return answer


async def _for_ever() -> NoReturn:
    """Until the visitor leaves or the estate stops: aiohttp cancels the handler then."""
    await asyncio.Event().wait()
    raise AssertionError


async def _silent(_: web.BaseRequest) -> web.StreamResponse:
    await _for_ever()


async def _begin(request: web.BaseRequest, length: int | None = None) -> web.StreamResponse:
    response = web.StreamResponse(headers={hdrs.CONTENT_TYPE: "text/html; charset=utf-8"})
    response.content_length = length
    await response.prepare(request)
    return response


async def _trickle(request: web.BaseRequest) -> web.StreamResponse:
    response = await _begin(request)
    while True:
        await response.write(b" ")
        await asyncio.sleep(_DRIP)


async def _too_large(request: web.BaseRequest) -> web.StreamResponse:
    response = await _begin(request)
    while True:
        await response.write(_CHUNK)


async def _zip_bomb(_: web.BaseRequest) -> web.StreamResponse:
    packed = gzip.compress(bytes(_BOMB), compresslevel=1)
    return web.Response(body=packed, headers={hdrs.CONTENT_TYPE: "text/html", hdrs.CONTENT_ENCODING: "gzip"})


async def _too_many_headers(_: web.BaseRequest) -> web.StreamResponse:
    return web.Response(headers=[(f"X-Padding-{number}", "x" * 60) for number in range(_MANY_HEADERS)])


async def _cut_short(request: web.BaseRequest) -> web.StreamResponse:
    response = await _begin(request, length=len(_CHUNK))
    await response.write(b"<!doctype html><html lang='vi'>")
    _hang_up(request)
    await _for_ever()


async def _not_http(request: web.BaseRequest) -> web.StreamResponse:
    if request.transport is not None:
        request.transport.write(b"SSH-2.0-synthetic\r\n")
    _hang_up(request)
    await _for_ever()


def _hang_up(request: web.BaseRequest) -> None:
    if request.transport is not None:
        request.transport.close()


async def _http_204(_: web.BaseRequest) -> web.StreamResponse:
    return web.Response(status=204)


async def _bad_redirect(_: web.BaseRequest) -> web.StreamResponse:
    return web.Response(status=302)


async def _redirect_to_ftp(request: web.BaseRequest) -> web.StreamResponse:
    return redirect(f"ftp://{request.host}/")


async def _redirect_loop(request: web.BaseRequest) -> web.StreamResponse:
    return redirect("/b" if request.rel_url.path != "/b" else "/a")


async def _endless_redirects(request: web.BaseRequest) -> web.StreamResponse:
    step = request.rel_url.query.get("step", "0")
    return redirect(f"/?step={int(step) + 1 if step.isdecimal() else 1}")


ANSWERS: Mapping[Fault, Answer] = MappingProxyType(
    {
        Fault.SILENT: _silent,
        Fault.TRICKLE: _trickle,
        Fault.NOT_HTTP: _not_http,
        Fault.CUT_SHORT: _cut_short,
        Fault.TOO_LARGE: _too_large,
        Fault.ZIP_BOMB: _zip_bomb,
        Fault.TOO_MANY_HEADERS: _too_many_headers,
        Fault.HTTP_204: _http_204,
        Fault.HTTP_404: _status(404),
        Fault.HTTP_418: _status(418),
        Fault.HTTP_500: _status(500),
        Fault.HTTP_503: _status(503),
        Fault.BLOCKED_403: _page(pages.FIREWALL, 403),
        Fault.BLOCKED_429: _page(pages.FIREWALL, 429, {hdrs.RETRY_AFTER: "60"}),
        Fault.CHALLENGE_PAGE: _page(pages.CHALLENGE),
        Fault.BLANK_PAGE: _page(pages.SHELL),
        Fault.TINY_PAGE: _page(pages.TINY),
        Fault.ENGLISH_PAGE: _page(pages.ENGLISH),
        Fault.MAINTENANCE_TEXT: _page(pages.MAINTENANCE),
        Fault.OTHER_TEXT: _page(pages.OTHER),
        Fault.REDIRECT_LOOP: _redirect_loop,
        Fault.ENDLESS_REDIRECTS: _endless_redirects,
        Fault.BAD_REDIRECT: _bad_redirect,
        Fault.LEADS_ELSEWHERE: _lead(f"https://{ELSEWHERE}/"),
        Fault.REDIRECT_TO_METADATA: _lead("http://169.254.169.254/latest/meta-data/"),
        Fault.REDIRECT_TO_FTP: _redirect_to_ftp,
        Fault.MOVED_TO_NATIONAL: _lead(NATIONAL_PORTAL),
    }
)
