"""When agencies' certificates end, as far as that is near: of a hundred thousand certificates it is few, and only they are held."""

from collections.abc import Container, Iterable
from datetime import datetime

from monitor.model import Result, Watch
from monitor.store.seen import moment
from monitor.store.traits import own

_ENDS = "certificate_earliest_not_after"  # a fact
MOST_DAYS = 40  # before the end that any notice may be asked for
Key = tuple[str, str]  # agency code, check name


class Endings:
    """`of` holds whose certificates are asked for however far their end is, since somebody was told that it was near."""

    def __init__(self) -> None:
        self._ends: dict[Key, float] = {}  # near, or asked for
        self._asked: frozenset[str] = frozenset()

    def ask(self, codes: frozenset[str]) -> None:
        self._asked = codes

    def note(self, watch: Watch, result: Result) -> None:
        """What a look found; one that saw no certificate, or another's, tells nothing."""
        end = result.observation.facts.get(_ENDS)
        if end is None:
            return
        key, until = watch.key, float(end)
        left = until - result.started.timestamp()
        # One that has ended is no warning any more: whoever shows it is lost.
        if not 0 < left <= MOST_DAYS * 86_400 and key[0] not in self._asked:
            self._ends.pop(key, None)
        elif self._ends.get(key) != until and own(watch.agency, result.observation.facts):
            self._ends[key] = until

    def forget(self, present: Container[Key]) -> None:
        """All but what is still looked at."""
        self._ends = {key: end for key, end in self._ends.items() if key in present}

    @property
    def keys(self) -> Iterable[Key]:
        return self._ends.keys()

    def by_agency(self) -> dict[str, datetime]:
        """The first of each agency's."""
        first: dict[str, float] = {}
        for (code, _), end in self._ends.items():
            first[code] = min(end, first.get(code, end))
        return {code: moment(end) for code, end in first.items()}
