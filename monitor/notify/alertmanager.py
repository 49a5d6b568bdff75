"""Alerts to Alertmanager (API v2), to every instance that is configured.

Alertmanager forgets an alert that is not told again, and after a restart all of them: what is open is told again every
minute, and for a while what is over. A notice is delivered when one instance took it, for instances of one cluster tell
each other of what they have told people; one that fails is named in the log.
"""

import asyncio
import json
from base64 import b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar, Final, Literal

from yarl import URL

from monitor.notice import Notice
from monitor.notify import Message, NotifyError, Reach
from monitor.notify._alerts import Alert, Links, alerts_of, latest_of_each
from monitor.notify._http import Post, post
from probes._secret import Secret

_AT_ONCE: Final = 500  # alerts in one request
_GRACE: Final = 5.0  # seconds that the others have once one instance took it
_LEAST_LASTING: Final = timedelta(minutes=3)  # a minute's telling may be missed, and the next


@dataclass(frozen=True, slots=True, kw_only=True)
class Notifier:
    urls: tuple[URL, ...]  # of every instance, with its path prefix where it has one
    grafana: URL | None = None
    user: str | None = None
    password: Secret | None = None
    token: Secret | None = None  # instead of user and password
    lasts: timedelta = timedelta(minutes=15)  # that an alert goes on after the monitor itself is gone

    audience: ClassVar[Literal["people", "machines"]] = "machines"

    def __post_init__(self) -> None:
        if not self.urls:
            raise ValueError("urls: must name at least one Alertmanager")
        if (self.user is None) is not (self.password is None):
            raise ValueError("password: user and password go together")
        if self.user is not None and self.token is not None:
            raise ValueError("token: either a token, or user and password")
        if self.lasts < _LEAST_LASTING:
            raise ValueError("lasts: must be at least 3m, since what is open is told again every minute")

    async def send(self, message: Message, reach: Reach) -> None:
        await self._tell([message.notice], reach)

    async def refresh(self, notices: Sequence[Notice], reach: Reach) -> None:
        await self._tell(notices, reach)

    async def _tell(self, notices: Iterable[Notice], reach: Reach) -> None:
        links, now = Links(page=reach.page, grafana=self.grafana), reach.now()
        alerts = latest_of_each(alert for notice in notices for alert in alerts_of(notice, links, now, self.lasts))
        if alerts:
            await self._all(alerts, reach)

    async def _all(self, alerts: Sequence[Alert], reach: Reach) -> None:
        """To every instance at the same time. Raises NotifyError where none took them."""
        tasks = {asyncio.create_task(self._one(url, alerts, reach)): url for url in self.urls}
        try:
            late = await _settled(tasks)
        finally:
            for task in tasks:
                task.cancel()
        failed = [error for task in tasks if task not in late and (error := task.exception())]
        problems = [*map(str, failed), *(f"{tasks[task].origin()} does not answer" for task in late)]
        if len(problems) == len(tasks):
            raise _none_took(failed)
        for problem in problems:
            reach.warn(problem)

    async def _one(self, url: URL, alerts: Sequence[Alert], reach: Reach) -> None:
        for at in range(0, len(alerts), _AT_ONCE):
            await self._post(url, alerts[at : at + _AT_ONCE], reach)

    async def _post(self, url: URL, alerts: Sequence[Alert], reach: Reach) -> None:
        body = json.dumps([alert.posted() for alert in alerts]).encode()
        await post(reach, Post(url=url / "api/v2/alerts", body=body, headers=self._headers()))

    def _headers(self) -> dict[str, str]:
        return {"Content-Type": "application/json", **self._credentials()}

    def _credentials(self) -> dict[str, str]:
        if self.token is not None:
            return {"Authorization": f"Bearer {self.token.reveal()}"}
        if self.user is None or self.password is None:
            return {}
        return {"Authorization": f"Basic {b64encode(f'{self.user}:{self.password.reveal()}'.encode()).decode()}"}


async def _settled(tasks: Iterable["asyncio.Task[None]"]) -> set["asyncio.Task[None]"]:
    """Wait for all, but once one has succeeded no longer than a little; those that have not come to anything."""
    waiting = set(tasks)
    while waiting:
        done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        if any(task.exception() is None for task in done):
            break
    if waiting:
        _, waiting = await asyncio.wait(waiting, timeout=_GRACE)
    return waiting


def _none_took(failed: Sequence[BaseException]) -> NotifyError:
    """Permanent only where every instance says so."""
    errors = [error for error in failed if isinstance(error, NotifyError)]
    strange = next((error for error in failed if not isinstance(error, NotifyError)), None)
    if strange is not None:
        raise strange
    waits = [error.after for error in errors if error.after is not None]
    return NotifyError(
        "; ".join(map(str, errors)),
        permanent=all(error.permanent for error in errors),
        after=max(waits, default=None),
    )
