"""What people read, in Vietnamese and English: one catalogue, so that no word of the house is said in two ways.

Vietnamese terms follow official usage (Nghị định 61/2018, 107/2021, Thông tư 21/2023/TT-BTTTT); all text is NFC.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

from monitor.event_words import EVENTS, SEVERITIES
from monitor.filling import fill
from monitor.model import ZONE, Answer, Condition, Level, Score
from monitor.notice import Event, Severity
from monitor.notice_words import NOTICES
from monitor.reason_words import REASONS
from monitor.remedies import Remedy
from monitor.remedy_words import REMEDIES
from probes import Reason, Status


class Language(StrEnum):
    VI = "vi"
    EN = "en"


Both = tuple[str, str]  # Vietnamese, English
Word = Reason | Status | Answer | Level | Condition | Event | Severity | Remedy

_STATUSES: Final = {
    Status.OK: ("đạt", "ok"),
    Status.FAILED: ("không đạt", "failed"),
    Status.UNKNOWN: ("chưa xác định", "unknown"),
}
_ANSWERS: Final = {
    Answer.YES: ("đã", "yes"),
    Answer.NO: ("chưa", "not yet"),
    Answer.UNKNOWN: ("không xác định", "unknown"),
}
_LEVELS: Final = {
    Level.PROVINCE: ("địa phương", "provinces"),
    Level.MINISTRY: ("bộ, ngành", "ministries"),
    Level.NATIONAL: ("hệ thống quốc gia", "national systems"),
}
_ONE_OF: Final[Mapping[Level, Both]] = MappingProxyType(
    {
        Level.PROVINCE: ("địa phương", "province"),
        Level.MINISTRY: ("bộ, ngành", "ministry"),
        Level.NATIONAL: ("hệ thống quốc gia", "national system"),
    }
)
_CONDITIONS: Final = {
    Condition.MERGED: ("hợp nhất", "merged"),
    Condition.CONNECTED: ("kết nối", "connected"),
}
_WORDS: Final[Mapping[type[StrEnum], Mapping[Any, Both]]] = MappingProxyType(
    {
        Status: _STATUSES,
        Answer: _ANSWERS,
        Level: _LEVELS,
        Condition: _CONDITIONS,
        Reason: REASONS,
        Event: EVENTS,
        Severity: SEVERITIES,
        Remedy: REMEDIES,
    }
)

# A kind without a phrase is shown by its name, so that a new kind needs nothing here.
_KINDS: Final[Mapping[str, Both]] = MappingProxyType(
    {
        "http": ("trang của cổng", "portal's page"),
        "tls": ("chứng thư số", "certificate"),
        "dns": ("bản ghi tên miền", "domain records"),
        "tcp": ("kết nối tới máy chủ", "server connection"),
        "one_door": ("một hệ thống duy nhất", "one system only"),
        "sign_on": ("đăng nhập một lần", "single sign-on"),
        "hand_over": ("tiếp nhận hồ sơ từ Cổng quốc gia", "hand-over from the national portal"),
        "figure": ("chỉ số đánh giá", "figure of the report"),
        "dossier_sync": ("đồng bộ hồ sơ", "dossier synchronisation"),
        "adapter": ("hệ thống kết nối (adapter)", "data-exchange adapter"),
        "security_server": ("máy chủ bảo mật", "security server"),
        "dossier": ("trạng thái hồ sơ", "dossier status"),
        "catalogue": ("danh mục thủ tục hành chính", "procedure catalogue"),
        "heartbeat": ("tín hiệu định kỳ", "heartbeat"),
    }
)

_PHRASES: Final[Mapping[str, Both]] = MappingProxyType(
    {
        "title": (
            "Kết nối, tích hợp với Cổng Dịch vụ công quốc gia",
            "Integration with the National Public Service Portal",
        ),
        "as_of": ("Tính đến ngày {day}", "As of {day}"),
        "measured": ("Lượt kiểm tra gần nhất {at} (giờ Việt Nam)", "Latest look {at} (time of Viet Nam)"),
        "synthetic": (
            "Dữ liệu mô phỏng (synthetic): kịch bản {name}, theo danh sách và quy định ngày {day}",
            "Synthetic data: scenario {name}, by the roster and the rules of {day}",
        ),
        "warming_up": ("Chưa kiểm tra lần đầu: {n} trên {m} mục", "Not yet looked at: {n} of {m}"),
        "offline": (
            "Hệ thống giám sát đang mất kết nối mạng; kết quả dưới đây là kết quả gần nhất trước đó.",
            "The monitor's own way out is down; what follows is what held before.",
        ),
        "stale_config": (
            "Lần nạp lại cấu hình gần nhất bị lỗi; hệ thống giữ cấu hình cũ.",
            "The last reload of the configuration failed; the old one is kept.",
        ),
        "integrated_of": ("{level} đã hợp nhất và kết nối", "{level} merged and connected"),
        "declared": ("Theo báo cáo, tính đến ngày {day}", "As declared, as of {day}"),
        "differs": ("chênh lệch {n} so với báo cáo", "differs by {n} from what is declared"),
        "agrees": ("khớp với báo cáo", "agrees with what is declared"),
        "not_comparable": (
            "không so sánh được (khi đó {then} cơ quan, nay {now})",
            "not comparable ({then} agencies then, {now} now)",
        ),
        "declared_not_measured": ("Báo cáo: đã; kiểm tra: chưa", "Declared integrated, measured as not"),
        "measured_not_declared": ("Kiểm tra: đã; báo cáo: chưa", "Measured as integrated, not declared"),
        "declared_unknown": ("Báo cáo: đã; kiểm tra: không xác định", "Declared integrated, unknown to us"),
        "no_declared": ("Không có số liệu báo cáo", "Nothing declared"),
        "missing": ("Chưa hợp nhất, kết nối", "Not integrated"),
        "nobody_missing": ("Không có cơ quan nào.", "None."),
        "conflicts": ("Văn bản trái với kết quả kiểm tra", "Documents against looks"),
        "conflict_told": (
            "văn bản {document} ngày {day} của {issuer} ghi: {says}; kết quả kiểm tra: {looks}",
            "{document} of {day}, {issuer}, says {says}, the looks say {looks}",
        ),
        "conflicts_help": (
            "Văn bản xác nhận và kết quả kiểm tra không thống nhất; cần rà soát.",
            "A document says one thing, the looks another; somebody has to find out.",
        ),
        "unknowns": ("Không xác định", "Unknown"),
        "unknowns_help": (
            "Không đủ căn cứ để trả lời; không tính là chưa kết nối.",
            "Not enough evidence to answer; never counted as not integrated.",
        ),
        "rest": ("Đã hợp nhất và kết nối", "Integrated"),
        "watched": ("Theo dõi, không tính vào tỷ lệ", "Watched, not counted"),
        "agency": ("Cơ quan", "Agency"),
        "code": ("Mã", "Code"),
        "level": ("Cấp", "Level"),
        "merged": ("Hợp nhất", "Merged"),
        "connected": ("Kết nối", "Connected"),
        "integrated": ("Hợp nhất và kết nối", "Integrated"),
        "since": ("Từ", "Since"),
        "why": ("Lý do", "Reason"),
        "because": ("Căn cứ", "Decided by"),
        "condition": ("Điều kiện", "Condition"),
        "standing": ("Kết quả", "Standing"),
        "meaning": (
            (
                "Hợp nhất: Cổng dịch vụ công và hệ thống thông tin một cửa điện tử đã thành một Hệ thống thông tin "
                "giải quyết thủ tục hành chính. Kết nối: hệ thống đó đã kết nối với Cổng Dịch vụ công quốc gia."
            ),
            (
                "Merged: the public service portal and the electronic one-stop system have become one system for "
                "administrative procedures. Connected: that system is connected to the National Public Service Portal."
            ),
        ),
        "answer": ("Trả lời", "Answer"),
        "detail": ("Chi tiết", "Detail"),
        "conflict": ("Mâu thuẫn", "Conflict"),
        "portal": ("Cổng", "Portal"),
        "checks": ("Các mục kiểm tra", "Checks"),
        "no_checks": ("Không có mục kiểm tra nào áp dụng.", "No check applies."),
        "check": ("Mục kiểm tra", "Check"),
        "state": ("Trạng thái", "State"),
        "last_look": ("Kiểm tra lúc", "Looked at"),
        "no_look": ("chưa kiểm tra", "not yet looked at"),
        "look_spared": (
            "Lượt gần nhất: {reason}; không nói lên điều gì về cơ quan, trạng thái được giữ nguyên",
            "Latest look: {reason}; it says nothing of the agency, whose state is kept",
        ),
        "national_down": (
            "Hệ thống quốc gia đang gián đoạn: {name}. Không cơ quan nào bị tính là mất kết nối vì việc này.",
            "A national system is down: {name}. No agency is counted as disconnected for it.",
        ),
        "incident_issuer": (
            "{n} trên {of} cơ quan có chứng thư số do cùng một nơi cấp ({value}) cùng gặp sự cố, từ {since}",
            "{n} of {of} agencies with certificates of one issuer ({value}) dropped out together, since {since}",
        ),
        "incident_network": (
            "{n} trên {of} cơ quan đặt máy chủ trong cùng một mạng ({value}) cùng gặp sự cố, từ {since}",
            "{n} of {of} agencies hosted in one network ({value}) dropped out together, since {since}",
        ),
        "incident_platform": (
            "{n} trên {of} cơ quan dùng chung phần mềm ({value}) cùng gặp sự cố, từ {since}",
            "{n} of {of} agencies with the same software ({value}) dropped out together, since {since}",
        ),
        "incident_level": (
            "{n} trên {of} {value} cùng gặp sự cố, từ {since}",
            "{n} of {of} {value} dropped out together, since {since}",
        ),
        "look_differs": (
            "Lượt gần nhất: {reason} (chưa đủ số lượt để đổi trạng thái)",
            "Latest look: {reason} (not enough of them yet to turn the state)",
        ),
        "took": ("Thời gian", "Took"),
        "seconds": ("{n} giây", "{n} s"),
        "phases": ("Từng bước", "Phases"),
        "facts": ("Số liệu ghi nhận", "Facts"),
        "counted_no": ("không tính vào tỷ lệ", "not counted"),
        "back": ("Toàn cảnh", "Overview"),
        "runbooks": ("Hướng dẫn xử lý cảnh báo", "What to do about alerts"),
        "whole_runbook": (
            "Bản đầy đủ, có truy vấn và nguyên nhân kỹ thuật (tiếng Anh)",
            "The whole page, with queries and technical causes (English)",
        ),
        "data": ("Dữ liệu", "Data"),
        "other_language": ("English", "Tiếng Việt"),
        "refresh_off": ("Dừng tự làm mới", "Stop refreshing"),
        "refresh_on": ("Tự làm mới mỗi {n} giây", "Refresh every {n} s"),
        "version": ("phiên bản {version}", "version {version}"),
        "not_found": ("Không có trang này", "There is no such page"),
        "no_agency": ("Không có cơ quan mang mã này", "No agency has this code"),
        "wrong": ("Hệ thống giám sát gặp lỗi", "The monitor has failed to answer"),
        "refused": ("Yêu cầu không được chấp nhận", "The request is not accepted"),
        "resolve": ("phân giải tên miền", "resolve"),
        "connect": ("kết nối", "connect"),
        "tls": ("bảo mật (TLS)", "TLS"),
        "processing": ("chờ trả lời", "processing"),
        "transfer": ("tải về", "transfer"),
        "unknown_n": ("{n} không xác định", "{n} unknown"),
        "conflict_n": ("{n} mâu thuẫn", "{n} in conflict"),
        "missing_n": ("{n} chưa", "{n} not integrated"),
        "measured_parts": ("hợp nhất {merged} · kết nối {connected}", "merged {merged} · connected {connected}"),
        "tasks": (
            "Nhiệm vụ cải cách hành chính: {done}/{planned} ({percent}%)",
            "Administrative reform tasks: {done}/{planned} ({percent} %)",
        ),
        "document": ("văn bản {name}", "document {name}"),
        "no_evidence": ("không có căn cứ", "no evidence"),
    }
)
_MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def word(member: Word, language: Language) -> str:
    """A member of one of the house's enums in words."""
    return _pick(_WORDS[type(member)][member], language)


def one_of(level: Level, language: Language) -> str:
    """One agency of a level."""
    return _pick(_ONE_OF[level], language)


def kind(name: str, language: Language) -> str:
    """What a kind of probe looks at."""
    return _pick(_KINDS.get(name, (name, name)), language)


def phrase(name: str, language: Language, /, **values: object) -> str:
    """A phrase of the catalogue with its values filled in."""
    return fill(_pick(_PHRASES.get(name) or NOTICES[name], language), values)


def score_line(scores: Iterable[Score], language: Language = Language.VI) -> str:
    """The headline: 62/63 địa phương · 10/21 bộ, ngành."""
    return " · ".join(f"{score} {word(score.level, language)}" for score in scores)


def day(on: date, language: Language = Language.VI) -> str:
    """21/6/2023, or 21 June 2023: figures alone would be read the other way round by half of the English readers."""
    return (
        f"{on.day}/{on.month}/{on.year}" if language == Language.VI else f"{on.day} {_MONTHS[on.month - 1]} {on.year}"
    )


def day_of_year(on: date, language: Language = Language.VI) -> str:
    """21/6, or 21 June: where the whole day does not fit."""
    return f"{on.day}/{on.month}" if language == Language.VI else f"{on.day} {_MONTHS[on.month - 1]}"


def moment(at: datetime, language: Language = Language.VI) -> str:
    """Day and time in Viet Nam: 21/6/2023 14:05."""
    local = at.astimezone(ZONE)
    return f"{day(local.date(), language)} {local:%H:%M}"


def number(value: float, language: Language = Language.VI, digits: int = 0) -> str:
    """1.384 and 46,09 in Vietnamese, 1,384 and 46.09 in English."""
    text = f"{value:,.{digits}f}"
    return text.translate(str.maketrans(",.", ".,")) if language == Language.VI else text


def _pick(both: Both, language: Language) -> str:
    return both[0] if language == Language.VI else both[1]
