"""From a host name to its addresses, by the system's resolver or by configured name servers."""

import asyncio
import re
import socket
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Protocol

import dns.exception
import dns.resolver

from probes import Reason
from probes._net.address import is_address
from probes._net.course import Course
from probes._net.faults import Fault

_NAME = re.compile(r"(?=.{1,253}\.?$)([a-z0-9_-]{1,63}\.)*[a-z0-9_-]{1,63}\.?", re.ASCII | re.IGNORECASE)

_PATIENCE = 10.0  # seconds for a thread to come free
_SYSTEM = {
    socket.EAI_NONAME: (Reason.DNS_NO_NAME, "the name does not exist"),
    socket.EAI_NODATA: (Reason.DNS_NO_ADDRESS, "the name has no address"),
}


class Resolver(Protocol):
    async def addresses(self, host: str, course: Course) -> tuple[str, ...]:
        """At least one address, best first, for the look of this course; raises `Fault`."""

    async def close(self) -> None: ...


def getaddrinfo(host: str) -> list[str]:
    return [str(found[4][0]) for found in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)]


@dataclass(slots=True, kw_only=True)
class _Question:
    host: str
    asking: "asyncio.Future[asyncio.Future[list[str]]]"  # done when a thread has taken it; what it then waits for
    wanted: int = 0  # by so many looks


class SystemResolver:
    """getaddrinfo, which honours /etc/hosts; in threads of its own, so that slow names do not hold up other work.

    A thread inside getaddrinfo cannot be interrupted, so a name has one at most, however many looks want it or were cut
    off. When other names hold all threads, that is no agency's trouble: to wait for one is `still`, and has an end.
    """

    def __init__(self, threads: int, ask: Callable[[str], list[str]] = getaddrinfo) -> None:
        """`ask` blocks, and is called in a thread."""
        self._ask = ask
        self._free = threads
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="resolve")
        self._questions: dict[str, _Question] = {}  # in line or being asked
        self._line: deque[_Question] = deque()

    async def addresses(self, host: str, course: Course) -> tuple[str, ...]:
        question = self._questions.get(host) or self._lined_up(host)
        question.wanted += 1
        try:
            self._advance()
            if not question.asking.done():
                await _turn(question, course)
            asked = question.asking.result()
            await asyncio.wait([asked])  # unlike awaiting it itself, it is not cancelled with us
        finally:
            question.wanted -= 1
        return _distinct(asked)

    async def close(self) -> None:
        self._line.clear()
        self._threads.shutdown(wait=False, cancel_futures=True)  # one that is inside ends by the system's own limit

    def _lined_up(self, host: str) -> _Question:
        question = _Question(host=host, asking=asyncio.get_running_loop().create_future())
        self._questions[host] = question
        self._line.append(question)
        return question

    def _advance(self) -> None:
        """Threads that are free take the next names in line that are still wanted."""
        while self._free and self._line:
            question = self._line[0]
            if question.wanted:
                self._begin(question)  # raises where this machine has no thread to give; then nothing has changed
            else:
                del self._questions[question.host]
            self._line.popleft()

    def _begin(self, question: _Question) -> None:
        asked = asyncio.get_running_loop().run_in_executor(self._threads, self._ask, question.host)
        self._free -= 1
        asked.add_done_callback(partial(self._ended, question.host))
        question.asking.set_result(asked)

    def _ended(self, host: str, asked: "asyncio.Future[list[str]]") -> None:
        self._free += 1
        del self._questions[host]
        if not asked.cancelled():
            asked.exception()  # taken note of, also when nobody wants it any more
        self._advance()


async def _turn(question: _Question, course: Course) -> None:
    with course.still():
        await asyncio.wait([question.asking], timeout=_PATIENCE)
    if not question.asking.done():
        raise Fault(Reason.OFFLINE, "names without an answer hold all threads of the system's resolver")


def of_the_system() -> tuple[str, ...]:
    """The system's name servers, as ADDRESS; none where it names none, or in a way that cannot be read."""
    try:
        named = map(str, dns.resolver.Resolver().nameservers)
    except (dns.exception.DNSException, ValueError, OSError):
        return ()
    return tuple(filter(is_address, named))


def check(host: str) -> None:
    """Raises `Fault` when no such name can exist."""
    if not _NAME.fullmatch(host):
        raise Fault(Reason.DNS_NO_NAME, "not a possible host name")


def _distinct(asked: "asyncio.Future[list[str]]") -> tuple[str, ...]:
    """Of what has been asked; each who waited for it gets an error of its own."""
    error = asked.exception()
    if isinstance(error, socket.gaierror):
        reason, detail = _SYSTEM.get(error.errno or 0, (Reason.DNS_TROUBLE, "name resolution failed"))
        raise Fault(reason, detail)
    found = tuple(dict.fromkeys(asked.result()))
    if not found:
        raise Fault(Reason.DNS_NO_ADDRESS, "the name has no address")
    return found
