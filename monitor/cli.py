"""The command line. What a command needs is imported when it runs, so that every --help answers at once."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path
from typing import Any

import click

from monitor import cli_told
from monitor.options import Day, as_of_option, level_option, listen_option, scenario_option
from monitor.shell import config_of, log_as_told, own_folder, server_of, with_errors_told


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    epilog="To see it work: `npsp-monitor demo` starts an emulated estate on this machine and the monitor on it.",
)
@click.option(
    "--config",
    "folder",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    metavar="DIR",
    help="Configuration folder (default: ./config, else the bundled one).",
)
@click.option("--log-format", type=click.Choice(["console", "json"]), default="console", show_default=True)
@click.option(
    "--log-level",
    type=click.Choice(["debug", "info", "warning", "error"]),
    help="Default: info for serve and demo, warning for the rest.",
)
@click.version_option(package_name="npsp-monitor")
@click.pass_context
def main(context: click.Context, folder: Path | None, log_format: str, log_level: str | None) -> None:
    """Measure which ministries and provinces of Viet Nam are integrated with the National Public Service Portal.

    Results go to stdout, logs and progress to stderr. Exit status: 0 all that was asked for is well; 1 not all of it is;
    2 wrong usage or configuration; 3 our own way out is down.
    """
    context.obj = {"folder": folder, "log_format": log_format, "log_level": log_level}


@main.command()
@listen_option
@click.pass_context
def serve(context: click.Context, listen: str | None) -> None:
    """Look on schedule and serve the status page, /metrics and the API, till SIGTERM or Ctrl-C.

    SIGHUP or POST /-/reload reads the configuration anew; a second signal stops at once.
    """
    from monitor import commands

    log_as_told(context, "info")
    told = context.obj["log_format"] == "console"  # a reader of JSON lines finds the address in the event `started`
    with_errors_told(lambda: commands.serve(lambda: config_of(context, listen=listen), told=told))


@main.command()
@click.argument("agencies", nargs=-1, metavar="[AGENCY]...")
@level_option
@click.option("--check", "checks", multiple=True, metavar="NAME", help="Only this check; may be repeated.")
@click.option("--format", "form", type=click.Choice(["table", "json", "jsonl", "prometheus"]), default="table")
@click.option("--explain", is_flag=True, help="What was looked at, what was seen, and why each answer is as it is.")
@as_of_option
@click.pass_context
def probe(  # noqa: PLR0913, PLR0917 - click gives an argument for each option
    context: click.Context,
    agencies: tuple[str, ...],
    level: str | None,
    checks: tuple[str, ...],
    form: str,
    explain: bool,  # noqa: FBT001 - a click flag
    as_of: date | None,
) -> None:
    """Look now, once, by the same way as `serve`.

    AGENCY is a code (H26), a name with or without diacritics ("ha noi", "Hà Nội"), or the unique start of one; none
    means all. The national systems that a chosen check depends on are looked at first.
    """
    from monitor import commands

    log_as_told(context, "warning")
    choice = commands.Choice(agencies=agencies, level=level, checks=checks)
    sys.exit(with_errors_told(lambda: commands.probe(config_of(context, day=as_of), choice, form, explain=explain)))


@main.command()
@click.option("--server", metavar="URL", help="A running monitor (default: at `listen` of the configuration).")
@click.option(
    "--ca-file",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    metavar="FILE",
    help="Roots to trust beside the system's.",
)
@click.option("--format", "form", type=click.Choice(["table", "json", "jsonl"]), default="table")
@click.pass_context
def status(context: click.Context, server: str | None, ca_file: Path | None, form: str) -> None:
    """The scores, who is missing and since when, from a running monitor.

    Where it asks for a user and a password: NPSP_MONITOR_USER and NPSP_MONITOR_PASSWORD of the environment.
    """
    from monitor import commands

    log_as_told(context, "warning")
    sys.exit(with_errors_told(lambda: commands.status(server or server_of(context), form, ca_file)))


@main.command()
@level_option
@as_of_option
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table")
@click.pass_context
def agencies(context: click.Context, level: str | None, as_of: date | None, form: str) -> None:
    """The roster of a day: who is watched, and who counts."""
    from monitor import commands

    with_errors_told(lambda: commands.agencies(config_of(context), level, as_of, form))


@main.command("check-config")
@click.pass_context
def check_config(context: click.Context) -> None:
    """Check every file of the configuration; every error at once, as file:line: what is wrong, what is allowed."""
    config = with_errors_told(lambda: config_of(context))
    click.echo(f"{config.folder}: well; {len(config.roster.entries)} agencies, {len(config.checks)} checks")
    if config.anonymous:
        click.echo("monitor.yaml: network.contact is a placeholder; whom you ask could not reach you", err=True)


@main.command(
    epilog='For example: npsp-monitor attest "ha noi" --condition merged --answer yes --since 2023-01-01 '
    '--document 123/BC-EXAMPLE --issued 2023-01-15 --issuer "Example Committee"'
)
@click.argument("agency")
@click.option("--condition", type=click.Choice(["merged", "connected"]), required=True)
@click.option("--answer", type=click.Choice(["yes", "no"]), required=True, help="What the document says.")
@click.option("--since", type=Day(), metavar="DATE", required=True, help="First day from which it says so.")
@click.option("--document", metavar="NUMBER", required=True, help="Its number, e.g. 123/BC-UBND.")
@click.option("--issued", type=Day(), metavar="DATE", required=True, help="The day it was issued.")
@click.option("--issuer", metavar="TEXT", required=True, help="Who issued it.")
@click.option("--url", metavar="URL", help="Where it can be read.")
@click.pass_context
def attest(context: click.Context, /, agency: str, **entry: Any) -> None:
    """Add a document that says whether AGENCY meets a condition to attestations.yaml of the configuration.

    AGENCY is a code or a name, as for `probe`, of the day that --since names. The entry is added at the end of the
    file, of which nothing else changes, and only when the whole configuration is well with it; a document that is
    there already for this agency and condition is refused. A document is evidence and no verdict: where looks
    contradict it, `status`, the page and /metrics show a conflict.
    """
    from monitor import commands
    from monitor.model import Answer, Attestation, Condition

    words = {"condition": Condition(entry["condition"]), "answer": Answer(entry["answer"])}
    with_errors_told(lambda: commands.attest(own_folder(context), agency, Attestation(agency="", **{**entry, **words})))


@main.command("import-blackbox")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option(
    "--output", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="A new file (default: stdout)."
)
def import_blackbox(file: Path, output: Path | None) -> None:
    """Turn the modules of a blackbox_exporter configuration into checks for checks.yaml.

    What has no counterpart, or means something else here, stands as a comment and is listed on stderr. Passwords are
    not copied: each becomes ${env:NAME}.
    """
    from monitor import commands

    with_errors_told(lambda: commands.import_blackbox(file, output))


@main.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
def init(folder: Path) -> None:
    """Write the starter configuration, dashboards and Prometheus files into DIR; never overwrites."""
    from monitor.starter import write_out

    written = with_errors_told(lambda: write_out(folder))
    click.echo(f"{len(written)} files written. Next: npsp-monitor --config {folder / 'config'} check-config")


@main.command()
@scenario_option
@listen_option
@click.pass_context
def demo(context: click.Context, scenario: str, listen: str | None) -> None:
    """Start an emulated national estate on this machine and the monitor on it; Ctrl-C ends both.

    Everything it shows is synthetic: which agencies are the missing ones is drawn by a fixed seed.
    """
    from monitor import commands

    log_as_told(context, "warning")
    with_errors_told(lambda: commands.demo(lambda: config_of(context, listen=listen), scenario))


@main.command()
@scenario_option
@click.option("--list", "listing", is_flag=True, help="List the scenarios and end.")
@click.option("--faults", is_flag=True, help="List what can go wrong in a scenario, by its word, and end.")
@click.option(
    "--write",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Write what a monitor of your own needs to look at the estate into DIR.",
)
@click.pass_context
def testbed(context: click.Context, scenario: str, listing: bool, faults: bool, folder: Path | None) -> None:  # noqa: FBT001 - click flags
    """Start only the emulated estate, for drills against a monitor of your own; Ctrl-C ends it."""
    from monitor import commands

    log_as_told(context, "info")
    if faults:
        with_errors_told(commands.list_faults)
    elif listing:
        with_errors_told(commands.list_scenarios)
    else:
        with_errors_told(lambda: commands.testbed(config_of(context), scenario, folder))


@main.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--all", "everything", is_flag=True, help="All drills, one after the other.")
@click.option("--list", "listing", is_flag=True, help="List the scenarios and end.")
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table")
@click.pass_context
def drill(context: click.Context, names: tuple[str, ...], everything: bool, listing: bool, form: str) -> None:  # noqa: FBT001 - click flags
    """Run scenarios by a fast clock, and hold what the monitor finds against what must come out.

    NAME is a scenario that comes with the program, or the path of a YAML file of your own. The looks are real ones, at
    an emulated estate on this machine; hours pass in seconds. Exit status: 0 as expected; 1 not; 2 wrong usage.
    """
    from monitor import commands

    log_as_told(context, "error")
    if listing:
        with_errors_told(commands.list_scenarios)
    elif bool(names) == everything:
        raise click.UsageError("name drills, or give --all; --list tells which there are")
    else:
        sys.exit(with_errors_told(lambda: commands.drill(config_of(context), names, form)))


cli_told.add_to(main)
