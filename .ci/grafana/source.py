"""The shapes of the source: dashboards/*.yaml and presets.yaml. What is not named here is refused."""

from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Pair = tuple[int, int]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Both(Strict):
    """A text in both languages."""

    vi: str
    en: str


Text = str | Both  # one string alone: the same in both languages


class Query(Strict):
    """PromQL, with <<part>> for a part of presets.yaml; a series is called by the text `legend`."""

    show: str
    legend: str = "legend.automatic"


class Column(Strict):
    """A column of a table: the label or `Value` whose name the text `field` gives."""

    field: str
    title: str
    unit: str = "text"
    mapping: str | None = None
    thresholds: str = "none"
    width: int | None = None
    link: str | None = None
    look: Literal["plain", "filled", "gauge"] = "plain"
    range: Pair | None = None


class Sort(Strict):
    """By the column whose title the text `by` gives."""

    by: str
    descending: bool = False


class Panel(Strict):
    """`name` gives the id and the texts (DASHBOARD.NAME.title and .about); `size` is width (of 24) and height."""

    name: str = Field(pattern=r"^[a-z_]+$")
    kind: str
    size: Pair
    unit: str = "count"
    queries: tuple[Query, ...] = Field(min_length=1)
    columns: tuple[Column, ...] = ()
    sort: Sort | None = None
    mapping: str | None = None
    thresholds: str = "none"
    rename: tuple[str, ...] = ()  # series named by a code are shown by the texts under these
    paint: str | None = None  # series named by a code get the colours of this mapping
    empty: str = "empty.data"
    runbooks: tuple[str, ...] = ()
    link: str | None = None
    range: Pair | None = None
    period: str | None = None  # instead of the dashboard's

    @model_validator(mode="after")
    def a_table_has_columns(self) -> Self:
        if (self.kind == "table") != bool(self.columns):
            raise ValueError("a table has columns, and nothing else has")
        return self


class Row(Strict):
    """Shared panels of presets.yaml by their names, then the row's own."""

    heading: str | None = None
    shared: tuple[str, ...] = ()
    panels: tuple[Panel, ...] = ()


class Variable(Strict):
    """What can be chosen on a dashboard: the answers of a query, or given ones (value: text)."""

    name: str
    query: str | None = None
    regex: str | None = None  # a text
    values: dict[str, str] = Field(default_factory=dict)
    several: bool = False

    @model_validator(mode="after")
    def one_source(self) -> Self:
        if (self.query is None) == (not self.values):
            raise ValueError("a variable has either a query or values")
        return self


class Dashboard(Strict):
    time: str
    variables: tuple[Variable, ...] = ()
    links: tuple[str, ...] = ()  # of presets.yaml, beside those to the other dashboards
    rows: tuple[Row, ...] = Field(min_length=1)


class Kind(Strict):
    """Grafana's own options of a kind of panel.

    `once`: ask for now, not for a range; `labels`: labels come as fields of their own; `grey`: null is a grey text.
    """

    type: Literal["stat", "table", "state-timeline", "timeseries"]
    once: bool = False
    labels: bool = False
    grey: bool = False
    color: dict[str, str] | None = None
    options: dict[str, Any]
    custom: dict[str, Any] = Field(default_factory=dict)


class Step(Strict):
    """A colour from this value on; the first step has none and holds below."""

    color: str
    value: float | None = Field(default=None, alias="from")


class Value(Strict):
    """These values, or the codes under `each`, as text and colour."""

    values: tuple[str, ...] = ()
    text: str | None = None
    color: str | None = None


class Mapping(Strict):
    each: str | None = None  # every text under this: code → text
    values: tuple[Value, ...] = ()


class Link(Strict):
    title: str
    url: str
    blank: bool = False


class Presets(Strict):
    """What dashboards have in common, said once."""

    order: tuple[str, ...]  # of the dashboards in the links between them
    shared: tuple[Panel, ...]  # panels of several dashboards; `banner` is at the top of all
    parts: dict[str, str]
    colors: dict[str, str]
    units: dict[str, Text]
    thresholds: dict[str, tuple[Step, ...]]
    mappings: dict[str, Mapping]
    links: dict[str, Link]
    kinds: dict[str, Kind]
