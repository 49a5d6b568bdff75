"""Reads the YAML of the source, strictly: double keys, unknown keys and wrong types are mistakes with file and key."""

from pathlib import Path
from typing import Any, TypeVar

import yaml
from mistake import Mistake
from pydantic import BaseModel, TypeAdapter, ValidationError
from source import Dashboard, Presets, Text

M = TypeVar("M", bound=BaseModel)


class Loader(yaml.SafeLoader):
    """YAML in which a key stands once and is a string."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002 - PyYAML's signature
        seen = set[str]()
        for key, _ in node.value:
            if key.tag != "tag:yaml.org,2002:str":
                raise Mistake(f"line {key.start_mark.line + 1}: the key {key.value!r} needs quotation marks")
            if key.value in seen:
                raise Mistake(f"line {key.start_mark.line + 1}: {key.value} stands here for the second time")
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def loaded(file: Path) -> Any:
    try:
        return yaml.load(file.read_text(encoding="utf-8"), Loader)  # noqa: S506 - a SafeLoader
    except yaml.YAMLError as error:
        raise Mistake(" ".join(str(error).split())) from error


def checked(adapter: TypeAdapter[Any], held: object) -> Any:
    try:
        return adapter.validate_python(held)
    except ValidationError as error:
        raise Mistake("; ".join(_told(each, held) for each in error.errors())) from error


def _told(error: Any, held: object) -> str:
    """`rows.2.panels.missing.widht: …`: what has a name is called by it."""
    place: list[str] = []
    here: Any = held
    for step in error["loc"]:
        here = here[step] if isinstance(here, list | dict) and _has(here, step) else None
        place.append(str(here.get("name", step) if isinstance(here, dict) else step))
    return f"{'.'.join(place)}: {error['msg']}"


def _has(held: Any, step: Any) -> bool:
    return step in held if isinstance(held, dict) else isinstance(step, int) and step < len(held)


def read(file: Path, adapter: TypeAdapter[Any]) -> Any:
    try:
        return checked(adapter, loaded(file))
    except Mistake as mistake:
        raise mistake.at(file.name) from mistake


def presets_of(folder: Path) -> Presets:
    held: Presets = read(folder / "presets.yaml", TypeAdapter(Presets))
    return held


def words_of(folder: Path) -> dict[str, Text]:
    held: dict[str, Text] = read(folder / "words.yaml", TypeAdapter(dict[str, Text]))
    return held


def dashboards_of(folder: Path) -> dict[str, Dashboard]:
    adapter = TypeAdapter(Dashboard)
    return {file.stem: read(file, adapter) for file in sorted((folder / "dashboards").glob("*.yaml"))}
