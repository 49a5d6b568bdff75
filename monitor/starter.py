"""Writes out the files a new user starts with: the configuration, its schemas, dashboards and Prometheus files."""

import json
import shutil
from pathlib import Path

from monitor.bundled import config_folder, grafana_folder
from monitor.schemas import json_schemas


def write_out(folder: Path) -> tuple[Path, ...]:
    """Copy config/ and grafana/ into `folder`, and write schemas/, JSON Schemas of the configuration for editors.

    Raises FileExistsError, before writing anything, where one of them is already.
    """
    sources = (config_folder(), grafana_folder())
    targets = [folder / source.name for source in sources]
    schemas = folder / "schemas"
    for target in (*targets, schemas):
        if target.exists():
            raise FileExistsError(17, "is there already; init never overwrites", str(target))
    for source, target in zip(sources, targets, strict=True):
        shutil.copytree(source, target, ignore=shutil.ignore_patterns(".*"))
    schemas.mkdir()
    for name, schema in json_schemas().items():
        (schemas / f"{name}.schema.json").write_text(json.dumps(schema, indent=2) + "\n", encoding="utf-8")
    return tuple(path for target in (*targets, schemas) for path in sorted(target.rglob("*")) if path.is_file())
