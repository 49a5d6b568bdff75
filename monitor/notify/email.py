"""Tells people by mail over SMTP: text and page in one message, threaded by what it follows on."""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime
from socket import AF_INET6, socket
from typing import ClassVar, Literal

import aiosmtplib
from aiosmtplib.response import SMTPResponse

from monitor.model import ZONE
from monitor.notify import Message, NotifyError, Reach
from monitor.notify._smtp import Client, closing, refusal, refused, told_why
from probes._secret import Secret

_PORTS = {"starttls": 587, "tls": 465, "none": 25}
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?=.{1,253}\Z)([A-Za-z0-9-]{1,63}\.)*[A-Za-z0-9-]{1,63}")
_NAMED = re.compile(r"(?P<name>[^<>]*)<(?P<address>[^<>]*)>")
_MOST_REFERENCES = 20
_NAMING = frozenset({"Message-ID", "In-Reply-To", "References"})


class _Wire(EmailPolicy):
    """Folds by itself what Python's own way would spoil.

    A subject by the older way: the newer one of Python 3.11 loses or adds spaces where it breaks it. Names of messages
    one a line: those that are too long for a line would be encoded, and no mail program finds a thread by that.
    """

    def fold(self, name: str, value: str) -> str:
        if name == "Subject":
            return f"{name}: {Header(str(value), header_name=name).encode(linesep=self.linesep)}{self.linesep}"
        if name in _NAMING:
            return f"{name}: {f'{self.linesep} '.join(str(value).split())}{self.linesep}"
        return str(super().fold(name, value))

    def fold_binary(self, name: str, value: str) -> bytes:
        ours = name == "Subject" or name in _NAMING
        return self.fold(name, value).encode("ascii") if ours else super().fold_binary(name, value)


_SEVEN_BITS = _Wire(linesep="\r\n", cte_type="7bit")  # no server has to speak 8BITMIME


@dataclass(frozen=True, slots=True, kw_only=True)
class Notifier:
    """Addresses are `a@b.example` or `Name <a@b.example>`; `bounces` takes what cannot be delivered, else `sender`."""

    audience: ClassVar[Literal["people", "machines"]] = "people"

    host: str
    port: int | None = None
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: str | None = None
    password: Secret | None = None
    sender: str
    to: tuple[str, ...]
    cc: tuple[str, ...] = ()
    reply_to: str | None = None
    bounces: str | None = None
    hello: str | None = None  # the name that the monitor gives itself; none: its address

    def __post_init__(self) -> None:
        """Raises ValueError."""
        if self.port is not None and not 0 < self.port < 65536:
            raise ValueError("port: must be between 1 and 65535")
        if not re.fullmatch(r"[A-Za-z0-9.:-]{1,253}", self.host):
            raise ValueError("host: must be a host name or an address")
        if self.hello is not None and not re.fullmatch(r"[A-Za-z0-9.:\[\]-]{1,253}", self.hello):
            raise ValueError("hello: must be a host name")
        if (self.user is None) is not (self.password is None):
            raise ValueError("user: needs a password beside it, and the other way round")
        if self.password and self.security == "none":
            raise ValueError("security: must be starttls or tls where there is a password, which would go in the clear")
        if not self.to:
            raise ValueError("to: must name at least one")
        for name, address in self._addresses():
            _sound(name, address)

    def _addresses(self) -> Iterator[tuple[str, str]]:
        """With the names of their settings."""
        for name in ("sender", "reply_to", "bounces"):
            if (address := getattr(self, name)) is not None:
                yield name, address
        for name in ("to", "cc"):
            yield from ((f"{name}.{at}", address) for at, address in enumerate(getattr(self, name), 1))

    async def send(self, message: Message, reach: Reach) -> None:
        mail = mail_of(self, message, reach).as_bytes()
        wanted = message.only or tuple(dict.fromkeys(parsed(each).addr_spec for each in (*self.to, *self.cc)))
        with told_why(self.host):
            sock = await reach.connect(self.host, self.port or _PORTS[self.security])
            with closing(self._client(sock, reach), sock) as client:
                await self._greet(client)
                wrong = await self._hand_over(client, wanted, mail)
        if wrong:
            raise refused(wrong, had=len(wrong) < len(wanted) or bool(message.only))

    def _client(self, sock: socket, reach: Reach) -> Client:
        return Client(
            hostname=self.host,
            sock=sock,
            use_tls=self.security == "tls",
            start_tls=False,
            tls_context=reach.tls,
            local_hostname=self.hello or _literal(sock),
            timeout=None,
        )

    async def _greet(self, client: Client) -> None:
        """What goes wrong here is no message's fault: it is tried again."""
        await client.connect()
        await client.ehlo()
        if self.security == "starttls":
            if not client.supports_extension("starttls"):
                raise NotifyError(f"{self.host} offers no STARTTLS; nothing is sent in the clear")
            await client.starttls()
            await client.ehlo()
        if self.user and self.password:
            await self._log_in(client, self.user, self.password)

    async def _log_in(self, client: Client, user: str, password: Secret) -> None:
        try:
            await client.login(user, password.reveal())
        except aiosmtplib.SMTPResponseException as error:  # its text may hold what was sent
            raise NotifyError(f"{self.host} refuses user and password ({error.code})") from None
        except (aiosmtplib.SMTPServerDisconnected, TimeoutError):
            raise
        except aiosmtplib.SMTPException:
            raise NotifyError(f"{self.host} takes no password in a way that is known here") from None

    async def _hand_over(self, client: Client, wanted: tuple[str, ...], mail: bytes) -> Mapping[str, SMTPResponse]:
        """Recipients who were refused, with the answer to each."""
        envelope = parsed(self.bounces or self.sender).addr_spec
        try:
            wrong, _ = await client.sendmail(envelope, wanted, mail)
        except aiosmtplib.SMTPRecipientsRefused as error:
            return {each.recipient: SMTPResponse(each.code, each.message) for each in error.recipients}
        except aiosmtplib.SMTPResponseException as error:
            raise refusal(error, self.host) from None
        with suppress(aiosmtplib.SMTPException):  # it is delivered, whatever comes of the farewell
            await client.quit()
        return wrong


def mail_of(notifier: Notifier, message: Message, reach: Reach) -> EmailMessage:
    """The whole message; nothing in a notice can end a header."""
    mail = EmailMessage(policy=_SEVEN_BITS)
    sender = parsed(notifier.sender)
    mail["From"] = sender
    mail["To"] = [parsed(each) for each in notifier.to]
    if notifier.cc:
        mail["Cc"] = [parsed(each) for each in notifier.cc]
    if notifier.reply_to:
        mail["Reply-To"] = parsed(notifier.reply_to)
    mail["Subject"] = _line(message.subject)
    mail["Date"] = format_datetime(reach.now().astimezone(ZONE))
    for name, value in _threading(message, sender.domain):
        mail[name] = value
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday note answers it
    mail["X-Npsp-Event"] = str(message.notice.event)
    _fill(mail, message)
    return mail


def _threading(message: Message, domain: str) -> Iterator[tuple[str, str]]:
    """RFC 5322, 3.6.4: mail programs put what refers to the same beginning together."""
    yield "Message-ID", f"<{message.key}@{domain}>"
    keys = [f"{key}-{message.channel}" for key in message.notice.after] if message.before is None else message.before
    before = [f"<{key}@{domain}>" for key in keys]
    if before:
        yield "In-Reply-To", before[-1]
        yield "References", " ".join((*before[:1], *before[1:][-_MOST_REFERENCES:]))


def _fill(mail: EmailMessage, message: Message) -> None:
    mail.set_content(message.text)
    if not message.html:
        return
    mail.add_alternative(message.html, subtype="html")
    page = mail.get_payload(1)
    assert isinstance(page, EmailMessage)  # noqa: S101 - it was just put there
    for each in message.pictures:
        page.add_related(
            each.png, "image", "png", cid=f"<{each.name}>", filename=f"{each.name}.png", disposition="inline"
        )


def parsed(text: str) -> Address:
    """An address that was found sound."""
    named = _NAMED.fullmatch(text.strip())
    name, address = (named["name"].strip().strip('"'), named["address"].strip()) if named else ("", text.strip())
    return Address(display_name=name, addr_spec=address)


def _sound(setting: str, text: str) -> None:
    named = _NAMED.fullmatch(text.strip())
    address = named["address"].strip() if named else text.strip()
    if (
        not text.isprintable()
        or not _ADDRESS.fullmatch(address)
        or ".." in address
        or ".@" in address
        or address[0] == "."
    ):
        raise ValueError(f"{setting}: must be an address such as a@b.example or Name <a@b.example>, on one line")


def _line(text: str) -> str:
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def _literal(sock: socket) -> str:
    """RFC 5321, 4.1.3: who has no name that others can look up gives its address."""
    address = str(sock.getsockname()[0])
    return f"[IPv6:{address}]" if sock.family == AF_INET6 else f"[{address}]"
