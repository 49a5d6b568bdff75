"""What the draft letter says, by notice. In Vietnamese alone: it is the language of the State's documents.

The sentences are those of an official letter from one body to another, and the terms those of `monitor.words`; single
figures are written with a nought (01 cơ quan), as official letters write them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final

from monitor.incidents import Sharing
from monitor.model import ZONE, Answer, Condition, Level
from monitor.notice import Entry, Event, Group, Move, Notice
from monitor.saying.letter import body
from monitor.saying.plain import plain
from monitor.saying.voice import Voice
from monitor.words import Language, day, kind, phrase, word
from probes import Reason

_VI: Final = Language.VI
_NPSP: Final = "Cổng Dịch vụ công quốc gia"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """`fact` follows „Tính đến …, “ and has the number of agencies in it; `ask` follows „Đề nghị “ and the recipient."""

    about: str
    fact: str = ""
    ask: str = ""


_FIX: Final = "xem xét, đôn đốc các cơ quan nêu trên kiểm tra, khắc phục và thông báo kết quả"
_WORDINGS: Final[Mapping[Event, Wording]] = MappingProxyType(
    {
        Event.LOST: Wording(
            about=f"thông báo gián đoạn kết nối, tích hợp với {_NPSP}",
            fact="có {n} cơ quan không còn đáp ứng yêu cầu hợp nhất, kết nối",
            ask=_FIX,
        ),
        Event.STILL_LOST: Wording(
            about=f"tiếp tục thông báo gián đoạn kết nối, tích hợp với {_NPSP}",
            fact="còn {n} cơ quan chưa khôi phục việc hợp nhất, kết nối",
            ask=_FIX,
        ),
        Event.RESTORED: Wording(
            about=f"thông báo khôi phục kết nối, tích hợp với {_NPSP}",
            fact="có {n} cơ quan đã khôi phục việc hợp nhất, kết nối",
        ),
        Event.UNSTABLE: Wording(
            about=f"thông báo kết nối không ổn định với {_NPSP}",
            fact="có {n} cơ quan có kết quả hợp nhất, kết nối không ổn định",
            ask=_FIX,
        ),
        Event.STEADY: Wording(
            about=f"thông báo kết nối với {_NPSP} đã ổn định",
            fact="kết quả hợp nhất, kết nối của {n} cơ quan đã ổn định",
        ),
        Event.INCIDENT: Wording(
            about=f"thông báo sự cố chung ảnh hưởng đến kết nối với {_NPSP}",
            fact="có {n} sự cố chung ảnh hưởng đến nhiều cơ quan",
            ask="xem xét, phối hợp với đơn vị quản lý, vận hành hệ thống liên quan để khắc phục sự cố",
        ),
        Event.STILL_DOWN: Wording(
            about=f"tiếp tục thông báo sự cố chung ảnh hưởng đến kết nối với {_NPSP}",
            fact="còn {n} sự cố chung chưa được khắc phục",
            ask="xem xét, phối hợp với đơn vị quản lý, vận hành hệ thống liên quan để khắc phục sự cố",
        ),
        Event.ENDED: Wording(about="thông báo kết thúc sự cố chung", fact="có {n} sự cố chung đã kết thúc"),
        Event.CONFLICT: Wording(
            about=f"rà soát thông tin không thống nhất về kết nối, tích hợp với {_NPSP}",
            fact="có {n} cơ quan mà văn bản xác nhận không thống nhất với kết quả kiểm tra",
            ask="xem xét, chỉ đạo rà soát để xác định thông tin đúng",
        ),
        Event.CONFLICT_OVER: Wording(
            about=f"thông báo thông tin về kết nối, tích hợp với {_NPSP} đã thống nhất",
            fact="văn bản xác nhận và kết quả kiểm tra của {n} cơ quan đã thống nhất",
        ),
        Event.CERTIFICATE: Wording(
            about="thông báo chứng thư số của cổng dịch vụ công sắp hết hạn",
            fact="có {n} cơ quan có chứng thư số của cổng dịch vụ công sắp hết hạn",
            ask="đôn đốc các cơ quan nêu trên thay chứng thư số trước thời điểm hết hạn",
        ),
        Event.CERTIFICATE_RENEWED: Wording(
            about="thông báo chứng thư số của cổng dịch vụ công đã được thay mới",
            fact="có {n} cơ quan đã thay mới chứng thư số của cổng dịch vụ công",
        ),
    }
)
_ANY: Final = Wording(about=f"thông báo kết quả giám sát kết nối, tích hợp với {_NPSP}")
_LOST: Final = MappingProxyType(
    {Condition.CONNECTED: f"Mất kết nối với {_NPSP}", Condition.MERGED: "Không còn là một hệ thống hợp nhất"}
)
_BACK: Final = MappingProxyType(
    {Condition.CONNECTED: f"Đã kết nối lại với {_NPSP}", Condition.MERGED: "Đã hợp nhất trở lại"}
)
_SHARED: Final = MappingProxyType(
    {
        Sharing.PLATFORM: "cùng dùng phần mềm {value}",
        Sharing.NETWORK: "cùng đặt máy chủ trong mạng {value}",
        Sharing.ISSUER: "cùng dùng chứng thư số do {value} cấp",
        Sharing.LEVEL: "cùng cấp",
    }
)
_NO_REASONS: Final = MappingProxyType({"document": "theo văn bản", "no_evidence": "chưa đủ căn cứ"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table."""

    number: int
    name: str
    code: str
    what: str
    since: str
    why: str


def about(notice: Notice) -> str:
    """What stands after V/v."""
    return _wording(notice).about


def opening(notice: Notice, issuer: str, recipient: str) -> tuple[str, ...]:
    """Up to the table."""
    first = (
        "Qua theo dõi bằng hệ thống giám sát tự động việc hợp nhất cổng dịch vụ công với hệ thống thông tin một cửa điện "
        f"tử và việc kết nối, tích hợp với {_NPSP} của các bộ, ngành, địa phương, {issuer} thông báo tới {recipient} như sau:"
    )
    fact = _wording(notice).fact.format(n=_two(_how_many(notice)))
    return (first, f"1. Tính đến {at(notice.at)}, {fact}, cụ thể:") if fact else (first,)


def closing(notice: Notice, recipient: str) -> tuple[str, ...]:
    """What follows the table; of those that have none, such as digests, the notice in words."""
    wording = _wording(notice)
    parts = [] if wording.fact else _in_words(notice)
    numbered = [_scores(notice.moves)] if notice.moves and wording.fact else []
    numbered += [f"Đề nghị {recipient} {wording.ask}."] if wording.ask else []
    rest = [f"Ngoài ra còn {_two(notice.more)} cơ quan khác chưa nêu trong bảng."] if notice.more else []
    return (*rest, *parts, *(f"{number}. {each}" for number, each in enumerate(numbered, 2)))


def _in_words(notice: Notice) -> list[str]:
    said = plain(body(notice, Voice(language=_VI)), wide=True)
    return [line.strip() for line in said.splitlines() if line.strip()]


def rows(notice: Notice) -> tuple[Row, ...]:
    """Agencies of the notice; of incidents, what they have in common."""
    if not _wording(notice).fact:
        return ()
    groups = notice.groups if notice.event in (Event.INCIDENT, Event.STILL_DOWN, Event.ENDED) else ()
    if groups:
        return tuple(_of_group(number, group) for number, group in enumerate(groups, 1))
    return tuple(_of_agency(number, entry, notice.event) for number, entry in enumerate(notice.entries, 1))


def mark() -> str:
    return "Bản dự thảo do hệ thống giám sát lập tự động, chưa được ký ban hành, không có giá trị pháp lý"


def synthetic_mark(notice: Notice) -> str:
    """Nothing, of data that is real."""
    if not notice.synthetic:
        return ""
    return f"DỮ LIỆU MÔ PHỎNG (kịch bản {notice.synthetic}), KHÔNG PHẢN ÁNH THỰC TẾ"


def dated(when: datetime) -> str:
    """Of the letter: the day is left to who issues it. January and February have a nought, as the decree wants."""
    local = when.astimezone(ZONE)
    month = f"{local.month:02}" if local.month < 3 else str(local.month)
    return f"ngày ... tháng {month} năm {local.year}"


def at(when: datetime) -> str:
    local = when.astimezone(ZONE)
    return f"{local:%H} giờ {local:%M} ngày {day(local.date(), _VI)}"


# ---- parts


def _wording(notice: Notice) -> Wording:
    return _WORDINGS.get(notice.event, _ANY)


def _how_many(notice: Notice) -> int:
    incidents = notice.event in (Event.INCIDENT, Event.STILL_DOWN, Event.ENDED)
    return len(notice.groups) if incidents else len(notice.entries) + notice.more


def _two(count: int) -> str:
    return f"{count:02}"


def _of_agency(number: int, entry: Entry, event: Event) -> Row:
    return Row(
        number=number,
        name=entry.name,
        code=entry.agency,
        what=_what(entry, event),
        since=_times(entry.since, entry.until),
        why=_sentence("; ".join(_why(entry))),
    )


def _what(entry: Entry, event: Event) -> str:
    if event in (Event.CERTIFICATE, Event.CERTIFICATE_RENEWED):
        return f"Chứng thư số hết hạn lúc {at(entry.expires)}" if entry.expires else "Chứng thư số"
    if event in (Event.CONFLICT, Event.CONFLICT_OVER):
        return _contradiction(entry)
    if event is Event.UNSTABLE and entry.times:
        return f"Gián đoạn {_two(entry.times)} lần"
    names = _BACK if event is Event.RESTORED or entry.until else _LOST
    return "; ".join(names[each] for each in entry.conditions)


def _contradiction(entry: Entry) -> str:
    about_what = ", ".join(word(each, _VI) for each in entry.against or entry.conditions)
    if not (entry.document and entry.issued and entry.issuer):
        return f"Văn bản trái với kết quả kiểm tra về {about_what}"
    told = phrase(
        "conflict_told",
        _VI,
        document=entry.document,
        day=day(entry.issued, _VI),
        issuer=entry.issuer,
        says=_answer(entry.says, about_what),
        looks=_answer(entry.looks, about_what),
    )
    return _sentence(told)


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _answer(answer: Answer | None, about_what: str) -> str:
    return word(Answer.UNKNOWN, _VI) if answer in (None, Answer.UNKNOWN) else f"{word(answer, _VI)} {about_what}"


def _why(entry: Entry) -> Iterator[str]:
    reasons = (*entry.reasons, *("" for _ in entry.because))
    for name, reason in zip(entry.because, reasons, strict=False):
        said = _reason(reason)
        yield f"{kind(name, _VI)}: {said}" if said else kind(name, _VI)


def _reason(reason: str) -> str:
    if reason in _NO_REASONS:
        return _NO_REASONS[reason]
    known = next((each for each in Reason if each.value == reason), None)
    return word(known, _VI) if known else reason


def _of_group(number: int, group: Group) -> Row:
    return Row(
        number=number,
        name=_cause(group),
        code=group.value if group.sharing is Sharing.NATIONAL else "",
        what=f"Ảnh hưởng đến {_two(group.down)} trên {_two(group.of)} cơ quan",
        since=_times(group.since, group.until),
        why="Tổng hợp kết quả kiểm tra của các cơ quan",
    )


def _cause(group: Group) -> str:
    if group.sharing is Sharing.MONITOR:
        return "Đường truyền của hệ thống giám sát"
    if group.sharing is Sharing.NATIONAL:
        return group.name or f"Hệ thống quốc gia {group.value}"
    value = word(Level(group.value), _VI) if group.sharing is Sharing.LEVEL else group.value
    return f"Các cơ quan {_SHARED[group.sharing].format(value=value)}"


def _times(since: datetime | None, until: datetime | None) -> str:
    if since is None:
        return f"Đến {at(until)}" if until else ""
    return f"Từ {at(since)} đến {at(until)}" if until else f"Từ {at(since)}"


def _scores(moves: tuple[Move, ...]) -> str:
    return f"Số cơ quan đã hợp nhất, kết nối: {'; '.join(map(_score, moves))}."


def _score(move: Move) -> str:
    (before, of_before), (after, of) = move.before, move.after
    told = f"{word(move.level, _VI)} {after}/{of}"
    told += " (không thay đổi)" if move.before == move.after else f" (trước đó {before}/{of_before})"
    return f"{told}, chưa xác định {_two(move.unknown)}" if move.unknown else told
