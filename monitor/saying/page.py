"""The sheet as HTML for mail programs: tables and inline styles, no script, nothing to fetch, light and dark.

Every word goes through `_word`, which escapes it; every address through `_address`. Nothing else comes from outside.
"""

from collections.abc import Iterator
from html import escape
from typing import Final

from monitor.notice import Severity
from monitor.saying.sheet import Block, Command, Facts, Figure, Link, Points, Row, Sheet, Table

PICTURE: Final = "scores"  # cid of the picture
_COLOURS: Final = {Severity.INFO: "#1d4ed8", Severity.WARNING: "#b45309", Severity.CRITICAL: "#b91c1c"}
_GOOD: Final = "#15803d"
_FONT: Final = "font-family:'Segoe UI',Roboto,'Noto Sans',Arial,sans-serif"
# For programs that know of dark and light; the others take the inline styles, or turn colours round by themselves.
_DARK: Final = (
    "@media (prefers-color-scheme:dark){"
    ".o{background:#14171b!important}.i{background:#1f2429!important}"
    ".t{color:#e8eaed!important}.q{color:#b0b6bd!important}.l{border-color:#3a4149!important}"
    ".a{color:#8ab4f8!important}.c{background:#14171b!important;color:#e8eaed!important}"
    ".n{background:#4a3a00!important;color:#ffe8a3!important}}"
)


def written(sheet: Sheet) -> str:
    colour = _GOOD if sheet.good else _COLOURS[sheet.severity]
    body = "\n".join(_body(sheet))
    return (
        f'<!DOCTYPE html>\n<html lang="{sheet.lang}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark">'
        f"<title>{_word(sheet.heading)}</title><style>{_DARK}</style></head>\n"
        f'<body class="o" style="margin:0;padding:0;background:#f1f3f5;{_FONT}">\n'
        '<table role="presentation" class="o" width="100%" cellpadding="0" cellspacing="0" style="background:#f1f3f5">'
        '<tr><td align="center" style="padding:12px">\n'
        '<table role="presentation" class="i" width="100%" cellpadding="0" cellspacing="0" '
        f'style="max-width:640px;background:#ffffff;border-top:5px solid {colour};text-align:left">\n'
        f"{body}\n</table>\n</td></tr></table>\n</body></html>\n"
    )


def _body(sheet: Sheet) -> Iterator[str]:
    for banner in sheet.banners:
        style = "padding:10px 20px;background:#fff3cd;color:#5c4400;font-weight:bold;font-size:14px"
        yield f'<tr><td class="n" style="{style}">{_word(banner)}</td></tr>'
    lead = "".join(f'<p class="t" style="{_TEXT}">{_word(line)}</p>' for line in sheet.lead)
    yield _part(f'<h1 class="t" style="margin:0 0 8px;font-size:20px;color:#1a1d21">{_word(sheet.heading)}</h1>{lead}')
    if sheet.figures:
        yield _part(_heading(sheet.scores) + _figures(sheet))
    for block in sheet.blocks:
        yield _part(_block(block))
    if sheet.links:
        yield _part(" &nbsp; ".join(_link(link) for link in sheet.links))
    yield _part(f'<p class="q" style="margin:0;font-size:12px;color:#5f6670">{_word(sheet.footer)}</p>')


_TEXT: Final = "margin:0 0 6px;font-size:15px;line-height:1.5;color:#1a1d21"
_CELL: Final = (
    "padding:5px 10px 5px 0;font-size:14px;line-height:1.45;vertical-align:top;text-align:left;"
    "border-bottom:1px solid #dfe3e8;overflow-wrap:break-word"
)


def _word(text: str) -> str:
    return escape(text, quote=True)


def _address(address: str) -> str:
    return escape(address, quote=True) if address.startswith(("https://", "http://")) else "#"


def _part(inner: str) -> str:
    return f'<tr><td style="padding:10px 20px">{inner}</td></tr>'


def _heading(text: str) -> str:
    return f'<h2 class="t" style="margin:0 0 6px;font-size:15px;color:#1a1d21">{_word(text)}</h2>'


def _figures(sheet: Sheet) -> str:
    cells = "".join(_figure(figure, 100 // len(sheet.figures)) for figure in sheet.figures)
    return (
        f'<table role="presentation" width="100%" cellpadding="0" cellspacing="0"><tr>{cells}</tr></table>'
        f'<img src="cid:{PICTURE}" alt="{_word(sheet.alt)}" width="600" '
        'style="display:block;width:100%;max-width:600px;height:auto;margin-top:6px;border:0">'
    )


def _figure(figure: Figure, width: int) -> str:
    small = "font-size:13px;color:#5f6670"
    return (
        f'<td width="{width}%" style="padding:0 12px 4px 0;vertical-align:top">'
        f'<div class="q" style="{small}">{_word(figure.level)}</div>'
        f'<div class="t" style="font-size:26px;font-weight:bold;color:#1a1d21">{_word(figure.figure)}</div>'
        f'<div class="q" style="{small}">{_word(figure.note)}</div>'
        f'<div class="q" style="{small}">{_word(figure.legend)}</div></td>'
    )


def _block(block: Block) -> str:
    match block:
        case Facts():
            return _grid("".join(_fact(name, value) for name, value in block.rows), 'role="presentation" ')
        case Points():
            items = "".join(f'<li class="t" style="{_TEXT}">{_word(item)}</li>' for item in block.items)
            return f'{_heading(block.heading)}<ul style="margin:0;padding-left:20px">{items}</ul>'
        case Command():
            return f'<p class="t" style="{_TEXT}">{_command(block)}</p>'
        case Table():
            return _heading(block.heading) + _table(block)


def _grid(rows: str, role: str = "") -> str:
    return f'<table {role}width="100%" cellpadding="0" cellspacing="0" style="border-collapse:collapse;table-layout:fixed">{rows}</table>'


def _fact(name: str, value: str) -> str:
    return (
        f'<tr><td class="q l" width="32%" style="{_CELL};color:#5f6670">{_word(name)}</td>'
        f'<td class="t l" style="{_CELL};color:#1a1d21">{_word(value)}</td></tr>'
    )


def _table(table: Table) -> str:
    """Two columns, so that a phone shows it: since when stands below the name."""
    who, said = table.head
    head = _head(who, "36%") + _head(said, "64%")
    rows = "".join(map(_row, table.rows))
    more = f'<p class="t" style="{_TEXT};margin-top:6px">{_word(table.more)}</p>' if table.more else ""
    return _grid(f"<tr>{head}</tr>{rows}") + more


def _head(name: str, width: str) -> str:
    return f'<th class="q l" scope="col" width="{width}" style="{_CELL};color:#5f6670">{_word(name)}</th>'


def _row(row: Row) -> str:
    first = _link(Link(text=row.who, address=row.address)) if row.address else _word(row.who)
    if row.since:
        style = "font-size:12px;color:#5f6670"
        first += f'<br><span class="q" style="{style}">{_word(row.since)}</span>'
    what, *rest = map(_word, row.said)
    cells = (first, "<br>".join((f'<span style="font-weight:bold">{what}</span>', *rest)) if rest else what)
    return "<tr>" + "".join(f'<td class="t l" style="{_CELL};color:#1a1d21">{cell}</td>' for cell in cells) + "</tr>"


def _link(link: Link) -> str:
    return f'<a class="a" style="color:#1d4ed8;font-size:14px" href="{_address(link.address)}">{_word(link.text)}</a>'


def _command(block: Command) -> str:
    style = "background:#f1f3f5;color:#1a1d21;padding:1px 4px;font-family:monospace;overflow-wrap:anywhere"
    return f'{_word(block.about)}: <code class="c" style="{style}">{_word(block.command)}</code>'
