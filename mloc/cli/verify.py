"""`mloc verify`: runs a pipeline natively and on engines, and says whether they agree."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal, TypeAlias

from mloc import driver
from mloc.backend import Backend, BackendError, Difference, load, names
from mloc.cli.arguments import Verify
from mloc.cli.bundle import write
from mloc.cli.choose import analysed, chosen
from mloc.cli.codes import FAILED, NOT_EXPRESSIBLE, OK, UsageError
from mloc.cli.parameters import parameters
from mloc.cli.verdicts import show
from mloc.diagnostics.model import Diagnostic
from mloc.diagnostics.suggest import did_you_mean
from mloc.driver import Analysis
from mloc.frozen import dataclass
from mloc.ir.model import Pipeline
from mloc.local import compare
from mloc.local.engine import EngineMissing, run_engine
from mloc.local.execute import ENGINE, run_native
from mloc.local.store import StoreUnusable
from mloc.runner.jsons import Json
from mloc.runner.store import FileStore

Outcome: TypeAlias = Literal["reference", "same", "different", "refused", "unusable"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """How one engine did. `reasons` say why it refused the program or cannot be used; `known` is what its local mode does differently."""

    engine: str
    outcome: Outcome
    report: Mapping[str, Json] | None = None
    seconds: float = 0.0
    differences: tuple[compare.Difference, ...] = ()
    reasons: tuple[str, ...] = ()
    known: tuple[Difference, ...] = ()


@dataclass(frozen=True, slots=True)
class _Run:
    """What is run: one pipeline with one set of parameters, below one folder."""

    analysis: Analysis
    pipeline: Pipeline
    values: Mapping[str, str]
    store: Path


def verify(command: Verify) -> int:
    engines = _asked(command.engines)
    analysis = analysed(command.file, command.color)
    if analysis.has_errors:
        return FAILED
    pipeline = chosen(analysis, command.pipeline)
    values = parameters(pipeline, command.settings, command.params, FileStore(command.store))
    try:
        verdicts = _verdicts(_Run(analysis, pipeline, values, command.store / "verify"), engines)
    except StoreUnusable as error:
        raise UsageError(str(error)) from error
    show(command, pipeline, verdicts)
    return _code(verdicts, asked=command.engines is not None)


def _asked(given: Sequence[str] | None) -> tuple[str, ...]:
    """The engines of the command line, else all targets. Raises UsageError for one that is none."""
    known = names()
    for name in given or ():
        if name not in known:
            hint = did_you_mean(name, known) or f"there are {', '.join(known) or 'none'}"
            raise UsageError(f"--engines: `{name}` is no installed target; {hint}")
    return known if given is None else tuple(dict.fromkeys(given))


def _code(verdicts: Sequence[Verdict], *, asked: bool) -> int:
    outcomes = [verdict.outcome for verdict in verdicts]
    if "different" in outcomes:
        return FAILED
    if "unusable" in outcomes and (asked or not {"same", "refused"} & set(outcomes)):
        raise UsageError("nothing was compared" if "same" not in outcomes else "not every engine that was asked for could be used")
    return OK if "same" in outcomes else NOT_EXPRESSIBLE


def _verdicts(run: _Run, engines: Sequence[str]) -> tuple[Verdict, ...]:
    _tell(ENGINE)
    began = time.monotonic()
    roots = [str(root) for root in run.analysis.project.source_roots]
    lines = run.analysis.lines(run.pipeline)
    reference = run_native(run.pipeline, run.values, store=run.store / ENGINE, source_roots=roots, lines=lines)
    native = Verdict(ENGINE, "reference", reference, time.monotonic() - began)
    return (_uncancelled(native), *_each(run, engines, reference))


def _each(run: _Run, engines: Sequence[str], reference: Mapping[str, Json]) -> Iterator[Verdict]:
    for engine in engines:
        try:
            yield _uncancelled(_on(run, load(engine), reference))
        except (BackendError, EngineMissing) as error:
            yield Verdict(engine, "unusable", reasons=(str(error),))


def _on(run: _Run, backend: Backend, reference: Mapping[str, Json]) -> Verdict:
    """How one engine does. Raises EngineMissing."""
    compilation = driver.compile(run.analysis, run.pipeline, backend.name)
    if compilation.artifacts is None:
        return Verdict(backend.name, "refused", reasons=tuple(_said(run.analysis, d) for d in compilation.diagnostics))
    _tell(backend.name)
    began = time.monotonic()
    with TemporaryDirectory(prefix="mloc-verify-") as folder:
        write(Path(folder), compilation.artifacts)
        lines, store = run.analysis.lines(run.pipeline), run.store / backend.name
        found = run_engine(run.pipeline, Path(folder), backend.launcher, run.values, target=backend.name, store=store, lines=lines)
    differences = compare.compare(run.pipeline, reference, found)
    outcome: Outcome = "different" if differences else "same"
    known = backend.differences if differences else ()
    return Verdict(backend.name, outcome, found, time.monotonic() - began, differences, known=known)


def _said(analysis: Analysis, diagnostic: Diagnostic) -> str:
    span = diagnostic.primary.span
    place = f"{span.file}:{analysis.files[span.file].position(span.start).line}: " if span.file in analysis.files else ""
    return f"{place}{diagnostic.rule.code}: {diagnostic.message}"


def _uncancelled(verdict: Verdict) -> Verdict:
    if verdict.report is not None and verdict.report["status"] == "cancelled":
        raise KeyboardInterrupt
    return verdict


def _tell(engine: str) -> None:
    print(f"mloc: running on {engine} …", file=sys.stderr, flush=True)
