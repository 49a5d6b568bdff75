"""The reader's language, and the small parts of speech that sentences are made of. What is not ours is tidied here."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import zip_longest
from typing import Final
from urllib.parse import quote

from yarl import URL

from monitor import words
from monitor.filling import of_strangers, tidy
from monitor.model import Answer, Condition, Level
from monitor.notice import Entry
from monitor.words import Language, Word
from probes import Reason, Status

MOST_NAME = 80  # characters; of an issuer of documents and the like
_MOST_WHY = 4  # checks spelt out
_REASON: Final = re.compile(rf"^(?:{'|'.join(reason.value for reason in Reason)}): ")
_DOCUMENT: Final = "document "  # in front of the number, in `because`


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """`page` is the address of the status page, where one is configured."""

    language: Language
    page: URL | None = None

    def say(self, phrase: str, /, **values: object) -> str:
        return words.phrase(phrase, self.language, **values)

    def word(self, member: Word) -> str:
        return words.word(member, self.language)

    def count(self, noun: str, n: int) -> str:
        """3 agencies, 1 agency."""
        return self.say(f"{noun}_{'one' if n == 1 else 'many'}", n=words.number(n, self.language))

    def moment(self, at: datetime) -> str:
        return words.moment(at, self.language)

    def local(self, at: datetime) -> str:
        return self.say("local", at=self.moment(at))

    def lasted(self, span: timedelta, units: int = 2) -> str:
        """2 days 3 hours: the two greatest units, and days alone from a week on."""
        minutes = max(int(span.total_seconds()), 0) // 60
        days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
        parts = (("days", days), ("hours", hours if days < 7 else 0), ("minutes", 0 if days else minutes))
        told = [self.count(noun, n) for noun, n in parts if n]
        return " ".join(told[:units]) or self.say("moment_only")

    def percent(self, share: float) -> str:
        whole = float(round(share * 100, 1)).is_integer()
        return self.say("percent", n=words.number(share * 100, self.language, 0 if whole else 1))

    def name(self, name: str, name_en: str) -> str:
        return tidy(name_en if self.language is Language.EN and name_en else name, MOST_NAME)

    def agency(self, entry: Entry) -> str:
        """Hà Nội (H26); of one of which only the code is known, that."""
        if not entry.name:
            return tidy(entry.agency, 20)
        return self.say("agency_code", name=self.name(entry.name, entry.name_en), code=tidy(entry.agency, 20))

    def why(self, entry: Entry) -> tuple[str, ...]:
        """Which checks or documents decided, and why: single sign-on: the login does not lead to … One for each."""
        told = [
            self._why(by, kind, reason)
            for by, kind, reason in zip_longest(entry.because, entry.kinds, entry.reasons, fillvalue="")
        ]
        return tuple(dict.fromkeys(told))[:_MOST_WHY]

    def by(self, entry: Entry) -> str:
        """Which checks or documents decided."""
        told = [self._by(by, kind) for by, kind in zip_longest(entry.because, entry.kinds, fillvalue="") if by]
        return "; ".join(tuple(dict.fromkeys(told))[:_MOST_WHY]) or self.say("why_unknown")

    def reasons(self, entry: Entry) -> str:
        told = dict.fromkeys(self.reason(reason) for reason in entry.reasons)
        return "; ".join(tuple(told)[:_MOST_WHY]) or self.say("why_unknown")

    def reason(self, word: str) -> str:
        if word == "document":
            return self.say("document_says")
        if word == "no_evidence":
            return self.say("no_evidence")
        known = next((reason for reason in Reason if reason.value == word), None)
        return self.word(known) if known else self.say("reason_other")

    def taken_on(self, entry: Entry) -> str:
        """By whom, where that is known, and with which reason."""
        reason = tidy(entry.ack or "")
        return self.say("acked_by", by=tidy(entry.ack_by, MOST_NAME), reason=reason) if entry.ack_by else reason

    def conflict(self, entry: Entry) -> str:
        """What the document says, and what the looks say."""
        if not (entry.document and entry.issued and entry.says and entry.looks):
            return self.say("conflicts_help")
        return self.say(
            "conflict_told",
            document=tidy(entry.document, MOST_NAME),
            day=words.day(entry.issued, self.language),
            issuer=tidy(entry.issuer or "", MOST_NAME),
            says=self._said(entry.says, entry.against or entry.conditions),
            looks=self._said(entry.looks, entry.against or entry.conditions),
        )

    def detail(self, entry: Entry) -> str:
        """What the looks told; the reasons, which stand in front of them as codes, are said elsewhere."""
        return of_strangers("; ".join(_REASON.sub("", part) for part in entry.detail[:2000].split("; ")))

    def levels(self, levels: Iterable[Level]) -> str:
        """Bộ, ngành, địa phương: in the order in which official letters name them."""
        return ", ".join(self.word(level) for level in Level if level in set(levels))

    def address(self, *path: str) -> str | None:
        """On the status page, in the reader's language."""
        if self.page is None or self.page.scheme not in ("http", "https"):
            return None
        base = str(self.page.with_query(None).with_fragment(None)).rstrip("/")
        where = "/".join(quote(tidy(part, MOST_NAME), safe="") for part in path)
        return f"{base}/{where}?lang={self.language}"

    def _why(self, by: str, kind: str, reason: str) -> str:
        if not by or not reason:
            return self._by(by, kind) if by else self.reason(reason)
        return self.say("why_by", by=self._by(by, kind), why=self.reason(reason))

    def _by(self, by: str, kind: str) -> str:
        if by.startswith(_DOCUMENT):
            return self.say("document", name=tidy(by.removeprefix(_DOCUMENT), MOST_NAME))
        return words.kind(tidy(kind or by, MOST_NAME), self.language)

    def _said(self, answer: Answer, conditions: Sequence[Condition]) -> str:
        about = ", ".join(self.word(condition) for condition in conditions)
        return f"{self.word(answer)} {about}".strip() if self.language is Language.VI else self.word(answer)


def unseen(entry: Entry) -> bool:
    """Whether nothing that decided says that the condition does not hold: it can only not be seen to."""
    if entry.unknown:
        return not disproved(entry)
    return bool(entry.reasons) and all(_unknown(reason) for reason in entry.reasons)


def disproved(entry: Entry) -> tuple[Condition, ...]:
    """Conditions that were seen, or told by a document, not to hold."""
    return tuple(each for each in entry.conditions if each not in entry.unknown)


def _unknown(word: str) -> bool:
    return word == "no_evidence" or any(reason.value == word and reason.status is Status.UNKNOWN for reason in Reason)
