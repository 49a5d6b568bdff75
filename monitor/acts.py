"""What the commands about what is told do, once the command line is understood. Results go to stdout."""

import json
import os
import pwd
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, datetime

from monitor import terminal, trying
from monitor.acting import Doer, NotDone, NothingLost, unserved
from monitor.config import Config
from monitor.desk import Desk, OwnDesk, Wanted
from monitor.remote import Entry, ServerError
from monitor.remote_desk import RemoteDesk
from monitor.store.ledger import Ledger, LedgerError
from monitor.store.opening import open_ledger
from monitor.store.place import chosen
from monitor.telling_json import Json
from monitor.usage import UsageError
from monitor.words import Language, moment


def at_desk(config: Config, server: str | None, act: Callable[[Desk], None], *, reads: bool) -> None:
    """Act at the monitor at `server`, else on the store of the configuration. Raises UsageError.

    `reads`: nothing is done. What is done in a store that no monitor ever served helps nobody, and is not done.
    """
    try:
        if server is not None:
            act(RemoteDesk(server, Entry(environ=os.environ)))
            return
        doer = Doer(who=_who(), at=datetime.now(UTC))
        with closing(open_ledger(chosen(config.store, os.environ))) as ledger:
            _say_who_serves(ledger, doer.at, reads=reads)
            act(OwnDesk(ledger, config, doer, config.day or doer.day))
    except (NotDone, LedgerError, ServerError) as error:
        raise UsageError(str(error)) from None


def _say_who_serves(ledger: Ledger, at: datetime, *, reads: bool) -> None:
    alive = ledger.alive()
    missing = unserved(alive, at, ledger.where)
    if alive is None and not reads:
        raise NotDone(missing)
    if missing:
        terminal.say(missing)


def _who() -> str:
    try:
        return pwd.getpwuid(os.getuid()).pw_name  # not by LOGNAME, which anybody may set: it is held against the name
    except KeyError:  # a container may run under a number that has no name
        return f"uid {os.getuid()}"


def ack(desk: Desk, agencies: Sequence[str], reason: str) -> None:
    """One after the other, and each is said: what stands before an error is done. Who is well keeps nobody else waiting.

    Notices say the whole command, and whoever types it may be later than the first of them is back.
    """
    well = []
    for agency in agencies:
        try:
            taken = desk.ack(agency, reason)
        except NothingLost as error:
            well.append(str(error))
        else:
            terminal.say(f"{taken['agency']} is taken on by {taken['by']}: {taken['reason']}")
    if well:
        raise NothingLost("\n".join(well))


def unack(desk: Desk, agencies: Sequence[str], reason: str) -> None:
    for agency in agencies:
        desk.unack(agency, reason)
        terminal.say(f"nobody has taken {agency} on any more")


def show_acks(desk: Desk, form: str) -> None:
    _show(desk.acks(), form, ("agency", "by", "at", "reason"), "nobody has taken anything on")


def open_window(desk: Desk, wanted: Wanted) -> None:
    window = desk.open_window(wanted)
    terminal.say(f"maintenance {window['id']}: {_windows_agencies(window)}, {_when(window)}")


def show_windows(desk: Desk, form: str) -> None:
    shown = [{**each, "agencies": _windows_agencies(each), "when": _when(each)} for each in desk.windows()]
    columns = ("id", "agencies", "when", "open", "by", "reason")
    _show(desk.windows() if form == "json" else shown, form, columns, "no maintenance")


def close_window(desk: Desk, id_: str, reason: str) -> None:
    opened = any(window["id"] == id_ and window["open"] for window in desk.windows())
    desk.close_window(id_, reason)
    terminal.say(f"maintenance {id_} has ended: what is lost is told" if opened else f"maintenance {id_} is taken out")


def show_notices(desk: Desk, form: str, *, channel: str | None, pending: bool) -> None:
    columns = ("decided", "channel", "event", "agencies", "fate", "tries", "not_before", "problem")
    _show(desk.notices(channel, pending=pending), form, columns, "nothing waits" if pending else "no notices")


def test(config: Config, channel: str) -> int:
    """Send a test notice; in the audit log, too. Raises UsageError."""
    try:
        with closing(open_ledger(chosen(config.store, os.environ))) as ledger:
            return trying.test_channel(config, channel, ledger.act, _who())
    except LedgerError as error:
        raise UsageError(f"a test is written in the audit log, and that cannot be: {error}") from None


def show_audit(desk: Desk, form: str) -> None:
    _show(desk.audit(), form, ("at", "who", "what", "about", "reason"), "nobody has done anything")


# -- how it is shown


def _show(found: Sequence[Json], form: str, columns: Sequence[str], none: str) -> None:
    if form == "json":
        terminal.write(json.dumps(found, ensure_ascii=False, indent=2) + "\n")
    elif found:
        terminal.show_rows(columns, ([_cell(name, each[name]) for name in columns] for each in found))
    else:
        terminal.say(none)


def _cell(name: str, value: object) -> str:
    if name in _MOMENTS and isinstance(value, str):
        return moment(datetime.fromisoformat(value), Language.EN)
    if isinstance(value, list):
        return ", ".join(value[:_MOST]) + (f" and {len(value) - _MOST} more" if len(value) > _MOST else "")
    return {True: "yes", False: "no", None: ""}.get(value, str(value)) if isinstance(value, bool | None) else str(value)


_MOMENTS = frozenset({"at", "decided", "not_before"})
_MOST = 5  # agencies in a cell


def _windows_agencies(window: Json) -> str:
    return ", ".join(window["agencies"]) or "all agencies"


def _when(window: Json) -> str:
    hours, minutes = divmod(window["seconds"] // 60, 60)
    lasts = " ".join(filter(None, (f"{hours} h" if hours else "", f"{minutes} min" if minutes else "")))
    until = f" until {window['until']}" if window["until"] else ""
    return f"{window['begin']} {window['zone']} for {lasts}{', ' + window['every'] if window['every'] else ''}{until}"
