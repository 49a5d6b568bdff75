"""What a person who runs the stack is told: the notices as they come, and what to do and expect."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

from stack import edits
from stack.catcher import Hook, Mail
from stack.edits import seconds
from stack.lineup import Stack

MARK = "SYNTHETIC"
_MOST = 4  # names in one line


@dataclass(slots=True)
class Teller:
    """Tells each notice in a line or two; of a webhook's alerts only those that the path was not told of before."""

    known: dict[str, set[str]] = field(default_factory=dict)  # by path: what fires, as far as it was told

    def line(self, what: Mail | Hook) -> str:
        if isinstance(what, Mail):
            return f"{MARK} mail to {', '.join(what.recipients)}: {' '.join(what.subject.split())}"
        return "\n".join(self._lines(what))

    def _lines(self, hook: Hook) -> Iterator[str]:
        known = self.known.setdefault(hook.path, set())
        firing = [each for each in hook.alerts if each["status"] == "firing"]
        resolved = [each for each in hook.alerts if each["status"] == "resolved"]
        if firing:
            new = [each for each in firing if each["fingerprint"] not in known]
            before = len(firing) - len(new)
            words = f"firing ({before} as before)" if before else "firing"
            yield f"{MARK} webhook {hook.path} {words}{_alerts(new)}"
        if resolved:
            yield f"{MARK} webhook {hook.path} resolved{_alerts(resolved)}"
        known -= {each["fingerprint"] for each in resolved}
        known |= {each["fingerprint"] for each in firing}


def _alerts(alerts: list[Any]) -> str:
    if not alerts:
        return ""
    names = ", ".join(dict.fromkeys(each["labels"]["alertname"] for each in alerts))
    since = min(each["startsAt"] for each in alerts)
    return f": {names}{_who(alerts)}, since {_clock(since)}"


def _who(alerts: list[Any]) -> str:
    who = [each["labels"].get("agency") or each["labels"].get("incident") for each in alerts]
    named = list(dict.fromkeys(filter(None, who)))
    more = f" and {len(named) - _MOST} more" if len(named) > _MOST else ""
    return f" of {', '.join(named[:_MOST])}{more}" if named else ""


def _clock(moment: str) -> str:
    return datetime.fromisoformat(moment).astimezone().strftime("%H:%M:%S")


def introduction(stack: Stack, folder: Path, *, quick: bool) -> Iterator[str]:
    break_it = f"curl -X POST http://{stack.faults}/hosts/H26"
    yield ""
    yield "Everything here is SYNTHETIC. Break an agency, and mend it:"
    yield f"  {break_it}/refused"
    yield f"  {break_it}/none"
    yield f"Then: a notice NpspAgencyLost of H26, here below and at http://{stack.addresses.prometheus}/api/v1/alerts,"
    yield f'  within some {_span(longest(folder))} of the monitor\'s own "no" (scrape, rule, `for`, group_wait, as configured);'
    yield '  "resolved" after the repair. What the scenario has broken from the start is told first.'
    if stack.changes:
        yield f"Not as shipped ({'--quick and ' if quick else ''}the stand-ins):"
        yield from (f"  {line}" for line in _few(stack))
    yield "Ctrl-C ends all of it and removes what it wrote."
    yield ""


def _few(stack: Stack) -> Iterator[str]:
    """Each change once, whatever number of places it was made in."""
    seen: dict[str, int] = {}
    for file, edit in stack.changes:
        key = edit.path[-1] if isinstance(edit.path[-1], str) else edit.path[-2]
        line = f"{file}: {key} {edit.was} → {'left out' if edit.becomes is edits.GONE else edit.becomes}"
        seen[line] = seen.get(line, 0) + 1
    yield from (line + (f" ({times}×)" if times > 1 else "") for line, times in seen.items())


def longest(folder: Path, alert: str = "NpspAgencyLost") -> float:
    """Seconds from a metric's turning to the notice's leaving, at the latest."""
    return sum(waits(folder, alert).values())


def waits(folder: Path, alert: str) -> dict[str, float]:
    """Seconds that each stage waits at the most, as the files in the folder say."""
    prometheus = yaml.safe_load((folder / "prometheus" / "prometheus.yml").read_text(encoding="utf-8"))
    alertmanager = yaml.safe_load((folder / "alertmanager" / "alertmanager.yml").read_text(encoding="utf-8"))
    times = prometheus["global"]
    held, interval = _rule(folder, alert, times["evaluation_interval"])
    # Two evaluations: of the recorded series that the alert asks for, and of the alert itself.
    grouped = [value for path, value in edits.leaves(alertmanager) if path[-1] == "group_wait"]
    return {
        "scraped": seconds(times["scrape_interval"]),
        "fires": 2 * interval + held,
        "webhook": max(map(seconds, grouped), default=30.0),
    }


def _rule(folder: Path, alert: str, usual: str) -> tuple[float, float]:
    """Its `for` and its group's interval, in seconds."""
    for file in sorted((folder / "prometheus" / "rules").glob("*.yml")):
        for group in yaml.safe_load(file.read_text(encoding="utf-8"))["groups"]:
            for rule in group["rules"]:
                if rule.get("alert") == alert:
                    return seconds(rule.get("for", "0s")), seconds(group.get("interval", usual))
    raise LookupError(f"no rule has the alert {alert}")


def _span(length: float) -> str:
    return f"{length:.0f} s" if length < 120 else f"{length / 60:.0f} min"
