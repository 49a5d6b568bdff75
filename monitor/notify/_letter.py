"""Fills the letter's template, a Word document that the ministry may edit. What it may say is the template's own matter.

Values are escaped, and an expression of the template reaches no file and no attribute that begins with an underscore:
it may come from elsewhere than the program.
"""

from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment


class TemplateTroubleError(Exception):
    """The template is no Word document, or what stands in its braces cannot be filled in. The text says which and why."""


def filled(template: Path, values: Mapping[str, Any]) -> bytes:
    """The letter as DOCX. Raises TemplateTroubleError, and OSError where the template cannot be read."""
    from docx.opc.exceptions import PackageNotFoundError  # noqa: PLC0415 - as below
    from docxtpl import DocxTemplate  # noqa: PLC0415 - costs 0.2 s, and most runs write no letter

    raw = template.read_bytes()
    try:
        letter = DocxTemplate(BytesIO(raw))
        letter.render(dict(values), _environment())
        made = BytesIO()
        letter.save(made)
    except (BadZipFile, PackageNotFoundError, KeyError, ValueError, SyntaxError) as error:  # the last of lxml: bad XML
        raise TemplateTroubleError(f"{template} is no Word document (.docx): {error}") from None
    except TemplateError as error:
        raise TemplateTroubleError(f"{template}: {error.message}{_near(error)}") from None
    except TypeError as error:
        raise TemplateTroubleError(f"{template}: {error}") from None
    return made.getvalue()


def _environment() -> ImmutableSandboxedEnvironment:
    return ImmutableSandboxedEnvironment(autoescape=True, undefined=StrictUndefined)


def _near(error: TemplateError) -> str:
    """Where in the document: Word has no lines, so the text around it."""
    text = " ".join("".join(getattr(error, "docx_context", ())).split())
    return f"; near: {text[:200]}" if text else ""
