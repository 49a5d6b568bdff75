"""The course of one fault through the whole stack: what was seen where, and when. For tests and for the bench."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass

from aiohttp import ClientError, ClientSession, ClientTimeout

from stack.catcher import Hook, Mail
from stack.lineup import Stack

BETWEEN = 0.05  # seconds between two questions
ENDED = "Đã kết thúc"  # in the subject of a mail, as config/alertmanager/templates/npsp.tmpl has it
STAGES = ("turned", "scraped", "fires", "webhook", "mail")
Series = list[tuple[dict[str, str], float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What is done to whom, and what must come of it."""

    who: str  # the code of an agency, or of a national system
    fault: str  # `none`: all its faults end
    answer: str  # of the condition `connected`, after it
    alert: str
    status: str  # of the notice: firing or resolved
    subject: str  # words of the mail's subject


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """Seconds from the fault to each stage, in order; and the notices themselves."""

    begun: float  # by the monotonic clock
    after: dict[str, float]
    hook: Hook
    mail: Mail

    def __str__(self) -> str:
        return ", ".join(f"{stage} {seconds:.1f} s" for stage, seconds in self.after.items())


class Asking:
    """Questions to a running stack."""

    def __init__(self, stack: Stack, session: ClientSession) -> None:
        self._stack = stack
        self._session = session

    async def text(self, url: str) -> str:
        async with self._session.get(url, timeout=ClientTimeout(total=10)) as answer:
            answer.raise_for_status()
            return await answer.text()

    async def page(self) -> list[str]:
        """The lines of the monitor's /metrics."""
        return (await self.text(f"http://{self._stack.addresses.monitor}/metrics")).splitlines()

    async def query(self, promql: str) -> Series:
        url = f"http://{self._stack.addresses.prometheus}/api/v1/query"
        async with self._session.get(url, params={"query": promql}, timeout=ClientTimeout(total=10)) as answer:
            found = json.loads(await answer.text())
        if found["status"] != "success":
            raise ValueError(found["error"])
        return [(each["metric"], float(each["value"][1])) for each in found["data"]["result"]]

    async def alertmanagers(self) -> int:
        """How many of them Prometheus knows; until it does, what fires is not sent."""
        found = json.loads(await self.text(f"http://{self._stack.addresses.prometheus}/api/v1/alertmanagers"))
        return len(found["data"]["activeAlertmanagers"])

    async def befall(self, who: str, fault: str) -> None:
        async with self._session.post(f"http://{self._stack.faults}/hosts/{who}/{fault}") as answer:
            answer.raise_for_status()

    async def ready(self) -> None:
        """Until Prometheus has the monitor's figures, and knows where to send alerts."""
        await until(lambda: self.query("npsp_monitor_watches_looked_at == npsp_monitor_watches"))
        await until(self.alertmanagers)

    async def course(self, turn: Turn) -> Course:
        """Do it, and follow it through every stage."""
        series = f'agency="{turn.who}",condition="connected",answer="{turn.answer}"'
        fires = f'ALERTS{{alertname="{turn.alert}",agency="{turn.who}",alertstate="firing"}}'
        expected = fires if turn.status == "firing" else f"absent({fires})"
        begun = time.monotonic()
        await self.befall(turn.who, turn.fault)
        at = []
        await until(lambda: self._held(turn))
        at.append(time.monotonic())
        for promql in (f"npsp_agency_standing{{{series}}} == 1", expected):
            await until(lambda: self.query(promql))  # noqa: B023 - called at once
            at.append(time.monotonic())
        hook = await self._stack.catcher.hook(
            lambda hook: any(labels.get("agency") == turn.who for labels in hook.about(turn.alert, turn.status)), begun
        )
        mail = await self._stack.catcher.mail(
            lambda mail: (
                f"/runbooks/{turn.alert}" in mail.part("plain")
                and turn.subject in mail.subject
                # The operators' copy of the notice before may come only now.
                and (ENDED in mail.subject) is (turn.status == "resolved")
            ),
            begun,
        )
        after = (moment - begun for moment in (*at, hook.at, mail.at))
        return Course(begun=begun, after=dict(zip(STAGES, after, strict=True)), hook=hook, mail=mail)

    async def _held(self, turn: Turn) -> bool:
        start = f'npsp_agency_standing{{agency="{turn.who}",'
        wanted = ('condition="connected"', f'answer="{turn.answer}"')
        return any(
            line.startswith(start) and all(each in line for each in wanted) and line.endswith(" 1.0")
            for line in await self.page()
        )


async def until(get: Callable[[], Awaitable[object]]) -> None:
    """Ask until something comes; who calls sets the limit."""
    while True:
        with suppress(ClientError, OSError):
            if await get():
                return
        await asyncio.sleep(BETWEEN)
