"""A dialogue of steps with a server: what it should say, and what it is told then.

A step first waits: for a line in which `expect` is found (lines before it are passed over; one in which `refuse` is
found ends the look at once), or for exactly the bytes `expect_bytes`. Then it sends, then it goes on in TLS.

What is sent gets a line end. The first line of a server that speaks unasked is the fact `banner`. After an `expect`, `$` in what is sent and in `labels` stands for what the pattern found:
`$1`, `${1}`, `$name` or `${name}`, of which `$` takes the longest word (`$1x` is the group `1x`, write `${1}x`); a group
that is not there is empty, `$$` is one `$`, and any other `$` is itself. Without an `expect`, `$` means nothing. These
are the rules of Go's Regexp.Expand (https://pkg.go.dev/regexp#Regexp.Expand). A secret is sent as it is.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from probes import Fact, Observation, Reason, Talk
from probes._answer import plain
from probes._patterns import Match, compiled, found
from probes._secret import Secret
from probes._stream import EndedError, Stream, TooMuchError

_MOST = 64 * 1024  # bytes that may come in one step
_LONGEST_SHOWN = 60  # characters of what came
_MOST_EXPECTED = 1024  # bytes of one step
_GROUP = re.compile(rb"\$(?:(?P<dollar>\$)|(?P<bare>\w+)|\{(?P<braced>\w+)\})", re.ASCII)
_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]{0,63}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One turn of a dialogue, in the order of its fields."""

    expect: str = ""  # a pattern
    refuse: str = ""  # a pattern, beside `expect`: what says at once that it will not come, such as ^[45]
    expect_bytes: str = ""  # in hexadecimal, such as "ff fb 01"
    send: str | Secret = ""
    start_tls: bool = False
    labels: Mapping[str, str] = field(default_factory=dict)  # name: value, as facts expect_NAME

    @property
    def bytes_expected(self) -> bytes:
        return bytes.fromhex(self.expect_bytes)


class UnexpectedError(Exception):
    """The server said something else; `said` is fit to be shown."""

    def __init__(self, detail: str, *, by_bytes: bool = False, by_pattern: bool = False) -> None:
        super().__init__(detail)
        self.detail = detail
        self.facts = _failed(by_bytes=by_bytes, by_pattern=by_pattern)


class Dialogue:
    """Goes through the steps with one server, once."""

    def __init__(self, talk: Talk, *, crlf: bool) -> None:
        self._talk = talk
        self._stream = Stream(talk, _MOST)
        self._end = b"\r\n" if crlf else b"\n"
        self._secrets: tuple[str, ...] = ()  # sent so far
        self._unasked = True  # nothing was sent so far
        self._last = b""  # line
        self._facts: dict[str, Fact] = {}

    async def run(self, host: str, steps: tuple[Step, ...]) -> Observation:
        """Raises `Trouble`."""
        for number, step in enumerate(steps, 1):
            self._facts["step"] = number
            try:
                await self._take(step)
            except UnexpectedError as error:
                detail = f"{host}, step {number}: {error.detail}"
                return Observation(reason=Reason.DIALOGUE, detail=detail, facts={**self._facts, **error.facts})
        said = f"{host} said what was expected" if steps else f"{host} takes connections"
        return Observation(reason=Reason.OK, detail=said, facts={**self._facts, **_failed()})

    async def _take(self, step: Step) -> None:
        self._stream.allow()
        match = await self._expected(step)
        if step.expect_bytes:
            await self._expected_bytes(step.bytes_expected)
        self._label(step.labels, match)
        await self._send(step.send, match)
        if step.start_tls:
            self._stream.forget()
            await self._talk.start_tls()

    async def _expected(self, step: Step) -> Match | None:
        """The first line in which it is found; None when nothing is expected."""
        if not step.expect:
            return None
        pattern, self._last = compiled(step.expect), b""
        while True:
            line = await self._line(step.expect)
            if match := pattern.search(line):
                return match
            if step.refuse and found(step.refuse, line):
                raise UnexpectedError(f"said {self._shown(line)}; {_quoted(step.expect)} was expected", by_pattern=True)

    async def _line(self, wanted: str) -> bytes:
        try:
            # What is no UTF-8 becomes U+FFFD, as in Go: else no pattern, not even a dot, would match it.
            self._last = (await self._stream.line()).decode("utf-8", "replace").encode()
        except EndedError:
            last = f"; its last line was {self._shown(self._last)}" if self._last else ""
            detail = f"ended without a line in which {_quoted(wanted)} is found{last}"
            raise UnexpectedError(detail, by_pattern=True) from None
        except TooMuchError:
            detail = f"said {_MOST} bytes without a line in which {_quoted(wanted)} is found"
            raise UnexpectedError(detail) from None
        if self._unasked and "banner" not in self._facts:
            self._facts["banner"] = plain(self._last.decode("utf-8", "replace"))
        return self._last

    async def _expected_bytes(self, wanted: bytes) -> None:
        try:
            said = await self._stream.exactly(len(wanted))
        except EndedError as error:
            detail = f"ended after {len(error.rest)} bytes; {_hex(wanted)} was expected"
            raise UnexpectedError(detail) from None
        if said != wanted:
            shown = "something else" if self._secrets else _hex(said)
            raise UnexpectedError(f"sent {shown}; {_hex(wanted)} was expected", by_bytes=True)

    def _label(self, labels: Mapping[str, str], match: Match | None) -> None:
        for name, value in labels.items():
            found_there = _filled(value, match).decode("utf-8", "replace")
            told_again = any(secret in found_there for secret in self._secrets)
            self._facts[f"expect_{name}"] = "<secret>" if told_again else plain(found_there)

    async def _send(self, text: str | Secret, match: Match | None) -> None:
        self._unasked = self._unasked and not text
        if isinstance(text, Secret):
            self._secrets = (*self._secrets, text.reveal())
            await self._talk.send(text.reveal().encode() + self._end)
        elif text:
            await self._talk.send(_filled(text, match) + self._end)

    def _shown(self, line: bytes) -> str:
        """A server may say again what it was told, so after a secret nothing of it is shown."""
        if self._secrets:
            return "something that is not shown, for it was told a secret"
        return _quoted(plain(line[: 4 * _LONGEST_SHOWN].decode("utf-8", "replace")))


def check(setting: str, steps: tuple[Step, ...]) -> None:
    """For the settings of a kind: ValueError that names the place of what makes no sense."""
    for number, step in enumerate(steps, 1):
        if fault := _fault(step):
            raise ValueError(f"{setting}.{number}{fault}")


def _fault(step: Step) -> str:
    if step.expect and step.expect_bytes:
        return ".expect_bytes: not beside expect; make it a step of its own"
    if (step.refuse or step.labels) and not step.expect:
        return f".{'refuse' if step.refuse else 'labels'}: needs an expect beside it"
    if not (step.expect or step.expect_bytes or step.send or step.start_tls):
        return ": does nothing; it needs expect, expect_bytes, send or start_tls"
    wrong = next((name for name in step.labels if not _LABEL.fullmatch(name)), None)
    if wrong is not None:
        return f".labels: {plain(wrong)!r} must be a name of letters, digits and _"
    return _bytes_fault(step) or _pattern_fault(step)


def _bytes_fault(step: Step) -> str:
    try:
        return "" if len(step.bytes_expected) <= _MOST_EXPECTED else f".expect_bytes: at most {_MOST_EXPECTED}"
    except ValueError:
        return '.expect_bytes: must be pairs of hexadecimal digits, such as "ff fb 01"'


def _pattern_fault(step: Step) -> str:
    for name, pattern in (("expect", step.expect), ("refuse", step.refuse)):
        try:
            compiled(pattern)
        except ValueError as error:
            return f".{name}: {error}"
    return ""


def _failed(*, by_bytes: bool = False, by_pattern: bool = False) -> dict[str, Fact]:
    return {"failed_due_to_regex": int(by_pattern), "failed_due_to_bytes": int(by_bytes)}


def _filled(text: str, match: Match | None) -> bytes:
    """The text with what the match found; without one as it is."""
    if match is None:
        return text.encode()
    return _GROUP.sub(lambda place: b"$" if place["dollar"] else _group(place, match), text.encode())


def _group(place: re.Match[bytes], match: Match) -> bytes:
    name = (place["bare"] or place["braced"]).decode()
    try:
        return match.group(int(name) if name.isdecimal() else name) or b""
    except (IndexError, OverflowError, ValueError):
        return b""


def _quoted(text: str) -> str:
    return f"“{text[:_LONGEST_SHOWN]}…”" if len(text) > _LONGEST_SHOWN else f"“{text}”"


def _hex(data: bytes) -> str:
    shown = data[: _LONGEST_SHOWN // 3].hex(" ")
    return shown if len(data) <= _LONGEST_SHOWN // 3 else f"{shown}…"
