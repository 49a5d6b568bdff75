"""The chain that ours is compared with: Debian's blackbox_exporter, Prometheus and Alertmanager, on loopback.

One run of it tells by three lines. `usual`: rules evaluated every 15 s, each alert a group of its own that waits 30 s.
`best`: every 5 s, no waiting. `grouped`: as `usual`, all alerts of one name in one group, as in Alertmanager's own example.
"""

import asyncio
import json
import socket
import subprocess
from collections.abc import Iterable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import aiohttp

LINES = ("usual", "best", "grouped")
PROGRAMS = ("prometheus-blackbox-exporter", "prometheus", "prometheus-alertmanager")
BODY = "Dịch vụ công trực tuyến"  # in every portal's page that is well
_READY = 30.0  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Aim:
    """A portal as the chain looks at it."""

    agency: str
    host: str
    address: str  # host:port on loopback


class Chain:
    """`period`, seconds: of probes; `looks`: that must fail one after the other. `async with` starts and ends it."""

    def __init__(  # noqa: PLR0913 - one thing each that a chain is told
        self, folder: Path, aims: Iterable[Aim], ca_file: Path, receiver: str, *, period: int, timeout: int, looks: int
    ) -> None:
        self._folder = folder
        self._blackbox, self._prometheus, self._alertmanager = (f"127.0.0.1:{port}" for port in _ports(3))
        self._ends = AsyncExitStack()
        aims = tuple(aims)
        self._write("blackbox.json", _modules(aims, ca_file, timeout))
        self._write("rules.json", _rules(period * (looks - 1)))
        self._write("alertmanager.json", _routes(receiver))
        self._write("prometheus.json", self._scrapes(aims, period, timeout))

    def _write(self, name: str, content: object) -> None:
        (self._folder / name).write_text(json.dumps(content), encoding="utf-8")  # JSON is YAML

    def _scrapes(self, aims: Iterable[Aim], period: int, timeout: int) -> Mapping[str, Any]:
        return {
            "global": {
                "scrape_interval": f"{period}s",
                "scrape_timeout": f"{timeout + 1}s",
                "evaluation_interval": "15s",
            },
            "rule_files": ["rules.json"],
            "alerting": {"alertmanagers": [{"static_configs": [{"targets": [self._alertmanager]}]}]},
            "scrape_configs": [
                {
                    "job_name": "portals",
                    "metrics_path": "/probe",
                    "static_configs": [
                        {
                            "targets": [self._blackbox],
                            "labels": {
                                "agency": aim.agency,
                                "__param_module": aim.agency,
                                "__param_target": f"https://{aim.address}/",
                            },
                        }
                        for aim in aims
                    ],
                }
            ],
        }

    async def __aenter__(self) -> Self:
        at = self._folder
        await self._start(
            self._blackbox,
            "/-/healthy",
            [PROGRAMS[0], f"--config.file={at}/blackbox.json", f"--web.listen-address={self._blackbox}"],
        )
        await self._start(
            self._alertmanager,
            "/-/ready",
            [
                PROGRAMS[2],
                f"--config.file={at}/alertmanager.json",
                f"--storage.path={at}/alertmanager",
                f"--web.listen-address={self._alertmanager}",
                "--cluster.listen-address=",
            ],
        )
        await self._start(
            self._prometheus,
            "/-/ready",
            [
                PROGRAMS[1],
                f"--config.file={at}/prometheus.json",
                f"--storage.tsdb.path={at}/prometheus",
                f"--web.listen-address={self._prometheus}",
            ],
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._ends.aclose()

    async def _start(self, address: str, ready: str, command: list[str]) -> None:
        log = self._ends.enter_context((self._folder / f"{command[0]}.log").open("w"))
        child = subprocess.Popen(command, stdout=log, stderr=log, cwd=self._folder, start_new_session=True)  # noqa: ASYNC220 - it returns at once
        self._ends.callback(_end, child)
        async with aiohttp.ClientSession() as http, asyncio.timeout(_READY):
            while not await _is_ready(http, f"http://{address}{ready}"):
                await asyncio.sleep(0.1)

    async def well(self) -> frozenset[str]:
        """Agencies whose latest probe succeeded."""
        async with (
            aiohttp.ClientSession() as http,
            http.get(f"http://{self._prometheus}/api/v1/query", params={"query": "probe_success == 1"}) as answer,
        ):
            found = await answer.json()
        return frozenset(each["metric"]["agency"] for each in found["data"]["result"])


def _ports(number: int) -> list[int]:
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(number)]
    ports = [each.getsockname()[1] for each in held]
    for each in held:
        each.close()
    return ports


async def _is_ready(http: aiohttp.ClientSession, url: str) -> bool:
    try:
        async with http.get(url) as answer:
            return answer.status == 200
    except aiohttp.ClientError:
        return False


def _end(child: "subprocess.Popen[bytes]") -> None:
    child.terminate()
    child.wait(20)


def _modules(aims: Iterable[Aim], ca_file: Path, timeout: int) -> Mapping[str, Any]:
    return {
        "modules": {
            aim.agency: {
                "prober": "http",
                "timeout": f"{timeout}s",
                "http": {
                    "headers": {"Host": aim.host},
                    "preferred_ip_protocol": "ip4",
                    "fail_if_not_ssl": True,
                    "fail_if_body_not_matches_regexp": [BODY],
                    "tls_config": {"ca_file": str(ca_file), "server_name": aim.host},
                },
            }
            for aim in aims
        }
    }


def _rules(seconds: int) -> Mapping[str, Any]:
    """Pending from the first failed probe that is seen; told after as many periods as lie between the looks."""
    return {
        "groups": [
            {
                "name": line,
                "interval": every,
                "rules": [
                    {
                        "alert": "PortalDown",
                        "expr": "probe_success == 0",
                        "for": f"{seconds}s",
                        "labels": {"line": line},
                    }
                ],
            }
            for line, every in zip(LINES, ("15s", "5s", "15s"), strict=True)
        ]
    }


def _routes(receiver: str) -> Mapping[str, Any]:
    alone, together = {"group_by": ["..."]}, {"group_by": ["alertname"]}
    waits = {"group_wait": "30s", "group_interval": "5m"}
    ways = {
        "usual": alone | waits,
        "best": alone | {"group_wait": "0s", "group_interval": "1s"},
        "grouped": together | waits,
    }
    return {
        "route": {
            "receiver": "usual",
            "routes": [{"receiver": line, "matchers": [f'line="{line}"'], **how} for line, how in ways.items()],
        },
        "receivers": [
            {"name": line, "webhook_configs": [{"url": f"{receiver}/{line}", "send_resolved": True}]} for line in LINES
        ],
    }
