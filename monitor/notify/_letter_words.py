"""What the draft letter says, by notice. In Vietnamese alone: it is the language of the State's documents.

The sentences are those of an official letter from one body to another, and the terms those of `monitor.words`; single
figures are written with a nought (01 cơ quan), as official letters write them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final

from monitor.incidents import Sharing
from monitor.model import ZONE, Answer, Condition, Level
from monitor.notice import Entry, Event, Group, Move, Notice
from monitor.notify._letter_wordings import NPSP, OF_INCIDENTS, wording
from monitor.saying.entries import listed, members
from monitor.saying.letter import body
from monitor.saying.plain import plain
from monitor.saying.voice import Voice, disproved, unseen
from monitor.words import Language, day, phrase, word

_VI: Final = Language.VI
_VOICE: Final = Voice(language=_VI)


_LOST: Final = MappingProxyType(
    {Condition.CONNECTED: f"Mất kết nối với {NPSP}", Condition.MERGED: "Không còn là một hệ thống hợp nhất"}
)
_UNSEEN: Final = MappingProxyType(
    {
        Condition.CONNECTED: f"Không kiểm tra được việc kết nối với {NPSP}",
        Condition.MERGED: "Không kiểm tra được việc hợp nhất",
    }
)
_BACK: Final = MappingProxyType(
    {Condition.CONNECTED: f"Đã kết nối lại với {NPSP}", Condition.MERGED: "Đã hợp nhất trở lại"}
)
_SEEN_AGAIN: Final = MappingProxyType(
    {
        Condition.CONNECTED: f"Đã kiểm tra được trở lại việc kết nối với {NPSP}",
        Condition.MERGED: "Đã kiểm tra được trở lại việc hợp nhất",
    }
)
_WELL_NOW: Final = MappingProxyType(  # at the end of an incident, which does not remember what was seen of whom
    {Condition.CONNECTED: f"Kết quả kiểm tra: đã kết nối với {NPSP}", Condition.MERGED: "Kết quả kiểm tra: đã hợp nhất"}
)
_SHARED: Final = MappingProxyType(
    {
        Sharing.PLATFORM: "cùng dùng phần mềm {value}",
        Sharing.NETWORK: "cùng đặt máy chủ trong mạng {value}",
        Sharing.ISSUER: "cùng dùng chứng thư số do {value} cấp",
        Sharing.LEVEL: "cùng cấp",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table. Agencies below an incident are numbered 1.1, 1.2."""

    number: str
    name: str
    code: str
    what: str
    since: str
    why: str


def about(notice: Notice) -> str:
    """What stands after V/v."""
    return wording(notice).about


def opening(notice: Notice, issuer: str, recipient: str) -> tuple[str, ...]:
    """Up to the table."""
    first = (
        "Qua theo dõi bằng hệ thống giám sát tự động việc hợp nhất cổng dịch vụ công với hệ thống thông tin một cửa điện "
        f"tử và việc kết nối, tích hợp với {NPSP} của các bộ, ngành, địa phương, {issuer} thông báo tới {recipient} như sau:"
    )
    fact = wording(notice).fact.format(n=_two(_how_many(notice)))
    return (first, f"1. Tính đến {at(notice.at)}, {fact}, cụ thể:") if fact else (first,)


def closing(notice: Notice, recipient: str) -> tuple[str, ...]:
    """What follows the table; of those that have none, such as digests, the notice in words."""
    said = wording(notice)
    parts = [] if said.fact else _in_words(notice)
    numbered = [_scores(notice.moves)] if notice.moves and said.fact else []
    numbered += [f"Đề nghị {recipient} {said.ask}."] if said.ask else []
    rest = [f"Ngoài ra còn {_two(notice.more)} cơ quan khác chưa nêu trong bảng."] if notice.more else []
    return (*rest, *parts, *(f"{number}. {each}" for number, each in enumerate(numbered, 2)))


def _in_words(notice: Notice) -> list[str]:
    said = plain(body(notice, _VOICE), wide=True)
    return [line.strip() for line in said.splitlines() if line.strip()]


def rows(notice: Notice) -> tuple[Row, ...]:
    """Agencies of the notice; of incidents each of them, and below it those that are down by it."""
    if not wording(notice).fact:
        return ()
    return tuple(_numbered(notice, notice.groups if notice.event in OF_INCIDENTS else ()))


def _numbered(notice: Notice, groups: tuple[Group, ...]) -> Iterator[Row]:
    told: set[str] = set()
    for number, group in enumerate(groups, 1):
        within = members(notice, group)
        yield _of_group(str(number), group, within)
        for place, entry in enumerate(within, 1):
            yield _of_agency(f"{number}.{place}", entry, notice.event)
        told |= {entry.agency for entry in within}
    rest = (entry for entry in listed(notice) if entry.agency not in told)
    for number, entry in enumerate(rest, len(groups) + 1):
        yield _of_agency(str(number), entry, notice.event)


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


def _how_many(notice: Notice) -> int:
    if notice.event in OF_INCIDENTS and notice.groups:
        return len(notice.groups) + notice.more_groups
    return len(notice.entries) + notice.more


def _two(count: int) -> str:
    return f"{count:02}"


def _of_agency(number: str, entry: Entry, event: Event) -> Row:
    return Row(
        number=number,
        name=entry.name,
        code=entry.agency,
        what=_what(entry, event),
        since=_times(entry.since, entry.until),
        why=_sentence("; ".join(_VOICE.why(entry))),
    )


def _what(entry: Entry, event: Event) -> str:
    if event in (Event.CERTIFICATE, Event.CERTIFICATE_RENEWED):
        return f"Chứng thư số hết hạn lúc {at(entry.expires)}" if entry.expires else "Chứng thư số"
    if event in (Event.CONFLICT, Event.CONFLICT_OVER):
        return _contradiction(entry)
    if event is Event.UNSTABLE and entry.times:
        return f"Gián đoạn {_two(entry.times)} lần"
    return "; ".join(_of_conditions(entry, event))


def _of_conditions(entry: Entry, event: Event) -> Iterator[str]:
    known = () if unseen(entry) else disproved(entry)
    over = event is Event.RESTORED or entry.until is not None
    names, hidden = (_BACK, _SEEN_AGAIN) if over else (_LOST, _UNSEEN)
    names = _WELL_NOW if over and event is Event.ENDED else names
    return (names[each] if each in known else hidden[each] for each in entry.conditions)


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


def _of_group(number: str, group: Group, within: tuple[Entry, ...]) -> Row:
    """No code: what they share has none, and the keys of national systems are ours."""
    return Row(
        number=number,
        name=_cause(group),
        code="",
        what=_what_group(group, unseen_all=bool(within) and all(map(unseen, within))),
        since=_times(group.since, group.until),
        why="Tổng hợp kết quả kiểm tra của các cơ quan" if group.sharing in _SHARED else "Kết quả giám sát",
    )


def _what_group(group: Group, *, unseen_all: bool) -> str:
    if group.sharing is Sharing.MONITOR:
        return "Đã kết nối mạng trở lại" if group.until else "Mất kết nối mạng"
    if group.sharing is Sharing.NATIONAL:
        needed = f"; số cơ quan có kết quả kiểm tra phụ thuộc hệ thống này: {_two(group.down)}" if group.down else ""
        return "Đã hoạt động trở lại" if group.until else f"Hệ thống gián đoạn{needed}"
    down = f"{_two(group.down)} trên {_two(group.of)} cơ quan"
    return f"Không kiểm tra được {down}" if unseen_all else f"Ảnh hưởng đến {down}"


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
