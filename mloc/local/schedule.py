"""Runs the tasks of a plan: steps in parallel as far as the machine's resources reach, everything else at once and in place."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from functools import partial
from heapq import heappop, heappush
from queue import Empty, SimpleQueue

from mloc.frozen import dataclass, field
from mloc.ir.model import Call
from mloc.local.machine import Amount, ask
from mloc.local.plan import Outputs, Place, Plan, Task
from mloc.runner.api import StepFailed
from mloc.runner.program import Retry
from mloc.runner.steps import delay_seconds

Work = Callable[[Task, int], Outputs]
OnFailed = Callable[[Task, StepFailed], None]


@dataclass(frozen=True, slots=True, order=True)
class _Try:
    """An attempt of a step, counted from 1. Tries of one call sort by index."""

    at: Place
    number: int
    task: Task = field(compare=False)
    call: Call = field(compare=False)


@dataclass(frozen=True, slots=True)
class _Ended:
    """An attempt ended: with the step's outputs, or with what its thread raised."""

    attempt: _Try
    outcome: Outputs | BaseException


@dataclass(frozen=True, slots=True)
class _Stopped:
    """Somebody asked for the end: now, or after a grace of some seconds. `at_once` does not even wait for the steps that run."""

    at_once: bool
    grace: float | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """How many steps may run at a time, at least 1; whether the first failure is the last; and for how many seconds all may run.

    `on_expired` hears when that time is over, before the steps that run are cancelled.
    """

    jobs: int
    fail_fast: bool = False
    seconds: float | None = None
    on_expired: Callable[[], None] = lambda: None


class Schedule:
    """Drives one plan to its end.

    `work` makes one attempt, of the given number, at a task and raises StepFailed when it fails; it is called in a thread of its own for
    a step, in the caller's for other units. `on_failed` hears of every unit that failed for good.
    `cancel` is set when running steps shall end.
    Among the steps that fit, the first in source order, then by index, begins first. One that does not fit lets smaller ones pass;
    it fits once they have ended, because no ask may exceed the capacity. A step that waits for its next attempt holds nothing.
    When the first failure is the last, nothing begins after it, not even another attempt; what runs then may end.
    """

    def __init__(self, plan: Plan, work: Work, on_failed: OnFailed, capacity: Amount, limits: Limits, cancel: threading.Event) -> None:
        self._plan = plan
        self._work = work
        self._on_failed = on_failed
        self._free = capacity
        self._limits = limits
        self._idle = limits.jobs
        self._cancel = cancel
        self._running = 0
        self._deadline: float | None = None
        self.abandoned = False
        self._ready: dict[int, list[_Try]] = {}
        self._resting: list[tuple[float, int, _Try]] = []
        self._events: SimpleQueue[_Ended | _Stopped] = SimpleQueue()
        self._crash: BaseException | None = None

    def stop(self, *, at_once: bool = False, grace: float | None = None) -> None:
        """End the run early, or in `grace` seconds; may be called from any thread and from a signal handler."""
        # Only this queue may be touched by a handler that interrupts its own user; the lock of an Event may not.
        self._events.put(_Stopped(at_once, grace))

    def run(self, given: Outputs) -> None:
        """Begin with what is given, by capture key, and return when nothing runs any more.

        The first error that is not a StepFailed (a disk that is full, a bug) stops the run, and is raised when what ran has ended.
        """
        if self._limits.seconds is not None:
            self._deadline = time.monotonic() + self._limits.seconds
        self._guard(lambda: self._take(self._plan.begin(given)))
        while True:
            self._guard(self._begin_what_fits)
            if not self._running and (not self._resting or self._halted or self._cancel.is_set()):
                break
            event = self._next_event()
            if isinstance(event, _Ended):
                self._guard(partial(self._end, event))
            elif event is None:
                self._expire()
            elif event.grace is not None:
                self._deadline = min(time.monotonic() + event.grace, self._deadline or float("inf"))
            else:
                self._cancel.set()
                if event.at_once:
                    self.abandoned = True
                    break
        if self._crash is not None:
            raise self._crash

    def _next_event(self) -> _Ended | _Stopped | None:
        """What happens next; None when the time of a resting step, or the end of all time, comes first."""
        if self._cancel.is_set():
            return self._events.get()
        times = [] if self._deadline is None else [self._deadline]
        if self._resting and not self._halted:
            times.append(self._resting[0][0])
        if not times:
            return self._events.get()
        try:
            return self._events.get(timeout=max(0.0, min(*times, threading.TIMEOUT_MAX + time.monotonic()) - time.monotonic()))
        except Empty:
            return None

    def _expire(self) -> None:
        """Cancel what runs when the time of the run is over."""
        if self._deadline is not None and self._deadline <= time.monotonic() and not self._cancel.is_set():
            self._limits.on_expired()
            self._cancel.set()

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
                self._queue(_Try(task.at, 1, task, task.call))
                continue
            try:
                outputs: Outputs | None = self._work(task, 1)
            except StepFailed as failure:
                self._on_failed(task, failure)
                outputs = None
            queue.extend(self._plan.finished(task, outputs))

    def _queue(self, attempt: _Try) -> None:
        heappush(self._ready.setdefault(attempt.task.order[0], []), attempt)

    def _begin_what_fits(self) -> None:
        if self._halted or self._cancel.is_set():
            return
        while self._resting and self._resting[0][0] <= time.monotonic():
            self._queue(heappop(self._resting)[2])
        for ordinal in sorted(self._ready):
            queue = self._ready[ordinal]
            while queue and self._idle and self._begin(queue[0]):
                heappop(queue)
            if not queue:
                del self._ready[ordinal]
            if not self._idle:
                return
        if self._ready and not self._running:
            raise AssertionError("a step asks for more than the machine has: this is checked before a run")

    def _begin(self, attempt: _Try) -> bool:
        """Begin an attempt; False when it does not fit now."""
        wanted = ask(attempt.call.settings.resources)
        if not self._free.holds(wanted):
            return False
        # A daemon, so that an interrupted process can leave without waiting for it.
        threading.Thread(target=self._perform, args=(attempt,), daemon=True, name=f"mloc {attempt.task.id}").start()
        self._free -= wanted
        self._idle -= 1
        self._running += 1
        return True

    def _perform(self, attempt: _Try) -> None:
        try:
            outcome: Outputs | BaseException = self._work(attempt.task, attempt.number)
        except BaseException as error:
            outcome = error
        self._events.put(_Ended(attempt, outcome))

    def _end(self, event: _Ended) -> None:
        attempt, outcome = event.attempt, event.outcome
        self._free += ask(attempt.call.settings.resources)
        self._idle += 1
        self._running -= 1
        if isinstance(outcome, StepFailed):
            self._fail(attempt, outcome)
        elif isinstance(outcome, BaseException):
            raise outcome
        else:
            self._take(self._plan.finished(attempt.task, outcome))

    def _fail(self, attempt: _Try, failure: StepFailed) -> None:
        """Let the step rest until its next attempt, if it has one."""
        task, retry = attempt.task, attempt.call.settings.retry
        if failure.retryable and attempt.number <= retry.count and not self._cancel.is_set():
            wait = delay_seconds(Retry(retry.count, retry.backoff_ms, retry.factor, retry.max_delay_ms), attempt.number)
            following = _Try(attempt.at, attempt.number + 1, task, attempt.call)
            heappush(self._resting, (time.monotonic() + wait, task.order[0], following))
            return
        self._on_failed(task, failure)
        self._take(self._plan.finished(task, None))

    @property
    def _halted(self) -> bool:
        """Whether nothing may begin any more because something has failed."""
        return self._limits.fail_fast and self._plan.has_failed
