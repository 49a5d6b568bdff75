"""Chat and SMS services, over a hundred of them, through the Apprise library; one address of its form is one channel.

The library speaks to the services by itself, past the guard of the house: it follows no redirect, is given up after
`rto` and `cto` of its address, and what would only reach this machine is refused (decision note 16). It says of a
failure no more than a status, and its own log is not passed on, since nothing promises that no token is in it.
"""

import logging
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal

from monitor.notice import OVER, Severity
from monitor.notify import Message, NotifyError, Reach
from monitor.notify._aside import aside
from monitor.plugins import installed
from probes._secret import Secret

if TYPE_CHECKING:
    from apprise import NotifyBase

# What shows a window, blinks a lamp or writes the log of this machine: of no use to a service without a screen.
_LOCAL: Final = frozenset({"blink1", "dbus", "gio", "glib", "gnome", "kde", "macosx", "qt", "syslog", "windows"})
_LONGEST: Final = 30.0  # seconds that an address may wait for a connection, or for a byte
_STATUS: Final = re.compile(r"\berror=([1-5][0-9]{2})\b")
_MARKS: Final = re.compile(r"([\\`*_\[\]<>#|~])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Notifier:
    url: Secret  # of Apprise's form, such as tgram://TOKEN/CHAT: it holds the token
    form: Literal["text", "markdown"] = "text"

    audience: ClassVar[Literal["people", "machines"]] = "people"

    def __post_init__(self) -> None:
        if not installed("apprise"):
            raise ValueError("url: needs the package apprise: pip install 'npsp-monitor[chat]'")
        service = _service(self.url)
        if _LOCAL & _names(service):
            raise ValueError("url: only reaches this machine; it must be a service that is reached by network")
        if max(service.socket_read_timeout or 0.0, service.socket_connect_timeout or 0.0) > _LONGEST:
            raise ValueError(f"url: rto and cto must be at most {_LONGEST:g} seconds")

    async def send(self, message: Message, reach: Reach) -> None:  # noqa: ARG002 - the library has its own way out
        await aside(lambda _: _send(self.url, self.form, message))


def _service(url: Secret) -> "NotifyBase":
    """Raises ValueError, which says nothing of the address."""
    from apprise import Apprise, AppriseAsset  # noqa: PLC0415 - optional, and costs 0.3 s

    # Its log is kept to ourselves here and at every sending: see above.
    logger = logging.getLogger("apprise")
    logger.propagate = False
    logger.setLevel(logging.WARNING)  # whatever the level of ours is: the status of a refusal is said nowhere else
    asset = AppriseAsset(async_mode=False, http_redirects=False, secure_logging=True)
    service = Apprise.instantiate(url.reveal(), asset=asset)
    if service is None:
        raise ValueError("url: is no address that Apprise knows, or lacks a part or a package that its service needs")
    return service


def _names(service: "NotifyBase") -> frozenset[str]:
    """The schemes that lead to this service, whichever was written."""
    found: list[Any] = [service.protocol or (), service.secure_protocol or ()]
    return frozenset(name for each in found for name in ((each,) if isinstance(each, str) else each))


def _send(url: Secret, form: str, message: Message) -> None:
    """Runs in a thread of its own. Raises NotifyError."""
    from apprise import NotifyFormat  # noqa: PLC0415 - as above

    service = _service(url)
    with _heard() as said:
        try:
            taken = service.notify(
                title=message.subject,
                body=_markdown(message.text) if form == "markdown" else message.text,
                notify_type=_type(message),
                body_format=NotifyFormat.MARKDOWN if form == "markdown" else NotifyFormat.TEXT,
            )
        except Exception as error:  # noqa: BLE001 - a hundred modules of other people's, whose texts may hold the token
            raise NotifyError(f"{service.service_name} could not be told: {type(error).__name__}") from None
    if not taken:
        raise _refusal(str(service.service_name), said)


def _refusal(name: str, said: list[str]) -> NotifyError:
    """408, 425, 429, 5xx and silence pass; any other status is of this message or of the settings."""
    statuses = [int(found[1]) for text in said if (found := _STATUS.search(text))]
    if not statuses:
        return NotifyError(f"{name} did not take it, or was not reached")
    status = statuses[-1]
    permanent = status < 500 and status not in (408, 425, 429)
    return NotifyError(f"{name} answers {status}", permanent=permanent)


@contextmanager
def _heard() -> Iterator[list[str]]:
    """What the library logs in this thread meanwhile."""
    said: list[str] = []
    here = threading.get_ident()
    handler = logging.Handler(logging.WARNING)
    handler.emit = lambda record: said.append(record.getMessage()) if record.thread == here else None  # type: ignore[method-assign]  # a class of its own for one line would be longer
    logger = logging.getLogger("apprise")
    logger.addHandler(handler)
    try:
        yield said
    finally:
        logger.removeHandler(handler)


def _type(message: Message) -> Any:
    from apprise import NotifyType  # noqa: PLC0415 - as above

    if message.notice.event in OVER:
        return NotifyType.SUCCESS
    types = {Severity.CRITICAL: NotifyType.FAILURE, Severity.WARNING: NotifyType.WARNING}
    return types.get(message.notice.severity, NotifyType.INFO)


def _markdown(text: str) -> str:
    """The same text where asterisks and underscores mean something; lines stay lines."""
    return "  \n".join(_MARKS.sub(r"\\\1", line) for line in text.splitlines())
