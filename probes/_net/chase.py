"""One request and its redirects."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from yarl import URL

from probes import Page, Reason
from probes._net import redirect
from probes._net.course import Course
from probes._net.faults import Fault
from probes._net.guard import url_fault
from probes._net.http1 import Answer, Request
from probes._net.settings import NetworkSettings

Follow = Callable[[URL], bool]
_NOTHING: Final[Mapping[str, str]] = {}


class Chase:
    """Asks, and follows while `follow` says so. Raises `Fault` of the host that was asked last."""

    __slots__ = ("_asked", "_course", "_exchange", "_follow", "_seen", "_settings")

    def __init__(
        self,
        course: Course,
        settings: NetworkSettings,
        exchange: Callable[[Request], Awaitable[Answer]],
        follow: Follow | None,
    ) -> None:
        self._course = course
        self._settings = settings
        self._exchange = exchange
        self._follow = follow
        self._asked: tuple[URL, ...] = ()
        self._seen: set[tuple[str, URL, str]] | None = None  # with the cookies that were sent; made at a redirect

    async def run(self, first: Request) -> Page:
        now = first
        while True:
            self._course.redirects = len(self._asked)
            self._asked = (*self._asked, now.url)
            cookies = self._course.jar.header(now.url)
            answer = await self._exchange(now)
            led = redirect.target(now.url, answer.status, answer.headers)
            if led is None or not (self._follow is None or self._follow(led)):
                return _page(answer, self._asked, led)
            now = self._next(first, now, cookies, redirect.method(now.method, answer.status), led)

    def _next(self, first: Request, now: Request, cookies: str, method: str, led: URL) -> Request:
        if reason := url_fault(led, self._settings.ports):
            raise Fault(Reason.FORBIDDEN_URL, f"leads astray: {reason}")
        seen = self._seen = self._seen or set()
        seen.add((now.method, now.url, cookies))
        if (method, led, self._course.jar.header(led)) in seen:
            raise Fault(Reason.REDIRECT_LOOP, f"leads back to {redirect.shown(led)}")
        if len(self._asked) > self._settings.max_redirects:
            raise Fault(Reason.TOO_MANY_REDIRECTS, f"more than {self._settings.max_redirects} redirects")
        # What was meant for the first host, a password perhaps, is not shown to the next.
        mine = redirect.origin(led) == redirect.origin(first.url)
        body = first.body if mine and method == first.method else b""
        return Request(method=method, url=led, headers=first.headers if mine else _NOTHING, body=body)


def _page(answer: Answer, asked: tuple[URL, ...], location: URL | None) -> Page:
    return Page(
        url=asked[-1],
        status=answer.status,
        headers=answer.headers,
        body=answer.body,
        asked=asked,
        location=location,
        version=answer.version,
        fields=answer.fields,
    )
