"""One notice for each event, for previews and tests: real agencies, made-up troubles, and marked as synthetic.

What they say happened to nobody. Which agencies made up the figures of June 2023 is not known.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Final

from monitor.incidents import Sharing
from monitor.model import Answer, Condition, Level
from monitor.notice import Entry, Event, Group, Move, Notice, Severity, key_of

AT: Final = datetime(2023, 6, 21, 7, 20, tzinfo=UTC)  # 14:20 in Viet Nam
_TOGETHER: Final = AT - timedelta(minutes=7)  # the first look that found it; the seventh minute made sure
_DAY: Final = timedelta(days=1)


def samples() -> Mapping[Event, Notice]:
    """By event; the same at every call."""
    return {each.event: each for each in (*_of_losses(), *_of_incidents(), *_of_evidence(), *_of_us(), *_digests())}


def _of_losses() -> tuple[Notice, ...]:
    return (
        _notice(Event.LOST, Severity.WARNING, entries=(_hanoi(),), moves=_moves(62, 61)),
        _notice(
            Event.STILL_LOST,
            Severity.WARNING,
            at=AT + 2 * _DAY,
            entries=(_hanoi(), _quang_ninh(ack="đã gọi Sở Thông tin và Truyền thông, đang sửa", ack_by="chi")),
            moves=_moves(60, 60),
            after=("3f0c6a5b1d2e4f708192a3b4c5d6e7f8",),
        ),
        _notice(
            Event.RESTORED,
            Severity.WARNING,
            at=AT + timedelta(hours=3, minutes=5),
            entries=(_hanoi(until=AT + timedelta(hours=3)),),
            moves=_moves(61, 62),
        ),
        _notice(Event.UNSTABLE, Severity.WARNING, entries=(_can_tho(),), moves=_moves(61, 61)),
        _notice(
            Event.STEADY,
            Severity.WARNING,
            at=AT + _DAY,
            entries=(_can_tho(until=AT + timedelta(hours=22)),),
            moves=_moves(62, 62),
        ),
        _notice(
            Event.SCORE,
            Severity.INFO,
            entries=(_science(),),
            moves=(_move(Level.PROVINCE, 62, 62, of=63), _ministries(9)),
        ),
    )


def _of_incidents() -> tuple[Notice, ...]:
    shared = Group(sharing=Sharing.NETWORK, value="203.0.113.0/24", since=_TOGETHER, down=4, of=5)
    shared = replace(shared, agencies=tuple(entry.agency for entry in _one_network()))
    portal = Group(
        sharing=Sharing.NATIONAL,
        value="SIGNON",
        name="Hệ thống đăng nhập một lần của Cổng Dịch vụ công quốc gia",
        name_en="National sign-on",
        short="Hệ thống đăng nhập một lần",
        since=AT - timedelta(hours=6),
        down=62,
        of=84,
    )
    over = replace(shared, until=AT + timedelta(hours=2))
    return (
        _notice(Event.INCIDENT, Severity.CRITICAL, groups=(shared,), entries=_one_network(), moves=_moves(62, 58)),
        _notice(Event.STILL_DOWN, Severity.CRITICAL, groups=(portal,), moves=_moves(62, 62)),
        _notice(
            Event.ENDED,
            Severity.CRITICAL,
            at=AT + timedelta(hours=2, minutes=20),
            groups=(over,),
            entries=_one_network(until=AT + timedelta(hours=2)),
            moves=_moves(58, 62),
        ),
    )


def _of_evidence() -> tuple[Notice, ...]:
    paper = _entry(
        "G18",
        ("Bộ Y tế", "Ministry of Health"),
        Level.MINISTRY,
        conditions=(Condition.MERGED,),
        since=AT - timedelta(minutes=30),
        because=("one_door_ministry",),
        kinds=("one_door",),
        reasons=("second_door_open",),
        against=(Condition.MERGED,),
        document="123/BC-VIDU",
        issued=date(2023, 1, 15),
        issuer="Cơ quan ví dụ",
        says=Answer.YES,
        looks=Answer.NO,
    )
    return (
        _notice(Event.CONFLICT, Severity.WARNING, entries=(paper,), moves=_moves(62, 62)),
        _notice(Event.CONFLICT_OVER, Severity.WARNING, at=AT + _DAY, entries=(paper,), moves=_moves(62, 62)),
        _notice(Event.CERTIFICATE, Severity.WARNING, entries=(_da_nang(7),), moves=_moves(62, 62)),
        _notice(Event.CERTIFICATE_RENEWED, Severity.WARNING, entries=(_da_nang(365),), moves=_moves(62, 62)),
    )


def _of_us() -> tuple[Notice, ...]:
    blind = (_move(Level.PROVINCE, 38, 38, of=63, unknown=24), _ministries())
    lost = ((Event.LOST, 2), (Event.RESTORED, 1), (Event.CERTIFICATE, 1))
    province = (Level.PROVINCE,)
    return (
        _notice(
            Event.BLIND, Severity.WARNING, levels=province, share=0.381, since=AT - timedelta(minutes=15), moves=blind
        ),
        _notice(
            Event.SIGHTED,
            Severity.WARNING,
            levels=province,
            share=0.016,
            since=AT - timedelta(minutes=15),
            until=AT + timedelta(minutes=50),
            at=AT + timedelta(minutes=50),
            moves=_moves(62, 62),
        ),
        _notice(
            Event.SILENT, Severity.WARNING, since=AT - timedelta(hours=3, minutes=20), until=AT, moves=_moves(62, 62)
        ),
        _notice(
            Event.CAUGHT_UP,
            Severity.INFO,
            channel="email-bo-noi-vu",
            since=AT - _DAY,
            until=AT,
            outage=True,
            events=lost,
            entries=(_hanoi(until=AT - timedelta(hours=2), since=AT - timedelta(hours=5)),),
            moves=_moves(62, 62),
        ),
        _notice(
            Event.UNDELIVERED,
            Severity.WARNING,
            channel="email-bo-noi-vu",
            problem="550 5.1.1 official@moha.example: no such user",
            events=((Event.LOST, 1),),
            entries=(_hanoi(),),
            moves=_moves(61, 61),
        ),
        _notice(Event.TEST, Severity.INFO),
    )


def _digests() -> tuple[Notice, ...]:
    counts = ((Event.LOST, 2), (Event.RESTORED, 1), (Event.UNSTABLE, 1), (Event.CERTIFICATE, 1))
    week = ((Event.LOST, 9), (Event.RESTORED, 8), (Event.INCIDENT, 1), (Event.ENDED, 1), (Event.CONFLICT, 1))
    works = _entry(
        "H57",
        ("Thừa Thiên Huế", "Thua Thien Hue"),
        Level.PROVINCE,
        conditions=(Condition.CONNECTED,),
        since=AT - timedelta(hours=2),
        held="nâng cấp hệ thống theo kế hoạch",
    )
    conflict = next(each for each in _of_evidence() if each.event is Event.CONFLICT).entries
    entries = (_can_tho(), _da_nang(7), _hanoi(), works, _construction(), *conflict)
    return (
        _notice(Event.INITIAL, Severity.INFO, entries=(_hanoi(), _construction()), more=10, moves=_moves(62, 62)),
        _notice(
            Event.DAILY,
            Severity.INFO,
            since=AT - _DAY,
            until=AT,
            entries=entries,
            more=9,
            events=counts,
            moves=_moves(62, 60),
        ),
        _notice(
            Event.WEEKLY,
            Severity.INFO,
            since=AT - 7 * _DAY,
            until=AT,
            entries=entries,
            more=9,
            events=week,
            moves=(_move(Level.PROVINCE, 61, 60, of=63), _ministries(9)),
        ),
    )


def _notice(event: Event, severity: Severity, *, at: datetime = AT, **changes: object) -> Notice:
    usual: dict[str, object] = {
        "key": key_of(event, at, ("sample",)),
        "event": event,
        "at": at,
        "severity": severity,
        "told": ("email-bo-noi-vu", "webhook-truc-ban"),
        "synthetic": "mau-thong-bao",
    }
    return Notice(**{**usual, **changes})  # type: ignore[arg-type]  # the fields of a notice, by their names


def _entry(code: str, names: tuple[str, str], level: Level, **changes: object) -> Entry:
    return Entry(agency=code, name=names[0], name_en=names[1], level=level, **changes)  # type: ignore[arg-type]  # as above


def _hanoi(**changes: object) -> Entry:
    usual: dict[str, object] = {
        "conditions": (Condition.CONNECTED,),
        "since": AT - timedelta(minutes=6),
        "because": ("sign_on",),
        "kinds": ("sign_on",),
        "reasons": ("no_sign_on_link",),
        "detail": "https://dichvucong.hanoi.gov.vn/: no link to xacthuc.dichvucong.gov.vn among 34",
    }
    return _entry("H26", ("Hà Nội", "Hanoi"), Level.PROVINCE, **{**usual, **changes})


def _quang_ninh(**changes: object) -> Entry:
    usual: dict[str, object] = {
        "conditions": (Condition.MERGED, Condition.CONNECTED),
        "since": AT - timedelta(hours=5),
        "because": ("one_door", "hand_over"),
        "kinds": ("one_door", "hand_over"),
        "reasons": ("second_door_open", "hand_over_missing"),
    }
    return _entry("H49", ("Quảng Ninh", "Quang Ninh"), Level.PROVINCE, **{**usual, **changes})


def _can_tho(**changes: object) -> Entry:
    usual: dict[str, object] = {
        "conditions": (Condition.CONNECTED,),
        "since": AT - timedelta(hours=5),
        "because": ("portal",),
        "kinds": ("http",),
        "reasons": ("timeout_response",),
        "times": 4,
    }
    return _entry("H13", ("Cần Thơ", "Can Tho"), Level.PROVINCE, **{**usual, **changes})


def _one_network(**changes: object) -> tuple[Entry, ...]:
    named = (
        ("H15", ("Đắk Lắk", "Dak Lak")),
        ("H21", ("Gia Lai", "Gia Lai")),
        ("H29", ("TP. Hồ Chí Minh", "Ho Chi Minh City")),
        ("H32", ("Khánh Hòa", "Khanh Hoa")),
    )
    usual: dict[str, object] = {
        "conditions": (Condition.CONNECTED,),
        "since": _TOGETHER,
        "because": ("portal",),
        "kinds": ("http",),
        "reasons": ("timeout_connect",),
    }
    return tuple(_entry(code, names, Level.PROVINCE, **{**usual, **changes}) for code, names in named)


def _science() -> Entry:
    return _entry(
        "G06",
        ("Bộ Khoa học và Công nghệ", "Ministry of Science and Technology"),
        Level.MINISTRY,
        since=AT - timedelta(minutes=3),
        because=("one_door_ministry", "sign_on_ministry"),
        kinds=("one_door", "sign_on"),
    )


def _construction() -> Entry:
    return _entry(
        "G17",
        ("Bộ Xây dựng", "Ministry of Construction"),
        Level.MINISTRY,
        conditions=(Condition.CONNECTED,),
        since=AT - 20 * _DAY,
        because=("portal_ministry",),
        kinds=("http",),
        reasons=("blocked",),
    )


def _da_nang(days: int) -> Entry:
    return _entry(
        "H17",
        ("Đà Nẵng", "Da Nang"),
        Level.PROVINCE,
        because=("certificate",),
        kinds=("tls",),
        expires=AT + days * _DAY + timedelta(hours=3),
    )


def _moves(before: int, after: int) -> tuple[Move, ...]:
    return (_move(Level.PROVINCE, before, after, of=63), _ministries())


def _ministries(before: int = 10) -> Move:
    return _move(Level.MINISTRY, before, 10, of=21, unknown=1)


def _move(level: Level, before: int, after: int, *, of: int, unknown: int = 0) -> Move:
    declared = (62, 63) if level is Level.PROVINCE else (10, 21)
    return Move(level=level, before=(before, of), after=(after, of), unknown=unknown, declared=declared)
