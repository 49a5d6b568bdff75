"""The one catalogue of texts, words.yaml, read in one language."""

from collections.abc import Mapping
from typing import Literal
from unicodedata import is_normalized

from mistake import Mistake
from source import Both, Text

Language = Literal["vi", "en"]
LANGUAGES: tuple[Language, ...] = ("vi", "en")


class Catalogue:
    """Remembers which entries were asked for, so that none lies about unused."""

    def __init__(self, entries: Mapping[str, Text]) -> None:
        for key, text in entries.items():
            _check(key, text)
        self._entries = entries
        self._used = set[str]()

    def text(self, key: str, language: Language) -> str:
        if key not in self._entries:
            raise Mistake(f"words.yaml has no entry {key}")
        self._used.add(key)
        return said(self._entries[key], language)

    def under(self, prefix: str, language: Language) -> dict[str, str]:
        """code → text of every entry PREFIX.CODE."""
        keys = [key for key in self._entries if key.startswith(f"{prefix}.")]
        if not keys:
            raise Mistake(f"words.yaml has no entries under {prefix}")
        return {key.removeprefix(f"{prefix}."): self.text(key, language) for key in keys}

    def unused(self) -> list[str]:
        return [key for key in self._entries if key not in self._used]


def said(text: Text, language: Language) -> str:
    return text if isinstance(text, str) else str(getattr(text, language))


def _check(key: str, text: Text) -> None:
    both = (text.vi, text.en) if isinstance(text, Both) else (text,)
    if not all(each.strip() for each in both):
        raise Mistake(f"words.yaml: {key}: a text is empty")
    if not all(is_normalized("NFC", each) for each in both):
        raise Mistake(f"words.yaml: {key}: not in Unicode's NFC")
    if len(both) != len(set(both)):
        raise Mistake(f"words.yaml: {key}: the same in both languages is said once, without vi and en")
