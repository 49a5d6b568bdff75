"""A small picture of a series."""

import math

from kit.dashboards import Span

WIDTH, HEIGHT = 150, 26


def spark(points: tuple[tuple[float, float], ...], span: Span) -> str:
    """As SVG, over the whole span; what is missing is left out, not drawn as nought."""
    values = [value for _, value in points if math.isfinite(value)]
    low, high = min(values, default=0), max(values, default=0)
    begin, whole = span.begin.timestamp(), (span.end - span.begin).total_seconds()
    drawn, before = [], -math.inf
    for at, value in points:
        pen = "L" if at - before <= 1.5 * span.step.total_seconds() else "M"
        x = (at - begin) / whole * WIDTH
        y = HEIGHT - 2 - (value - low) / ((high - low) or 1) * (HEIGHT - 4)
        drawn.append(f"{pen}{x:.1f} {y:.1f}")
        before = at
    path = f'<path d="{"".join(drawn)}" fill="none" stroke="#0072B2" stroke-width="1.5" stroke-linecap="round"/>'
    return f'<svg width="{WIDTH}" height="{HEIGHT}" role="img">{path}</svg>'
