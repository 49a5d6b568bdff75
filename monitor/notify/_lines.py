"""A message as a line for programs or as text for people, for ways of telling that are for trials."""

import json
from typing import Any

from monitor.log import printable
from monitor.notify import Message


def line_of(message: Message) -> str:
    """One line of JSON. The same key on two lines is the same notice, delivered twice."""
    notice = message.notice
    held: dict[str, Any] = {
        "key": message.key,
        "at": notice.at.isoformat(),
        "channel": message.channel,
        "event": notice.event.value,
        "severity": notice.severity.value,
        "agencies": [entry.agency for entry in notice.entries],
        "subject": message.subject,
        "text": message.text,
        "link": message.link,
        "synthetic": notice.synthetic,
    }
    return json.dumps(held, ensure_ascii=False) + "\n"


def text_of(message: Message) -> str:
    """The subject, the text and an empty line; what a page may have put into it cannot rewrite a terminal."""
    lines = [message.subject, *message.text.strip("\n").splitlines()]
    return "".join(f"{printable(line)}\n" for line in lines) + "\n"
