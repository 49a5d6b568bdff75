"""One HTTP request and its answer, over a line."""

import asyncio
from collections.abc import Mapping

from probes import Fact
from probes._net import http1
from probes._net.faults import Fault
from probes._net.phases import Phases
from probes._net.wire import Line


class Exchange:
    """An owner of a line; `answer` is set once for a line, to the answer or to what went wrong."""

    __slots__ = ("_head", "_line", "_max_body", "_max_headers", "_parser", "_phases", "_sent", "answer")

    def __init__(self, sent: bytes, phases: Phases, *, max_headers: int, max_body: int, head: bool = False) -> None:
        self._sent = sent
        self._phases = phases
        self._max_headers = max_headers
        self._max_body = max_body
        self._head = head  # the answer has no body, whatever its headers say

    def begin(self, line: Line) -> None:
        self._line = line
        self._parser: http1.Parser | None = None  # while one waits, there is none: it is most of an exchange's memory
        self.answer: asyncio.Future[http1.Answer] = asyncio.get_running_loop().create_future()

    def connected(self) -> None:
        self._phases.enter("processing")
        self._line.send(self._sent)

    def received(self, data: bytes) -> None:
        if self.answer.done():
            return
        try:
            self._feed(data)
        except Fault as fault:
            self.failed(fault)

    def ended(self) -> None:
        if self.answer.done():
            return
        try:
            self._begun().end()
            self._finish()
        except Fault as fault:
            self.failed(fault)

    @property
    def facts(self) -> Mapping[str, Fact]:
        """What is known of an answer as soon as its headers are whole."""
        return self._parser.facts if self._parser else {}

    def failed(self, error: Exception) -> None:
        self._phases.leave()
        self._line.close()
        if not self.answer.done():
            self.answer.set_exception(error)

    def _feed(self, data: bytes) -> None:
        parser = self._begun()
        parser.feed(data)
        if parser.done:
            self._finish()

    def _begun(self) -> http1.Parser:
        if self._parser is None:
            self._phases.enter("transfer")
            self._parser = http1.Parser(max_headers=self._max_headers, max_body=self._max_body, head=self._head)
        return self._parser

    def _finish(self) -> None:
        answer = self._begun().answer()
        self._phases.leave()
        self.answer.set_result(answer)  # before the farewell, which may fail: the answer is whole
        self._line.close()
