"""One attempt of a step: a scratch folder, a child process that runs the user's code in it, and what the child said."""

from __future__ import annotations

import os
import re
import shutil
import signal
import stat
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

from .artifacts import fetch, keep
from .failures import StepFailed
from .jsons import Json, as_int, as_object, as_text, canonical, parse
from .program import Program, Unit
from .scalars import Invalid, check_text
from .secrets import Mask
from .store import Store, StoreError, reason
from .supervise import Ending, OnLog, supervise

_INHERITED = ("PATH", "HOME", "LANG")
# What docker and podman are told by, besides files of HOME.
_OF_CLIENTS = (
    "DOCKER_HOST",
    "DOCKER_CONTEXT",
    "DOCKER_CONFIG",
    "DOCKER_CERT_PATH",
    "DOCKER_TLS_VERIFY",
    "CONTAINER_HOST",
    "XDG_RUNTIME_DIR",
)

# The child imports this package from where this process did: a folder or a zip file, under the name it was vendored by.
_PACKAGE = __name__.rpartition(".")[0]
_ROOT = Path(os.path.abspath(__file__)).parents[_PACKAGE.count(".") + 1]  # noqa: PTH100  (resolve() would follow links out of it)
_BOOT = "import sys,importlib;sys.path[:]=[p for p in sys.path if p]+[sys.argv[1]];importlib.import_module(sys.argv[2]).main(sys.argv[3:])"


@dataclass(frozen=True)
class Attempt:
    """What one attempt needs: the unit, the wire values of its inputs, and what the caller provides."""

    program: Program
    unit: Unit
    inputs: dict[str, Json]
    store: Store
    code: Sequence[str]
    log: Path | None
    on_log: OnLog | None
    cancel: threading.Event | None
    secrets: Mapping[str, str]
    """By the environment variable that the step finds them in."""
    containers: str | None
    """What runs containers: docker, podman, or none; None for the first that is there."""
    python: Callable[[], str] | None = None
    """Gives the interpreter that runs the code, None for this one."""


def run_attempt(attempt: Attempt) -> dict[str, Json]:
    """The wire values of the outputs, artifacts kept in the store. Raises StepFailed; the scratch folder is gone in any case."""
    mask = Mask(tuple(attempt.secrets.values()))
    try:
        return _attempted(attempt, mask)
    except StepFailed as failure:
        failure.message, failure.log_tail = mask.text(failure.message), mask.text(failure.log_tail)
        raise


def _attempted(attempt: Attempt, mask: Mask) -> dict[str, Json]:
    if "require" in attempt.program.step(as_text(attempt.unit.body.get("step"), "a unit's step")).run:
        return _require(attempt)
    try:
        scratch = Path(tempfile.mkdtemp(prefix="mloc-"))
        try:
            return _run_in(scratch, attempt, mask)
        finally:
            _remove(scratch)
    except StoreError as error:
        raise StepFailed("store", str(error), attempt.unit.line) from error
    except OSError as error:
        raise StepFailed("exception", f"the step cannot be run here: {reason(error)}", attempt.unit.line) from error


def _require(attempt: Attempt) -> dict[str, Json]:
    """A `require` needs no process: its condition and message were evaluated with its inputs."""
    if attempt.inputs["ok"] is not True:
        raise StepFailed("require", as_text(attempt.inputs["message"], "the message"), attempt.unit.line)
    return {}


def _run_in(scratch: Path, attempt: Attempt, mask: Mask) -> dict[str, Json]:
    program, unit = attempt.program, attempt.unit
    work, given, made = scratch / "work", scratch / "in", scratch / "out"
    for folder in (work, given, made):
        folder.mkdir()
    name = as_text(unit.body.get("step"), "a unit's step")
    step = program.step(name)
    inputs: dict[str, Json] = {
        declared.name: fetch(declared.name, declared.type, attempt.inputs[declared.name], attempt.store, given) for declared in step.inputs
    }
    environment = {**_environment(unit), **attempt.secrets}
    job: dict[str, Json] = {
        "name": name,
        "step": program.step_json(name),
        "source": program.step_file(name),
        "inputs": inputs,
        "environment": list(environment),
        "code": [os.path.abspath(folder) for folder in attempt.code],  # noqa: PTH100
        "out": str(made),
        "image": unit.body.get("image"),
        "containers": attempt.containers,
        "client": {name: os.environ[name] for name in _OF_CLIENTS if name in os.environ},
        "result": str(scratch / "result.json"),
    }
    (scratch / "job.json").write_text(canonical(job), encoding="ascii")
    ending = _supervise(scratch, work, environment, attempt, mask)
    outputs = _outcome(scratch / "result.json", ending, unit, program.step_file(name))
    without_secrets(outputs, mask, unit.line, ending.tail)
    return {declared.name: keep(declared.type, outputs[declared.name], attempt.store) for declared in step.outputs}


def without_secrets(outputs: Mapping[str, Json], mask: Mask, line: int | None, log_tail: str = "") -> None:
    """Raise StepFailed for an output that holds the value of a secret."""
    for output, wire in outputs.items():
        if mask.held_by(wire):
            message = f"the output `{output}` holds the value of a secret, and outputs are stored and shown"
            raise StepFailed("secret", message, line, log_tail=log_tail)


def _supervise(scratch: Path, work: Path, environment: dict[str, str], attempt: Attempt, mask: Mask) -> Ending:
    unit = attempt.unit
    timeout = unit.settings.get("timeout_ms")
    python = sys.executable if attempt.python is None else attempt.python()
    return supervise(
        [python, "-X", "utf8", "-c", _BOOT, str(_ROOT), f"{_PACKAGE}.child", str(scratch / "job.json")],
        environment=environment,
        folder=work,
        scratch=scratch,
        log=attempt.log,
        on_log=attempt.on_log,
        timeout=None if timeout is None else as_int(timeout, "timeout_ms") / 1000,
        cancel=attempt.cancel,
        mask=mask,
    )


def _environment(unit: Unit) -> dict[str, str]:
    """PATH, HOME, LANG and what the step declares; nothing else of this process."""
    found = {"LANG": "C.UTF-8", "PATH": os.defpath}
    found.update({name: os.environ[name] for name in _INHERITED if name in os.environ})
    declared = as_object(unit.settings.get("env", {}), "env")
    try:
        return {**found, **{name: check_text(text, name) for name, text in declared.items()}}
    except Invalid as error:
        raise StepFailed("contract", f"environment variable {error}", unit.line) from None


def _outcome(result: Path, ending: Ending, unit: Unit, step_file: str) -> dict[str, Json]:
    """What the child's end and its result file say together. Raises StepFailed for anything but success."""
    if ending.reason == "cancelled":
        raise StepFailed("cancelled", "the run was cancelled", unit.line, log_tail=ending.tail)
    if ending.reason == "timeout":
        limit = as_int(unit.settings.get("timeout_ms"), "timeout_ms") / 1000
        raise StepFailed("timeout", f"the step ran longer than its timeout of {limit:g} s", unit.line, log_tail=ending.tail)
    said = as_object(parse(result.read_text(encoding="ascii")), "the child's result") if result.exists() else {}
    if "error" in said:
        error = as_object(said["error"], "the child's error")
        line = error.get("line")
        kind, message = as_text(error.get("kind"), "a kind"), as_text(error.get("message"), "a message")
        if kind in ("contract", "domain"):
            message += by_step(unit)
        failure = StepFailed(kind, message, line if isinstance(line, int) else unit.line, log_tail=ending.tail)
        failure.file = step_file if isinstance(line, int) else unit.file
        raise failure
    if ending.code or not said:
        kind, message = bad_end(ending.code, bool(said))
        raise StepFailed(kind, message, unit.line, log_tail=ending.tail)
    return as_object(said.get("outputs"), "the child's outputs")


def by_step(unit: Unit) -> str:
    """Which step broke its declaration, where the name it is called by does not say so."""
    name = as_text(unit.body.get("step"), "a unit's step")
    return "" if name in re.split(r"[.#\[\]]", unit.id) else f" (step `{name}`)"


def bad_end(code: int, returned: bool) -> tuple[str, str]:
    """The kind and the message for a child that ended without a word of its own."""
    when = "after the step had returned" if returned else "before the step returned"
    if code == -signal.SIGKILL:
        return "oom", f"the step's process was killed (SIGKILL) {when}: most likely it ran out of memory"
    if code < 0:
        return "killed", f"the step's process was killed by {_signal_name(-code)} {when}"
    return "exception", f"the step's process ended with exit code {code} {when}"


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _remove(folder: Path) -> None:
    """Delete the scratch folder, also where the step took the right to do so from us."""
    try:
        shutil.rmtree(folder)
    except PermissionError:
        for path, _, _ in os.walk(folder):
            Path(path).chmod(stat.S_IRWXU)
        shutil.rmtree(folder)
