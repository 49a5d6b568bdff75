"""Do the agency's dossiers reach the NPSP? Its DOSSIER_SYNC ratio, from the portal's own report. Proves: connected.

The report is the back end of a public page of the NPSP, no promised API: it is asked once for all agencies in a round
and as seldom as `max_age` says. How a report on many departments is laid out is inferred, see `_report.py`. The month
before is asked for too, so that a fall can be seen without remembering anything here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import ClassVar

from yarl import URL

from probes import Fact, Observation, Reason, Target, Way
from probes._answer import Answer
from probes._documents import post_json
from probes._report import Figure, Report, asked_for, check_url, report_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """`department_types` by level of agency: what the portal calls ministries is unknown, so they have none yet."""

    asks_pages: ClassVar[bool] = False

    url: str = "https://dichvucong.gov.vn/api/v1/reporting/evaluation/transparency"
    metric: str = "DOSSIER_SYNC"
    department_types: Mapping[str, str] = field(default_factory=lambda: {"province": "ADMINISTRATIVE_UNIT"})
    least: float = 0.9  # of 1
    fall: float = 0.3  # against the month before, as a part of it
    max_age: int = 60  # seconds a report is good for; a look again within them would be told the same
    settle_days: int = 7  # into a month, in which the month before is judged where this one is not yet in order

    def __post_init__(self) -> None:
        for name in ("least", "fall"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name}: must be between 0 and 1")
        if self.max_age < 1:
            raise ValueError("max_age: must be at least a second")
        check_url(self.url)

    def applies(self, target: Target) -> bool:
        return target.level in self.department_types

    async def look(self, target: Target, way: Way) -> Observation:
        month = target.day.replace(day=1)
        found = await self._in(month, target, way)
        if found.reason is not Reason.OK and target.day.day <= self.settle_days:
            # No figure yet, or one that rests on a few dossiers.
            return await self._in(_month_before(month), target, way)
        return found

    async def _in(self, month: date, target: Target, way: Way) -> Observation:
        report = await self._report(month, target, way)
        figure = report.figures.get(target.code)
        if figure is None or figure.ratio is None:
            return self._nothing(report, figure, target, month)
        before = (await self._report(_month_before(month), target, way)).figures.get(target.code, Figure())
        found = self._judge(target, figure, figure.ratio, before)
        return replace(found, facts={**found.facts, "month": f"{month:%Y-%m}"})

    async def _report(self, month: date, target: Target, way: Way) -> Report:
        kind = self.department_types[target.level]
        body = asked_for(month, kind)

        async def fetch(way: Way) -> Report:
            page = await post_json(way, URL(self.url), body)
            return report_of(Answer(page=page), self.metric)

        key = f"dossier_sync {self.url} {self.metric} {kind} {month:%Y-%m}"
        return await way.shared(key, self.max_age, fetch)

    def _nothing(self, report: Report, figure: Figure | None, target: Target, month: date) -> Observation:
        host, reason = URL(self.url).host, Reason.NO_DATA if figure else report.reason
        why = figure.trouble if figure else report.trouble or f"{target.code} is not in it"
        detail = (
            f"{host} answered {report.status}; {self.metric} of {target.code} for {month:%Y-%m} was expected: {why}"
        )
        facts: dict[str, Fact] = {"http_status": report.status, "month": f"{month:%Y-%m}"}
        return Observation(reason=reason, detail=detail, facts=facts | _counts(figure or Figure()))

    def _judge(self, target: Target, figure: Figure, ratio: float, before: Figure) -> Observation:
        reason, expected = self._verdict(ratio, before)
        facts: dict[str, Fact] = {"sync_ratio": ratio, **_counts(figure)}
        if before.ratio is not None:
            facts["sync_ratio_before"] = before.ratio
        detail = f"{URL(self.url).host} answered that {ratio:.2%} of the dossiers of {target.code} are synchronised"
        if reason is not Reason.OK and figure.provisional:
            return Observation(reason=Reason.NO_DATA, detail=f"{detail}; the figure is provisional", facts=facts)
        return Observation(reason=reason, detail=f"{detail}; {expected}", facts=facts)

    def _verdict(self, ratio: float, before: Figure) -> tuple[Reason, str]:
        if before.ratio is not None and not before.provisional and ratio < before.ratio * (1 - self.fall):
            expected = f"{before.ratio:.2%} the month before: a fall of at most {self.fall:.0%} was expected"
            return Reason.SYNC_COLLAPSED, expected
        if ratio < self.least:
            return Reason.SYNC_LOW, f"at least {self.least:.2%} was expected"
        return Reason.OK, "as expected"


def _counts(figure: Figure) -> dict[str, Fact]:
    known: dict[str, Fact | None] = {
        "numerator": figure.numerator,
        "denominator": figure.denominator,
        "quality": figure.quality or None,
    }
    return {name: value for name, value in known.items() if value is not None}


def _month_before(month: date) -> date:
    return (month - timedelta(days=1)).replace(day=1)
