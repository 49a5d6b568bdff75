"""Reads the envelope of the national data-exchange adapter. Pure.

Seen: `{"session": …, "error_code": 0}` at the login, `{"error_code": …, "message": …, "result": […]}` at a call. Success
was seen as the number 0 and as the texts "0" and "00", in three programs that use the adapter; every other code is told
as it is, as a short word. That a text says "thành công" (success) proves nothing, here or elsewhere.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from probes import Page
from probes._text import text_of

OTHER = "other"  # a code that is no short word
_SUCCESS = frozenset({"0", "00"})
_WORD = re.compile(r"-?[0-9A-Za-z_.]{1,20}")


def envelope(page: Page) -> Mapping[str, Any] | None:
    """The envelope, whatever its status is; None where the body is none."""
    try:
        document = json.loads(text_of(page).lstrip("\ufeff"))
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) and "error_code" in document else None


def code_of(told: Mapping[str, Any]) -> str:
    """The code as a word of at most 21 characters, fit for a fact."""
    code = told.get("error_code")
    if isinstance(code, float) and code.is_integer():
        code = int(code)
    if isinstance(code, bool) or not isinstance(code, str | int):
        return OTHER
    word = str(code).strip()
    return word if _WORD.fullmatch(word) else OTHER


def succeeds(code: str) -> bool:
    """Whether a word of `code_of` is one of those for success."""
    return code in _SUCCESS


def message_of(told: Mapping[str, Any]) -> str:
    """In lower case, to be searched and never to be shown: it may hold anything."""
    message = told.get("message")
    return message.casefold() if isinstance(message, str) else ""


def results_of(told: Mapping[str, Any]) -> tuple[Any, ...] | None:
    """The entries of the result, none where it is null; None where there is no list of them."""
    result = told.get("result", OTHER)
    if result is None:
        return ()
    return tuple(result) if isinstance(result, list) else None
