"""What the command line shows a person: tables, a progress bar, the score. Results to stdout, the rest to stderr."""

import asyncio
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from functools import partial

import click
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from monitor.figures import figures_lines
from monitor.log import printable
from monitor.model import COUNTED_LEVELS, Agency, Level
from monitor.names import fold
from monitor.report import AgencyReport, CheckReport, Report, VerdictReport
from monitor.store.memory import Memory
from monitor.words import Language, day, moment, word
from monitor.words import score_line as words_score_line

COLOURS = {"yes": "green", "ok": "green", "no": "red", "failed": "red", "unknown": "yellow"}
PARTS = ("merged", "connected", "integrated")


def out() -> Console:
    """The console of results; as wide as it needs where nobody looks. Rich honours NO_COLOR and pipes."""
    console = Console(highlight=False, soft_wrap=not sys.stdout.isatty())
    return console if console.is_terminal else Console(highlight=False, width=200)


def say(line: str) -> None:
    """A line beside the results."""
    click.echo(line, err=True)


@contextmanager
def progress(total: int) -> Iterator[Callable[[object], None]]:
    """A bar on stderr while looks are made; nothing where stderr is no terminal."""
    console = Console(stderr=True)
    columns = (TextColumn("looking"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("looking", total=total)
        yield lambda _: bar.advance(task)


def score_line(report: Report) -> str:
    """62/63 địa phương · 10/21 bộ, ngành: from figures that came over the wire."""
    told = [(level, report["scores"][level.value]) for level in COUNTED_LEVELS]
    return " · ".join(f"{s['integrated']}/{s['agencies']} {word(level, Language.VI)}" for level, s in told)


def show(report: Report, form: str, *, whole: bool = True, checks: Sequence[str] = ()) -> None:
    """A report as a table with the score as its last line, or for a program; `whole` when it is on everyone.

    `checks` are those that were asked for, where it was not all.
    """
    if form == "json":
        click.echo(json.dumps(report, ensure_ascii=False, indent=2))
    elif form == "jsonl":
        for agency in report["agencies"]:
            click.echo(json.dumps(agency, ensure_ascii=False))
    else:
        console = out()
        console.print(_table(report["agencies"]))
        _foot(console, report, None if whole else asked_line(report, checks))


def write(text: str) -> None:
    """A result that is text already."""
    click.echo(text, nl=False)


def _foot(console: Console, report: Report, asked: str | None) -> None:
    """`asked` stands in the place of the score, where not all were asked for."""
    if asked is None:
        _figures(console, report)
    synthetic = f", synthetic: scenario {report['synthetic']}" if report["synthetic"] else ""
    console.print(f"roster and rules of {day(date.fromisoformat(report['as_of']))}{synthetic}", style="dim")
    console.print(asked or score_line(report), style="bold", markup=False)


def _figures(console: Console, report: Report) -> None:
    for level, score in report["scores"].items():
        declared = report["declared"].get(level)
        for line in figures_lines(word(Level(level), Language.EN), score, declared, report["agencies"]):
            console.print(line, style="yellow" if score["unknown"] else "dim", markup=False)
    for incident in report["incidents"]:
        cause = f"{incident['sharing']} {incident['value']}".strip()
        told = f"incident: {cause}, {len(incident['agencies'])} of {incident['of']} agencies, since "
        console.print(told + moment(datetime.fromisoformat(incident["since"])), style="red", markup=False)
    if against := [f"{each['name']} ({each['code']})" for each in report["agencies"] if _conflicts(each)]:
        console.print(f"a document against the looks: {', '.join(against)}", style="red", markup=False)


def rank(agency: AgencyReport) -> tuple[int, int, str]:
    """Who is missing first, then conflicts, then unknowns, then the rest, then those who are only watched."""
    integrated = agency["integrated"]
    answer = integrated["answer"] if integrated else "unknown"
    places = (answer == "no", bool(_conflicts(agency)), answer == "unknown", True)
    place = places.index(True) if agency["counted"] else len(places)
    levels = [level.value for level in COUNTED_LEVELS]
    return place, levels.index(agency["level"]) if agency["level"] in levels else len(levels), fold(agency["name"])


def _conflicts(agency: AgencyReport) -> list[str]:
    return [held["conflict"] for part in PARTS if (held := _part(agency, part)) and held["conflict"]]


def _part(agency: AgencyReport, part: str) -> VerdictReport | None:
    held: VerdictReport | None = agency[part]  # type: ignore[literal-required]  # one of PARTS
    return held


def _table(agencies: Iterable[AgencyReport]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("code", "agency", "merged", "connected", "integrated", "since", "why"):
        table.add_column(name, overflow="fold", no_wrap=name in ("code", "since"))
    for agency in sorted(agencies, key=rank):
        table.add_row(*_row(agency))
    return table


def _row(agency: AgencyReport) -> Iterator[str]:
    integrated = agency["integrated"]
    yield agency["code"]
    yield escape(agency["name"]) + ("" if agency["counted"] else " [dim](not counted)[/dim]")
    for part in PARTS:
        held = _part(agency, part)
        yield coloured(held["answer"]) if held else "–"
    yield moment(datetime.fromisoformat(integrated["since"])) if integrated else ""
    yield escape(printable("; ".join(filter(None, (why(agency), *_people(agency))))))


def coloured(answer: str) -> str:
    return f"[{COLOURS[answer]}]{answer}[/]"


def why(agency: AgencyReport) -> str:
    """The checks that are not well, each with its reason; conflicts first."""
    conflicts = [f"conflict: {text}" for text in _conflicts(agency)]
    bare = [f"{part}: no evidence" for part in PARTS[:2] if (held := _part(agency, part)) and not held["because"]]
    checks = [f"{c['name']} {c['reason'] or 'not looked at yet'}" for c in agency["checks"] if c["state"] != "ok"]
    papers = [held["detail"] for part in PARTS[:2] if (held := _part(agency, part)) and _by_paper(held)]
    if not (conflicts or checks or papers) and not agency["checks"]:
        return "nothing to look at: " + ("no check applies" if agency["portal"] else "no portal is known")
    if agency["integrated"] is None and not checks:
        return "in order"
    return "; ".join([*conflicts, *checks, *papers, *bare])


def _people(agency: AgencyReport) -> Iterator[str]:
    """What people did about it; a monitor of before says nothing of that."""
    if ack := agency.get("ack"):
        yield f"taken on by {ack['by']}: {ack['reason']}"
    if held := agency.get("maintenance"):
        yield f"maintenance: {held['reason']}"


def _by_paper(held: VerdictReport) -> bool:
    return held["answer"] != "yes" and any(name.startswith("document ") for name in held["because"])


def explain(report: Report, settings: Callable[[str], str]) -> None:
    """What was looked at and seen, check by check, and why each answer is as it is."""
    console = out()
    show = partial(console.print, soft_wrap=True)
    for agency in sorted(report["agencies"], key=rank):
        show(f"[bold]{escape(agency['name'])}[/] {agency['code']}  {agency['portal'] or 'no portal known'}")
        for part in PARTS:
            show(_because(part, _part(agency, part)))
        for check in agency["checks"]:
            _explain_check(show, check, settings(check["name"]))
        show()


def _because(part: str, held: VerdictReport | None) -> str:
    if held is None:
        return f"  {part}: no evidence"
    decided = ", ".join(held["because"]) or "no evidence"
    conflict = f"\n    [red]conflict[/]: {escape(printable(held['conflict']))}" if held["conflict"] else ""
    since = moment(datetime.fromisoformat(held["since"]))
    return f"  {part}: {coloured(held['answer'])} since {since}, decided by {escape(decided)}{conflict}"


def _explain_check(show: Callable[..., None], check: CheckReport, settings: str) -> None:
    proves = f"proves {check['proves']}" if check["proves"] else "proves nothing"
    show(f"  [bold]{check['name']}[/] ({check['kind']}, {proves}): {coloured(check['state'])} {check['reason'] or ''}")
    show(f"    seen: {escape(printable(check['last_detail']))}")
    phases = ", ".join(f"{name} {seconds * 1000:.0f} ms" for name, seconds in check["phases"].items())
    show(f"    took: {(check['seconds'] or 0) * 1000:.0f} ms ({phases or 'nothing was asked'})")
    for name, fact in check["facts"].items():
        show(f"    {name}: {escape(printable(str(fact)))}")
    show(f"    settings: {escape(printable(settings))}", style="dim")


def asked_line(report: Report, checks: Sequence[str]) -> str:
    """For looks at a part of the estate: how many of what was asked for are well."""
    agencies = report["agencies"]
    if checks:
        states = [check["state"] for each in agencies for check in each["checks"] if check["name"] in checks]
        return f"{states.count('ok')}/{len(states)} lượt kiểm tra được hỏi đạt (of the looks asked for, well)"
    if all(each["level"] == Level.NATIONAL for each in agencies):
        return f"{_yes(agencies, 'connected')}/{len(agencies)} hệ thống quốc gia hoạt động (of those asked, connected)"
    yes = _yes(agencies, "integrated")
    return f"{yes}/{len(agencies)} cơ quan được hỏi đã hợp nhất và kết nối (of those asked, integrated)"


def _yes(agencies: Iterable[AgencyReport], part: str) -> int:
    return sum(bool((held := _part(each, part)) and held["answer"] == "yes") for each in agencies)


def show_roster(on: date, agencies: list[Agency], form: str) -> None:
    if form == "json":
        click.echo(
            json.dumps(
                {"as_of": on.isoformat(), "agencies": [_rostered(a) for a in agencies]}, ensure_ascii=False, indent=2
            )
        )
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("code", "level", "name", "in English", "counted", "portal", "how well known"):
        table.add_column(name, no_wrap=name == "code")
    for agency in sorted(agencies, key=lambda a: (str(a.level), fold(a.name))):
        table.add_row(*_roster_row(agency))
    console = out()
    console.print(table)
    counted = [
        f"{sum(a.counted and a.level is level for a in agencies)} {word(level, Language.VI)}"
        for level in COUNTED_LEVELS
    ]
    console.print(f"{day(on)}: {' · '.join(counted)}", style="bold")


def _rostered(agency: Agency) -> dict[str, object]:
    return {
        "code": agency.code,
        "name": agency.name,
        "name_en": agency.name_en,
        "level": agency.level,
        "counted": agency.counted,
        "portal": agency.portal,
        "platform": agency.platform,
        "into": agency.into,
        "evidence": dict(agency.evidence),
    }


def _roster_row(agency: Agency) -> Iterator[str]:
    evidence = agency.evidence
    known = f"code {evidence.get('code', '?')}, portal {evidence.get('portal', '?')}"
    yield from (agency.code, agency.level, escape(agency.name), escape(agency.name_en))
    yield from ("yes" if agency.counted else "no", agency.portal or "none known", known)


def show_rows(columns: Iterable[str], rows: Iterable[Iterable[str]]) -> None:
    """A plain table; what came from far is printed as it is, and nothing of it is obeyed."""
    table = Table(*(name.replace("_", " ") for name in columns), box=None, pad_edge=False)
    for row in rows:
        table.add_row(*(escape(printable(cell)) for cell in row))
    out().print(table)


def show_scenarios(scenarios: Iterable[tuple[str, date, str, str]]) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("scenario", "rules of", "failure modes", "what happens (all synthetic)"):
        table.add_column(name, no_wrap=name == "scenario")
    for name, on, modes, about in scenarios:
        table.add_row(name, day(on), modes, escape(about))
    out().print(table)


def show_faults(faults: Iterable[tuple[str, str, str]]) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("fault", "where", "what a visitor finds"):
        table.add_column(name, no_wrap=name == "fault")
    for fault in faults:
        table.add_row(*map(escape, fault))
    out().print(table)


async def follow_scores(store: Memory) -> None:
    """The scores as they come: a line for each change, and how far the first round is."""
    told = ""
    while True:
        looked, of = store.seen()
        line = words_score_line(store.scores()) + ("" if looked == of else f"   ({looked}/{of} looks made)")
        if looked and line != told and (looked == of or sys.stdout.isatty() or not told):
            _tell(line, ended=looked == of)
            told = line
        await asyncio.sleep(0.5)


def _tell(line: str, *, ended: bool) -> None:
    """On a terminal an unfinished line is written over by the next."""
    on_terminal = sys.stdout.isatty()
    start = "\r\x1b[K" if on_terminal else ""
    click.echo(f"{start}{line}", nl=ended or not on_terminal)
    sys.stdout.flush()


def show_drill(title: str, rows: Iterable[tuple[str, str, str, str, bool]], foot: str) -> None:
    """What a drill expected, and when, beside what was seen."""
    table = Table("after", "what", "expected", "seen", "", title=title, title_justify="left")
    for *cells, right in rows:
        table.add_row(*map(escape, cells), "[green]ok[/]" if right else "[bold red]differs[/]")
    console = out()
    console.print(table)
    console.print(foot, style="dim")
