"""Prometheus's rules, and what those that record would have recorded over the history."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from kit.history import BEGIN, END, STEP
from kit.source import Series, Source

FOLDER = Path(__file__).parents[3] / "config" / "prometheus" / "rules"
RECORDED = re.compile(r"\b[a-z]+:[a-z_]\w*:\w+")  # level:metric:operation


@dataclass(frozen=True, slots=True)
class Rule:
    name: str
    expr: str
    labels: Mapping[str, str]
    alert: bool

    @property
    def needs(self) -> frozenset[str]:
        return frozenset(RECORDED.findall(self.expr))


def rules() -> list[Rule]:
    """Those of the files that somebody wrote; words are constants, each of a rule of its own."""
    files = sorted(
        set(FOLDER.glob("*.yml")) - {FOLDER / "npsp-words.yml"}, reverse=True
    )  # those that record come first
    return [_rule(each) for file in files for group in _groups(file) for each in group["rules"]]


def _groups(file: Path) -> list[Mapping[str, Any]]:
    return yaml.safe_load(file.read_text(encoding="utf-8"))["groups"]  # type: ignore[no-any-return]  # YAML


def _rule(held: Mapping[str, Any]) -> Rule:
    name = held.get("record") or held["alert"]
    return Rule(name, held["expr"].strip(), held.get("labels", {}), alert="alert" in held)


def in_turn(held: list[Rule]) -> Iterator[list[Rule]]:
    """The rules that record, those first that need no other; each time those that need only what came before."""
    names = {rule.name for rule in held if not rule.alert}
    left, done = [rule for rule in held if not rule.alert], set[str]()
    while left:
        ready = [rule for rule in left if rule.needs & names - {rule.name} <= done]  # some remember what they said
        assert ready, f"rules that need each other: {[rule.name for rule in left]}"
        left = [rule for rule in left if rule not in ready]
        done = names - {rule.name for rule in left}
        yield ready


def lines(rule: Rule, source: Source) -> Iterator[str]:
    """OpenMetrics with time stamps. Of `or` one side may have a name and the other none: what is recorded is one series."""
    points: dict[frozenset[tuple[str, str]], list[tuple[float, float]]] = {}
    for series in source.over(rule.expr, BEGIN + STEP, END, STEP):
        labels = {**{name: value for name, value in series.labels.items() if name != "__name__"}, **rule.labels}
        points.setdefault(frozenset(labels.items()), []).extend(series.points)
    for each, held in points.items():
        yield from _lines(rule.name, Series(dict(each), tuple(sorted(held))))


def _lines(name: str, series: Series) -> Iterator[str]:
    labels = ",".join(f'{key}="{value}"' for key, value in sorted(series.labels.items()))
    return (f"{name}{{{labels}}} {value!r} {at:.0f}\n" for at, value in series.points)
