"""The draft letter, as Word reads it: its layout by the decree, what it says, and that nothing of it is ever lost or sent."""

import asyncio
import errno
import os
import re
import shutil
import stat
import subprocess
import unicodedata
from base64 import b64decode
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from pathlib import Path
from xml.etree import ElementTree as ET
from zipfile import ZipFile

import pytest
from docx import Document
from docx.shared import Mm, Pt

from monitor.incidents import Sharing
from monitor.model import Answer, Condition, Level
from monitor.notice import Event, Group, Move
from monitor.notify import NotifyError
from monitor.notify._disk import create
from monitor.notify._edxml import Party
from monitor.notify._letter import TemplateTroubleError, filled
from monitor.notify._letter_words import dated
from monitor.notify.document import Notifier
from monitor.saying.samples import samples
from monitor.words import Language

ROOT = Path(__file__).parents[3]
TEMPLATE = ROOT / "config" / "letters" / "cong-van.docx"
SHOWN = ROOT / "docs" / "notices" / "letter.txt"
AT = datetime(2023, 6, 21, 7, 5, tzinfo=UTC)
EDXML = "{http://www.mic.gov.vn/TBT/QCVN_102_2016}"


def writer(folder, **more):
    """Of a body that does not exist."""
    sender = Party(
        name="Cơ quan giám sát (ví dụ)", superior="Cơ quan chủ quản (ví dụ)", code="X99", email="van-thu@sender.example"
    )
    recipient = Party(name="Bộ Nội vụ", code="G09")
    return Notifier(**{"folder": folder, "sender": sender, "recipient": recipient, "place": "Hà Nội", **more})


@pytest.fixture
def loss(notice, entry):
    """What is shown in docs/notices."""
    since = AT - timedelta(minutes=12)
    return notice(
        at=AT,
        key="0" * 32,
        entries=(
            entry("H26", name="Thành phố Hà Nội", since=since),
            entry(
                "H52",
                name="Tỉnh Sơn La",
                since=since,
                conditions=(Condition.MERGED,),
                because=("one_door",),
                reasons=("second_door_open",),
            ),
            entry(
                "G18",
                name="Bộ Y tế",
                since=since,
                conditions=tuple(Condition),
                because=("one_door", "dossier_sync"),
                reasons=("second_door_open", "sync_collapsed"),
            ),
        ),
        moves=(
            Move(level=Level.PROVINCE, before=(62, 63), after=(60, 63), unknown=1),
            Move(level=Level.MINISTRY, before=(10, 21), after=(9, 21)),
        ),
        synthetic="june-2023",
    )


def letter_in(folder):
    (path,) = folder.glob("*.docx")
    return Document(str(path))


def envelope_in(folder):
    (path,) = folder.glob("*.edxml")
    return path, ET.fromstring(path.read_bytes())


def paragraphs(holder):
    return [paragraph.text for paragraph in holder.paragraphs]


def text_of(letter):
    """Everything, in the order in which it is read."""
    lines = paragraphs(letter.sections[0].first_page_header)
    for part in letter.iter_inner_content():
        if hasattr(part, "rows"):
            lines += [" | ".join("\n".join(paragraphs(cell)) for cell in row.cells) for row in part.rows]
        else:
            lines.append(part.text)
    return "\n".join(line.rstrip() for text in lines for line in text.splitlines() if line.strip()) + "\n"


async def test_the_letter_in_the_docs_is_what_comes_out(tmp_path, loss, message, reach):
    await writer(tmp_path).send(message(loss), reach)

    written = text_of(letter_in(tmp_path))
    if os.environ.get("GOLDEN") == "write":
        SHOWN.write_text(written, encoding="utf-8")
    assert written == SHOWN.read_text(encoding="utf-8")


async def test_page_margins_and_font_are_those_of_the_decree(tmp_path, loss, message, reach):
    """Nghị định 30/2020/NĐ-CP, Phụ lục I, phần I, mục I."""
    await writer(tmp_path).send(message(loss), reach)
    letter = letter_in(tmp_path)
    (section,) = letter.sections

    assert (round(section.page_width.mm), round(section.page_height.mm)) == (210, 297)
    assert Mm(20) <= section.top_margin <= Mm(25)
    assert Mm(20) <= section.bottom_margin <= Mm(25)
    assert Mm(30) <= section.left_margin <= Mm(35)
    assert Mm(15) <= section.right_margin <= Mm(20)
    runs = [run for paragraph in letter.paragraphs for run in paragraph.runs if run.text.strip()]
    assert {run.font.name for run in runs} == {"Times New Roman"}
    assert all(Pt(13) <= run.font.size <= Pt(14) for run in runs)
    assert section.different_first_page_header_footer
    assert "PAGE" not in section.first_page_header._element.xml
    assert "PAGE" in section.header._element.xml


async def test_motto_number_place_and_signature_are_as_they_should_be(tmp_path, loss, message, reach):
    await writer(tmp_path).send(message(loss), reach)
    letter = letter_in(tmp_path)
    head, listed, end = letter.tables

    left, right = ([*paragraphs(head.rows[0].cells[at]), *paragraphs(head.rows[1].cells[at])] for at in (0, 1))
    assert [line for line in right if line] == [
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
        "Độc lập - Tự do - Hạnh phúc",
        "Hà Nội, ngày ... tháng 6 năm 2023",
    ]
    assert [line.split() for line in left if line] == [
        ["CƠ", "QUAN", "CHỦ", "QUẢN", "(VÍ", "DỤ)"],
        ["CƠ", "QUAN", "GIÁM", "SÁT", "(VÍ", "DỤ)"],
        ["Số:", "/"],
        [
            "V/v",
            "thông",
            "báo",
            "gián",
            "đoạn",
            "kết",
            "nối,",
            "tích",
            "hợp",
            "với",
            "Cổng",
            "Dịch",
            "vụ",
            "công",
            "quốc",
            "gia",
        ],
        ["BẢN", "DỰ", "THẢO"],
    ]
    assert "Kính gửi: Bộ Nội vụ." in paragraphs(letter)
    assert paragraphs(letter)[-2:] == ["Trân trọng./.", ""]
    assert [len(row.cells) for row in listed.rows] == [6] * 4
    assert paragraphs(end.rows[0].cells[0]) == ["Nơi nhận:", "- Như trên;", "- Lưu: VT."]
    assert paragraphs(end.rows[0].cells[1]) == [
        "[QUYỀN HẠN, CHỨC VỤ CỦA NGƯỜI KÝ]",
        "[Chữ ký, dấu hoặc chữ ký số]",
        "[Họ và tên người ký]",
    ]


async def test_every_page_says_that_it_is_a_draft_and_of_made_up_data(tmp_path, loss, message, reach):
    await writer(tmp_path).send(message(loss), reach)
    section = letter_in(tmp_path).sections[0]

    for header in (section.first_page_header, section.header):
        said = "\n".join(paragraphs(header))
        assert "Bản dự thảo do hệ thống giám sát lập tự động" in said
        assert "DỮ LIỆU MÔ PHỎNG (kịch bản june-2023), KHÔNG PHẢN ÁNH THỰC TẾ" in said


async def test_of_real_data_nothing_says_that_it_is_made_up(tmp_path, loss, message, reach):
    await writer(tmp_path).send(message(replace(loss, synthetic=None)), reach)

    assert "MÔ PHỎNG" not in text_of(letter_in(tmp_path))
    assert "MÔ PHỎNG" not in envelope_in(tmp_path)[0].read_text(encoding="utf-8")


async def test_the_envelope_is_a_draft_with_the_letter_in_it(tmp_path, loss, message, reach):
    await writer(tmp_path).send(message(loss), reach)
    path, root = envelope_in(tmp_path)
    header = root.find(f"{EDXML}edXMLEnvelope/{EDXML}edXMLHeader/{EDXML}MessageHeader")

    def said(*steps):
        return header.findtext("/".join(EDXML + step for step in steps))

    assert path.name.startswith("SendDocument.X99.")
    assert (said("From", "OrganId"), said("From", "OrganName")) == ("X99", "Cơ quan giám sát (ví dụ)")
    assert (said("To", "OrganId"), said("To", "OrganName"), said("To", "Email")) == ("G09", "Bộ Nội vụ", "")
    assert said("Subject").startswith("[BẢN DỰ THẢO] V/v thông báo gián đoạn")
    assert "không có giá trị pháp lý" in said("Content")
    trace = root.find(f"{EDXML}edXMLEnvelope/{EDXML}edXMLHeader/{EDXML}TraceHeaderList/{EDXML}TraceHeader")
    assert trace.findtext(f"{EDXML}Timestamp") == "2023/06/21 14:05:00"  # as all other times: of Viet Nam
    for steps in (
        ("Code", "CodeNumber"),
        ("Code", "CodeNotation"),
        ("PromulgationInfo", "PromulgationDate"),
        ("DocumentId",),
    ):
        assert said(*steps) == ""
    held = root.findtext(f"{EDXML}AttachmentEncoded/{EDXML}Attachment/{EDXML}Content")
    assert text_of(Document(BytesIO(b64decode(held)))) == text_of(letter_in(tmp_path))
    assert "<!-- [BẢN DỰ THẢO]" in path.read_text(encoding="utf-8")


async def test_the_same_notice_twice_is_one_letter_and_what_was_edited_stays(tmp_path, loss, message, reach):
    await writer(tmp_path).send(message(loss), reach)
    before = sorted(tmp_path.iterdir())
    before[1].write_bytes(b"what an official has made of it")
    await writer(tmp_path).send(message(loss), reach)

    assert sorted(tmp_path.iterdir()) == before
    assert before[1].read_bytes() == b"what an official has made of it"
    assert [path.stat().st_mode & 0o777 for path in before] == [0o640, 0o640]


async def test_another_channel_or_notice_has_a_letter_of_its_own(tmp_path, loss, message, reach):
    for one in (message(loss), message(loss, channel="other"), message(replace(loss, key="1" * 32))):
        await writer(tmp_path, edxml=False).send(one, reach)

    assert len(list(tmp_path.iterdir())) == 3


async def test_what_was_written_half_is_made_whole_at_the_next_try(tmp_path, loss, message, reach):
    """The process may be killed between the letter and its envelope."""
    await writer(tmp_path).send(message(loss), reach)
    path, _ = envelope_in(tmp_path)
    path.unlink()
    await writer(tmp_path).send(message(loss), reach)

    assert path.exists()


async def test_a_letter_can_be_made_of_every_notice(tmp_path, every_notice, message, reach):
    for one in every_notice:
        await writer(tmp_path, edxml=False).send(message(one), reach)

    texts = [text_of(Document(str(path))) for path in sorted(tmp_path.iterdir())]
    assert len(texts) == len(Event)
    for text in texts:
        assert "{" not in text.replace("{x}", "")
        assert text == unicodedata.normalize("NFC", text)


async def test_names_with_marks_of_xml_and_of_templates_stay_what_they_are(tmp_path, notice, entry, message, reach):
    odd = entry(name='A <b> & "c" {{ issuer }} {% x %}')
    await writer(tmp_path).send(message(notice(entries=(odd,))), reach)

    assert 'A <b> & "c" {{ issuer }} {% x %}' in text_of(letter_in(tmp_path))


@pytest.mark.parametrize(
    ("event", "more", "said"),
    [
        (Event.RESTORED, {}, "có 01 cơ quan đã khôi phục việc hợp nhất, kết nối, cụ thể:"),
        (Event.UNSTABLE, {"times": 4}, "Gián đoạn 04 lần"),
        (Event.CERTIFICATE, {"expires": AT}, "Chứng thư số hết hạn lúc 14 giờ 05 ngày 21/6/2023"),
        (
            Event.CONFLICT,
            {
                "document": "12/BC-UBND",
                "issued": date(2023, 6, 1),
                "issuer": "UBND tỉnh (ví dụ)",
                "says": Answer.YES,
                "looks": Answer.NO,
            },
            "Văn bản 12/BC-UBND ngày 1/6/2023 của UBND tỉnh (ví dụ) ghi: đã kết nối; kết quả kiểm tra: chưa kết nối",
        ),
        (Event.DAILY, {}, "- Hà Nội (H26), từ"),
    ],
)
async def test_it_says_what_the_notice_says(tmp_path, notice, entry, message, reach, event, more, said):
    one = notice(event, entries=(entry("H26", **more),))
    await writer(tmp_path).send(message(one), reach)

    assert said in text_of(letter_in(tmp_path))


@pytest.mark.parametrize("event", [Event.DAILY, Event.INITIAL, Event.BLIND, Event.SCORE, Event.CAUGHT_UP])
async def test_a_letter_without_a_table_has_the_words_of_the_notice_and_nothing_of_a_mail(
    tmp_path, message, reach, event
):
    one = samples()[event]
    await writer(tmp_path).send(message(one, language=Language.EN, text="The text of a mail"), reach)
    written = text_of(letter_in(tmp_path))

    assert "Địa phương" in written
    mails = ("The text of a mail", "Gửi tới", "mã", "npsp-monitor", "Việc cần làm", one.key)
    assert [part for part in mails if re.search(rf"\b{part}\b", written.replace("Mã định danh", ""))] == []


async def test_an_incident_is_told_by_what_it_is_and_whom_it_hit(tmp_path, notice, message, reach):
    group = Group(sharing=Sharing.PLATFORM, value="igate", since=AT, down=9, of=40, agencies=("H26",))
    await writer(tmp_path).send(message(notice(Event.INCIDENT, groups=(group,), at=AT)), reach)
    written = text_of(letter_in(tmp_path))

    assert "1 | Các cơ quan cùng dùng phần mềm igate |  | Ảnh hưởng đến 09 trên 40 cơ quan" in written
    assert "1.1 | Hà Nội | H26 | Mất kết nối với Cổng Dịch vụ công quốc gia" in written


async def test_who_is_not_in_the_table_is_counted(tmp_path, notice, message, reach):
    await writer(tmp_path).send(message(notice(more=5)), reach)
    written = text_of(letter_in(tmp_path))

    assert "có 06 cơ quan" in written
    assert "Ngoài ra còn 05 cơ quan khác chưa nêu trong bảng." in written


def test_january_and_february_have_a_nought_and_the_day_is_left_open():
    assert dated(datetime(2026, 2, 5, tzinfo=UTC)) == "ngày ... tháng 02 năm 2026"
    assert dated(datetime(2026, 12, 31, 20, tzinfo=UTC)) == "ngày ... tháng 01 năm 2027"  # the day of Viet Nam


# ---- templates of one's own


def template(folder, *lines):
    letter = Document()
    for line in lines:
        letter.add_paragraph(line)
    path = folder / "own.docx"
    letter.save(str(path))
    return path


async def test_a_template_of_ones_own_is_used(tmp_path, loss, message, reach):
    drafts = tmp_path / "drafts"
    drafts.mkdir()
    own = template(
        tmp_path, "{{ issuer }} gửi {{ recipient }}", "{%p for row in rows %}", "{{ row.code }}", "{%p endfor %}"
    )
    await writer(drafts, template=own).send(message(loss), reach)

    assert paragraphs(letter_in(drafts)) == ["Cơ quan giám sát (ví dụ) gửi Bộ Nội vụ", "H26", "H52", "G18"]


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        (["{{ isuer }}"], "'isuer' is undefined"),
        (["{% for x in %}"], "near: {% for x in %}"),
        (["{{ issuer.__class__ }}"], "unsafe"),
        (["{{ issuer.format.__globals__ }}"], "unsafe"),
        (["{% include '/etc/passwd' %}"], "no loader"),
        (["{{ issuer|nothing }}"], "No filter named 'nothing'"),
        (["{{ issuer + 1 }}"], "can only concatenate"),
    ],
)
def test_a_template_with_a_mistake_is_an_error_of_the_configuration(tmp_path, lines, problem):
    own = template(tmp_path, *lines)
    with pytest.raises(ValueError, match=r"^template: ") as raised:
        writer(tmp_path, template=own)

    assert str(own) in str(raised.value)
    assert problem in str(raised.value)


@pytest.mark.parametrize("raw", [b"", b"not a document", b"PK\x05\x06" + b"\0" * 18])
def test_a_template_that_is_no_document_is_an_error_of_the_configuration(tmp_path, raw):
    own = tmp_path / "own.docx"
    own.write_bytes(raw)
    with pytest.raises(ValueError, match=r"template: .*own\.docx is no Word document"):
        writer(tmp_path, template=own)


def test_a_template_whose_inside_is_spoilt_is_an_error_of_the_configuration(tmp_path):
    own = tmp_path / "own.docx"
    with ZipFile(TEMPLATE) as whole, ZipFile(own, "w") as spoilt:
        for name in whole.namelist():
            spoilt.writestr(name, b"<w:document" if name == "word/document.xml" else whole.read(name))

    with pytest.raises(ValueError, match=r"template: .*own\.docx is no Word document"):
        writer(tmp_path, template=own)


def test_a_template_that_is_not_there_is_an_error_of_the_configuration(tmp_path):
    with pytest.raises(ValueError, match=r"template: .*own\.docx cannot be read: No such file"):
        writer(tmp_path, template=tmp_path / "own.docx")


async def test_a_template_that_is_spoilt_later_is_for_good(tmp_path, loss, message, reach):
    own = template(tmp_path, "{{ issuer }}")
    one = writer(tmp_path, template=own)
    own.write_bytes(b"spoilt")
    with pytest.raises(NotifyError, match="is no Word document") as raised:
        await one.send(message(loss), reach)
    own.unlink()
    with pytest.raises(NotifyError, match="cannot be read: No such file"):
        await one.send(message(loss), reach)

    assert raised.value.permanent
    assert list(tmp_path.iterdir()) == []


def test_the_shipped_template_names_nothing_that_is_not_filled_in():
    with pytest.raises(TemplateTroubleError, match="is undefined"):
        filled(TEMPLATE, {})


@pytest.mark.parametrize("code", ["", "G09/..", "a b", "x" * 41])
def test_a_code_that_is_no_code_is_refused(code):
    """It becomes part of a file's name."""
    with pytest.raises(ValueError, match="code: must be"):
        Party(name="x", code=code)


# ---- disks


async def refused(folder, message, loss, reach):
    with pytest.raises(NotifyError, match=f"{folder} cannot be written") as raised:
        await writer(folder).send(message(loss), reach)
    return raised.value


async def test_a_missing_folder_may_yet_be_mounted(tmp_path, message, loss, reach):
    assert not (await refused(tmp_path / "none", message, loss, reach)).permanent


async def test_somebody_elses_folder_is_for_good(not_ours, message, loss, reach):
    assert (await refused(not_ours, message, loss, reach)).permanent


def test_of_two_who_write_at_the_same_time_the_first_has_written(tmp_path):
    path = tmp_path / "letter.docx"

    assert create(path, b"first", 0o640)
    assert not create(path, b"second", 0o640)
    assert [(each, each.read_bytes()) for each in tmp_path.iterdir()] == [(path, b"first")]


NO_LINKS = [errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS]


@pytest.fixture
def without_links(monkeypatch):
    """A file system like FAT: only what the system says to who would link is made up."""

    def refuse_with(number):
        def refuse(_, path):
            raise OSError(errno.EEXIST if path.exists() else number, os.strerror(number))

        monkeypatch.setattr(os, "link", refuse)

    return refuse_with


@pytest.mark.parametrize("number", NO_LINKS, ids=errno.errorcode.get)
async def test_a_file_system_without_links_has_the_letter_too(without_links, number, tmp_path, message, loss, reach):
    without_links(number)
    await writer(tmp_path).send(message(loss), reach)

    assert {path.suffix for path in tmp_path.iterdir()} == {".docx", ".edxml"}
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o640 for path in tmp_path.iterdir())
    (path,) = tmp_path.glob("*.docx")
    path.write_bytes(b"what an official has made of it")
    await writer(tmp_path).send(message(loss), reach)
    assert path.read_bytes() == b"what an official has made of it"


@pytest.mark.parametrize("number", NO_LINKS, ids=errno.errorcode.get)
def test_without_links_too_the_first_of_two_has_written(without_links, number, tmp_path):
    without_links(number)
    path = tmp_path / "letter.docx"

    assert (create(path, b"first", 0o640), create(path, b"second", 0o640)) == (True, False)
    assert [(each, each.read_bytes()) for each in tmp_path.iterdir()] == [(path, b"first")]


async def test_a_name_that_was_taken_before_a_kill_gets_its_letter(without_links, tmp_path, message, loss, reach):
    without_links(errno.EPERM)
    await writer(tmp_path).send(message(loss), reach)
    letters = sorted(tmp_path.iterdir())
    for path in letters:
        path.write_bytes(b"")
    await writer(tmp_path).send(message(loss), reach)

    assert sorted(tmp_path.iterdir()) == letters
    assert all(path.stat().st_size > 1000 for path in letters)


async def test_a_file_system_without_rights_has_the_letter_too(monkeypatch, tmp_path, message, loss, reach):
    def refuse(*_):
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "fchmod", refuse)
    await writer(tmp_path).send(message(loss), reach)

    assert len(list(tmp_path.iterdir())) == 2


async def test_a_full_disk_leaves_nothing_behind_and_is_tried_again(small_disk, message, loss, reach):
    filler = small_disk / "filler"
    filler.write_bytes(b"x" * 1_040_000)
    error = await refused(small_disk, message, loss, reach)
    assert (error.permanent, "No space left" in str(error)) == (False, True)
    assert list(small_disk.iterdir()) == [filler]

    filler.unlink()
    await writer(small_disk).send(message(loss), reach)
    assert len(list(small_disk.iterdir())) == 2


async def test_libreoffice_reads_it_as_two_pages(tmp_path, loss, message, reach):
    await writer(tmp_path, edxml=False).send(message(loss), reach)
    (path,) = tmp_path.iterdir()

    said = await asyncio.to_thread(pages_of, path)

    assert "A4" in said
    assert any(line.split() == ["Pages:", "2"] for line in said.splitlines())


def pages_of(path):
    office, pages = shutil.which("soffice"), shutil.which("pdfinfo")
    if not (office and pages):
        pytest.skip("LibreOffice or pdfinfo is not installed; `make debian-packages` installs them")
    profile = f"-env:UserInstallation=file://{path.parent}/profile"
    command = [office, profile, "--headless", "--convert-to", "pdf", "--outdir", str(path.parent), str(path)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    return subprocess.run([pages, str(path.with_suffix(".pdf"))], check=True, capture_output=True, text=True).stdout
