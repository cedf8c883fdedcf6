"""`mloc run`: runs a pipeline and tells how it ended."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from mloc.backend import BackendError, load
from mloc.cli.arguments import Run
from mloc.cli.bundle import write
from mloc.cli.choose import analysed, chosen
from mloc.cli.codes import FAILED, NOT_EXPRESSIBLE, OK, UsageError
from mloc.cli.compile import bundle
from mloc.cli.parameters import parameters
from mloc.diagnostics.display import clean
from mloc.diagnostics.suggest import suggest
from mloc.driver import Analysis
from mloc.ir.model import Pipeline
from mloc.ir.walk import every_call
from mloc.local.engine import EngineMissing, run_engine
from mloc.local.execute import ENGINE, Caching, run_native
from mloc.local.progress import progress_on
from mloc.local.store import StoreUnusable, report_text, write_whole
from mloc.runner.jsons import Json, canonical
from mloc.runner.remote_store import RemoteStore
from mloc.runner.store import FileStore, Store, StoreError


def run(command: Run) -> int:
    analysis = analysed(command.file, command.color)
    if analysis.has_errors:
        return FAILED
    pipeline = chosen(analysis, command.pipeline)
    if command.jobs is not None and command.engine != ENGINE:
        raise UsageError(f"--jobs is for the native engine; {command.engine} schedules by itself")
    if command.containers is not None and command.engine != ENGINE:
        raise UsageError(f"--containers is for the native engine; {command.engine} runs containers by itself")
    if (command.no_cache or command.refresh) and command.engine != ENGINE:
        raise UsageError(f"--no-cache and --refresh are for the native engine; {command.engine} keeps no results of ours")
    values = parameters(pipeline, command.settings, command.params, _store(command))
    try:
        report = _report(command, analysis, pipeline, values)
        if report is None:
            return NOT_EXPRESSIBLE
        if command.report is not None:
            _write(command.report, report_text(report))
    except StoreUnusable as error:
        raise UsageError(str(error)) from error
    _tell(pipeline, report, command)
    return OK if report["status"] == "succeeded" else FAILED


def _report(command: Run, analysis: Analysis, pipeline: Pipeline, values: Mapping[str, str]) -> Mapping[str, Json] | None:
    """The report of a run, None when the engine cannot express the pipeline."""
    lines = analysis.lines(pipeline)
    if command.engine == ENGINE:
        roots = [str(root) for root in analysis.project.source_roots]
        progress = progress_on(sys.stderr, command.file)
        return run_native(
            pipeline,
            values,
            store=command.store,
            remote=command.remote,
            jobs=command.jobs,
            source_roots=roots,
            progress=progress,
            lines=lines,
            containers=command.containers,
            caching=None if command.no_cache else Caching(analysis.project, _refreshed(command, pipeline)),
        )
    try:
        launcher = load(command.engine).launcher
    except BackendError as error:
        raise UsageError(str(error)) from error
    artifacts = bundle(analysis, pipeline, command.engine, command.color)
    if artifacts is None:
        return None
    with TemporaryDirectory(prefix="mloc-run-") as folder:
        write(Path(folder), artifacts)
        progress = progress_on(sys.stderr, command.file)
        try:
            return run_engine(
                pipeline,
                Path(folder),
                launcher,
                values,
                target=command.engine,
                store=command.store,
                remote=command.remote,
                lines=lines,
                progress=progress,
            )
        except EngineMissing as error:
            raise UsageError(str(error)) from None


def _store(command: Run) -> Store:
    """Where the files among the parameters are put. Raises UsageError for a store that cannot be used."""
    # An engine's local mode runs here, and takes them from here.
    if command.remote is None or command.engine != ENGINE:
        return FileStore(command.store)
    store = RemoteStore(command.remote)
    try:
        store.probe()
    except StoreError as error:
        raise UsageError(f"the store cannot be used: {error}") from error
    return store


def _refreshed(command: Run, pipeline: Pipeline) -> frozenset[str]:
    """The steps and calls that are to run again. Raises UsageError for one that is not cached here."""
    known = {name for call in every_call(pipeline) if call.settings.cache is not None for name in (call.step, call.id)}
    for name in command.refresh:
        if name not in known and re.sub(r"\[\d+\]", "[]", name) not in known:
            near = suggest(name, sorted(known))
            told = f"did you mean `{near}`?" if near else f"cached are {', '.join(f'`{n}`' for n in sorted(known))}" if known else "none is"
            raise UsageError(f"--refresh: `{pipeline.name}` has no cached step `{name}`; {told}")
    return frozenset(command.refresh)


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, text)
    except OSError as error:
        raise UsageError(f"the report cannot be written to {path}: {error.strerror}") from error


def _tell(pipeline: Pipeline, report: Mapping[str, Json], command: Run) -> None:
    """The outputs on standard output, everything else on standard error."""
    outputs = report["outputs"]
    for name, value in outputs.items() if isinstance(outputs, dict) else ():
        print(f"{name} = {canonical(value)}")
    sys.stdout.flush()
    match report["error"]:
        case {"step": step, "message": str(message)}:
            where = f" in `{step}`" if step else ""
            print(f"mloc: `{pipeline.name}` {report['status']}{where}: {clean(message)}", file=sys.stderr)
        case _:
            print(f"mloc: `{pipeline.name}` {report['status']}", file=sys.stderr)
    print(f"mloc: logs and report: {command.store / 'runs' / str(report['run'])}", file=sys.stderr)
    if command.remote is not None:
        print(f"mloc: the report is also at {command.remote}/runs/{report['run']}/report.json", file=sys.stderr)
