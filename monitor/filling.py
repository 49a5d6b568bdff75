"""Fills a phrase of the catalogue: names stand for values, and reach nothing else.

`str.format` would reach attributes and items of a value, and does so for whoever writes the phrase. Here a place is a
name in braces; what is filled in is never read for places again.
"""

import re
import unicodedata
from collections.abc import Mapping
from typing import Final

_PLACE: Final = re.compile(r"\{([a-z_]+)\}")


def fill(phrase: str, values: Mapping[str, object]) -> str:
    """Raises KeyError for a place that nothing is given for."""
    return _PLACE.sub(lambda place: str(values[place[1]]), phrase)


def tidy(text: str, most: int = 200) -> str:
    """One line of at most so many characters, NFC, without control characters and marks that turn the direction."""
    kept = "".join(" " if _hidden(letter) else letter for letter in text[: 5 * most])
    return shortened(unicodedata.normalize("NFC", " ".join(kept.split())), most)


def of_strangers(text: str, most: int = 200) -> str:
    """Tidy, and so written that mail programs make no link of it: it may quote a page that was broken into."""
    return tidy(text, most).replace("://", "[:]//")


def shortened(text: str, most: int) -> str:
    """Cut between words, where that leaves most of it."""
    if len(text) <= most:
        return text
    kept = text[: most - 1]
    space = kept.rfind(" ")
    return f"{kept[:space] if space > most * 2 // 3 else kept.rstrip()}…"


def _hidden(letter: str) -> bool:
    category = unicodedata.category(letter)
    return category[0] == "C" or category in ("Zl", "Zp")
