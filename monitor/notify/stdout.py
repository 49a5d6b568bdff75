"""Notices on standard output, as text or one line of JSON each: for trials."""

import sys
from dataclasses import dataclass
from select import select
from typing import ClassVar, Final, Literal

from monitor.notify import Message, Reach
from monitor.notify._aside import Attempt, aside
from monitor.notify._disk import trouble, write
from monitor.notify._lines import line_of, text_of

_LOOK_AGAIN: Final = 0.05  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Notifier:
    form: Literal["text", "json"] = "text"

    audience: ClassVar[Literal["people", "machines"]] = "machines"

    async def send(self, message: Message, reach: Reach) -> None:  # noqa: ARG002 - nothing leaves this machine
        raw = (line_of(message) if self.form == "json" else text_of(message)).encode()
        try:
            await aside(lambda attempt: _out(raw, attempt))
        except OSError as error:
            raise trouble(error, "standard output") from None


def _out(raw: bytes, attempt: Attempt) -> None:
    """Past Python's own buffer, which would keep what could not be written and write it again with the next try."""
    sys.stdout.flush()
    out = sys.stdout.fileno()
    while not select([], [out], [], _LOOK_AGAIN)[1]:  # nobody reads: nothing is begun that is given up meanwhile
        if attempt.given_up:
            return
    if not attempt.given_up:
        write(out, raw)
