"""The whole configuration as values: what settings.py has read and found right."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Literal

from yarl import URL

from monitor.alerts.rules import Telling
from monitor.channels import Channels
from monitor.judge import Patience
from monitor.model import Attestation, Check, Declared
from monitor.roster import Roster
from monitor.store.ledger import Window
from monitor.store.place import Place
from monitor.web_config import WebConfig
from probes._net.settings import NetworkSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """What the monitor goes by."""

    folder: Path
    roster: Roster
    checks: tuple[Check, ...]
    attestations: tuple[Attestation, ...] = ()
    declared: tuple[Declared, ...] = ()
    maintenance: tuple[Window, ...] = ()
    network: NetworkSettings
    patience: Patience
    prefer: Literal["look", "document"] = "look"  # which decides where the two contradict each other
    listen: str = "127.0.0.1:9884"
    web: WebConfig | None = None  # plain HTTP for everybody
    url: URL | None = None  # of the page, as its readers reach it
    store: Place | None = None  # where what is remembered is kept; None: the usual place
    channels: Channels = field(default_factory=dict)
    alerts: Telling = field(default_factory=Telling)
    warm_up: timedelta = timedelta(seconds=30)
    vantage: str = "local"
    day: date | None = None  # whose roster and rules hold; None: today's
    synthetic: str | None = None  # name of the scenario, when the data is synthetic

    @property
    def scheme(self) -> str:
        """In which the web side is reached."""
        return "https" if self.web and self.web.tls else "http"

    @property
    def anonymous(self) -> bool:
        """Whether who is asked could not reach who asks: the contact is still the starter's."""
        return ".example" in self.network.contact and not self.synthetic
