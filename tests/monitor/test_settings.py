"""The YAML door: what is read, as what, and that nothing but the configuration error ever comes out of it."""

import dataclasses
import os
import re
import shutil
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

import jsonschema
import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import Field, ValidationError
from yarl import URL

from monitor import shapes
from monitor.config import Config
from monitor.document import Complaint
from monitor.fields import Shape, Text
from monitor.fitting import strict
from monitor.judge import Patience, Row
from monitor.kinds import check_shape, kinds, probe_of
from monitor.model import Answer, Condition, Level
from monitor.schemas import json_schemas
from monitor.settings import ConfigError, load, parse, read
from monitor.shapes import ConnectToShape, MonitorShape, NetworkShape
from monitor.validate import fields_at, unknown
from probes import Observation, Reason, Target, TlsTerms, http
from probes._credentials import OAuth2
from probes._matches import HeaderMatch
from probes._net.settings import ConnectTo, NetworkSettings
from probes._secret import Secret

ROOT = Path(__file__).parents[2]
BASE = ROOT / "tests" / "broken" / "_base"
CONFIG = ROOT / "config"

# With NPSP_FUZZ=1 the four tests of random configurations try 10,000 together, which takes some four minutes:
#   NPSP_FUZZ=1 python -m pytest tests/monitor/test_settings.py -k only_ever
# Without it they try a few, so that the suite stays short.
THOROUGH = os.environ.get("NPSP_FUZZ") == "1"
FUZZ = settings(
    max_examples=2500 if THOROUGH else 75,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
ERROR = re.compile(r"config/[a-z/]+\.yaml:[1-9][0-9]*: \S[^\n]*")


@pytest.fixture
def folder(tmp_path):
    """The small sound configuration, to be changed."""
    shutil.copytree(BASE, tmp_path / "config")
    return tmp_path / "config"


def put(folder: Path, name: str, old: str, new: str) -> Path:
    text = (folder / name).read_text(encoding="utf-8")
    assert old in text
    (folder / name).write_text(text.replace(old, new, 1), encoding="utf-8")
    return folder


def errors(folder: Path, **environ: str) -> tuple[str, ...]:
    with pytest.raises(ConfigError) as caught:
        load(folder, environ)
    return caught.value.errors


# What comes out.


def test_files_become_values(folder):
    config = load(folder)

    assert [entry.code for entry in config.roster.entries] == ["G09", "H22", "H26", "H60", "SIGNON"]
    assert [(check.name, check.kind, check.proves) for check in config.checks] == [
        ("portal", "http", Condition.CONNECTED),
        ("certificate", "tls", None),
        ("sign_on", "sign_on", Condition.CONNECTED),
    ]
    assert config.checks[0].period.since == date(2023, 1, 1)
    assert config.checks[0].levels == {Level.PROVINCE, Level.MINISTRY}
    assert (config.checks[1].every, config.checks[1].timeout) == (timedelta(minutes=5), timedelta(seconds=10))
    assert config.checks[2].depends_on == ("SIGNON",)
    assert (config.attestations[0].answer, config.attestations[0].url) == (Answer.YES, None)
    assert config.declared[0].tasks_planned == 3003
    assert config.network.ports == (80, 443)
    assert config.folder == folder


def test_what_a_file_does_not_say_is_as_the_values_say(folder):
    (folder / "monitor.yaml").write_text("network: {contact: mailto:someone@monitor.example}\n")
    (folder / "attestations.yaml").unlink()
    (folder / "declared.yaml").write_text("# nothing yet\n")
    config = load(folder)
    plain = {f.name: f.default for f in dataclasses.fields(Config) if f.default is not dataclasses.MISSING}

    assert config.network == NetworkSettings(contact="mailto:someone@monitor.example")
    assert {name: getattr(config, name) for name in plain} == plain


def test_the_files_name_every_setting_that_the_values_have():
    assert set(NetworkShape.model_fields) == {field.name for field in dataclasses.fields(NetworkSettings)}
    assert set(ConnectToShape.model_fields) == {field.name for field in dataclasses.fields(ConnectTo)}
    assert set(MonitorShape.model_fields) <= {field.name for field in dataclasses.fields(Config)}


def test_the_way_out_can_be_set_in_every_part(folder, ca_file):
    (folder / "monitor.yaml").write_text(
        f"""\
listen: "[::1]:0"
vantage: hanoi
warm_up: 1m30s
prefer: document
patience:
  unknown: {{looks: 2, of: 4}}
  confirm: 2
network:
  contact: https://monitor.example
  resolver: [192.0.2.53, "[2001:db8::53]:5353"]
  connect_to: [{{host: "*.GOV.vn", port: 443, to: "127.0.0.1:8443"}}]
  ca_file: {ca_file}
  requests_per_second: 2
  internal_hosts: ["*.internal.example", inner.example]
  control: ["control.example:443", "192.0.2.1:53"]
"""
    )
    config = load(folder)

    assert (config.listen, config.vantage, config.prefer) == ("[::1]:0", "hanoi", "document")
    assert config.warm_up == timedelta(seconds=90)
    assert config.patience == Patience(unknown=Row(looks=2, of=4), confirm=2)
    assert config.network.connect_to == (ConnectTo(host="*.gov.vn", port=443, to="127.0.0.1:8443"),)
    assert config.network.resolver == ("192.0.2.53", "[2001:db8::53]:5353")
    assert config.network.ca_file == ca_file
    assert config.network.requests_per_second == 2


def test_a_file_that_holds_no_certificates_is_refused(folder):
    (folder / "roots.pem").write_text("no certificates")
    put(folder, "monitor.yaml", "  ports", "  ca_file: roots.pem\n  ports")

    assert errors(folder) == ('config/monitor.yaml:6: network.ca_file: "roots.pem" holds no certificates in PEM',)


def test_texts_are_composed_however_they_were_typed(folder):
    put(folder, "agencies/provinces.yaml", "Hà Nội", "Ha\u0300 No\u0323\u0302i")

    assert load(folder).roster.find("H26", date(2026, 1, 1)).name == "Hà Nội"


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(folder):
    path = folder / "checks.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))

    assert len(load(folder).checks) == 3


def test_a_host_with_diacritics_and_a_port_can_stand_in_an_address(folder):
    put(folder, "agencies/provinces.yaml", "https://dichvucong.hanoi.gov.vn", "https://dịchvụcông.example:8443/vi/")

    assert load(folder).roster.find("H26", date(2026, 1, 1)).portal == str(URL("https://dịchvụcông.example:8443/vi/"))


def test_a_portal_may_move_from_period_to_period_and_its_old_address_be_a_former_door(folder):
    put(
        folder,
        "agencies/ministries.yaml",
        "  evidence",
        """\
  hosts:
    - {portal: "https://first.moha.gov.vn", until: 2024-01-01}
    - {portal: "https://second.moha.gov.vn", since: 2024-01-01}
  former_doors:
    - {url: "https://first.moha.gov.vn", since: 2024-01-01, evidence: seen}
  evidence""",
    )
    roster = load(folder).roster

    assert roster.find("G09", date(2023, 12, 31)).portal == str(URL("https://first.moha.gov.vn"))
    assert roster.find("G09", date(2024, 1, 1)).portal == str(URL("https://second.moha.gov.vn"))
    assert roster.find("G09", date(2024, 1, 1)).former_doors == (URL("https://first.moha.gov.vn"),)


@pytest.mark.parametrize(
    ("written", "length"),
    [
        ("500ms", timedelta(milliseconds=500)),
        ("30s", timedelta(seconds=30)),
        ("1h30m", timedelta(minutes=90)),
        ("1d", timedelta(days=1)),
        ("300s", timedelta(minutes=5)),
    ],
)
def test_durations_are_written_with_their_units(folder, written, length):
    put(folder, "checks.yaml", "every: 5m\n  timeout: 15s", f"every: 2d\n  timeout: {written}")

    assert load(folder).checks[0].timeout == length


@pytest.mark.parametrize("written", ["5", "m5", "5 m", "1m1h", "-5m", "1.5h", "5M", "''", "true", "400d", "0s"])
def test_what_is_no_duration_is_refused(folder, written):
    put(folder, "checks.yaml", "every: 5m", f"every: {written}")

    assert errors(folder)[0].startswith("config/checks.yaml:3: portal.every: must be ")


@pytest.mark.parametrize(("written", "answer"), [("yes", Answer.YES), ("no", Answer.NO), ('"no"', Answer.NO)])
def test_a_bare_yes_or_no_is_an_answer(folder, written, answer):
    put(folder, "attestations.yaml", "answer: yes", f"answer: {written}")

    assert load(folder).attestations[0].answer is answer


def test_the_path_is_shown_from_the_folder_that_was_named(folder, monkeypatch):
    put(folder, "checks.yaml", "probe: tls", "probe: tsl")
    monkeypatch.chdir(folder.parent)
    told = 'checks.yaml:9: certificate.probe: unknown kind of probe "tsl"'

    assert errors(Path("config"))[0].startswith(f"config/{told}")
    assert errors(folder)[0].startswith(f"config/{told}")
    monkeypatch.chdir(folder)
    assert errors(Path())[0].startswith(told)


def test_a_folder_that_is_not_there_is_an_error_for_each_file_that_must_be(tmp_path):
    assert errors(tmp_path / "config") == tuple(
        f"config/{name}.yaml:1: cannot be read: No such file or directory"
        for name in ("agencies/ministries", "agencies/national", "agencies/provinces", "checks", "monitor")
    )


def test_a_folder_that_is_a_file_is_told_as_what_it_is(tmp_path):
    (tmp_path / "config").write_text("")

    assert {error.partition(":1: ")[2] for error in errors(tmp_path / "config")} == {"cannot be read: Not a directory"}


@pytest.mark.parametrize("name", ["checks.yaml", "declared.yaml"])
def test_a_folder_in_the_place_of_a_file_cannot_be_read(folder, name):
    (folder / name).unlink()
    (folder / name).mkdir()

    assert errors(folder) == (f"config/{name}:1: cannot be read: Is a directory",)


def test_a_link_that_leads_nowhere_is_told_even_where_the_file_may_be_missing(folder):
    (folder / "declared.yaml").unlink()
    (folder / "declared.yaml").symlink_to("gone.yaml")

    assert errors(folder) == ("config/declared.yaml:1: cannot be read: No such file or directory",)


def test_a_file_that_the_monitor_may_not_read_is_told(folder, monkeypatch):
    """By a stand-in, because tests may run as root, who may read everything."""
    plain = Path.open

    def guarded(path: Path, *args: object, **more: object) -> object:
        if path.name == "checks.yaml":
            raise PermissionError(13, "Permission denied", str(path))
        return plain(path, *args, **more)

    monkeypatch.setattr(Path, "open", guarded)

    assert errors(folder) == ("config/checks.yaml:1: cannot be read: Permission denied",)


def test_a_file_without_end_is_not_read_to_its_end(folder):
    (folder / "declared.yaml").unlink()
    (folder / "declared.yaml").symlink_to("/dev/zero")

    assert errors(folder) == ("config/declared.yaml:1: is larger than 4194304 bytes",)


def test_a_file_of_absurd_size_is_not_taken_in(folder):
    (folder / "declared.yaml").write_bytes(b"#" * (5 << 20))

    assert errors(folder) == ("config/declared.yaml:1: is larger than 4194304 bytes",)


def test_errors_come_in_the_order_of_files_and_lines_and_each_once(folder):
    put(folder, "monitor.yaml", "listen", "lissten")
    put(folder, "checks.yaml", "timeout: 20s", "timeout: 1h")
    put(folder, "checks.yaml", "timeout: 15s", "timeout: 1h")
    told = errors(folder)

    assert [error.split(": ")[0] for error in told] == [
        "config/checks.yaml:4",
        "config/checks.yaml:17",
        "config/monitor.yaml:1",
    ]
    assert str(ConfigError(told)) == "\n".join(told)


def test_where_a_shape_knows_nothing_nothing_is_allowed():
    assert fields_at(check_shape("http", kinds()["http"]), ("nothing", "here")) == frozenset()


def test_a_choice_among_many_is_not_listed_in_full():
    many = [f"H{number}" for number in range(10, 99)]

    assert unknown("H2", many, "agency") == (
        'unknown agency "H2"; did you mean "H92"? allowed: one of 89, such as H52, H62, H72, H82, H92'
    )
    assert unknown("H2", [], "agency") == 'unknown agency "H2"; allowed: none'


# Secrets.


def with_secret(folder: Path, written: str) -> Path:
    return put(folder, "checks.yaml", "probe: http", f'probe: http\n  headers: {{X-Key: "{written}"}}')


def test_a_secret_comes_from_the_environment_and_is_not_shown(folder):
    config = load(with_secret(folder, "${env:NPSP_KEY}"), environ={"NPSP_KEY": "sesame"})
    headers = config.checks[0].probe.headers

    assert headers["X-Key"].reveal() == "sesame"
    assert "sesame" not in repr(config)
    assert "<secret>" in repr(config)


def test_a_secret_comes_from_a_file_without_its_last_line_end(folder):
    (folder / "key").write_text("sesame\n")

    assert load(with_secret(folder, "${file:key}")).checks[0].probe.headers["X-Key"].reveal() == "sesame"


def test_a_text_that_is_no_secret_stays_one(folder):
    assert load(with_secret(folder, "public")).checks[0].probe.headers["X-Key"] == "public"


def test_a_header_that_is_neither_text_nor_secret_is_refused(folder):
    put(folder, "checks.yaml", "probe: http", "probe: http\n  headers: {X-Key: 5}")

    assert errors(folder) == (
        "config/checks.yaml:3: portal.headers.X-Key: must be text, or a secret as ${env:NAME} or ${file:PATH}",
    )


@pytest.mark.parametrize("content", [b"", b"\n", b"\xff\xfesesame"])
def test_a_secret_that_cannot_be_read_is_refused_without_a_glimpse_of_it(folder, content):
    (folder / "key").write_bytes(content)
    (told,) = errors(with_secret(folder, "${file:key}"))

    assert "the secret cannot be read from key" in told
    assert "sesame" not in told


def test_a_secret_is_never_written_into_the_file_itself():
    @dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
    class WithPassword:
        password: Secret

        def applies(self, _: Target) -> bool:
            return True

        async def look(self, *_: object) -> Observation:
            return Observation(reason=Reason.OK)

    shape = check_shape("with_password", WithPassword)
    common = {"probe": "with_password", "every": "5m", "timeout": "10s"}
    good = shape.model_validate({**common, "password": "${env:NPSP_KEY}"}, context={"environ": {"NPSP_KEY": "sesame"}})

    assert probe_of(WithPassword, good).password == Secret("sesame")
    with pytest.raises(ValueError, match="must be a secret") as caught:
        shape.model_validate({**common, "password": "sesame"}, context={})
    assert [error["msg"] for error in caught.value.errors()] == [
        "must be a secret, given as ${env:NAME} or ${file:PATH} and never in the file itself"
    ]


# Settings of kinds that have other types than those of today.


class Colour(StrEnum):
    RED = "red"


@pytest.mark.parametrize(
    ("hint", "written", "value"),
    [
        (timedelta, "5m", timedelta(minutes=5)),
        (date, date(2026, 1, 1), date(2026, 1, 1)),
        (URL, "https://www.example/", URL("https://www.example/")),
        (Colour, "red", Colour.RED),
        (frozenset[Colour], ("red",), frozenset({Colour.RED})),
        (tuple[URL, ...], ("https://www.example/",), (URL("https://www.example/"),)),
        (int | None, None, None),
        (Annotated[int, Field(ge=1)], 1, 1),
        (dict[str, timedelta], {"a": "1s"}, {"a": timedelta(seconds=1)}),
        (Literal["any", "4"], 4, "4"),
        (Literal["any", "4"], "4", "4"),
        (tuple[Literal["1.0", "1.1"], ...], (1.0, "1.1"), ("1.0", "1.1")),
    ],
)
def test_a_setting_of_any_type_is_read(hint, written, value):
    shape = type("WithSetting", (Shape,), {"__annotations__": {"setting": strict(hint)}})

    assert shape(setting=written).setting == value


@pytest.mark.parametrize("written", [("red", "red"), "red"])
def test_a_set_is_a_list_without_repetition(written):
    shape = type("WithSetting", (Shape,), {"__annotations__": {"setting": strict(frozenset[str])}})

    with pytest.raises(ValueError, match=r"names .* twice|must be a list"):
        shape(setting=written)


def test_a_kind_may_not_have_settings_that_are_named_like_those_of_every_check():
    @dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
    class Clashing:
        every: int = 1

    with pytest.raises(TypeError, match=r"probes/clashing.py: settings \['every'\]"):
        check_shape("clashing", Clashing)


# Settings that hold settings.

EVERYTHING = """\
portal:
  probe: http
  every: 5m
  timeout: 15s
  page: false
  method: POST
  body: ${env:NPSP_BODY}
  family: 4
  fallback: true
  versions: ["1.0", 1.1]
  over_tls: required
  max_body: 65536
  header_matches:
    - {header: Content-Type, pattern: ^text/, missing: true}
  matches: [Nộp]
  proxy: http://proxy.example:3128
  tls:
    verify: false
    ca_file: pki/roots.pem
    certificate: pki/client.pem
    key: pki/client.key
    most: TLSv1.2
  oauth2:
    token_url: https://login.example/token
    client_id: npsp
    client_secret: ${file:secret}
    scopes: [a, b]
    parameters: {audience: x, key: "${env:NPSP_KEY}"}
"""
ENVIRON = {"NPSP_BODY": "b0dy", "NPSP_KEY": "k3y"}


def key_pem(key, password=None) -> bytes:
    hidden = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, hidden)


def client_of(key) -> bytes:
    name, day = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "client")]), datetime(2026, 1, 1, tzinfo=UTC)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(1).not_valid_before(day).not_valid_after(day + timedelta(days=3650))
    return made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


@pytest.fixture
def with_everything(folder, ca_file):
    """The configuration with a check that has every sort of setting within a setting, and its files."""
    key = ec.generate_private_key(ec.SECP256R1())
    (folder / "pki").mkdir()
    (folder / "pki/roots.pem").write_bytes(ca_file.read_bytes())
    (folder / "pki/client.pem").write_bytes(client_of(key))
    (folder / "pki/client.key").write_bytes(key_pem(key))
    (folder / "secret").write_text("cl1ent\n")
    (folder / "checks.yaml").write_text(EVERYTHING, encoding="utf-8")
    return folder


def test_settings_within_settings_become_values(with_everything):
    probe = load(with_everything, ENVIRON).checks[0].probe
    pki = with_everything / "pki"

    assert isinstance(probe, http.Probe)
    assert (probe.family, probe.fallback, probe.versions) == ("4", True, ("1.0", "1.1"))
    assert probe.tls == TlsTerms(
        verify=False,
        ca_file=pki / "roots.pem",
        certificate=pki / "client.pem",
        key=pki / "client.key",
        most="TLSv1.2",
    )
    assert probe.header_matches == (HeaderMatch(header="Content-Type", pattern="^text/", missing=True),)
    assert probe.oauth2 == OAuth2(
        token_url=URL("https://login.example/token"),
        client_id="npsp",
        client_secret=Secret("cl1ent"),
        scopes=("a", "b"),
        parameters={"audience": "x", "key": Secret("k3y")},
    )


def test_secrets_within_settings_are_not_shown(with_everything):
    config = load(with_everything, ENVIRON)

    assert not [secret for secret in ("b0dy", "k3y", "cl1ent") if secret in repr(config)]
    assert repr(config).count("<secret>") == 3


def test_the_schemas_for_editors_accept_settings_within_settings():
    validator = jsonschema.Draft202012Validator(json_schemas()["checks"])

    validator.validate(yaml.safe_load(EVERYTHING))
    assert not validator.is_valid(yaml.safe_load(EVERYTHING.replace("most: TLSv1.2", "most: TLSv1.4")))
    assert not validator.is_valid(yaml.safe_load(EVERYTHING.replace("verify:", "verfy:")))


@pytest.mark.parametrize(
    ("file", "content", "told"),
    [
        ("roots.pem", "key", "22: portal.tls.ca_file: holds no certificates in PEM"),
        ("client.key", "another", "23: portal.tls.certificate: does not make a pair with its key, which must have no"),
        ("client.key", "hidden", "23: portal.tls.certificate: does not make a pair with its key, which must have no"),
        ("client.pem", "key", "23: portal.tls.certificate: does not make a pair with its key, which must have no"),
        ("client.pem", "folder", '23: portal.tls.certificate: "pki/client.pem" cannot be read: Is a directory'),
        ("client.key", "gone", '24: portal.tls.key: "pki/client.key" cannot be read: No such file or directory'),
    ],
)
def test_files_of_a_check_that_are_not_sound_are_told_with_their_line(with_everything, file, content, told):
    path, key = with_everything / "pki" / file, ec.generate_private_key(ec.SECP256R1())
    path.unlink()
    if content == "folder":
        path.mkdir()
    elif content != "gone":
        path.write_bytes(key_pem(key, b"sesame" if content == "hidden" else None))
    put(with_everything, "checks.yaml", "tls:\n", "tls:\n\n\n\n")
    (error,) = errors(with_everything, **ENVIRON)

    assert error.startswith(f"config/checks.yaml:{told}")


def test_a_certificate_may_stand_beside_its_key(with_everything):
    pki = with_everything / "pki"
    (pki / "client.pem").write_bytes((pki / "client.key").read_bytes() + (pki / "client.pem").read_bytes())
    put(with_everything, "checks.yaml", "    key: pki/client.key\n", "")

    assert load(with_everything, ENVIRON).checks[0].probe.tls.key is None


# Files of other shapes.


class Inner(Shape):
    word: Text


class Outer(Shape):
    name: Text
    parts: dict[str, tuple[Annotated[Inner, "an inner one"], ...]] | None = None
    one: Inner | None = None


def test_a_file_of_another_shape_is_read_with_the_same_strictness(tmp_path):
    path = tmp_path / "scenarios" / "june.yaml"
    path.parent.mkdir()
    path.write_text("name: june\nparts:\n  a:\n    - word: one\n    - wrod: two\none: {word: 3, no: 4}\n")

    with pytest.raises(ConfigError) as caught:
        read(path, Outer)
    assert caught.value.errors == (
        'scenarios/june.yaml:5: parts.a.2.wrod: unknown key "wrod"; did you mean "word"? allowed: word',
        'scenarios/june.yaml:5: parts.a.2: "word" is missing',
        "scenarios/june.yaml:6: one.word: must be text, not a number; put it in quotes",
        'scenarios/june.yaml:6: one: the key "no" is a truth value to YAML; put it in quotes',
    )

    path.write_text("name: june\n")
    assert read(path, Outer) == Outer(name="june")


# JSON Schemas.


def as_json(data: object) -> object:
    if isinstance(data, dict):
        return {key: as_json(value) for key, value in data.items()}
    if isinstance(data, list):
        return [as_json(value) for value in data]
    return data.isoformat() if isinstance(data, date) else data


@pytest.mark.parametrize("folder_name", ["config", "tests/broken/_base"])
def test_the_schemas_for_editors_accept_what_is_accepted(folder_name):
    schemas = json_schemas()
    for path in sorted((ROOT / folder_name).rglob("*.yaml")):
        stem = "agencies" if path.parent.name == "agencies" else path.stem
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
        if stem in schemas and data is not None:
            jsonschema.Draft202012Validator.check_schema(schemas[stem])
            jsonschema.Draft202012Validator(schemas[stem]).validate(as_json(data))


@pytest.mark.parametrize(
    ("schema", "data"),
    [
        ("checks", {"portal": {"probe": "http", "every": "5m", "timeout": "15s", "warn_days": 1}}),
        ("checks", {"portal": {"probe": "pigeon", "every": "5m", "timeout": "15s"}}),
        ("agencies", {"H26": {"name": "Hà Nội"}}),
        ("monitor", {"listen": "127.0.0.1:1"}),
        ("declared", {"level": "province"}),
        ("attestations", [{"agency": "H26", "condition": "merged", "answer": "unknown"}]),
    ],
)
def test_the_schemas_for_editors_refuse_what_is_refused(schema, data):
    assert not jsonschema.Draft202012Validator(json_schemas()[schema]).is_valid(data)


# Anything at all.

SCRAPS = st.sampled_from(
    (
        *(": ", "- ", "\n", "\n  ", "\n    ", "{", "}", "[", "]", ", ", "&a ", "*a", "!!int ", "!x ", "yes", "no", "~"),
        *(
            "1:30",
            "2023-01-01",
            "2023-02-30",
            "0x1F",
            ".inf",
            "1e9",
            '"',
            "'",
            "|",
            ">",
            "#",
            "<<",
            "? ",
            "---\n",
            "...",
        ),
        *(
            "%YAML",
            "=",
            "@",
            "probe",
            "http",
            "every",
            "5m",
            "timeout",
            "H26",
            "H22",
            "into",
            "until",
            "since",
            "levels",
        ),
        *("evidence", "\t", "\r", "\0", "\x85", "\u2028", "\ufeff", "\ud7ff", "\U0001f600", '"\\x00"', '"\\ud800"'),
        *('"\\U00110000"', "9" * 5000, "a" * 2000),
    )
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.dates() | st.datetimes()
WORDS = st.sampled_from(
    (
        *(
            "H26",
            "H22",
            "H60",
            "G09",
            "SIGNON",
            "portal",
            "probe",
            "http",
            "tls",
            "every",
            "5m",
            "timeout",
            "1s",
            "into",
        ),
        *(
            "since",
            "until",
            "level",
            "levels",
            "province",
            "national",
            "name",
            "name_en",
            "evidence",
            "code",
            "seen",
            "yes",
        ),
        *("good", "hosts", "network", "contact", "patience", "fail", "looks", "of", "agency", "condition", "answer"),
        *("counted", "formerly", "only", "depends_on", "former_doors", "url"),
    )
)
TREES = st.recursive(
    SCALARS | WORDS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS | SCALARS, inner, max_size=6),
    max_leaves=25,
)
# The files of the small sound configuration, and those that come with the program.
FILES = st.sampled_from(
    [(root, path.relative_to(root).as_posix()) for root in (BASE, CONFIG) for path in sorted(root.rglob("*.yaml"))]
)


@pytest.fixture(scope="module")
def only_ever_the_configuration_error(tmp_path_factory):
    """Loads a configuration with other content in one of its files; any other exception gets out."""
    folders = {root: tmp_path_factory.mktemp("fuzz") / "config" for root in (BASE, CONFIG)}
    for root, folder in folders.items():
        shutil.copytree(root, folder)

    def check(file: tuple[Path, str], content: bytes) -> None:
        root, name = file
        (folders[root] / name).write_bytes(content)
        told = told_of(folders[root])
        shutil.copyfile(root / name, folders[root] / name)
        assert [each for each in told if not ERROR.fullmatch(each)] == []

    return check


def told_of(folder: Path) -> tuple[str, ...]:
    try:
        load(folder, {})
    except ConfigError as error:
        return error.errors or ("a configuration error that says nothing",)
    return ()


def encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


@FUZZ
@given(FILES, st.binary(max_size=200) | st.lists(SCRAPS | st.text(max_size=5), max_size=40).map("".join).map(encoded))
def test_random_bytes_and_scraps_only_ever_raise_the_configuration_error(
    only_ever_the_configuration_error, file, content
):
    only_ever_the_configuration_error(file, content)


@FUZZ
@given(FILES, TREES)
def test_random_yaml_only_ever_raises_the_configuration_error(only_ever_the_configuration_error, file, tree):
    text = yaml.safe_dump(tree, allow_unicode=True, sort_keys=False)
    only_ever_the_configuration_error(file, encoded(text))


@FUZZ
@given(FILES, st.data())
def test_a_sound_file_with_random_values_in_it_only_ever_raises_the_configuration_error(
    only_ever_the_configuration_error, file, data
):
    tree = yaml.load((file[0] / file[1]).read_text(encoding="utf-8"), Loader=yaml.CSafeLoader) or []
    for _ in range(data.draw(st.integers(1, 3))):
        put_random_value(tree, data)
    only_ever_the_configuration_error(file, encoded(yaml.dump(tree, Dumper=yaml.CSafeDumper)))


def put_random_value(place: object, data: st.DataObject) -> None:
    while isinstance(place, dict | list) and place:
        key = data.draw(st.sampled_from(list(place) if isinstance(place, dict) else range(len(place))))
        if not isinstance(place[key], dict | list) or not place[key] or data.draw(st.booleans()):
            place[key] = data.draw(TREES)
            return
        place = place[key]


@FUZZ
@given(FILES, st.data())
def test_a_sound_file_with_torn_lines_only_ever_raises_the_configuration_error(
    only_ever_the_configuration_error, file, data
):
    lines = (file[0] / file[1]).read_text(encoding="utf-8").splitlines(keepends=True)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(lines) - 1))
        cut = data.draw(st.integers(0, len(lines[at])))
        change = data.draw(st.sampled_from(["drop", "twice", "cut", "insert", "indent"]))
        lines[at : at + 1] = {
            "drop": [""],
            "twice": [lines[at], lines[at]],
            "cut": [lines[at][:cut]],
            "insert": [lines[at][:cut] + data.draw(SCRAPS) + lines[at][cut:]],
            "indent": ["  " + lines[at]],
        }[change]
    only_ever_the_configuration_error(file, encoded("".join(lines)))


@settings(max_examples=2000 if THOROUGH else 400, deadline=None)
@given(st.lists(SCRAPS | st.text(max_size=5), max_size=60).map("".join))
def test_no_text_breaks_the_yaml_door(text):
    complaints: list[Complaint] = []

    document = parse(text, "config/checks.yaml", complaints)

    assert document is not None or complaints


@pytest.mark.parametrize(
    "text", ["[" * 100_000, "{a: " * 50_000, "- " * 50_000, "? " * 50_000, "&a [*a, *a]", "a: " * 999]
)
def test_a_text_that_is_made_to_hurt_is_refused_at_once(text):
    complaints: list[Complaint] = []

    assert parse(text, "config/checks.yaml", complaints) is None
    assert complaints


def test_an_engine_that_is_not_installed_is_refused_with_what_to_install(monkeypatch):
    monkeypatch.setattr(shapes, "installed", lambda _: False)
    with pytest.raises(ValidationError, match=r"pip install npsp-monitor\[fast\]"):
        NetworkShape.model_validate({"contact": "a@b.example", "engine": "rustls"})


@pytest.mark.parametrize(
    "proxy",
    ["https://proxy.example:3128", "http://proxy.example", "http://u:p@proxy.example:1", "http://proxy.example:1/x"],
)
def test_a_proxy_is_a_host_and_a_port(proxy):
    with pytest.raises(ValidationError, match=r"must (be http|hold neither)"):
        NetworkShape.model_validate({"contact": "a@b.example", "proxy": proxy})
