"""Is a figure of the NPSP's report on the agency as high as it should be? Proves nothing by itself: a figure of quality.

For what the report says beside DOSSIER_SYNC, such as how many results are there in digital form (group MDSH of QĐ
766/QĐ-TTg). How it is read, what of it is inferred and how seldom it is asked: as for dossier_sync.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import ClassVar

from yarl import URL

from probes import Fact, Observation, Reason, Target, Way
from probes._answer import Answer
from probes._documents import post_json
from probes._report import Figure, Report, asked_for, check_url, report_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """The figure of the month before: the one of this month rests on a few dossiers for days."""

    asks_pages: ClassVar[bool] = False

    url: str = "https://dichvucong.gov.vn/api/v1/reporting/evaluation/dossier-digitized"
    metric: str = "ORIGINAL_RESULT_AVAILABLE"
    department_types: Mapping[str, str] = field(default_factory=lambda: {"province": "ADMINISTRATIVE_UNIT"})
    least: float = 0.5  # of 1; a choice of ours
    max_age: int = 3600  # seconds a report is good for

    def __post_init__(self) -> None:
        if not 0 <= self.least <= 1:
            raise ValueError("least: must be between 0 and 1")
        if self.max_age < 1:
            raise ValueError("max_age: must be at least a second")
        check_url(self.url)

    def applies(self, target: Target) -> bool:
        return target.level in self.department_types

    async def look(self, target: Target, way: Way) -> Observation:
        month = (target.day.replace(day=1) - timedelta(days=1)).replace(day=1)
        report = await self._report(month, target, way)
        figure = report.figures.get(target.code)
        said = f"{URL(self.url).host} answered that {self.metric} of {target.code} for {month:%Y-%m} is"
        if figure is None or figure.ratio is None:
            return self._nothing(report, figure, said)
        facts: dict[str, Fact] = {"figure": figure.ratio, "month": f"{month:%Y-%m}"}
        if figure.ratio < self.least:
            detail = f"{said} {figure.ratio:.2%}; at least {self.least:.2%} was expected"
            return Observation(reason=Reason.FIGURE_LOW, detail=detail, facts=facts)
        return Observation(reason=Reason.OK, detail=f"{said} {figure.ratio:.2%}, as expected", facts=facts)

    async def _report(self, month: date, target: Target, way: Way) -> Report:
        body = asked_for(month, self.department_types[target.level])

        async def fetch(way: Way) -> Report:
            return report_of(Answer(page=await post_json(way, URL(self.url), body)), self.metric)

        return await way.shared(f"figure {self.url} {self.metric} {body}", self.max_age, fetch)

    def _nothing(self, report: Report, figure: Figure | None, said: str) -> Observation:
        why = figure.trouble if figure else report.trouble or "not in it"
        reason = Reason.NO_DATA if figure else report.reason
        return Observation(reason=reason, detail=f"{said} unknown: {why}", facts={"http_status": report.status})
