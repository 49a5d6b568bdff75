"""Stands for the Ministry's mailbox and webhook: takes every notice that comes, and keeps and tells it."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any, TypeVar

from aiohttp import web
from aiosmtpd.smtp import SMTP, Envelope, Session

from stack.addresses import split

Notice = TypeVar("Notice", "Mail", "Hook")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    at: float  # by the monotonic clock
    sender: str
    recipients: Sequence[str]
    message: EmailMessage

    @property
    def subject(self) -> str:
        return str(self.message["Subject"])

    def part(self, kind: str) -> str:
        """The text of the part, `plain` or `html`; empty where there is none."""
        found = self.message.get_body((kind,))
        return "" if found is None else str(found.get_content())


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    at: float
    path: str
    payload: Mapping[str, Any]  # version 4 of Alertmanager's webhook

    @property
    def alerts(self) -> Sequence[Mapping[str, Any]]:
        return list(self.payload.get("alerts", ()))

    def about(self, alert: str, status: str) -> list[Mapping[str, str]]:
        """The labels of its alerts of that name and status."""
        return [a["labels"] for a in self.alerts if (a["labels"]["alertname"], a["status"]) == (alert, status)]


@dataclass(slots=True, kw_only=True)
class Catcher:
    """What came, in order of its coming."""

    tell: Callable[[Mail | Hook], None] = lambda _: None
    mails: list[Mail] = field(default_factory=list)
    hooks: list[Hook] = field(default_factory=list)
    _new: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        message = message_from_bytes(envelope.original_content or b"", policy=default)
        assert isinstance(message, EmailMessage)
        mail = Mail(
            at=time.monotonic(),
            sender=str(envelope.mail_from),
            recipients=tuple(map(str, envelope.rcpt_tos)),
            message=message,
        )
        self.mails.append(mail)
        await self._told(mail)
        return "250 OK"

    async def take(self, request: web.Request) -> web.Response:
        hook = Hook(at=time.monotonic(), path=request.path, payload=await request.json())
        self.hooks.append(hook)
        await self._told(hook)
        return web.Response(text="taken\n")

    async def _told(self, what: Mail | Hook) -> None:
        self.tell(what)
        async with self._new:
            self._new.notify_all()

    async def mail(self, wanted: Callable[[Mail], object], after: float = 0) -> Mail:
        """The first such mail that came or comes after that instant."""
        return await self._first(lambda: (m for m in self.mails if m.at >= after and wanted(m)))

    async def hook(self, wanted: Callable[[Hook], object], after: float = 0) -> Hook:
        return await self._first(lambda: (h for h in self.hooks if h.at >= after and wanted(h)))

    async def _first(self, those: Callable[[], Iterable[Notice]]) -> Notice:
        async with self._new:
            while (first := next(iter(those()), None)) is None:
                await self._new.wait()
        return first


@asynccontextmanager
async def catching(
    mail: str, webhook: str, tell: Callable[[Mail | Hook], None] = lambda _: None
) -> AsyncIterator[Catcher]:
    """Listens at both addresses."""
    catcher = Catcher(tell=tell)
    app = web.Application()
    app.add_routes([web.get("/-/ready", _ready), web.post("/{path:.*}", catcher.take)])
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    server = await asyncio.get_running_loop().create_server(
        lambda: SMTP(catcher, enable_SMTPUTF8=True, hostname="catcher.example"), *split(mail)
    )
    try:
        await web.TCPSite(runner, *split(webhook)).start()
        yield catcher
    finally:
        server.close()
        await server.wait_closed()
        await runner.cleanup()


async def _ready(_: web.Request) -> web.Response:
    return web.Response(text="ready\n")
