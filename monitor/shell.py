"""What every command of the command line needs: its log, its configuration, and how mistakes are told."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from monitor.usage import UsageError

if TYPE_CHECKING:
    from monitor.config import Config

T = TypeVar("T")

WRONG = 2  # exit status for wrong usage or configuration
DEFAULT_LISTEN = "127.0.0.1:9884"
PIPE_CLOSED = 141  # as shells give for SIGPIPE


def log_as_told(context: click.Context, default: str) -> None:
    from monitor.log import configure

    configure(context.obj["log_format"], context.obj["log_level"] or default)


def config_of(context: click.Context, *, listen: str | None = None, day: date | None = None) -> Config:
    """The configuration as the command line changes it. Raises ConfigError."""
    from dataclasses import replace

    from monitor.bundled import config_folder
    from monitor.settings import load

    config = load(given_folder(context) or config_folder())
    return replace(config, listen=listen or config.listen, day=day or config.day)


def given_folder(context: click.Context) -> Path | None:
    """The folder of --config, or ./config; None where there is neither."""
    here = Path("config")
    folder: Path | None = context.obj["folder"]
    return folder or (here if here.is_dir() else None)


def own_folder(context: click.Context) -> Path:
    """A configuration that may be changed. Raises UsageError where there is only the bundled one."""
    folder = given_folder(context)
    if folder is None:
        raise UsageError("no configuration of your own: --config DIR names it, `npsp-monitor init DIR` writes one")
    return folder


def server_of(context: click.Context) -> str:
    """Where a monitor of this configuration serves; its usual address where the configuration cannot be read."""
    from monitor.settings import ConfigError

    try:
        config = config_of(context)
    except ConfigError:
        return f"http://{DEFAULT_LISTEN}"
    return f"{config.scheme}://{config.listen}"


def with_errors_told(run: Callable[[], T]) -> T:
    """Mistakes of the user and of the machine end with a sentence and a status, never a traceback."""
    from monitor.settings import ConfigError
    from monitor.store.ledger import LedgerError
    from monitor.testbed.scenario import ScenarioError

    try:
        return run()
    except ConfigError as error:
        message = "\n".join(error.from_here())
    except (UsageError, ScenarioError, LedgerError) as error:
        message = str(error)
    except BrokenPipeError:  # whoever reads has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # else Python complains at its end
        sys.exit(PIPE_CLOSED)
    except OSError as error:
        message = _of_system(error)
    click.echo(message, err=True)
    sys.exit(WRONG)


def _of_system(error: OSError) -> str:
    told = f"{error.strerror or error}: {error.filename}" if error.filename else str(error)
    return f"{told}; --listen ADDR:PORT chooses another address" if error.errno == errno.EADDRINUSE else told
