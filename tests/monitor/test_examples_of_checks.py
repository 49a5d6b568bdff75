"""The examples in checks.yaml that are commented out: whoever takes the marks away has a check."""

import re

import pytest
import yaml

from monitor.bundled import config_folder
from monitor.kinds import check_shape, kinds, probe_of

SECRETS = {"environ": {"NPSP_HEARTBEAT_H26": "a-token-that-nobody-ever-drew"}, "folder": config_folder()}
TEXT = (config_folder() / "checks.yaml").read_text(encoding="utf-8")
EXAMPLES = {
    match[1]: re.sub(r"(?m)^# ?", "", match[0]) for match in re.finditer(r"(?m)^# ([a-z][a-z_]+):\n(?:#   .*\n)+", TEXT)
}


@pytest.fixture
def read():
    """`read(name)`: the probe of an example."""

    def of(name):
        settings = _tuples(yaml.safe_load(EXAMPLES[name])[name])
        kind = kinds()[settings["probe"]]
        return probe_of(kind, check_shape(settings["probe"], kind).model_validate(settings, context=SECRETS))

    return of


def _tuples(value):
    """Lists are tuples, as the settings' reader makes them."""
    if isinstance(value, dict):
        return {key: _tuples(each) for key, each in value.items()}
    return tuple(map(_tuples, value)) if isinstance(value, list) else value


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_is_a_check(read, target, name):
    assert read(name).applies(target(code="H26"))


def test_the_kinds_whose_interfaces_are_unknown_have_an_example():
    assert {"dossier_hanoi", "catalogue_hanoi"} <= set(EXAMPLES)
