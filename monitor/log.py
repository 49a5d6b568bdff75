"""Logging for people or machines, on stderr. The only place that configures structlog."""

import logging
import os
import sys
from typing import Literal, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

Format = Literal["console", "json"]
LEVELS = ("debug", "info", "warning", "error")


def printable(text: str) -> str:
    """Control characters are written as escapes, so that no page can rewrite an operator's terminal."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def configure(form: Format = "console", level: str = "info", stream: TextIO | None = None) -> None:
    """Send structlog's events, and what libraries log, to `stream` (stderr)."""
    stream = stream or sys.stderr
    renderer = _renderer(form, stream)
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _escape,
    ]
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(_number(level)),
        logger_factory=structlog.WriteLoggerFactory(file=stream),
        cache_logger_on_first_use=False,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer]
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter)
    logging.basicConfig(handlers=[handler], level=max(_number(level), logging.WARNING), force=True)


def _number(level: str) -> int:
    return logging.getLevelNamesMapping()[level.upper()]


def _escape(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    return {key: _escaped(value, key) for key, value in event.items()}


def _escaped(value: object, key: str) -> object:
    if not isinstance(value, str):
        return value
    # A traceback is the one text of many lines; what is in its lines may come from a page all the same.
    return "\n".join(map(printable, value.splitlines())) if key == "exception" else printable(value)


def _renderer(form: Format, stream: TextIO) -> Processor:
    if form == "json":
        return structlog.processors.JSONRenderer(ensure_ascii=False)
    coloured = stream.isatty() and not os.environ.get("NO_COLOR")
    return structlog.dev.ConsoleRenderer(colors=coloured, exception_formatter=structlog.dev.plain_traceback)
