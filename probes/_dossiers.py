"""Dossiers as the NPSP knows them: the statuses 1 to 10, the forms of a code, and how much of one may be shown.

CERTAIN: the statuses and their Vietnamese words (two independent code bases agree) and the words of OpenCPS for them.
Known from examples, and INFERRED as a rule: the forms of a code (`000.00.00.H26-200420-0001` in the order of QCVN 102,
`H56.14-240607-12345` in that of QĐ 20/2020/QĐ-TTg, `G09.20-20260609-0092637` of 2026).
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from probes._text import nfc

_AGENCY = r"(?:[0-9]{3}\.[0-9]{2}\.[0-9]{2}\.(?P<old>[A-Z][0-9]{2})|(?P<new>[A-Z][0-9]{2})(?:\.[0-9]{2,3}){0,3})"
_CODE = re.compile(rf"{_AGENCY}-[0-9]{{6}}(?:[0-9]{{2}})?-[0-9]{{4,7}}")
_NUMBER = re.compile(r"0?[1-9]|10")
_EDGES = " .:;,-–—|"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A status of a dossier; `opencps` are the words for it in OpenCPS, a family of software."""

    code: int
    vi: str
    en: str
    opencps: tuple[str, ...] = ()


STAGES: Final = (
    Stage(code=1, vi="Mới đăng ký", en="newly registered", opencps=("receiving",)),
    Stage(code=2, vi="Được tiếp nhận", en="accepted", opencps=("new",)),
    Stage(code=3, vi="Không được tiếp nhận", en="refused", opencps=("denied",)),
    Stage(code=4, vi="Đang xử lý", en="in progress", opencps=("processing",)),
    Stage(code=5, vi="Yêu cầu bổ sung giấy tờ", en="additional papers requested", opencps=("waiting",)),
    Stage(code=6, vi="Yêu cầu thực hiện nghĩa vụ tài chính", en="financial obligation due", opencps=("paying",)),
    Stage(code=7, vi="Công dân yêu cầu rút hồ sơ", en="withdrawn by applicant", opencps=("cancelled",)),
    Stage(code=8, vi="Dừng xử lý", en="stopped", opencps=("unresolved",)),
    Stage(code=9, vi="Đã xử lý xong", en="processed", opencps=("releasing",)),
    Stage(code=10, vi="Đã trả kết quả", en="result returned", opencps=("done",)),
)
ENDS: Final = frozenset({3, 7, 8, 10})  # INFERRED: after which nothing more is done
# INFERRED: how far a dossier has come. Of 4, 5 and 6 any may follow any.
_PROGRESS: Final = {1: 0, 2: 1, 4: 2, 5: 2, 6: 2, 9: 3, **dict.fromkeys(ENDS, 4)}
_ENGLISH: Final = {stage.code: stage.en for stage in STAGES}


def folded(words: str) -> str:
    """So that words are compared: NFC, without regard to case, space and what stands around them."""
    return " ".join(nfc(words).casefold().split()).strip(_EDGES)


_WORDS: Final = {folded(word): stage.code for stage in STAGES for word in (stage.vi, stage.en, *stage.opencps)}


def stage_of(told: str, words: Mapping[str, int]) -> int | None:
    """1 to 10, for a number or for words that are exactly known; `words` are more of them, and come first.

    Nothing less than the whole will do: “chưa được tiếp nhận” holds the words of a status and says the contrary.
    """
    text = folded(told[:400])
    if (own := {folded(word): code for word, code in words.items()}.get(text)) is not None:
        return own
    return int(told) if _NUMBER.fullmatch(told.strip()) else _WORDS.get(text)


def english(stage: int) -> str:
    return _ENGLISH[stage]


def may_be_older(one: int, than: int) -> bool:
    """Whether a dossier that is now at `than` may have been at `one` before."""
    return one not in ENDS and _PROGRESS[one] <= _PROGRESS[than]


class Code(str):
    """A dossier's code. Where settings or values are printed, only a part of it is."""

    __slots__ = ()

    def __repr__(self) -> str:
        return repr(masked(self))


def well_formed(code: str) -> bool:
    return _CODE.fullmatch(code) is not None


def agency_of(code: str) -> str:
    """The identifier code of the agency, such as H26; empty where this is no code."""
    match = _CODE.fullmatch(code)
    return (match["old"] or match["new"]) if match else ""


def masked(code: str) -> str:
    """Enough for the agency, who has the whole, and too little for who would look it up: H26.14-24…-1…45."""
    if not well_formed(code):
        return "…"
    agency, day, number = code.rsplit("-", 2)
    year = day[:-4]  # of yyMMdd or yyyyMMdd
    return f"{agency}-{year}…-{number[0]}…{number[-2:] if len(number) > 4 else number[-1]}"


def hidden(text: str, codes: Iterable[str]) -> str:
    """The text with codes in it shown in part only: an address, a title and a redirect can hold one."""
    for code in codes:
        text = re.sub(re.escape(code), masked(code), text, flags=re.IGNORECASE)
    return text


def check_codes(codes: tuple[str, ...], most: int) -> None:
    """Codes in the setting `codes`, at most so many of one agency. ValueError, which shows no code."""
    for number, code in enumerate(codes, 1):
        if not well_formed(code):
            raise ValueError(
                f"codes.{number}: must be a dossier's code, AGENCY-DATE-NUMBER such as H26.14-240607-12345"
            )
        if code in codes[: number - 1]:
            raise ValueError(f"codes.{number}: is named twice")
        if sum(agency_of(other) == agency_of(code) for other in codes[:number]) > most:
            raise ValueError(f"codes.{number}: at most {most} may be of one agency")


def check_one_agency(codes: tuple[str, ...]) -> None:
    """Nobody's password is sent with the name of another."""
    for number, code in enumerate(codes, 1):
        if agency_of(code) != agency_of(codes[0]):
            raise ValueError(f"codes.{number}: must be of the agency of the first, whose password portal_adapter holds")
