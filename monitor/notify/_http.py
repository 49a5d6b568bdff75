"""A POST to a receiver over HTTP, and what its answer means for the next try."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus

import aiohttp
from yarl import URL

from monitor.notify import NotifyError, Reach
from monitor.notify._trouble import of_system, of_tls

_AGAIN = frozenset({408, 425, 429})  # Request Timeout, Too Early, Too Many Requests


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """What is sent, and where. Of the URL errors name the host alone: the rest may be a password."""

    url: URL
    body: bytes
    headers: Mapping[str, str]
    proxy: URL | None = None

    @property
    def to(self) -> str:
        return f"{self.url.raw_host}:{self.url.port}"


async def post(reach: Reach, out: Post) -> None:
    """Raises NotifyError; TimeoutError passes through: limits come from outside. What is in an answer is not read."""
    try:
        async with reach.http.post(
            out.url, data=out.body, headers=out.headers, proxy=out.proxy, allow_redirects=False
        ) as answer:
            _judge(answer, out.to, reach.now())
    except aiohttp.ClientError as error:
        raise NotifyError(f"{out.to}: {_why(error)}") from None
    except OSError as error:
        if isinstance(error, TimeoutError):
            raise
        raise NotifyError(f"{out.to}: {of_system(error)}") from None


def _judge(answer: aiohttp.ClientResponse, to: str, now: datetime) -> None:
    """2xx: taken. What the receiver may get over is tried again; the rest never is, redirects among it."""
    status = answer.status
    if 200 <= status < 300:
        return
    after = _after(answer.headers.get("Retry-After", ""), now)
    if 300 <= status < 400:
        problem = f"{to} answers {status} and redirects to {_whither(answer)}; write that one"
        raise NotifyError(problem, permanent=True, after=after)
    again = status in _AGAIN or status >= 500
    raise NotifyError(f"{to} answers {status} {_phrase(status)}".rstrip(), permanent=not again, after=after)


def _phrase(status: int) -> str:
    """Not the receiver's own: it may hold what was sent."""
    return next((each.phrase for each in HTTPStatus if each == status), "")


def _whither(answer: aiohttp.ClientResponse) -> str:
    """The host that a redirect leads to: what follows it may be a password."""
    try:
        return str(answer.url.join(URL(answer.headers.get("Location", ""))).origin())
    except ValueError:
        return "nowhere"


def _after(text: str, now: datetime) -> float | None:
    """Seconds of a Retry-After (RFC 9110, 10.2.3): a number of them, or a date."""
    if text.isdecimal() and len(text) < 8:
        return float(text)
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return max(0.0, ((at if at.tzinfo else at.replace(tzinfo=UTC)) - now).total_seconds())


def _why(error: aiohttp.ClientError) -> str:
    """Without the request's address or headers, which aiohttp shows."""
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return of_tls(error.certificate_error)
    if isinstance(error, aiohttp.ClientConnectorError):
        return of_system(error.os_error)
    if isinstance(error, aiohttp.ServerDisconnectedError):
        return "hangs up without an answer"
    return f"does not speak HTTP as it should ({type(error).__name__})"
