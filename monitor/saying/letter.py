"""From a notice to the sheet: the same order whatever the event, so that a reader finds things where they always are."""

import shlex
from collections.abc import Iterable, Iterator
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from monitor.filling import of_strangers, tidy
from monitor.incidents import Sharing
from monitor.notice import Entry, Event, Group, Move, Notice
from monitor.remedies import BY_EVENT, BY_REASON, BY_SHARING, Remedy, page_of
from monitor.saying.entries import facts, listed, well
from monitor.saying.sheet import Block, Command, Facts, Figure, Link, Points, Sheet
from monitor.saying.subject import figures, good, headings, level_of, who
from monitor.saying.tables import tables
from monitor.saying.voice import MOST_NAME, Voice, unseen

_LOSSES: Final = frozenset({Event.LOST, Event.STILL_LOST, Event.UNSTABLE, Event.INCIDENT, Event.STILL_DOWN})
_BY_REASON: Final = frozenset({Event.LOST, Event.STILL_LOST, Event.UNSTABLE, Event.STEADY, Event.SCORE, Event.ENDED})
_DIGESTS: Final = frozenset({Event.DAILY, Event.WEEKLY, Event.INITIAL})
_COUNTS: Final = MappingProxyType({Event.CAUGHT_UP: "counts_caught_up", Event.UNDELIVERED: "counts_undelivered"})
_MOST_POINTS: Final = 5
_MOST_CODES: Final = 12


def letter(notice: Notice, voice: Voice) -> Sheet:
    told = _figures(notice.moves, voice)
    return Sheet(
        lang=voice.language.value,
        heading=next(headings(notice, voice)),
        severity=notice.severity,
        good=good(notice),
        banners=tuple(_banners(notice, voice)),
        lead=tuple(_lead(notice, voice)),
        scores=voice.say("scores"),
        figures=told,
        alt=" ".join(_alt(move, voice) for move in notice.moves),
        blocks=tuple(_blocks(notice, voice)),
        links=tuple(_links(notice, voice)),
        footer=voice.say("footer", at=voice.local(notice.at), key=tidy(notice.key, 40)),
    )


def _banners(notice: Notice, voice: Voice) -> Iterator[str]:
    if notice.synthetic is not None:
        yield voice.say("synthetic_notice", name=tidy(notice.synthetic, MOST_NAME))
    if notice.escalated:
        yield voice.say("escalated_long")


def _lead(notice: Notice, voice: Voice) -> Iterator[str]:
    """What it is about, as a sentence; of incidents one sentence each."""
    yield from (incident(group, voice) for group in notice.groups)
    if notice.more_groups:
        yield voice.say("incidents_more", n=voice.count("incidents", notice.more_groups))
    if notice.event in (Event.DAILY, Event.WEEKLY) and not notice.events:
        yield voice.say("nothing_new")
    for phrase in _first(notice):
        yield voice.say(
            phrase,
            since=voice.moment(notice.since or notice.at),
            until=voice.local(notice.until or notice.at),
            channel=tidy(notice.channel, MOST_NAME),
            rosters=_rosters(notice, voice),
            n=voice.count("agencies", len(_to_help(notice))),
        )
    yield from _others(notice, voice)


def _first(notice: Notice) -> Iterator[str]:
    """The sentences that say what kind of notice it is."""
    hidden = [unseen(entry) for entry in notice.entries]
    if notice.event is Event.SCORE:
        yield from _of_score(notice)
    elif notice.event is Event.LOST and any(hidden):
        yield "lead_lost_unseen" if all(hidden) else "lead_lost_partly"
    elif notice.event is Event.ENDED and _to_help(notice):
        yield "lead_ended_partly"
    elif notice.event is Event.CAUGHT_UP and not notice.channel:
        yield "lead_caught_up_quiet"
    elif notice.event is Event.CAUGHT_UP and not notice.outage:
        yield "lead_caught_up_since"
    elif notice.event is Event.INITIAL and not (notice.entries or notice.groups):
        yield "lead_initial_well"
    elif notice.event is Event.INCIDENT and not listed(notice):
        return  # nobody is lost by it, so it stands for no other notice
    else:
        yield f"lead_{notice.event}"


def _of_score(notice: Notice) -> Iterator[str]:
    """Who moved it; where that is not known, so it is said."""
    if any(move.before[1] != move.after[1] for move in notice.moves):
        yield "lead_score_roster"
    if notice.entries:
        yield "lead_score"
    elif any(move.before[0] != move.after[0] for move in notice.moves):
        yield "lead_score_unnamed"


def _rosters(notice: Notice, voice: Voice) -> str:
    turned = [move for move in notice.moves if move.before[1] != move.after[1]]
    return ", ".join(f"{move.before[1]} → {move.after[1]} {voice.word(move.level)}" for move in turned)


def _others(notice: Notice, voice: Voice) -> Iterator[str]:
    """Who else moved the scores; where only that is known, how many."""
    fell = tuple(entry for entry in notice.others if entry.conditions or entry.gone)
    rose = tuple(entry for entry in notice.others if entry not in fell)
    planned = tuple(entry for entry in fell if entry.held is not None)
    if more := tuple(entry for entry in fell if entry not in planned):
        yield voice.say("others_fell", who=_names(notice, more, notice.others_fell - len(planned), voice))
    if planned:
        yield voice.say("others_held", who=_names(notice, planned, len(planned), voice))
    if rose:
        yield voice.say("others_rose", who=_names(notice, rose, notice.others_rose, voice))
    if not notice.others and (beyond := _beyond(notice)) > 0:
        phrase = "lead_others_back" if notice.event is Event.RESTORED else "lead_others"
        yield voice.say(phrase, n=voice.count("agencies", beyond))


def _names(notice: Notice, entries: tuple[Entry, ...], total: int, voice: Voice) -> str:
    return next(who(replace(notice, entries=entries, more=total - len(entries)), voice))


def _beyond(notice: Notice) -> int:
    """By how many the scores moved beyond those who are told of: what waits for an incident or its end is counted already."""
    if notice.event not in (Event.LOST, Event.INCIDENT, Event.RESTORED):
        return 0
    rose = sum(move.after[0] - move.before[0] for move in notice.moves if move.before[1] == move.after[1])
    return (rose if notice.event is Event.RESTORED else -rose) - len(notice.entries) - notice.more


def incident(group: Group, voice: Voice) -> str:
    """What happened, in a sentence; of one that is over, in two."""
    value = level_of(group.value, voice) if group.sharing is Sharing.LEVEL else tidy(group.value, MOST_NAME)
    needed = group.sharing is Sharing.NATIONAL and group.down
    said = voice.say(
        "incident_national_needed" if needed else f"incident_{group.sharing}",
        since=voice.moment(group.since),
        n=group.down,
        of=group.of,
        name=voice.name(group.name or group.value, group.name_en),
        value=value,
    )
    said = f"{said.rstrip('.')}."
    if group.until is None:
        return said
    lasted = voice.lasted(group.until - group.since)
    return f"{said} {voice.say('incident_over', until=voice.moment(group.until), lasted=lasted)}"


def _figures(moves: Iterable[Move], voice: Voice) -> tuple[Figure, ...]:
    return tuple(_figure(move, voice) for move in moves)


def _figure(move: Move, voice: Voice) -> Figure:
    before, after = figures(move)
    notes = [voice.say("unmoved") if before == after else voice.say("was", before=before)]
    if move.declared:
        notes.append(voice.say("declared_short", figures="/".join(map(str, move.declared))))
    level = voice.word(move.level)
    return Figure(
        level=level[0].upper() + level[1:],
        figure=after,
        note=" · ".join(notes),
        legend=" · ".join(voice.say(f"legend_{part}", n=n) for part, n in parts(move)),
        move=move,
    )


def parts(move: Move) -> tuple[tuple[str, int], ...]:
    """How many are integrated, unknown and not: yes, unknown, no."""
    yes, of = move.after
    return ("yes", yes), ("unknown", move.unknown), ("no", max(of - yes - move.unknown, 0))


def _alt(move: Move, voice: Voice) -> str:
    counts = dict(parts(move))
    level = voice.word(move.level)
    return voice.say("alt", level=level[0].upper() + level[1:], of=move.after[1], **counts)


def body(notice: Notice, voice: Voice) -> Sheet:
    """What is told alone: for a letter that has a head, requests and a foot of its own."""
    whole = letter(notice, voice)
    return replace(whole, banners=(), heading="", blocks=tuple(_told(notice, voice)), links=(), footer="")


def _blocks(notice: Notice, voice: Voice) -> Iterator[Block]:
    yield from _told(notice, voice)
    yield Points(heading=voice.say("to_do"), items=tuple(_to_do(notice, voice)))
    yield from _commands(notice, voice)
    yield Facts(rows=tuple(_colophon(notice, voice)))


def _told(notice: Notice, voice: Voice) -> Iterator[Block]:
    if rows := tuple(_about(notice, voice)):
        yield Facts(rows=rows)
    if notice.events:
        counted = (voice.say("counted", event=voice.word(event), n=n) for event, n in notice.events)
        yield Points(heading=voice.say(_COUNTS.get(notice.event, "counts")), items=tuple(counted))
    yield from _agencies(notice, voice)


def _agencies(notice: Notice, voice: Voice) -> Iterator[Block]:
    if only := _only(notice):
        yield Facts(rows=tuple(facts(notice, only, voice)))
    else:
        yield from tables(notice, voice)
    if notice.event in _DIGESTS and not listed(notice):
        yield Points(heading=voice.say("missing"), items=(voice.say("nobody_missing"),))


def _only(notice: Notice) -> Entry | None:
    """The one agency, of which everything is told."""
    entries = listed(notice)
    alone = len(entries) == 1 and not notice.more and notice.event not in (*_DIGESTS, Event.CAUGHT_UP)
    return entries[0] if alone else None


def _about(notice: Notice, voice: Voice) -> Iterator[tuple[str, str]]:
    """Of what concerns no agency."""
    if notice.channel and notice.event in (Event.CAUGHT_UP, Event.UNDELIVERED):
        yield voice.say("channel"), tidy(notice.channel, MOST_NAME)
    if notice.levels:
        yield voice.say("level"), voice.levels(notice.levels)
    if notice.problem:
        yield voice.say("problem"), of_strangers(notice.problem)
    if notice.event in _DIGESTS or (notice.entries and notice.event is not Event.CAUGHT_UP):
        return
    if notice.since:
        yield voice.say("since"), voice.local(notice.since)
    if notice.until:
        yield voice.say("until"), voice.local(notice.until)
    if notice.since and notice.until and (notice.outage or notice.event is not Event.CAUGHT_UP):
        yield voice.say("lasted"), voice.lasted(notice.until - notice.since)


def _to_do(notice: Notice, voice: Voice) -> Iterator[str]:
    """Each remedy once, and for which agencies where there are several of both."""
    wanted = remedies(notice)
    total = len(notice.entries) + notice.more
    for remedy, codes in list(wanted.items())[:_MOST_POINTS]:
        said = voice.word(remedy)
        whom = ", ".join(tidy(code, 20) for code in codes[:_MOST_CODES])
        dots = ", …" if len(codes) > _MOST_CODES else ""
        several = total > 1 and (len(wanted) > 1 or len(codes) < len(notice.entries))
        yield f"{whom}{dots}: {said}" if codes and several else said


def remedies(notice: Notice) -> dict[Remedy, list[str]]:
    """What there is to do, and the agencies that it is for."""
    wanted: dict[Remedy, list[str]] = {}
    helped = _to_help(notice)
    nothing = not helped if notice.event is Event.ENDED else good(notice)
    if nothing or notice.event is Event.TEST or (notice.event in _DIGESTS and not notice.entries):
        return {Remedy.NOTHING: []}
    for group in notice.groups if notice.event is not Event.ENDED else ():
        wanted.setdefault(BY_SHARING[group.sharing], [])
    if notice.event in BY_EVENT:
        wanted.setdefault(BY_EVENT[notice.event], [])
    if notice.event in _BY_REASON:
        for entry in helped:
            for remedy in _for(entry):
                wanted.setdefault(remedy, []).append(entry.agency)
    named = notice.event is Event.SCORE and notice.entries
    return wanted or {Remedy.NOTHING if named else Remedy.OVERVIEW: []}


def _to_help(notice: Notice) -> tuple[Entry, ...]:
    """Of a score, nobody who raised it or is no longer there; when an incident ends, who is still lost."""
    if notice.event is Event.ENDED:
        return tuple(entry for entry in listed(notice) if not well(notice, entry))
    return tuple(entry for entry in notice.entries if notice.event is not Event.SCORE or entry.conditions)


def _for(entry: Entry) -> tuple[Remedy, ...]:
    return tuple(dict.fromkeys(BY_REASON[reason] for reason in entry.reasons if reason in BY_REASON)) or (Remedy.PAGE,)


def _commands(notice: Notice, voice: Voice) -> Iterator[Command]:
    free = [*_systems(notice), *(entry.agency for entry in listed(notice) if not entry.ack)]
    if notice.event in _LOSSES and free:
        codes = " ".join(map(_quoted, free[:_MOST_CODES]))
        first = len(free) > _MOST_CODES or notice.more
        about = voice.say("take_on_first", n=_MOST_CODES) if first else voice.say("take_on_by")
        yield Command(about=about, command=f'npsp-monitor ack {codes} --reason "{voice.say("take_on_reason")}"')
    shown = [*_systems(notice), *(entry.agency for entry in listed(notice))]
    if voice.page is None and shown:
        yield Command(about=voice.say("shown_by"), command=f"npsp-monitor probe {_quoted(shown[0])} --explain")


def _systems(notice: Notice) -> list[str]:
    """Codes of the national systems that it is about: they are looked at, and taken on, as agencies are."""
    return [group.value for group in notice.groups if group.sharing is Sharing.NATIONAL]


def _quoted(code: str) -> str:
    return shlex.quote(tidy(code, 20))


def _colophon(notice: Notice, voice: Voice) -> Iterator[tuple[str, str]]:
    label = "severity_before" if good(notice) else "severity"
    yield voice.say(label), voice.word(notice.severity)
    told = notice.told or ((notice.channel,) if notice.channel else ())
    yield voice.say("told"), ", ".join(tidy(each, MOST_NAME) for each in told[:_MOST_CODES])
    if (only := _only(notice)) and only.detail and not good(notice):  # by a program, in English: for engineers
        yield voice.say("technical"), voice.detail(only)


def _links(notice: Notice, voice: Voice) -> Iterator[Link]:
    codes = [entry.agency for entry in notice.entries if not entry.gone] or _systems(notice)
    if len(codes) == 1 and (page := voice.address("agency", codes[0])):
        yield Link(text=voice.say("evidence"), address=page)
    if page := voice.address(""):
        yield Link(text=voice.say("to_overview"), address=page)
    first = next(iter(remedies(notice)))
    about = notice.event is not Event.CAUGHT_UP  # no runbook is about what is over
    if about and first is not Remedy.NOTHING and (page := voice.address("runbooks", page_of(first))):
        yield Link(text=voice.say("to_runbook"), address=page)


def main_link(notice: Notice, voice: Voice) -> str | None:
    """The page of the one agency, else the overview."""
    return next((link.address for link in _links(notice, voice)), None)
