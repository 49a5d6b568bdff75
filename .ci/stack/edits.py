"""What must differ from the shipped files on one machine, as a list of single changes; nothing else does."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from functools import partial
from typing import Any

from stack.addresses import SHIPPED, Addresses

Path = tuple[str | int, ...]
GONE = None  # what a key becomes that the stand-ins have no use for

_UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800, "y": 31536000}
_DURATION = re.compile(r"(\d+)(ms|[smhdwy])")
_SMTP_AUTH = re.compile(r"(smtp_)?auth_(username|password|password_file|secret|identity)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Quick:
    """The times of `--quick`: scrapes and rules at least so often, and minutes of waiting become seconds.

    All waits are divided alike, so that what is to fire before something else still does.
    """

    scrape: str = "2s"  # and no shorter: it is the time-out too, and machines are busy
    evaluation: str = "1s"
    divide: int = 60  # `for`, `keep_firing_for`, group_wait and group_interval

    def wait(self, duration: str) -> str:
        length = round(1000 * seconds(duration) / self.divide)
        return f"{length}ms" if length % 1000 else f"{length // 1000}s"


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """One value of a file that becomes another; `GONE`: the key goes."""

    path: Path
    was: Any
    becomes: Any

    def __str__(self) -> str:
        where = ".".join(map(str, self.path))
        return f"{where}: {self.was} → {'left out' if self.becomes is GONE else self.becomes}"


def seconds(duration: str) -> float:
    """Of a duration as Prometheus writes it: 1h30m."""
    parts = _DURATION.findall(duration)
    if duration != "0" and (not parts or "".join(number + unit for number, unit in parts) != duration):
        raise ValueError(f"{duration!r} is no duration")
    return sum(int(number) * _UNITS[unit] for number, unit in parts)


def of_addresses(data: Any, to: Addresses) -> Iterator[Edit]:
    """Every text that names an address of the shipped files, where the part listens elsewhere."""
    moved = [(getattr(SHIPPED, field.name), getattr(to, field.name)) for field in fields(Addresses)]
    for path, value in leaves(data):
        if isinstance(value, str):
            becomes = value
            for old, new in moved:
                becomes = re.sub(rf"(?<![\d.]){re.escape(old)}(?!\d)", new, becomes)
            if becomes != value:
                yield Edit(path=path, was=value, becomes=becomes)


def of_mail_and_webhooks(data: Any, to: Addresses) -> Iterator[Edit]:
    """Alertmanager's: the catcher stands for the mail server and for every webhook, whose address becomes a path.

    The catcher speaks no TLS, and knows no passwords; Alertmanager wants TLS where its file says nothing of it.
    """
    if "smtp_require_tls" not in data.get("global", {}):
        yield Edit(path=("global", "smtp_require_tls"), was="on by default", becomes=False)
    for number, receiver in enumerate(data.get("receivers", ())):
        for place, hook in enumerate(receiver.get("webhook_configs", ())):
            if "http_config" in hook:
                at: Path = ("receivers", number, "webhook_configs", place, "http_config")
                yield Edit(path=at, was="a secret", becomes=GONE)
    for path, value in leaves(data):
        key = path[-1]
        if key in ("smtp_smarthost", "smarthost"):
            yield Edit(path=path, was=value, becomes=to.mail)
        elif key in ("smtp_require_tls", "require_tls") and value:
            yield Edit(path=path, was=value, becomes=False)
        elif _SMTP_AUTH.fullmatch(str(key)):
            yield Edit(path=path, was=value, becomes=GONE)
        elif key == "url" and "webhook_configs" in path:
            yield Edit(path=path, was=value, becomes=f"http://{to.webhook}/{value.partition('://')[2]}")


def of_monitoring_times(data: Any, quick: Quick) -> Iterator[Edit]:
    """Prometheus's own file."""
    limits = {"scrape_interval": quick.scrape, "scrape_timeout": quick.scrape, "evaluation_interval": quick.evaluation}
    yield from _shorter(data, {key: partial(_always, limit) for key, limit in limits.items()})


def of_rule_times(data: Any, quick: Quick) -> Iterator[Edit]:
    """A file of rules."""
    wait = quick.wait
    yield from _shorter(data, {"interval": partial(_always, quick.evaluation), "for": wait, "keep_firing_for": wait})


def of_routing_times(data: Any, quick: Quick) -> Iterator[Edit]:
    """Alertmanager's."""
    yield from _shorter(data, {"group_wait": quick.wait, "group_interval": quick.wait})


def _always(becomes: str, _was: str) -> str:
    return becomes


def _shorter(data: Any, becomes: Mapping[str, Callable[[str], str]]) -> Iterator[Edit]:
    for path, value in leaves(data):
        change = becomes.get(str(path[-1]))
        if change is not None and isinstance(value, str) and seconds(value) > seconds(changed := change(value)):
            yield Edit(path=path, was=value, becomes=changed)


def leaves(data: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every value that is no mapping or list, with the keys that lead to it."""
    if isinstance(data, dict):
        for key, value in data.items():
            yield from leaves(value, (*path, key))
    elif isinstance(data, list):
        for number, value in enumerate(data):
            yield from leaves(value, (*path, number))
    else:
        yield path, data


def apply(data: Any, edits: Iterable[Edit]) -> None:
    """Change `data` in place."""
    for edit in edits:
        *way, last = edit.path
        held = data
        for key in way:
            held = held[key]
        if edit.becomes is GONE:
            del held[last]
        else:
            held[last] = edit.becomes
