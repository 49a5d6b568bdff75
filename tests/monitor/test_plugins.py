"""Kinds are found by listing the folder they lie in."""

import sys
from importlib import import_module

import pytest

import probes
from monitor import plugins


@pytest.fixture
def folder(tmp_path, monkeypatch):
    package = tmp_path / "kinds_of_a_test"
    package.mkdir()
    (package / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    yield package
    for name in [name for name in sys.modules if name.split(".")[0] == "kinds_of_a_test"]:
        del sys.modules[name]


def test_every_public_module_is_a_kind_by_its_file_name(folder):
    for name in ("second", "first", "_hidden"):
        (folder / f"{name}.py").write_text("class Probe:\n    pass\n")

    found = plugins.find(import_module("kinds_of_a_test"), "Probe")

    assert list(found) == ["first", "second"]
    assert found["first"].__module__ == "kinds_of_a_test.first"


def test_a_module_without_the_class_is_a_mistake_of_ours(folder):
    (folder / "empty.py").write_text("")

    with pytest.raises(AttributeError, match="Probe"):
        plugins.find(import_module("kinds_of_a_test"), "Probe")


def test_the_kinds_of_this_project_are_those_in_its_folder():
    assert {"http", "tls", "one_door", "sign_on", "hand_over", "dossier_sync"} <= set(plugins.find(probes, "Probe"))
