"""Shapes made from the fields of a plug-in's dataclass, and its value from what fits: settings are declared once.

A setting may be a frozen dataclass itself, or hold some: each becomes a shape inside the shape, as strict as the rest.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from dataclasses import Field as DataclassField
from datetime import date, timedelta
from enum import Enum
from functools import cache
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, ClassVar, Literal, Self, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from pydantic import BeforeValidator, Field, ValidationError, WithJsonSchema, create_model, model_validator
from pydantic_core import InitErrorDetails
from yarl import URL

from monitor.fields import Day, Duration, SecretText, Shape, Target, Text, TextOrSecret, Url, once_each, wrong
from monitor.pem import PemFile, files
from probes import TlsTerms
from probes._secret import Secret

S = TypeVar("S", bound="PluggedShape")
T = TypeVar("T", bound=Shape)
V = TypeVar("V")


class Paths(Enum):
    """What a path in the settings is for."""

    READ = "read"  # a file in PEM
    WRITE = "write"


_LEAVES: Mapping[Any, Any] = {str: Text, Secret: SecretText, URL: Url, timedelta: Duration, date: Day}
_NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?")
_CHECKS: Mapping[type, Callable[[Any], None]] = {TlsTerms: files}  # what a value cannot see by itself


class PluggedShape(Shape):
    """The keys that all of one family have beside their kind's own."""

    called: ClassVar[str]  # what one of them is, in the words of the house
    paths: ClassVar[Paths] = Paths.READ


class _Inner(Shape):
    """The shape of a dataclass inside a kind's settings."""

    makes: ClassVar[type]

    @model_validator(mode="after")
    def _sound(self) -> Self:
        return _tried(self, self.makes)


def shape_of(name: str, base: type[S], value: type, home: str) -> type[S]:
    """A shape with the keys of `base` and those of the dataclass `value`, which also says what of it is sound.

    `home` is the file of `value`, for whoever gives one of its fields a name that `base` has taken.
    """
    own = _fields(value, base.paths)
    taken = own.keys() & base.model_fields.keys()
    if taken:
        raise TypeError(f"{home}: settings {sorted(taken)} have names that every {base.called} has")
    sound: Any = model_validator(mode="after")(lambda shape: _tried(shape, value))
    made: type[S] = create_model(name, __base__=base, __validators__={"sound": sound}, **own)
    return made


def value_of(value: type[V], shape: Shape) -> V:
    """The dataclass with the settings of a shape; ValueError when it refuses them."""
    return cast("V", _made(value, shape))


def strict(hint: Any, paths: Paths = Paths.READ) -> Any:
    """The field type for a type hint: the same, with texts for what YAML has no type for."""

    def inner(part: Any) -> Any:
        return strict(part, paths)

    origin, parts = get_origin(hint), get_args(hint)
    if origin is None:
        return _leaf(hint, paths)
    if origin in (Union, UnionType):
        return TextOrSecret if {str, Secret} <= set(parts) else Union[tuple(map(inner, parts))]  # noqa: UP007 - parts come at run time
    if origin is tuple:
        return tuple[tuple(part if part is ... else inner(part) for part in parts)]  # type: ignore[misc] # as above
    return _container(origin, parts, inner) or hint


def _container(origin: Any, parts: tuple[Any, ...], inner: Callable[[Any], Any]) -> Any:
    if origin is Annotated:
        return Annotated[(inner(parts[0]), *parts[1:])]
    if origin is Literal:
        return _choice(parts)
    if origin is frozenset:
        return Annotated[frozenset[inner(parts[0])], BeforeValidator(_set)]  # type: ignore[misc] # parts come at run time
    mapping = isinstance(origin, type) and issubclass(origin, Mapping)
    return dict[str, inner(parts[1])] if mapping else None  # type: ignore[misc] # as above


def _leaf(hint: Any, paths: Paths) -> Any:
    if isinstance(hint, type) and issubclass(hint, Enum):
        return Annotated[hint, Field(strict=False)]
    if isinstance(hint, type) and is_dataclass(hint):
        return _inner(hint, paths)
    if hint is Path:
        return PemFile if paths is Paths.READ else Target
    return _LEAVES.get(hint, hint)


@cache
def _inner(value: type, paths: Paths) -> type[_Inner]:
    name = f"{value.__module__.rpartition('.')[2].strip('_')}_{value.__name__}"
    made: type[_Inner] = create_model(name, __base__=_Inner, **_fields(value, paths))
    made.makes = value
    return made


def _choice(words: tuple[str, ...]) -> Any:
    """A word that is a number to YAML, such as 4 or 1.1, may be written without quotes."""
    numbers = [float(word) for word in words if _NUMBER.fullmatch(word)]
    hint: Any = Literal[words]
    if not numbers:
        return hint

    def word(value: Any) -> Any:
        return str(value) if type(value) in (int, float) and str(value) in words else value

    return Annotated[hint, BeforeValidator(word), WithJsonSchema({"enum": [*words, *numbers]})]


def _fields(value: type, paths: Paths) -> dict[str, Any]:
    hints = get_type_hints(value, include_extras=True)
    return {each.name: (strict(hints[each.name], paths), _default(each)) for each in fields(value)}


def _set(value: Any) -> Any:
    if not isinstance(value, tuple):
        raise wrong("must be a list")
    return frozenset(once_each(value))


def _default(each: "DataclassField[Any]") -> Any:
    if each.default is not MISSING:
        return each.default
    return ... if each.default_factory is MISSING else Field(default_factory=each.default_factory)


# From shapes to values.


def _made(value: type, shape: Shape) -> Any:
    made = value(**{each.name: _plain(getattr(shape, each.name)) for each in fields(value)})
    if value in _CHECKS:
        _CHECKS[value](made)
    return made


def _plain(value: Any) -> Any:
    if isinstance(value, _Inner):
        return _made(value.makes, value)
    if isinstance(value, tuple):
        return tuple(map(_plain, value))
    return {key: _plain(each) for key, each in value.items()} if isinstance(value, dict) else value


def _tried(shape: T, value: type) -> T:
    """The same shape; where its value refuses the settings (`name.deeper: why`), the error tells the place in the file."""
    try:
        _made(value, shape)
    except ValueError as error:
        where, why = _place(shape, str(error))
        details = InitErrorDetails(type=wrong(why), loc=where, input=None)
        raise ValidationError.from_exception_data(value.__name__, [details]) from None
    return shape


def _place(shape: Shape, message: str) -> tuple[tuple[str | int, ...], str]:
    """The steps of `a.2.b: why` that were written in the file; those that were not stay in the text. Items count from 1."""
    path, separator, why = message.partition(": ")
    at: Any = shape
    where: list[str | int] = []
    steps = path.split(".") if separator else []
    for step in steps:
        place, at = _deeper(at, step)
        if place is None:
            break
        where.append(place)
    rest = ".".join(steps[len(where) :])
    return tuple(where), (f"{rest}: {why}" if rest else why) if where else message


def _deeper(at: Any, step: str) -> tuple[str | int | None, Any]:
    if isinstance(at, Shape) and step in at.model_fields_set:
        return step, getattr(at, step)
    if isinstance(at, dict) and step in at:
        return step, at[step]
    if isinstance(at, tuple) and step.isdecimal() and 0 < int(step) <= len(at):
        return int(step) - 1, at[int(step) - 1]
    return None, None
