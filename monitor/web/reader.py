"""Who reads a page: in which language, and whether the page is to renew itself."""

from dataclasses import dataclass
from urllib.parse import urlencode

from aiohttp import web

from monitor.metrics import quality
from monitor.words import Language

REFRESH_SECONDS = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    language: Language = Language.VI
    asked: bool = False  # for this language, in the address
    refreshing: bool = True
    path: str = "/"

    @property
    def other(self) -> Language:
        return Language.EN if self.language is Language.VI else Language.VI

    def link(self, path: str, *, language: Language | None = None, refreshing: bool | None = None) -> str:
        """`path` on this server, with what the reader asked for kept."""
        query = {}
        if language or self.asked:
            query["lang"] = (language or self.language).value
        if not (self.refreshing if refreshing is None else refreshing):
            query["refresh"] = "off"
        return f"{path}?{urlencode(query)}" if query else path


def reader(request: web.Request) -> Reader:
    """By ?lang=, else by Accept-Language; Vietnamese unless English is preferred."""
    asked = request.query.get("lang")
    header = request.headers.get("Accept-Language", "")
    english = asked == "en" if asked in list(Language) else _prefers_english(header)
    return Reader(
        language=Language.EN if english else Language.VI,
        asked=asked in list(Language),
        refreshing=request.query.get("refresh") != "off",
        path="/" + request.rel_url.raw_path.lstrip("/\\"),  # two slashes at the start would lead to another host
    )


def _prefers_english(header: str) -> bool:
    def wanted(language: str) -> float:
        names = (part.split(";")[0].strip().lower() for part in header.split(","))
        return quality(header, *(name for name in names if name == language or name.startswith(f"{language}-")))

    return wanted("en") > max(wanted("vi"), quality(header, "*"))
