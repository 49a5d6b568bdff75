"""What each file of the configuration may hold. Editors' JSON Schemas come from here too."""

from datetime import timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    ValidatorFunctionWrapHandler,
    WithJsonSchema,
    WrapValidator,
    model_validator,
)

from monitor.fields import (
    Address,
    AddressPort,
    CertificateFile,
    ClockTime,
    Day,
    Duration,
    Host,
    HostPattern,
    HostPort,
    Line,
    ListenAt,
    Local,
    Port,
    Proxy,
    Shape,
    Text,
    Url,
    Weekly,
    at_least_one,
    once_each,
    wrong,
)
from monitor.fitting import Paths, PluggedShape
from monitor.judge import Patience, Row
from monitor.model import Answer, Condition, Level
from monitor.notice import Event, Severity
from monitor.plugins import installed
from monitor.store.endings import MOST_DAYS
from monitor.store_shapes import StoreShape
from monitor.words import Language

CODE = r"^[A-Z][0-9]{2}$"  # identifier code of a ministry or province (QĐ 20/2020/QĐ-TTg)
PLACEHOLDER = r"^[A-Z]{2,8}$"  # of ours; no digits, so that nobody takes it for an identifier
CHECK_NAME = r"^[a-z][a-z0-9_]{0,39}$"  # fits a metric label and a URL

# Strictness is off for words of an enumeration, since YAML holds the word and not the member.
EventWord = Annotated[Event, Field(strict=False)]
LevelWord = Annotated[Level, Field(strict=False)]
Code = Annotated[str, Field(pattern=rf"{CODE}|{PLACEHOLDER}")]
PortalEvidence = Literal["seen", "good", "weak", "pattern", "none"]


class PeriodShape(Shape):
    since: Day | None = None
    until: Day | None = None


class EvidenceShape(Shape):
    """How well a code and a host are known; the words are explained at the head of the agencies' files."""

    code: Literal["seen", "memory", "inferred", "placeholder"]
    portal: PortalEvidence
    note: Text | None = None


class FormerShape(Shape):
    name: Line
    name_en: Line
    until: Day


class HostingShape(PeriodShape):
    portal: Url
    other_hosts: tuple[Host, ...] = ()
    evidence: PortalEvidence | None = None


class DoorShape(PeriodShape):
    url: Url
    evidence: PortalEvidence


def _counted(value: Any, period: ValidatorFunctionWrapHandler) -> Any:
    if isinstance(value, bool):
        return PeriodShape() if value else None
    if isinstance(value, dict):
        return period(value)
    raise wrong("must be true, false, or a period such as {since: 2025-03-01}")


class AgencyShape(Shape):
    name: Line
    name_en: Line
    short: Line | None = None  # where the name is too long for a line that a phone shows whole
    short_en: Line | None = None
    level: LevelWord
    portal: Url | None = None
    since: Day | None = None
    until: Day | None = None
    into: Code | None = None
    counted: Annotated[
        PeriodShape | None,
        WrapValidator(_counted),
        WithJsonSchema({"anyOf": [{"type": "boolean"}, PeriodShape.model_json_schema()]}),
    ] = PeriodShape()
    platform: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")] | None = None
    formerly: tuple[FormerShape, ...] = ()
    hosts: tuple[HostingShape, ...] = ()
    other_hosts: Annotated[tuple[Host, ...], AfterValidator(once_each)] = ()
    former_doors: tuple[DoorShape, ...] = ()
    evidence: EvidenceShape


class CheckShape(PluggedShape):
    """The keys of every check; the kind's own settings come beside them (kinds.py)."""

    called = "check"

    probe: str
    every: Duration
    timeout: Duration
    proves: Literal["merged", "connected", "nothing"] = "nothing"
    levels: Annotated[tuple[LevelWord, ...], AfterValidator(at_least_one), AfterValidator(once_each)] = (
        Level.PROVINCE,
        Level.MINISTRY,
    )
    since: Day | None = None
    until: Day | None = None
    depends_on: Annotated[tuple[Code, ...], AfterValidator(once_each)] = ()
    only: Annotated[tuple[Code, ...], AfterValidator(at_least_one), AfterValidator(once_each)] = ()


def _yes_or_no(value: Any) -> Answer:
    """A bare yes or no is a truth value to YAML 1.1; here either can mean one thing only."""
    answer = {True: "yes", False: "no"}[value] if isinstance(value, bool) else value
    if answer not in ("yes", "no"):
        raise wrong("must be yes or no: a document that knows no answer attests nothing")
    return Answer(answer)


class AttestationShape(Shape):
    agency: Text
    condition: Annotated[Condition, Field(strict=False)]
    answer: Annotated[Answer, BeforeValidator(_yes_or_no), WithJsonSchema({"enum": ["yes", "no", True, False]})]
    since: Day
    document: Line
    issued: Day
    issuer: Line
    url: Url | None = None
    synthetic: bool = False


def _counted_level(level: Level) -> Level:
    if level is Level.NATIONAL:
        raise wrong("must be province or ministry: national systems are never counted")
    return level


class DeclaredShape(Shape):
    level: Annotated[LevelWord, AfterValidator(_counted_level)]
    as_of: Day
    agencies: Annotated[int, Field(ge=0)]
    integrated: Annotated[int, Field(ge=0)]
    tasks_planned: Annotated[int, Field(ge=0)] | None = None
    tasks_completed: Annotated[int, Field(ge=0)] | None = None
    source: Text
    integrated_agencies: Annotated[tuple[Code, ...], AfterValidator(once_each)] | None = None
    missing_agencies: Annotated[tuple[Code, ...], AfterValidator(once_each)] | None = None


class WindowShape(Shape):
    """Maintenance; its name is its key."""

    agencies: Annotated[tuple[Code, ...], AfterValidator(once_each)] = ()  # none: all
    begin: Local
    lasts: Duration
    zone: Line = "Asia/Ho_Chi_Minh"
    every: Literal["daily", "weekly", "monthly"] | None = None
    until: Local | None = None
    reason: Line


class RowShape(Shape):
    looks: Annotated[int, Field(ge=1, le=100)]
    of: Annotated[int, Field(ge=1, le=100)]


def _row(row: Row) -> RowShape:
    return RowShape(looks=row.looks, of=row.of)


class PatienceShape(Shape):
    """Defaults are those of Patience."""

    fail: RowShape = _row(Patience().fail)
    recover: RowShape = _row(Patience().recover)
    unknown: RowShape = _row(Patience().unknown)
    confirm: Annotated[int, Field(ge=1, le=100)] = Patience().confirm


class UnstableShape(Shape):
    turns: Annotated[int, Field(ge=2, le=100)] = 0
    within: Duration = timedelta()
    steady: Duration = timedelta()


def _descending(days: tuple[int, ...]) -> tuple[int, ...]:
    if list(days) != sorted(set(days), reverse=True):
        raise wrong("must go from more days to fewer, each number once")
    return days


Days = Annotated[int, Field(ge=1, le=MOST_DAYS)]


class AlertsShape(Shape):
    """Defaults are those of Telling, Counting and Retelling: only what a file gives is taken from here."""

    hold: Duration = timedelta()
    gather: Duration = timedelta()
    share: Annotated[float, Field(gt=0, lt=1)] = 0
    least: Annotated[int, Field(ge=2, le=10_000)] = 0
    within: Duration = timedelta()
    quiet: Duration = timedelta()
    remind: Duration = timedelta()
    most_between: Duration = timedelta()
    escalate: Duration = timedelta()
    unstable: UnstableShape = UnstableShape()
    certificate_days: Annotated[tuple[Days, ...], AfterValidator(_descending)] = ()
    blind: Annotated[float, Field(gt=0, lt=1)] = 0
    blind_for: Duration = timedelta()
    silent: Duration = timedelta()


class ConnectToShape(Shape):
    host: HostPattern
    port: Port
    to: AddressPort


def _engine(name: str) -> str:
    if name == "rustls" and not installed("rtls"):
        raise wrong("rustls is not installed here: it comes with the extra `fast` (pip install npsp-monitor[fast])")
    return name


class NetworkShape(Shape):
    """Defaults are those of NetworkSettings: only what a file gives is taken from here."""

    contact: Line
    engine: Annotated[Literal["openssl", "rustls"], AfterValidator(_engine)] = "openssl"
    proxy: Proxy | None = None
    resolver: tuple[Address, ...] = ()
    connect_to: tuple[ConnectToShape, ...] = ()
    ca_file: CertificateFile | None = None
    requests_per_second: Annotated[float, Field(gt=0, le=1000)] = 0
    in_flight: Annotated[int, Field(ge=1, le=10_000)] = 0
    max_body: Annotated[int, Field(ge=1024, le=1 << 30)] = 0
    max_headers: Annotated[int, Field(ge=1024, le=1 << 24)] = 0
    max_redirects: Annotated[int, Field(ge=0, le=50)] = 0
    ports: Annotated[tuple[Port, ...], AfterValidator(at_least_one)] = ()
    internal_hosts: tuple[HostPattern, ...] = ()
    control: tuple[HostPort, ...] = ()
    known_names: tuple[Host, ...] = ()


class WebFileShape(Shape):
    config_file: Line | None = None  # from the configuration's folder; what it may hold: web_shapes.py
    url: Url | None = None  # of the page, as its readers reach it; in notices

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.model_fields_set:
            raise wrong("holds nothing; allowed: config_file, url")
        return self


class QuietShape(Shape):
    begin: Annotated[ClockTime, Field(alias="from")]
    end: Annotated[ClockTime, Field(alias="to")]


class ChannelShape(PluggedShape):
    """The keys of every channel; the kind's own settings come beside them. Defaults are those of Channel."""

    called = "channel"
    paths = Paths.WRITE

    kind: str
    language: Annotated[Language, Field(strict=False)] = Language.VI
    least: Annotated[Severity, Field(strict=False)] = Severity.INFO
    events: Annotated[tuple[EventWord, ...], AfterValidator(at_least_one), AfterValidator(once_each)] = ()
    levels: Annotated[tuple[LevelWord, ...], AfterValidator(at_least_one), AfterValidator(once_each)] = ()
    quiet: QuietShape | None = None
    daily: ClockTime | None = None
    weekly: Weekly | None = None
    escalation: bool = False
    keep: Duration = timedelta()
    timeout: Duration = timedelta()
    formerly: Annotated[
        tuple[Annotated[str, Field(pattern=CHECK_NAME)], ...], AfterValidator(at_least_one), AfterValidator(once_each)
    ] = ()


class MonitorShape(Shape):
    """Defaults are those of Config: only what the file gives is taken from here."""

    listen: ListenAt = ""
    web: WebFileShape | None = None
    store: StoreShape | None = None
    vantage: Annotated[str, Field(pattern=CHECK_NAME)] = ""
    warm_up: Duration = timedelta()
    synthetic: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,40}$")] = ""
    prefer: Literal["look", "document"] = "look"
    patience: PatienceShape = PatienceShape()
    alerts: AlertsShape = AlertsShape()
    channels: dict[Annotated[str, Field(pattern=CHECK_NAME)], dict[str, Any]] = Field(default_factory=dict)  # by kind
    network: NetworkShape
