"""The contract of a kind of probe, over whatever the folder holds. There is no second list of kinds here."""

import ast
import inspect
from collections.abc import Mapping
from dataclasses import MISSING, FrozenInstanceError, fields, is_dataclass
from datetime import timedelta
from pathlib import Path
from types import UnionType
from typing import ClassVar, Literal, Union, get_args, get_origin, get_type_hints

import pytest
from yarl import URL

import probes
from monitor.plugins import find
from probes._secret import Secret

ROOT = Path(__file__).parents[2]
KINDS = find(probes, "Probe")

pytestmark = pytest.mark.parametrize("kind", KINDS)


def tree(kind):
    return ast.parse((ROOT / "probes" / f"{kind}.py").read_text(encoding="utf-8"))


def test_a_kind_is_a_frozen_slotted_value_named_by_keywords(kind):
    probe = KINDS[kind]
    assert is_dataclass(probe)
    assert "__slots__" in vars(probe)
    assert all(each.kw_only for each in fields(probe))
    one = probe(**{each.name: None for each in fields(probe) if no_default(each)})
    assert not hasattr(one, "__dict__")
    for each in fields(probe):
        with pytest.raises(FrozenInstanceError):
            setattr(one, each.name, None)


def no_default(each):
    return each.default is MISSING and each.default_factory is MISSING


def test_a_kind_is_called_probe_and_nothing_else(kind):
    assert KINDS[kind].__name__ == "Probe"
    assert KINDS[kind].__module__ == f"probes.{kind}"


def test_a_kind_has_the_two_methods_of_the_contract(kind):
    probe = KINDS[kind]
    assert inspect.iscoroutinefunction(probe.look)
    assert not inspect.iscoroutinefunction(probe.applies)
    for name in ("look", "applies"):
        theirs = inspect.signature(getattr(probe, name))
        assert theirs == inspect.signature(getattr(probes.Probe, name))


def test_a_kind_says_whether_it_asks_pages_of_the_agency(kind):
    assert isinstance(KINDS[kind].asks_pages, bool)


def test_a_kind_that_must_not_look_too_often_says_so_in_seconds_and_for_all_of_its_checks(kind):
    least = getattr(KINDS[kind], "least_every", None)
    if least is not None:
        assert least > 0
        assert get_origin(get_type_hints(KINDS[kind])["least_every"]) is ClassVar


def test_a_kind_is_the_same_value_when_its_settings_are_the_same(kind):
    assert KINDS[kind]() == KINDS[kind]()


def test_a_kind_says_what_it_looks_for(kind):
    assert len(ast.get_docstring(tree(kind)) or "") > 40


def test_a_kind_knows_of_ours_only_the_contract_and_the_helpers(kind):
    for node in ast.walk(tree(kind)):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module] if isinstance(node, ast.ImportFrom) else []
        for name in names:
            if name.split(".")[0] in ("monitor", "probes"):
                assert name == "probes" or name.startswith("probes._"), name
                assert not name.startswith("probes._net"), "a kind goes out by its Way"


def test_a_kind_has_its_test_file(kind):
    text = (ROOT / "tests" / "probes" / f"test_{kind}.py").read_text(encoding="utf-8")
    assert f"probes.{kind}" in text
    assert "def test_" in text


def test_a_kinds_settings_have_types_that_configuration_can_check(kind):
    hints = get_type_hints(KINDS[kind])
    for each in fields(KINDS[kind]):
        assert checkable(hints[each.name]), f"{each.name}: {hints[each.name]}"


def checkable(hint):
    if hint in (str, int, float, bool, Secret, URL, Path, timedelta, type(None)):
        return True
    if is_dataclass(hint):
        return all(map(checkable, get_type_hints(hint).values()))
    origin, parts = get_origin(hint), get_args(hint)
    if origin is Literal:
        return all(isinstance(part, str) for part in parts)
    if origin in (Union, UnionType):
        return all(map(checkable, parts))
    if origin is tuple:
        return all(part is ... or checkable(part) for part in parts)
    return origin is Mapping and parts[0] is str and checkable(parts[1])


def test_a_kinds_settings_do_not_need_to_be_given(kind):
    assert not [each.name for each in fields(KINDS[kind]) if no_default(each)]


def test_whether_a_kind_applies_can_be_asked_of_any_agency(kind, target):
    assert KINDS[kind]().applies(target()) in (True, False)
    assert KINDS[kind]().applies(target(level="national", platform="unheard-of")) in (True, False)
