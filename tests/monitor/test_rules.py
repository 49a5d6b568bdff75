"""Each folder of tests/broken breaks one rule and says what is to be told: the exact lines, all of them."""

import shutil
from pathlib import Path

import pytest

from monitor.settings import ConfigError, load

BROKEN = Path(__file__).parents[1] / "broken"
CASES = sorted(folder.name for folder in BROKEN.iterdir() if not folder.name.startswith("_"))


@pytest.fixture
def broken(tmp_path):
    """The sound configuration with a case's files laid over it, and those that it names in missing.txt taken away."""

    def lay(case: str) -> Path:
        folder = tmp_path / "config"
        shutil.copytree(BROKEN / "_base", folder)
        if case:
            shutil.copytree(BROKEN / case, folder, dirs_exist_ok=True)
        missing = folder / "missing.txt"
        for name in missing.read_text().split() if missing.exists() else ():
            (folder / name).unlink()
        return folder

    return lay


def test_the_configuration_that_is_broken_here_is_sound_by_itself(broken):
    assert len(load(broken(""), environ={}).checks) == 3


@pytest.mark.parametrize("case", CASES)
def test_a_broken_rule_is_told_with_file_and_line_and_what_is_allowed(case, broken):
    with pytest.raises(ConfigError) as caught:
        load(broken(case), environ={})

    assert list(caught.value.errors) == (BROKEN / case / "errors.txt").read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("case", CASES)
def test_every_error_names_a_file_and_a_line_of_it(case):
    for error in (BROKEN / case / "errors.txt").read_text(encoding="utf-8").splitlines():
        place, line, what = error.split(":", 2)
        assert place.startswith("config/")
        assert int(line) >= 1
        assert what.startswith(" ")
