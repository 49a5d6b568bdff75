"""What `store` in monitor.yaml may hold: a file, or a database by its URL."""

from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import AfterValidator, PlainValidator, ValidationInfo, WithJsonSchema, model_validator
from yarl import URL

from monitor.fields import SecretText, Shape, Text, secret_or, wrong
from monitor.plugins import installed
from monitor.store.place import Place
from probes._secret import Secret

_FORMS = "must be sqlite:///PATH or postgresql://USER@HOST:PORT/DATABASE, or that as ${env:NAME} or ${file:PATH}"
_POSTGRES = ("postgresql", "postgres")


def _absolute(value: str) -> str:
    if not value.startswith("/") or value.endswith("/") or "\n" in value:
        raise wrong("must be the path of a file from the root, such as /var/lib/npsp-monitor/monitor.db")
    return value


def _url(value: Any, info: ValidationInfo) -> Secret:
    """No message shows any of it: whatever it is, it may hold a password."""
    held = secret_or(value, info)
    text = held.reveal() if isinstance(held, Secret) else held
    try:
        url = URL(text)
    except ValueError:
        raise wrong(_FORMS) from None
    if text.startswith("sqlite:///"):
        _absolute("/" + text.removeprefix("sqlite:").lstrip("/"))
    elif url.scheme not in _POSTGRES or not url.path.strip("/") or not (url.host or url.query.get("host")):
        raise wrong(_FORMS)
    elif not isinstance(held, Secret) and (url.password is not None or "password" in url.query):
        raise wrong(
            "must hold no password in the file itself: give it under `password`, as ${env:NAME} or ${file:PATH}"
        )
    elif not installed("psycopg"):
        raise wrong("PostgreSQL needs the extra `postgres` (pip install npsp-monitor[postgres])")
    return Secret(text)


class StoreShape(Shape):
    """One of `file` and `url`; `password` goes with the URL of a PostgreSQL database."""

    file: Annotated[Text, AfterValidator(_absolute)] | None = None
    url: Annotated[Secret, PlainValidator(_url), WithJsonSchema({"type": "string"})] | None = None
    password: SecretText | None = None

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if (self.file is None) == (self.url is None):
            raise wrong("must name a place: either `file` or `url`")
        if self.password and (self.url is None or self.url.reveal().startswith("sqlite:")):
            raise wrong("a password is for the URL of a PostgreSQL database only")
        return self


def place_of(shape: StoreShape) -> Place:
    if shape.file:
        return Place(file=Path(shape.file))
    text = shape.url.reveal() if shape.url else ""
    if text.startswith("sqlite:"):
        return Place(file=Path("/" + text.removeprefix("sqlite:").lstrip("/")))
    return Place(url=shape.url, password=shape.password)
