"""Reads the errors of X-Road: whether the exchange failed or the service behind it, and at which hop.

By "X-Road: Message Protocol for REST" (PR-REST), 4.3 and 4.6: an answer has the header `X-Road-Error` when the error
came about in X-Road, and has none when it is the provider's own. The header holds the type of the error; it begins with
Client (the request), Server.ClientProxy (the consumer's security server) or Server.ServerProxy (the provider's). Version
8 writes the types in small letters with underscores (server.serverproxy.network_error).

That the national adapter is X-Road is INFERRED, from the word XrdAdapter and the form of its members' names.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from probes import Observation, Page, Reason, Trouble
from probes._answer import Answer

HEADER = "x-road-error"
# Set by the provider's security server on every answer that came through it (PR-REST, 4.3).
_CAME_THROUGH = ("x-road-request-hash", "x-road-request-id", "x-road-id")
_TYPE = re.compile(r"[a-z][a-z_]{0,39}(?:\.[a-z_]{1,40}){0,5}")

Hop = Literal["request", "client_proxy", "access", "server_proxy", "service", "unclear"]

_SAID: Mapping[Hop, str] = {
    "request": "the request does not fit the protocol",
    "client_proxy": "the consumer's own security server failed",
    "access": "the provider does not let this consumer in",
    "server_proxy": "the provider's security server failed",
    "service": "the provider's security server got no answer from the service behind it",
    "unclear": "where it failed is not told",
}
# The provider's side is national, and no agency answers for it; a request that does not fit may be the monitor's own
# fault, and where nothing is told nobody is accused: those are UNREADABLE.
_REASONS: Mapping[Hop, Reason] = MappingProxyType(
    {
        "client_proxy": Reason.EXCHANGE_FAILED,
        "access": Reason.EXCHANGE_FAILED,
        "server_proxy": Reason.UPSTREAM,
        "service": Reason.UPSTREAM,
    }
)
# The first that fits counts; compared without regard to case and underscores. PR-REST gives NetworkError for a service
# whose connection timed out, and ServiceFailed for one that did not answer.
_HOPS: tuple[tuple[str, Hop], ...] = (
    ("server.serverproxy.accessdenied", "access"),
    ("server.serverproxy.servicefailed", "service"),
    ("server.serverproxy.networkerror", "service"),
    ("server.serverproxy", "server_proxy"),
    ("server.clientproxy", "client_proxy"),
    ("client", "request"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeError:
    """`type` in lower case, from a bounded alphabet, `other` where it is none; at most 250 characters."""

    type: str
    hop: Hop


def error_of(page: Page) -> ExchangeError | None:
    """The error that the header tells; None without the header."""
    told = page.headers.get(HEADER)
    if told is None:
        return None
    word = told.strip().lower()
    return ExchangeError(type=word if _TYPE.fullmatch(word) else "other", hop=_hop(word.replace("_", "")))


def exchange_fault(answer: Answer, shown: Callable[[str], str] = str) -> Observation | None:
    """A message that X-Road could not pass on; `shown` is asked before a word of the answer is told."""
    error = error_of(answer.page)
    if error is None:
        return None
    detail = f"{answer.host} answered {answer.page.status} as a security server does that could not pass a message on"
    facts = {"error_type": shown(error.type), "hop": error.hop}
    reason = _REASONS.get(error.hop, Reason.UNREADABLE)
    return answer.found(reason, f"{detail}: {_SAID[error.hop]}; an answer was expected", **facts)


@contextmanager
def at_an_address_of_ours() -> Iterator[None]:
    """In here only addresses that the operator wrote are asked: that one is forbidden is no fault of anybody's."""
    try:
        yield
    except Trouble as trouble:
        if trouble.reason not in (Reason.FORBIDDEN_URL, Reason.FORBIDDEN_ADDRESS):
            raise
        told = f"{trouble.detail}; network.ports and network.internal_hosts in monitor.yaml would allow it"
        raise Trouble(Reason.NOT_ALLOWED, trouble.host, told, **trouble.facts) from None


def came_through(page: Page) -> bool:
    """Whether an answer bears the marks of one that X-Road has passed on."""
    return any(name in page.headers for name in _CAME_THROUGH)


def _hop(word: str) -> Hop:
    return next((hop for prefix, hop in _HOPS if word == prefix or word.startswith(f"{prefix}.")), "unclear")
