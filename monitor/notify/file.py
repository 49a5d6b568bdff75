"""Notices at the end of a file, one line of JSON each or as text: for trials, and for programs that read files."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Final, Literal

from monitor.notify import Message, Reach
from monitor.notify._aside import aside
from monitor.notify._disk import append, trouble
from monitor.notify._lines import line_of, text_of

_MODE: Final = 0o640  # who is told is nobody else's business


@dataclass(frozen=True, slots=True, kw_only=True)
class Notifier:
    path: Path
    form: Literal["json", "text"] = "json"

    audience: ClassVar[Literal["people", "machines"]] = "machines"

    async def send(self, message: Message, reach: Reach) -> None:  # noqa: ARG002 - nothing leaves this machine
        raw = (line_of(message) if self.form == "json" else text_of(message)).encode()
        try:
            await aside(lambda attempt: append(self.path, raw, _MODE, attempt))
        except OSError as error:
            raise trouble(error, str(self.path)) from None
