"""Starts whole monitors, one after the other, for somebody who kills them.

Reads a line for each: after how many statements on its ledger the monitor shall kill itself, 0 for never. Writes the
process id at once, and what became of it once it has ended. Each monitor is a process of its own, and all that it is
made of is read, connected and opened by itself; what takes long, which is loading the program, is done once for all.
"""

import asyncio
import json
import os
import signal
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import structlog
from sqlalchemy import event
from yarl import URL

from monitor import loop
from monitor.alerts.rules import Telling
from monitor.bundled import config_folder
from monitor.channels import Channel, Retelling
from monitor.config import Config
from monitor.incidents import Counting
from monitor.judge import Patience, Row
from monitor.notify.email import Notifier as Email
from monitor.notify.file import Notifier as File
from monitor.notify.webhook import Notifier as Webhook
from monitor.server import Server
from monitor.service import Service
from monitor.settings import load
from monitor.signals import stop_event
from monitor.store.place import Place
from monitor.store.sql import SqlLedger
from monitor.testbed.overlay import pointed_at, staged
from monitor.testbed.scenario import named
from probes._net.settings import ConnectTo

QUICK = timedelta(milliseconds=250)
EVERY = timedelta(milliseconds=400)
PATIENT = timedelta(seconds=20)  # a machine that is busy must not look like an agency that is down
HEED = 0.03  # seconds; once a second would be a long time in these lives


def config_for(told) -> Config:
    """`told`: where the estate and the receivers are."""
    scenario = named(told["scenario"])
    config, _ = staged(load(config_folder()), scenario)
    routes = [ConnectTo(host=host, port=port, to=to) for host, port, to in told["connect_to"]]
    config = pointed_at(config, routes, Path(told["ca_file"]), told["control"], pace=1000)
    portals = [each for each in config.checks if each.name in ("portal", "portal_ministry", "national_pages")]
    return replace(
        config,
        checks=tuple(replace(each, every=EVERY, timeout=PATIENT) for each in portals),
        patience=Patience(fail=Row(looks=1, of=1), recover=Row(looks=1, of=1)),  # lives are short
        listen="127.0.0.1:0",
        warm_up=QUICK,
        alerts=Telling(
            hold=QUICK,
            gather=QUICK,
            counting=Counting(least=200, quiet=QUICK),  # every agency speaks for itself, and so does a national system
            retelling=Retelling(turns=10**6),
        ),
        channels={each.name: each for each in channels(told)},
    )


def channels(told):
    hook = Webhook(url=URL(told["hook"]))
    mail = Email(host="127.0.0.1", port=told["mail"], security="none", sender="m@a.example", to=("d@a.example",))
    yield Channel(name="hook", kind="webhook", notifier=hook, timeout=timedelta(seconds=5))
    yield Channel(name="mail", kind="email", notifier=mail, timeout=timedelta(seconds=5))
    yield Channel(name="file", kind="file", notifier=File(path=Path(told["folder"]) / "notices.jsonl"))


def count_down(ledger, statements):
    """Kills itself between two statements of a transaction, before its end, or right after it."""
    left = [statements]

    def one_less(*_):
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    for name in ("before_cursor_execute", "after_cursor_execute", "commit"):
        event.listen(ledger._engine, name, one_less)


async def heeding(service):
    while True:
        await asyncio.sleep(HEED)
        service.heed()


async def served(config, ledger):
    service = Service(config, lambda: config, ledger=ledger)
    often = asyncio.ensure_future(heeding(service))
    stop = stop_event()
    await Server(service).serve(stop)
    often.cancel()


def live(told, config, statements):
    log = os.open(Path(told["folder"]) / "log", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.dup2(log, 1)
    os.dup2(log, 2)
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger("info"),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    ledger = SqlLedger(Place(file=Path(told["folder"]) / "monitor.db"), serving=True)
    if statements:
        count_down(ledger, statements)
    loop.run(served(config, ledger))


def say(number):
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


def main():
    told = json.loads(sys.stdin.readline())
    config = config_for(told)
    for line in iter(sys.stdin.readline, ""):
        child = os.fork()
        if child == 0:
            status = 1
            try:
                live(told, config, int(line))
                status = 0
            finally:
                if status:
                    sys.excepthook(*sys.exc_info())
                os._exit(status)
        say(child)
        say(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))


main()
