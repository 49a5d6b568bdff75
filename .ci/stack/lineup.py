"""What is started, in which order, with which command."""

import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from re import search

from stack import derive
from stack.addresses import Addresses, busy
from stack.catcher import Catcher, Hook, Mail, catching
from stack.derive import Change
from stack.edits import Quick
from stack.programs import DiedError, Program, Running, found, started

GRAFANA_HOMES = (Path("/usr/share/grafana"), Path("/opt/grafana"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What was asked for."""

    addresses: Addresses
    quick: Quick | None = None
    scenario: str = "june-2023"
    tell: Callable[[Mail | Hook], None] = lambda _: None
    ready: Callable[[str, str], None] = lambda _name, _address: None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """It all runs."""

    addresses: Addresses
    catcher: Catcher
    faults: str  # ADDRESS:PORT where the estate's faults are asked for
    changes: list[Change]
    running: list[Running]


def in_the_way(addresses: Addresses) -> Iterator[str]:
    """Everything that keeps the stack from starting, in words."""
    for names in (("prometheus",), ("prometheus-alertmanager", "alertmanager")):
        if found(*names) is None:
            yield f"{' or '.join(names)} is not on PATH: `make debian-packages` installs it"
    for name, address in addresses.each():
        if (name != "grafana" or grafana()) and (why := busy(address)):
            yield f"{address}, for {name}: {why} (--{name} ADDRESS:PORT takes another)"


@asynccontextmanager
async def up(plan: Plan, folder: Path) -> AsyncIterator[Stack]:
    """Starts one after the other, each ready before the next; raises DiedError."""
    changes = derive.derived(folder, plan.addresses, plan.quick)
    to = plan.addresses
    async with AsyncExitStack() as stack:
        running: list[Running] = []

        async def begin(program: Program, address: str) -> Running:
            running.append(await stack.enter_async_context(started(program, folder / "run" / program.name)))
            plan.ready(program.name, f"http://{address}")
            return running[-1]

        catcher = await stack.enter_async_context(catching(to.mail, to.webhook, plan.tell))
        plan.ready("mailbox", f"smtp://{to.mail}")
        plan.ready("webhook", f"http://{to.webhook}")
        demo = await begin(monitor(plan, folder), to.monitor)
        await begin(alertmanager(to, folder), to.alertmanager)
        await begin(prometheus(to, folder, quick=plan.quick is not None), to.prometheus)
        if home := grafana():
            await begin(home(to, folder), to.grafana)
        yield Stack(addresses=to, catcher=catcher, faults=_faults(demo), changes=changes, running=running)


def _faults(demo: Running) -> str:
    if told := search(r"curl -X POST http://([^/\s]+)/hosts/", demo.said()):
        return told[1]
    raise DiedError(f"the demo did not say where faults are asked for:\n{demo.said()}")


def monitor(plan: Plan, folder: Path) -> Program:
    name = str(derive.scenario(folder, plan.scenario)) if plan.quick else plan.scenario
    return Program(
        name="npsp-monitor",
        command=(
            *(sys.executable, "-m", "monitor", "--config", str(derive.ROOT / "config")),
            *("demo", "--listen", plan.addresses.monitor, "--scenario", name),
        ),
        ready=f"http://{plan.addresses.monitor}/-/ready",
        environ={"PYTHONUNBUFFERED": "1"},
    )


def prometheus(to: Addresses, folder: Path, *, quick: bool) -> Program:
    return Program(
        name="prometheus",
        command=(
            found("prometheus") or "prometheus",
            f"--config.file={folder / 'prometheus' / 'prometheus.yml'}",
            "--storage.tsdb.path=data",
            f"--web.listen-address={to.prometheus}",
            f"--web.external-url=http://{to.prometheus}",
            *(("--rules.alert.resend-delay=5s",) if quick else ()),  # usually a minute
        ),
        ready=f"http://{to.prometheus}/-/ready",
    )


def alertmanager(to: Addresses, folder: Path) -> Program:
    return Program(
        name="alertmanager",
        command=(
            found("prometheus-alertmanager", "alertmanager") or "alertmanager",
            f"--config.file={folder / 'alertmanager' / 'alertmanager.yml'}",
            "--storage.path=data",
            f"--web.listen-address={to.alertmanager}",
            f"--web.external-url=http://{to.alertmanager}",
            "--cluster.listen-address=",  # one alone: else it looks for an address to share
        ),
        ready=f"http://{to.alertmanager}/-/ready",
    )


def grafana() -> Callable[[Addresses, Path], Program] | None:
    """Grafana where it is on PATH: `grafana-server`, or `grafana server` since 10."""
    if path := found("grafana-server"):
        command: tuple[str, ...] = (path,)
    elif path := found("grafana"):
        command = (path, "server")
    else:
        return None
    homes = [home for home in (*GRAFANA_HOMES, Path(path).resolve().parents[1]) if (home / "conf").is_dir()]

    def program(to: Addresses, folder: Path) -> Program:
        host, _, port = to.grafana.rpartition(":")
        data = folder / "run" / "grafana"
        return Program(
            name="grafana",
            command=(*command, *(f"--homepath={home}" for home in homes[:1])),
            ready=f"http://{to.grafana}/api/health",
            environ={
                "GF_SERVER_HTTP_ADDR": host,
                "GF_SERVER_HTTP_PORT": port,
                "GF_PATHS_DATA": str(data / "data"),
                "GF_PATHS_LOGS": str(data / "logs"),
                "GF_PATHS_PLUGINS": str(data / "plugins"),
                "GF_PATHS_PROVISIONING": str(folder / "provisioning"),
                # It listens on loopback, for the one who started it: no password, nothing told to anybody.
                "GF_AUTH_ANONYMOUS_ENABLED": "true",
                "GF_ANALYTICS_REPORTING_ENABLED": "false",
                "GF_ANALYTICS_CHECK_FOR_UPDATES": "false",
                "GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES": "false",
            },
        )

    return program
