"""Writes out the files a new user starts with: the configuration, dashboards and Prometheus files."""

import shutil
from pathlib import Path

from monitor.bundled import config_folder, grafana_folder


def write_out(folder: Path) -> tuple[Path, ...]:
    """Copy config/ and grafana/ into `folder`. Raises FileExistsError, before writing, where one of them is already."""
    sources = (config_folder(), grafana_folder())
    targets = [folder / source.name for source in sources]
    for target in targets:
        if target.exists():
            raise FileExistsError(17, "is there already; init never overwrites", str(target))
    for source, target in zip(sources, targets, strict=True):
        shutil.copytree(source, target, ignore=shutil.ignore_patterns(".*"))
    return tuple(path for target in targets for path in sorted(target.rglob("*")) if path.is_file())
