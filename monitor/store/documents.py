"""Values as the documents they are kept as, and back: JSON that says in which version it was written."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Generic, Literal, TypeVar
from unicodedata import is_normalized, normalize

from pydantic import Field, TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError

from monitor.store.ledger import LedgerError

T = TypeVar("T")

_SURROGATE = re.compile("[\ud800-\udfff]")  # half a character, which no file and no database can hold
_NO_TEXT = re.compile("[\ud800-\udfff\0]")
_INSTEAD = "\N{REPLACEMENT CHARACTER}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept(Generic[T]):
    """A value in its document. What only adds a field with a default needs no new version."""

    v: Annotated[Literal[1], Field(description="of the document's shape")]
    value: T


class Document(Generic[T]):
    """How values of one type are kept."""

    def __init__(self, of: Any) -> None:
        self._adapter: TypeAdapter[_Kept[T]] = TypeAdapter(_Kept[of])
        self._name = str(getattr(of, "__name__", of))

    def text(self, value: T) -> str:
        """In NFC; whatever strangers' pages put into it, it can be written."""
        kept = _Kept(v=1, value=value)
        try:
            text = self._adapter.dump_json(kept).decode()
        except PydanticSerializationError:
            text = ""  # half a character in it
        if text and is_normalized("NFC", text):
            return text
        # To normalize the whole text would do harm: `\\n` and a combining tilde would become `\\ñ`.
        return json.dumps(_clean(self._adapter.dump_python(kept, mode="json")), ensure_ascii=False)

    def value(self, text: str, where: str) -> T:
        """`where` tells people what could not be read. Raises LedgerError."""
        try:
            return self._adapter.validate_json(text).value
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            at = ".".join(map(str, first["loc"]))
            raise LedgerError(f"{where} cannot be read as {self._name}: {at}: {first['msg']}") from None


def plain(text: str) -> str:
    """Text that every database takes, in NFC."""
    return normalize("NFC", _NO_TEXT.sub(_INSTEAD, text))


def _clean(data: Any) -> Any:
    if isinstance(data, str):
        return normalize("NFC", _SURROGATE.sub(_INSTEAD, data))
    if isinstance(data, Mapping):
        return {_clean(key): _clean(value) for key, value in data.items()}
    return [_clean(each) for each in data] if isinstance(data, list) else data
