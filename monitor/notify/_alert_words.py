"""What people read in an alert, in both languages, from the catalogue of all notices.

An alert is told again and again without the message that it came by, so its texts are made of the notice alone.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Final

from monitor.incidents import Sharing
from monitor.model import Condition, Level
from monitor.notice import Entry, Event, Group, Move, Notice
from monitor.saying.entries import members
from monitor.saying.letter import incident
from monitor.saying.subject import headings, moved, short, who
from monitor.saying.voice import Voice, disproved, unseen
from monitor.words import Language

Text = tuple[str, str, str, str]  # summary and description, Vietnamese and English

_CERTIFICATES: Final = (Event.CERTIFICATE, Event.CERTIFICATE_RENEWED)
_CONFLICTS: Final = (Event.CONFLICT, Event.CONFLICT_OVER)


def _text(say: Callable[[Voice], tuple[str, str]]) -> Text:
    (vi, more_vi), (en, more_en) = (say(Voice(language=each)) for each in (Language.VI, Language.EN))
    return vi, en, more_vi, more_en


def about_agency(event: Event, entry: Entry, condition: Condition | None) -> Text:
    def say(voice: Voice) -> tuple[str, str]:
        decided = f"{voice.say('because')}: {'; '.join(voice.why(entry))}." if entry.because else ""
        summary = f"{voice.agency(entry)}: {_trouble(event, entry, condition, voice)}"
        parts = (_since(entry.since, voice), _more(event, entry, condition, voice), decided)
        return summary, " ".join(filter(None, parts))

    return _text(say)


def _trouble(event: Event, entry: Entry, condition: Condition | None, voice: Voice) -> str:
    if event in _CERTIFICATES:
        ends = voice.say("alert_certificate", at=voice.local(entry.expires)) if entry.expires else ""
        return ends or voice.word(Event.CERTIFICATE)
    if event in _CONFLICTS:
        return voice.word(Event.CONFLICT) + (f" ({voice.word(condition)})" if condition else "")
    if not condition:
        return voice.word(event if event is Event.UNSTABLE else Event.LOST)
    if event is Event.UNSTABLE:
        return voice.say(f"alert_{condition}_unstable")
    return voice.say(f"alert_{condition}_unseen" if _hidden(entry, condition) else f"alert_{condition}")


def _more(event: Event, entry: Entry, condition: Condition | None, voice: Voice) -> str:
    """That it may well be connected, of who is merely not seen to be; and until when an unstable one is told of."""
    if event in _CERTIFICATES or event in _CONFLICTS:
        return ""
    if event is Event.UNSTABLE:
        return voice.say("alert_unstable_long")
    return voice.say("alert_unseen_long") if condition and _hidden(entry, condition) else ""


def _hidden(entry: Entry, condition: Condition) -> bool:
    return unseen(entry) or condition not in disproved(entry)


def about_group(notice: Notice, group: Group) -> Text:
    """Of one that is over what it was: an alert's texts are those of the trouble."""
    counted = notice.event is not Event.ENDED and group.sharing not in (Sharing.NATIONAL, Sharing.MONITOR)
    open_still = replace(group, until=None)

    def say(voice: Voice) -> tuple[str, str]:
        names = f"{voice.say('by_agency')}: {_names(notice, group, voice)}." if members(notice, group) else ""
        instead = voice.say("lead_incident") if counted else ""
        return short(group, voice), " ".join(filter(None, (incident(open_still, voice), names, instead)))

    return _text(say)


def _names(notice: Notice, group: Group, voice: Voice) -> str:
    """A few of them, and how many there are besides: first who is still down."""
    within = sorted(members(notice, group), key=lambda entry: entry.until is not None)
    beyond = max(0, group.down - len(within))
    return next(who(replace(notice, entries=tuple(within), more=beyond), voice))


def about_score(notice: Notice, move: Move) -> Text:
    fell = tuple(each for each in notice.entries if each.level is move.level and (each.conditions or each.gone))
    by = replace(notice, entries=fell, more=notice.more if fell else 0)

    def say(voice: Voice) -> tuple[str, str]:
        summary = voice.say("alert_score", level=voice.word(move.level), moved=moved(move, voice))
        names = f"{next(who(by, voice))}." if fell else ""
        unknown = f"{voice.say('legend_unknown', n=move.unknown)}." if move.unknown else ""
        return summary, f"{names} {unknown}".strip()

    return _text(say)


def about_itself(notice: Notice, level: str) -> Text:
    """As notices are headed; of those about levels, what concerns this one."""
    if notice.event in (Event.BLIND, Event.SIGHTED) and notice.levels:
        notice = replace(notice, levels=(Level(level),), share=_share(notice, level))
    if notice.event is Event.SIGHTED:
        notice = replace(notice, event=Event.BLIND)
    return _text(lambda voice: (next(headings(notice, voice)), _since(notice.since, voice)))


def _share(notice: Notice, level: str) -> float | None:
    shares = (move.unknown / move.after[1] for move in notice.moves if move.level == level and move.after[1])
    return next(shares, notice.share)


def _since(at: datetime | None, voice: Voice) -> str:
    return f"{voice.say('since')} {voice.local(at)}." if at else ""
