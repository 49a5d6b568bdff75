"""A check's effective settings as text, for whoever debugs it: secrets and the values of headers hidden."""

from collections.abc import Iterator
from dataclasses import fields
from typing import Any

from monitor.model import Check


def settings_of(check: Check) -> Iterator[tuple[str, str]]:
    """Name and value, each on one line."""
    yield "probe", check.kind
    yield "every", f"{check.every.total_seconds():g}s"
    yield "timeout", f"{check.timeout.total_seconds():g}s"
    if check.depends_on:
        yield "depends_on", ", ".join(check.depends_on)
    for each in fields(check.probe):  # type: ignore[arg-type]  # every kind is a dataclass; a test over the folder sees to it
        yield each.name, one_line(_hidden(each.name, getattr(check.probe, each.name)))


def _hidden(name: str, value: Any) -> Any:
    """Header values may be passwords even where nobody marked them as such."""
    return dict.fromkeys(value, "<secret>") if name == "headers" else value


def one_line(value: object) -> str:
    """Without what a terminal would obey."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in str(value))
