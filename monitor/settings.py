"""Reads the configuration: strict, every error of every file at once, each with its file and line.

The only user of YAML. The path: bytes -> Document (plain data and lines) -> shapes -> rules -> Config.
"""

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

import yaml

from monitor import rules
from monitor.build import check_of, config_of
from monitor.config import Config
from monitor.document import BAD, UNREADABLE, Complaint, Data, Document, Where, plain, shown, text_of
from monitor.fields import Shape
from monitor.model import Check
from monitor.sources import AGENCIES, checks, gather, probes_of
from monitor.validate import close, unknown, whole
from monitor.web_config import WebConfig, fingerprint
from monitor.web_shapes import WebShape, web_of

S = TypeVar("S", bound=Shape)

_MUST = (*AGENCIES, "checks.yaml", "monitor.yaml")
_MAY = ("attestations.yaml", "declared.yaml", "maintenance.yaml")
_LARGEST = 4 * 1024 * 1024  # bytes; the real files together are a fiftieth of it
_DEEPEST = 20
# libyaml's parser is ten times as fast; where PyYAML was built without it, its own does.
_LOADER: type[yaml.CSafeLoader | yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class ConfigError(Exception):
    """The configuration is wrong; `errors` says everything that is, each as `file:line: what is wrong, what is allowed`.

    Paths of files are from `root`.
    """

    def __init__(self, errors: Iterable[str], root: Path = Path()) -> None:
        self.errors = tuple(errors)
        self.root = root
        super().__init__("\n".join(self.errors))

    def from_here(self) -> tuple[str, ...]:
        """The errors with paths that can be opened from where the program was started."""
        return tuple(os.path.join("" if self.root == Path() else self.root, each) for each in self.errors)  # noqa: PTH118 - a Path would change what follows the path


def load(
    folder: Path, environ: Mapping[str, str] | None = None, instead: Mapping[str, bytes] = MappingProxyType({})
) -> Config:
    """The configuration in `folder`; raises ConfigError and nothing else. Secrets come from `environ` (os.environ).

    `instead` holds files, by name, as they would be read if they were written.
    """
    complaints: list[Complaint] = []
    context = {"environ": os.environ if environ is None else environ, "folder": folder}
    documents = {name: _document(folder, name, complaints, instead.get(name)) for name in (*_MUST, *_MAY)}
    web = _web_file(folder, documents["monitor.yaml"])
    complaints += _strays(folder, web, sure=documents["monitor.yaml"] is not None)
    sources = gather(documents, complaints, context)
    complaints += rules.broken(sources)
    entered = _web(web, folder.parent, complaints) if web else None
    if complaints or sources.monitor is None:
        raise ConfigError((str(complaint) for complaint in sorted(set(complaints))), folder.parent)
    return config_of(folder, sources, sources.monitor.value, entered)


def read(path: Path, shape: type[S], environ: Mapping[str, str] | None = None) -> S:
    """One file of a shape of its own, such as a scenario; raises ConfigError."""
    complaints: list[Complaint] = []
    context = {"environ": os.environ if environ is None else environ, "folder": path.parent}
    document = _read(path, _shown(path, path.parent.parent), complaints)
    item = whole(shape, document, complaints, context)
    if complaints or item is None:
        raise ConfigError(str(complaint) for complaint in sorted(set(complaints)))
    return item.value


def read_web(file: Path, root: Path) -> WebConfig:
    """The web's configuration alone, as it is now; messages show paths from `root`. Raises ConfigError."""
    complaints: list[Complaint] = []
    found = _web(file, root, complaints)
    if complaints or found is None:
        raise ConfigError(str(complaint) for complaint in sorted(set(complaints)))
    return found


def checks_in(path: Path, key: str, environ: Mapping[str, str]) -> tuple[Check, ...]:
    """The checks that stand under `key` in a file, in the form of checks.yaml; raises ConfigError."""
    complaints: list[Complaint] = []
    document = _read(path, _shown(path, path.parent.parent), complaints)
    part = document.part(key) if document else None
    context = {"environ": environ, "folder": path.parent}
    found = checks(part, complaints, context) if part and part.data else ()
    probes = probes_of(found, complaints)
    complaints += [complaint for item in found for complaint in rules.of_check(item)]
    if complaints:
        raise ConfigError(str(complaint) for complaint in sorted(set(complaints)))
    return tuple(check_of(item, probes[item.key]) for item in found)


# From files to documents.


def _document(folder: Path, name: str, complaints: list[Complaint], instead: bytes | None) -> Document | None:
    path = folder / name
    if instead is not None:
        return _parsed(instead, _shown(path, folder.parent), complaints)
    if name in _MAY and not os.path.lexists(path):
        return None
    return _read(path, _shown(path, folder.parent), complaints)


def _shown(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else path.as_posix()


def _web_file(folder: Path, monitor: Document | None) -> Path | None:
    """Which file monitor.yaml names, whatever else is wrong with that; its path is from the configuration's folder."""
    part = monitor.part("web").data if monitor else None
    name = part.get("config_file") if isinstance(part, dict) else None
    return folder / name if isinstance(name, str) and name.strip() and "\n" not in name else None


def _web(file: Path, root: Path, complaints: list[Complaint]) -> WebConfig | None:
    """Paths in the file are from its own folder."""
    seen = fingerprint((file,))  # before it is read: what changes meanwhile is seen later
    document = _read(file, _shown(file, root), complaints)
    item = whole(WebShape, document, complaints, {"folder": file.parent})
    return None if item is None else web_of(file, seen, item.value)


def _strays(folder: Path, web: Path | None, *, sure: bool) -> Iterator[Complaint]:
    """Files that would be ignored although whoever put them there means them to be read.

    `sure`: it is known which file is the web side's. Else only what looks like another's file with a wrong name is told.
    """
    for path in sorted([*folder.glob("*.y*ml"), *folder.glob("agencies/*.y*ml")]):
        name, allowed = path.relative_to(folder).as_posix(), (*_MUST, *_MAY)
        if name not in allowed and path != web and (sure or close(name, allowed)):
            hint = (
                "; is it for the web side? monitor.yaml names that file: web.config_file" if name[:3] == "web" else ""
            )
            yield Complaint(_shown(path, folder.parent), 1, unknown(name, allowed, "file") + hint)


def _read(path: Path, file: str, complaints: list[Complaint]) -> Document | None:
    try:
        with path.open("rb") as opened:
            raw = opened.read(_LARGEST + 1)  # and no more, should it be an endless device
    except OSError as error:
        complaints.append(Complaint(file, 1, f"cannot be read: {error.strerror}"))
        return None
    return _parsed(raw, file, complaints)


def _parsed(raw: bytes, file: str, complaints: list[Complaint]) -> Document | None:
    try:
        if len(raw) <= _LARGEST:
            return parse(raw.decode("utf-8-sig"), file, complaints)
        complaints.append(Complaint(file, 1, f"is larger than {_LARGEST} bytes"))
    except UnicodeDecodeError as error:
        complaints.append(Complaint(file, 1 + raw[: error.start].count(b"\n"), "is not UTF-8 here"))
    return None


def parse(text: str, file: str, complaints: list[Complaint]) -> Document | None:
    """The one document in a text; None when YAML cannot make out its structure."""
    found = len(complaints)
    try:
        complaints += _forbidden(text, file)
        if len(complaints) > found:
            return None
        root = yaml.compose(text, Loader=_LOADER)
    except yaml.YAMLError as error:
        complaints.append(_syntax(error, file))
        return None
    walk = _Walk(file, complaints)
    data = walk.value(root, ()) if root is not None else None
    # What could be made out is checked too, so that one fault does not hide the others.
    return Document(file=file, data=data, lines=walk.lines)


def _forbidden(text: str, file: str) -> Iterator[Complaint]:
    """What YAML allows and this configuration does not, found before anything is built of it."""
    bad = BAD.search(text.replace("\r\n", "\n"))
    if bad:
        line = 1 + text.replace("\r\n", "\n").count("\n", 0, bad.start())
        yield Complaint(file, line, f"the character U+{ord(bad.group()):04X} is not allowed in a file")
        return
    depth = documents = 0
    for event in yaml.parse(text, Loader=_LOADER):
        documents += isinstance(event, yaml.DocumentStartEvent)
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        problem = _not_allowed(event, documents, depth)
        if problem:
            yield Complaint(file, event.start_mark.line + 1 if event.start_mark else 1, problem)
        if depth > _DEEPEST or documents > 1:
            return


def _not_allowed(event: yaml.Event, documents: int, depth: int) -> str:
    if isinstance(event, yaml.DocumentStartEvent) and documents > 1:
        return "a second document begins here; a file holds one"
    if depth > _DEEPEST and isinstance(event, yaml.CollectionStartEvent):
        return f"is nested deeper than {_DEEPEST} levels"
    # What stands there is not repeated: a secret that begins with one of these and lacks its quotes is taken for them.
    if getattr(event, "anchor", None) is not None:
        return "anchors (&) and aliases (*) are not supported; write the value out, or put it in quotes"
    tag = getattr(event, "tag", None)
    return "" if tag is None else "tags (!) are not supported; leave it out, or put the value in quotes"


def _syntax(error: yaml.YAMLError, file: str) -> Complaint:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    problem = getattr(error, "problem", None) or "cannot be understood"
    told = _HANDLE.sub("tag handle", problem)  # what looks like one may be a secret without its quotes
    return Complaint(file, mark.line + 1 if mark else 1, f"is not YAML: {told}")


_HANDLE = re.compile(r"tag handle .*", re.DOTALL)
_KEY_WORDS = {"bool": "a truth value", "int": "a number", "float": "a number", "null": "nothing", "timestamp": "a date"}


class _Walk:
    """Makes plain data of YAML's nodes, and notes the line of everything."""

    def __init__(self, file: str, complaints: list[Complaint]) -> None:
        self.lines: dict[Where, int] = {(): 1}
        self._file = file
        self._complaints = complaints

    def value(self, node: yaml.Node, where: Where) -> Any:
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, where)
        if isinstance(node, yaml.SequenceNode):
            return tuple(self._item(item, (*where, at)) for at, item in enumerate(node.value))
        try:
            return plain(node.tag, node.value)
        except ValueError as error:
            return self._complain(node, where, str(error))

    def _item(self, node: yaml.Node, where: Where) -> Any:
        self.lines[where] = node.start_mark.line + 1
        return self.value(node, where)

    def _mapping(self, node: yaml.MappingNode, where: Where) -> Data:
        data: dict[str, Data] = {}
        for key_node, value_node in node.value:
            try:
                key = self._key(key_node, where)
            except ValueError as error:
                self._complain(key_node, where, str(error))
                continue
            self.lines[*where, key] = key_node.start_mark.line + 1
            data[key] = self.value(value_node, (*where, key))
        return data

    def _key(self, node: yaml.Node, where: Where) -> str:
        if not isinstance(node, yaml.ScalarNode):
            raise ValueError("a list or a mapping cannot be a key; keys are text")  # noqa: TRY004 - one error for all
        tag = node.tag.rpartition(":")[2]
        if tag == "merge":
            raise ValueError("merge keys (<<) are not supported; write the values out")
        if tag not in ("str", "value"):
            raise ValueError(f"the key {shown(node.value)} is {_KEY_WORDS.get(tag, tag)} to YAML; put it in quotes")
        key = text_of(node.value)
        if not key or key != key.strip():
            raise ValueError(f"the key {shown(key)} is empty or has spaces around it; keys are words")
        if (*where, key) in self.lines:
            raise ValueError(f"{shown(key)} is written twice, first on line {self.lines[*where, key]}; keep one")
        return key

    def _complain(self, node: yaml.Node, where: Where, text: str) -> Any:
        path = Document(file=self._file, data=None, lines={(): node.start_mark.line + 1})
        self._complaints.append(path.complain(where, text))
        return UNREADABLE
