"""What is wanted of a page that people read: that it shows something, its text and its language."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from yarl import URL

from probes import Fact, Observation, Reason, Target, Terms, Trouble, Way
from probes._answer import GONE_STATUSES, Answer, plain, without_query
from probes._hosts import own
from probes._text import nfc

_DRAWS = (200, 206)  # statuses of a file that is there
_LEAST_READ = 64 * 1024  # bytes of a script; and twice the page itself, which may stand in its place
_USUAL = Terms()


async def drawn(found: Observation, answer: Answer, target: Target, way: Way, terms: Terms = _USUAL) -> Observation:
    """The same, but of a blank page that scripts fill: there only a browser could tell, unless the script is missing.

    Many portals are the shell of a single-page application (Angular, React), right or wrong. What is wrong with one can
    often be seen without a browser: after a careless upgrade its script is not there, or the shell stands in its place.
    `terms` are those that `way` is under.
    """
    if found.reason is not Reason.BLANK_PAGE or not answer.html.scripts:
        return found
    script = next((url for url in reversed(answer.html.script_files) if own(url, target)), None)
    if script is None:
        return _undrawn(found, f"{answer.host} answered with a page that nothing but a script fills", {})
    return await _filled(found, answer, script, way.under(replace(terms, max_body=_most(answer))), target)


async def _filled(found: Observation, answer: Answer, script: URL, way: Way, target: Target) -> Observation:
    """Whoever showed a page is not accused for what becomes of the question for its script, be it that none is heard.

    It is asked for as by a browser: some firewalls take no HEAD, or swallow it.
    """
    told = f"{answer.host} answered with a page that its script {script.path} fills"
    facts: dict[str, Fact] = {"script": without_query(script)}
    unheard = _undrawn(found, f"{told}, and which did not come in time", facts)
    try:
        with way.meaning(lambda: Trouble(unheard.reason, answer.host, unheard.detail, **unheard.facts)):
            asked = await way.get(script, follow=lambda to: own(to, target))
    except Trouble as trouble:
        large = trouble.reason is Reason.TOO_LARGE  # no page in its place is
        return _undrawn(found, told if large else f"{told}; asked for it: {trouble.reason}", facts)
    facts["script_status"] = asked.status
    if asked.status in _DRAWS and "html" not in asked.headers.get("content-type", "").lower():
        return _undrawn(found, told, facts)
    if asked.status in (*GONE_STATUSES, *_DRAWS):
        detail = f"{told}, and which is not there ({asked.status}); a page with text was expected"
        return Observation(reason=Reason.BLANK_PAGE, detail=plain(detail), facts={**found.facts, **facts})
    return _undrawn(found, f"{told}, and which answers {asked.status}", facts)


def _most(answer: Answer) -> int:
    return max(_LEAST_READ, 2 * len(answer.page.body))


def _undrawn(found: Observation, told: str, facts: Mapping[str, Fact]) -> Observation:
    detail = f"{told}; a browser would have to run it to see more"
    return Observation(reason=Reason.NOT_VISIBLE, detail=plain(detail), facts={**found.facts, **facts})


def blank(answer: Answer, said: str) -> Observation | None:
    """Nothing that a person sees, before any script has run; see `drawn`."""
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


def differing(found: Observation, target: Target) -> dict[str, Fact]:
    """Whether the page is of another family of software than configured, as a fact; none where either is unknown."""
    seen = found.facts.get("platform_family")
    return {"platform_differs": seen != target.platform} if seen and target.platform else {}


def _folded(words: str) -> str:
    return " ".join(nfc(words).casefold().split())
