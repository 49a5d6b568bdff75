"""What was decided to be told, until it is: in its order, kept while telling fails."""

from collections import deque
from collections.abc import Callable, Iterable

import structlog

from monitor.notice import Move, Notice
from monitor.vitals import Vitals

log = structlog.get_logger()

_MOST_TOLD = 10  # codes in one line of the log


class Outbox:
    """`tell` delivers one notice or raises. What it raises is logged, and the notice waits for the next try."""

    def __init__(self, tell: Callable[[Notice], None], vitals: Vitals) -> None:
        self._tell = tell
        vitals.tell_by(("log",))
        self._tally = vitals.channels["log"]
        self._waiting: deque[Notice] = deque()

    def take(self, notices: Iterable[Notice]) -> None:
        self._waiting.extend(notices)
        if self._waiting:
            self._deliver()

    def _deliver(self) -> None:
        try:
            while self._waiting:
                self._tell(self._waiting[0])
                self._waiting.popleft()
                self._tally.delivered += 1
        except Exception:  # whatever is wrong with telling, the schedule must go on
            self._tally.failures += 1
            log.exception("notice_not_told", waiting=len(self._waiting))
        self._tally.pending = len(self._waiting)


def log_notice(notice: Notice) -> None:
    """In the log stands every notice, whichever channels there are."""
    causes = [f"{each.sharing} {each.value}".strip() for each in notice.groups]
    codes = [entry.agency for entry in notice.entries[:_MOST_TOLD]]
    agencies = len(notice.entries) + notice.more
    scores = {move.level.value: _moved(move) for move in notice.moves}
    log.warning("notice", told=notice.event, causes=causes, agencies=agencies, codes=codes, scores=scores)


def _moved(move: Move) -> str:
    before, after = ("/".join(map(str, figure)) for figure in (move.before, move.after))
    return after if before == after else f"{before} -> {after}"
