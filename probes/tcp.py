"""Takes the agency's server connections, and says what it should? A dialogue of lines or bytes, with TLS or going on in it.

Without a dialogue a connection is enough, with `speak_tls` a handshake. How a dialogue goes, and what `$` in it stands
for, is told in `_dialogue.py`. A server that only stays silent, or says other things for ever, is cut off by the look's
limit and told as a time-out; `refuse` in a step tells it at once. A server that introduces itself is known by its first
line, which is the fact `banner`:

    port: 22
    dialogue: [{expect: "^SSH-2", refuse: "."}]

STARTTLS of a mail server reads so:

    port: 25
    crlf: true
    dialogue:
      - {expect: "^220 ", refuse: "^[45]", send: "EHLO monitor.example"}
      - {expect: "^250[ -]STARTTLS", send: STARTTLS}
      - {expect: "^220 ", start_tls: true}
      - {send: QUIT}
"""

from dataclasses import dataclass
from typing import ClassVar

from probes import Observation, Target, Way
from probes._dialogue import Dialogue, Step, check
from probes._families import over
from probes._hosts import plain_host
from probes._terms import Outward


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe(Outward):
    asks_pages: ClassVar[bool] = False

    port: int = 0  # none: that of the portal's address
    speak_tls: bool = False  # from the first byte on
    crlf: bool = False  # a line that is sent ends in CRLF, as the internet's text protocols want it; else in LF
    dialogue: tuple[Step, ...] = ()

    def __post_init__(self) -> None:
        Outward.__post_init__(self)
        if not 0 <= self.port <= 65535:
            raise ValueError("port: must be between 1 and 65535")
        if self.speak_tls and any(step.start_tls for step in self.dialogue):
            raise ValueError("speak_tls: there is no start_tls in a dialogue that is in TLS already")
        check("dialogue", self.dialogue)

    def applies(self, target: Target) -> bool:
        return bool(self.port or target.portal.port)

    async def look(self, target: Target, way: Way) -> Observation:
        host, port = plain_host(target.portal), self.port or target.portal.port or 0

        async def talk(way: Way) -> Observation:
            async with way.talk(host, port) as talking:
                if self.speak_tls:
                    await talking.start_tls()
                return await Dialogue(talking, crlf=self.crlf).run(host, self.dialogue)

        return await over(self, way, talk)
