"""Finds and reads the traces of bundles (docs/blame.md)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from mloc.backend import BackendError, Packed, load, names
from mloc.cli.codes import UsageError
from mloc.emit.trace import FILE, SCHEMA
from mloc.frozen import dataclass
from mloc.runner.jsons import BadProgram, Json, NotCanonical, as_array, as_int, as_object, as_text, parse
from mloc.source import Line

# How far below a folder bundles are looked for: `dags/churn/churn_mloc`.
_DEPTH = 2
_PACKAGE = "*_mloc"


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of the program: the node it stands for ("" for the pipeline), and its line if that is known."""

    id: str
    node: str
    kind: str
    line: Line | None


@dataclass(frozen=True, slots=True)
class Task:
    """Something that the engine shows (`mloc.emit.trace.Traced`)."""

    names: tuple[str, ...]
    units: tuple[str, ...]
    role: str
    patterns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Trace:
    """The trace of a bundle, and the place it was found in."""

    place: str
    target: str
    pipeline: str
    file: str
    spellings: tuple[str, ...]
    units: dict[str, Unit]
    tasks: tuple[Task, ...]


def traces(bundle: Path) -> tuple[Trace, ...]:
    """The traces of a bundle, which is a folder with one or several, or the file that an engine reads. Raises UsageError for none."""
    if not bundle.exists():
        raise UsageError(f"{bundle}: no such file or folder")
    try:
        found = tuple(_folder(bundle, _DEPTH) if bundle.is_dir() else _file(bundle))
    except OSError as error:
        raise UsageError(f"{error.filename or bundle}: {error.strerror}") from None
    if not found:
        raise UsageError(f"{bundle}: holds no bundle of mloc's (name the folder that `mloc compile` wrote, or the file in it)")
    return found


def _folder(folder: Path, depth: int) -> Iterator[Trace]:
    if (folder / FILE).is_file():
        yield _read(folder / FILE)
        return
    for path in sorted(folder.glob(f"{_PACKAGE}/{FILE}")):
        yield _read(path)
    for path in sorted(folder.iterdir()):
        if path.is_file():
            yield from _packed(path)
        elif depth and path.is_dir() and not path.match(_PACKAGE):
            yield from _folder(path, depth - 1)


def _file(path: Path) -> Iterator[Trace]:
    if path.name == FILE:
        yield _read(path)
    elif path.suffix == ".py":
        # The package beside a module is the one that the module imports.
        text = path.read_text(encoding="utf-8", errors="replace")
        for package in sorted(path.parent.glob(f"{_PACKAGE}/{FILE}")):
            if re.search(rf"^from {re.escape(package.parent.name)}\b", text, re.MULTILINE):
                yield _read(package)
    else:
        yield from _packed(path)


def _packed(path: Path) -> Iterator[Trace]:
    """The traces in a file that holds others, as some backends write."""
    for backend in _packing():
        if path.suffix in backend.packed:
            for name, data in backend.unpack(path.read_bytes()).items():
                if Path(name).name == FILE:
                    yield _parsed(str(path), data)


def _packing() -> list[Packed]:
    found: list[Packed] = []
    for name in names():
        try:
            backend = load(name)
        except BackendError:
            continue  # a broken target says nothing about the bundles of others
        if isinstance(backend, Packed):
            found.append(backend)
    return found


def _read(path: Path) -> Trace:
    return _parsed(str(path), path.read_bytes())


def _parsed(place: str, data: bytes) -> Trace:
    try:
        return _trace(place, as_object(parse(data.decode("utf-8")), "the trace"))
    except (BadProgram, NotCanonical, UnicodeDecodeError, KeyError) as error:
        raise UsageError(f"{place}: is no trace that this mloc reads ({error}); compile the program again") from None


def _trace(place: str, form: dict[str, Json]) -> Trace:
    if form.get("schema") != SCHEMA:
        raise BadProgram(f"it is {form.get('schema')!r}, not {SCHEMA}")
    units = {id_: _unit(id_, as_object(unit, id_)) for id_, unit in as_object(form["units"], "the units").items()}
    return Trace(
        place,
        as_text(form["target"], "the target"),
        as_text(form["pipeline"], "the pipeline"),
        as_text(as_object(form["source"], "the source")["file"], "the file"),
        _texts(form["spellings"]),
        units,
        tuple(_task(as_object(task, "a task")) for task in as_array(form["tasks"], "the tasks")),
    )


def _unit(id_: str, form: dict[str, Json]) -> Unit:
    line = None
    if "line" in form:
        line = Line(as_text(form["file"], "a file"), as_int(form["line"], "a line"), as_text(form["text"], "a text"))
    return Unit(id_, as_text(form["node"], "a node"), as_text(form["kind"], "a kind"), line)


def _task(form: dict[str, Json]) -> Task:
    role = as_text(form.get("role", ""), "a role")
    return Task(_texts(form["names"]), _texts(form["units"]), role, _texts(form.get("patterns", [])))


def _texts(value: Json) -> tuple[str, ...]:
    return tuple(as_text(text, "a text") for text in as_array(value, "texts"))
