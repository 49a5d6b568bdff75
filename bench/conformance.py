"""Holds our /probe against a real blackbox_exporter, case by case: `make conformance`.

Each case is a module of blackbox_exporter. It runs there as it is and here as `npsp-monitor import-blackbox` translates
it, against the same servers. Every probe_* series is compared: whether it is there, and its value; of times only that
they are not negative. What differs needs a reason in conformance_reasons.py, or the exit status is 1.
"""

import asyncio
import contextlib
import shutil
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from aiohttp import ClientSession, ClientTimeout
from prometheus_client.parser import text_string_to_metric_families
from yarl import URL

ROOT = Path(__file__).parents[1]
for path in (ROOT, ROOT / "bench"):
    sys.path.insert(0, str(path))

from conformance_cases import Case, cases  # noqa: E402 - after the path
from conformance_reasons import REASONS, Reason, reason_for  # noqa: E402
from conformance_servers import servers  # noqa: E402

from monitor.importing.blackbox import Imported, as_yaml, imported  # noqa: E402
from monitor.importing.shapes import BlackboxShape  # noqa: E402
from monitor.log import configure  # noqa: E402
from monitor.server import shown  # noqa: E402
from monitor.service import Service  # noqa: E402
from monitor.settings import load, read  # noqa: E402
from monitor.web.serving import Site  # noqa: E402

BINARY = "prometheus-blackbox-exporter"
AT_ONCE = 4
PATIENCE = ClientTimeout(total=30)
Values = dict[str, float]  # of series as they are written: name{label="value"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    series: str
    theirs: float | None  # None: there is no such series
    ours: float | None
    reason: Reason | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    case: Case
    differences: tuple[Difference, ...]
    well: tuple[bool, bool]  # theirs, ours

    @property
    def explained(self) -> bool:
        return all(each.reason for each in self.differences)


async def compare(wanted: Sequence[Case]) -> list[Outcome]:
    """Runs the cases on both sides."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with (
            servers(folder) as words,
            _theirs(folder, wanted, words) as theirs,
            _ours(folder, wanted, words) as ours,
        ):
            room = asyncio.Semaphore(AT_ONCE)
            async with ClientSession(timeout=PATIENCE) as session:

                async def one(case: Case) -> Outcome:
                    async with room:
                        there = await _values(session, URL(theirs).with_query(_their_question(case, words)))
                        here = await _values(session, URL(ours).with_query(agency=_code(wanted, case), check=case.name))
                        return _outcome(case, there, here)

                return await asyncio.gather(*map(one, wanted))


def _outcome(case: Case, theirs: Values, ours: Values) -> Outcome:
    differences = []
    for series in sorted(theirs.keys() | ours.keys()):
        there, here = theirs.get(series), ours.get(series)
        if not _same(series, there, here):
            reason = reason_for(case.name, series, there, here)
            differences.append(Difference(series=series, theirs=there, ours=here, reason=reason))
    well = (theirs.get("probe_success") == 1, ours.get("probe_success") == 1)
    return Outcome(case=case, differences=tuple(differences), well=well)


def _same(series: str, theirs: float | None, ours: float | None) -> bool:
    """Times differ from look to look; that they are there and not negative is what is compared."""
    if theirs is None or ours is None:
        return False
    name = series.partition("{")[0]
    if name.endswith("_seconds") and "timestamp" not in name and name != "probe_timeout_seconds":
        return theirs >= 0 and ours >= 0
    return theirs == ours


async def _values(session: ClientSession, url: URL) -> Values:
    async with session.get(url) as answer:
        text = await answer.text()
        if answer.status != 200:
            raise RuntimeError(f"{url} answers {answer.status}: {text[:500]}")
    return {
        _written(sample.name, sample.labels): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name.startswith("probe_")
    }


def _written(name: str, labels: Mapping[str, str]) -> str:
    """Without the label that newer versions have beside the others."""
    kept = {label: value for label, value in sorted(labels.items()) if label != "serialnumber"}
    inner = ",".join(f'{label}="{value}"' for label, value in kept.items())
    return f"{name}{{{inner}}}" if inner else name


# -- theirs


@contextlib.asynccontextmanager
async def _theirs(folder: Path, wanted: Sequence[Case], words: Mapping[str, str]) -> AsyncIterator[str]:
    """A real blackbox_exporter with a module for each case."""
    binary = shutil.which(BINARY)
    if binary is None:
        raise FileNotFoundError(f"{BINARY} is not installed; `make debian-packages` installs it")
    file = _module_file(folder, wanted, words)
    await _taken(binary, file)
    address = f"127.0.0.1:{_free_port()}"
    program = await asyncio.create_subprocess_exec(
        binary,
        f"--config.file={file}",
        f"--web.listen-address={address}",
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        await _answers(f"http://{address}/-/healthy")
        yield f"http://{address}/probe"
    finally:
        program.terminate()
        await program.wait()


async def _taken(binary: str, file: Path) -> None:
    """RuntimeError where a case is no module to it."""
    program = await asyncio.create_subprocess_exec(binary, f"--config.file={file}", "--config.check", stderr=-1)
    _, said = await program.communicate()
    if program.returncode:
        raise RuntimeError(said.decode())


def _module_file(folder: Path, wanted: Iterable[Case], words: Mapping[str, str]) -> Path:
    file = folder / "blackbox.yml"
    lines = ["modules:", *(f"  {case.name}: {_filled(case.yaml, words)}" for case in wanted)]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


def _their_question(case: Case, words: Mapping[str, str]) -> dict[str, str]:
    question = {"module": case.name, "target": _target(case, words)}
    return {**question, "hostname": case.host} if case.host else question


async def _answers(url: str) -> None:
    async with ClientSession() as session, asyncio.timeout(10):
        while True:
            with contextlib.suppress(OSError):
                async with session.get(url) as answer:
                    if answer.status == 200:
                        return
            await asyncio.sleep(0.02)


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


# -- ours


@contextlib.asynccontextmanager
async def _ours(folder: Path, wanted: Sequence[Case], words: Mapping[str, str]) -> AsyncIterator[str]:
    """A monitor without a schedule: a check for each case, on an agency of its own."""
    config = load(_config(folder, wanted, words), _environment(wanted))
    service = Service(config, lambda: config)
    service.plan()

    async def reload() -> tuple[str, ...]:
        return ()

    site = Site(shown(service, reload))
    try:
        yield f"http://{await site.start('127.0.0.1:0')}/probe"
    finally:
        await site.stop()
        await service.close()


def _config(folder: Path, wanted: Sequence[Case], words: Mapping[str, str]) -> Path:
    config = folder / "config"
    (config / "agencies").mkdir(parents=True)
    modules = imported(read(_module_file(folder, wanted, words), BlackboxShape))
    checks = as_yaml((_for_its_agency(each, wanted, words) for each in modules), "the cases")
    for name, text in (
        ("agencies/provinces.yaml", ""),
        ("agencies/national.yaml", ""),
        ("agencies/ministries.yaml", "".join(_agency(wanted, case, words) for case in wanted)),
        ("checks.yaml", checks),
        ("monitor.yaml", _monitor(wanted, words)),
    ):
        (config / name).write_text(text, encoding="utf-8")
    return config


def _for_its_agency(module: Imported, wanted: Sequence[Case], words: Mapping[str, str]) -> Imported:
    """What an operator adds by hand: whom it is for, and the name server that is the target there."""
    case = next(each for each in wanted if each.name == module.module)
    if module.settings is None or module.name != module.module:
        raise RuntimeError(f"{module.module} is not translated: {module.notes}")
    more = {"servers": (_target(case, words),)} if case.prober == "dns" else {}
    settings = {**module.settings, "only": (_code(wanted, case),), **more}
    return Imported(module=module.module, name=module.name, settings=settings, notes=module.notes)


def _agency(wanted: Sequence[Case], case: Case, words: Mapping[str, str]) -> str:
    evidence = "{code: placeholder, portal: seen, note: of a conformance case}"
    return (
        f"{_code(wanted, case)}: {{name: {case.name}, name_en: {case.name}, level: ministry, "
        f'portal: "{_portal(case, words)}", evidence: {evidence}}}\n'
    )


def _portal(case: Case, words: Mapping[str, str]) -> str:
    target = _target(case, words)
    if case.prober != "http":
        return f"http://{target}/?case={case.name}"
    url = URL(target)
    return str(url.with_host(case.host).with_port(None) if case.host else url)


def _monitor(wanted: Iterable[Case], words: Mapping[str, str]) -> str:
    """Loopback is let through, every port, and as many redirects as there."""
    ports = sorted({int(port) for word in words.values() if (port := word.rpartition(":")[2]).isdecimal()} | {80, 443})
    led = {(case.host, URL(_target(case, words))) for case in wanted if case.host}
    leads = {(host, 443 if url.scheme == "https" else 80, f"{url.host}:{url.port}") for host, url in led}
    connect_to = ", ".join(f'{{host: {host}, port: {port}, to: "{to}"}}' for host, port, to in sorted(leads))
    return (
        f"network:\n  contact: conformance@monitor.example\n  ca_file: {words['other_ca']}\n  ports: {ports}\n  requests_per_second: 1000\n"
        f"  max_redirects: 10\n  internal_hosts: [127.0.0.1, 127.0.0.77]\n  connect_to: [{connect_to}]\n"
    )


def _environment(wanted: Iterable[Case]) -> dict[str, str]:
    def name(case: Case, what: str) -> str:
        return f"BLACKBOX_{case.name}_{what}".upper().replace(" ", "_")

    return {name(case, what): value for case in wanted for what, value in case.secrets.items()}


def _code(wanted: Sequence[Case], case: Case) -> str:
    """CAA, CAB and so on: no code that anybody has."""
    number = wanted.index(case)
    return f"C{chr(65 + number // 26)}{chr(65 + number % 26)}"


def _target(case: Case, words: Mapping[str, str]) -> str:
    target = _filled(case.target, words)
    return f"{target}{'&' if '?' in target else '?'}case={case.name}" if case.prober == "http" else target


def _filled(text: str, words: Mapping[str, str]) -> str:
    for word, stands_for in words.items():
        text = text.replace(f"@{word}@", stands_for)
    return text


# -- the table


def table(outcomes: Sequence[Outcome], version: str) -> str:
    """docs/conformance.md."""
    rows = [_row(each) for each in outcomes]
    used = {each.reason.word for outcome in outcomes for each in outcome.differences if each.reason}
    same = sum(row.endswith("| same |") for row in rows)
    lines = [
        "# Conformance with blackbox_exporter",
        "",
        f"Written by `make conformance`: {len(outcomes)} cases against {version}; {same} are the same. A case is a module of",
        "blackbox_exporter; here it runs as `npsp-monitor import-blackbox` translates it, through `/probe`. Compared is every",
        "`probe_*` series: whether it is there, and its value; of times only that they are not negative. The words in the",
        "last column are explained below the table. Series of our own (`npsp_*`) stand beside.",
        "",
        "Not compared: names that do not resolve (the other tool asks the machine's own name servers, which a test must not",
        "need), proxies, HTTP/2, IPv6 hosts, icmp, grpc, unix and websocket.",
        "",
        "| case | prober | success there / here | differs |",
        "|---|---|---|---|",
        *rows,
        "",
        "## Why",
        "",
        *(
            f"- **{reason.word}**{' (everywhere)' * reason.everywhere}: {reason.text}"
            for reason in REASONS
            if reason.word in used
        ),
    ]
    return "\n".join(lines) + "\n"


def _row(outcome: Outcome) -> str:
    words = dict.fromkeys(_word(each) for each in outcome.differences if not (each.reason and each.reason.everywhere))
    said = " / ".join("yes" if well else "no" for well in outcome.well)
    return f"| {outcome.case.name} | {outcome.case.prober} | {said} | {', '.join(words) or 'same'} |"


def _word(difference: Difference) -> str:
    return difference.reason.word if difference.reason else f"UNEXPLAINED: {difference.series.partition('{')[0]}"


async def _version() -> str:
    program = await asyncio.create_subprocess_exec(BINARY, "--version", stdout=-1, stderr=-2)
    out, _ = await program.communicate()
    return "blackbox_exporter " + out.decode().split("version ")[1].split()[0]


def main(names: Sequence[str]) -> int:
    """Of these cases, or of all; only all are written down."""
    configure("console", "error")
    outcomes = asyncio.run(compare([case for case in cases() if not names or case.name in names]))
    for outcome in outcomes:
        for each in outcome.differences:
            if each.reason is None:
                print(f"{outcome.case.name}: {each.series}: there {each.theirs}, here {each.ours}")
    if not names:
        text = table(outcomes, asyncio.run(_version()))
        (ROOT / "docs" / "conformance.md").write_text(text, encoding="utf-8")
    unexplained = sum(not outcome.explained for outcome in outcomes)
    print(f"{len(outcomes)} cases, {unexplained} with a difference that has no reason")
    return 1 if unexplained else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
