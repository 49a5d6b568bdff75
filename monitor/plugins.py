"""Finds plug-ins by listing a folder: a module's file name is the plug-in's name. The one place that does so."""

from importlib import import_module
from importlib.util import find_spec
from pkgutil import iter_modules
from types import ModuleType


def find(package: ModuleType, class_name: str) -> dict[str, type]:
    """Every `class_name` in a public module of `package`, by module name; a module without one is a mistake of ours."""
    names = sorted(module.name for module in iter_modules(package.__path__) if not module.name.startswith("_"))
    return {name: getattr(import_module(f"{package.__name__}.{name}"), class_name) for name in names}


def installed(package: str) -> bool:
    """Whether an optional package is there."""
    return find_spec(package) is not None
