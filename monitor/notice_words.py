"""The words of notices, Vietnamese and English; the rest of the catalogue is in `words`.

Of each event: `subject_…` is what an official reads on a phone (see `subject_words`), `lead_…` the first sentence of the
letter.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from monitor.subject_words import SUBJECTS

NOTICES: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        **SUBJECTS,
        # -- the first sentence
        "lead_lost": (
            "Kết quả kiểm tra chuyển từ “đã” sang “chưa”.",
            "The answer was “yes” before and is “not yet” now.",
        ),
        "lead_lost_unseen": (
            "Kết quả kiểm tra chuyển từ “đã” sang “không xác định”: không đủ căn cứ. Chưa kết luận là mất kết nối.",
            "The answer was “yes” before; now there is not enough evidence to answer. It may well be connected.",
        ),
        "lead_lost_partly": (
            "Kết quả kiểm tra chuyển từ “đã” sang “chưa” hoặc “không xác định”.",
            "The answer was “yes” before and is “not yet” or unknown now.",
        ),
        "lead_still_lost": ("Nhắc lại: đến nay chưa khôi phục.", "A reminder: this has not come back yet."),
        "lead_restored": ("Các lượt kiểm tra cho kết quả “đã” trở lại.", "The answer is “yes” again."),
        "lead_unstable": (
            (
                "Kết quả thay đổi nhiều lần trong thời gian ngắn. Từ nay không báo từng lần; diễn biến được nêu trong bản tổng "
                "hợp cho đến khi ổn định."
            ),
            (
                "The answer turned many times within a short time. From now on the turns are told in digests only, till it "
                "holds still."
            ),
        ),
        "lead_steady": (
            "Kết quả không còn thay đổi liên tục; từ nay mỗi thay đổi lại được báo riêng.",
            "The answer holds still; from now on each turn is told by itself again.",
        ),
        "lead_incident": (
            "Thông báo này thay cho thông báo riêng của từng cơ quan.",
            "This one notice stands for one of each agency.",
        ),
        "lead_still_down": ("Nhắc lại: sự cố chưa kết thúc.", "A reminder: this is not over yet."),
        "lead_ended": (
            "Nguyên nhân chung không còn.",
            "What they shared is no longer the cause.",
        ),
        "lead_ended_partly": (
            "Nguyên nhân chung không còn. Còn {n} chưa khôi phục vì lý do riêng, nêu rõ dưới đây.",
            "What they shared is no longer the cause. Still lost, for reasons of their own told below: {n}.",
        ),
        "lead_score": (
            "Kết quả tổng hợp thay đổi do cơ quan nêu dưới đây.",
            "The agencies named below changed the scores.",
        ),
        "lead_score_unnamed": (
            (
                "Kết quả tổng hợp thay đổi, nhưng không xác định được do cơ quan nào: danh sách cơ quan được tính ở lần thông "
                "báo trước chưa được lưu."
            ),
            "The scores changed, and it is not known by whom: who was counted when they were told last was not kept yet.",
        ),
        "lead_score_roster": (
            "Danh sách cơ quan thay đổi ({rosters}); kết quả trước và sau không so sánh trực tiếp được.",
            "The roster changed ({rosters}); the scores before and after do not compare.",
        ),
        "others_fell": (
            "Ngoài ra, kết quả tổng hợp giảm vì {who}.",
            "The scores also fell by {who}.",
        ),
        "others_held": (
            "Kết quả tổng hợp còn giảm vì {who} đang bảo trì theo kế hoạch đã báo trước.",
            "The scores also fell by {who}: maintenance that was announced.",
        ),
        "others_rose": (
            "Ngoài ra, kết quả tổng hợp tăng nhờ {who}.",
            "The scores also rose by {who}.",
        ),
        "lead_others": (
            "Ngoài ra, kết quả tổng hợp giảm vì {n} khác không nêu trong thông báo này.",
            "The scores also fell by {n} of which this notice does not tell.",
        ),
        "lead_others_back": (
            "Ngoài ra, kết quả tổng hợp tăng nhờ {n} khác không nêu trong thông báo này.",
            "The scores also rose by {n} of which this notice does not tell.",
        ),
        "incidents_more": ("Ngoài ra còn {n} khác.", "And {n} besides these."),
        "lead_conflict": (
            "Văn bản xác nhận và kết quả kiểm tra không thống nhất; cần rà soát.",
            "A document says one thing, the looks another; somebody has to find out.",
        ),
        "lead_conflict_over": (
            "Không còn căn cứ cho thấy văn bản trái với kết quả kiểm tra.",
            "Nothing says any more that document and looks differ.",
        ),
        "lead_certificate": (
            "Khi chứng thư số hết hạn, trình duyệt sẽ cảnh báo người dân và chặn truy cập.",
            "Once it has ended, browsers warn citizens and keep them out.",
        ),
        "lead_certificate_renewed": ("Đã ghi nhận chứng thư số mới.", "A new certificate is in use."),
        "lead_blind": (
            (
                "Quá nhiều kết quả không xác định; số liệu lúc này chưa phản ánh tình hình chung. Không xác định không bị "
                "tính là chưa kết nối."
            ),
            "Too many answers are unknown for the scores to mean much now. Unknown is never counted as not integrated.",
        ),
        "lead_sighted": (
            "Số kết quả không xác định đã giảm; có thể dùng lại số liệu.",
            "Few enough answers are unknown; the scores can be used again.",
        ),
        "lead_silent": (
            (
                "Trong thời gian này không có lượt kiểm tra nào; những gì đã xảy ra không được ghi nhận. Các cơ quan đang được "
                "kiểm tra lại."
            ),
            "Nobody was looked at in this time; what happened then is not known. The agencies are being looked at again.",
        ),
        "lead_initial": (
            "Các cơ quan dưới đây chưa đạt hoặc không xác định được ngay từ lần kiểm tra đầu tiên; đây không phải thay đổi mới.",
            "The agencies below were not integrated, or could not be seen to be, at the very first looks; this is no change.",
        ),
        "lead_initial_well": (
            "Từ lần kiểm tra đầu tiên, không có cơ quan nào chưa đạt.",
            "At the very first looks every agency was integrated.",
        ),
        "lead_daily": ("Tổng hợp từ {since} đến {until}.", "From {since} to {until}."),
        "lead_weekly": ("Tổng hợp từ {since} đến {until}.", "From {since} to {until}."),
        "lead_caught_up": (
            (
                "Kênh {channel} không nhận thông báo trong thời gian nêu dưới đây. Các thông báo khi đó nay đã cũ, được gộp vào "
                "thông báo này; không thông báo nào bị bỏ qua."
            ),
            (
                "The channel {channel} took no notices in the time told below. Those are outdated by now and are merged into "
                "this one; none was dropped."
            ),
        ),
        "lead_caught_up_since": (
            (
                "Kênh {channel} đã không nhận các thông báo sau; chưa rõ kênh gián đoạn từ lúc nào, thời gian nêu dưới đây là "
                "của các thông báo đó. Các thông báo này nay đã cũ và được gộp vào đây; không thông báo nào bị bỏ qua."
            ),
            (
                "The channel {channel} did not take these notices; since when it took none is not known, and the times below are "
                "those of the notices. They are outdated by now and merged into this one; none was dropped."
            ),
        ),
        "lead_caught_up_quiet": (
            (
                "Các thông báo sau được giữ lại trong giờ không gửi, nay đã cũ và được gộp vào đây; không "
                "thông báo nào bị bỏ qua."
            ),
            "What was kept back in quiet hours is outdated by now and merged into this one; none was dropped.",
        ),
        "lead_undelivered": (
            "Kênh {channel} không nhận thông báo nêu dưới đây; thông báo này được gửi thay.",
            "The channel {channel} did not take what is told below; this notice stands in for it.",
        ),
        "lead_test": (
            "Thông báo này dùng để kiểm tra việc gửi, nhận. Không có sự việc nào xảy ra.",
            "This notice tries whether notices arrive. Nothing has happened.",
        ),
        # -- the letter
        "synthetic_notice": (
            "DỮ LIỆU MÔ PHỎNG (synthetic), kịch bản {name}: không phải sự việc có thật.",
            "SYNTHETIC DATA, scenario {name}: this did not happen.",
        ),
        "escalated_long": (
            "Đã quá thời hạn mà chưa có người nhận xử lý; thông báo được chuyển lên kênh này.",
            "Nobody has taken this on in time; that is why it is told here too.",
        ),
        "matter": ("Nội dung", "What"),
        "local": ("{at} (giờ Việt Nam)", "{at} (time of Viet Nam)"),
        "until": ("Đến", "Until"),
        "lasted": ("Kéo dài", "For"),
        "lost_from": ("Gián đoạn từ", "Lost at"),
        "back_at": ("Khôi phục lúc", "Back at"),
        "over_at": ("{label} {at}", "{label} {at}"),
        "lost_for": ("Thời gian gián đoạn", "Lost for"),
        "expires_in": ("hết hạn lúc {at}, còn {span}", "expires {at}, in {span}"),
        "expired_for": ("đã hết hạn lúc {at}, quá hạn {span}", "expired {at}, {span} ago"),
        "not_yet": ("chưa {conditions}", "not {conditions}"),
        "either": ("{one}, {other}", "{one} or {other}"),
        "unknown_of": ("không xác định: {conditions}", "unknown whether {conditions}"),
        "agency_level": ("{agency} – {level}", "{agency}, {level}"),
        "technical": ("Ghi nhận kỹ thuật (tiếng Anh)", "Technical record"),
        "severity": ("Mức độ", "Severity"),
        "severity_before": ("Mức độ trước đó", "Severity, while it lasted"),
        "told": ("Gửi tới kênh", "Told to"),
        "acked": ("Đã có người nhận xử lý", "Taken on"),
        "acked_by": ("{by} – {reason}", "{by} – {reason}"),
        "to_do": ("Việc cần làm", "What to do"),
        "take_on_by": (
            "Để nhận xử lý và dừng nhắc lại",
            "To take it on and stop the reminders",
        ),
        "take_on_first": (
            "Để nhận xử lý và dừng nhắc lại {n} cơ quan đầu, các cơ quan khác tương tự",
            "To take the first {n} on and stop their reminders, and others likewise",
        ),
        "take_on_reason": ("đã liên hệ, đang xử lý", "called, being seen to"),
        "shown_by": ("Để xem kết quả kiểm tra", "To see what was found"),
        "evidence": ("Kết quả kiểm tra và căn cứ", "What was found"),
        "to_overview": ("Trang toàn cảnh", "Overview"),
        "to_runbook": ("Hướng dẫn xử lý", "How to go about it"),
        "scores": ("Đã hợp nhất và kết nối", "Integrated (merged and connected)"),
        "unmoved": ("không đổi", "unchanged"),
        "was": ("trước đó {before}", "was {before}"),
        "declared_short": ("theo báo cáo {figures}", "declared {figures}"),
        "legend_yes": ("{n} đã", "{n} yes"),
        "legend_unknown": ("{n} không xác định", "{n} unknown"),
        "legend_no": ("{n} chưa", "{n} not yet"),
        "alt": (
            "{level}: {yes} trên {of} đã hợp nhất và kết nối, {unknown} không xác định, {no} chưa.",
            "{level}: {yes} of {of} integrated, {unknown} unknown, {no} not yet.",
        ),
        "counts": ("Thông báo trong thời gian này", "Notices in this time"),
        "counts_caught_up": ("Thông báo được gộp", "What is merged"),
        "counts_undelivered": ("Thông báo không gửi được", "What was not delivered"),
        "counted": ("{event}: {n}", "{event}: {n}"),
        "nothing_new": ("Không có thay đổi.", "Nothing changed."),
        "by_agency": ("Danh sách cơ quan", "Agencies"),
        "part_unstable": ("Không ổn định", "Unstable"),
        "part_certificates": ("Chứng thư số sắp hết hạn", "Certificates that end soon"),
        "part_held": ("Đang bảo trì", "In maintenance"),
        "held_for": ("bảo trì: {reason}", "maintenance: {reason}"),
        "times_lost": ("gián đoạn {n} lần", "lost {n} times"),
        "why_by": ("{by}: {why}", "{by}: {why}"),
        "why_unknown": ("chưa rõ", "not known"),
        "reason_other": ("lý do khác", "another reason"),
        "document_says": ("văn bản ghi: chưa", "the document says not yet"),
        "row_more": ("và {n} khác", "and {n}"),
        "beyond": ("Ngoài các cơ quan nêu trên còn", "Beside those above"),
        "channel": ("Kênh", "Channel"),
        "problem": ("Ghi nhận lỗi (tiếng Anh)", "Problem"),
        "footer": (
            "npsp-monitor: giám sát kết nối, tích hợp với Cổng Dịch vụ công quốc gia. Thông báo tự động lúc {at}, mã {key}.",
            "npsp-monitor: integration with the National Public Service Portal. Sent by a machine, {at}, key {key}.",
        ),
        # -- alerts of machines, which say of one agency and condition what is lost
        "alert_connected": (
            "mất kết nối với Cổng Dịch vụ công quốc gia",
            "no longer connected to the National Public Service Portal",
        ),
        "alert_merged": ("không còn là một hệ thống hợp nhất", "no longer merged into one system"),
        "alert_connected_unseen": (
            "không còn kiểm tra được việc kết nối với Cổng Dịch vụ công quốc gia",
            "can no longer be seen to be connected to the National Public Service Portal",
        ),
        "alert_merged_unseen": ("không còn kiểm tra được việc hợp nhất", "can no longer be seen to be merged"),
        "alert_unseen_long": ("Chưa kết luận là không còn hợp nhất, kết nối.", "It may well be, as before."),
        "alert_connected_unstable": (
            "kết nối với Cổng Dịch vụ công quốc gia chập chờn",
            "its connection to the National Public Service Portal comes and goes",
        ),
        "alert_merged_unstable": ("kết quả hợp nhất chập chờn", "being merged comes and goes"),
        "alert_unstable_long": (
            "Lúc này có thể đang đạt; cảnh báo giữ nguyên cho đến khi kết quả ổn định.",
            "It may well hold right now; this lasts until it holds still.",
        ),
        "alert_certificate": ("chứng thư số hết hạn lúc {at}", "the certificate ends {at}"),
        "alert_score": ("Số {level} đã hợp nhất và kết nối giảm: {moved}", "Fewer {level} are integrated: {moved}"),
        # -- how many, how long: a Vietnamese noun has one form
        "agencies_one": ("{n} cơ quan", "{n} agency"),
        "agencies_many": ("{n} cơ quan", "{n} agencies"),
        "others_one": ("{n} cơ quan", "{n} other agency"),
        "others_many": ("{n} cơ quan", "{n} other agencies"),
        "incidents_one": ("{n} sự cố", "{n} other"),
        "incidents_many": ("{n} sự cố", "{n} others"),
        "notices_one": ("{n} thông báo", "{n} notice"),
        "notices_many": ("{n} thông báo", "{n} notices"),
        "days_one": ("{n} ngày", "{n} day"),
        "days_many": ("{n} ngày", "{n} days"),
        "hours_one": ("{n} giờ", "{n} hour"),
        "hours_many": ("{n} giờ", "{n} hours"),
        "minutes_one": ("{n} phút", "{n} minute"),
        "minutes_many": ("{n} phút", "{n} minutes"),
        "moment_only": ("dưới 1 phút", "less than a minute"),
        "percent": ("{n}%", "{n} %"),
    }
)
