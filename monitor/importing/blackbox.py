"""Modules of blackbox_exporter as checks of ours, and as the YAML of checks.yaml."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from monitor.importing import http, talks
from monitor.importing.common import Notes, Settings, rhythm
from monitor.importing.shapes import BlackboxShape, ModuleShape

_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_BARE = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_NOT_BARE = frozenset({"yes", "no", "on", "off", "true", "false", "null", "y", "n"})  # to YAML 1.1 these are no texts
_TAKEN = ("merged", "connected", "integrated")  # names of conditions
_WHY_LEFT_OUT = {
    "icmp": "an answer to a ping says nothing of a service",
    "grpc": "no public service speaks it",
    "unix": "a socket of this machine is no agency's",
    "websocket": "no public service depends on it",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """One module: the check it becomes (none where it can't) and what is to be said of it."""

    module: str
    name: str
    settings: Settings | None
    notes: tuple[str, ...]


def imported(file: BlackboxShape) -> tuple[Imported, ...]:
    """Every module, in the order of the file."""
    found: list[Imported] = []
    for module, shape in file.modules.items():
        found.append(_imported(module, _free_name(module, {each.name for each in found}), shape))
    return tuple(found)


def _imported(module: str, name: str, shape: ModuleShape) -> Imported:
    notes = Notes(module)
    if name != module:
        notes.say(f"it is called {name} here: a check's name is lower-case letters, digits and _")
    settings = _settings(shape, notes)
    return Imported(module=module, name=name, settings=settings, notes=tuple(dict.fromkeys(notes.said)))


def _settings(shape: ModuleShape, notes: Notes) -> Settings | None:
    own = _own_settings(shape, notes)
    return None if own is None else {"probe": shape.prober, **rhythm(shape.timeout, notes), **own}


def _own_settings(shape: ModuleShape, notes: Notes) -> Settings | None:
    """Those of the prober; none where it has no counterpart."""
    if shape.prober == "http":
        return http.settings_of(shape.http, notes)
    if shape.prober == "tcp":
        return talks.dialogue_of(shape.tcp, notes)
    if shape.prober == "dns" and shape.dns:
        return talks.query_of(shape.dns, notes)
    why = _WHY_LEFT_OUT.get(shape.prober, "it has no section dns and so no name to ask for")
    notes.say(f"left out, there is no check for the prober {shape.prober}: {why}")
    return None


def _free_name(module: str, taken: set[str]) -> str:
    name = re.sub(r"[^a-z0-9_]+", "_", module.lower())[:36] or "module"
    if not _NAME.fullmatch(name) or name in _TAKEN:
        name = f"m_{name}"
    number = next(n for n in range(1, len(taken) + 2) if (name if n == 1 else f"{name}_{n}") not in taken)
    return name if number == 1 else f"{name}_{number}"


# -- as YAML


def as_yaml(modules: Iterable[Imported], source: str) -> str:
    """For checks.yaml; what a module does not mean here stands above it as comments."""
    lines = [
        f"# From {_comment(source)} of blackbox_exporter. HTTP/1.1 is spoken. Whom a check is for: levels and only."
    ]
    for each in modules:
        lines += ["", *(f"# {_comment(f'{each.module}: {note}')}" for note in each.notes)]
        if each.settings is not None:
            lines += [f"{_key(each.name)}:", *_mapping(each.settings, "  ")]
    return "\n".join(lines) + "\n"


def _mapping(data: Mapping[str, Any], indent: str) -> Iterator[str]:
    for key, value in data.items():
        if isinstance(value, Mapping) and value:
            yield f"{indent}{_key(key)}:"
            yield from _mapping(value, f"{indent}  ")
        else:
            yield f"{indent}{_key(key)}: {_flow(value)}"


def _flow(value: Any) -> str:
    """JSON, which is YAML too. A list of mappings stays on its line."""
    if isinstance(value, str) and _BARE.fullmatch(value) and value.lower() not in _NOT_BARE:
        return value
    return json.dumps(value, ensure_ascii=False)


def _key(text: str) -> str:
    return text if _BARE.fullmatch(text) and text.lower() not in _NOT_BARE else json.dumps(text, ensure_ascii=False)


def _comment(text: str) -> str:
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())
