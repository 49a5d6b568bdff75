"""What was decided to be told, until it is: in its order, kept while telling fails."""

from collections import deque
from collections.abc import Callable, Iterable

import structlog

from monitor.alerts import Notice
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
    """Until there are channels to tell people by."""
    causes = [f"{each.cause.sharing} {each.cause.value}".strip() for each in notice.incidents]
    codes = list(notice.agencies[:_MOST_TOLD])
    log.warning("notice", word=notice.word, causes=causes, agencies=len(notice.agencies), codes=codes)
