"""`python .ci/grafana` writes grafana/dashboards, and the words of alerts, from the source beside this file; `--check` looks.

Exit status: 0 well, 1 `--check` found files that differ, 2 a mistake in the source.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import alert_words
from catalogue import LANGUAGES, Catalogue
from dashboards import dashboard, numbers_twice
from mistake import Mistake
from pen import Pen
from reading import dashboards_of, presets_of, words_of

HERE = Path(__file__).resolve().parent


def built(source: Path) -> dict[str, str]:
    """file name → text of every dashboard in every language."""
    catalogue = Catalogue(words_of(source))
    presets, held = presets_of(source), dashboards_of(source)
    if sorted(presets.order) != sorted(held):
        raise Mistake(f"presets.yaml: order: names {sorted(presets.order)}, and there are {sorted(held)}")
    files = dict[str, str]()
    for name, each in held.items():
        for language in LANGUAGES:
            try:
                made = dashboard(Pen(presets, catalogue, language), name, each)
            except Mistake as mistake:
                raise mistake.at(f"{name}.yaml") from mistake
            if twice := numbers_twice(made):
                raise Mistake(f"{name}.yaml: names that give the same id or stand twice: {', '.join(twice)}")
            files[f"{name}.{language}.json"] = json.dumps(made, indent=1, ensure_ascii=False) + "\n"
    if unused := catalogue.unused():
        raise Mistake(f"words.yaml: no dashboard uses {', '.join(unused)}")
    return files


def worded(source: Path) -> dict[str, str]:
    """file name → text of the rules that record the words of alerts."""
    return {alert_words.FILE: alert_words.rules(words_of(source))}


def differing(files: dict[str, str], folder: Path) -> Iterator[str]:
    there = {path.name for path in folder.glob("*") if path.suffix == ".json" or path.name in files}
    yield from sorted(there - set(files))
    for name, text in files.items():
        if name not in there or (folder / name).read_text(encoding="utf-8") != text:
            yield name


def write(files: dict[str, str], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in tuple(differing(files, folder)):
        if name in files:
            (folder / name).write_text(files[name], encoding="utf-8")
        else:
            (folder / name).unlink()


def main() -> int:
    parser = argparse.ArgumentParser(prog="grafana", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; say which files differ")
    parser.add_argument("--source", type=Path, default=HERE)
    parser.add_argument("--output", type=Path, default=HERE.parents[1] / "grafana" / "dashboards")
    parser.add_argument("--rules", type=Path, default=HERE.parents[1] / "config" / "prometheus" / "rules")
    asked = parser.parse_args()
    try:
        files, rules = built(asked.source), worded(asked.source)
    except Mistake as mistake:
        sys.stderr.write(f"{mistake}\n")
        return 2
    differ = (*differing(files, asked.output), *differing(rules, asked.rules))
    if asked.check:
        sys.stderr.writelines(f"{name} is not what its source gives: `make grafana`\n" for name in differ)
        return 1 if differ else 0
    write(files, asked.output)
    write(rules, asked.rules)
    sys.stdout.write(f"{len(files)} dashboards and {len(rules)} file of rules, {len(differ)} of them changed\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
