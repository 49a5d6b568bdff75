"""How a notice looks, and whether a channel works: `notify preview` and `notify test`."""

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime

from pydantic import TypeAdapter

from monitor import loop, terminal
from monitor.acting import Doer
from monitor.channels import Channel
from monitor.config import Config
from monitor.notice import Event, Notice, Severity, key_of
from monitor.notify import NotifyError
from monitor.reach import reaching
from monitor.saying.message import message
from monitor.saying.samples import samples
from monitor.store.ledger import Act
from monitor.usage import UsageError
from monitor.validate import unknown
from monitor.words import Language

TAKEN, NOT_TAKEN = 0, 1  # exit statuses


def preview(config: Config, event: str, language: str, form: str) -> None:
    """Raises UsageError, which names the events."""
    notice = _sample(event)
    if form == "json":
        told = TypeAdapter(Notice).dump_python(notice, mode="json")
        terminal.write(json.dumps(told, ensure_ascii=False, indent=2) + "\n")
        return
    made = message(notice, "preview", Language(language), config.url)
    terminal.write(made.html if form == "html" else f"{made.subject}\n\n{made.text}\n")


def _sample(event: str) -> Notice:
    known = samples()
    if event not in set(known):
        raise UsageError(unknown(event, [each.value for each in known], "event"))
    return known[Event(event)]


def test_channel(config: Config, name: str, written: Callable[[Act], None], who: str) -> int:
    """Send a test notice, and write it in the audit log. Raises UsageError for a channel that there is not."""
    if name not in config.channels:
        raise UsageError(unknown(name, tuple(config.channels), "channel") if config.channels else _NO_CHANNEL)
    doer = Doer(who=who, at=datetime.now(UTC))
    problem = loop.run(_sent(config, config.channels[name], doer.at))
    written(doer.act("notify_test", name, problem or "taken"))
    if problem:
        terminal.say(f"{name}: not taken: {problem}")
        return NOT_TAKEN
    terminal.say(f"{name}: taken; whether it has arrived, only its readers see")
    return TAKEN


_NO_CHANNEL = "there is no channel: `channels` in monitor.yaml is where they are"


async def _sent(config: Config, channel: Channel, at: datetime) -> str:
    """What was wrong; empty where nothing was."""
    notice = Notice(
        key=key_of(Event.TEST, at, (channel.name,)),
        event=Event.TEST,
        at=at,
        severity=Severity.INFO,
        told=(channel.name,),
        channel=channel.name,
        synthetic=config.synthetic,
    )
    made = message(notice, channel.name, channel.language, config.url)
    try:
        async with reaching(config.network, lambda: datetime.now(UTC), config.url) as reach:
            async with asyncio.timeout(channel.timeout.total_seconds()):
                await channel.notifier.send(made, reach)
    except NotifyError as error:
        return str(error)
    except TimeoutError:
        return f"no end of it within {channel.timeout.total_seconds():g} s"
    return ""
