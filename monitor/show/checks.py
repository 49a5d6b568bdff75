"""What is shown of each check on each agency.

`npsp_check_failures_total` has a series for each reason a check has had so far, from the first failure on: some fifty
reasons for each of some five hundred watches, nearly all of them 0 for ever, would be most of the page.
"""

from collections.abc import Iterable

from monitor.show.family import Each, Family, Row, Rows
from monitor.store.seen import Seen
from probes import Reason, Status

_ENDS = "certificate_earliest_not_after"  # a fact
_WATCH = ("agency", "level", "check")


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


def by_agency(looks: Iterable[Seen]) -> tuple[Family, ...]:
    """What checks tell of an agency as a whole."""
    return _sync_ratios(looks), _catalogue_ratios(looks), _certificates(looks)


def _certificates(looks: Iterable[Seen]) -> Family:
    return Family(
        name="npsp_certificate_expiry_timestamp_seconds",
        text="When the first of an agency's certificates ends, in seconds since 1970; of those last seen, also when looks "
        "fail since; absent until one was seen.",
        labels=("agency", "level"),
        rows=_ends(looks),
    )


def _ends(looks: Iterable[Seen]) -> Rows:
    """The first to end of those that latest looks saw; where none saw any, the last to end of those seen before them:

    a check that no longer gets as far as the certificate may know one that has been replaced.
    """
    seen_now: dict[tuple[str, str], float] = {}
    seen_once: dict[tuple[str, str], float] = {}
    for seen in looks:
        if (end := seen.known.number(_ENDS)) is None:
            continue
        key = seen.watch.agency.code, seen.watch.agency.level
        if _ENDS in seen.facts.names:
            seen_now[key] = min(end, seen_now.get(key, end))
        else:
            seen_once[key] = max(end, seen_once.get(key, end))
    return tuple((seen_once | seen_now).items())


def _sync_ratios(looks: Iterable[Seen]) -> Family:
    return Family(
        name="npsp_dossier_sync_ratio",
        text="Part of an agency's dossiers synchronised with the national portal, 0 to 1, as last known; "
        "absent when the portal has no figure.",
        labels=("agency", "level"),
        rows=_ratios(looks, "sync_ratio"),
    )


def _catalogue_ratios(looks: Iterable[Seen]) -> Family:
    return Family(
        name="npsp_catalogue_ratio",
        text="Part of the procedures that an agency lists or should list in which it agrees with the national database, "
        "0 to 1, as last known; absent when it was never known.",
        labels=("agency", "level"),
        rows=_ratios(looks, "catalogue_ratio"),
    )


def _ratios(looks: Iterable[Seen], fact: str) -> tuple[Row, ...]:
    # By agency, since several checks may report its figure.
    return tuple({row[0]: row for seen in looks if (row := _ratio(seen, fact))}.values())


def _ratio(seen: Seen, fact: str) -> Row | None:
    """The last known one: that a look failed is no news of it, that the portal has none is."""
    ratio = seen.known.number(fact)
    if ratio is None or seen.reason is Reason.NO_DATA:
        return None
    return (seen.watch.agency.code, seen.watch.agency.level), ratio
