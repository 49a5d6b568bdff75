"""Who is lost, as far as that was seen to happen."""

from collections.abc import Iterable, Mapping, MutableMapping

from monitor.incidents import Loss
from monitor.model import Answer, Change, Condition

CONDITIONS = frozenset(Condition)

Lost = tuple[str, str]  # agency, condition


def note(lost: MutableMapping[Lost, Loss], changes: Iterable[Change]) -> None:
    """Bring `lost` up to these changes. Only what was seen to turn is lost."""
    for change in changes:
        if change.what not in CONDITIONS or not change.agency.counted:
            continue
        key = change.agency.code, change.what
        if change.after == Answer.YES:
            lost.pop(key, None)
        elif change.before == Answer.YES:
            lost.setdefault(key, Loss(change.since, change.at))
        # Between no and unknown: who was lost stays so, for nobody saw it come back; and of whom nobody knew that it was
        # well, nobody can say that it was lost.


def first_lost(lost: Mapping[Lost, Loss]) -> dict[str, Loss]:
    """By agency, by whichever condition was lost first."""
    first: dict[str, Loss] = {}
    for (code, _), loss in lost.items():
        known = first.get(code)
        first[code] = loss if known is None else Loss(min(loss.since, known.since), min(loss.seen, known.seen))
    return first


def conditions(lost: Mapping[Lost, Loss], code: str) -> tuple[Condition, ...]:
    """Which of an agency's are lost."""
    return tuple(condition for condition in Condition if (code, condition) in lost)


_UNSEEN = len(CONDITIONS)  # the place from which on a mark tells which could only not be seen to hold


def mark(of: Iterable[Condition], unseen: Iterable[Condition] = ()) -> int:
    """Conditions as a number, to be remembered while the loss lasts; `unseen` of them can only not be seen to hold."""
    return _bits(of) | _bits(unseen) << _UNSEEN


def marked(number: int) -> tuple[Condition, ...]:
    return tuple(each for place, each in enumerate(Condition) if number >> place & 1)


def unseen(number: int) -> tuple[Condition, ...]:
    """Those of a mark that were at no time seen, or told by a document, not to hold."""
    return marked(number >> _UNSEEN)


def _bits(of: Iterable[Condition]) -> int:
    return sum(1 << tuple(Condition).index(each) for each in of)
