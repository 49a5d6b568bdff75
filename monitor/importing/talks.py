"""Modules of the probers tcp and dns."""

from collections.abc import Iterator

from monitor.importing.common import Notes, Settings, family, tls
from monitor.importing.shapes import DnsShape, RecordsShape, StepShape, TcpShape


def dialogue_of(shape: TcpShape, notes: Notes) -> Settings:
    notes.say("port: there it comes with each target; here it is the portal's own unless you set one")
    settings = {**family(shape, notes), **tls(shape.tls_config, notes)}
    settings |= {"speak_tls": True} if shape.tls else {}
    steps = tuple(step for each in shape.query_response for step in _steps(each))
    return settings | ({"dialogue": steps} if steps else {})


def _steps(shape: StepShape) -> Iterator[Settings]:
    """Bytes that are expected after a pattern are a step of their own here."""
    step: Settings = {"expect": shape.expect} if shape.expect else {}
    step |= {"labels": {each.name: each.value for each in shape.labels}} if shape.labels else {}
    if shape.expect_bytes:
        yield from (step,) if step else ()
        step = {"expect_bytes": shape.expect_bytes.encode().hex(" ")}
    step |= {"send": shape.send} if shape.send else {}
    step |= {"start_tls": True} if shape.starttls else {}
    yield from (step,) if step else ()


def query_of(shape: DnsShape, notes: Notes) -> Settings:
    notes.say("servers: there each target is the name server to ask; here it is the system's unless you name some")
    return {
        "name": shape.query_name.rstrip(".") or ".",
        "type": shape.query_type,
        "record_class": shape.query_class,
        "transport": "tls" if shape.dns_over_tls else shape.transport_protocol,
        "recursion": shape.recursion_desired,
        **family(shape, notes),
        **tls(shape.tls_config, notes),
        **({"codes": shape.valid_rcodes} if shape.valid_rcodes else {}),
        **_sections(shape),
    }


def _sections(shape: DnsShape) -> Settings:
    sections = {
        "answers": _records(shape.validate_answer_rrs),
        "authority": _records(shape.validate_authority_rrs),
        "additional": _records(shape.validate_additional_rrs),
    }
    return {name: rules for name, rules in sections.items() if rules}


def _records(shape: RecordsShape) -> Settings:
    """What has to be so here is the other side of what makes the other tool fail."""
    rules = {
        "matches_any": shape.fail_if_none_matches_regexp,
        "matches_all": shape.fail_if_not_matches_regexp,
        "matches_not_any": shape.fail_if_matches_regexp,
        "matches_not_all": shape.fail_if_all_match_regexp,
    }
    return {name: patterns for name, patterns in rules.items() if patterns}
