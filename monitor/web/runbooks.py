"""`/runbooks/` and `/runbooks/NAME`: what to do about each alert, readable where there is no internet.

The pages are Markdown of the project's own, read and written once at the start; HTML in them would be shown as text. Those in
English are whole; beside them, in the folder `vi`, lies for officials what a trouble means, what to do and whom to call.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from typing import Final

from aiohttp import web
from markdown_it import MarkdownIt
from markdown_it.token import Token

from monitor.web.guard import Handler
from monitor.web.reader import reader
from monitor.web.render import PAGES
from monitor.words import Language

INDEX: Final = "README"
_PAGE: Final = re.compile(r"([A-Za-z][A-Za-z0-9_-]*)\.md(#[^\s]*)?")
_ELSEWHERE: Final = ("https://", "http://", "#")
_VIETNAMESE: Final = re.compile(r"[ăâđêôơưĂÂĐÊÔƠƯ\u1ea0-\u1ef9]")  # letters that English does without
_LINK: Final = ("link_open", "link_close")


@dataclass(frozen=True, slots=True, kw_only=True)
class Runbook:
    title: str
    body: str  # HTML, safe to show


def runbooks(folder: Path) -> list[web.RouteDef]:
    """The addresses of the pages in this folder."""
    whole = read(folder)
    pages = {Language.EN: whole, Language.VI: read(folder / "vi", whole.keys())}

    def answering(name: str | None) -> Handler:
        async def answer(request: web.Request) -> web.Response:
            asked, who = name or request.match_info["name"], reader(request)
            if asked not in whole or request.match_info.get("name") == INDEX:
                raise web.HTTPNotFound
            written_in = who.language if asked in pages[who.language] else Language.EN
            page = pages[written_in][asked]
            text = request.app[PAGES].runbook(who, page.title, page.body, written_in, index=name is not None)
            return web.Response(text=text, content_type="text/html", headers={"Vary": "Accept-Language"})

        return answer

    index = answering(INDEX)
    return [
        web.get("/runbooks", index),
        web.get("/runbooks/", index),
        web.get("/runbooks/{name}", answering(None)),
    ]


def read(folder: Path, others: Collection[str] = ()) -> Mapping[str, Runbook]:
    """Every page by its name; README is the index. They may lead to each other and to `others`."""
    files = {path.stem: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.md"))}
    return MappingProxyType({name: written(text, {*files, *others}) for name, text in files.items()})


def written(text: str, names: Collection[str]) -> Runbook:
    """As HTML that the pages' policy allows: no style, no picture, links to pages that there are."""
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")
    tokens = markdown.parse(text)
    for token in tokens:
        _without_style(token)
        token.children = list(_linked(token.children or (), names)) if token.type == "inline" else token.children
    title = ""
    for opening, inline in pairwise(tokens):
        if inline.type == "inline" and _VIETNAMESE.search(inline.content):
            opening.attrSet("lang", "vi")
        if opening.type == "heading_open":
            opening.attrSet("id", _anchor(inline.content))
            title = title or "".join(child.content for child in inline.children or ())
    return Runbook(title=title, body=markdown.renderer.render(tokens, markdown.options, {}))


def _without_style(token: Token) -> None:
    """Cells come with their alignment as a style; a table is marked as one that stays a table on a phone."""
    token.attrs.pop("style", None)
    if token.type == "table_open":
        token.attrSet("class", "facts")
    if token.type == "th_open":
        token.attrSet("scope", "col")


def _linked(tokens: Sequence[Token], names: Collection[str]) -> Iterator[Token]:
    """A link that leads to no page of ours, nor out to the web, is text alone."""
    kept: list[bool] = []  # of the links that are open
    for token in tokens:
        if token.type == "link_open":
            target = _target(str(token.attrs["href"]), names)
            token.attrs["href"] = target
            kept.append(bool(target))
        if (kept.pop() if token.type == "link_close" else kept[-1]) if token.type in _LINK else True:
            yield token


def _target(link: str, names: Collection[str]) -> str:
    """Where a link of the folder leads on this server; empty where nowhere."""
    if link.startswith(_ELSEWHERE):
        return link
    page = _PAGE.fullmatch(link)
    if page is None or page[1] not in names:
        return ""
    return f"/runbooks/{'' if page[1] == INDEX else page[1]}{page[2] or ''}"


def _anchor(heading: str) -> str:
    """As code hosts make it, so that links work there and here."""
    return re.sub(r"\s", "-", re.sub(r"[^\w\s-]", "", heading.strip().lower()))
