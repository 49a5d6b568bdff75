"""The contract of a way of telling, over whatever the folder holds. There is no second list of kinds here."""

import ast
import inspect
import subprocess
import sys
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import ClassVar, get_origin, get_type_hints

import pytest

from monitor import notify
from monitor.notify import Refresher
from monitor.plugins import find
from probes._secret import Secret

ROOT = Path(__file__).parents[3]
KINDS = find(notify, "Notifier")

pytestmark = pytest.mark.parametrize("kind", KINDS)


def tree(kind):
    return ast.parse((ROOT / "monitor" / "notify" / f"{kind}.py").read_text(encoding="utf-8"))


def test_a_kind_is_a_frozen_slotted_value_named_by_keywords(kind):
    notifier = KINDS[kind]
    assert is_dataclass(notifier)
    assert notifier.__dataclass_params__.frozen
    assert "__slots__" in vars(notifier)
    assert all(each.kw_only for each in fields(notifier))


def test_a_kind_is_called_notifier_and_nothing_else(kind):
    assert KINDS[kind].__name__ == "Notifier"
    assert KINDS[kind].__module__ == f"monitor.notify.{kind}"


def test_a_kind_says_what_it_does(kind):
    assert len(ast.get_docstring(tree(kind)) or "") > 40


def test_a_kind_says_whether_it_tells_people_or_machines(kind):
    assert KINDS[kind].audience in ("people", "machines")
    assert get_origin(get_type_hints(KINDS[kind])["audience"]) is ClassVar


def test_a_kind_has_the_methods_of_the_contract(kind):
    notifier = KINDS[kind]
    for name, contract in (("send", notify.Notifier), ("refresh", Refresher)):
        theirs = getattr(notifier, name, None)
        assert name != "send" or theirs
        if theirs:
            assert inspect.iscoroutinefunction(theirs)
            assert inspect.signature(theirs) == inspect.signature(getattr(contract, name))


def test_a_kind_knows_no_other_kind(kind):
    others = {f"monitor.notify.{other}" for other in KINDS} - {f"monitor.notify.{kind}"}
    imported = {node.module for node in ast.walk(tree(kind)) if isinstance(node, ast.ImportFrom)}
    assert not imported & others


def test_a_kind_knows_nothing_of_alerts_the_store_or_the_service(kind):
    above = ("monitor.alerts", "monitor.store", "monitor.service", "monitor.delivery", "monitor.config")
    modules = {node.module for node in ast.walk(tree(kind)) if isinstance(node, ast.ImportFrom)}
    assert not [name for name in modules if (name or "").startswith(above)]


def test_a_setting_that_may_hold_a_token_is_a_secret(kind):
    hints = get_type_hints(KINDS[kind])
    for each in fields(KINDS[kind]):
        if each.name in ("password", "token", "secret", "key"):
            assert Secret in (hints[each.name], *getattr(hints[each.name], "__args__", ()))


def test_a_kind_has_its_test(kind):
    assert (ROOT / "tests" / "monitor" / "notify" / f"test_{kind}.py").is_file()


def test_a_kind_brings_no_heavy_library_before_it_is_used(kind):
    """All kinds are imported at every start."""
    heavy = "{'apprise', 'docx', 'docxtpl', 'lxml', 'requests'}"
    script = f"import sys, monitor.notify.{kind}; print(sorted({heavy} & set(sys.modules)))"
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert said == "[]\n"
