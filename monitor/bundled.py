"""Where the data files are that come with the program.

They lie in monitor/bundled: in a checkout that holds links to config/, grafana/ and docs/runbooks/, in a wheel it holds the files.
"""

from pathlib import Path


def config_folder() -> Path:
    """The configuration with the real roster."""
    return _folder("config")


def grafana_folder() -> Path:
    """Dashboards and provisioning."""
    return _folder("grafana")


def runbooks_folder() -> Path:
    """What to do about each alert, a page each."""
    return _folder("runbooks")


def _folder(name: str) -> Path:
    """Without links, so that messages show where a file really is."""
    return (Path(__file__).parent / "bundled" / name).resolve()
