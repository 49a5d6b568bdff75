"""Tells a program by a POST in the shape of Alertmanager's webhook, version 4, with the notice itself under `npsp`.

https://prometheus.io/docs/alerting/latest/configuration/#webhook_config says what the shape is. The signature is
HMAC-SHA256 over time stamp, full stop and body; docs/notices.md shows how a receiver verifies it.
"""

import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from yarl import URL

from monitor.notify import Message, Reach
from monitor.notify._alerts import Links
from monitor.notify._http import Post, post
from monitor.notify._webhook_body import bodies_of
from probes._secret import Secret

_NAME = re.compile(r"[A-Za-z0-9-]{1,60}")
_OURS = frozenset(
    ("content-type", "content-length", "host", "transfer-encoding", "idempotency-key", "authorization", "connection")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notifier:
    """`secret` signs, and `key_id` tells the receiver which secret it was; `token` is a bearer's."""

    audience: ClassVar[Literal["people", "machines"]] = "machines"

    url: URL
    secret: Secret | None = None
    key_id: str = "default"
    token: Secret | None = None
    headers: Mapping[str, str | Secret] = field(default_factory=dict)
    proxy: URL | None = None

    def __post_init__(self) -> None:
        """Raises ValueError."""
        if not re.fullmatch(r"[A-Za-z0-9._-]{1,64}", self.key_id):
            raise ValueError("key_id: must be letters, digits, dots, dashes and _, at most 64")
        for name, value in self.headers.items():
            _sound(name, value)

    async def send(self, message: Message, reach: Reach) -> None:
        """What is told of several groups of alerts is told of one after the other, and again of all where one is not taken."""
        for content in bodies_of(message, Links(page=reach.page), reach.now()):
            await self._post(content, reach)

    async def _post(self, content: Mapping[str, Any], reach: Reach) -> None:
        body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
        stamp = str(int(reach.now().timestamp()))
        headers = self._headers() | {"Idempotency-Key": content["npsp"]["key"], "X-Npsp-Timestamp": stamp}
        if self.secret:
            headers |= {"X-Npsp-Key-Id": self.key_id, "X-Npsp-Signature": signature(self.secret, stamp, body)}
        await post(reach, Post(url=self.url, body=body, headers=headers, proxy=self.proxy))

    def _headers(self) -> dict[str, str]:
        own = {name: value.reveal() if isinstance(value, Secret) else value for name, value in self.headers.items()}
        if self.token:
            own["Authorization"] = f"Bearer {self.token.reveal()}"
        return own | {"Content-Type": "application/json"}


def signature(secret: Secret, stamp: str, body: bytes) -> str:
    """The time stamp is signed along, so that what was overheard cannot be sent again later."""
    digest = hmac.new(secret.reveal().encode(), f"{stamp}.".encode() + body, "sha256").hexdigest()
    return f"v1={digest}"


def _sound(name: str, value: str | Secret) -> None:
    if not _NAME.fullmatch(name) or name.lower() in _OURS or name.lower().startswith("x-npsp-"):
        raise ValueError(f"headers.{name}: must be a header's name, and none that is set here")
    text = value.reveal() if isinstance(value, Secret) else value
    if not text.isprintable() or not text.isascii():
        raise ValueError(f"headers.{name}: must be printable ASCII on one line")
