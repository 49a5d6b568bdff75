"""Does a page say that it is closed for the moment? A soft error: 200, and a notice where the page should be.

"Hệ thống đang bảo trì" was seen on a sign-on (CERTAIN: VNeID, 30 June and 28-29 August 2025); the other words are usual
ones (INFERRED). A portal that works and merely announces the maintenance of a coming night has the same words among its
news. So it depends on where they stand, and on what else the page has:

- a notice has its words in the title or in a main heading, or it is short;
- news are links, and a page of news has many of them; what stands in links is not held against a page;
- who offers a login is not closed, unless the heading says so; who asks for a password never is;
- what will be, is over, is denied or is the name of a procedure is not now ("sẽ", "lịch", "kế hoạch", "hoàn thành",
  "hoàn tất", "kết thúc", "không", "chưa", "thủ tục", "đăng ký", "về việc" before the words, "đã xong" after them).

Compared without case and diacritics, for some servers write their notices without. When in doubt a page is no notice.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from probes._html import Html

WORDS = (
    "đang bảo trì",
    "đang được bảo trì",
    "quá trình bảo trì",
    "bảo trì hệ thống",
    "hệ thống bảo trì",
    "đang nâng cấp",
    "đang được nâng cấp",
    "quá trình nâng cấp",
    "tạm dừng phục vụ",
    "tạm ngừng phục vụ",
    "tạm dừng hoạt động",
    "tạm ngừng hoạt động",
    "tạm dừng cung cấp dịch vụ",
    "tạm ngừng cung cấp dịch vụ",
    "tạm dừng để",
    "tạm ngừng để",
    "under maintenance",
    "down for maintenance",
)

_SHORT, _FEW = 800, 8  # characters and links of a page that is a notice wherever its words stand
_LONG, _MANY = 3000, 30  # of a page that is none, whatever its heading says
_LOGINS = ("dang nhap", "login", "log in", "sign in")
_BEFORE = 40  # characters before the words that may turn their meaning
_NOT_NOW = re.compile(
    r"\b(?:se|lich|ke hoach|hoan thanh|hoan tat|ket thuc|khong|chua|thu tuc|dang ky|ve viec)\b[^.,!?;:]*$"
)
_OVER = re.compile(r"^\s*(?:da xong|xong|da hoan|da ket thuc)\b")  # after them
_AFTER = 20  # characters
_MARKS = re.compile("[\u0300-\u036f]")


def says_closed(html: Html, words: Iterable[str] = WORDS) -> str:
    """The words by which a page is known as a notice of maintenance; empty when it is none."""
    wanted = tuple(words)
    if len(html.visible) > _LONG or html.password or not _found(f"{html.title} {html.visible}", wanted):
        return ""
    if len(html.links) > _MANY:
        return ""
    heading = next(filter(None, (_found(text, wanted) for text in (html.title, *html.headings))), "")
    if heading or len(html.visible) > _SHORT or len(html.links) > _FEW or _offers_a_login(html):
        return heading
    return _found(html.unlinked, wanted)


def _offers_a_login(html: Html) -> bool:
    labels = (_folded(link.text) for link in html.links)
    return any(word in label for label in labels for word in _LOGINS)


def _found(text: str, words: tuple[str, ...]) -> str:
    folded = _folded(text)
    return next((word for word, plain in _plain(words) if plain in folded and _now(folded, plain)), "")


def _now(text: str, word: str) -> bool:
    """Whether nothing before the words, wherever they stand, puts them off or ends them."""
    places = (place.span() for place in re.finditer(re.escape(word), text))
    return any(
        not _NOT_NOW.search(text[max(0, start - _BEFORE) : start]) and not _OVER.search(text[end : end + _AFTER])
        for start, end in places
    )


@lru_cache(maxsize=256)  # of the settings
def _plain(words: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Each word with what it is compared as; an empty one is none."""
    return tuple((word, _folded(word)) for word in words if _folded(word))


def _folded(text: str) -> str:
    """Without case, diacritics and double spaces, and cut: NFD takes the square of a run of marks."""
    plain = _MARKS.sub("", unicodedata.normalize("NFD", text[: 2 * _LONG].casefold())).replace("đ", "d")
    return " ".join(plain.split())
