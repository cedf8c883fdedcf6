"""Runs the tasks of a plan: steps in parallel as far as the machine's resources reach, everything else at once and in place."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from heapq import heappop, heappush
from queue import SimpleQueue

from mloc.ir.model import Call
from mloc.local.machine import Amount, ask
from mloc.local.plan import Outputs, Place, Plan, Task
from mloc.runner.api import StepFailed

Work = Callable[[Task], Outputs]


@dataclass(frozen=True, slots=True)
class _Ended:
    """A step ended: with its outputs, or with what its thread raised."""

    call: Call
    task: Task
    outcome: Outputs | BaseException


@dataclass(frozen=True, slots=True)
class _Stopped:
    """Somebody asked for the end; `at_once` does not even wait for the steps that run."""

    at_once: bool


class Schedule:
    """Drives one plan to its end.

    `work` runs a task and raises StepFailed when it fails; it is called in a thread of its own for a step, in the caller's for other units.
    `jobs` is how many steps may run at a time, at least 1; `cancel` is set when running steps shall end.
    Among the steps that fit, the first in source order, then by index, begins first. One that does not fit lets smaller ones pass;
    it fits once they have ended, because no ask may exceed the capacity.
    """

    def __init__(self, plan: Plan, work: Work, capacity: Amount, jobs: int, cancel: threading.Event) -> None:
        self._plan = plan
        self._work = work
        self._free = capacity
        self._idle = jobs
        self._cancel = cancel
        self._running = 0
        self._ready: dict[int, list[tuple[Place, Task]]] = {}
        self._events: SimpleQueue[_Ended | _Stopped] = SimpleQueue()
        self._crash: BaseException | None = None

    def stop(self, *, at_once: bool = False) -> None:
        """End the run early; may be called from any thread and from a signal handler."""
        # Only this queue may be touched by a handler that interrupts its own user; the lock of an Event may not.
        self._events.put(_Stopped(at_once))

    def run(self, parameters: Outputs) -> None:
        """Begin with the parameters, by name, and return when nothing runs any more.

        The first error that is not a StepFailed (a disk that is full, a bug) stops the run, and is raised when what ran has ended.
        """
        self._guard(lambda: self._take(self._plan.begin(parameters)))
        while True:
            self._guard(self._begin_what_fits)
            if not self._running:
                break
            event = self._events.get()
            if isinstance(event, _Ended):
                self._guard(partial(self._end, event))
                continue
            self._cancel.set()
            if event.at_once:
                break
        if self._crash is not None:
            raise self._crash

    def _guard(self, action: Callable[[], None]) -> None:
        try:
            action()
        except BaseException as error:
            # Children must not outlive us: whatever happened is raised once they have ended.
            self._crash = self._crash or error
            self._cancel.set()

    def _take(self, tasks: Iterable[Task]) -> None:
        """Queue the steps among the tasks, and run the other units with what becomes ready by them."""
        queue = deque(tasks)
        while queue:
            task = queue.popleft()
            if task.call is not None:
                heappush(self._ready.setdefault(task.order[0], []), (task.at, task))
                continue
            try:
                outputs: Outputs | None = self._work(task)
            except StepFailed:
                outputs = None
            queue.extend(self._plan.finished(task, outputs))

    def _begin_what_fits(self) -> None:
        if self._cancel.is_set():
            return
        for ordinal in sorted(self._ready):
            queue = self._ready[ordinal]
            while queue and self._idle and self._begin(queue[0][1]):
                heappop(queue)
            if not queue:
                del self._ready[ordinal]
            if not self._idle:
                return
        if self._ready and not self._running:
            raise AssertionError("a step asks for more than the machine has: this is checked before a run")

    def _begin(self, task: Task) -> bool:
        """Begin a step; False when it does not fit now."""
        if task.call is None:
            raise AssertionError(f"{task.id} runs no user code")
        wanted = ask(task.call.settings.resources)
        if not self._free.holds(wanted):
            return False
        # A daemon, so that an interrupted process can leave without waiting for it.
        threading.Thread(target=self._perform, args=(task.call, task), daemon=True, name=f"mloc {task.id}").start()
        self._free -= wanted
        self._idle -= 1
        self._running += 1
        return True

    def _perform(self, call: Call, task: Task) -> None:
        try:
            outcome: Outputs | BaseException = self._work(task)
        except BaseException as error:
            outcome = error
        self._events.put(_Ended(call, task, outcome))

    def _end(self, event: _Ended) -> None:
        self._free += ask(event.call.settings.resources)
        self._idle += 1
        self._running -= 1
        outcome = event.outcome
        if isinstance(outcome, BaseException):
            if not isinstance(outcome, StepFailed):
                raise outcome
            self._take(self._plan.finished(event.task, None))
        else:
            self._take(self._plan.finished(event.task, outcome))
