"""What people read in an alert, in both languages: the sentences of config/prometheus/rules.

An alert is told again and again without the message that it came by, so its texts are made of the notice alone.
"""

from datetime import datetime
from types import MappingProxyType
from typing import Final

from monitor.incidents import Sharing
from monitor.model import Condition, Level
from monitor.notice import Entry, Event, Group, Move, Notice
from monitor.words import Language, moment, number, one_of, word

Text = tuple[str, str, str, str]  # summary and description, Vietnamese and English
Both = tuple[str, str]

_VI, _EN = Language.VI, Language.EN
_LOST: Final = MappingProxyType(
    {
        Condition.CONNECTED: (
            "mất kết nối với Cổng Dịch vụ công quốc gia",
            "no longer connected to the National Public Service Portal",
        ),
        Condition.MERGED: ("không còn là một hệ thống hợp nhất", "no longer merged into one system"),
        None: ("không còn hợp nhất, kết nối", "no longer integrated"),
    }
)
_SHARED: Final = MappingProxyType(
    {
        Sharing.PLATFORM: ("dùng chung phần mềm", "the same software"),
        Sharing.NETWORK: ("đặt máy chủ trong cùng một mạng", "hosted in one network"),
        Sharing.ISSUER: ("chứng thư số do cùng một nơi cấp", "certificates of one issuer"),
        Sharing.LEVEL: ("cùng cấp", "of one level"),
    }
)


def about_agency(event: Event, entry: Entry, condition: Condition | None) -> Text:
    vi, en = _trouble(event, entry, condition)
    more_vi, more_en = _since(entry.since)
    if entry.because:
        more_vi += f" Căn cứ: {_decided(entry)}."
        more_en += f" Decided by: {_decided(entry)}."
    return (
        f"{entry.name} ({entry.agency}): {vi}",
        f"{entry.name_en} ({entry.agency}): {en}",
        more_vi.strip(),
        more_en.strip(),
    )


def _trouble(event: Event, entry: Entry, condition: Condition | None) -> Both:
    if event in (Event.CERTIFICATE, Event.CERTIFICATE_RENEWED):
        return _ends(entry)
    if event not in (Event.CONFLICT, Event.CONFLICT_OVER):
        vi, en = _LOST[condition]
        return (f"{vi} (không ổn định)", f"{en} (unstable)") if event is Event.UNSTABLE else (vi, en)
    about = (f" về {word(condition, _VI)}", f" about being {word(condition, _EN)}") if condition else ("", "")
    return f"văn bản trái với kết quả kiểm tra{about[0]}", f"a document contradicts the looks{about[1]}"


def _ends(entry: Entry) -> Both:
    if entry.expires is None:
        return "chứng thư số sắp hết hạn", "the certificate is about to end"
    return (
        f"chứng thư số hết hạn lúc {moment(entry.expires, _VI)}",
        f"the certificate ends on {moment(entry.expires, _EN)}",
    )


def _decided(entry: Entry) -> str:
    reasons = (*entry.reasons, *("" for _ in entry.because))
    pairs = zip(entry.because, reasons, strict=False)
    return ", ".join(f"{name} ({reason})" if reason else name for name, reason in pairs)


def about_group(notice: Notice, group: Group, named: str) -> Text:
    vi, en = _cause(group, named)
    more_vi, more_en = _since(group.since)
    if notice.event is not Event.ENDED and group.sharing not in (Sharing.NATIONAL, Sharing.MONITOR):
        more_vi += " Cảnh báo này thay cho cảnh báo riêng của từng cơ quan."
        more_en += " This alert stands for those of the agencies."
    return vi, en, more_vi, more_en


def _cause(group: Group, named: str) -> Both:
    if group.sharing is Sharing.MONITOR:
        return "Hệ thống giám sát mất kết nối mạng", "The monitor's own way out is down"
    if group.sharing is Sharing.NATIONAL:
        name, name_en = group.name or group.value, group.name_en or group.value
        return f"Hệ thống quốc gia đang gián đoạn: {name}", f"A national system is down: {name_en}"
    vi, en = _SHARED[group.sharing]
    return (
        f"Sự cố chung: {group.down} trên {group.of} cơ quan cùng gặp sự cố ({vi}: {named})",
        f"Incident: {group.down} of {group.of} agencies dropped out together ({en}: {named})",
    )


def about_score(move: Move) -> Text:
    (before, of_before), (after, of) = move.before, move.after
    level = Level(move.level)
    return (
        f"Số {word(level, _VI)} đã hợp nhất và kết nối giảm: {before}/{of_before} → {after}/{of}",
        f"Fewer {word(level, _EN)} are integrated: {before}/{of_before} → {after}/{of}",
        f"Không xác định: {move.unknown} {one_of(level, _VI)}." if move.unknown else "",
        f"Unknown: {move.unknown}." if move.unknown else "",
    )


def about_itself(notice: Notice) -> Text:
    vi, en = _itself(notice)
    return vi, en, *_since(notice.since)


def _itself(notice: Notice) -> Both:
    if notice.event in (Event.BLIND, Event.SIGHTED):
        share = (notice.share or 0.0) * 100
        vi, en = f" ({number(share, _VI)} %)" if share else "", f" ({number(share, _EN)} %)" if share else ""
        return f"Quá nhiều kết quả không xác định{vi}", f"Too many answers are unknown{en}"
    if notice.event is Event.SILENT:
        return "Hệ thống giám sát đã ngừng kiểm tra một thời gian", "The monitor did not look for a while"
    if notice.event is Event.UNDELIVERED:
        return f"Không gửi được thông báo qua kênh {notice.channel}", f"Channel {notice.channel} does not take notices"
    return "Thông báo thử từ hệ thống giám sát", "A test notice of the monitor"


def _since(at: datetime | None) -> Both:
    return (f"Từ {moment(at, _VI)} (giờ Việt Nam).", f"Since {moment(at, _EN)} (time of Viet Nam).") if at else ("", "")
