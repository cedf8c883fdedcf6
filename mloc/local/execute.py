"""The native executor: runs a pipeline on this machine, each step attempt in a process of its own."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from mloc.frozen import dataclass
from mloc.ir.model import Pipeline
from mloc.ir.program import PARAMETERS, program
from mloc.ir.walk import every_call
from mloc.local.keys import Keys, code_of
from mloc.local.machine import Amount, ask, capacity, excess
from mloc.local.phases import Host, Phases
from mloc.local.plan import Outputs
from mloc.local.progress import Progress
from mloc.local.report import Status, report
from mloc.local.results import Results
from mloc.local.store import RunFolder, RunRecords
from mloc.runner.api import Program, StepFailed, Store, StoreError, inputs_of, run_unit
from mloc.runner.jsons import Json, canonical, parse
from mloc.runner.records import now
from mloc.runner.secrets import MissingSecret, on_this_machine
from mloc.source import Line
from mloc.types.python.project import Project
from mloc.version import VERSION

ENGINE = "native"
CONTAINERS = "MLOC_CONTAINERS"


def run_native(
    pipeline: Pipeline,
    parameters: Mapping[str, str],
    *,
    store: Path,
    jobs: int | None = None,
    source_roots: Sequence[str] = (),
    progress: Progress | None = None,
    run_id: str | None = None,
    lines: Mapping[str, Line] | None = None,
    containers: str | None = None,
    caching: Caching | None = None,
    remote: str | None = None,
) -> dict[str, Json]:
    """Run a pipeline and give its report, which is also written to `<store>/runs/<run id>/report.json`.

    `parameters` are wire texts by name; `jobs` bounds the steps that run at a time (default: the cores this process may use);
    `source_roots` are the folders of the user's modules; `lines` gives the source line of each node's id, "" for the pipeline's;
    `containers` is what runs container steps: docker, podman, none for their commands on this machine, or None for what MLOC_CONTAINERS
    says, and without that for what is there.
    With `caching` results of steps that say `cache` are kept in the store and found again; without, such steps run as all others.
    With `remote`, the URL of a store, artifacts and results are kept there, and only the run's own files in the folder `store`.
    What the user's program does wrong is in the report. Raises StoreUnusable when the run's folder cannot be made or its report written.
    """
    folder = RunFolder(store, run_id, remote)
    records = folder.open_records(None if progress is None else progress.event)
    compiled = Program(dict(program(pipeline, VERSION, lines or {})))
    results = None if caching is None else caching.results(pipeline, folder)
    containers = containers or os.environ.get(CONTAINERS) or None
    run = _Run(pipeline, compiled, records, folder.artifacts(), source_roots, progress, folder.run_id, containers, results)
    started = now()
    try:
        ending = run.perform(parameters, jobs, lines or {})
    except OSError as error:
        ending = _Ending("failed", str(folder.unusable(error)))
    except StoreError as error:
        ending = _Ending("failed", f"a result cannot be kept: {error}")
    finally:
        if progress is not None:
            progress.close()
    made = report(
        pipeline,
        folder.records,
        engine=(ENGINE, VERSION),
        status=ending.status,
        error=ending.error,
        started=started,
        finished=now(),
        run_id=folder.run_id,
        params=parameters,
        blamed=ending.blamed,
    )
    folder.write_report(made)
    return made


@dataclass(frozen=True, slots=True)
class Caching:
    """That results are kept; `refresh` names steps and calls that run all the same, `project` is where modules are looked up."""

    project: Project
    refresh: frozenset[str] = frozenset()

    def results(self, pipeline: Pipeline, folder: RunFolder) -> Results:
        keys = Keys(pipeline.name, code_of(self.project))
        return Results(folder.results(), pipeline, keys, folder.run_id, self.refresh)


@dataclass(frozen=True, slots=True)
class _Ending:
    """How a run ended; `error` and `blamed` (step id, line) are for what left no record."""

    status: Status
    error: str | None = None
    blamed: tuple[str, int | None] = ("", None)


@dataclass(frozen=True, slots=True)
class _Run:
    """What every unit of a run is run with."""

    pipeline: Pipeline
    program: Program
    records: RunRecords
    artifacts: Store
    source_roots: Sequence[str]
    progress: Progress | None
    run_id: str
    containers: str | None
    results: Results | None

    def perform(self, parameters: Mapping[str, str], jobs: int | None, lines: Mapping[str, Line]) -> _Ending:
        """Check the launch, then run to the end. Raises OSError when a record cannot be written, StoreError when a result cannot."""
        cancel = threading.Event()
        try:
            checked = self.unit(PARAMETERS, {f"${name}": text for name, text in parameters.items()}, 1, cancel)
        except StepFailed as failure:
            self.tell(PARAMETERS, failure)
            return _Ending("failed")
        try:
            on_this_machine(self.program)
        except MissingSecret as missing:
            return _Ending("failed", f"{missing}; nothing was started")
        machine = capacity()
        refused = over_capacity(self.pipeline, machine, lines)
        if refused is not None:
            return refused
        most = max(1, jobs or machine.millicores // 1000)
        given = {f"${name}": text for name, text in checked.items()}
        host = Host(self.pipeline, self.program, self.records, self.run_id, datetime.now(UTC), self.kept_unit, self.tell)
        outcome = Phases(host, machine, most, lines).run(given)
        return _Ending(outcome.status, f"the run was cancelled by {outcome.signal}" if outcome.status == "cancelled" else None)

    def kept_unit(self, unit: str, captures: Mapping[str, str], attempt: int, cancel: threading.Event) -> Outputs:
        """The kept outputs of a cached step, else one attempt of it, whose outputs are kept then."""
        call = None if self.results is None else self.results.call(unit)
        given = None if call is None else inputs_of(self.program, unit, captures)
        if self.results is None or call is None or given is None:
            return self.unit(unit, captures, attempt, cancel)
        asked = self.results.ask(call, *given)
        if asked.outputs is not None:
            self.records.cached(asked.place, unit, asked.outputs, asked.json)
            return {name: canonical(wire) for name, wire in asked.outputs.items()}
        self.records.asked(asked.place, unit, asked.json)
        outputs = self.unit(unit, captures, attempt, cancel)
        self.results.keep(asked, call.step, {name: parse(text) for name, text in outputs.items()})
        return outputs

    def unit(self, unit: str, captures: Mapping[str, str], attempt: int, cancel: threading.Event) -> Outputs:
        """Run one unit, for a step one attempt of it."""
        return run_unit(
            self.program,
            unit,
            captures,
            store=self.artifacts,
            records=self.records,
            code=self.source_roots,
            retries=False,
            guards=False,
            attempt=attempt,
            cancel=cancel,
            containers=self.containers,
        )

    def tell(self, unit_id: str, failure: StepFailed) -> None:
        """Show that a unit failed for good; `unit_id` is its id in reports."""
        if self.progress is not None:
            self.progress.failed(unit_id, failure)


def over_capacity(pipeline: Pipeline, machine: Amount, lines: Mapping[str, Line]) -> _Ending | None:
    """The failure of a run with a step that asks for more than the machine has, None when every step fits."""
    for call in every_call(pipeline):
        why = excess(machine, ask(call.settings.resources))
        if why is not None:
            line = lines.get(call.id)
            where = "" if line is None else f" ({line})"
            number = None if line is None else line.number
            return _Ending("failed", f"the step `{call.id}`{where} {why}; nothing was started", (call.id, number))
    return None
