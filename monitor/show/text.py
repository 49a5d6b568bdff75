"""Families as text: Prometheus's format 0.0.4 and OpenMetrics 1.0, byte for byte as prometheus_client writes them.

The two differ in what stands above the series; the lines of the series are the same. Names and labels are ours and
need no quoting; values of labels may hold anything.
"""

from collections.abc import Callable, Iterable
from enum import Enum
from operator import itemgetter

from monitor.show.family import Family, Histogram, Row

_WORDS = {"inf": "+Inf", "-inf": "-Inf", "nan": "NaN"}
_QUOTED = str.maketrans({"\\": r"\\", "\n": r"\n", '"': r"\""})
_HELP_QUOTED = str.maketrans({"\\": r"\\", "\n": r"\n"})


class Format(Enum):
    TEXT = "text/plain; version=0.0.4; charset=utf-8"
    OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"

    @property
    def end(self) -> bytes:
        return b"# EOF\n" if self is Format.OPENMETRICS else b""


def number(value: float) -> str:
    """As Go writes it, which goes over to exponents sooner than Python."""
    text = repr(float(value))
    dot = text.find(".")
    if dot <= 6:
        return text if dot > 0 else _WORDS.get(text, text)
    if value > 0:
        mantissa = f"{text[0]}.{text[1:dot]}{text[dot + 1 :]}".rstrip("0.")
        return f"{mantissa}e+{dot - 1:02d}"
    return text


def header(family: Family | Histogram, form: Format) -> bytes:
    """HELP and TYPE. OpenMetrics names a counter and an info without their endings."""
    name, kind, text = family.name, family.kind, family.text.translate(_HELP_QUOTED)
    if form is Format.OPENMETRICS:
        name, text = name.removesuffix(_ending(kind)), family.text.translate(_QUOTED)
    elif kind == "info":
        kind = "gauge"
    return f"# HELP {name} {text}\n# TYPE {name} {kind}\n".encode()


def _ending(kind: str) -> str:
    return {"counter": "_total", "info": "_info"}.get(kind, "")


class Pen:
    """Writes the lines of one name. Labels stand in the order of the alphabet, whichever order they are given in."""

    def __init__(self, name: str, labels: tuple[str, ...] = ()) -> None:
        self._ordered = _in_order(labels)
        inside = ",".join(f'{label}="%s"' for label in sorted(labels))
        self._line = f"{name}{{{inside}}} %s\n" if labels else f"{name} %s\n"

    def write(self, rows: Iterable[Row]) -> bytes:
        return "".join([self._one(labels, value) for labels, value in rows if value is not None]).encode()

    def _one(self, labels: tuple[str, ...], value: float) -> str:
        ordered = self._ordered(labels)
        together = "".join(ordered)
        if '"' in together or "\\" in together or "\n" in together:
            ordered = tuple(label.translate(_QUOTED) for label in ordered)
        return self._line % (*ordered, number(value))


def _in_order(labels: tuple[str, ...]) -> Callable[[tuple[str, ...]], tuple[str, ...]]:
    places = sorted(range(len(labels)), key=labels.__getitem__)
    if places == list(range(len(labels))):
        return tuple
    return itemgetter(*places)


def written(family: Family | Histogram) -> bytes:
    """All lines of a family, without its header."""
    if isinstance(family, Histogram):
        return _histogram(family)
    rows = family.rows
    if family.kind == "info":
        rows = [(labels, None if value is None else 1) for labels, value in rows]
    return Pen(family.name, family.labels).write(rows)


def _histogram(family: Histogram) -> bytes:
    buckets = Pen(f"{family.name}_bucket", ("le",)).write(((bound,), count) for bound, count in family.buckets)
    count = Pen(f"{family.name}_count").write([((), family.buckets[-1][1])])
    return buckets + count + Pen(f"{family.name}_sum").write([((), family.sum)])
