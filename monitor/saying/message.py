"""A notice in words, for one channel in its language: subject, text, HTML, and the scores as a picture."""

from dataclasses import replace

from yarl import URL

from monitor.notice import Event, Notice
from monitor.notify import Message, Picture
from monitor.saying.letter import letter, main_link
from monitor.saying.page import PICTURE, written
from monitor.saying.picture import picture
from monitor.saying.plain import plain
from monitor.saying.subject import subject
from monitor.saying.voice import Voice
from monitor.words import Language


def message(notice: Notice, channel: str, language: Language, page: URL | None) -> Message:
    """`page` is the address of the status page, where one is configured. Pure; never fails, whatever names hold."""
    voice = Voice(language=language, page=page)
    told = replace(notice, channel=channel) if notice.event is Event.TEST else notice
    sheet = letter(told, voice)
    pictures = (Picture(name=PICTURE, png=picture(notice.moves), alt=sheet.alt),) if notice.moves else ()
    return Message(
        notice=notice,
        channel=channel,
        language=language,
        subject=subject(told, voice),
        text=plain(sheet),
        html=written(sheet),
        pictures=pictures,
        link=main_link(notice, voice),
    )
