"""A DRAFT of an official letter (công văn) about a notice, into a folder. It is never sent: a person reads, signs, issues it.

The layout is that of Nghị định 30/2020/NĐ-CP, Phụ lục I, and comes from a Word document that may be edited: one's own
`template`, or config/letters/cong-van.docx. Beside the letter lies an envelope of the shape of edXML, a draft as well.
Who writes to whom is the operator's to say: no name, code or address of an office is made up here.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar, Final, Literal
from uuid import NAMESPACE_OID, uuid5

from monitor.bundled import config_folder
from monitor.notice import Event, Notice, Severity
from monitor.notify import Message, NotifyError, Reach
from monitor.notify._aside import aside
from monitor.notify._disk import create, there, trouble
from monitor.notify._edxml import Draft, Party, envelope, file_name
from monitor.notify._letter import TemplateTroubleError, filled
from monitor.notify._letter_words import about, closing, dated, mark, opening, rows, synthetic_mark

_MODE: Final = 0o640


@dataclass(frozen=True, slots=True, kw_only=True)
class Notifier:
    folder: Path  # must exist
    sender: Party
    recipient: Party
    place: str  # where the letter is issued, as it stands before its date
    copies: tuple[str, ...] = ("Như trên;", "Lưu: VT.")  # „Nơi nhận“
    template: Path | None = None
    edxml: bool = True

    audience: ClassVar[Literal["people", "machines"]] = "people"

    def __post_init__(self) -> None:
        """A template of one's own is filled in once, so that a mistake in it is found before there is anything to tell."""
        if self.template is None:
            return
        at = datetime(2026, 1, 1, tzinfo=UTC)
        sample = Notice(key="", event=Event.TEST, at=at, severity=Severity.INFO)
        try:
            filled(self.template, self._values(sample))
        except OSError as error:
            raise ValueError(f"template: {self.template} cannot be read: {error.strerror}") from None
        except TemplateTroubleError as error:
            raise ValueError(f"template: {error}") from None

    async def send(self, message: Message, reach: Reach) -> None:  # noqa: ARG002 - nothing leaves this machine
        try:
            await aside(lambda _: self._write(message))  # the same file, whoever writes it and when
        except OSError as error:
            raise trouble(error, str(self.folder)) from None

    def _write(self, message: Message) -> None:
        """The letter first, for the envelope holds it. What is there already stays: somebody may have worked on it."""
        uuid = uuid5(NAMESPACE_OID, message.key)
        name = f"du-thao-cong-van.{message.notice.at:%Y%m%d}.{message.notice.event}.{uuid}.docx"
        letter, sent = self.folder / name, self.folder / file_name(self.sender.code, uuid)
        if not there(letter):
            create(letter, self._letter(message), _MODE)
        if self.edxml and not there(sent):
            create(sent, self._envelope(message.notice, letter), _MODE)

    def _letter(self, message: Message) -> bytes:
        template = self.template or config_folder() / "letters" / "cong-van.docx"
        try:
            return filled(template, self._values(message.notice))
        except OSError as error:
            raise NotifyError(f"{template} cannot be read: {error.strerror}", permanent=True) from None
        except TemplateTroubleError as error:
            raise NotifyError(str(error), permanent=True) from None

    def _values(self, notice: Notice) -> Mapping[str, Any]:
        """What stands in the template's braces; docs/notices/README.md says what each is."""
        return {
            "superior": self.sender.superior,
            "issuer": self.sender.name,
            "recipient": self.recipient.name,
            "place": self.place,
            "date": dated(notice.at),
            "about": about(notice),
            "opening": opening(notice, self.sender.name, self.recipient.name),
            "rows": tuple(map(asdict, rows(notice))),
            "closing": closing(notice, self.recipient.name),
            "farewell": "Trân trọng",
            "copies": self.copies,
            "mark": mark(),
            "synthetic": synthetic_mark(notice),
        }

    def _envelope(self, notice: Notice, letter: Path) -> bytes:
        note = " ".join(filter(None, (f"{mark()}.", synthetic_mark(notice))))
        draft = Draft(
            subject=f"V/v {about(notice)}",
            place=self.place,
            at=notice.at,
            note=note,
            name=letter.name,
            raw=letter.read_bytes(),
        )
        return envelope(self.sender, self.recipient, draft)
