"""A data source, asked as Grafana asks one: by the HTTP API that Prometheus and VictoriaMetrics share."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import urlopen


class RefusedError(Exception):
    """The data source does not understand the query; its own words."""


@dataclass(frozen=True, slots=True)
class Series:
    labels: Mapping[str, str]
    points: tuple[tuple[float, float], ...]  # (seconds since 1970, value)

    @property
    def key(self) -> frozenset[tuple[str, str]]:
        return frozenset(self.labels.items())


@dataclass(frozen=True, slots=True)
class Source:
    base: str
    more: Mapping[str, str] = field(default_factory=dict)  # parameters of every request

    def instant(self, query: str, at: datetime) -> list[Series]:
        """Series of one point each. Raises RefusedError."""
        found = self._get("query", query=query, time=str(at.timestamp()))
        if found["resultType"] == "scalar":
            return [Series({}, (_point(found["result"]),))]
        return [Series(each["metric"], (_point(each["value"]),)) for each in found["result"]]

    def over(self, query: str, begin: datetime, end: datetime, step: timedelta) -> list[Series]:
        """Series of the points that there are. Raises RefusedError."""
        span = {"start": str(begin.timestamp()), "end": str(end.timestamp()), "step": str(step.total_seconds())}
        found = self._get("query_range", query=query, **span)
        return [Series(each["metric"], tuple(map(_point, each["values"]))) for each in found["result"]]

    def series(self, selector: str, begin: datetime, end: datetime) -> list[Mapping[str, str]]:
        """The label sets that match."""
        span = {"start": str(begin.timestamp()), "end": str(end.timestamp())}
        found: list[Mapping[str, str]] = self._get("series", **{"match[]": selector, **span})
        return found

    def _get(self, what: str, **parameters: str) -> Any:
        url = f"{self.base}/api/v1/{what}?{urlencode({**parameters, **self.more})}"
        try:
            with urlopen(url, timeout=120) as answer:
                return json.load(answer)["data"]
        except HTTPError as error:
            raise RefusedError(error.read().decode(errors="replace")) from error


def _point(pair: tuple[float, str]) -> tuple[float, float]:
    return float(pair[0]), float(pair[1])
