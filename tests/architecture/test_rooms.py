"""The rule of the house: rooms import one way, and only some of them touch the world outside."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ORDER = tuple(
    "version frozen patterns source diagnostics config syntax types ir targets elaborate lint".split()
    + "backend passes emit driver testing cli".split()
)
BESIDE = {
    # rooms that stand beside the order, with all they may import of mloc
    "runner": frozenset[str](),
    "local": frozenset({"version", "frozen", "patterns", "source", "diagnostics", "types", "ir", "runner"}),
}
BACKENDS = frozenset(
    {"version", "frozen", "patterns", "source", "diagnostics", "types", "ir", "targets", "passes", "backend", "emit", "runner"}
)
WORLD = frozenset("os pathlib shutil tempfile subprocess socket random time secrets uuid urllib glob fileinput".split())
"""Modules of input and output, clock, randomness and environment."""
OUTSIDE = {
    # files outside the rooms cli, local and runner that may touch the world, and why
    "mloc/source.py": "reads the user's text",
    "mloc/frozen.py": "writes the `__init__` of a class, as `dataclasses` does",
    "mloc/backend.py": "finds what our own distribution declares",
    "mloc/syntax/tables.py": "finds the grammar and keeps its tables",
    "mloc/config/read.py": "reads the project file",
    "mloc/types/python": "reads the user's Python",
    "mloc/elaborate/declarations.py": "computes with paths; the loader it is given reads",
    "mloc/elaborate/program.py": "computes with paths",
    "mloc/__main__.py": "the command line",
    "backends/mloc_kfp/backend.py": "reads the adapter it puts into bundles",
    "backends/mloc_airflow/backend.py": "reads the adapter it puts into bundles",
    "backends/mloc_flyte/backend.py": "reads the adapter it puts into bundles",
}
SDKS = {"kfp", "airflow", "flytekit", "flyteidl", "flyte", "google", "kubernetes"}


def modules() -> list[Path]:
    found = [*ROOT.glob("mloc/**/*.py"), *ROOT.glob("backends/**/*.py")]
    return sorted(path for path in found if "__pycache__" not in path.parts)


def imports(path: Path) -> Iterator[tuple[str, int, bool]]:
    """Every absolute import: module, line, and whether it is at the top of the file."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    top = {id(node) for node in tree.body}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno, id(node) in top
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module is not None:
            if node.module == "pathlib" and all(alias.name.startswith("Pure") for alias in node.names):
                continue  # paths as values
            if node.module in ("mloc", "backends"):
                for alias in node.names:
                    yield f"{node.module}.{alias.name}", node.lineno, id(node) in top
            else:
                yield node.module, node.lineno, id(node) in top


def room(path: Path) -> str:
    part = path.relative_to(ROOT / "mloc").parts[0]
    return part.removesuffix(".py")


@pytest.mark.parametrize("path", [p for p in modules() if p.is_relative_to(ROOT / "mloc")], ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_go_one_way(path: Path) -> None:
    here = room(path)
    if here in ("__init__", "__main__"):
        return
    allowed = BESIDE.get(here)
    if allowed is None:
        assert here in ORDER, f"{here} is a new room: say where it stands"
        allowed = frozenset(ORDER[: ORDER.index(here) + 1]) | {"runner"} | ({"local"} if here in ("cli", "testing") else frozenset())
    for module, line, _ in imports(path):
        assert not module.startswith(("mloc_", "backends")), f"{path}:{line}: mloc never imports a backend"
        if module.startswith("mloc."):
            target = module.split(".")[1]
            assert target in allowed | {here}, f"{path}:{line}: {here} may not import {target}"


@pytest.mark.parametrize("path", [p for p in modules() if p.is_relative_to(ROOT / "backends")], ids=lambda p: str(p.relative_to(ROOT)))
def test_backends_import_only_what_they_may(path: Path) -> None:
    for module, line, _ in imports(path):
        if module.startswith("mloc."):
            assert module.split(".")[1] in BACKENDS, f"{path}:{line}: a backend may not import {module}"


def launches(path: Path) -> bool:
    """Whether a backend's file runs on an engine (its launcher, and what is put into bundles) instead of emitting for it."""
    return any(part.startswith(("launch", "vendored", "adapter", "local_run")) for part in path.parts)


@pytest.mark.parametrize("path", [p for p in modules() if not launches(p)], ids=lambda p: str(p.relative_to(ROOT)))
def test_no_emitter_imports_an_sdk(path: Path) -> None:
    for module, line, _ in imports(path):
        assert module.split(".")[0] not in SDKS, f"{path}:{line}: {module} is an orchestrator's SDK"


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(ROOT)))
def test_only_some_rooms_touch_the_world(path: Path) -> None:
    name = path.relative_to(ROOT).as_posix()
    if (
        name.startswith(("mloc/cli/", "mloc/local/", "mloc/runner/", "mloc/testing/"))
        or launches(path)
        or any(name.startswith(o) for o in OUTSIDE)
    ):
        return
    for module, line, _ in imports(path):
        assert module.split(".")[0] not in WORLD, f"{name}:{line}: imports {module}"
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        calls = isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        opens = calls and node.func.id in ("open", "input", "print", "exec", "eval")
        assert not opens, f"{name}:{getattr(node, 'lineno', 0)}: calls {ast.unparse(node)[:40]}"


def test_the_runner_uses_the_standard_library_alone() -> None:
    for path in (ROOT / "mloc" / "runner").glob("**/*.py"):
        for module, line, at_top in imports(path):
            standard = module.split(".")[0] in sys.stdlib_module_names
            assert standard or not at_top, f"{path}:{line}: {module} is not of the standard library"
            assert not module.startswith("mloc"), f"{path}:{line}: the runner is vendored under other names"
