"""Text of a page: decoded by what its header says, and composed (NFC) at a cost that a hostile page cannot drive up."""

import re
import unicodedata

from probes import Page

_PIECES = re.compile(r"\s+|\S{1,256}")  # words of a page; longer ones fall apart

# No other: Python has codecs that raise, warn or take quadratic time, and a hostile header could name them.
_WEB_CHARSETS = frozenset(
    {"utf-8", "utf8", "us-ascii", "iso-8859-1", "windows-1252", "windows-1258", "utf-16", "utf-16le", "utf-16be"}
)


def nfc(text: str) -> str:
    """Text in NFC, word by word: the time it takes is the square of a run of combining marks, and a page may be one."""
    return text if text.isascii() else "".join(unicodedata.normalize("NFC", part) for part in _PIECES.findall(text))


def text_of(page: Page) -> str:
    """The body as text in NFC, by the charset of its header, else UTF-8; what does not decode is replaced."""
    _, _, charset = page.headers.get("content-type", "").lower().partition("charset=")
    charset = charset.split(";")[0].strip(" \"'")
    return nfc(page.body.decode(charset if charset in _WEB_CHARSETS else "utf-8", "replace"))
