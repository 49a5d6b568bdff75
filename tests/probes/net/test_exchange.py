"""One request and its answer, over a line that fails at its farewell."""

from probes import Reason
from probes._net.exchange import Exchange
from probes._net.faults import Fault
from probes._net.phases import Phases


class Resetting:
    """A line whose other side has reset it: the farewell of TLS fails, and its owner is told."""

    def send(self, data):
        self.sent = data

    def close(self):
        owner, self.owner = getattr(self, "owner", None), None
        if owner:
            owner.failed(Fault(Reason.RESET, "connection reset"))


async def test_an_answer_that_is_whole_stays_one_though_the_farewell_fails():
    """When the reset comes is the network's whim, so no server could be told to hit the moment."""
    line = Resetting()
    line.owner = exchange = Exchange(b"GET / HTTP/1.1\r\n\r\n", Phases(), max_headers=1000, max_body=1000)
    exchange.begin(line)
    exchange.connected()
    exchange.received(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    assert exchange.answer.result().body == b"ok"
