"""The rules of the house, checked by reading the source."""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCE = {
    path.relative_to(ROOT).as_posix(): ast.parse(path.read_text(encoding="utf-8"))
    for folder in ("monitor", "probes")
    for path in sorted((ROOT / folder).rglob("*.py"))
}
MODULES = {file.removesuffix(".py").removesuffix("/__init__").replace("/", "."): file for file in SOURCE}
DOORS = {  # outside package: the only places that may import it
    "apscheduler": ("monitor/schedule.py",),
    "yaml": ("monitor/settings.py",),
    "prometheus_client": ("monitor/metrics.py", "monitor/web/"),
    "importlib": ("monitor/plugins.py",),
    "jinja2": ("monitor/web/", "monitor/notify/_letter.py"),
    "docx": ("monitor/notify/_letter.py",),
    "docxtpl": ("monitor/notify/_letter.py",),
    "aiosmtplib": ("monitor/notify/email.py", "monitor/notify/_smtp.py"),
    "apprise": ("monitor/notify/apprise.py",),
    "markdown_it": ("monitor/web/runbooks.py",),
    "bcrypt": ("monitor/web/passwords.py",),
    "click": ("monitor/cli.py", "monitor/cli_told.py", "monitor/shell.py", "monitor/options.py", "monitor/terminal.py"),
    "rich": ("monitor/terminal.py",),
    "httptools": ("probes/_net/",),
    "uvloop": ("monitor/loop.py",),
    "brotli": ("probes/_net/coding.py",),
    "rtls": ("probes/_net/rustls.py",),
    "OpenSSL": ("probes/_net/",),
    "selectolax": ("probes/_html.py",),
    "re2": ("probes/_patterns.py",),
    "sqlalchemy": ("monitor/store/",),
    "alembic": ("monitor/store/upgrade.py", "monitor/store/versions/"),
    "holidays": ("probes/_working_hours.py",),
}
SYSTEM = "importlib.metadata"  # tells our version; discovers nothing
LAYERS = (  # whoever is lower may not import who is higher
    ("monitor.model",),
    ("monitor.judge", "monitor.standing", "monitor.roster"),
    ("monitor.store",),
    ("monitor.metrics", "monitor.web", "monitor.report"),
    ("monitor.service",),
    ("monitor.server",),
    ("monitor.drills",),
    ("monitor.commands",),
    ("monitor.cli",),
    ("monitor.__main__",),
)


def imported(tree: ast.AST) -> Iterator[str]:
    """Every module named by an import, at whatever depth; `from a import b` gives a.b where that is a module of ours."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield inner if inner in MODULES else str(node.module)


def at_import(tree: ast.Module) -> ast.Module:
    """The tree without what runs only when called or is only for type checkers."""

    def kept(node: ast.stmt) -> bool:
        return not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and not (
            isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        )

    return ast.Module(body=[node for node in tree.body if kept(node)], type_ignores=[])


def ours(file: str) -> set[str]:
    return {name for name in imported(SOURCE[file]) if name.split(".")[0] in ("monitor", "probes")}


def functions(file: str) -> Iterator[tuple[str, int]]:
    """Name and lines of body, the docstring apart."""
    for node in ast.walk(SOURCE[file]):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node) and len(node.body) > 1 else node.body
            yield f"{file}:{node.lineno} {node.name}", (body[-1].end_lineno or 0) - body[0].lineno + 1


@pytest.mark.parametrize("file", SOURCE)
def test_each_package_comes_in_by_its_door(file):
    for name in imported(SOURCE[file]):
        doors = DOORS.get(name.split(".")[0])
        assert name == SYSTEM or doors is None or file.startswith(doors), f"{file} imports {name}"


@pytest.mark.parametrize("file", [f for f in SOURCE if f.startswith("probes/")])
def test_probes_know_nothing_of_the_monitor(file):
    assert not [name for name in ours(file) if name.split(".")[0] == "monitor"]


def test_lower_layers_do_not_know_the_higher_ones():
    def layer(module: str) -> int | None:
        return next((i for i, names in enumerate(LAYERS) if any(within(module, name) for name in names)), None)

    def within(module: str, name: str) -> bool:
        return module == name or module.startswith(name + ".")

    for module, file in MODULES.items():
        for other in ours(file):
            mine, its = layer(module), layer(other)
            assert mine is None or its is None or its <= mine, f"{module} imports {other}"


@pytest.mark.parametrize(
    ("module", "by"),
    [
        ("monitor.service", {"monitor/commands.py", "monitor/server.py", "monitor/drills/engine.py"}),
        ("monitor.server", {"monitor/commands.py"}),
        ("monitor.commands", {"monitor/cli.py"}),
        ("monitor.cli", {"monitor/__main__.py"}),
        (
            "monitor.testbed",
            {
                "monitor/shell.py",
                "monitor/commands.py",
                *(file for file in SOURCE if file.startswith("monitor/drills/")),
            },
        ),
        ("monitor.drills", {"monitor/commands.py"}),
    ],
)
def test_who_knows_all_is_known_by_few(module, by):
    knowing = {file for file in SOURCE if any(n == module or n.startswith(module + ".") for n in ours(file))}

    assert {file for file in knowing if not file.startswith(module.replace(".", "/") + "/")} <= by


def test_imports_go_round_in_no_circle():
    graph = {
        module: {name for name in imported(at_import(SOURCE[file])) if name in MODULES and name != module}
        for module, file in MODULES.items()
    }

    assert len(list(TopologicalSorter(graph).static_order())) >= len(MODULES)


@pytest.mark.parametrize("file", [f for f in SOURCE if f.endswith("/__init__.py")])
def test_a_package_holds_a_contract_or_nothing_and_passes_nothing_on(file):
    used = {node.id for node in ast.walk(SOURCE[file]) if isinstance(node, ast.Name)}
    brought = {
        alias.asname or alias.name
        for node in ast.walk(SOURCE[file])
        if isinstance(node, ast.ImportFrom) and str(node.module).split(".")[0] in ("monitor", "probes")
        for alias in node.names
    }

    assert brought <= used, "a package passes nothing on"


@pytest.mark.parametrize("file", SOURCE)
def test_every_module_says_what_it_is_for(file):
    assert ast.get_docstring(SOURCE[file])


@pytest.mark.parametrize("file", SOURCE)
def test_no_module_holds_a_state(file):
    """A module-level name is bound once, to something that cannot change."""
    mutable = ast.List | ast.Dict | ast.Set | ast.ListComp | ast.DictComp | ast.SetComp
    for node in SOURCE[file].body:
        assert not isinstance(node, ast.AugAssign | ast.For | ast.While | ast.With)
        if isinstance(node, ast.Assign) and isinstance(node.value, mutable):
            names = [target.id for target in node.targets if isinstance(target, ast.Name)]
            assert all(name.isupper() or name == "__all__" for name in names), f"{file}: {names}"
    assert not [n for n in ast.walk(SOURCE[file]) if isinstance(n, ast.Global)]


@pytest.mark.parametrize("folder", ["config", "grafana"])
def test_data_folders_hold_no_code(folder):
    assert not list((ROOT / folder).rglob("*.py"))


def test_functions_stay_small():
    sizes = dict(pair for file in SOURCE for pair in functions(file))
    ordered = sorted(sizes.values())

    assert ordered[len(ordered) // 2] <= 6
    assert sum(size <= 20 for size in ordered) / len(ordered) >= 0.9
    assert [name for name, size in sizes.items() if size > 50] == []


def test_files_stay_small():
    long = [f for f in SOURCE if (ROOT / f).read_text(encoding="utf-8").count("\n") > 330]

    assert long == []


def test_every_ignore_has_its_reason():
    """`# noqa: X - why` and `# type: ignore[x]  # why`."""
    bare = re.compile(r"#\s*noqa(?!: [A-Z0-9, ]+ - \w)|#\s*type: ignore(?!\[[\w-]+(, ?[\w-]+)*\]\s+# \w)")
    found = [
        f"{file}:{number}"
        for file in SOURCE
        for number, line in enumerate((ROOT / file).read_text(encoding="utf-8").splitlines(), 1)
        if bare.search(line)
    ]

    assert found == []


def test_importing_has_no_effect():
    names = ", ".join(sorted(name for name in MODULES if not name.endswith("__main__")))
    silent = subprocess.run(
        [sys.executable, "-W", "error", "-c", f"import {names}, threading; assert threading.active_count() == 1"],
        capture_output=True,
        check=False,
        text=True,
        timeout=60,
    )

    assert (silent.returncode, silent.stdout, silent.stderr) == (0, "", "")


def test_every_dependency_is_pinned_with_hashes_and_no_address_is_named():
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    names = [
        re.split(r"[<>=\[]", line)[0]
        for line in (*wanted["project"]["dependencies"], *wanted["dependency-groups"]["dev"])
    ]

    assert "://" not in lock
    for name in names:
        assert re.search(rf"(?m)^{re.escape(name)}==\S+ .*\\\n    --hash=sha256:", lock), name


def test_every_dependency_has_its_reason_in_the_decision_notes():
    notes = (ROOT / ".github" / "decisions" / "0002-dependencies.md").read_text(encoding="utf-8").lower()
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    names = [
        re.split(r"[<>=\[]", line)[0]
        for line in (*wanted["project"]["dependencies"], *wanted["dependency-groups"]["dev"])
    ]

    assert [name for name in names if f"`{name.lower()}`" not in notes] == []


def test_nothing_leans_on_what_is_outside_the_project():
    tracked = subprocess.run(
        ["git", "-C", str(ROOT), "ls-files"], capture_output=True, check=True, text=True
    ).stdout.splitlines()
    outside = re.compile(r"\.\./shared|/wor[k]/|HOUSE\.md|CONTRACT\.md")  # so written that it does not match itself
    leaning = [
        file
        for file in tracked
        if (ROOT / file).is_file() and outside.search((ROOT / file).read_text(encoding="utf-8", errors="replace"))
    ]

    assert leaning == []
