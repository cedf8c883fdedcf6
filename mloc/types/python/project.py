"""Which folders hold a program's Python modules, and where in them a module stands."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from mloc.config.model import Config, ConfigError
from mloc.config.read import FILE, config, read
from mloc.frozen import dataclass, field


class ProjectError(Exception):
    """A project file that cannot be used; the message is for the user and names the file."""


@dataclass(frozen=True, slots=True)
class Located:
    """Where an importable name stands.

    `path` is the file that an import runs, None for a namespace package; `relative` is that file below its source root (`pkg/mod.py`).
    `folders` are the folders that hold its submodules, none for a plain module.
    """

    name: str
    kind: Literal["module", "package", "namespace"]
    path: Path | None
    relative: str
    folders: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Project:
    """A project: its folder, the folders where modules are looked up (in order), the packages that it says it needs, and its settings."""

    root: Path
    source_roots: tuple[Path, ...]
    dependencies: tuple[str, ...] = ()
    config: Config = field(default_factory=Config)
    _located: dict[str, Located | None] = field(default_factory=dict, compare=False, repr=False)
    _listed: dict[Path, frozenset[str]] = field(default_factory=dict, compare=False, repr=False)
    _shown: dict[Path, str] = field(default_factory=dict, compare=False, repr=False)

    @staticmethod
    def of(mlp_path: str | Path) -> Project:
        """The project of a program: the nearest folder upward with a `pyproject.toml`, else the file's own.

        Modules are looked up beside the program first (docs/decisions/0001), then in the project's folder, then in `[tool.mloc] src`.
        Raises ProjectError when the project file cannot be read or its `[tool.mloc]` is not as it should be.
        """
        own = Path(mlp_path).parent.resolve()
        root = next((folder for folder in (own, *own.parents) if (folder / FILE).is_file()), own)
        try:
            document = read(root)
            settings = config(document)
        except ConfigError as error:
            raise ProjectError(str(error)) from None
        roots = [own, root, *((root / folder).resolve() for folder in settings.src)]
        return Project(root, tuple(dict.fromkeys(roots)), (*_dependencies(document.table), *_requirements(root)), settings)

    def locate(self, name: str) -> Located | None:
        """Where `import name` would find a first-party module or package; None when it is not in the project.

        Folders are read once: a project lasts for one look at one program.
        """
        folders, prefix = self.source_roots, ""
        found: Located | None = None
        for part in name.split("."):
            full = f"{prefix}{part}"
            if full not in self._located:
                self._located[full] = self._locate_in(folders, prefix, part) if part.isidentifier() else None
            found = self._located[full]
            if found is None:
                return None
            folders, prefix = found.folders, f"{full}."
        return found

    def _locate_in(self, folders: tuple[Path, ...], prefix: str, part: str) -> Located | None:
        """Find one component as the import system does.

        The first folder with a package or module of that name wins; without one, all plain folders together are a namespace package.
        """
        name, relative = f"{prefix}{part}", f"{prefix}{part}".replace(".", "/")
        portions: list[Path] = []
        for folder in folders:
            entries = self._entries(folder)
            package, file = folder / part, f"{part}.py"
            if part in entries and _exists(package / "__init__.py"):
                return Located(name, "package", package / "__init__.py", f"{relative}/__init__.py", (package,))
            if file in entries and _exists(module := folder / file):
                return Located(name, "module", module, f"{relative}.py", ())
            if part in entries and _exists(package, folder=True):
                portions.append(package)
        return Located(name, "namespace", None, relative, tuple(portions)) if portions else None

    def _entries(self, folder: Path) -> frozenset[str]:
        found = self._listed.get(folder)
        if found is None:
            try:
                found = frozenset(entry.name for entry in folder.iterdir())
            except OSError:
                # Not there, or not ours to enter: the import system finds nothing there either.
                found = frozenset()
            self._listed[folder] = found
        return found

    def modules(self, package: str = "") -> tuple[str, ...]:
        """The names of the modules and packages directly below `package`, or at the top level; sorted."""
        if not package:
            folders = self.source_roots
        else:
            located = self.locate(package)
            folders = located.folders if located is not None else ()
        names = {name for folder in folders for name in _importable(folder)}
        return tuple(sorted(f"{package}.{name}" if package else name for name in names))

    def show(self, path: Path) -> str:
        """A path as messages write it: relative to the project's folder, with forward slashes."""
        if path not in self._shown:
            self._shown[path] = Path(os.path.relpath(path, self.root)).as_posix()
        return self._shown[path]


def _exists(path: Path, *, folder: bool = False) -> bool:
    try:
        return path.is_dir() if folder else path.is_file()
    except OSError:
        # A name too long, or a folder that we may not enter: the import system finds nothing there either.
        return False


def _importable(folder: Path) -> set[str]:
    try:
        entries = list(folder.iterdir())
    except OSError:
        # A folder of `src` that is not there holds no modules; the lookup that led here says which name is missing.
        return set()
    files = {entry.stem for entry in entries if entry.suffix == ".py"}
    packages = {entry.name for entry in entries if _exists(entry, folder=True) and any(entry.glob("*.py"))}
    return {name for name in files | packages if name.isidentifier() and not name.startswith("__")}


def _dependencies(document: Mapping[str, object]) -> tuple[str, ...]:
    """Every requirement that the project file declares, wherever it does; anything malformed there is its own tool's to report."""
    project, groups, tool = (document.get(name) for name in ("project", "dependency-groups", "tool"))
    found: list[str] = []
    if isinstance(project, dict):
        found += _strings(project.get("dependencies")) + _strings(project.get("optional-dependencies"))
    found += _strings(groups)
    poetry = tool.get("poetry") if isinstance(tool, dict) else None
    if isinstance(poetry, dict) and isinstance(poetry.get("dependencies"), dict):
        found += list(poetry["dependencies"])
    return tuple(found)


def _strings(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, list):
        return [text for item in value for text in _strings(item)]
    if isinstance(value, dict):
        return [text for item in value.values() for text in _strings(item)]
    return []


def _requirements(root: Path) -> tuple[str, ...]:
    """The lines of the project's requirements files; one that cannot be read as text declares nothing."""
    lines: list[str] = []
    for path in sorted(root.glob("requirements*.txt")):
        lines += path.read_text("utf-8", errors="replace").splitlines()
    return tuple(line.strip() for line in lines if line.strip() and not line.lstrip().startswith(("#", "-")))
