"""`python .ci/letter` writes config/letters/cong-van.docx, the template of the draft letter, as Nghị định 30/2020/NĐ-CP has it.

Only the first template was made so: whoever wants another letter edits the document in Word, and no code. What stands in
double braces is filled in; docs/notices/README.md lists what there is.
"""

import sys
from pathlib import Path

from docx import Document
from docx.document import Document as Letter
from docx.enum.section import WD_SECTION
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH as ALIGN
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Mm, Pt, Twips
from docx.table import Table, _Cell
from docx.text.paragraph import Paragraph

FONT = "Times New Roman"
TARGET = Path(__file__).parents[2] / "config" / "letters" / "cong-van.docx"


def main() -> int:
    letter = Document()
    page(letter)
    first_lines(letter)
    body(letter)
    last_lines(letter)
    letter.core_properties.title = "Mẫu công văn"
    letter.core_properties.author = ""
    letter.core_properties.comments = ""
    TARGET.parent.mkdir(exist_ok=True)
    letter.save(str(TARGET))
    return 0


def page(letter: Letter) -> None:
    """A4; margins, font and page numbers of Phụ lục I, phần I."""
    section = letter.sections[0]
    section.start_type = WD_SECTION.NEW_PAGE
    section.page_width, section.page_height = Mm(210), Mm(297)
    # 20, 30 and 15 mm, in twentieths of a point rounded up: rounded down they would be too narrow.
    section.top_margin = section.bottom_margin = Twips(1134)
    section.left_margin, section.right_margin = Twips(1701), Twips(851)
    section.header_distance = Mm(8)
    section.different_first_page_header_footer = True
    style = letter.styles["Normal"]
    style.font.name, style.font.size = FONT, Pt(14)
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for which in ("w:ascii", "w:hAnsi", "w:cs", "w:eastAsia"):
        fonts.set(qn(which), FONT)
    language = OxmlElement("w:lang")
    language.set(qn("w:val"), "vi-VN")
    style.element.get_or_add_rPr().append(language)
    style.paragraph_format.space_before = style.paragraph_format.space_after = Pt(0)
    for header, numbered in ((section.first_page_header, False), (section.header, True)):
        marks(header.paragraphs[0], header.add_paragraph, numbered=numbered)


def marks(first: Paragraph, another, *, numbered: bool) -> None:
    """From the second page its number, and on every page that this is a draft, and of made-up data where it is."""
    if numbered:
        first.alignment = ALIGN.CENTER
        field(first, "PAGE", 13)
    mark = another() if numbered else first
    mark.alignment = ALIGN.CENTER
    run(mark, "{{ mark }}", 10, italic=True)
    synthetic = another()
    synthetic.alignment = ALIGN.CENTER
    synthetic.paragraph_format.space_after = Pt(8)
    run(synthetic, "{{ synthetic }}", 10, bold=True)


def first_lines(letter: Letter) -> None:
    """Quốc hiệu, Tiêu ngữ, who issues, number and symbol, what it is about, place and date; then to whom."""
    table = bare(letter, (6.7, 9.8))
    left, right = table.rows[0].cells
    line(left, "{%p if superior %}", 13)
    line(left, "{{ superior|upper }}", 13)
    line(left, "{%p endif %}", 13)
    line(left, "{{ issuer|upper }}", 13, bold=True)
    rule(left, 22)
    line(right, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", 13, bold=True)
    line(right, "Độc lập - Tự do - Hạnh phúc", 14, bold=True)
    rule(right, 58)
    left, right = table.add_row().cells
    line(left, "Số:          /", 13, before=6)
    line(left, "V/v {{ about }}", 12, before=3)
    framed(line(left, "BẢN DỰ THẢO", 12, bold=True, before=8))
    line(right, "{{ place }}, {{ date }}", 14, italic=True, before=6)
    addressee = letter.add_paragraph()
    addressee.alignment = ALIGN.CENTER
    addressee.paragraph_format.space_before = addressee.paragraph_format.space_after = Pt(16)
    run(addressee, "Kính gửi: {{ recipient }}.", 14)


def body(letter: Letter) -> None:
    said(letter, "{%p for paragraph in opening %}")
    said(letter, "{{ paragraph }}")
    said(letter, "{%p endfor %}")
    said(letter, "{%p if rows %}")
    listed(letter)
    said(letter, "{%p endif %}")
    said(letter, "{%p for paragraph in closing %}", together=True)
    said(letter, "{{ paragraph }}", together=True)
    said(letter, "{%p endfor %}", together=True)
    said(letter, "{{ farewell }}./.", together=True)


def listed(letter: Letter) -> None:
    heads = ("TT", "Cơ quan", "Mã định danh", "Nội dung", "Thời điểm", "Căn cứ")
    cells = (
        "{{ row.number }}",
        "{{ row.name }}",
        "{{ row.code }}",
        "{{ row.what }}",
        "{{ row.since }}",
        "{{ row.why }}",
    )
    widths = (1.1, 3.2, 1.9, 3.9, 2.5, 3.9)
    table = letter.add_table(rows=4, cols=len(heads))
    table.style, table.autofit, table.alignment = "Table Grid", False, WD_TABLE_ALIGNMENT.CENTER
    for column, width in zip(table.columns, widths, strict=True):
        column.width = Cm(width)
    repeat = OxmlElement("w:tblHeader")
    table.rows[0]._tr.get_or_add_trPr().append(repeat)
    for row in table.rows:
        whole = OxmlElement("w:cantSplit")
        row._tr.get_or_add_trPr().append(whole)
        for cell, width in zip(row.cells, widths, strict=True):
            cell.width = Cm(width)
    for cell, text in zip(table.rows[0].cells, heads, strict=True):
        line(cell, text, 12, bold=True, before=2, after=2)
    line(table.rows[1].cells[0], "{%tr for row in rows %}", 12)
    for at, (cell, text) in enumerate(zip(table.rows[2].cells, cells, strict=True)):
        line(cell, text, 12, align=ALIGN.CENTER if at in (0, 2, 4) else ALIGN.LEFT, before=2, after=2)
    line(table.rows[3].cells[0], "{%tr endfor %}", 12)


def last_lines(letter: Letter) -> None:
    """Nơi nhận to the left; to the right who signs, left open."""
    gap = letter.add_paragraph()
    gap.paragraph_format.space_after = Pt(6)
    gap.paragraph_format.keep_with_next = True
    table = bare(letter, (7.0, 9.5))
    left, right = table.rows[0].cells
    line(left, "Nơi nhận:", 12, bold=True, italic=True, align=ALIGN.LEFT)
    line(left, "{%p for copy in copies %}", 11, align=ALIGN.LEFT)
    line(left, "- {{ copy }}", 11, align=ALIGN.LEFT)
    line(left, "{%p endfor %}", 11, align=ALIGN.LEFT)
    line(right, "[QUYỀN HẠN, CHỨC VỤ CỦA NGƯỜI KÝ]", 13, bold=True)
    line(right, "[Chữ ký, dấu hoặc chữ ký số]", 13, italic=True, before=36, after=36)
    line(right, "[Họ và tên người ký]", 14, bold=True)


# ---- parts


def bare(letter: Letter, widths: tuple[float, float]) -> Table:
    table = letter.add_table(rows=1, cols=2)
    table.autofit, table.alignment = False, WD_TABLE_ALIGNMENT.CENTER
    margins = OxmlElement("w:tblCellMar")  # none: Quốc hiệu just fits on one line
    for side in ("left", "right"):
        margin = OxmlElement(f"w:{side}")
        margin.set(qn("w:w"), "0")
        margin.set(qn("w:type"), "dxa")
        margins.append(margin)
    table._tblPr.append(margins)
    for column, width in zip(table.columns, widths, strict=True):
        column.width = Cm(width)
        for cell in column.cells:
            cell.width = Cm(width)
    return table


def line(
    cell: _Cell, text: str, size: float, *, bold=False, italic=False, align=ALIGN.CENTER, before=0, after=0
) -> Paragraph:
    empty = len(cell.paragraphs) == 1 and not cell.paragraphs[0].text
    paragraph = cell.paragraphs[0] if empty else cell.add_paragraph()
    paragraph.alignment = align
    paragraph.paragraph_format.space_before, paragraph.paragraph_format.space_after = Pt(before), Pt(after)
    run(paragraph, text, size, bold=bold, italic=italic)
    return paragraph


def said(letter: Letter, text: str, *, together=False) -> None:
    """`together`: on one page with what follows, so that nobody signs a page with nothing else on it."""
    paragraph = letter.add_paragraph()
    paragraph.paragraph_format.keep_with_next = together
    paragraph.alignment = ALIGN.JUSTIFY
    paragraph.paragraph_format.first_line_indent = Cm(1.27)
    paragraph.paragraph_format.space_before = paragraph.paragraph_format.space_after = Pt(6)
    paragraph.paragraph_format.line_spacing = 1.15
    run(paragraph, text, 14)


def run(paragraph: Paragraph, text: str, size: float, *, bold=False, italic=False) -> None:
    made = paragraph.add_run(text)
    made.font.name, made.font.size, made.bold, made.italic = FONT, Pt(size), bold, italic


def field(paragraph: Paragraph, code: str, size: float) -> None:
    for kind, text in (("begin", ""), ("", code), ("end", "")):
        run(paragraph, "", size)
        element = OxmlElement("w:fldChar" if kind else "w:instrText")
        if kind:
            element.set(qn("w:fldCharType"), kind)
        else:
            element.text = text
        paragraph.runs[-1]._r.append(element)


def rule(cell: _Cell, millimetres: int) -> None:
    """The line beneath, as the border of an empty paragraph that is as wide as that."""
    paragraph = line(cell, "", 2)
    width = cell.width.mm if cell.width else 0
    indent = Mm(max(0, (width - millimetres) / 2))
    paragraph.paragraph_format.left_indent = paragraph.paragraph_format.right_indent = indent
    borders(paragraph, ("top",))
    paragraph.paragraph_format.space_before = Pt(2)


def framed(paragraph: Paragraph) -> None:
    paragraph.paragraph_format.left_indent = paragraph.paragraph_format.right_indent = Mm(11)
    borders(paragraph, ("top", "left", "bottom", "right"))


def borders(paragraph: Paragraph, sides: tuple[str, ...]) -> None:
    made = OxmlElement("w:pBdr")
    for side in sides:
        border = OxmlElement(f"w:{side}")
        for key, value in (("val", "single"), ("sz", "6"), ("space", "1"), ("color", "auto")):
            border.set(qn(f"w:{key}"), value)
        made.append(border)
    properties = paragraph._p.get_or_add_pPr()
    following = ("w:shd", "w:tabs", "w:spacing", "w:ind", "w:jc", "w:rPr")
    properties.insert_element_before(made, *following)


if __name__ == "__main__":
    sys.exit(main())
