"""What writes one dashboard in one language: catalogue and presets at hand."""

import re
from typing import Any

from catalogue import Catalogue, Language, said
from mistake import pick
from source import Link, Mapping, Presets, Value

PART = re.compile(r"<<(\w+)>>")
SOURCE = {"type": "prometheus", "uid": "${datasource}"}


class Pen:
    def __init__(self, presets: Presets, catalogue: Catalogue, language: Language) -> None:
        self.presets = presets
        self.language = language
        self._catalogue = catalogue

    def text(self, key: str) -> str:
        return self._catalogue.text(key, self.language)

    def under(self, prefix: str) -> dict[str, str]:
        return self._catalogue.under(prefix, self.language)

    def unit(self, name: str) -> str:
        return said(pick(self.presets.units, name, "unit"), self.language)

    def color(self, name: str) -> str:
        return pick(self.presets.colors, name, "color")

    def promql(self, text: str) -> str:
        """On one line, with its <<parts>> filled in; parts may hold parts."""
        while PART.search(text):
            text = PART.sub(lambda found: pick(self.presets.parts, found[1], "part"), text)
        return " ".join(text.split())

    def thresholds(self, name: str) -> dict[str, Any]:
        steps = pick(self.presets.thresholds, name, "thresholds")
        return {
            "mode": "absolute",
            "steps": [{"color": self.color(step.color), "value": step.value} for step in steps],
        }

    def mappings(self, name: str | None, *, null: str | None) -> list[dict[str, Any]]:
        """A preset's mapping, and one more that shows null as the text `null` in grey.

        The text is the panel's `noValue`, which a mapping of null hides. Not `null+nan`: some versions of Grafana take
        every word for that.
        """
        held = self._mapped(pick(self.presets.mappings, name, "mapping")) if name else {}
        made: list[dict[str, Any]] = [{"type": "value", "options": held}] if held else []
        if null:
            result = {"text": self.text(null), "color": self.color("nothing")}
            made.append({"type": "special", "options": {"match": "null", "result": result}})
        return made

    def _mapped(self, mapping: Mapping) -> dict[str, dict[str, Any]]:
        each = [(code, {"text": text}) for code, text in self.under(mapping.each).items()] if mapping.each else []
        given = [(code, self._result(value)) for value in mapping.values for code in value.values]
        return {code: {**result, "index": index} for index, (code, result) in enumerate((*each, *given))}

    def _result(self, value: Value) -> dict[str, str]:
        text = {"text": self.text(value.text)} if value.text else {}
        return text | ({"color": self.color(value.color)} if value.color else {})

    def paints(self, name: str) -> dict[str, str]:
        """code → colour of a mapping."""
        values = pick(self.presets.mappings, name, "mapping").values
        return {code: self.color(value.color) for value in values if value.color for code in value.values}

    def url(self, text: str) -> str:
        return text.replace("<<language>>", self.language)

    def link(self, name: str) -> tuple[Link, str, str]:
        """The preset, its title and where it leads."""
        link = pick(self.presets.links, name, "link")
        return link, self.text(link.title), self.url(link.url)
