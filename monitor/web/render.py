"""Writes the pages: templates, the reader's language, and nothing that is not escaped."""

import contextlib
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from monitor import words
from monitor.model import ZONE, Answer, Level
from monitor.report import AgencyReport, Report
from monitor.vitals import Vitals
from monitor.web.reader import REFRESH_SECONDS, Reader
from monitor.web.view import Why, conditions, deciding, overview, whys
from probes import Fact, Reason, Status

FOLDER = Path(__file__).parent


class Pages:
    """The templates, read once. Every page gets the words of its reader."""

    def __init__(self, version: str) -> None:
        environment = Environment(
            loader=FileSystemLoader(FOLDER / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        names = ("overview", "agency", "error", "runbook")
        self._templates = {name: environment.get_template(f"{name}.html") for name in names}
        self._version = version

    def overview(self, reader: Reader, report: Report, vitals: Vitals) -> str:
        return self._write("overview", reader, report=report, vitals=vitals, view=overview(report))

    def agency(self, reader: Reader, report: Report, vitals: Vitals, agency: AgencyReport) -> str:
        return self._write("agency", reader, report=report, vitals=vitals, agency=agency)

    def runbook(self, reader: Reader, title: str, body: str, written_in: words.Language, *, index: bool) -> str:
        """`body` is HTML of ours, and stays as it is."""
        return self._write("runbook", reader, heading=title, body=body, written_in=written_in, index=index)

    def error(self, reader: Reader, status: int, name: str | None = None) -> str:
        phrase = name or {404: "not_found", 500: "wrong"}.get(status, "refused")
        return self._write("error", reader, status=status, phrase=phrase)

    def _write(self, name: str, reader: Reader, **values: Any) -> str:
        template: Template = self._templates[name]
        return template.render(
            **_words(reader), reader=reader, version=self._version, every=REFRESH_SECONDS, **_readings(), **values
        )


PAGES = web.AppKey("PAGES", Pages)


def _readings() -> dict[str, Callable[..., Any]]:
    return {"conditions": conditions, "whys": whys, "deciding": deciding, "is_web": is_web}


def is_web(url: str | None) -> bool:
    """Whether it may be made a link: never what a browser would run."""
    return bool(url) and str(url).lower().startswith(("https://", "http://"))


def _words(reader: Reader) -> dict[str, Callable[..., str]]:
    """The catalogue in one language; days and moments come as ISO 8601, as they stand in the report."""
    language = reader.language

    def reason(word: str | None) -> str:
        if word is None:
            return words.phrase("no_look", language)
        return words.word(Reason(word), language)  # type: ignore[call-arg]  # a look-up by value, not a new member

    def name(agency: AgencyReport) -> str:
        return agency["name_en"] if language is words.Language.EN else agency["name"]

    return {
        "t": lambda phrase, **values: words.phrase(phrase, language, **values),
        "word": lambda member: words.word(member, language),
        "say": lambda answer: words.word(Answer(answer), language),
        "state": lambda status: words.word(Status(status), language),
        "level": lambda level: words.one_of(Level(level), language),
        "levels": lambda level: words.word(Level(level), language),
        "phase": lambda phase: words.phrase(phase, language),
        "because": lambda why: _because(why, language),
        "kind": lambda kind: words.kind(kind, language),
        "reason": reason,
        "name": name,
        "day": lambda iso: words.day(date.fromisoformat(iso), language),
        "moment": lambda iso: words.moment(datetime.fromisoformat(iso), language),
        "number": lambda value, digits=0: words.number(value, language, digits),
        "fact": lambda key, value: _fact(key, value, language),
    }


def _because(why: Why, language: words.Language) -> str:
    if why.check:
        return words.kind(why.check["kind"], language)
    return words.phrase("document", language, name=why.name.removeprefix("document "))


def _fact(key: str, value: Fact | None, language: words.Language) -> str:
    """A fact for people: moments as moments, versions as they are written, ratios with the reader's decimal mark."""
    if key.endswith(("not_after", "not_before")) and isinstance(value, int | float):
        # The end of 9999, which stands for "never" in certificates (RFC 5280, 4.1.2.5), is beyond it in Viet Nam.
        with contextlib.suppress(ValueError, OverflowError, OSError):
            return words.moment(datetime.fromtimestamp(value, tz=ZONE), language)
    if isinstance(value, float) and not value.is_integer() and not key.endswith("version"):
        return words.number(value, language, 3)
    return "" if value is None else str(value)
