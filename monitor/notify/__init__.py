"""What a notifier is: the contract between ways of telling and the monitor.

A notifier delivers one message once, or says why it could not. It keeps no state, tries nothing again, sets no time
limit, and knows nothing of alerts or of the store: `monitor` sees to those. To add a way of telling, add one module here
that defines a frozen dataclass `Notifier`; its file name is the kind's name, its fields are its settings.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from socket import socket
from ssl import SSLContext, create_default_context
from typing import ClassVar, Literal, Protocol, runtime_checkable

import aiohttp
from yarl import URL

from monitor.notice import Notice
from monitor.words import Language


class NotifyError(Exception):
    """Not delivered. `permanent`: the same message will never be taken, such as for a recipient who does not exist.

    `after`: seconds that the receiver asks us to wait before the next try. `left`: recipients who do not have it, where
    others do; the next try is for them alone. The text holds no secret.
    """

    def __init__(
        self, problem: str, *, permanent: bool = False, after: float | None = None, left: tuple[str, ...] = ()
    ) -> None:
        super().__init__(problem)
        self.permanent = permanent
        self.after = after
        self.left = left


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A PNG for a page in HTML, which shows it as `cid:NAME`."""

    name: str
    png: bytes
    alt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A notice in words, for one channel."""

    notice: Notice
    channel: str  # its name in the configuration
    language: Language
    subject: str  # fits a phone: at most 78 characters
    text: str
    html: str
    pictures: tuple[Picture, ...] = ()
    link: str | None = None  # to the status page, where its address is configured
    only: tuple[str, ...] = ()  # recipients who are still to have it; none: all
    # Keys of the messages that it follows on, as this channel got them, by whichever name; None: all of `notice.after`.
    before: tuple[str, ...] | None = None

    @property
    def key(self) -> str:
        """Idempotency key: of this notice on this channel, the same at every try."""
        return f"{self.notice.key}-{self.channel}"


def _unheard(trouble: str) -> None:
    """Where nobody wants to know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """What a notifier reaches the world by: both ways go through the guard of the house.

    Where the operator sends notices to may stand in a private network, but is never a cloud's metadata service.
    """

    connect: Callable[[str, int], Awaitable[socket]]  # connected and non-blocking; raises OSError
    http: aiohttp.ClientSession  # follow no redirect with it, and read no more of an answer than is needed
    now: Callable[[], datetime]  # UTC
    page: URL | None = None  # `web.url` of the configuration: where readers open the monitor, for links
    tls: SSLContext = field(default_factory=create_default_context)  # verifies; for who begins TLS himself
    warn: Callable[[str], None] = _unheard  # delivered, and not all is well: for the log. The text holds no secret


class Notifier(Protocol):
    """One way of telling; its fields are its settings."""

    # People get words, in quiet hours only the gravest; machines get everything at once.
    audience: ClassVar[Literal["people", "machines"]]

    async def send(self, message: Message, reach: Reach) -> None:
        """Deliver; raises NotifyError."""


@runtime_checkable
class Refresher(Notifier, Protocol):
    """A notifier whose receiver forgets what it is not told again, as Alertmanager does. Ask with `isinstance`."""

    async def refresh(self, notices: Sequence[Notice], reach: Reach) -> None:
        """Tell again all that holds; called every minute, and again in the next one whatever came of it.

        `notices`: what is open on this channel as notices would say it now (`still.open_on`), and those that told within
        the last quarter of an hour that something is over. None of it is in the outbox. Raises NotifyError.
        """
