"""The web's configuration as it is read; how it is kept is tested where it is entered (tests/monitor/web)."""

import shutil
import ssl
from pathlib import Path

import bcrypt
import jsonschema
import pytest
import yaml

from monitor.bundled import config_folder
from monitor.schemas import json_schemas
from monitor.settings import ConfigError, load, read_web

BASE = Path(__file__).parents[1] / "broken" / "_base"
HASH = bcrypt.hashpw(b"hunter2", b"$2b$04$abcdefghijklmnopqrstuu").decode()  # the same in every worker


@pytest.fixture
def folder(tmp_path, issue):
    """The small sound configuration, with a certificate, which names web.yml."""
    shutil.copytree(BASE, tmp_path / "config")
    issue(tmp_path / "config", "server")
    with (tmp_path / "config" / "monitor.yaml").open("a") as file:
        file.write("web: {config_file: web.yml}\n")
    return tmp_path / "config"


def test_the_example_becomes_values_and_has_the_shape_that_editors_are_told(folder):
    text = (config_folder() / "web.yml.example").read_text(encoding="utf-8")
    (folder / "web.yml").write_text(text, encoding="utf-8")
    web = load(folder, {}).web

    assert set(web.users) == {"prometheus", "operator"}
    assert web.tls.cert_file == folder / "server.crt"
    assert (web.tls.min_version, web.tls.clients) == (ssl.TLSVersion.TLSv1_2, ssl.CERT_NONE)
    jsonschema.Draft202012Validator(json_schemas()["web"]).validate(yaml.safe_load(text))


def test_without_it_pages_are_plain_http_for_everybody(folder):
    shutil.copy(BASE / "monitor.yaml", folder)
    config = load(folder, {})

    assert (config.web, config.scheme) == (None, "http")


def test_no_hash_is_shown_wherever_the_configuration_is(folder):
    (folder / "web.yml").write_text(f"basic_auth_users: {{an: '{HASH}'}}")
    config = load(folder, {})

    assert HASH not in repr(config)
    assert "'an': <secret>" in repr(config)


@pytest.mark.parametrize(
    "text",
    [
        "basic_auth_users: {an: hunter2}",
        "basic_auth_users: {an: [hunter2]}",
        "basic_auth_users: {an: *hunter2}",
        "basic_auth_users: {an: &hunter2 x}",
        "basic_auth_users: {an: !hunter2 x}",
        "basic_auth_users: {an: !hunter2!x y}",
        "%TAG !hunter2! x\n%TAG !hunter2! x\n---\nbasic_auth_users: {an: b}",
        "basic_auth_users: {an: $2b$14$hunter2}",
        "basic_auth_users: [an:hunter2]",
        "basic_auth_users: an:hunter2",
        "basic_auth_users: {an: {password: hunter2}}",
        f"basic_auth_users: {{an: {HASH}x}}",
        f"basic_auth_users: {{an: {HASH[:-1]}}}",
        f"basic_auth_users: {{an: {HASH.replace('$04$', '$03$')}}}",
        f"basic_auth_users: {{an: {HASH[:28]}v{HASH[29:]}}}",  # a letter of the salt that bcrypt would not take
        f"basic_auth_users: {{an: {HASH[:-1]}v}}",  # and one of the digest that no password has
        "tls_server_config: {cert_file: server.crt, key_file: '-----BEGIN PRIVATE KEY----- hunter2'}",
        'tls_server_config: {cert_file: server.crt, key_file: "server\\nhunter2"}',
    ],
)
def test_no_message_shows_what_may_be_a_password(tmp_path, text):
    (tmp_path / "web.yml").write_text(text)
    with pytest.raises(ConfigError) as caught:
        read_web(tmp_path / "web.yml", tmp_path)

    assert "hunter2" not in str(caught.value)
    assert HASH[7:20] not in str(caught.value)


@pytest.mark.parametrize("letter", "aby")
def test_hashes_of_every_tool_are_taken(tmp_path, letter):
    (tmp_path / "web.yml").write_text(f"basic_auth_users: {{an: '{HASH.replace('$2b$', f'$2{letter}$')}'}}")

    assert read_web(tmp_path / "web.yml", tmp_path).users


def test_a_hash_that_takes_a_second_is_refused_with_the_reason(tmp_path):
    (tmp_path / "web.yml").write_text(f"basic_auth_users:\n  an: {HASH.replace('$04$', '$14$')}\n")
    with pytest.raises(ConfigError) as caught:
        read_web(tmp_path / "web.yml", tmp_path)

    (told,) = caught.value.errors
    assert told == (
        "web.yml:2: basic_auth_users.an: its cost is too high: each try would keep others waiting for a second and more; "
        "allowed: 4 to 13"
    )


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (
            "client_ca_file: server.crt",
            "client_ca_file without client_auth_type would verify nobody; give both or neither",
        ),
        (
            "client_auth_type: RequireAndVerifyClientCert",
            "client_auth_type RequireAndVerifyClientCert needs client_ca_file, against which to verify",
        ),
        ("min_version: TLS13\n  max_version: TLS12", "min_version is above max_version"),
    ],
)
def test_what_contradicts_itself_is_refused(folder, lines, told):
    (folder / "web.yml").write_text(f"tls_server_config:\n  cert_file: server.crt\n  key_file: server.key\n  {lines}\n")
    with pytest.raises(ConfigError) as caught:
        load(folder, {})

    assert caught.value.errors == (f"config/web.yml:1: tls_server_config: {told}",)


def test_a_file_outside_of_the_folder_may_be_named_and_paths_are_from_its_own(folder, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    shutil.copy(folder / "server.crt", tmp_path / "elsewhere")
    shutil.copy(folder / "server.key", tmp_path / "elsewhere")
    (tmp_path / "elsewhere" / "web.yml").write_text(
        "tls_server_config: {cert_file: server.crt, key_file: server.key}\n"
    )
    monitor = folder / "monitor.yaml"
    monitor.write_text(monitor.read_text().replace("web.yml", str(tmp_path / "elsewhere" / "web.yml")))

    assert load(folder, {}).web.tls.cert_file == tmp_path / "elsewhere" / "server.crt"
