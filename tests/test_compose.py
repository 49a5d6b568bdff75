"""docker-compose.yml and Dockerfile, as far as they can be checked without a container engine. Neither was ever run."""

import json
import re
import shlex
import tomllib
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

ROOT = Path(__file__).parents[1]
SCHEMA = Path(__file__).parent / "compose" / "compose-spec.json"
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES = COMPOSE["services"]
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
INSTRUCTIONS = [
    (word, rest)
    for word, rest in re.findall(
        r"^([A-Z]+) (.*)$", re.sub(r"\\\n", " ", re.sub(r"(?m)^#.*\n", "", DOCKERFILE)), re.MULTILINE
    )
]
OWN_PORT, LOOPBACK = "9884", "127.0.0.1"


def mounts():
    """(service, path here, path there, mode) of every folder of this repository that is mounted."""
    for name, service in SERVICES.items():
        for source, target, mode in (entry.split(":") for entry in service.get("volumes", ()) if entry[0] == "."):
            yield name, ROOT / source, Path(target), mode


def mounted(service, path):
    """The file here that the service finds at that path."""
    (found,) = (
        here / Path(path).relative_to(there)
        for name, here, there, _ in mounts()
        if name == service and Path(path).is_relative_to(there)
    )
    return found


def published():
    return {entry.split(":")[2]: entry.split(":")[0] for entry in SERVICES["network"]["ports"]}


def test_the_file_has_the_shape_of_the_compose_specification():
    validator = Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))

    assert [error.message for error in validator.iter_errors(COMPOSE)] == []
    assert list(validator.iter_errors({"services": {"one": {"imagge": "x"}}}))


def test_every_folder_that_is_mounted_is_there_and_cannot_be_written():
    found = list(mounts())

    assert len(found) == 5
    for _, here, _, mode in found:
        assert here.is_dir(), here
        assert mode == "ro"


def test_every_volume_is_declared():
    used = {
        entry.split(":")[0] for service in SERVICES.values() for entry in service.get("volumes", ()) if entry[0] != "."
    }

    assert used == set(COMPOSE["volumes"])


@pytest.mark.parametrize("service", ["prometheus", "alertmanager"])
def test_each_finds_its_configuration_where_it_is_told_to_look(service):
    (path,) = (each.partition("=")[2] for each in SERVICES[service]["command"] if each.startswith("--config.file="))

    assert mounted(service, path).is_file()


def test_the_monitor_finds_its_configuration_where_it_is_told_to_look():
    command = SERVICES["npsp-monitor"]["command"]

    assert (mounted("npsp-monitor", command[command.index("--config") + 1]) / "agencies" / "provinces.yaml").is_file()


def test_grafana_finds_its_provisioning_and_the_dashboards_where_that_looks_for_them():
    (provider,) = yaml.safe_load(
        mounted("grafana", "/etc/grafana/provisioning/dashboards/npsp.yml").read_text(encoding="utf-8")
    )["providers"]

    assert list(mounted("grafana", provider["options"]["path"]).glob("*.json"))
    assert mounted("grafana", "/etc/grafana/provisioning/datasources/prometheus.yml").is_file()


def test_all_share_the_network_of_one_that_does_nothing():
    others = {name: service for name, service in SERVICES.items() if name != "network"}

    assert {service["network_mode"] for service in others.values()} == {"service:network"}
    assert not [name for name, service in others.items() if "ports" in service or "networks" in service]
    assert not {"volumes", "build", "network_mode"} & SERVICES["network"].keys()


def test_every_address_in_the_mounted_files_is_loopback_at_a_port_of_the_stack():
    """Between containers 127.0.0.1 is found because they share one network."""
    files = [
        *(ROOT / "config" / "prometheus").rglob("*.yml"),
        *(ROOT / "grafana" / "provisioning").rglob("*.yml"),
    ]
    found = {
        port for file in files for port in re.findall(rf"{re.escape(LOOPBACK)}:(\d+)", file.read_text(encoding="utf-8"))
    }

    assert {OWN_PORT, "9090"} <= found <= set(published())


def test_nothing_is_published_but_on_loopback():
    assert set(published()) == {OWN_PORT, "9090", "9093", "3000"}
    assert set(published().values()) == {LOOPBACK}


def test_images_are_pinned_and_of_no_registry_by_name():
    images = [service["image"] for service in SERVICES.values() if "build" not in service]
    images += [rest.split()[0] for word, rest in INSTRUCTIONS if word == "FROM"]

    for image in images:
        assert re.fullmatch(r"(?:[a-z]+/)?[a-z]+:v?\d+\.\d+(?:\.\d+)?(?:-[a-z-]+)?", image), image


@pytest.mark.parametrize("name", SERVICES)
def test_each_may_do_as_little_as_it_needs(name):
    service = SERVICES[name]

    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in service


def test_no_password_is_in_the_file():
    assert SERVICES["grafana"]["environment"]["GF_SECURITY_ADMIN_PASSWORD"].startswith("${GRAFANA_ADMIN_PASSWORD:?")


# -- Dockerfile


def test_what_is_copied_is_there_and_not_ignored():
    kept = {line[1:] for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines() if line[:1] == "!"}
    copied = [
        source for word, rest in INSTRUCTIONS if word == "COPY" and "--from" not in rest for source in rest.split()[:-1]
    ]

    assert copied
    for source in copied:
        assert (ROOT / source).exists(), source
        assert source in kept, source


def test_the_build_has_all_that_the_package_is_made_of():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    copied = {source for word, rest in INSTRUCTIONS if word == "COPY" for source in rest.split()[:-1]}

    assert {project["project"]["readme"], *project["project"]["license-files"]} <= copied
    assert set(project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]) <= copied
    for link in (ROOT / "monitor" / "bundled").iterdir():
        if link.is_symlink():
            assert link.resolve().relative_to(ROOT).parts[0] in copied


def test_only_what_the_lock_has_by_its_hash_is_fetched():
    """One command fetches, with hashes; all others may not."""
    commands = [command for word, rest in INSTRUCTIONS if word == "RUN" for command in rest.split("&&")]
    pips = [shlex.split(command) for command in commands if re.search(r"-m pip (?:download|install|wheel)\b", command)]
    fetching = [words for words in pips if "--no-index" not in words]

    assert len(pips) == 4
    assert [("--require-hashes" in words, "requirements.lock" in words) for words in fetching] == [(True, True)]


def test_the_program_runs_as_nobody_in_particular_and_trusts_no_folder():
    last = INSTRUCTIONS[max(i for i, (word, _) in enumerate(INSTRUCTIONS) if word == "FROM") :]
    told = {word: rest for word, rest in last if word != "ENV"}

    assert int(told["USER"].partition(":")[0]) > 1000
    assert any(word == "ENV" and "PYTHONSAFEPATH=1" in rest for word, rest in last)
    assert json.loads(told["ENTRYPOINT"]) == ["npsp-monitor"]


def test_health_is_asked_of_a_path_that_there_is():
    (check,) = (rest for word, rest in INSTRUCTIONS if word == "HEALTHCHECK")
    command = json.loads(check.partition("CMD ")[2])

    assert command[0] == "python"
    compile(command[-1], "HEALTHCHECK", "exec")
    assert f"http://{LOOPBACK}:{OWN_PORT}/-/healthy" in command[-1]


def test_the_python_of_the_image_is_one_that_this_project_is_tested_with():
    (version,) = {re.match(r"python:(\d+\.\d+)", rest)[1] for word, rest in INSTRUCTIONS if word == "FROM"}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    assert project["requires-python"] == f">={version}"


def test_both_files_say_that_they_were_not_run():
    for file in ("docker-compose.yml", "Dockerfile"):
        assert "NOT RUN" in (ROOT / file).read_text(encoding="utf-8")
