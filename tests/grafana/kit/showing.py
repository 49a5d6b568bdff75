"""What a panel shows of its queries' answers: lines or tables."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kit.asking import Frame, Line, answer, frame, line, queries
from kit.dashboards import Choice, Dashboard, Span
from kit.source import Source
from kit.transforming import transformed


@dataclass(frozen=True, slots=True)
class Shown:
    lines: tuple[Line, ...] = ()
    frames: tuple[Frame, ...] = ()

    def __bool__(self) -> bool:
        return any(each.series.points for each in self.lines) or any(each.rows for each in self.frames)


def shown(dashboard: Dashboard, panel: Mapping[str, Any], choice: Choice, span: Span, source: Source) -> Shown:
    """Raises RefusedError."""
    asked = list(queries(dashboard, panel, choice, span))
    found = [(query, answer(query, source, span)) for query in asked]
    steps = panel.get("transformations", [])
    lines = tuple(line(query, series) for query, held in found if not query.table for series in held)
    frames = [frame(query, held, alone=len(asked) == 1) for query, held in found if query.table and held]
    assert not (lines and steps), "a transformation of series is more than this test knows of"
    return Shown(lines, tuple(transformed(frames, steps) if frames else ()))
