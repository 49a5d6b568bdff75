"""One GET and its redirects."""

from collections.abc import Callable, Mapping
from typing import Protocol

from yarl import URL

from probes import Fact, Page, Reason
from probes._net import http1, redirect
from probes._net.faults import Fault
from probes._net.guard import url_fault
from probes._net.settings import NetworkSettings

Follow = Callable[[URL], bool]


class Asker(Protocol):
    """What a chase needs of a trip."""

    settings: NetworkSettings
    facts: dict[str, Fact]

    async def ask(self, method: str, url: URL, headers: Mapping[str, str], body: bytes = b"") -> http1.Answer: ...

    def cookies(self, url: URL) -> str: ...


class Chase:
    """Asks, and follows while `follow` says so. Raises `Fault` of the host that was asked last, and `Trouble`."""

    def __init__(self, asker: Asker, url: URL, headers: Mapping[str, str], follow: Follow | None) -> None:
        self._asker = asker
        self._headers = headers
        self._follow = follow or _always
        self._asked = [url]
        self._seen = set[tuple[URL, str]]()  # with the cookies that were sent

    async def run(self) -> Page:
        while True:
            answer = await self._ask(self._asked[-1])
            led = redirect.target(self._asked[-1], answer.status, answer.headers)
            if led is None or not self._follow(led):
                return page(answer, tuple(self._asked), led)
            self._step(led)

    async def _ask(self, url: URL) -> http1.Answer:
        self._seen.add((url, self._asker.cookies(url)))
        self._asker.facts["redirects"] = len(self._asked) - 1
        # What was meant for the first host, a password perhaps, is not shown to the next.
        mine = redirect.origin(url) == redirect.origin(self._asked[0])
        return await self._asker.ask("GET", url, self._headers if mine else {})

    def _step(self, led: URL) -> None:
        settings = self._asker.settings
        if reason := url_fault(led, settings.ports):
            raise Fault(Reason.FORBIDDEN_URL, f"leads astray: {reason}")
        if (led, self._asker.cookies(led)) in self._seen:
            raise Fault(Reason.REDIRECT_LOOP, f"leads back to {redirect.shown(led)}")
        if len(self._asked) > settings.max_redirects:
            raise Fault(Reason.TOO_MANY_REDIRECTS, f"more than {settings.max_redirects} redirects")
        self._asked.append(led)


def page(answer: http1.Answer, asked: tuple[URL, ...], location: URL | None) -> Page:
    return Page(
        url=asked[-1],
        status=answer.status,
        headers=answer.headers,
        body=answer.body,
        asked=asked,
        location=location,
    )


def _always(_: URL) -> bool:
    return True
