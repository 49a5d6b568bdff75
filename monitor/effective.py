"""Effective settings of a check or channel as text, for whoever debugs it: secrets and values of headers hidden."""

from collections.abc import Iterator
from dataclasses import fields
from typing import Any

from monitor.channels import Channel
from monitor.model import Check


def settings_of(check: Check) -> Iterator[tuple[str, str]]:
    """Name and value, each on one line."""
    yield "probe", check.kind
    yield "every", f"{check.every.total_seconds():g}s"
    yield "timeout", f"{check.timeout.total_seconds():g}s"
    if check.depends_on:
        yield "depends_on", ", ".join(check.depends_on)
    yield from _own(check.probe)


def settings_of_channel(channel: Channel) -> Iterator[tuple[str, str]]:
    """Name and value, each on one line; those of every channel first, then those of its kind."""
    for each in fields(channel):
        if each.name not in ("name", "notifier"):
            yield each.name, one_line(getattr(channel, each.name))
    yield from _own(channel.notifier)


def _own(plugged: Any) -> Iterator[tuple[str, str]]:
    """Every kind is a dataclass; a test over each folder sees to it."""
    for each in fields(plugged):
        yield each.name, one_line(_hidden(each.name, getattr(plugged, each.name)))


def _hidden(name: str, value: Any) -> Any:
    """Header values may be passwords even where nobody marked them as such."""
    return dict.fromkeys(value, "<secret>") if name == "headers" else value


def one_line(value: object) -> str:
    """Without what a terminal would obey."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in str(value))
