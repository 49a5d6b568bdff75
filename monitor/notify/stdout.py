"""Notices on standard output, as text or one line of JSON each: for trials."""

import sys
from dataclasses import dataclass
from typing import ClassVar, Literal

from monitor.notify import Message, Reach
from monitor.notify._aside import aside
from monitor.notify._disk import trouble, write
from monitor.notify._lines import line_of, text_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Notifier:
    form: Literal["text", "json"] = "text"

    audience: ClassVar[Literal["people", "machines"]] = "machines"

    async def send(self, message: Message, reach: Reach) -> None:  # noqa: ARG002 - nothing leaves this machine
        written = line_of(message) if self.form == "json" else text_of(message)
        try:
            await aside(_out, written.encode())
        except OSError as error:
            raise trouble(error, "standard output") from None


def _out(raw: bytes) -> None:
    """Past Python's own buffer, which would keep what could not be written and write it again with the next try."""
    sys.stdout.flush()
    write(sys.stdout.fileno(), raw)
