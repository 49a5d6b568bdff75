"""What a look or a plan turned, as changes."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from monitor.model import Change, Result, Standing, State
from monitor.store.seen import Seen

Key = tuple[str, str]  # agency code, check name


def restored(seen: Seen, states: Mapping[Key, State]) -> Seen:
    """With its state, if it has none of its own; of the looks it was held by, one, and none that disagreed."""
    state = states.get(seen.watch.key)
    if state is None or seen.state is not None:
        return seen
    return seen._replace(state=replace(state, recent=(state.status,) if state.recent else ()))


def change_of(result: Result, before: State, after: State) -> Change:
    return Change(
        agency=result.watch.agency,
        what=result.watch.check.name,
        before=before.status,
        after=after.status,
        at=result.started,
        since=after.since,
        reason=after.reason,
        detail=after.detail,
    )


def moved(before: Standing, after: Standing, at: datetime) -> Iterable[Change]:
    for part in ("merged", "connected", "integrated"):
        old, new = getattr(before, part), getattr(after, part)
        if old.answer is not new.answer:
            yield Change(
                agency=after.agency,
                what=part,
                before=old.answer,
                after=new.answer,
                at=at,
                since=new.since,
                reason=", ".join(new.because),
                detail=new.detail,
            )
