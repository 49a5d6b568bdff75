"""The words of events and of how grave they are, Vietnamese and English; the rest of the catalogue is in `words`."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from monitor.notice import Event, Severity

SEVERITIES: Final[Mapping[Severity, tuple[str, str]]] = MappingProxyType(
    {
        Severity.INFO: ("thông tin", "information"),
        Severity.WARNING: ("cảnh báo", "warning"),
        Severity.CRITICAL: ("nghiêm trọng", "critical"),
    }
)
EVENTS: Final[Mapping[Event, tuple[str, str]]] = MappingProxyType(  # as digests count them
    {
        Event.LOST: ("không còn hợp nhất, kết nối", "no longer integrated"),
        Event.STILL_LOST: ("nhắc lại: chưa khôi phục", "reminder: not back yet"),
        Event.RESTORED: ("đã khôi phục", "restored"),
        Event.UNSTABLE: ("không ổn định", "unstable"),
        Event.STEADY: ("đã ổn định", "steady"),
        Event.INCIDENT: ("sự cố chung", "incident"),
        Event.STILL_DOWN: ("nhắc lại: sự cố chưa kết thúc", "reminder: incident not over yet"),
        Event.ENDED: ("sự cố đã kết thúc", "incident over"),
        Event.SCORE: ("thay đổi kết quả tổng hợp", "scores changed"),
        Event.CONFLICT: ("văn bản trái với kết quả kiểm tra", "document against looks"),
        Event.CONFLICT_OVER: ("văn bản không còn trái với kết quả kiểm tra", "document no longer against looks"),
        Event.CERTIFICATE: ("chứng thư số sắp hết hạn", "certificate ends soon"),
        Event.CERTIFICATE_RENEWED: ("đã thay chứng thư số", "certificate renewed"),
        Event.BLIND: ("không đủ số liệu", "not enough answers"),
        Event.SIGHTED: ("đã đủ số liệu trở lại", "enough answers again"),
        Event.SILENT: ("hệ thống giám sát gián đoạn", "monitor stood still"),
        Event.INITIAL: ("tình trạng khi bắt đầu giám sát", "found at the first start"),
        Event.DAILY: ("tổng hợp ngày", "daily digest"),
        Event.WEEKLY: ("tổng hợp tuần", "weekly digest"),
        Event.CAUGHT_UP: ("gộp thông báo cũ", "outdated notices in one"),
        Event.UNDELIVERED: ("không gửi được thông báo", "notice not delivered"),
        Event.TEST: ("thông báo thử", "test notice"),
    }
)
