"""The phases of a run on this machine: its body, then `on failure` when it has failed, then `finally`."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import datetime

from mloc.frozen import dataclass, field
from mloc.ir.handlers import ERROR, RUN_NODE, Kind, handlers
from mloc.ir.model import Pipeline
from mloc.local.history import History
from mloc.local.interrupts import interrupts
from mloc.local.machine import Amount
from mloc.local.plan import Outputs, Plan, Task
from mloc.local.report import Status, body_failed, error_of
from mloc.local.schedule import Limits, Schedule
from mloc.runner.api import Program, Records, StepFailed
from mloc.runner.jsons import canonical
from mloc.runner.scalars import datetime_text
from mloc.source import Line

WHOLE_RUN = "$run"
"""The unit that fails when the run as a whole does."""
HANDLER_GRACE_SECONDS = 60.0
"""How long a handler may go on when the run is asked to end."""


@dataclass(frozen=True, slots=True)
class Host:
    """What runs the units of a pipeline: `unit` one attempt of one, on captures; `tell` hears of those that failed for good."""

    pipeline: Pipeline
    program: Program
    records: Records
    run_id: str
    began: datetime
    unit: Callable[[str, Mapping[str, str], int, threading.Event], Outputs]
    tell: Callable[[str, StepFailed], None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended, and the signal that asked for its end, if one did."""

    status: Status
    signal: str | None


class Phases:
    """Runs a pipeline with checked parameters. `lines` gives the source line of each node, `options.NAME` of each option."""

    def __init__(self, host: Host, machine: Amount, jobs: int, lines: Mapping[str, Line]) -> None:
        self._host = host
        self._machine = machine
        most = host.pipeline.options.max_parallel
        self._jobs = jobs if most is None else min(jobs, most)
        self._lines = lines
        self._current: _Phase | None = None

    def run(self, parameters: Outputs) -> Outcome:
        """Run to the end. Raises what is no StepFailed, as a Schedule does."""
        options = self._host.pipeline.options
        seconds = None if options.timeout_ms is None else options.timeout_ms / 1000
        body = Plan(self._host.pipeline.region, self._host.program)
        with interrupts(self._interrupted) as interrupted:
            given: Outputs = {**parameters, **self._of_launch()}
            going_on = self._drive(_Phase(body, None), given, Limits(self._jobs, options.fail_fast, seconds, self._expired))
            status: Status = "succeeded" if body.succeeded else "failed" if interrupted() is None else "cancelled"
            for kind, region in handlers(self._host.pipeline) if going_on else ():
                if kind == "on_failure" and not self._has_failed(status):
                    continue
                plan = Plan(region, self._host.program, gives_results=False)
                given = body.values() | self._of_run(kind, status)
                # Nobody shall have to wait for ever who has asked for the end already.
                seconds = None if interrupted() is None else HANDLER_GRACE_SECONDS
                going_on = going_on and self._drive(_Phase(plan, kind), given, Limits(self._jobs, seconds=seconds))
                if kind == "finally" and not plan.succeeded and status == "succeeded":
                    status = "failed" if interrupted() is None else "cancelled"
            return Outcome(status, interrupted())

    def _drive(self, phase: _Phase, given: Outputs, limits: Limits) -> bool:
        """Run a phase to its end; gives whether another one may follow."""
        host, cancel = self._host, phase.cancel

        def work(task: Task, attempt: int) -> Outputs:
            return host.unit(task.unit, task.captures, attempt, cancel)

        schedule = Schedule(phase.plan, work, lambda task, failure: host.tell(task.id, failure), self._machine, limits, cancel)
        phase.schedule.append(schedule)
        self._current = phase
        schedule.run(given)
        return not schedule.abandoned

    def _interrupted(self, again: bool) -> None:
        # Called from a signal handler: it may touch a schedule's queue, and nothing that has a lock.
        phase = self._current
        for schedule in () if phase is None else phase.schedule:
            schedule.stop(at_once=again, grace=None if again or phase is None or phase.kind is None else HANDLER_GRACE_SECONDS)

    def _expired(self) -> None:
        milliseconds = self._host.pipeline.options.timeout_ms or 0
        message = f"the run took longer than its timeout of {milliseconds / 1000:g} s"
        line = self._lines.get("options.timeout")
        failure = StepFailed("timeout", message, None if line is None else line.number)
        self._host.records.failed(WHOLE_RUN, WHOLE_RUN, failure)
        self._host.tell(self._host.pipeline.name, failure)

    # ---- what handlers ask -----------------------------------------------------------------------------------------

    def _has_failed(self, status: Status) -> bool:
        """Whether something failed by itself: being cancelled is no failure."""
        return status == "failed" or (status == "cancelled" and body_failed(self._host.pipeline, self._history()))

    def _of_run(self, kind: Kind, status: Status) -> dict[str, str]:
        found = self._of_launch() | {f"{RUN_NODE}.status": canonical(status)}
        if kind == "on_failure":
            error = error_of(self._host.pipeline, self._history(), status, None)
            found[f"{RUN_NODE}.error"] = canonical({field.name: error[field.name] for field in ERROR.fields})
        return found

    def _of_launch(self) -> dict[str, str]:
        """What is known of the run when it is launched. No schedule launches runs of this machine: they are for when they began."""
        began = self._host.began
        day, moment = canonical(f"{began:%Y-%m-%d}"), canonical(datetime_text(began))
        found = {"id": canonical(self._host.run_id), "today": day, "now": moment, "scheduled_date": day, "scheduled_time": moment}
        return {f"{RUN_NODE}.{name}": text for name, text in found.items()}

    def _history(self) -> History:
        return History(self._host.records.events())


@dataclass(frozen=True, slots=True)
class _Phase:
    """A plan being driven; `kind` is None for the body, `schedule` empty before it begins."""

    plan: Plan
    kind: Kind | None
    cancel: threading.Event = field(default_factory=threading.Event)
    schedule: list[Schedule] = field(default_factory=list)
