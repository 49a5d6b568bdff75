"""Holds a document against a shape, and says in plain words what does not fit: what is wrong, what is allowed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from types import UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from monitor.document import UNREADABLE, Complaint, Data, Document, Item, Where, shown
from monitor.fields import Shape

S = TypeVar("S", bound=Shape)

_MOST_LISTED = 30
_WANTED = {
    "string_type": "text",
    "bool_type": "true or false",
    "int_type": "a whole number",
    "float_type": "a number",
    "date_type": "a date as YYYY-MM-DD",
    "tuple_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
}
_BOUNDS = {
    "greater_than": ("gt", "must be more than"),
    "greater_than_equal": ("ge", "must be at least"),
    "less_than": ("lt", "must be less than"),
    "less_than_equal": ("le", "must be at most"),
    "string_pattern_mismatch": ("pattern", "is not of the form"),
}


def fit(
    shape: type[S], document: Document, where: Where, complaints: list[Complaint], context: Mapping[str, Any]
) -> Item[S] | None:
    """What stands at `where`, in its shape; None when it does not fit, with complaints added."""
    data = at(document.data, where)
    try:
        return Item(document, where, shape.model_validate(data, context=dict(context)))
    except ValidationError as error:
        fresh = (each for each in error.errors(include_url=False) if each["input"] is not UNREADABLE)
        complaints += [_complaint(shape, document, where, each) for each in fresh]
        return None


def whole(
    shape: type[S], document: Document | None, complaints: list[Complaint], context: Mapping[str, Any]
) -> Item[S] | None:
    """A file that is one shape from its root; an empty one is an empty mapping."""
    if document is None:
        return None
    empty = document.data is None
    return fit(shape, replace(document, data={}) if empty else document, (), complaints, context)


def entries(document: Document | None, complaints: list[Complaint]) -> tuple[Where, ...]:
    """Where the entries of a file with a mapping of mappings are; an empty file has none."""
    data = None if document is None else document.data
    if isinstance(data, dict):
        return tuple((key,) for key in data)
    return _none(document, "mapping", complaints)


def listed(document: Document | None, complaints: list[Complaint]) -> tuple[Where, ...]:
    """Where the items of a file with a list are; an empty file has none."""
    data = None if document is None else document.data
    if isinstance(data, tuple):
        return tuple((at,) for at in range(len(data)))
    return _none(document, "list", complaints)


def _none(document: Document | None, wanted: str, complaints: list[Complaint]) -> tuple[Where, ...]:
    if document is not None and document.data is not None and document.data is not UNREADABLE:
        complaints.append(document.complain((), f"must be a {wanted}, not {a_word_for(document.data)}"))
    return ()


def at(data: Data, where: Where) -> Any:
    value: Any = data
    for step in where:
        value = value[step]
    return value


def close(word: str, allowed: Sequence[str]) -> str | None:
    """What was probably meant."""
    return next(iter(get_close_matches(word, allowed, n=1)), None)


def unknown(word: str, allowed: Sequence[str], what: str) -> str:
    """`unknown key "tiemout"; did you mean "timeout"? allowed: every, timeout`."""
    meant = close(word, allowed)
    hint = f"; did you mean {shown(meant)}?" if meant else ";"
    if len(allowed) > _MOST_LISTED:
        near = get_close_matches(word, allowed, n=5, cutoff=0)
        return f"unknown {what} {shown(word)}{hint} allowed: one of {len(allowed)}, such as {', '.join(sorted(near))}"
    return f"unknown {what} {shown(word)}{hint} allowed: {', '.join(sorted(allowed)) or 'none'}"


def a_word_for(value: object) -> str:
    """What a value is, in the words of someone who writes YAML."""
    words: tuple[tuple[type, str], ...] = ((bool, "a truth value"), (int, "a number"), (float, "a number"))
    words += ((str, "text"), (dict, "a mapping"), (tuple, "a list"))
    return "nothing" if value is None else next((word for kind, word in words if isinstance(value, kind)), "a date")


def _complaint(shape: type[Shape], document: Document, where: Where, error: ErrorDetails) -> Complaint:
    path = tuple(_steps(at(document.data, where), error["loc"]))
    if error["type"] == "missing":
        return document.complain((*where, *path), f"{shown(str(error['loc'][-1]))} is missing")
    if error["type"] == "extra_forbidden":
        allowed = sorted(fields_at(shape, path[:-1]))
        return document.complain((*where, *path[:-1], path[-1]), unknown(str(path[-1]), allowed, "key"))
    return document.complain((*where, *path), _sentence(error))


def _steps(data: Any, loc: tuple[str | int, ...]) -> Iterator[str | int]:
    """The steps of `loc` that exist in the data: the others name branches of pydantic's, not places in a file."""
    for step in loc:
        if (isinstance(data, dict) and step in data) or (
            isinstance(data, tuple) and isinstance(step, int) and step < len(data)
        ):
            data = data[step]  # type: ignore[index] # one of the two above
            yield step


def _sentence(error: ErrorDetails) -> str:
    kind, value, context = error["type"], error["input"], error.get("ctx", {})
    if kind in _WANTED:
        quote = "; put it in quotes" if kind == "string_type" and isinstance(value, (bool, int, float)) else ""
        return f"must be {_WANTED[kind]}, not {a_word_for(value)}{quote}"
    if kind in _BOUNDS:
        bound, words = _BOUNDS[kind]
        limit = context[bound]
        return f"{words} {limit:g}" if isinstance(limit, float) else f"{words} {limit}"
    if kind in ("literal_error", "enum"):
        return _choice(value, context["expected"])
    return str(context["message"]) if kind == "wrong" else error["msg"]


def _choice(value: object, expected: str) -> str:
    """Pydantic lists choices as `'a', 'b' or 'c'`."""
    allowed = [word.strip("'") for part in expected.split(", ") for word in part.split(" or ")]
    if isinstance(value, str):
        return unknown(value, allowed, "word")
    return f"must be one of {', '.join(allowed)}, not {a_word_for(value)}"


def fields_at(shape: type[Shape], path: Where) -> frozenset[str]:
    """The keys allowed at `path` inside a shape."""
    hints: list[Any] = [shape]
    for step in path:
        hints = [inner for hint in hints for inner in _inside(hint, step)]
    shapes = (each for hint in hints for each in _branches(hint) if _is_shape(each))
    return frozenset(field.alias or name for shape in shapes for name, field in shape.model_fields.items())


def _inside(hint: Any, step: str | int) -> Iterator[Any]:
    """What a type hint says of the part `step` of its value."""
    for branch in _branches(hint):
        if _is_shape(branch):
            field = branch.model_fields.get(str(step))
            yield from () if field is None else (field.annotation,)
        elif get_origin(branch) is dict:
            yield get_args(branch)[1]
        elif get_origin(branch) is not None:
            yield get_args(branch)[0]


def _branches(hint: Any) -> Iterator[Any]:
    """The alternatives of a union, seen through annotations."""
    if get_origin(hint) is Annotated:
        yield from _branches(get_args(hint)[0])
    elif get_origin(hint) in (Union, UnionType):
        for part in get_args(hint):
            yield from _branches(part)
    else:
        yield hint


def _is_shape(hint: Any) -> bool:
    return isinstance(hint, type) and issubclass(hint, Shape)
