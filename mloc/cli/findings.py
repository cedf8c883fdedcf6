"""What is found in several files at once, every finding once, without those that a project's baseline knows."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from mloc.backend import BackendError
from mloc.cli.codes import UsageError
from mloc.diagnostics import baseline as known
from mloc.diagnostics.model import Bag, Diagnostic
from mloc.diagnostics.select import Policy
from mloc.driver import Analysis, analyse
from mloc.elaborate.declarations import Loader
from mloc.frozen import dataclass, field
from mloc.source import SourceError, SourceFile
from mloc.types.python.project import ProjectError


@dataclass(frozen=True, slots=True)
class Findings:
    """`unusable` says of every file that could not be checked why; `baselines` holds what is remembered and was not found."""

    diagnostics: tuple[Diagnostic, ...]
    files: dict[str, SourceFile]
    unusable: tuple[str, ...]
    baselines: dict[Path, known.Baseline]


def find(paths: Sequence[str], flags: Policy, read: Loader, *, use_baselines: bool = True, targets: tuple[str, ...] = ()) -> Findings:
    """Check files, also against `targets`. Raises UsageError when a project's baseline cannot be read."""
    search = _Search(flags, read, use_baselines, targets)
    for path in paths:
        search.file(path)
    return Findings(search.new.sorted(), search.files, tuple(search.unusable), search.baselines)


def programs(paths: Sequence[str]) -> tuple[str, ...]:
    """The files of a command line, each once: for a folder the programs below it, hidden folders left out; one without any stays."""
    found: dict[str, None] = {}
    for path in paths:
        below = Path(path).rglob("*.mlp") if Path(path).is_dir() else ()
        seen = sorted(str(file) for file in below if not any(part.startswith(".") for part in file.relative_to(path).parts))
        found.update(dict.fromkeys(seen or [path]))
    return tuple(found)


def namer(baseline: Path) -> known.Name:
    """How a baseline writes paths: relative to its own folder."""
    folder = os.path.realpath(baseline.parent)
    return lambda file: Path(os.path.relpath(os.path.realpath(file), folder)).as_posix()


@dataclass(slots=True)
class _Search:
    flags: Policy
    read: Loader
    use_baselines: bool
    targets: tuple[str, ...]
    seen: Bag = field(default_factory=Bag)
    new: Bag = field(default_factory=Bag)
    files: dict[str, SourceFile] = field(default_factory=dict)
    unusable: list[str] = field(default_factory=list)
    baselines: dict[Path, known.Baseline] = field(default_factory=dict)

    def file(self, path: str) -> None:
        try:
            analysis = analyse(path, self.flags, for_targets=True, targets=self.targets, read=self.read)
        except (SourceError, ProjectError) as error:
            self.unusable.append(str(error))
            return
        except BackendError as error:
            self.unusable.append(f"{path}: {error}")
            return
        self.files.update(analysis.files)
        # A file that several import is found wrong once for each of them, and remembered once.
        before = len(self.seen)
        for diagnostic in analysis.diagnostics:
            self.seen.add(diagnostic)
        fresh = tuple(self.seen)[before:]
        baseline = self._baseline(analysis)
        for diagnostic in fresh if baseline is None else known.take(fresh, self.baselines[baseline], namer(baseline)):
            self.new.add(diagnostic)

    def _baseline(self, analysis: Analysis) -> Path | None:
        name = analysis.project.config.baseline
        if name is None or not self.use_baselines:
            return None
        path = analysis.project.root / name
        if path not in self.baselines:
            self.baselines[path] = _read(path)
        return path


def _read(path: Path) -> known.Baseline:
    try:
        return known.parse(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        hint = f"`mloc check --write-baseline {path.name} FILE…` writes it"
        raise UsageError(f"{path}: the `baseline` of `[tool.mloc]` is not there; {hint}") from None
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from None
    except (UnicodeDecodeError, known.BaselineError) as error:
        raise UsageError(f"{path}: {error}") from None
