"""One attempt of a unit, or of a whole body, within an Airflow task."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from contextlib import nullcontext

from mloc.runner.api import Records, StepFailed, StoreError

from . import bodies
from .engine import failed_for_good, launch_conf, publish, this_task
from .handlers import tell
from .launch_values import wire_texts
from .launches import bound_parameters
from .limits import limited
from .tolerance import place_of_item
from .units import program, run_once, store


def launch_parameters() -> dict[str, str]:
    """The parameters of this run, checked."""
    unit = "$parameters"
    try:
        texts = wire_texts(program(), launch_conf(), store())
    except (StepFailed, StoreError) as error:
        failure = error if isinstance(error, StepFailed) else StepFailed("store", str(error))
        Records.from_environment().failed(unit, unit, failure)
        tell(failure, unit)
        raise failed_for_good(failure) from None
    return run(unit, texts, retries=False, bound=True)


def run(unit: str, captures: Mapping[str, str | None], *, retries: bool, bound: bool = False) -> dict[str, str]:
    """The outputs of a unit. With `retries` its further attempts are made here, else Airflow makes them.

    `bound` adds to the captures the parameters that the launch binds.
    """
    cancel = threading.Event()
    attempt = this_task(cancel)
    given = {key: text for key, text in captures.items() if text is not None}
    try:
        if bound:
            given |= bound_parameters()
        with limited(cancel) if program().unit(unit).kind == "step" else nullcontext():
            found = run_once(unit, given, retries=retries, attempt=1 if retries else attempt, cancel=cancel)
    except StepFailed as failure:
        tell(failure, unit)
        if failure.retryable and not retries:
            raise
        raise failed_for_good(failure) from None
    publish(found)
    return found | place_of_item(unit, given)


def run_body(fan_out: str, captures: Mapping[str, str]) -> dict[str, str]:
    """Run the whole body of a fan-out for one item, in this task."""
    cancel = threading.Event()
    this_task(cancel)
    try:
        with limited(cancel):
            found = bodies.run_body(fan_out, captures, cancel)
        return found | place_of_item(f"{fan_out}[]", captures)
    except StepFailed as failure:
        tell(failure, f"{fan_out}[]")
        raise failed_for_good(failure) from None
