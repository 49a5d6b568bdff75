"""One page of HTML per dashboard with the data behind each panel. Not Grafana, and it says so."""

from collections.abc import Iterator, Mapping
from html import escape
from itertools import groupby
from typing import Any

from kit import words
from kit.asking import Frame, Line
from kit.dashboards import HISTORY, Choice, Dashboard, Span, span_of
from kit.showing import Shown, shown
from kit.source import Source
from kit.spark import spark
from kit.transforming import in_order

ROWS = 12  # of a table, at most
NAMES = 12  # in a list, at most
LARGE = 30  # of Grafana's cells
Panel = Mapping[str, Any]

TEXTS: Mapping[str, Mapping[str, str]] = {
    "vi": {
        "not_grafana": "Đây KHÔNG phải ảnh chụp Grafana, mà là số liệu đằng sau mỗi ô. MÔ PHỎNG (SYNTHETIC): mọi số liệu đều do môi trường mô phỏng sinh ra.",
        "asked": "Kịch bản history-of-panels (21/6/2023, 07:00–09:15 giờ Việt Nam), truy vấn bằng Prometheus.",
        "more": "và {} dòng nữa",
        "same": "không đổi",
        "name": "Tên",
        "course": "Diễn biến",
        "first": "Đầu",
        "last": "Cuối",
        "min": "Thấp nhất",
        "max": "Cao nhất",
    },
    "en": {
        "not_grafana": "This is NOT Grafana: it is the data behind each panel. SYNTHETIC: an emulated estate gave every figure.",
        "asked": "The scenario history-of-panels (21 June 2023, 07:00–09:15 in Viet Nam), asked of a real Prometheus.",
        "more": "and {} more rows",
        "same": "no change",
        "name": "Name",
        "course": "Course",
        "first": "First",
        "last": "Last",
        "min": "Least",
        "max": "Most",
    },
}
STYLE = """
body { font: 14px/1.4 "Noto Sans", sans-serif; margin: 16px; width: 1368px; background: #f4f5f5; color: #1f2328; }
h1 { font-size: 22px; margin: 4px 0; } .head { background: #fff; border: 3px solid #D55E00; padding: 8px 14px; }
.head b { font-size: 17px; } main { display: grid; grid-template-columns: repeat(24, 1fr); gap: 8px; margin-top: 8px; }
h2 { grid-column: 1 / -1; font-size: 17px; margin: 12px 0 0; }
section { background: #fff; border: 1px solid #d0d4da; border-radius: 3px; padding: 6px 10px; overflow: hidden; }
h3 { font-size: 14px; margin: 0; } .about { font-size: 11px; color: #57606a; margin: 0 0 4px; }
table { border-collapse: collapse; width: 100%; font-size: 12px; } th { text-align: left; color: #57606a; font-weight: 600; }
th, td { padding: 1px 8px 1px 0; vertical-align: top; border-bottom: 1px solid #eaecef; }
.big { font-size: 26px; font-weight: 600; margin: 2px 0; } .figure .big { font-size: 56px; line-height: 1.1; text-align: center; }
.of { font-size: 12px; color: #57606a; font-weight: 400; } .none { color: #57606a; font-style: italic; }
.tiles { display: flex; flex-wrap: wrap; gap: 3px; } .tiles div { border: 1px solid #d0d4da; border-left-width: 6px; padding: 1px 6px; font-size: 11px; }
.timeline td:first-child { width: 34%; }
i.dot { display: inline-block; width: 9px; height: 9px; margin-right: 4px; border: 1px solid #57606a; }
"""


def page(dashboard: Dashboard, choice: Choice, source: Source) -> str:
    texts = TEXTS[dashboard.language]
    chosen = "; ".join(
        f"{each['label']}: {_listed(choice[each['name']])}" for each in dashboard.variables if each["type"] != "textbox"
    )
    return (
        f'<!doctype html><html lang="{dashboard.language}"><meta charset="utf-8"><style>{STYLE}</style>'
        f"<title>{escape(dashboard.held['title'])}</title>"
        f'<div class="head"><b>{texts["not_grafana"]}</b><h1>{escape(dashboard.held["title"])}</h1>'
        f"{escape(dashboard.held['description'])}<br>{texts['asked']} {escape(chosen)}</div>"
        f"<main>{''.join(_parts(dashboard, choice, source))}</main></html>"
    )


def _listed(value: str | tuple[str, ...]) -> str:
    return value if isinstance(value, str) else ", ".join(value)


def _parts(dashboard: Dashboard, choice: Choice, source: Source) -> Iterator[str]:
    texts = TEXTS[dashboard.language]
    for panel in dashboard.held["panels"]:
        if panel["type"] == "row":
            yield f"<h2>{escape(panel['title'])}</h2>"
            continue
        span = span_of(dashboard, panel) if panel.get("timeFrom") else HISTORY
        body = _body(panel, shown(dashboard, panel, choice, span, source), span, texts)
        at = panel["gridPos"]
        yield (
            f'<section style="grid-column: {at["x"] + 1} / span {at["w"]}" class="{_class(panel)}">'
            f"<h3>{escape(panel['title'])}</h3>"
            f'<p class="about">{escape(panel["description"])}</p>{body}</section>'
        )


def _class(panel: Panel) -> str:
    if panel["type"] == "state-timeline":
        return "timeline"
    return "figure" if is_figure(panel) else "plain"


def is_figure(panel: Panel) -> bool:
    """A text made of labels, as 62/63, in a panel of some size."""
    fields = panel["options"].get("reduceOptions", {}).get("fields")
    return bool(fields) and panel["gridPos"]["w"] * panel["gridPos"]["h"] >= LARGE


def _body(panel: Panel, found: Shown, span: Span, texts: Mapping[str, str]) -> str:
    if not found:
        return f'<p class="none">{escape(panel["fieldConfig"]["defaults"]["noValue"])}</p>'
    drawn = {"stat": _stat, "table": _table, "state-timeline": _timeline, "timeseries": _series}
    assert panel["type"] in drawn, f"a panel that this test knows nothing of: {panel['type']}"
    return drawn[panel["type"]](panel, found, span, texts)


def _stat(panel: Panel, found: Shown, _span: Span, _texts: Mapping[str, str]) -> str:
    if panel["options"]["colorMode"] == "background":
        return f'<div class="tiles">{"".join(_tile(panel, line) for line in found.lines)}</div>'
    mode = panel["options"]["textMode"]
    return "".join(_big(mode, *each) for each in stat_texts(panel, found))


def stat_texts(panel: Panel, found: Shown) -> list[tuple[str, str, str]]:
    """(name, text, colour) of each value that a stat panel shows."""
    wanted = panel["options"]["reduceOptions"]["fields"]
    values = [(line.name, line.ref, line.series.points[-1][1]) for line in found.lines if line.series.points]
    for frame in found.frames:
        columns = [column for column in frame.columns if words.wanted(wanted, column)]
        values += [(column, frame.ref, frame.rows[-1][column]) for column in columns]
    held = [(words.field(panel, name, ref), name, value) for name, ref, value in values]
    return [(words.title(properties, name), *words.shown(properties, value)) for properties, name, value in held]


def _big(mode: str, name: str, text: str, color: str) -> str:
    said = {"name": name, "value": text}.get(mode, text)
    of = f' <span class="of">{escape(name)}</span>' if mode == "value_and_name" else ""
    return f'<p class="big">{_dot(color)}{escape(said)}{of}</p>'


def _dot(color: str) -> str:
    return f'<i class="dot" style="background: {color}"></i>' if color.startswith("#") else ""


def _tile(panel: Panel, line: Line) -> str:
    held = words.field(panel, line.name, line.ref)
    text, color = words.shown(held, line.series.points[-1][1])
    return f'<div style="border-left-color: {color or "#fff"}">{escape(words.title(held, line.name))}<br><b>{escape(text)}</b></div>'


def _table(panel: Panel, found: Shown, _span: Span, texts: Mapping[str, str]) -> str:
    return "".join(_frame(panel, frame, texts) for frame in found.frames)


def _frame(panel: Panel, frame: Frame, texts: Mapping[str, str]) -> str:
    held = {column: words.field(panel, column, frame.ref) for column in frame.columns}
    rows = frame.rows
    for by in panel["options"].get("sortBy", ()):
        (column,) = (each for each in frame.columns if words.title(held[each], each) == by["displayName"])
        rows = in_order(rows, column, descending=by.get("desc", False))
    heads = [words.title(held[column], column) for column in frame.columns]
    cells = [[_cell(*words.shown(held[column], row[column])) for column in frame.columns] for row in rows[:ROWS]]
    return _rows(heads, cells, len(rows) - ROWS, texts)


def row_texts(panel: Panel, frame: Frame) -> list[tuple[str, ...]]:
    """By what a reader can tell the rows from one another: all that is text."""
    held = {column: words.field(panel, column, frame.ref) for column in frame.columns}
    return [
        tuple(words.shown(held[column], value)[0] for column, value in row.items() if isinstance(value, str))
        for row in frame.rows
    ]


def _cell(text: str, color: str) -> str:
    return _dot(color) + escape(text)


def _rows(heads: list[str], cells: list[list[str]], more: int, texts: Mapping[str, str]) -> str:
    head = "".join(f"<th>{escape(each)}</th>" for each in heads)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in cells)
    rest = f'<p class="about">… {texts["more"].format(more)}</p>' if more > 0 else ""
    return f"<table><tr>{head}</tr>{body}</table>{rest}"


def _timeline(panel: Panel, found: Shown, _span: Span, texts: Mapping[str, str]) -> str:
    """Those that changed, each with its course; the others by the state that they kept."""
    courses = [(line_title(panel, line), _course(panel, line)) for line in found.lines]
    changed = [[escape(name), "<br>".join(steps)] for name, steps in courses if len(steps) > 1]
    kept = sorted((steps[0], name) for name, steps in courses if len(steps) == 1)
    same = [
        [_names([name for _, name in group]), f"{state} ({texts['same']})"]
        for state, group in groupby(kept, key=lambda pair: pair[0])
    ]
    return _rows([texts["name"], texts["course"]], [*changed[:ROWS], *same], len(changed) - ROWS, texts)


def line_title(panel: Panel, line: Line) -> str:
    return words.title(words.field(panel, line.name, line.ref), line.name)


def _names(names: list[str]) -> str:
    more = f", … ({len(names)})" if len(names) > NAMES else ""
    return escape(", ".join(names[:NAMES])) + more


def _course(panel: Panel, line: Line) -> list[str]:
    """Each state with the times from when and until when it was held."""
    held = words.field(panel, line.name, line.ref)
    steps = [
        (value, [at for at, _ in group]) for value, group in groupby(line.series.points, key=lambda point: point[1])
    ]
    return [
        f"{words.moment(times[0], 'HH:mm')}–{words.moment(times[-1], 'HH:mm')} {_cell(*words.shown(held, value))}"
        for value, times in steps
    ]


def _series(panel: Panel, found: Shown, span: Span, texts: Mapping[str, str]) -> str:
    cells = []
    for line in found.lines[:ROWS]:
        held = words.field(panel, line.name, line.ref)
        values = [value for _, value in line.series.points]
        figures = (values[0], values[-1], min(values), max(values))
        name, drawn = escape(words.title(held, line.name)), spark(line.series.points, span)
        cells.append([name, drawn, *(_cell(*words.shown(held, value)) for value in figures)])
    heads = [texts["name"], "", texts["first"], texts["last"], texts["min"], texts["max"]]
    return _rows(heads, cells, len(found.lines) - ROWS, texts)
