"""The commands about what is told: taking losses on, maintenance, notices, the audit log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from monitor.options import Lasts, Local
from monitor.shell import config_of, log_as_told, with_errors_told

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime, timedelta

    from monitor.desk import Desk

server_option = click.option(
    "--server", metavar="URL", help="A running monitor, by its API (default: the store of the configuration)."
)
form_option = click.option("--format", "form", type=click.Choice(["table", "json"]), default="table")
language_option = click.option("--language", type=click.Choice(["vi", "en"]), default="vi", show_default=True)


def _at_desk(context: click.Context, server: str | None, act: Callable[[Desk], None], *, reads: bool = False) -> None:
    from monitor import acts

    log_as_told(context, "warning")
    with_errors_told(lambda: acts.at_desk(config_of(context), server, act, reads=reads))


def add_to(group: click.Group) -> None:
    for command in (ack, maintenance, notify, audit):
        group.add_command(command)


@click.command(epilog='For example: npsp-monitor ack "ha noi" H15 --reason "gọi anh Bình, đang sửa"')
@click.argument("agencies", nargs=-1, metavar="[AGENCY]...")
@click.option("--reason", metavar="TEXT", help="Why nobody else has to see to it.")
@click.option("--undo", is_flag=True, help="Nobody sees to it any more; needs a reason too.")
@click.option("--list", "listing", is_flag=True, help="Who has taken what on, and end.")
@form_option
@server_option
@click.pass_context
def ack(context: click.Context, /, agencies: tuple[str, ...], reason: str | None, **how: Any) -> None:
    """Take the loss of each AGENCY on: no reminders and no escalation until it is back, and looks go on.

    It clears itself once the agency is back. Who is connected is not taken on, but the others named with it are: exit
    status 2, and it is said who is lost. By --server it is done through the API of a monitor elsewhere, by the user of
    NPSP_MONITOR_USER and NPSP_MONITOR_PASSWORD; it is written in the audit log either way.
    """
    from monitor import acts

    if how["listing"]:
        _at_desk(context, how["server"], lambda desk: acts.show_acks(desk, how["form"]), reads=True)
    elif not agencies or not reason:
        raise click.UsageError('AGENCY and --reason are needed, such as: ack H26 --reason "…"; or --list')
    else:
        done = acts.unack if how["undo"] else acts.ack
        _at_desk(context, how["server"], lambda desk: done(desk, agencies, reason))


@click.group()
def maintenance() -> None:
    """Windows in which notices are held while looks go on; what is still true at the end is told then."""


@maintenance.command(
    "add", epilog="For example: maintenance add H26 --lasts 6h --reason 'monthly update' --every monthly"
)
@click.argument("agencies", nargs=-1, metavar="[AGENCY]...")
@click.option("--all", "everybody", is_flag=True, help="For all agencies.")
@click.option(
    "--begin", type=Local(), metavar='"DAY TIME"', help='Such as "2026-12-01 22:00", in --zone (default: now).'
)
@click.option("--lasts", type=Lasts(), metavar="DURATION", required=True, help="Such as 6h or 1h30m.")
@click.option("--zone", metavar="NAME", default="Asia/Ho_Chi_Minh", show_default=True)
@click.option(
    "--every", type=click.Choice(["daily", "weekly", "monthly"]), help="Again and again, at the same local time."
)
@click.option("--until", type=Local(), metavar='"DAY TIME"', help="No repetition begins later.")
@click.option("--reason", metavar="TEXT", required=True)
@server_option
@click.pass_context
def add(  # noqa: PLR0913, PLR0917 - click gives an argument for each option
    context: click.Context,
    agencies: tuple[str, ...],
    everybody: bool,  # noqa: FBT001 - a click flag
    begin: datetime | None,
    lasts: timedelta,
    zone: str,
    every: str | None,
    until: datetime | None,
    reason: str,
    server: str | None,
) -> None:
    """Hold notices about some agencies, or --all, for a time."""
    from monitor import acts
    from monitor.desk import Wanted

    if bool(agencies) == everybody:
        raise click.UsageError("name agencies, or give --all")
    wanted = Wanted(
        agencies=agencies, begin=begin, lasts=lasts, zone=zone, every=every or "", until=until, reason=reason
    )
    _at_desk(context, server, lambda desk: acts.open_window(desk, wanted))


@maintenance.command("list")
@form_option
@server_option
@click.pass_context
def list_windows(context: click.Context, form: str, server: str | None) -> None:
    """Those of maintenance.yaml and those that were added, with what is open now."""
    from monitor import acts

    _at_desk(context, server, lambda desk: acts.show_windows(desk, form), reads=True)


@maintenance.command("end")
@click.argument("window", metavar="ID")
@click.option("--reason", metavar="TEXT", default="done", show_default=True)
@server_option
@click.pass_context
def end(context: click.Context, window: str, reason: str, server: str | None) -> None:
    """End a window now, with all its repetitions; what is lost is told."""
    from monitor import acts

    _at_desk(context, server, lambda desk: acts.close_window(desk, window, reason))


@click.group()
def notify() -> None:
    """Notices: how they look, whether a channel works, what waits to be delivered."""


@notify.command()
@click.argument("event")
@language_option
@click.option("--format", "form", type=click.Choice(["text", "html", "json"]), default="text", show_default=True)
@click.pass_context
def preview(context: click.Context, event: str, language: str, form: str) -> None:
    """Show the notice of EVENT with made-up content, as it would be sent."""
    from monitor import trying

    log_as_told(context, "warning")
    with_errors_told(lambda: trying.preview(config_of(context), event, language, form))


@notify.command()
@click.argument("channel")
@click.pass_context
def test(context: click.Context, channel: str) -> None:
    """Send a test notice by CHANNEL of the configuration, now; exit status 1 when it is not taken."""
    from monitor import acts

    log_as_told(context, "warning")
    context.exit(with_errors_told(lambda: acts.test(config_of(context), channel)))


@notify.command("list")
@click.option("--pending", is_flag=True, help="Only what waits to be delivered.")
@click.option("--channel", metavar="NAME")
@form_option
@server_option
@click.pass_context
def list_notices(
    context: click.Context,
    pending: bool,  # noqa: FBT001 - a click flag
    channel: str | None,
    form: str,
    server: str | None,
) -> None:
    """The latest notices by channel, and what became of each."""
    from monitor import acts

    _at_desk(context, server, lambda desk: acts.show_notices(desk, form, channel=channel, pending=pending), reads=True)


@click.command()
@form_option
@server_option
@click.pass_context
def audit(context: click.Context, form: str, server: str | None) -> None:
    """Who has done what: losses taken on, maintenance added and ended, channels tested. The latest first."""
    from monitor import acts

    _at_desk(context, server, lambda desk: acts.show_audit(desk, form), reads=True)
