"""Keeps what is secret out of what a look tells, where a server sends it back: in a code, or in the type of an error."""

from base64 import b64encode
from collections.abc import Callable, Iterable

from probes._secret import Secret

HIDDEN = "hidden"
_PIECE = 4  # characters of a secret that give some of it away; a code of one figure is in many of them


def discreet(secrets: Iterable[Secret | None]) -> Callable[[str], str]:
    """A function that gives a short word back as it is, or `hidden` where it holds a secret or a piece of one."""
    texts = [text.casefold() for secret in secrets if secret and secret.reveal() for text in _written(secret.reveal())]

    def shown(word: str) -> str:
        folded = word.casefold()
        pieces = [folded[at : at + _PIECE] for at in range(len(folded) - _PIECE + 1)]
        told = any(text in folded or any(piece in text for piece in pieces) for text in texts)
        return HIDDEN if told else word

    return shown


def _written(text: str) -> tuple[str, str]:
    """As it is, and as a header of HTTP would hold it."""
    return text, b64encode(text.encode("utf-8", "surrogatepass")).decode("ascii").rstrip("=")
