"""The desk of a monitor elsewhere, by its API."""

from collections.abc import Mapping, Sequence
from typing import Any

from monitor import loop
from monitor.acting import NotDone
from monitor.desk import Wanted, wanted_json
from monitor.remote import Entry, ask
from monitor.telling_json import Json


class RemoteDesk:
    """See `desk.Desk`; who acts is whom the monitor lets in."""

    def __init__(self, server: str, entry: Entry) -> None:
        self._server = server
        self._entry = entry

    def acks(self) -> Sequence[Json]:
        return self._read("acks")

    def ack(self, agency: str, reason: str) -> Json:
        return self._act("PUT", f"acks/{_part(agency)}", {"reason": reason})

    def unack(self, agency: str, reason: str) -> None:
        self._act("DELETE", f"acks/{_part(agency)}", {"reason": reason})

    def windows(self) -> Sequence[Json]:
        return self._read("maintenance")

    def open_window(self, wanted: Wanted) -> Json:
        return self._act("POST", "maintenance", wanted_json(wanted))

    def close_window(self, id_: str, reason: str) -> None:
        self._act("DELETE", f"maintenance/{_part(id_)}", {"reason": reason})

    def notices(self, channel: str | None, *, pending: bool) -> Sequence[Json]:
        query = {"channel": channel, "pending": "true" if pending else None}
        return self._read("notices", {name: value for name, value in query.items() if value})

    def audit(self) -> Sequence[Json]:
        return self._read("audit")

    def _read(self, path: str, query: Mapping[str, str] | None = None) -> Sequence[Json]:
        found: Sequence[Json] = loop.run(ask(self._server, f"api/v1/{path}", self._entry, query=query))
        return found

    def _act(self, method: str, path: str, body: Mapping[str, Any]) -> Json:
        done: Json | None = loop.run(ask(self._server, f"api/v1/{path}", self._entry, method=method, body=body))
        return done or {}


def _part(text: str) -> str:
    """One step of a path. A name of an agency may hold anything but a slash."""
    if not text.strip() or "/" in text or text in (".", ".."):
        raise NotDone(f"{text!r} is no code and no name")
    return text
