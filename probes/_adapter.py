"""The national data-exchange adapter: its settings, the login, a session that is kept, and one call of a service that reads.

For use inside the government network, with the agency's own credentials: the adapter cannot be reached from outside.
Seen in public source: the two addresses of the login (with and without `providerurl`), the headers, the bodies of login
and call, the envelope (_envelope.py), and that the user's name is the agency's identifier. INFERRED: the path of the
call beside that of the login, that the call wants the `dstcode` too, the identifier's form 000.00.00.CODE for every
agency, and how a session that has ended is told: no text gives a code for it.

A session is kept for a while, as the agencies' own systems keep theirs, so that one which ends early is met here too; it
is then renewed once. Nothing but the body proves anything: status 200 and the words "Kết nối thành công" are said by
some of these systems to whatever was asked.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import quote

from yarl import URL

from probes import Fact, Observation, Reason, Target, Way
from probes._adapter_answer import NOT_ALLOWED, Reply, Shown, bare, found, not_spoken
from probes._answer import Answer
from probes._credentials import revealed
from probes._discreet import discreet
from probes._envelope import OTHER, code_of, envelope, message_of, results_of, succeeds
from probes._exchange import at_an_address_of_ours, error_of
from probes._hosts import is_path, plain_host
from probes._matches import TOKEN
from probes._secret import Secret
from probes._terms import Outward

_FORWARD = "/XrdAdapter/RestService/forward"
_READS = ("Lay", "TraCuu", "DanhSach")  # how the services begin that only read; others write to the NPSP
TAKEN = frozenset({"session", "madonvi", "service"})  # names of what is sent with every call
_SESSION = re.compile(r"[!-~]{1,16384}")


@dataclass(slots=True, kw_only=True)
class _Kept:
    """The session that is used till it ends; it lives in the network and not in the probe."""

    session: Secret | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Adapter(Outward):
    """To be inherited; a `__post_init__` of its own calls `Adapter.__post_init__(self)`. Without a `url` nothing is asked."""

    url: URL | None = None  # of the agency's security server, or of its own proxy of the adapter
    login_path: str = f"{_FORWARD}/mapi/login"
    call_path: str = f"{_FORWARD}/mapi/g"
    dstcode: str = "VN:GOV:000.00.00.G22:vpcpdvcprovider"  # of the provider, in query and header; empty: not sent
    providerurl: str = ""  # of the service behind the provider; some are reached so
    # Beside the usual ones, for a proxy that wants some. Not shown: one may be a password that nobody marked as such.
    headers: Mapping[str, str | Secret] = field(default_factory=dict, repr=False)

    username: str = ""  # none: 000.00.00. and the agency's code
    password: Secret | None = None
    madonvi: str = ""  # none: as the user's name

    service: str = "LayDanhMucTinhThanh"
    parameters: Mapping[str, str] = field(default_factory=dict)  # of the service
    session_kept: int = 600  # seconds a session is used for at most; 0: every look logs in
    expired_codes: tuple[str, ...] = ("401",)  # INFERRED: nothing tells which they are; the status 401 counts besides
    expired_words: tuple[str, ...] = ("session", "phiên")  # INFERRED: in the message that comes with any code

    def __post_init__(self) -> None:
        Outward.__post_init__(self)
        for name in ("login_path", "call_path"):
            if not is_path(getattr(self, name)) or "?" in getattr(self, name):
                raise ValueError(f"{name}: must be a path from /, without a query")
        if self.url is not None and self.password is None:
            raise ValueError("url: needs a password")
        if not self.service.startswith(_READS):
            raise ValueError(f"service: must be one that reads: its name begins with {', '.join(_READS)}")
        if self.session_kept < 0:
            raise ValueError("session_kept: must not be negative")
        self._check_texts()

    def _check_texts(self) -> None:
        for name in self.parameters:
            if name in TAKEN:
                raise ValueError(f"parameters.{name}: is sent anyway")
        for name, value in self.headers.items():
            if not TOKEN.fullmatch(name) or not revealed(value).isprintable():
                raise ValueError(f"headers.{name}: must be a header of one line")
        if not self.dstcode.isprintable() or not self.dstcode.isascii():
            raise ValueError("dstcode: must be one line of ASCII")

    # -- one call

    async def ask(self, target: Target, way: Way, private: Mapping[str, str]) -> Reply | Observation:
        """What the service answers, or what is wrong on the way to it. Raises `Trouble`.

        `private` are parameters of this one call, beside those of the settings; like secrets they are told nowhere.
        """
        kept = await self._kept(target, way)
        session = kept.session or await self._login(target, way, private)
        if isinstance(session, Observation):
            return session
        kept.session = session
        answer = await self._call(session, target, way, private)
        if not self._lost(answer):
            return self._read(answer, self._shown(session, private))
        return await self._again(kept, target, way, private)

    async def _again(self, kept: _Kept, target: Target, way: Way, private: Mapping[str, str]) -> Reply | Observation:
        """With a session that was just had, never with one that was kept."""
        kept.session = None
        session = await self._login(target, way, private)
        if isinstance(session, Observation):
            return session
        answer = await self._call(session, target, way, private)
        lost, shown = self._lost(answer), self._shown(session, private)
        kept.session = None if lost else session
        told = self._lost_again(answer, shown) if lost else self._read(answer, shown)
        return replace(told, facts={**told.facts, "renewed": True})

    async def _kept(self, target: Target, way: Way) -> _Kept:
        async def nothing(_: Way) -> _Kept:
            return _Kept()

        if not self.session_kept:
            return _Kept()
        settings = (self.login_path, self.dstcode, self.providerurl, self._user(target), self.password)
        key = f"adapter session of {plain_host(self._base)} {hash((str(self._base), settings)):x}"
        return await way.shared(key, self.session_kept, nothing)

    # -- what is asked

    @property
    def _base(self) -> URL:
        return self.url or URL()

    def _user(self, target: Target) -> str:
        return self.username or f"000.00.00.{target.code}"

    async def _login(self, target: Target, way: Way, private: Mapping[str, str]) -> Secret | Observation:
        password = self.password.reveal() if self.password else ""
        answer = await self._post(way, self.login_path, {"username": self._user(target), "password": password})
        return self._session(answer, private)

    async def _call(self, session: Secret, target: Target, way: Way, private: Mapping[str, str]) -> Answer:
        named = {"session": session.reveal(), "madonvi": self.madonvi or self._user(target), "service": self.service}
        return await self._post(way, self.call_path, {**named, **self.parameters, **private})

    async def _post(self, way: Way, path: str, body: Mapping[str, str]) -> Answer:
        usual = {"Accept": "application/json", "Content-Type": "application/json", "Charset": "utf-8"}
        dstcode = {"dstcode": self.dstcode} if self.dstcode else {}
        headers = {**usual, **dstcode, **{name: revealed(value) for name, value in self.headers.items()}}
        data = json.dumps(body, ensure_ascii=False).encode()
        with at_an_address_of_ours():
            page = await way.ask(self._at(path), method="POST", headers=headers, body=data, follow=lambda _: False)
        return Answer(page=page, bare=True)

    def _at(self, path: str) -> URL:
        """The codes are written as they were seen: with bare colons where they stand alone, else percent-encoded."""
        query = {"dstcode": self.dstcode, "providerurl": self.providerurl}
        safe = "" if self.providerurl else ":"
        told = "&".join(f"{name}={quote(value, safe=safe)}" for name, value in query.items() if value)
        return self._base.join(URL(f"{path}?{told}" if told else path, encoded=True))

    # -- what is answered

    def _shown(self, session: Secret | None, private: Mapping[str, str]) -> Shown:
        headers = (value for value in self.headers.values() if isinstance(value, Secret))
        return discreet((self.password, session, *headers, *map(Secret, private.values())))

    def _session(self, answer: Answer, private: Mapping[str, str]) -> Secret | Observation:
        told = envelope(answer.page)
        session = told.get("session") if told else None
        known = isinstance(session, str) and _SESSION.fullmatch(session)
        shown = self._shown(Secret(str(session)) if session else None, private)
        if fault := not_spoken(answer, shown):
            return fault
        code = code_of(told or {})
        if code == OTHER and answer.page.status not in NOT_ALLOWED:
            return found(answer, Reason.UNREADABLE, "to the login with a code that is none; 0 was expected")
        if answer.page.status in NOT_ALLOWED or not succeeds(code):
            detail = f"to the login with the code {shown(code)}; a session was expected"
            return found(answer, Reason.LOGIN_REFUSED, detail, result_code=shown(code))
        if not known:
            return found(answer, Reason.UNREADABLE, "to the login without a session; one was expected")
        return Secret(str(session))

    def _read(self, answer: Answer, shown: Shown) -> Reply | Observation:
        if fault := not_spoken(answer, shown):
            return fault
        told = envelope(answer.page) or {}
        code, results = code_of(told), results_of(told)
        facts: dict[str, Fact] = {"service": self.service, "result_code": shown(code)}
        if code == OTHER and answer.page.status not in NOT_ALLOWED:
            return found(answer, Reason.UNREADABLE, f"to {self.service} with a code that is none", **facts)
        if answer.page.status in NOT_ALLOWED or not succeeds(code):
            detail = f"to {self.service} with the code {shown(code)}; 0 was expected"
            return found(answer, Reason.RESULT_CODE, detail, **facts)
        if results is None:
            return found(answer, Reason.UNREADABLE, f"to {self.service} without a list of results", **facts)
        return Reply(answer=answer, results=results, facts={**bare(answer.facts), **facts})

    def _lost(self, answer: Answer) -> bool:
        """Whether an answer says that it does not know the session."""
        if error_of(answer.page):
            return False
        told = envelope(answer.page)
        if told is None or answer.page.status == 401:
            return answer.page.status == 401
        code, message = code_of(told), message_of(told)
        words = any(word.casefold() in message for word in self.expired_words)
        return not succeeds(code) and (code in self.expired_codes or words)

    def _lost_again(self, answer: Answer, shown: Shown) -> Observation:
        code = shown(code_of(envelope(answer.page) or {}))
        detail = f"to {self.service} that it does not know a session that it has just given; a result was expected"
        return found(answer, Reason.SESSION_LOST, detail, service=self.service, result_code=code)
