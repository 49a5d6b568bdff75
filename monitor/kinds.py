"""The kinds of probe and of notifier, as the folders hold them; no list of kinds is kept here."""

from datetime import timedelta

import probes
from monitor import notify
from monitor.fitting import shape_of, value_of
from monitor.notify import Notifier
from monitor.plugins import find
from monitor.shapes import ChannelShape, CheckShape
from probes import Probe


def kinds() -> dict[str, type[Probe]]:
    return find(probes, "Probe")


def notifiers() -> dict[str, type[Notifier]]:
    return find(notify, "Notifier")


def least_every(kind: str) -> timedelta:
    """The shortest period that a kind allows; nothing where it does not say."""
    return timedelta(seconds=getattr(kinds()[kind], "least_every", 0.0))


def check_shape(kind: str, probe: type[Probe]) -> type[CheckShape]:
    """What a check of this kind may hold: the keys of every check and the fields of the kind."""
    return shape_of(f"{kind}_check", CheckShape, probe, f"probes/{kind}.py")


def channel_shape(kind: str, notifier: type[Notifier]) -> type[ChannelShape]:
    """What a channel of this kind may hold: the keys of every channel and the fields of the kind."""
    return shape_of(f"{kind}_channel", ChannelShape, notifier, f"monitor/notify/{kind}.py")


def probe_of(probe: type[Probe], shape: CheckShape) -> Probe:
    """The probe with the settings of a check; ValueError when the kind itself refuses them."""
    return value_of(probe, shape)


def notifier_of(notifier: type[Notifier], shape: ChannelShape) -> Notifier:
    """The notifier with the settings of a channel; ValueError when the kind itself refuses them."""
    return value_of(notifier, shape)
