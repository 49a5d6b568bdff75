"""What an SMTP server's refusals mean for the next try, in words without a secret."""

from asyncio import Transport
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from socket import socket

import aiosmtplib
from aiosmtplib.response import SMTPResponse

from monitor.notify import NotifyError
from monitor.notify._trouble import of_system, plain

_MOST_NAMED = 5  # recipients in one error


class Client(aiosmtplib.SMTP):
    """Whose connection ends at once when it is closed, whatever the server still has to take or to say."""

    def close(self) -> None:
        transport = self.transport
        super().close()
        if isinstance(transport, Transport):
            transport.abort()


@contextmanager
def closing(client: Client, sock: socket) -> Iterator[Client]:
    try:
        yield client
    finally:
        client.close()
        sock.close()


@contextmanager
def told_why(host: str) -> Iterator[None]:
    """What goes wrong on the way is tried again. TimeoutError of our own limit passes through."""
    try:
        yield
    except aiosmtplib.SMTPResponseException as error:  # to a greeting: about us, not about a message
        raise NotifyError(f"{host} answers {shown(error.code, error.message)}") from None
    except aiosmtplib.SMTPServerDisconnected:
        raise NotifyError(f"{host} hangs up") from None
    except aiosmtplib.SMTPException as error:
        raise NotifyError(f"{host}: {_cause(error)}") from None
    except TimeoutError:
        raise
    except OSError as error:
        raise NotifyError(f"{host}: {of_system(error)}") from None


def refusal(error: aiosmtplib.SMTPResponseException, host: str) -> NotifyError:
    """Of a whole message: 4xx may be taken later, 5xx never."""
    return NotifyError(f"{host} answers {shown(error.code, error.message)}", permanent=error.code >= 500)


def refused(wrong: Mapping[str, SMTPResponse], *, had: bool) -> NotifyError:
    """Of recipients; `had`: others have the message. As long as there is hope for one of them, all are tried again."""
    named = [f"{who}: {shown(answer.code, answer.message)}" for who, answer in list(wrong.items())[:_MOST_NAMED]]
    more = [f"and {len(wrong) - _MOST_NAMED} more"] if len(wrong) > _MOST_NAMED else []
    hopeless = all(answer.code >= 500 for answer in wrong.values())
    said = "the others have it" if had else "nobody has it"
    left = tuple(wrong) if had else ()
    return NotifyError(f"refused for {'; '.join((*named, *more))} ({said})", permanent=hopeless, left=left)


def shown(code: int, text: str) -> str:
    return f"{code} {plain(text)}".strip()


def _cause(error: Exception) -> str:
    """What lies under the library's own words, which may be in them."""
    under = error.__cause__ or error.__context__
    return of_system(under) if isinstance(under, OSError) else type(error).__name__
