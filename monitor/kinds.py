"""The settings of every kind of probe, as shapes made from the kinds' own fields. No list of kinds is kept here."""

from collections.abc import Mapping
from dataclasses import MISSING, fields
from dataclasses import Field as DataclassField
from datetime import date, timedelta
from enum import Enum
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from pydantic import BeforeValidator, Field, create_model
from yarl import URL

import probes
from monitor.fields import Day, Duration, SecretText, Text, TextOrSecret, Url, once_each, wrong
from monitor.plugins import find
from monitor.shapes import CheckShape
from probes import Probe
from probes._secret import Secret

_LEAVES: Mapping[Any, Any] = {str: Text, Secret: SecretText, URL: Url, timedelta: Duration, date: Day}


def kinds() -> dict[str, type[Probe]]:
    return find(probes, "Probe")


def shape_of(kind: str, probe: type[Probe]) -> type[CheckShape]:
    """What a check of this kind may hold: the keys of every check and the fields of the kind."""
    hints = get_type_hints(probe, include_extras=True)
    own = {each.name: (strict(hints[each.name]), _default(each)) for each in _settings(probe)}
    taken = own.keys() & CheckShape.model_fields.keys()
    if taken:
        raise TypeError(f"probes/{kind}.py: settings {sorted(taken)} have names that every check has")
    made: type[CheckShape] = create_model(f"{kind}_check", __base__=CheckShape, **own)  # type: ignore[call-overload] # names come at run time
    return made


def probe_of(probe: type[Probe], shape: CheckShape) -> Probe:
    """The probe with the settings of a check; ValueError when the kind itself refuses them."""
    return probe(**{each.name: getattr(shape, each.name) for each in _settings(probe)})


def strict(hint: Any) -> Any:
    """The field type for a type hint: the same, with texts for what YAML has no type for."""
    origin, parts = get_origin(hint), get_args(hint)
    if origin is None:
        return _leaf(hint)
    if origin in (Union, UnionType):
        return TextOrSecret if {str, Secret} <= set(parts) else Union[tuple(map(strict, parts))]  # noqa: UP007 - parts come at run time
    if origin is tuple:
        return tuple[tuple(part if part is ... else strict(part) for part in parts)]  # type: ignore[misc] # as above
    return _container(origin, parts) or hint


def _container(origin: Any, parts: tuple[Any, ...]) -> Any:
    if origin is Annotated:
        return Annotated[(strict(parts[0]), *parts[1:])]
    if origin is frozenset:
        return Annotated[frozenset[strict(parts[0])], BeforeValidator(_set)]  # type: ignore[misc] # parts come at run time
    mapping = isinstance(origin, type) and issubclass(origin, Mapping)
    return dict[str, strict(parts[1])] if mapping else None  # type: ignore[misc] # as above


def _leaf(hint: Any) -> Any:
    if isinstance(hint, type) and issubclass(hint, Enum):
        return Annotated[hint, Field(strict=False)]
    return _LEAVES.get(hint, hint)


def _settings(probe: type[Probe]) -> "tuple[DataclassField[Any], ...]":
    return fields(probe)  # type: ignore[arg-type] # every kind is a dataclass; a test over the folder sees to it


def _set(value: Any) -> Any:
    if not isinstance(value, tuple):
        raise wrong("must be a list")
    return frozenset(once_each(value))


def _default(each: "DataclassField[Any]") -> Any:
    if each.default is not MISSING:
        return each.default
    return ... if each.default_factory is MISSING else Field(default_factory=each.default_factory)
