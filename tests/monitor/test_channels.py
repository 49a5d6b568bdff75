"""The channels of the configuration."""

import json
import re
import shutil
from datetime import time, timedelta
from pathlib import Path

import jsonschema
import pytest
import yaml
from yarl import URL

from monitor.channels import Channel, Quiet
from monitor.effective import settings_of_channel
from monitor.kinds import channel_shape, notifiers
from monitor.model import Level
from monitor.notice import Event, Severity
from monitor.notify.email import Notifier as Email
from monitor.notify.webhook import Notifier as Webhook
from monitor.schemas import json_schemas
from monitor.settings import ConfigError, load
from monitor.words import Language
from probes._secret import Secret

ROOT = Path(__file__).parents[2]
SECRETS = {"SMTP_PASSWORD": "tr0ub4dor", "DESK_KEY": "0123456789abcdef0123456789abcdef"}
FULL = """
channels:
  duty:
    kind: email
    language: en
    least: warning
    events: [lost, restored]
    levels: [province]
    quiet: {from: "21:00", to: "06:30"}
    daily: "8:00"
    weekly: "fri 17:05"
    escalation: true
    keep: 2d
    timeout: 1m
    formerly: [office, old_desk]
    host: mail.agency.example
    port: 2525
    user: monitor
    password: ${env:SMTP_PASSWORD}
    sender: Monitor <monitor@agency.example>
    to: [duty@ministry.example]
  desk:
    kind: webhook
    url: https://desk.ministry.example/npsp
    secret: ${env:DESK_KEY}
    headers: {X-Api-Key: "${env:DESK_KEY}"}
"""


@pytest.fixture
def configured(tmp_path):
    def read(text):
        folder = tmp_path / "config"
        shutil.copytree(ROOT / "tests" / "broken" / "_base", folder)
        with (folder / "monitor.yaml").open("a", encoding="utf-8") as file:
            file.write(text)
        return load(folder, SECRETS)

    return read


def test_what_is_configured_is_what_holds(configured):
    channels = configured(FULL).channels
    assert channels == {
        "duty": Channel(
            name="duty",
            kind="email",
            notifier=Email(
                host="mail.agency.example",
                port=2525,
                user="monitor",
                password=Secret("tr0ub4dor"),
                sender="Monitor <monitor@agency.example>",
                to=("duty@ministry.example",),
            ),
            language=Language.EN,
            least=Severity.WARNING,
            events=frozenset({Event.LOST, Event.RESTORED}),
            levels=frozenset({Level.PROVINCE}),
            quiet=Quiet(begin=time(21), end=time(6, 30)),
            daily=time(8),
            weekly=(4, time(17, 5)),
            escalation=True,
            keep=timedelta(days=2),
            timeout=timedelta(minutes=1),
            formerly=("office", "old_desk"),
        ),
        "desk": Channel(
            name="desk",
            kind="webhook",
            notifier=Webhook(
                url=URL("https://desk.ministry.example/npsp"),
                secret=Secret(SECRETS["DESK_KEY"]),
                headers={"X-Api-Key": Secret(SECRETS["DESK_KEY"])},
            ),
        ),
    }


def test_nobody_is_told_where_nobody_is_configured(configured):
    config = configured("")
    assert (config.channels, config.url) == ({}, None)


def test_the_page_may_have_an_address_without_a_file_for_its_doors(configured):
    assert configured("web: {url: https://npsp-monitor.example/}\n").url == URL("https://npsp-monitor.example/")


def test_what_holds_is_shown_without_a_secret(configured):
    shown = {name: dict(settings_of_channel(each)) for name, each in configured(FULL).channels.items()}
    assert shown["duty"]["host"] == "mail.agency.example"
    assert shown["duty"]["password"] == "<secret>"
    assert shown["desk"]["secret"] == "<secret>"
    assert not [secret for secret in SECRETS.values() if secret in str(shown)]


def test_a_kind_that_there_is_not_is_told_with_those_that_there_are(configured):
    with pytest.raises(ConfigError) as caught:
        configured("channels:\n  duty: {kind: emial, to: [a@b.example]}\n")
    [error] = caught.value.errors
    assert 'channels.duty.kind: unknown kind of channel "emial"; did you mean "email"?' in error


def test_the_examples_of_the_starter_configuration_are_right(tmp_path):
    folder = tmp_path / "config"
    shutil.copytree(ROOT / "config", folder)
    text = (folder / "monitor.yaml").read_text("utf-8")
    part = text[text.index("# channels:") : text.index("\nnetwork:")]
    (folder / "monitor.yaml").write_text(text.replace(part, re.sub("(?m)^# ?", "", part)), "utf-8")
    channels = load(folder, SECRETS).channels
    assert list(channels) == ["duty", "chief", "desk"]


def test_the_examples_of_the_docs_are_right(configured):
    blocks = re.findall(r"```yaml\n(channels:.*?)```", (ROOT / "docs" / "notices.md").read_text("utf-8"), re.DOTALL)
    joined = "channels:\n" + "".join(block.removeprefix("channels:\n") for block in blocks)
    joined = re.sub(r"\$\{file:.*?\}", "${env:DESK_KEY}", joined)
    assert len(configured(joined).channels) == len(blocks)


def test_editors_accept_what_is_accepted_and_refuse_what_is_not():
    schema = jsonschema.Draft202012Validator(json_schemas()["monitor"])
    data = yaml.safe_load("network: {contact: x}\n" + FULL)
    schema.validate(json.loads(json.dumps(data)))
    for change in ({"kind": "pigeon"}, {"daily": "25:00"}, {"weekly": "monday"}, {"secrity": "tls"}, {"password": "x"}):
        wrong = {**data, "channels": {"duty": {**data["channels"]["duty"], **change}}}
        assert not schema.is_valid(json.loads(json.dumps(wrong))), change


@pytest.mark.parametrize("kind", notifiers())
def test_a_kind_is_a_frozen_value_that_says_for_whom_it_is_and_has_its_test_file(kind):
    notifier = notifiers()[kind]
    assert notifier.__dataclass_params__.frozen
    assert "__slots__" in vars(notifier)
    assert notifier.audience in ("people", "machines")
    assert (ROOT / "tests" / "monitor" / "notify" / f"test_{kind}.py").is_file()
    assert channel_shape(kind, notifier)
