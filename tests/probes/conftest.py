"""Answers that the tests of several kinds of probe serve."""

from collections.abc import Callable, Mapping

import pytest
from aiohttp import web
from yarl import URL

from probes import Page

NO_HEADERS: Mapping[str, str] = {}
PAGE = "<html lang=vi><head><title>Cổng dịch vụ công</title></head><body><h1>Hà Nội</h1><p>Nộp hồ sơ</p></body></html>"


@pytest.fixture
def shows() -> Callable[..., Callable]:
    """`shows(body, status=200, content_type="text/html", headers=…)`: a server that answers so to everything."""

    def of(body: str | bytes = PAGE, status: int = 200, content_type: str = "text/html", headers: Mapping = NO_HEADERS):
        content = body.encode() if isinstance(body, str) else body

        async def handler(_: web.BaseRequest) -> web.Response:
            return web.Response(
                body=content, status=status, headers={"Content-Type": f"{content_type}; charset=utf-8", **headers}
            )

        return handler

    return of


@pytest.fixture
def site(shows) -> Callable[..., Callable]:
    """`site({path: handler or body}, asked)`: 404 for other paths; the list `asked` gets every request."""

    def of(pages: Mapping, asked: list | None = None):
        async def handler(request: web.BaseRequest) -> web.StreamResponse:
            if asked is not None:
                asked.append(f"{request.method} {request.host}{request.path_qs}")
            page = pages.get(request.path)
            if page is None:
                return web.Response(status=404, text="không có")
            return await (page if callable(page) else shows(page))(request)

        return handler

    return of


@pytest.fixture
def leads(shows) -> Callable[..., Callable]:
    """`leads(address, status=302)`: a server that redirects there."""
    return lambda to, status=302: shows("", status=status, headers={"Location": to})


@pytest.fixture
def page() -> Callable[..., Page]:
    """`page(body, content_type=…)`: an answer without a server, for what only reads."""

    def of(body: str | bytes = b"", content_type: str = "text/html; charset=utf-8", status: int = 200) -> Page:
        url = URL("https://dichvucong.hanoi.gov.vn/a/b")
        content = body.encode() if isinstance(body, str) else body
        return Page(url=url, status=status, headers={"content-type": content_type}, body=content, asked=(url,))

    return of
