"""Makes the configuration that runs out of the shipped one: the same files, with the few values that must differ.

A file in which nothing differs is copied byte for byte.
"""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import yaml

from stack import edits
from stack.addresses import Addresses
from stack.edits import Edit, Quick

ROOT = Path(__file__).parents[2]
DASHBOARDS = "/var/lib/grafana/dashboards/npsp"  # where the shipped provisioning looks
Change = tuple[str, Edit]  # the file, from the folder of the derived configuration, and what changed in it


def derived(into: Path, addresses: Addresses, quick: Quick | None, root: Path = ROOT) -> list[Change]:
    """Write prometheus/, alertmanager/ and provisioning/ into the folder; gives everything that differs."""
    for source in (root / "config" / "prometheus", root / "config" / "alertmanager", root / "grafana" / "provisioning"):
        shutil.copytree(source, into / source.name)
    changes: list[Change] = []
    for file in sorted(into.rglob("*.yml")):
        name = file.relative_to(into).as_posix()
        if name == "prometheus/http-sd.yml":
            continue  # another example, which the stack does not run
        changes += ((name, edit) for edit in _rewritten(file, lambda data: _edits(name, data, addresses, quick, root)))  # noqa: B023 - called at once
    return changes


def _edits(name: str, data: Any, addresses: Addresses, quick: Quick | None, root: Path) -> Iterator[Edit]:
    part, *inner = name.split("/")
    if part == "provisioning":
        yield from _dashboards(data, root)
    if part == "alertmanager":
        yield from edits.of_mail_and_webhooks(data, addresses)
        if quick:
            yield from edits.of_routing_times(data, quick)
    else:
        yield from edits.of_addresses(data, addresses)
    if part == "prometheus" and quick:
        times = edits.of_rule_times if "rules" in inner else edits.of_monitoring_times
        yield from times(data, quick)


def _dashboards(data: Any, root: Path) -> Iterator[Edit]:
    for path, value in edits.leaves(data):
        if value == DASHBOARDS:
            yield Edit(path=path, was=value, becomes=str(root / "grafana" / "dashboards"))


def _rewritten(file: Path, find: Callable[[Any], Iterator[Edit]]) -> list[Edit]:
    data = yaml.safe_load(file.read_text(encoding="utf-8"))
    found = list(find(data))
    if found:
        edits.apply(data, found)
        file.write_text(yaml.safe_dump(data, allow_unicode=True, sort_keys=False, width=10**6), encoding="utf-8")
    return found


def scenario(into: Path, name: str, every: str = "3s", timeout: str = "2s") -> Path:
    """The demo's scenario with looks that come sooner; the rest is the scenario's."""
    shipped = Path(name) if Path(name).is_file() else ROOT / "monitor" / "testbed" / "scenarios" / f"{name}.yaml"
    data = yaml.safe_load(shipped.read_text(encoding="utf-8"))
    data["monitor"] = {**data.get("monitor", {}), "every": every, "timeout": timeout, "warm_up": timeout}
    file = into / shipped.name
    file.write_text(yaml.safe_dump(data, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return file
