"""Patterns of the operator on what strangers send: RE2 takes time that grows only in line with the text.

Syntax: https://github.com/google/re2/wiki/Syntax, which knows no look-around and no back-references, as in Go. What is
searched is bytes as they came; a pattern is text, and means its UTF-8.
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import islice
from typing import Protocol

import re2  # type: ignore[import-untyped]  # it brings no types; this is its one door

_LONGEST = 1000  # characters of a pattern
_MOST_STEPS = 500  # of its program; the worst case is some 2 ns for each and each byte of the text
_MEMORY = 1 << 20  # bytes, of one pattern with its automaton
_KEPT = 1024  # patterns, compiled; a configuration has some dozens


class Match(Protocol):
    """Where a pattern was found."""

    def group(self, group: int | str = 0, /) -> bytes | None:
        """The bytes of a group, by number or name; none when it took no part. IndexError when there is no such group."""


class Pattern(Protocol):
    """A compiled pattern."""

    groups: int

    def search(self, text: bytes, /) -> Match | None: ...

    def finditer(self, text: bytes, /) -> Iterator[Match]: ...


@lru_cache(maxsize=_KEPT)
def compiled(pattern: str) -> Pattern:
    """The pattern, ready for use; ValueError with a sentence when it is none."""
    if len(pattern) > _LONGEST:
        raise ValueError(f"must be a pattern of at most {_LONGEST} characters")
    try:
        made: Pattern = re2.compile(pattern, _options())
    except re2.error as error:
        raise ValueError(f"is no pattern that RE2 knows: {_words(error)}") from None
    if made.programsize > _MOST_STEPS:  # type: ignore[attr-defined]  # nobody but this line needs it
        raise ValueError("must be a smaller pattern: repetitions such as {500} make it large")
    return made


def found(pattern: str, text: bytes) -> bool:
    return compiled(pattern).search(text) is not None


def told(pattern: str, text: str, most: int) -> Iterator[str]:
    """What each match tells, in order, at most so many: its first group, or the whole where there is none."""
    made = compiled(pattern)
    for match in islice(made.finditer(text.encode("utf-8", "replace")), most):
        yield (match.group(min(made.groups, 1)) or b"").decode("utf-8", "replace")


def which(words: tuple[str, ...], text: bytes) -> frozenset[str]:
    """Those of some plain words, case and all, that stand in the text; found in one go."""
    return frozenset(words[number] for number in _together(words).Match(text) or ())


def check(setting: str, patterns: Iterable[str]) -> None:
    """For the settings of a kind: ValueError that names the setting and the number of the first that is no pattern."""
    for number, pattern in enumerate(patterns, 1):
        try:
            compiled(pattern)
        except ValueError as error:
            raise ValueError(f"{setting}.{number}: {error}") from None


@lru_cache(maxsize=_KEPT)
def _together(words: tuple[str, ...]) -> "re2.Set":
    """ValueError when they are too many to be searched for."""
    together = re2.Set.SearchSet(_options())
    for word in words:
        together.Add(re2.escape(word))
    together.Compile()
    return together


def _options() -> "re2.Options":
    options = re2.Options()
    options.max_mem = _MEMORY
    options.log_errors = False  # else it writes to standard error by itself
    return options


def _words(error: Exception) -> str:
    """RE2 tells in bytes."""
    told = error.args[0] if error.args else b""
    return told.decode("utf-8", "replace") if isinstance(told, bytes) else str(told)
