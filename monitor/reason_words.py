"""The reasons in words, Vietnamese and English; the rest of the catalogue is in `words`."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from probes import Reason

REASONS: Final[Mapping[Reason, tuple[str, str]]] = MappingProxyType(
    {
        Reason.OK: ("đúng yêu cầu", "as it should be"),
        Reason.DNS_NO_NAME: ("tên miền không tồn tại", "the domain name does not exist"),
        Reason.DNS_NO_ADDRESS: ("tên miền không có địa chỉ", "the domain name has no address"),
        Reason.DNS_TROUBLE: ("máy chủ tên miền gặp sự cố", "the name servers fail or refuse"),
        Reason.FORBIDDEN_ADDRESS: ("dẫn tới địa chỉ mạng nội bộ", "leads to an address of a private network"),
        Reason.FORBIDDEN_URL: ("dẫn tới địa chỉ không phải trang web", "leads to an address that is not a web page's"),
        Reason.REFUSED: ("máy chủ từ chối kết nối", "the server refuses the connection"),
        Reason.RESET: ("kết nối bị ngắt giữa chừng", "the connection was cut"),
        Reason.UNREACHABLE: ("không tới được máy chủ", "the server cannot be reached"),
        Reason.TIMEOUT_RESOLVE: ("phân giải tên miền quá thời gian chờ", "the domain name was not resolved in time"),
        Reason.TIMEOUT_CONNECT: ("kết nối quá thời gian chờ", "the server did not accept the connection in time"),
        Reason.TIMEOUT_TLS: ("thiết lập kết nối bảo mật quá thời gian chờ", "TLS was not set up in time"),
        Reason.TIMEOUT_RESPONSE: ("máy chủ không trả lời trong thời gian chờ", "the server did not answer in time"),
        Reason.TIMEOUT_BODY: ("trả lời dở dang, quá thời gian chờ", "the answer began and did not end in time"),
        Reason.TLS_EXPIRED: ("chứng thư số đã hết hạn", "the certificate has expired"),
        Reason.TLS_NOT_YET_VALID: ("chứng thư số chưa có hiệu lực", "the certificate is not yet valid"),
        Reason.TLS_NAME: ("chứng thư số không cấp cho tên miền này", "the certificate is for other names"),
        Reason.TLS_CHAIN: ("thiếu chứng thư số trung gian", "an intermediate certificate is missing"),
        Reason.TLS_SELF_SIGNED: ("chứng thư số tự ký", "the certificate is self-signed"),
        Reason.TLS_UNTRUSTED: ("nơi cấp chứng thư số không được tin cậy", "the certificate's issuer is not trusted"),
        Reason.TLS_INVALID: ("chứng thư số không hợp lệ", "the certificate is not valid"),
        Reason.TLS_PROTOCOL: ("không thiết lập được kết nối bảo mật (TLS)", "TLS cannot be set up"),
        Reason.TLS_EXPIRING: ("chứng thư số sắp hết hạn", "the certificate expires soon"),
        Reason.TLS_REVOKED: ("chứng thư số đã bị thu hồi", "the certificate was revoked"),
        Reason.TLS_WEAK: ("còn chấp nhận giao thức bảo mật đã lỗi thời", "an outdated TLS version is still spoken"),
        Reason.TLS_UNEXPECTED: (
            "việc mã hóa đường truyền (TLS) không như mong đợi",
            "came over TLS or without it, against what was expected",
        ),
        Reason.HTTP_VERSION: ("phiên bản HTTP không như mong đợi", "an HTTP version that was not expected"),
        Reason.HEADER_WRONG: ("tiêu đề HTTP thiếu hoặc không như mong đợi", "a header is missing or not as expected"),
        Reason.DNS_CODE: (
            "máy chủ tên miền trả lời mã không như mong đợi",
            "a name server answered an unexpected code",
        ),
        Reason.DNS_RECORDS: ("bản ghi tên miền không như mong đợi", "the domain's records are not as expected"),
        Reason.DNS_SERVER: (
            "có máy chủ tên miền của cơ quan không trả lời hoặc không biết tên miền",
            "one of its name servers is silent or does not know the domain",
        ),
        Reason.DIALOGUE: ("máy chủ trả lời không như mong đợi", "the server's replies are not as expected"),
        Reason.PROTOCOL: ("trả lời không đúng giao thức HTTP", "the answer is not HTTP"),
        Reason.TOO_LARGE: ("trả lời vượt quá dung lượng cho phép", "the answer is too large"),
        Reason.REDIRECT_LOOP: ("chuyển hướng lặp vòng", "redirects go in a circle"),
        Reason.TOO_MANY_REDIRECTS: ("chuyển hướng quá nhiều lần", "too many redirects"),
        Reason.BAD_REDIRECT: ("chuyển hướng không có đích", "a redirect leads nowhere"),
        Reason.HTTP_4XX: ("trang không có hoặc không cho truy cập (HTTP 4xx)", "page missing or refused (HTTP 4xx)"),
        Reason.HTTP_5XX: ("máy chủ báo lỗi (HTTP 5xx)", "the server reports an error (HTTP 5xx)"),
        Reason.HTTP_STATUS: ("mã trả lời HTTP khác yêu cầu", "the HTTP status is not the wanted one"),
        Reason.BLANK_PAGE: ("trang trắng, không có nội dung", "the page is blank"),
        Reason.TOO_SMALL: ("nội dung trang quá ít", "the page is too small"),
        Reason.TEXT_MISSING: ("trang thiếu nội dung phải có", "a text that has to be there is missing"),
        Reason.TEXT_FORBIDDEN: ("trang có nội dung không được có", "a text is there that must not be"),
        Reason.WRONG_LANGUAGE: ("ngôn ngữ của trang không đúng", "the page is in the wrong language"),
        Reason.MAINTENANCE_PAGE: ("trang báo đang bảo trì, nâng cấp", "the page says it is closed for maintenance"),
        Reason.LEADS_ELSEWHERE: ("dẫn sang trang không thuộc cơ quan", "leads to a site that is not the agency's"),
        Reason.MOVED_TO_NATIONAL: (
            "đã chuyển sang Cổng Dịch vụ công quốc gia trước thời điểm quy định",
            "leads to the National Public Service Portal before its time",
        ),
        Reason.OWN_PAGES_OPEN: (
            "còn giao diện riêng, chưa chuyển về Cổng Dịch vụ công quốc gia",
            "still serves own pages instead of the National Public Service Portal",
        ),
        Reason.SECOND_DOOR_OPEN: (
            "cổng dịch vụ công hoặc hệ thống một cửa cũ vẫn mở riêng",
            "a former portal or one-stop system is still open beside the one system",
        ),
        Reason.NO_SIGN_ON_LINK: (
            "trang đăng nhập không dẫn tới hệ thống đăng nhập một lần quốc gia",
            "the login does not lead to the national single sign-on",
        ),
        Reason.NO_CLIENT_ID: (
            "liên kết đăng nhập một lần thiếu mã ứng dụng (client_id)",
            "the single sign-on link has no client_id",
        ),
        Reason.FOREIGN_REDIRECT_URI: (
            "đăng nhập một lần trả về địa chỉ không thuộc cơ quan",
            "the single sign-on would return to a host that is not the agency's",
        ),
        Reason.SIGN_ON_REFUSED: (
            "hệ thống đăng nhập một lần không chấp nhận kết nối của cơ quan",
            "the national single sign-on refuses the agency's client",
        ),
        Reason.HAND_OVER_MISSING: (
            "không tiếp nhận được hồ sơ chuyển từ Cổng Dịch vụ công quốc gia",
            "dossiers handed over by the National Public Service Portal are not taken",
        ),
        Reason.SYNC_LOW: ("tỷ lệ đồng bộ hồ sơ thấp", "the dossier synchronisation ratio is low"),
        Reason.SYNC_COLLAPSED: ("tỷ lệ đồng bộ hồ sơ giảm đột ngột", "the dossier synchronisation ratio has collapsed"),
        Reason.FIGURE_LOW: (
            "chỉ số của Cổng Dịch vụ công quốc gia về cơ quan thấp",
            "a figure of the National Public Service Portal on the agency is low",
        ),
        Reason.STATUS_DIFFERS: (
            "trạng thái hồ sơ khác với Cổng Dịch vụ công quốc gia",
            "a dossier's status differs from that at the National Public Service Portal",
        ),
        Reason.MISSING_AT_PORTAL: (
            "Cổng Dịch vụ công quốc gia không có hồ sơ của cơ quan",
            "the National Public Service Portal does not have a dossier of the agency",
        ),
        Reason.MISSING_AT_AGENCY: (
            "cơ quan không có hồ sơ mà Cổng Dịch vụ công quốc gia đã ghi nhận",
            "the agency does not have a dossier that the National Public Service Portal has",
        ),
        Reason.STALE: (
            "trạng thái hồ sơ chậm cập nhật quá thời hạn quy định",
            "a dossier's status has not been brought up to date within the legal time",
        ),
        Reason.CATALOGUE_DIFFERS: (
            "danh mục thủ tục hành chính khác với Cơ sở dữ liệu quốc gia",
            "the list of procedures differs from the national database",
        ),
        Reason.LOGIN_REFUSED: (
            "hệ thống kết nối không chấp nhận tài khoản của cơ quan",
            "the adapter does not take the agency's account",
        ),
        Reason.SESSION_LOST: (
            "phiên kết nối không được chấp nhận, kể cả sau khi đăng nhập lại",
            "the session is not accepted, not even after a new login",
        ),
        Reason.RESULT_CODE: ("hệ thống kết nối trả về mã lỗi", "the adapter answers with an error code"),
        Reason.EMPTY_RESULT: (
            "hệ thống kết nối báo thành công nhưng không có dữ liệu",
            "the adapter says that all is well and sends no data",
        ),
        Reason.EXCHANGE_FAILED: (
            "máy chủ bảo mật không chuyển được thông điệp",
            "a security server could not pass the message on",
        ),
        Reason.PROVIDER_ERROR: (
            "trục kết nối thông suốt nhưng dịch vụ phía sau báo lỗi",
            "the exchange works, and the service behind it fails",
        ),
        Reason.HEARTBEAT_MISSING: (
            "quá thời hạn mà hệ thống chưa gửi tín hiệu",
            "the system has not reported for too long",
        ),
        Reason.HEARTBEAT_FAILED: ("hệ thống tự báo đang có lỗi", "the system reports that it has failed"),
        Reason.NOT_ALLOWED: (
            "thiết lập của hệ thống giám sát không cho phép truy cập địa chỉ này",
            "the monitor's own settings do not allow this address",
        ),
        Reason.UNREADABLE: (
            "trả lời theo định dạng mà hệ thống giám sát không đọc được",
            "the answer has a form that the monitor cannot read",
        ),
        Reason.HEARTBEAT_AWAITED: ("đang chờ tín hiệu, chưa quá thời hạn", "a report is awaited, and is not late"),
        Reason.BLOCKED: ("tường lửa của cơ quan chặn hệ thống giám sát", "the agency's firewall blocks the monitor"),
        Reason.HOST_UNSURE: (
            "tên miền chỉ là suy đoán và không tồn tại",
            "the host was only guessed, and does not exist",
        ),
        Reason.NOT_VISIBLE: (
            "chỉ trình duyệt chạy JavaScript mới thấy được",
            "only a browser with JavaScript can see it",
        ),
        Reason.DOOR_UNCLEAR: (
            "cổng cũ có trả lời, chưa rõ còn mở hay không",
            "a former door answers, unclear whether open",
        ),
        Reason.NO_DATA: (
            "không có số liệu để đánh giá",
            "there is no figure or record to go by",
        ),
        Reason.UPSTREAM: ("hệ thống quốc gia liên quan đang gián đoạn", "a national system it needs is down"),
        Reason.OFFLINE: ("hệ thống giám sát mất kết nối mạng", "the monitor's own way out is down"),
        Reason.BUG: ("lỗi của hệ thống giám sát", "a fault of the monitor"),
    }
)
