import shutil
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from monitor.bundled import config_folder
from monitor.cli import main
from monitor.importing.blackbox import as_yaml, imported
from monitor.importing.shapes import BlackboxShape
from monitor.settings import ConfigError, load, read
from probes import TlsTerms
from probes._secret import Secret

SAMPLE = Path(__file__).parent / "sample.yml"
LEFT_OUT = {"dns_nothing", "icmp_example", "grpc", "unix_example", "websocket_example"}
ENVIRONMENT = {
    "BLACKBOX_HTTP_BASIC_AUTH_EXAMPLE_PASSWORD": "hunter2-basic",
    "BLACKBOX_HTTP_BEARER_TOKEN": "hunter2-bearer",
    "BLACKBOX_HTTP_AUTHORIZATION_CREDENTIALS": "hunter2-credentials",
    "BLACKBOX_HTTP_OWN_SCHEME_CREDENTIALS": "Token hunter2-own",
    "BLACKBOX_HTTP_SECRET_HEADER_HEADER_X_API_KEY": "hunter2-header",
    "BLACKBOX_HTTP_NEWER_HEADERS_HEADER_X_TWO": "hunter2-two",
    "BLACKBOX_HTTP_OAUTH2_CLIENT_SECRET": "hunter2-oauth",
}


@pytest.fixture(scope="module")
def modules():
    return {each.module: each for each in imported(read(SAMPLE, BlackboxShape))}


@pytest.fixture
def config(tmp_path, modules, ca_file):
    """The configuration of the real estate, with the sample's checks for its own."""
    folder = tmp_path / "config"
    shutil.copytree(config_folder(), folder)
    (folder / "checks.yaml").write_text(as_yaml(modules.values(), SAMPLE.name), encoding="utf-8")
    for name in ("user.txt", "password.txt"):
        (folder / name).write_text("hunter2-file\n", encoding="utf-8")
    shutil.copy(ca_file, folder / "root.pem")
    return folder


@pytest.fixture
def probes(config, modules):
    """By module."""
    checks = {check.name: check for check in load(config, ENVIRONMENT).checks}
    return {each.module: checks[each.name].probe for each in modules.values() if each.name in checks}


@pytest.fixture
def run(tmp_path):
    """`run("text of a file", *options)` → the command's result."""

    def once(text, *options):
        file = tmp_path / "blackbox.yml"
        file.write_text(text, encoding="utf-8")
        return CliRunner().invoke(main, ["import-blackbox", str(file), *options])

    return once


def said(module):
    return " | ".join(module.notes)


def test_every_module_that_has_a_counterpart_loads(probes, modules):
    assert modules.keys() - probes.keys() == LEFT_OUT


@pytest.mark.parametrize("name", sorted(LEFT_OUT))
def test_what_has_no_counterpart_is_named_with_its_reason(modules, name):
    assert modules[name].settings is None
    assert "left out" in said(modules[name])


def test_no_password_is_copied(modules):
    assert "hunter2" not in as_yaml(modules.values(), SAMPLE.name)
    assert "hunter2" not in str([each.notes for each in modules.values()])


def test_each_password_is_where_it_was(probes):
    assert (probes["http_basic_auth_example"].user, probes["http_basic_auth_example"].password) == (
        "probe",
        Secret("hunter2-basic"),
    )
    assert probes["http_bearer"].bearer == probes["http_bearer"].bearer == Secret("hunter2-bearer")
    assert probes["http_bearer_file"].bearer == Secret("hunter2-file")
    assert probes["http_authorization"].bearer == Secret("hunter2-credentials")
    assert probes["http_own_scheme"].headers == {"Authorization": Secret("Token hunter2-own")}
    assert probes["http_secret_header"].headers == {"X-Api-Key": Secret("hunter2-header"), "X-Plain": "plain"}
    assert probes["http_newer_headers"].headers == {
        "X-One": "first",
        "X-Two": Secret("hunter2-two"),
        "X-Three": Secret("hunter2-file"),
    }
    oauth2 = probes["http_oauth2"].oauth2
    assert oauth2.client_secret == Secret("hunter2-oauth")
    assert (oauth2.client_id, oauth2.scopes, dict(oauth2.parameters)) == (
        "probe",
        ("read", "write"),
        {"audience": "portal"},
    )


def test_an_answer_is_judged_by_the_settings_alone(probes):
    for name, probe in probes.items():
        if name.startswith("http"):
            assert probe.page is False


def test_the_rules_of_an_answer_keep_their_sense(probes):
    probe = probes["http_2xx"]

    assert probe.versions == ("1.1",)
    assert probe.statuses == ()
    assert probe.redirects is True
    assert probe.matches == ("Download the latest version here",)
    assert probe.matches_not == ("Could not connect to database",)
    assert [(each.header, each.pattern, each.missing) for each in probe.header_matches] == [
        ("Access-Control-Allow-Origin", r"(\*|example\.com)", False)
    ]
    assert [(each.header, each.missing) for each in probe.header_matches_not] == [("Set-Cookie", True)]
    assert (probe.family, probe.fallback) == ("4", False)


def test_the_rest_of_http_keeps_its_sense(probes):
    probe, plain = probes["http_rest"], probes["http_plain"]

    assert probe.redirects is False
    assert probe.statuses == (301, 302)
    assert (probe.over_tls, plain.over_tls) == ("required", "forbidden")
    assert probe.max_body == 1572864
    assert (probe.family, probe.fallback) == ("6", True)
    assert probe.tls.ca_file.name == "root.pem"
    assert probe.tls == TlsTerms(
        verify=False, ca_file=probe.tls.ca_file, server_name="portal.example", least="TLSv1", most="TLSv1.3"
    )
    assert plain.headers == {"Accept-Encoding": "identity"}
    assert plain.body == Secret("hunter2-file")
    assert probes["http_post_2xx"].method == "POST"
    assert probes["http_post_2xx"].body == '{"ask": "xin chào"}'
    assert str(probes["http_proxy"].proxy) == "http://proxy.example:3128"


@pytest.mark.parametrize(
    ("module", "words"),
    [
        ("http_rest", "enable_http3"),
        ("http_rest", "fail_if_body_json_matches_cel"),
        ("http_rest", "fail_if_body_json_not_matches_cel"),
        ("http_rest", "source_ip_address"),
        ("http_rest", "compression"),
        ("http_proxy", "a password in proxy_url"),
        ("http_proxy", "no_proxy"),
        ("http_proxy", "proxy_connect_header"),
        ("http_proxy", "skip_resolve_phase_with_proxy"),
        ("http_oauth2", "oauth2.tls_config"),
        ("http_only_2", "valid_http_versions"),
        ("http_no_timeout", "no timeout"),
        ("http_newer_headers", "http_headers.X-One"),
        ("http_odd_size", "body_size_limit"),
        ("http_own_scheme", "the word Token"),
        ("http_plain", "the body is read from password.txt"),
        ("http_basic_auth_example", "BLACKBOX_HTTP_BASIC_AUTH_EXAMPLE_PASSWORD"),
        ("http_basic_files", "basic_auth.username_file"),
        ("http_basic_files", "the password is read from password.txt"),
        ("tcp_connect", "port: there it comes with each target"),
        ("dns_soa", "servers: there each target is the name server"),
        ("icmp_example", "icmp"),
    ],
)
def test_what_means_something_else_is_said(modules, module, words):
    assert words in said(modules[module])


def test_names_become_names_of_checks_and_none_twice(modules):
    assert modules["unusual_name"].name == "unusual_name"
    assert modules["Ünusual-Name!"].name == "m__nusual_name_"
    assert modules["2xx"].name == "m_2xx"
    assert modules["merged"].name == "m_merged"
    assert "it is called m_2xx here" in said(modules["2xx"])
    assert len({each.name for each in modules.values()}) == len(modules)


def test_a_check_is_made_less_often_than_it_may_take(modules):
    assert modules["http_slow"].settings["timeout"] == "90s"
    assert modules["http_slow"].settings["every"] == "180s"
    assert modules["http_rest"].settings["timeout"] == "1500ms"


def test_dialogues_keep_their_steps(probes):
    steps = probes["imap_starttls"].dialogue
    banner = probes["ssh_banner_extract"].dialogue
    expected = probes["tcp_bytes"].dialogue

    assert [step.start_tls for step in steps] == [False, False, False, True, False, False]
    assert [step.send for step in steps if step.send] == [". STARTTLS", ". capability"]
    assert dict(banner[0].labels) == {"ssh_version": "${1}", "ssh_comments": "${2}"}
    assert [(step.expect, step.expect_bytes, step.send) for step in expected] == [("^a", "", ""), ("", "4f 4b", "on")]
    assert probes["tls_connect"].speak_tls
    assert not probes["tls_connect"].tls.verify


def test_queries_keep_their_rules(probes):
    probe, plain = probes["dns_all"], probes["dns_any"]

    assert (plain.name, plain.type, plain.recursion, plain.transport) == (".", "ANY", True, "udp")
    assert (probe.transport, probe.recursion, probe.codes) == ("tls", False, ("NOERROR", "NXDOMAIN"))
    assert probe.answers.matches_not_any == (".*127.0.0.1",)
    assert probe.answers.matches_not_all == (".*127.0.0.1",)
    assert probe.answers.matches_all == ("example.com.\t300\tIN\tA\t.*",)
    assert probe.answers.matches_any == ("127.0.0.1",)
    assert probe.authority.matches_not_any == probe.additional.matches_not_any == (".*127.0.0.1",)


def test_two_long_names_that_begin_alike_stay_two():
    shape = BlackboxShape.model_validate({"modules": {f"{'a' * 60}{end}": {"prober": "http"} for end in "xyz"}})

    assert len({each.name for each in imported(shape)}) == 3


def test_the_command_writes_yaml_and_says_what_is_lost_on_stderr(run):
    result = run(SAMPLE.read_text(encoding="utf-8"))

    assert result.exit_code == 0
    assert yaml.safe_load(result.stdout)["http_2xx"]["probe"] == "http"
    assert "icmp_example: left out" in result.stderr
    assert "# icmp_example: left out" in result.stdout


def test_the_command_writes_a_new_file_and_never_over_another(run, tmp_path):
    text = "modules: {a: {prober: http}}"
    output = tmp_path / "checks.yaml"

    assert run(text, "--output", str(output)).exit_code == 0
    assert "probe: http" in output.read_text(encoding="utf-8")
    again = run(text, "--output", str(output))
    assert (again.exit_code, "File exists" in again.stderr) == (2, True)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("modules:\n  a:\n    prober: ping\n", 'blackbox.yml:3: modules.a.prober: unknown word "ping"'),
        (
            "modules:\n  a:\n    prober: http\n    htpp: {}\n",
            'blackbox.yml:4: modules.a.htpp: unknown key "htpp"; did you',
        ),
        ("modules:\n  a:\n    prober: http\n    timeout: 5\n", "blackbox.yml:4: modules.a.timeout: must be a duration"),
        ("modules: [\n", "blackbox.yml:2: is not YAML"),
        ("- a\n", "blackbox.yml:1: must be a mapping"),
        (
            "modules:\n  a: {prober: dns, dns: {}}\n",
            'blackbox.yml:2: modules.a.dns: "query_name" is missing',
        ),
    ],
)
def test_bad_input_is_told_with_its_line(run, text, words):
    result = run(text)

    assert result.exit_code == 2
    assert words in result.stderr
    assert "Traceback" not in result.output


def test_a_comment_cannot_become_yaml(tmp_path):
    hostile = {"a\nprobe: tls\n#": {"prober": "icmp"}}
    text = as_yaml(imported(BlackboxShape.model_validate({"modules": hostile})), "x\nprobe: tls")

    assert yaml.safe_load(text) is None


def test_what_cannot_be_read_is_told(tmp_path):
    with pytest.raises(ConfigError):
        read(tmp_path / "nothing.yml", BlackboxShape)
