"""The draft letter in an envelope of the shape of edXML (QCVN 102:2016/BTTTT), marked as a draft: for the clerk who sends it.

Not an envelope that the exchange would take: number, symbol, date of issue, document id, signer and signature are left
empty, since only who issues a document has them. Nothing here sends anything.
"""

import re
from base64 import b64encode
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID
from xml.etree import ElementTree as ET

from monitor.model import ZONE

_NAMESPACE: Final = "http://www.mic.gov.vn/TBT/QCVN_102_2016"  # a name, not an address that is asked
_DOCX: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_LETTER: Final = ("2", "Công văn")  # type of document: an administrative one
_MARK: Final = "[BẢN DỰ THẢO]"
_CODE: Final = re.compile(r"[A-Za-z0-9.]{1,40}")  # G09, or 000.00.00.G09 of old


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """A body that writes or is written to; what is empty is not known."""

    name: str
    code: str  # electronic identification code, QĐ 20/2020/QĐ-TTg
    superior: str = ""  # the body above it, on the letter's first line
    address: str = ""
    email: str = ""
    telephone: str = ""
    fax: str = ""
    website: str = ""

    def __post_init__(self) -> None:
        if not _CODE.fullmatch(self.code):
            raise ValueError("code: must be an identification code such as G09: letters, digits and full stops")


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What the envelope says of the letter that is in it."""

    subject: str
    place: str
    at: datetime  # UTC
    note: str  # that it is a draft, and of made-up data where it is
    name: str  # of the file
    raw: bytes


def file_name(code: str, uuid: UUID) -> str:
    return f"SendDocument.{code}.{uuid}.edxml"


def envelope(sender: Party, recipient: Party, draft: Draft) -> bytes:
    ET.register_namespace("edXML", _NAMESPACE)
    root = ET.Element(_tag("edXML"))
    root.append(ET.Comment(f" {_MARK} {_harmless(draft.note)} "))
    whole = _in(root, "edXMLEnvelope")
    header = _in(whole, "edXMLHeader")
    message = _in(header, "MessageHeader")
    _party(_in(message, "From"), sender)
    _party(_in(message, "To"), recipient)
    _fields(_in(message, "Code"), CodeNumber="", CodeNotation="")
    _fields(_in(message, "PromulgationInfo"), Place=draft.place, PromulgationDate="")
    _fields(_in(message, "DocumentType"), Type=_LETTER[0], TypeName=_LETTER[1])
    _fields(message, Subject=f"{_MARK} {draft.subject}", Content=draft.note, DocumentId="")
    trace = _in(header, "TraceHeaderList")
    _fields(_in(trace, "TraceHeader"), OrganId=sender.code, Timestamp=f"{draft.at.astimezone(ZONE):%Y/%m/%d %H:%M:%S}")
    _fields(_in(trace, "Bussiness"), BussinessDocType="0", BussinessDocReason=_MARK)  # spelt so in the standard
    _in(header, "Signature")
    _attached(root, whole, draft)
    ET.indent(root)
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"


def _attached(root: ET.Element, whole: ET.Element, draft: Draft) -> None:
    manifest = _in(_in(whole, "edXMLBody"), "edXMLManifest")
    about = {"ContentId": "cid:letter", "ContentType": _DOCX}
    _fields(_in(manifest, "Reference"), **about, AttachmentName=draft.name, Description="Công văn (bản dự thảo)")
    attachment = _in(_in(root, "AttachmentEncoded"), "Attachment")
    _fields(
        attachment,
        **about,
        ContentTransferEncoded="base64",
        AttachmentName=draft.name,
        Content=b64encode(draft.raw).decode(),
    )


def _party(element: ET.Element, party: Party) -> None:
    _fields(
        element,
        OrganId=party.code,
        OrganizationInCharge=party.superior,
        OrganName=party.name,
        OrganAdd=party.address,
        Email=party.email,
        Telephone=party.telephone,
        Fax=party.fax,
        Website=party.website,
    )


def _in(parent: ET.Element, name: str) -> ET.Element:
    return ET.SubElement(parent, _tag(name))


def _fields(parent: ET.Element, **texts: str) -> None:
    for name, text in texts.items():
        _in(parent, name).text = "".join(letter for letter in text if letter.isprintable() or letter in "\n\t")


def _tag(name: str) -> str:
    return f"{{{_NAMESPACE}}}{name}"


def _harmless(text: str) -> str:
    """Two hyphens would end a comment."""
    return text.replace("--", "- -")
