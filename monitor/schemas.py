"""JSON Schemas of the configuration's files, for editors; generated from the shapes and the kinds of probe and notifier."""

from collections.abc import Mapping
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core.core_schema import WithDefaultSchema

from monitor.fields import Shape
from monitor.kinds import channel_shape, check_shape, kinds, notifiers
from monitor.shapes import CHECK_NAME, AgencyShape, AttestationShape, DeclaredShape, MonitorShape, WindowShape
from monitor.web_shapes import WebShape

_DRAFT = "https://json-schema.org/draft/2020-12/schema"


class _WithoutDefaults(GenerateJsonSchema):
    """Defaults are those of the values that the shapes lead to, and not all of them can be written in JSON."""

    def default_schema(self, schema: WithDefaultSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])


def json_schemas() -> dict[str, dict[str, Any]]:
    """By the name of the file without its ending; `agencies` is for every file of that folder."""
    return {
        "agencies": _file({"type": "object", "additionalProperties": _schema(AgencyShape)}),
        "checks": _file({"type": "object", "additionalProperties": {"oneOf": _checks()}}),
        "attestations": _file({"type": "array", "items": _schema(AttestationShape)}),
        "declared": _file({"type": "array", "items": _schema(DeclaredShape)}),
        "maintenance": _file({"type": "object", "additionalProperties": _schema(WindowShape)}),
        "monitor": _file(_monitor()),
        "web": _file(_schema(WebShape)),
    }


def _checks() -> list[dict[str, Any]]:
    return _by_kind({kind: check_shape(kind, probe) for kind, probe in kinds().items()}, "probe")


def _monitor() -> dict[str, Any]:
    schema = _schema(MonitorShape)
    shapes = {kind: channel_shape(kind, notifier) for kind, notifier in notifiers().items()}
    schema["properties"]["channels"] = {
        "type": "object",
        "patternProperties": {CHECK_NAME: {"oneOf": _by_kind(shapes, "kind")}},
        "additionalProperties": False,
    }
    return schema


def _by_kind(shapes: Mapping[str, type[Shape]], key: str) -> list[dict[str, Any]]:
    """One schema for each kind, told apart by what stands under `key`."""
    schemas = {kind: _schema(shape) for kind, shape in shapes.items()}
    for kind, schema in schemas.items():
        schema["properties"][key] = {"const": kind}
    return list(schemas.values())


def _schema(shape: type[Shape]) -> dict[str, Any]:
    return shape.model_json_schema(schema_generator=_WithoutDefaults)


def _file(schema: dict[str, Any]) -> dict[str, Any]:
    """Definitions are moved to the root, where the references of every part look for them."""
    definitions: dict[str, Any] = {}
    _move(schema, definitions)
    return {"$schema": _DRAFT, **schema, "$defs": definitions}


def _move(part: Any, definitions: dict[str, Any]) -> None:
    if isinstance(part, dict):
        definitions.update(part.pop("$defs", {}))
    for inner in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
        _move(inner, definitions)
