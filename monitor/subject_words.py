"""What an official reads on a phone: the words of subjects, and of what incidents are, Vietnamese and English."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

SUBJECTS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "mark_synthetic": ("[MÔ PHỎNG] ", "[SYNTHETIC] "),
        "escalated_short": ("Chưa có người xử lý: {subject}", "Nobody on it: {subject}"),
        "moved_short": ("{before} → {after}", "{before} → {after}"),
        # Of a score that others moved as well: the arrow would blame, or praise, those who are named for all of it.
        "left_short": ("còn {after}", "now {after}"),
        "now_short": ("nay {after}", "now {after}"),
        "agency_code": ("{name} ({code})", "{name} ({code})"),
        "and_others": ("{names} và {n} khác", "{names} and {n}"),
        "lost_connected": ("mất kết nối", "disconnected"),
        "lost_merged": ("không còn hợp nhất", "no longer merged"),
        "lost_both": ("không còn hợp nhất, mất kết nối", "no longer merged or connected"),
        "lost_mixed": ("không còn hợp nhất hoặc mất kết nối", "no longer merged or connected"),
        "lost_unseen": ("không còn kiểm tra được", "can no longer be seen"),
        "lost_partly": ("không còn đạt hoặc không kiểm tra được", "lost or can no longer be seen"),
        "still_connected": ("mất kết nối", "still disconnected"),
        "still_merged": ("không còn hợp nhất", "still not merged"),
        "still_both": ("không còn hợp nhất, mất kết nối", "still not merged or connected"),
        "still_mixed": ("không còn hợp nhất hoặc mất kết nối", "still not merged or connected"),
        "still_unseen": ("không kiểm tra được", "still cannot be seen"),
        "still_partly": ("chưa đạt hoặc không kiểm tra được", "still lost or cannot be seen"),
        "back_connected": ("đã kết nối trở lại", "connected again"),
        "back_merged": ("đã hợp nhất trở lại", "merged again"),
        "back_both": ("đã hợp nhất, kết nối trở lại", "merged and connected again"),
        "back_mixed": ("đã hợp nhất, kết nối trở lại", "merged or connected again"),
        "back_unseen": ("đã kiểm tra được trở lại", "can be seen again"),
        "back_partly": ("đã khôi phục hoặc kiểm tra được trở lại", "back or can be seen again"),
        "subject_lost": ("{who} {what}", "{who} {what}"),
        "subject_still_lost": ("{who} {what} {lasted}", "{who} {what} {lasted}"),
        "subject_lost_short": ("{who} gián đoạn", "{who} dropped out"),
        "subject_still_short": ("{who} chưa khôi phục, {lasted}", "{who} not back {lasted}"),
        "subject_still_shortest": ("{who} chưa khôi phục", "{who} not back"),
        "subject_restored": ("{who} {what}", "{who} {what}"),
        "subject_unstable": ("{who}: kết quả không ổn định", "{who} unstable"),
        "subject_steady": ("{who}: kết quả đã ổn định", "{who} steady again"),
        "steady_back": ("đã ổn định, {what}", "steady, {what}"),
        "subject_still_down": ("{incident}, {lasted}", "{incident}, {lasted}"),
        "lasted_for": ("đã {lasted}", "for {lasted}"),
        # Of several, some of which have lasted for less.
        "lasted_at_most": ("lâu nhất đã {lasted}", "for up to {lasted}"),
        "subject_ended": ("Đã kết thúc: {incident}", "Over: {incident}"),
        "subject_score_rose": ("{who} đã hợp nhất và kết nối", "{who} integrated"),
        "subject_score_fell": ("{who} {what}", "{who} {what}"),
        "counted_now": ("đã hợp nhất và kết nối", "merged and connected"),
        "left_roster": ("không còn trong danh sách cơ quan", "no longer in the roster"),
        "subject_score": ("Thay đổi: {scores}", "Changed: {scores}"),
        "subject_conflict": ("{who}: văn bản trái với kết quả kiểm tra", "{who}: document against looks"),
        "subject_conflict_over": (
            "{who}: văn bản không còn trái với kết quả",
            "{who}: document and looks no longer differ",
        ),
        "subject_certificate": ("{who}: chứng thư số sẽ hết hạn sau {left}", "{who}: certificate ends in {left}"),
        "subject_certificate_ended": ("{who}: chứng thư số đã hết hạn", "{who}: certificate has expired"),
        "subject_certificate_renewed": ("{who}: đã thay chứng thư số", "{who}: certificate renewed"),
        "subject_blind": ("Không đủ số liệu: {percent} không xác định", "Not enough answers: {percent} unknown"),
        "subject_blind_of": (
            "Không đủ số liệu về {levels}: {percent} không xác định",
            "Not enough answers about {levels}: {percent} unknown",
        ),
        "subject_sighted": ("Đã đủ số liệu trở lại", "Enough answers again"),
        "subject_sighted_of": ("Đã đủ số liệu về {levels} trở lại", "Enough answers about {levels} again"),
        "subject_silent": ("Hệ thống giám sát gián đoạn {lasted}", "The monitor stood still for {lasted}"),
        "subject_silent_now": ("Hệ thống giám sát gián đoạn", "The monitor stood still"),
        "subject_initial": ("Khi bắt đầu giám sát: {scores}", "At the start: {scores}"),
        "subject_daily": ("Tổng hợp ngày {day}: {scores}", "Daily digest, {day}: {scores}"),
        "subject_weekly": ("Tổng hợp tuần đến {day}: {scores}", "Weekly digest to {day}: {scores}"),
        "subject_caught_up": ("Gộp {n} cũ của kênh {channel}", "{n} of {channel}, outdated, in one"),
        "subject_caught_up_quiet": ("Gộp {n} đã cũ", "{n}, outdated, in one"),
        "subject_caught_up_part": ("Tin đã cũ về {n}", "News of {n}, outdated by now"),
        "subject_undelivered": (
            "Không gửi được thông báo qua kênh {channel}",
            "A notice was not delivered by {channel}",
        ),
        "subject_test": ("Thông báo thử qua kênh {channel}", "Test notice by {channel}"),
        # -- incidents
        "short_several": ("{n} sự cố cùng lúc, {agencies}", "{n} incidents at once, {agencies}"),
        "short_several_over": ("{n} sự cố, {agencies}", "{n} incidents, {agencies}"),
        "short_any": ("{n} cùng gặp sự cố", "{n} down together"),
        "short_monitor": ("Hệ thống giám sát mất kết nối mạng", "The monitor has lost its own way out"),
        "short_national": ("{name} gián đoạn", "{name} down"),
        "short_issuer": ("{n} cùng gặp sự cố, chung nơi cấp chứng thư số", "{n} down together, one issuer"),
        "short_network": ("{n} cùng gặp sự cố, chung mạng", "{n} down together, one network"),
        "short_platform": ("{n} cùng gặp sự cố, chung phần mềm", "{n} down together, same software"),
        "short_level": ("{down} trên {of} {level} cùng gặp sự cố", "{down} of {of} {level} down together"),
        "incident_monitor": (
            (
                "Hệ thống giám sát mất kết nối mạng từ {since}. Kết quả của các cơ quan được giữ nguyên; không cơ quan nào bị "
                "tính là mất kết nối vì việc này."
            ),
            (
                "The monitor's own way out is down since {since}. What held of the agencies is kept; none is counted as "
                "disconnected for it."
            ),
        ),
        "incident_national": (
            "{name} ({value}) gián đoạn từ {since}. Không cơ quan nào bị tính là mất kết nối vì việc này.",
            "{name} ({value}) is down since {since}. No agency is counted as disconnected for it.",
        ),
        "incident_national_needed": (
            (
                "{name} ({value}) gián đoạn từ {since}; số cơ quan có kết quả kiểm tra phụ thuộc hệ thống này: {n}. Không cơ quan nào bị "
                "tính là mất kết nối vì việc này."
            ),
            "{name} ({value}) is down since {since}; agencies whose looks need it: {n}. None is counted as disconnected for it.",
        ),
        "incident_over": ("Kết thúc lúc {until}, sau {lasted}.", "Over at {until}, after {lasted}."),
    }
)
