"""By which rules it is decided what is told when."""

from dataclasses import dataclass, field
from datetime import timedelta

from monitor.channels import Retelling
from monitor.incidents import Counting


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """When what is told."""

    hold: timedelta = timedelta(minutes=3)  # that what may yet prove to be an incident waits, and what may not be over
    # From one notice to the next of its event: what comes between is told together.
    gather: timedelta = timedelta(seconds=30)
    counting: Counting = field(default_factory=Counting)
    retelling: Retelling = field(default_factory=Retelling)
