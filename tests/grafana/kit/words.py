"""How a panel writes a value: its unit, its mappings, its own names for fields, its text where there is nothing."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from monitor.model import ZONE

Field = Mapping[str, Any]  # a panel's properties of one field, overrides among them

SECONDS = ((1e-3, 1e6, "µs"), (1, 1e3, "ms"), (60, 1, "s"), (3600, 1 / 60, "min"), (86400, 1 / 3600, "h"))
BYTES = ("B", "KiB", "MiB", "GiB")
MOMENT = {"YYYY": "%Y", "MMMM": "%B", "D": "%-d", "M": "%-m", "HH": "%H", "mm": "%M"}


def field(panel: Mapping[str, Any], name: str, ref: str = "") -> Field:
    """What holds of the field of that name, of that query."""
    found = dict(panel["fieldConfig"]["defaults"])
    for override in panel["fieldConfig"]["overrides"]:
        if _matches(override["matcher"], name, ref):
            found.update({each["id"]: each.get("value") for each in override["properties"]})
    return found


def _matches(matcher: Mapping[str, Any], name: str, ref: str) -> bool:
    kind, options = matcher["id"], matcher.get("options")
    if kind == "byName":
        return bool(name == options)
    if kind == "byRegexp":
        return re.search(options.strip("/"), name) is not None
    assert kind == "byFrameRefID", f"a matcher that this test knows nothing of: {kind}"
    return bool(ref == options)


def wanted(pattern: str, name: str) -> bool:
    """Of a stat panel's `fields`: a regular expression between slashes, or a name; left empty: figures."""
    if pattern.startswith("/"):
        return re.search(pattern.strip("/"), name) is not None
    return name == pattern if pattern else name.startswith("Value")


def title(held: Field, name: str) -> str:
    return str(held.get("displayName") or name)


def shown(held: Field, value: Any) -> tuple[str, str]:
    """The text, and its colour or nothing."""
    result = _mapped(held.get("mappings", ()), value)
    if result and "text" in result:
        return result["text"], result.get("color", "")
    if value is None:
        return str(held["noValue"]), ""
    text = value if isinstance(value, str) else _number(held.get("unit", "none"), value)
    return text, (result or {}).get("color", "") or _threshold(held, value)


def _mapped(mappings: Any, value: Any) -> Mapping[str, Any] | None:
    for mapping in mappings:
        options = mapping["options"]
        if mapping["type"] == "value":
            if (key := _plain(value)) in options:
                return options[key]  # type: ignore[no-any-return]  # JSON
        else:
            assert mapping["type"] == "special", f"a mapping that this test knows nothing of: {mapping['type']}"
            if value is None and "null" in options["match"]:
                return options["result"]  # type: ignore[no-any-return]  # JSON
    return None


def _plain(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _threshold(held: Field, value: Any) -> str:
    steps = held.get("thresholds", {}).get("steps", ())
    if isinstance(value, str) or not steps:
        return ""
    passed = [step["color"] for step in steps if step["value"] is None or value >= step["value"]]
    return passed[-1] if passed and passed[-1] != "text" else ""


def _number(unit: str, value: float) -> str:
    if unit.startswith("time:"):
        return moment(value / 1000, unit.removeprefix("time:"))
    assert unit in UNITS, f"a unit that this test knows nothing of: {unit}"
    return UNITS[unit](value)


def moment(at: float, form: str) -> str:
    """In Viet Nam, as the dashboards' time zone is; the form is that of moment.js."""
    known = re.sub("YYYY|MMMM|HH|mm|D|M", lambda found: MOMENT[found[0]], form)
    return datetime.fromtimestamp(at, UTC).astimezone(ZONE).strftime(known)


def _short(value: float) -> str:
    """Three digits that count, and all of a whole number."""
    return f"{value:.0f}" if value == int(value) else f"{value:.3g}"


def _seconds(value: float) -> str:
    for below, times, word in SECONDS:
        if 0 < abs(value) < below:
            return f"{_short(value * times)} {word}"
    return f"{_short(value / 86400)} d" if value else "0 s"


def _bytes(value: float) -> str:
    for word in BYTES[:-1]:
        if abs(value) < 1024:
            return f"{_short(value)} {word}"
        value /= 1024
    return f"{_short(value)} {BYTES[-1]}"


UNITS: Mapping[str, Callable[[float], str]] = {
    "none": _short,
    "short": _short,
    "string": _short,
    "s": _seconds,
    "d": lambda value: f"{_short(value)} d",
    "bytes": _bytes,
    "cps": lambda value: f"{_short(value)} c/s",
    "percentunit": lambda value: f"{_short(value * 100)} %",
}
