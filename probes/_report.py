"""Reads one month's report of the NPSP on its agencies into figures, one for each agency.

The request and the metric's fields are seen for one department (`metrics[{code, name, numerator, denominator, ratio,
score, maxScore, dataQualityStatus}]`); that many departments come as `data.evaluation[{departmentCode, metrics}]`, as
the sister report `service-results` gives them, is INFERRED. So what does not fit within the envelope is "no
figure" here, what is no envelope is the portal's trouble, and neither is ever a fault of the agency.
"""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from yarl import URL

from probes import Fact, Reason
from probes._answer import Answer, blocked, plain
from probes._documents import SUCCESS, document_of, word

_NO_FIGURE = "NO_NATIONAL_REPORT_DATA"
_PROVISIONAL = "TEMP_NATIONAL_REPORT_DENOMINATOR"
_ROUNDING = 0.005  # above one, that rounding explains
_THOUSANDS = re.compile(r"[0-9]{1,3}(?:([.,\u00a0 ])[0-9]{3})(?:\1[0-9]{3})*")
_NUMBER = re.compile(r"[+-]?[0-9]{1,20}(?:\.[0-9]{0,20})?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """An agency's figure of one month; without a ratio, `trouble` says why."""

    ratio: float | None = None  # 0 to 1
    numerator: float | None = None
    denominator: float | None = None
    quality: str = ""
    trouble: str = ""

    @property
    def provisional(self) -> bool:
        return _PROVISIONAL in self.quality.upper()


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The figures by identifier code, or why there are none."""

    figures: Mapping[str, Figure] = field(default_factory=dict)
    reason: Reason = Reason.NO_DATA
    trouble: str = ""
    status: int = 0


def asked_for(month: date, department_type: str) -> dict[str, Fact]:
    """The request for one month's report on all agencies of a type."""
    return {"timeType": "month", "year": month.year, "month": month.month, "departmentType": department_type}


def check_url(url: str) -> None:
    """ValueError for what is no address of a report."""
    if not url.startswith(("https://", "http://")) or not URL(url).host:
        raise ValueError("url: must begin with https:// or http:// and name a host")


def report_of(answer: Answer, metric: str) -> Report:
    """Whatever the answer is, it becomes a report."""
    status = answer.page.status
    said = f"{answer.host} answered {status}"
    if found := blocked(answer):
        return Report(reason=Reason.BLOCKED, trouble=found.detail, status=status)
    if status not in (200, 201):
        return Report(reason=Reason.UPSTREAM, trouble=f"{said}; 200 or 201 was expected", status=status)
    try:
        document = document_of(answer.page)
    except ValueError:
        trouble = f"{said} with something that is not JSON; a report was expected"
        return Report(reason=Reason.UPSTREAM, trouble=trouble, status=status)
    return _within_envelope(document, metric, said, status)


def _within_envelope(document: Any, metric: str, said: str, status: int) -> Report:
    if not isinstance(document, dict) or "code" not in document:
        trouble = f"{said} without the envelope of a code and data"
        return Report(reason=Reason.UPSTREAM, trouble=trouble, status=status)
    code = document["code"]
    if isinstance(code, bool) or not isinstance(code, str | int) or word(code).upper() not in SUCCESS:
        told = plain(repr(code))[:40]
        return Report(reason=Reason.UPSTREAM, trouble=f"{said} with the code {told}; OK was expected", status=status)
    figures = dict(_figures(document.get("data"), metric))
    return Report(figures=figures, trouble="" if figures else f"{said} without a figure for any agency", status=status)


def _figures(data: Any, metric: str) -> Iterator[tuple[str, Figure]]:
    rows = data.get("evaluation") if isinstance(data, dict) else data
    for row in rows if isinstance(rows, list) else ():
        if isinstance(row, dict) and (code := _agency_code(row.get("departmentCode"))):
            yield code, _figure(_metric(row.get("metrics"), metric), metric)


def _metric(metrics: Any, metric: str) -> Any:
    rows = metrics if isinstance(metrics, list) else ()
    return next((row for row in rows if isinstance(row, dict) and row.get("code") == metric), None)


def _figure(row: Any, metric: str) -> Figure:
    """Null is not zero: without a denominator there is no ratio."""
    if row is None:
        return Figure(trouble=f"no metric {metric}")
    quality = plain(word(row.get("dataQualityStatus")))[:80]
    numerator, denominator = _count(row.get("numerator")), _count(row.get("denominator"))
    ratio, trouble = _ratio(numerator, denominator, row)
    if _NO_FIGURE in quality.upper():
        ratio, trouble = None, f"the quality flag {quality}"
    return Figure(ratio=ratio, numerator=numerator, denominator=denominator, quality=quality, trouble=trouble)


def _ratio(numerator: float | None, denominator: float | None, row: Mapping[str, Any]) -> tuple[float | None, str]:
    if denominator == 0:
        return None, "a denominator of 0"
    if numerator is not None and denominator is not None:
        ratio = numerator / denominator
    elif row.get("numerator") is None and row.get("denominator") is None:
        given = _share(row.get("ratio"))
        if given is None:
            return None, "no figure: numerator, denominator and ratio are null or no numbers"
        ratio = given
    else:
        return None, "a numerator or denominator that is null or no number"
    if not 0 <= ratio <= 1 + _ROUNDING:
        return None, f"a ratio of {ratio:g}, which is not between 0 and 1"
    return min(ratio, 1.0), ""


def _share(value: Any) -> float | None:
    """A ratio as a part of one; above one it is a percentage."""
    text = word(value).rstrip("%").strip()
    number = _number(text.replace(",", "."))
    if number is None:
        return None
    return number / 100 if number > 1 + _ROUNDING or "%" in word(value) else number


def _count(value: Any) -> float | None:
    """A number of dossiers; in a text, 1.234 is one thousand two hundred and thirty-four, as Vietnamese writes it."""
    text = word(value)
    if isinstance(value, str) and (match := _THOUSANDS.fullmatch(text)):
        return _number(text.replace(match[1], ""))
    return _number(text.replace(",", "."))


def _number(text: str) -> float | None:
    try:
        number = float(text) if _NUMBER.fullmatch(text) or "e" in text else math.nan
    except ValueError:
        return None
    return number if math.isfinite(number) and number >= 0 else None


def _agency_code(value: Any) -> str:
    """H26 for H26 and for the old form 000.00.00.H26; H26.14 is a part of an agency, and not the agency."""
    return word(value).upper().removeprefix("000.00.00.")[:40]
