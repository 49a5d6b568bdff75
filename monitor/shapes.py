"""What each file of the configuration may hold. Editors' JSON Schemas come from here too."""

from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, ValidatorFunctionWrapHandler, WithJsonSchema, WrapValidator

from monitor.fields import (
    Address,
    AddressPort,
    CertificateFile,
    Day,
    Duration,
    Host,
    HostPattern,
    HostPort,
    Line,
    ListenAt,
    Port,
    Proxy,
    Shape,
    Text,
    Url,
    at_least_one,
    once_each,
    wrong,
)
from monitor.judge import Patience, Row
from monitor.model import Answer, Condition, Level
from monitor.plugins import installed
from monitor.store_shapes import StoreShape

CODE = r"^[A-Z][0-9]{2}$"  # identifier code of a ministry or province (QĐ 20/2020/QĐ-TTg)
PLACEHOLDER = r"^[A-Z]{2,8}$"  # of ours; no digits, so that nobody takes it for an identifier
CHECK_NAME = r"^[a-z][a-z0-9_]{0,39}$"  # fits a metric label and a URL

# Strictness is off for words of an enumeration, since YAML holds the word and not the member.
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


class CheckShape(Shape):
    """The keys of every check; the kind's own settings come beside them (kinds.py)."""

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


class AlertsShape(Shape):
    """Defaults are those of Telling and Counting: only what a file gives is taken from here."""

    hold: Duration = timedelta()
    share: Annotated[float, Field(gt=0, lt=1)] = 0
    least: Annotated[int, Field(ge=2, le=10_000)] = 0
    within: Duration = timedelta()
    quiet: Duration = timedelta()


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
    config_file: Line  # from the configuration's folder; what it may hold: web_shapes.py


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
    network: NetworkShape
