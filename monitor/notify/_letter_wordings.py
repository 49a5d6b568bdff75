"""What a draft letter is about, states and asks for, by its notice. In Vietnamese alone, as `_letter_words`.

Who can merely not be seen any more is accused of nothing: such a letter asks to find out together, and never to mend.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum, auto
from types import MappingProxyType
from typing import Final

from monitor.incidents import Sharing
from monitor.notice import Event, Notice
from monitor.saying.voice import unseen

NPSP: Final = "Cổng Dịch vụ công quốc gia"
OF_INCIDENTS: Final = frozenset({Event.INCIDENT, Event.STILL_DOWN, Event.ENDED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """`fact` follows „Tính đến …, “ and has the number of what it is about in it; `ask` follows „Đề nghị “ and the recipient."""

    about: str
    fact: str = ""
    ask: str = ""


class Seen(Enum):
    """Of the agencies of a notice, what was seen of them."""

    ALL = auto()  # to be as the notice says
    SOME = auto()
    NONE = auto()  # they could only not be seen to be well


_FIX: Final = "xem xét, đôn đốc các cơ quan nêu trên kiểm tra, khắc phục và thông báo kết quả"
_TOGETHER: Final = (
    "phối hợp với các cơ quan nêu trên cùng kiểm tra, làm rõ vì sao hệ thống giám sát không kiểm tra được"
)
_BOTH: Final = (
    "xem xét, đôn đốc các cơ quan chưa đáp ứng yêu cầu kiểm tra, khắc phục và thông báo kết quả; phối hợp với các cơ quan "
    "không kiểm tra được cùng làm rõ nguyên nhân"
)
_CAUSE: Final = "xem xét, phối hợp với đơn vị quản lý, vận hành hệ thống liên quan để khắc phục sự cố"
_SYSTEM: Final = "xem xét, phối hợp với đơn vị quản lý, vận hành hệ thống nêu trên để kiểm tra, khắc phục"
_NOT_SAID: Final = "chưa có căn cứ kết luận là không còn hợp nhất, kết nối"
_NOBODY: Final = "không cơ quan nào bị tính là mất kết nối vì việc này"

_OF_EVENTS: Final[Mapping[Event, Wording]] = MappingProxyType(
    {
        Event.LOST: Wording(
            about=f"thông báo gián đoạn kết nối, tích hợp với {NPSP}",
            fact="có {n} cơ quan không còn đáp ứng yêu cầu hợp nhất, kết nối",
            ask=_FIX,
        ),
        Event.STILL_LOST: Wording(
            about=f"tiếp tục thông báo gián đoạn kết nối, tích hợp với {NPSP}",
            fact="còn {n} cơ quan chưa khôi phục việc hợp nhất, kết nối",
            ask=_FIX,
        ),
        Event.RESTORED: Wording(
            about=f"thông báo khôi phục kết nối, tích hợp với {NPSP}",
            fact="có {n} cơ quan đã khôi phục việc hợp nhất, kết nối",
        ),
        Event.UNSTABLE: Wording(
            about=f"thông báo kết nối không ổn định với {NPSP}",
            fact="có {n} cơ quan có kết quả hợp nhất, kết nối không ổn định",
            ask=_FIX,
        ),
        Event.STEADY: Wording(
            about=f"thông báo kết nối với {NPSP} đã ổn định",
            fact="kết quả hợp nhất, kết nối của {n} cơ quan đã ổn định",
        ),
        Event.INCIDENT: Wording(
            about=f"thông báo sự cố chung ảnh hưởng đến kết nối với {NPSP}",
            fact="có {n} sự cố chung ảnh hưởng đến nhiều cơ quan",
            ask=_CAUSE,
        ),
        Event.STILL_DOWN: Wording(
            about=f"tiếp tục thông báo sự cố chung ảnh hưởng đến kết nối với {NPSP}",
            fact="còn {n} sự cố chung chưa được khắc phục",
            ask=_CAUSE,
        ),
        Event.ENDED: Wording(about="thông báo kết thúc sự cố chung", fact="có {n} sự cố chung đã kết thúc"),
        Event.CONFLICT: Wording(
            about=f"rà soát thông tin không thống nhất về kết nối, tích hợp với {NPSP}",
            fact="có {n} cơ quan mà văn bản xác nhận không thống nhất với kết quả kiểm tra",
            ask="xem xét, chỉ đạo rà soát để xác định thông tin đúng",
        ),
        Event.CONFLICT_OVER: Wording(
            about=f"thông báo thông tin về kết nối, tích hợp với {NPSP} đã thống nhất",
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
_ANY: Final = Wording(about=f"thông báo kết quả giám sát kết nối, tích hợp với {NPSP}")
_UNSEEN: Final[Mapping[Event, Wording]] = MappingProxyType(
    {
        Event.LOST: Wording(
            about=f"đề nghị phối hợp kiểm tra kết nối, tích hợp với {NPSP}",
            fact=f"có {{n}} cơ quan mà hệ thống giám sát không còn kiểm tra được việc hợp nhất, kết nối ({_NOT_SAID})",
            ask=_TOGETHER,
        ),
        Event.STILL_LOST: Wording(
            about=f"tiếp tục đề nghị phối hợp kiểm tra kết nối, tích hợp với {NPSP}",
            fact=f"còn {{n}} cơ quan mà hệ thống giám sát chưa kiểm tra được việc hợp nhất, kết nối ({_NOT_SAID})",
            ask=_TOGETHER,
        ),
        Event.RESTORED: Wording(
            about=f"thông báo đã kiểm tra được trở lại kết nối, tích hợp với {NPSP}",
            fact="có {n} cơ quan mà hệ thống giám sát đã kiểm tra được trở lại việc hợp nhất, kết nối",
        ),
        Event.UNSTABLE: Wording(
            about=f"đề nghị phối hợp kiểm tra kết nối, tích hợp với {NPSP}",
            fact=f"có {{n}} cơ quan mà hệ thống giám sát lúc kiểm tra được, lúc không ({_NOT_SAID})",
            ask=_TOGETHER,
        ),
        Event.INCIDENT: Wording(
            about=f"đề nghị phối hợp kiểm tra kết nối của nhiều cơ quan với {NPSP}",
            fact=f"có {{n}} trường hợp nhiều cơ quan cùng không kiểm tra được ({_NOT_SAID})",
            ask=_TOGETHER,
        ),
        Event.STILL_DOWN: Wording(
            about=f"tiếp tục đề nghị phối hợp kiểm tra kết nối của nhiều cơ quan với {NPSP}",
            fact=f"còn {{n}} trường hợp nhiều cơ quan cùng chưa kiểm tra được ({_NOT_SAID})",
            ask=_TOGETHER,
        ),
    }
)
_PARTLY: Final[Mapping[Event, tuple[str, str]]] = MappingProxyType(  # fact and ask
    {
        Event.LOST: (
            f"có {{n}} cơ quan không còn đáp ứng yêu cầu hợp nhất, kết nối hoặc không còn kiểm tra được ({_NOT_SAID})",
            _BOTH,
        ),
        Event.STILL_LOST: (
            f"còn {{n}} cơ quan chưa khôi phục việc hợp nhất, kết nối hoặc chưa kiểm tra được ({_NOT_SAID})",
            _BOTH,
        ),
        Event.RESTORED: ("có {n} cơ quan đã khôi phục hoặc đã kiểm tra được trở lại việc hợp nhất, kết nối", ""),
        Event.UNSTABLE: (
            "có {n} cơ quan có kết quả hợp nhất, kết nối không ổn định hoặc lúc kiểm tra được, lúc không",
            _BOTH,
        ),
    }
)
_NATIONAL: Final[Mapping[Event, Wording]] = MappingProxyType(
    {
        Event.INCIDENT: Wording(
            about="thông báo gián đoạn hệ thống quốc gia",
            fact=f"có {{n}} hệ thống quốc gia bị gián đoạn ({_NOBODY})",
            ask=_SYSTEM,
        ),
        Event.STILL_DOWN: Wording(
            about="tiếp tục thông báo gián đoạn hệ thống quốc gia",
            fact=f"còn {{n}} hệ thống quốc gia chưa hoạt động trở lại ({_NOBODY})",
            ask=_SYSTEM,
        ),
        Event.ENDED: Wording(
            about="thông báo hệ thống quốc gia đã hoạt động trở lại",
            fact="có {n} hệ thống quốc gia đã hoạt động trở lại",
        ),
    }
)
_MONITOR: Final[Mapping[Event, Wording]] = MappingProxyType(
    {
        Event.INCIDENT: Wording(
            about="thông báo hệ thống giám sát mất kết nối mạng", fact=f"hệ thống giám sát mất kết nối mạng ({_NOBODY})"
        ),
        Event.STILL_DOWN: Wording(
            about="tiếp tục thông báo hệ thống giám sát mất kết nối mạng",
            fact=f"hệ thống giám sát chưa kết nối mạng trở lại ({_NOBODY})",
        ),
        Event.ENDED: Wording(
            about="thông báo hệ thống giám sát đã kết nối mạng trở lại",
            fact="hệ thống giám sát đã kết nối mạng trở lại",
        ),
    }
)
_MIXED: Final = MappingProxyType(  # national systems, and what agencies share: the table says which is which
    {
        Event.INCIDENT: "có {n} sự cố",
        Event.STILL_DOWN: "còn {n} sự cố chưa kết thúc",
        Event.ENDED: "có {n} sự cố đã kết thúc",
    }
)


def wording(notice: Notice) -> Wording:
    usual = _OF_EVENTS.get(notice.event, _ANY)
    if notice.event in OF_INCIDENTS and notice.groups:
        return _of_incidents(notice, usual)
    return _as_seen(notice, usual)


def seen(notice: Notice) -> Seen:
    """Of agencies beyond the entries nobody can say it, so these are not called unseen."""
    hidden = [unseen(entry) for entry in notice.entries]
    if not any(hidden):
        return Seen.ALL
    return Seen.NONE if all(hidden) and not notice.more else Seen.SOME


def _of_incidents(notice: Notice, usual: Wording) -> Wording:
    kinds = {group.sharing for group in notice.groups}
    if kinds == {Sharing.NATIONAL}:
        return _NATIONAL[notice.event]
    if kinds == {Sharing.MONITOR}:
        return _MONITOR[notice.event]
    if kinds & {Sharing.NATIONAL, Sharing.MONITOR}:
        return replace(usual, fact=_MIXED[notice.event])
    return _as_seen(notice, usual)


def _as_seen(notice: Notice, usual: Wording) -> Wording:
    match seen(notice):
        case Seen.NONE:
            return _UNSEEN.get(notice.event, usual)
        case Seen.SOME if notice.event in _PARTLY:
            fact, ask = _PARTLY[notice.event]
            return replace(usual, fact=fact, ask=ask)
    return usual
