"""A page of an agency, read with lexbor: what a person sees on it and where it leads.

Pages are hostile until shown otherwise. lexbor takes quadratic time over deep nesting and over a tag of thousands of
attributes, and quadratic memory over formatting elements left open, so a page is cut and tamed before it reads it.
"""

import html
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

from selectolax.lexbor import LexborHTMLParser, LexborNode
from yarl import URL

from probes import Page
from probes._text import text_of

_MOST_LINKS = 2000  # of each sort; no page that people use has more
_MOST_HEADINGS = 20
_HARDLY_ANY = 2  # links: on such a page the notice itself may be one
_MOST_BELOW = 40  # nodes below a link that may hold its label
_LONGEST_LABEL = 300  # characters
_MOST_TEXT = 512 * 1024
_MOST_TAGS = 10_000
_MOST_ATTRIBUTES = 500  # of one tag
_SHORT_DELAY = 30  # seconds: a refresh after a longer time renews a page, it does not lead on

_TAG = re.compile(r"<[a-zA-Z]")
_FORMATTING = re.compile(
    r"(</?)(?:b|big|code|em|font|i|nobr|s|small|strike|strong|tt|u)(?=[ \t\n\r\f/>])", re.IGNORECASE
)
_ATTRIBUTE = (
    r"[ \t\n\r\f/]*+[^ \t\n\r\f/>][^ \t\n\r\f/>=]*+"
    r"""(?:[ \t\n\r\f]*+=[ \t\n\r\f]*+(?:"[^"]*+"|'[^']*+'|[^ \t\n\r\f>]*+))?+"""
)
_OVERLOADED = re.compile(rf"<[a-zA-Z][^ \t\n\r\f/>]*+(?:{_ATTRIBUTE}){{{_MOST_ATTRIBUTES}}}")
_REFRESH = re.compile(
    r"\s{0,9}(\d{1,6})[\d.]{0,9}\s{0,9}[;,]?\s{0,9}(?:url\s{0,9}=\s{0,9})?[\"']?([^\"']*)", re.IGNORECASE
)
_SCRIPTED_MOVE = re.compile(
    r"location(?:\.href)?\s{0,9}(?:=|\.(?:replace|assign)\()\s{0,9}[\"'](https?://[^\"'\s\\]{1,2000})[\"']"
)
_UNSEEN = "script, style, noscript, template, title, [hidden], [style*='display:none' i], [style*='display: none' i]"
_WORTH_SEEING = (
    "a[href] img, iframe[src], frame[src], embed[src], object[data], video, input:not([type=hidden]), textarea, select"
)
_WAITING = frozenset(
    {"loading", "đang tải", "đang tải dữ liệu", "vui lòng chờ", "vui lòng đợi", "please wait", "đang tải trang"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Something a person can click on; `url` is None where only a script knows where it leads."""

    text: str
    url: URL | None


class Html:
    """What one page shows, each part read when it is first asked for, and once.

    Addresses are absolute, http or https; texts are in NFC with single spaces. Whatever the page is, it is read: of what
    is no HTML, all the text is visible.
    """

    def __init__(self, page: Page) -> None:
        self._page = page

    @cached_property
    def source(self) -> str:
        return text_of(self._page)[:_MOST_TEXT].replace("\0", " ")

    @property
    def is_html(self) -> bool:
        return self._tree is not None

    @cached_property
    def title(self) -> str:
        return _title(self._tree) if self._tree else ""

    @cached_property
    def language(self) -> str:
        return _attribute(self._tree.css_first("html"), "lang") if self._tree else ""

    @cached_property
    def links(self) -> tuple[Link, ...]:
        return tuple(_links(self._tree, self._base)) if self._tree else ()

    @cached_property
    def forms(self) -> tuple[URL, ...]:
        """Where forms lead, with their hidden fields."""
        return tuple(_forms(self._tree, self._base)) if self._tree else ()

    @cached_property
    def leads_to(self) -> URL | None:
        """By a refresh, or by a script on a page that shows nothing."""
        if not self._tree:
            return None
        return _refresh(self._tree, self._base) or (_scripted_move(self.source) if self.blank else None)

    @cached_property
    def scripts(self) -> bool:
        return self._tree is not None and self._tree.css_first("script") is not None

    @cached_property
    def script_files(self) -> tuple[URL, ...]:
        """Of scripts that are not written into the page, in the order in which they run."""
        nodes = self._tree.css("script[src]")[:_MOST_LINKS] if self._tree else ()
        urls = (resolved(self._base, _attribute(node, "src")) for node in nodes)
        return tuple(url for url in urls if url)

    @cached_property
    def password(self) -> bool:
        """Asks for one."""
        return self._tree is not None and self._tree.css_first("input[type=password i]") is not None

    @property
    def visible(self) -> str:
        return self._seen[0]

    @property
    def blank(self) -> bool:
        """Nothing for a person to see."""
        return self._seen[1]

    @property
    def headings(self) -> tuple[str, ...]:
        """The main ones that a person sees, without what is a link in them."""
        return self._said[0]

    @property
    def unlinked(self) -> str:
        """The visible text without tickers, and without links unless there are hardly any."""
        return self._said[1]

    @cached_property
    def _said(self) -> tuple[tuple[str, ...], str]:
        if not self._tree:
            return (), self.visible
        return _said(self._tree.clone())

    @cached_property
    def _seen(self) -> tuple[str, bool]:
        if not self._tree:
            return _spaced(self.source), not self.source.strip()
        return _seen(self._tree.clone(), scripts=self.scripts)

    @cached_property
    def _tree(self) -> LexborHTMLParser | None:
        return LexborHTMLParser(_tamed(self.source)) if _is_html(self._page) else None

    @cached_property
    def _base(self) -> URL:
        return _base(self._tree, self._page.url) if self._tree else self._page.url


def read(page: Page) -> Html:
    return Html(page)


def resolved(base: URL, address: str | None) -> URL | None:
    """The address as a whole URL of the web, or None."""
    try:
        url = base.join(URL((address or "").strip()))
        host = (URL(str(url)) if ":" in (url.raw_host or "") else url).host  # anew: it takes [:z] and writes :z
    except (ValueError, IndexError):  # yarl has both, and some only when the host is asked for
        return None
    return url if url.scheme in ("http", "https") and host else None


def _is_html(page: Page) -> bool:
    kind = page.headers.get("content-type", "").lower()
    return "html" in kind or not kind.strip()


def _tamed(text: str) -> str:
    """Cut where it is beyond what a page may be; formatting elements mean nothing here and become spans."""
    last = next(islice(_TAG.finditer(text), _MOST_TAGS, None), None)
    text = text[: last.start()] if last else text
    overloaded = _OVERLOADED.search(text)
    return _FORMATTING.sub(r"\1span", text[: overloaded.start()] if overloaded else text)


def _seen(tree: LexborHTMLParser, *, scripts: bool) -> tuple[str, bool]:
    """The text a person sees, and whether there is nothing to see. Takes the unseen out of the tree."""
    _strip(tree, _UNSEEN)
    visible = _text(tree.body)
    waiting = scripts and visible.casefold().strip(" .…") in _WAITING
    return visible, (not visible or waiting) and tree.css_first(_WORTH_SEEING) is None


def _said(tree: LexborHTMLParser) -> tuple[tuple[str, ...], str]:
    """The main headings, and the text outside of links and tickers. Takes the others out of the tree."""
    _strip(tree, f"{_UNSEEN}, marquee")
    if len(tree.css("a[href]")) > _HARDLY_ANY:
        _strip(tree, "a[href]")
    return tuple(_text(node) for node in tree.css("h1")[:_MOST_HEADINGS]), _text(tree.body)


def _strip(tree: LexborHTMLParser, selector: str) -> None:
    for node in tree.css(selector):
        node.decompose()


def _links(tree: LexborHTMLParser, base: URL) -> Iterator[Link]:
    for node in tree.css("a, area")[:_MOST_LINKS]:
        address = _attribute(node, "href")
        scripted = not address or address.startswith("#")
        yield Link(text=_label(node), url=None if scripted else resolved(base, address))
    for node in tree.css("button, input[type=button i], input[type=submit i], [role=button], [onclick]")[:_MOST_LINKS]:
        if node.tag not in ("a", "area"):
            yield Link(text=_label(node), url=None)


def _forms(tree: LexborHTMLParser, base: URL) -> Iterator[URL]:
    for form in tree.css("form"):
        if url := resolved(base, _attribute(form, "action")):
            yield url.update_query(dict(_hidden_fields(form)))


def _hidden_fields(form: LexborNode) -> Iterable[tuple[str, str]]:
    for field in form.css("input[type=hidden i]"):
        if name := _attribute(field, "name"):
            yield name, _attribute(field, "value")


def _refresh(tree: LexborHTMLParser, base: URL) -> URL | None:
    for node in tree.css("meta[http-equiv=refresh i]"):
        match = _REFRESH.match(_attribute(node, "content"))
        if match and int(match[1]) <= _SHORT_DELAY and match[2].strip():
            return resolved(base, match[2])
    return None


def _scripted_move(text: str) -> URL | None:
    match = _SCRIPTED_MOVE.search(text)
    return resolved(URL(), html.unescape(match[1])) if match else None


def _base(tree: LexborHTMLParser, url: URL) -> URL:
    return resolved(url, _attribute(tree.css_first("base[href]"), "href")) or url


def _title(tree: LexborHTMLParser) -> str:
    node = tree.css_first("title")
    return _text(node)


def _label(node: LexborNode) -> str:
    words = (_beginning(node), *(_attribute(node, name) for name in ("title", "aria-label", "value", "alt")))
    return next(filter(None, map(_spaced, words)), "")


def _beginning(node: LexborNode) -> str:
    """The first words below a node: clickable elements inside each other would else copy the page over and over."""
    words, length = [], 0
    for each in islice(node.traverse(include_text=True), _MOST_BELOW):
        if each.tag == "-text" and (part := _spaced(each.text(deep=False)[:_LONGEST_LABEL])):
            words.append(part)
            length += len(part)
        if length > _LONGEST_LABEL:
            break
    return " ".join(words)[:_LONGEST_LABEL]


def _text(node: LexborNode | None) -> str:
    return _spaced(node.text(separator=" ")) if node is not None else ""


def _attribute(node: LexborNode | None, name: str) -> str:
    return (node.attributes.get(name) or "").strip() if node is not None else ""


def _spaced(text: str) -> str:
    return " ".join(text.split())
