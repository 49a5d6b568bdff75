"""Options that several commands of the command line have."""

import re
from datetime import date, datetime, timedelta
from typing import Any

import click


class Day(click.ParamType[date]):
    """A calendar day."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        if isinstance(value, date):
            return value
        try:
            return datetime.strptime(value, "%Y-%m-%d").date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            self.fail(f"{value!r} is not a day; write it as 2023-06-21", param, ctx)


class Local(click.ParamType[datetime]):
    """A clock's time in a zone that another option names."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        if isinstance(value, datetime):
            return value
        try:
            return datetime.strptime(value, "%Y-%m-%d %H:%M")  # noqa: DTZ007 - the zone is another option
        except ValueError:
            self.fail(f'{value!r} is not a day and a time; write it as "2026-12-01 22:00"', param, ctx)


class Lasts(click.ParamType[timedelta]):
    """A duration as in the configuration."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        if isinstance(value, timedelta):
            return value
        parts = re.fullmatch(r"(?=[0-9])(?:([0-9]{1,3})d)?(?:([0-9]{1,4})h)?(?:([0-9]{1,5})m)?", value)
        if parts is None:
            self.fail(f"{value!r} is not a duration; write it as 6h, 1h30m or 1d", param, ctx)
        days, hours, minutes = (int(part or 0) for part in parts.groups())
        return timedelta(days=days, hours=hours, minutes=minutes)


def address_port(_: click.Context, __: click.Parameter, value: str | None) -> str | None:
    host, _colon, port = (value or "").rpartition(":")
    if value is not None and not (host and port.isascii() and port.isdecimal() and int(port) < 65536):
        raise click.BadParameter(f"{value!r} is not ADDRESS:PORT; write it as 127.0.0.1:9884")
    return value


as_of_option = click.option(
    "--as-of", type=Day(), metavar="DATE", help="Roster and rules of this day, e.g. 2023-06-21 (default: today)."
)
level_option = click.option(
    "--level", type=click.Choice(["province", "ministry", "national"]), help="Only agencies of this level."
)
listen_option = click.option(
    "--listen",
    metavar="ADDR:PORT",
    callback=address_port,
    help="Where to serve the page and /metrics (default 127.0.0.1:9884).",
)
scenario_option = click.option("--scenario", default="june-2023", show_default=True, metavar="NAME")
