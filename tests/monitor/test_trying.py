"""A test notice: it names the channel that is tried, to programs as to people."""

from dataclasses import replace
from datetime import timedelta
from typing import ClassVar

from monitor import trying
from monitor.bundled import config_folder
from monitor.channels import Channel
from monitor.notify._alerts import Links, alerts_of
from monitor.settings import load


class Keeping:
    audience: ClassVar = "machines"

    def __init__(self):
        self.got = []

    async def send(self, message, reach):
        self.got.append(message)


def test_an_alert_of_a_test_names_its_channel():
    keeping, acts = Keeping(), []
    channel = Channel(name="alerts", kind="alertmanager", notifier=keeping)
    config = replace(load(config_folder(), environ={}), channels={"alerts": channel})

    assert trying.test_channel(config, "alerts", acts.append, "an") == trying.TAKEN
    (message,) = keeping.got
    (alert,) = alerts_of(message.notice, Links(), message.notice.at, timedelta(minutes=15))

    assert alert.annotations["summary"].endswith("Test notice by alerts")
    assert alert.annotations["summary_vi"].endswith("Thông báo thử qua kênh alerts")
    assert alert.labels["channel"] == "alerts"
