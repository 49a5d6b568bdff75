"""Answers the portal as it should? Its status, its text, its language, and whose pages it shows.

The era rule is the setting `answers`: till the day an agency's portal is closed it shows `own_pages`; from that day on
it leads to the `national_portal`. Which holds when is dated data in the configuration, not knowledge of this file.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from yarl import URL

from probes import Observation, Reason, Target, Trouble, Way, nfc
from probes._answer import GONE, GONE_STATUSES, REFUSALS, Answer, blocked, fault, visit
from probes._hosts import NATIONAL_PORTAL, is_path, national, own, plain_host
from probes._secret import Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """`expect` may stand in the text or the source of the page, `forbid` only in the text a person sees."""

    asks_pages: ClassVar[bool] = True

    path: str = ""  # from the root of the portal's host; none: the portal's address as it is
    statuses: tuple[int, ...] = ()  # that are right; none: 200 to 299
    expect: tuple[str, ...] = ()  # compared without regard to case
    forbid: tuple[str, ...] = ()
    smallest: int = 0  # bytes
    language: str = ""  # of the page, such as vi; vi-VN is vi too
    answers: Literal["own_pages", "national_portal", "either"] = "own_pages"
    national_portal: tuple[str, ...] = NATIONAL_PORTAL  # hosts of its front door
    headers: Mapping[str, str | Secret] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.path and not is_path(self.path):
            raise ValueError("path: must be a path from /, such as /health")
        if self.smallest < 0:
            raise ValueError("smallest: must not be negative")
        if not all(100 <= status <= 599 for status in self.statuses):
            raise ValueError("statuses: must be between 100 and 599")

    def applies(self, target: Target) -> bool:  # noqa: ARG002 - every agency of the roster has a portal
        return True

    async def look(self, target: Target, way: Way) -> Observation:
        url = target.portal.join(URL(self.path)) if self.path else target.portal
        headers = {name: _revealed(value) for name, value in self.headers.items()}
        try:
            answer = await visit(way, url, follow=lambda next_url: own(next_url, target), headers=headers)
        except Trouble as trouble:
            if self.answers != "national_portal" or target.level == "national":
                raise
            return _closed(trouble, target)
        return self._judge(answer, target)

    def _judge(self, answer: Answer, target: Target) -> Observation:
        wanted = answer.page.status in self.statuses
        if not (wanted and answer.page.status in REFUSALS) and (found := blocked(answer)):
            return found
        if wanted:
            return self._on_the_page(answer)
        to = answer.leads_to
        if to is not None and not own(to, target):
            return self._elsewhere(answer, to, target)
        return self._era(answer, target) or self._status(answer) or self._on_the_page(answer)

    def _elsewhere(self, answer: Answer, to: URL, target: Target) -> Observation:
        leads = f"{answer.host} answered {answer.page.status} and leads to {plain_host(to)}"
        if not national(to, target):
            return answer.found(Reason.LEADS_ELSEWHERE, f"{leads}, which is neither the agency's nor national")
        if plain_host(to) not in self.national_portal and self.answers != "either":
            return answer.found(Reason.NOT_VISIBLE, f"{leads}, a national system, before it shows a page")
        if self.answers == "own_pages":
            return answer.found(Reason.MOVED_TO_NATIONAL, f"{leads}; its own pages were expected on {target.day}")
        return answer.found(Reason.OK, f"{leads}, as it should on {target.day}")

    def _status(self, answer: Answer) -> Observation | None:
        if self.statuses:
            wanted = ", ".join(map(str, self.statuses))
            found = fault(answer) or answer.found(Reason.HTTP_STATUS, "")
            detail = f"{answer.host} answered {answer.page.status}; {wanted} was expected"
            return Observation(reason=found.reason, detail=detail, facts=found.facts)
        return fault(answer)

    def _era(self, answer: Answer, target: Target) -> Observation | None:
        if self.answers != "national_portal" or target.level == "national":
            return None
        said = f"{answer.host} answered {answer.page.status}"
        if answer.page.status in GONE_STATUSES:
            return answer.found(Reason.OK, f"{said}: nothing is there any more, as it should on {target.day}")
        if not answer.good or answer.html.blank:
            return answer.found(Reason.DOOR_UNCLEAR, f"{said} without a page; a closed portal was expected")
        detail = f"{said} with pages of its own; to lead to the national portal was expected on {target.day}"
        return answer.found(Reason.OWN_PAGES_OPEN, detail)

    def _on_the_page(self, answer: Answer) -> Observation:
        said = f"{answer.host} answered {answer.page.status}"
        return (
            _blank(answer, said)
            or self._size(answer, said)
            or self._text(answer, said)
            or self._language(answer, said)
            or answer.found(Reason.OK, f"{said}, as expected")
        )

    def _size(self, answer: Answer, said: str) -> Observation | None:
        size = len(answer.page.body)
        if size >= self.smallest:
            return None
        return answer.found(Reason.TOO_SMALL, f"{said} with {size} bytes; at least {self.smallest} were expected")

    def _text(self, answer: Answer, said: str) -> Observation | None:
        seen = _folded(f"{answer.html.title}\n{answer.html.visible}")
        source = _folded(answer.html.source)
        for words in self.expect:
            if _folded(words) not in seen and _folded(words) not in source:
                return answer.found(Reason.TEXT_MISSING, f"{said} without the expected text “{words}”", text=words)
        for words in self.forbid:
            if _folded(words) in seen:
                return answer.found(Reason.TEXT_FORBIDDEN, f"{said} with the text “{words}”", text=words)
        return None

    def _language(self, answer: Answer, said: str) -> Observation | None:
        told = answer.html.language or answer.page.headers.get("content-language", "")
        spoken = told.partition(",")[0].strip().lower().replace("_", "-")
        wanted = self.language.lower()
        if not wanted or spoken == wanted or spoken.startswith(f"{wanted}-"):
            return None
        shown = spoken[:20] if spoken.replace("-", "").isalnum() else "none"
        detail = f"{said} in the language {shown}; {wanted} was expected"
        return answer.found(Reason.WRONG_LANGUAGE, detail, language=shown)


def _closed(trouble: Trouble, target: Target) -> Observation:
    """Where a portal has to be closed, one that is gone is; one in trouble shows neither its pages nor where it leads."""
    gone = trouble.reason in GONE and trouble.host not in target.guessed
    detail = f"{trouble.host}: {trouble.detail}; a closed portal was expected on {target.day}"
    return Observation(reason=Reason.OK if gone else Reason.DOOR_UNCLEAR, detail=detail, facts=trouble.facts)


def _blank(answer: Answer, said: str) -> Observation | None:
    """A shell that only scripts fill is blank too: who has no script, or whose script fails, sees nothing."""
    if not answer.html.blank or not answer.good or answer.page.status == 204:
        return None
    return answer.found(Reason.BLANK_PAGE, f"{said} and shows nothing; a page with text was expected")


def _revealed(value: str | Secret) -> str:
    return value.reveal() if isinstance(value, Secret) else value


def _folded(text: str) -> str:
    return " ".join(nfc(text).casefold().split())
