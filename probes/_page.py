"""What is wanted of a page that people read: that it shows something, its text and its language."""

from collections.abc import Iterable

from probes import Observation, Reason, nfc
from probes._answer import Answer


def blank(answer: Answer, said: str) -> Observation | None:
    """A shell that only scripts fill is blank too: who has no script, or whose script fails, sees nothing."""
    if not answer.html.blank or not answer.good or answer.page.status == 204:
        return None
    return answer.found(Reason.BLANK_PAGE, f"{said} and shows nothing; a page with text was expected")


def small(answer: Answer, said: str, smallest: int) -> Observation | None:
    size = len(answer.page.body)
    if size >= smallest:
        return None
    return answer.found(Reason.TOO_SMALL, f"{said} with {size} bytes; at least {smallest} were expected")


def text(answer: Answer, said: str, expect: Iterable[str], forbid: Iterable[str]) -> Observation | None:
    """What is expected may stand in the text or the source, what is forbidden only where a person sees it."""
    seen = _folded(f"{answer.html.title}\n{answer.html.visible}") if (expect or forbid) else ""
    source = _folded(answer.html.source) if expect else ""
    for words in expect:
        if _folded(words) not in seen and _folded(words) not in source:
            return answer.found(Reason.TEXT_MISSING, f"{said} without the expected text “{words}”", text=words)
    for words in forbid:
        if _folded(words) in seen:
            return answer.found(Reason.TEXT_FORBIDDEN, f"{said} with the text “{words}”", text=words)
    return None


def language(answer: Answer, said: str, wanted: str) -> Observation | None:
    """By the page's own word, else its header's; vi-VN is vi too."""
    if not wanted:
        return None
    told = answer.html.language or answer.page.headers.get("content-language", "")
    spoken = told.partition(",")[0].strip().lower().replace("_", "-")
    if spoken == wanted.lower() or spoken.startswith(f"{wanted.lower()}-"):
        return None
    shown = spoken[:20] if spoken.replace("-", "").isalnum() else "none"
    detail = f"{said} in the language {shown}; {wanted.lower()} was expected"
    return answer.found(Reason.WRONG_LANGUAGE, detail, language=shown)


def _folded(words: str) -> str:
    return " ".join(nfc(words).casefold().split())
