"""The remedies in words, Vietnamese and English; which of them belongs to what is in `remedies`."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from monitor.remedies import Remedy

REMEDIES: Final[Mapping[Remedy, tuple[str, str]]] = MappingProxyType(
    {
        Remedy.SERVER: (
            "Liên hệ bộ phận công nghệ thông tin của cơ quan, đề nghị kiểm tra máy chủ và đường truyền của cổng.",
            "Call the agency's IT unit: the portal's server and its link need to be looked at.",
        ),
        Remedy.DOMAIN: (
            (
                "Liên hệ bộ phận công nghệ thông tin của cơ quan, đề nghị kiểm tra tên miền: bản ghi, thời hạn đăng ký, "
                "máy chủ tên miền."
            ),
            "Call the agency's IT unit: the domain name needs to be looked at (records, registration, name servers).",
        ),
        Remedy.CERTIFICATE: (
            "Đề nghị cơ quan gia hạn hoặc cài đặt lại chứng thư số, kèm chứng thư số trung gian, trên mọi máy chủ.",
            "Ask the agency to renew the certificate, or to install it anew with its intermediates, on every server.",
        ),
        Remedy.ENCRYPTION: (
            "Đề nghị cơ quan kiểm tra thiết lập bảo mật đường truyền (TLS) của máy chủ.",
            "Ask the agency to look at the server's TLS settings.",
        ),
        Remedy.PAGE: (
            "Mở trang của cổng để xem; nếu đúng như nêu trên, đề nghị cơ quan kiểm tra nội dung và chuyển hướng của trang.",
            "Open the portal's page; if it is as told, ask the agency to look at its content and redirects.",
        ),
        Remedy.WORKS: (
            "Hỏi cơ quan thời điểm kết thúc bảo trì; nếu có kế hoạch, ghi nhận bằng lệnh npsp-monitor maintenance add.",
            "Ask the agency how long the works last; if they are planned, enter them: npsp-monitor maintenance add.",
        ),
        Remedy.STRANGE_ADDRESS: (
            (
                "Không đăng nhập, không nhập thông tin trên trang; liên hệ ngay bộ phận công nghệ thông tin của cơ quan để "
                "xác minh địa chỉ mà trang dẫn tới."
            ),
            "Do not log in or enter anything there; call the agency's IT unit at once about where the page leads.",
        ),
        Remedy.SIGN_ON: (
            (
                "Đề nghị cơ quan kiểm tra cấu hình đăng nhập một lần; nếu cấu hình đúng, liên hệ đơn vị vận hành Cổng Dịch "
                "vụ công quốc gia."
            ),
            (
                "Ask the agency to look at its single sign-on settings; if they are right, turn to the operator of the "
                "National Public Service Portal."
            ),
        ),
        Remedy.OLD_DOOR: (
            "Hỏi cơ quan vì sao hệ thống cũ còn mở; nếu không chủ ý, đề nghị đóng hoặc chuyển hướng về hệ thống hợp nhất.",
            (
                "Ask the agency why the former system is open; if it is not meant to be, it has to be closed or to lead to "
                "the one system."
            ),
        ),
        Remedy.MOVE: (
            "Hỏi cơ quan về việc chuyển giao diện sang Cổng Dịch vụ công quốc gia và thời điểm thực hiện.",
            "Ask the agency about the move of its pages to the National Public Service Portal, and when it takes place.",
        ),
        Remedy.HAND_OVER: (
            "Đề nghị cơ quan và đơn vị vận hành Cổng Dịch vụ công quốc gia cùng kiểm tra việc chuyển, tiếp nhận hồ sơ.",
            (
                "Ask the agency and the operator of the National Public Service Portal to look together at how dossiers are "
                "handed over."
            ),
        ),
        Remedy.DOSSIERS: (
            "Đề nghị cơ quan kiểm tra việc đồng bộ hồ sơ, đồng bộ trạng thái với Cổng Dịch vụ công quốc gia.",
            (
                "Ask the agency to look at how dossiers and their status are synchronised with the National Public Service "
                "Portal."
            ),
        ),
        Remedy.FIGURES: (
            "Đề nghị cơ quan rà soát chỉ số đánh giá trên Cổng Dịch vụ công quốc gia.",
            "Ask the agency to go through its figures on the National Public Service Portal.",
        ),
        Remedy.CATALOGUE: (
            "Đề nghị cơ quan rà soát danh mục thủ tục hành chính theo Cơ sở dữ liệu quốc gia.",
            "Ask the agency to bring its list of procedures in line with the national database.",
        ),
        Remedy.EXCHANGE: (
            "Đề nghị cơ quan kiểm tra hệ thống kết nối (adapter), máy chủ bảo mật và tài khoản kết nối.",
            "Ask the agency to look at its adapter, its security server and the account used.",
        ),
        Remedy.SIGN_OF_LIFE: (
            "Đề nghị cơ quan kiểm tra hệ thống gửi tín hiệu định kỳ.",
            "Ask the agency to look at the system that reports.",
        ),
        Remedy.LET_US_IN: (
            "Chưa thể kết luận về cơ quan. Đề nghị cơ quan cho phép hệ thống giám sát đi qua tường lửa.",
            "This says nothing of the agency. Ask it to let the monitor through its firewall.",
        ),
        Remedy.BY_HAND: (
            "Chưa thể kết luận về cơ quan. Mở trang của cổng bằng trình duyệt để kiểm tra trực tiếp.",
            "This says nothing of the agency. Open the portal in a browser and see for yourself.",
        ),
        Remedy.SETTINGS: (
            "Chưa thể kết luận về cơ quan. Người vận hành hệ thống giám sát rà soát địa chỉ và thiết lập.",
            "This says nothing of the agency. The monitor's operator has to go through its address and settings.",
        ),
        Remedy.WAIT: (
            "Không cần liên hệ cơ quan; chờ các lượt kiểm tra tiếp theo.",
            "No need to call the agency; wait for the next looks.",
        ),
        Remedy.OUR_FAULT: (
            "Chưa thể kết luận về cơ quan. Người vận hành xem nhật ký của hệ thống giám sát.",
            "This says nothing of the agency. The operator has to read the monitor's log.",
        ),
        Remedy.PAPER: (
            "Đọc lại văn bản; nếu đã có văn bản mới hơn, cập nhật bằng lệnh npsp-monitor attest.",
            "Read the document; if there is a newer one, enter it: npsp-monitor attest.",
        ),
        Remedy.EVIDENCE: (
            "Đề nghị cơ quan gửi văn bản xác nhận hoặc địa chỉ để kiểm tra.",
            "Ask the agency for a document that says so, or for an address to look at.",
        ),
        Remedy.NATIONAL: (
            "Liên hệ đơn vị vận hành Cổng Dịch vụ công quốc gia; không cần liên hệ từng cơ quan.",
            "Turn to the operator of the National Public Service Portal; no need to call the agencies.",
        ),
        Remedy.OUR_LINK: (
            "Người vận hành kiểm tra đường mạng của hệ thống giám sát; không cần liên hệ cơ quan nào.",
            "The operator has to look at the monitor's own link; no need to call any agency.",
        ),
        Remedy.SHARED: (
            (
                "Tìm nguyên nhân chung trước: liên hệ đơn vị cung cấp phần mềm, máy chủ hoặc chứng thư số; chưa cần liên hệ "
                "từng cơ quan."
            ),
            (
                "Find what they share first: whoever provides the software, the servers or the certificates; no need to "
                "call each agency yet."
            ),
        ),
        Remedy.CONFLICT: (
            "Đối chiếu văn bản với trang của cơ quan, hỏi cơ quan bên nào đúng, rồi cập nhật văn bản hoặc thiết lập.",
            (
                "Hold the document against the agency's pages, ask the agency which is right, and correct the one or the "
                "other."
            ),
        ),
        Remedy.UNSTABLE: (
            "Liên hệ bộ phận công nghệ thông tin của cơ quan: thường do quá tải hoặc một máy chủ hoạt động không ổn định.",
            "Call the agency's IT unit: mostly a system is overloaded, or one of its servers does not do as the others.",
        ),
        Remedy.BLIND: (
            (
                "Chưa dùng số liệu này để kết luận. Người vận hành tìm nguyên nhân; thường gặp: tường lửa chặn hệ thống giám "
                "sát, hoặc trang thay đổi định dạng."
            ),
            (
                "Draw no conclusion from the figures yet. The operator has to find out why: mostly a firewall blocks the "
                "monitor, or a page changed its form."
            ),
        ),
        Remedy.SILENT: (
            "Người vận hành tìm nguyên nhân hệ thống giám sát ngừng hoạt động.",
            "The operator has to find out why the monitor stood still.",
        ),
        Remedy.CHANNEL: (
            "Người vận hành kiểm tra kênh và địa chỉ nhận; xem thông báo chờ gửi bằng lệnh npsp-monitor notify list --pending.",
            (
                "The operator has to look at the channel and its recipients; what waits is told by: npsp-monitor notify list "
                "--pending."
            ),
        ),
        Remedy.OVERVIEW: (
            "Xem trang toàn cảnh để biết cơ quan nào thay đổi.",
            "See the overview for which agencies changed.",
        ),
        Remedy.MISSING: (
            "Đôn đốc các cơ quan chưa hợp nhất, kết nối.",
            "Follow up with the agencies that are not integrated.",
        ),
        Remedy.NOTHING: ("Không cần xử lý gì thêm.", "Nothing needs to be done."),
    }
)
