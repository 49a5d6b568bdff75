"""The sheet as plain text, for whatever shows no HTML: one thing on a line, so that nothing can pose as a line of ours."""

from collections.abc import Iterator

from monitor.saying.sheet import Block, Command, Facts, Points, Row, Sheet, Table


def plain(sheet: Sheet, *, wide: bool = False) -> str:
    """Ends with a line feed. `wide`: all that is said of an agency is on its line, for where lines become paragraphs."""
    parts = [
        "\n".join(sheet.banners),
        "\n".join(line for line in (sheet.heading, *sheet.lead) if line),
        "\n".join(_scores(sheet)),
        *("\n".join(_block(block, wide=wide)) for block in sheet.blocks),
        "\n".join(f"{link.text}: {link.address}" for link in sheet.links),
        sheet.footer,
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _scores(sheet: Sheet) -> Iterator[str]:
    if sheet.figures:
        yield f"{sheet.scores}:"
    for figure in sheet.figures:
        yield f"  {figure.level}: {figure.figure} ({figure.note}); {figure.legend}"


def _block(block: Block, *, wide: bool) -> Iterator[str]:
    match block:
        case Facts():
            yield from (f"{name}: {value}" for name, value in block.rows)
        case Points():
            yield f"{block.heading}:"
            yield from (f"- {item}" for item in block.items)
        case Command():
            yield f"{block.about}: {block.command}"
        case Table():
            yield f"{block.heading}:"
            for row in block.rows:
                yield from _row(row, wide=wide)
            yield from ((f"  {block.more}",) if block.more else ())


def _row(row: Row, *, wide: bool) -> Iterator[str]:
    """- Hà Nội (H26), từ 21/6/2023 14:05: mất kết nối; below it, further in, why, and the address of its page."""
    since = f", {row.since}" if row.since else ""
    said = (" · ".join(row.said),) if wide else row.said
    yield f"- {row.who}{since}: {said[0]}"
    yield from (f"  {each}" for each in said[1:])
    yield from ((f"  {row.address}",) if row.address else ())
