"""The few of Grafana's transformations that the dashboards use, on frames. One that is not here fails the test."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import chain
from typing import Any

from kit.asking import Frame

Options = Mapping[str, Any]
Row = Mapping[str, Any]


def transformed(frames: list[Frame], steps: list[Mapping[str, Any]]) -> list[Frame]:
    for step in steps:
        if not step.get("disabled"):
            assert step["id"] in KNOWN, f"a transformation that this test knows nothing of: {step['id']}"
            frames = KNOWN[step["id"]](frames, step["options"])
    return frames


def _kept(frames: list[Frame], options: Options) -> list[Frame]:
    """filterFieldsByName: the fields named, in each frame."""
    assert options.keys() == {"include"}, options
    names = options["include"]["names"]
    return [_only(frame, [column for column in frame.columns if column in names]) for frame in frames]


def _only(frame: Frame, columns: list[str]) -> Frame:
    rows = tuple({column: row.get(column) for column in columns} for row in frame.rows)
    return replace(frame, columns=tuple(columns), rows=rows)


def _organized(frames: list[Frame], options: Options) -> list[Frame]:
    """Fields left out, put in order and renamed; those that have no place in the order come last."""
    left_out = {name for name, out in options.get("excludeByName", {}).items() if out}
    order, names = options.get("indexByName", {}), options.get("renameByName", {})
    return [_put(frame, left_out, order, names) for frame in frames]


def _put(frame: Frame, left_out: set[str], order: Mapping[str, int], names: Mapping[str, str]) -> Frame:
    columns = [column for column in frame.columns if column not in left_out]
    columns.sort(key=lambda column: order.get(column, len(order) + len(columns)))
    shown = [names.get(column) or column for column in columns]
    rows = tuple(dict(zip(shown, (row.get(column) for column in columns), strict=True)) for row in frame.rows)
    return replace(frame, columns=tuple(shown), rows=rows)


def _joined(frames: list[Frame], options: Options) -> list[Frame]:
    """joinByField. Fields that more than one frame has are numbered, as Time 1 and Time 2."""
    key, inner = options["byField"], options.get("mode") == "inner"
    frames = [_numbered(frame, number, key, frames) for number, frame in enumerate(frames, 1)]
    found: dict[Any, list[Row]] = {}
    for frame in frames:
        for row in frame.rows:
            found.setdefault(row[key], []).append(row)
    columns = tuple(dict.fromkeys(chain.from_iterable(frame.columns for frame in frames)))
    whole = [rows for rows in found.values() if not inner or len(rows) == len(frames)]
    return [Frame("joined", columns, tuple({k: v for row in rows for k, v in row.items()} for rows in whole))]


def _numbered(frame: Frame, number: int, key: str, frames: list[Frame]) -> Frame:
    def name(column: str) -> str:
        shared = sum(column in other.columns for other in frames) > 1 and column != key
        return f"{column} {number}" if shared else column

    rows = tuple({name(column): value for column, value in row.items()} for row in frame.rows)
    return replace(frame, columns=tuple(map(name, frame.columns)), rows=rows)


def _merged(frames: list[Frame], _: Options) -> list[Frame]:
    """merge: rows that agree in all fields that both frames have become one."""
    columns = tuple(dict.fromkeys(chain.from_iterable(frame.columns for frame in frames)))
    shared = [column for column in columns if all(column in frame.columns for frame in frames)]
    rows: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in chain.from_iterable(frame.rows for frame in frames):
        rows.setdefault(tuple(row[column] for column in shared), {}).update(row)
    return [Frame("merged", columns, tuple(rows.values()))]


def _sorted(frames: list[Frame], options: Options) -> list[Frame]:
    (by,) = options["sort"]
    return [
        replace(frame, rows=in_order(frame.rows, by["field"], descending=by.get("desc", False))) for frame in frames
    ]


def in_order(rows: tuple[Row, ...], column: str, *, descending: bool) -> tuple[Row, ...]:
    return tuple(sorted(rows, key=lambda row: row[column], reverse=descending))


KNOWN: Mapping[str, Callable[[list[Frame], Options], list[Frame]]] = {
    "filterFieldsByName": _kept,
    "organize": _organized,
    "joinByField": _joined,
    "merge": _merged,
    "sortBy": _sorted,
}
