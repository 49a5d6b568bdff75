"""Where an answer leads. Pure."""

from collections.abc import Mapping

from yarl import URL

from probes import Reason
from probes._net.address import is_address
from probes._net.faults import Fault, printable

_REDIRECTS = frozenset({301, 302, 303, 307, 308})


def target(asked: URL, status: int, headers: Mapping[str, str]) -> URL | None:
    """The URL that this answer redirects to, None when it does not redirect; raises `Fault` when it leads nowhere."""
    if status not in _REDIRECTS:
        return None
    location = headers.get("location", "")
    if not location:
        raise Fault(Reason.BAD_REDIRECT, f"status {status} without Location")
    try:
        there = URL(location)
        led = plain(asked.join(there))
        host = led.raw_host or ""  # yarl reads it only when it is asked for
    except (ValueError, IndexError):  # yarl has both
        raise Fault(Reason.BAD_REDIRECT, f"status {status} with a Location that is not a URL") from None
    if not _possible(host):
        raise Fault(Reason.BAD_REDIRECT, f"status {status} with a Location whose host no host can have")
    if there.scheme in ("http", "https") and not there.raw_host:
        raise Fault(Reason.BAD_REDIRECT, f"status {status} with a Location that names no host")
    return led


def _possible(host: str) -> bool:
    return host.isprintable() and (":" not in host or is_address(host))


def method(asked: str, status: int) -> str:
    """With which the redirect is followed, as browsers do (RFC 9110, 15.4)."""
    see_other = status == 303 and asked != "HEAD"
    return "GET" if see_other or (status in (301, 302) and asked == "POST") else asked


def plain(url: URL) -> URL:
    """Without what is never sent: user, password and fragment."""
    if url.raw_user is None and url.raw_password is None and not url.raw_fragment:
        return url
    return (url.with_user(None) if url.raw_user or url.raw_password else url).with_fragment(None)


def shown(url: URL) -> str:
    """For a sentence: without the query, which may hold what is nobody's business."""
    return printable(str(url.with_query(None).with_fragment(None)))


def origin(url: URL) -> tuple[str, str | None, int | None]:
    return (url.scheme, url.raw_host, url.port)
