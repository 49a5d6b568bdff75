"""What is shown of each check on each agency.

`npsp_check_failures_total` has a series for each reason a check has had so far, from the first failure on: some fifty
reasons for each of some five hundred watches, nearly all of them 0 for ever, would be most of the page.
"""

from collections.abc import Callable

from monitor.show.family import Each, Family, Rows
from monitor.store.seen import Seen
from probes import Reason, Status

_ENDS = "certificate_earliest_not_after"  # a fact
_AGENCY = ("agency", "level")
_WATCH = (*_AGENCY, "check")

Looks = tuple[Seen, ...]  # all watches of one agency


def _watch(seen: Seen) -> tuple[str, ...]:
    agency = seen.watch.agency
    return agency.code, agency.level, seen.watch.check.name


def _status(seen: Seen) -> Status:
    return seen.state.status if seen.state else Status.UNKNOWN


def _states(seen: Seen) -> Rows:
    watch, held = _watch(seen), _status(seen)
    return [((*watch, each), held is each) for each in Status]


def _failures(seen: Seen) -> Rows:
    return [((*_watch(seen), why), n) for why, n in sorted(seen.failures.items())] if seen.failures else ()


OF_CHECKS: tuple[Each[Seen], ...] = (
    Each(
        family=Family(
            name="npsp_check_state",
            text="State set: 1 for the state held of a check, 0 for the others; unknown until the first look.",
            labels=(*_WATCH, "state"),
        ),
        rows=_states,
        of=lambda seen: (_status(seen), seen.watch),
    ),
    Each(
        family=Family(
            name="npsp_check_last_look_timestamp_seconds",
            text="When the latest look began that said something of the agency, in seconds since 1970; 0 until the first.",
            labels=_WATCH,
        ),
        rows=lambda seen: [(_watch(seen), seen.made() or 0.0)],
    ),
    Each(
        family=Family(name="npsp_check_interval_seconds", text="Seconds from one look to the next.", labels=_WATCH),
        rows=lambda seen: [(_watch(seen), seen.watch.check.every.total_seconds())],
        of=lambda seen: seen.watch,
    ),
    Each(
        family=Family(kind="counter", name="npsp_check_looks_total", text="Looks made.", labels=_WATCH),
        rows=lambda seen: [(_watch(seen), seen.looks)],
    ),
    Each(
        family=Family(
            kind="counter",
            name="npsp_check_failures_total",
            text="Looks that were not ok, failed or unknown, by reason; a series for each reason seen so far.",
            labels=(*_WATCH, "reason"),
        ),
        rows=_failures,
        of=lambda seen: (seen.failures, seen.watch),
    ),
)


def _certificates(looks: Looks) -> Rows:
    """The first to end of those that latest looks saw; where none saw any, the last to end of those seen before them:

    a check that no longer gets as far as the certificate may know one that has been replaced.
    """
    ends = [(seen, end) for seen in looks if (end := seen.known.number(_ENDS)) is not None]
    seen_now = [end for seen, end in ends if _ENDS in seen.facts.names]
    end = min(seen_now) if seen_now else max((end for _, end in ends), default=None)
    return _of_agency(looks, end)


def _ratios(fact: str) -> Callable[[Looks], Rows]:
    """Of the last check that knows it: that a look failed is no news of it, that the portal has none is."""

    def rows(looks: Looks) -> Rows:
        told = (seen.known.number(fact) for seen in looks if seen.reason is not Reason.NO_DATA)
        return _of_agency(looks, next((ratio for ratio in reversed([*told]) if ratio is not None), None))

    return rows


def _of_agency(looks: Looks, value: float | None) -> Rows:
    agency = looks[0].watch.agency if looks else None
    return [((agency.code, agency.level), value)] if agency else ()


def _told(looks: Looks) -> object:
    return [(seen.known, seen.facts.names, seen.reason is Reason.NO_DATA, seen.watch.agency) for seen in looks]


OF_LOOKS_AT_ONE: tuple[Each[Looks], ...] = (
    Each(
        family=Family(
            name="npsp_dossier_sync_ratio",
            text="Part of an agency's dossiers synchronised with the national portal, 0 to 1, as last known; "
            "absent when the portal has no figure.",
            labels=_AGENCY,
        ),
        rows=_ratios("sync_ratio"),
        of=_told,
    ),
    Each(
        family=Family(
            name="npsp_catalogue_ratio",
            text="Part of the procedures that an agency lists or should list in which it agrees with the national "
            "database, 0 to 1, as last known; absent when it was never known.",
            labels=_AGENCY,
        ),
        rows=_ratios("catalogue_ratio"),
        of=_told,
    ),
    Each(
        family=Family(
            name="npsp_certificate_expiry_timestamp_seconds",
            text="When the first of an agency's certificates ends, in seconds since 1970; of those last seen, also when "
            "looks fail since; absent until one was seen.",
            labels=_AGENCY,
        ),
        rows=_certificates,
        of=_told,
    ),
)
