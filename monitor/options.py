"""Options that several commands of the command line have."""

from datetime import date, datetime
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
