"""Runs a conformance case on an engine, by the backend's own launcher, and holds its report against what is expected."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

from mloc.backend import load
from mloc.diagnostics.rules import NOT_EXPRESSIBLE
from mloc.driver import compile as compile_for
from mloc.frozen import dataclass
from mloc.local.engine import run_engine
from mloc.local.execute import ENGINE, run_native
from mloc.local.report import Status, report
from mloc.runner.jsons import Json
from mloc.runner.records import now
from mloc.testing.cases import Case, program, wire
from mloc.testing.expect import differences

NATIVE = ENGINE


class ConformanceError(AssertionError):
    """A case that did not go as expected; the message says how, line by line."""


class Refused(Exception):
    """The target cannot express a program; the message says what it refuses, and why."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a case went: with a report, or refused, for these reasons."""

    report: Mapping[str, Json] | None
    refused: str | None = None


def check(target: str, case: Case, folder: Path, *, in_process: bool = False) -> Outcome:
    """Run a case on a target and compare; a program that the target refuses, as E1120 says, is no failure.

    `folder` is for the run's files. With `in_process` the launcher's `main` is called in this process, for engines that take long to start.
    Raises ConformanceError for a report that is not as expected, or a compilation that fails in another way.
    """
    try:
        found = run(target, case, folder, in_process=in_process)
    except Refused as refused:
        return Outcome(None, str(refused))
    wrong = differences(case, found)
    if wrong:
        told = "".join(f"\n  {line}" for line in wrong)
        raise ConformanceError(f"`{case.program}.mlp`, run {case.index}, on {target}:{told}\n  the run's files: {folder}")
    return Outcome(found)


def run(target: str, case: Case, folder: Path, *, in_process: bool = False) -> dict[str, Json]:
    """The report of a case on a target. Raises Refused when the target cannot express the program."""
    analysis, pipeline = program(case.program)
    scratch, store = folder / "scratch", folder / "store"
    scratch.mkdir(parents=True)
    params, lines = wire(case, pipeline, scratch), analysis.lines(pipeline)
    with _environment(case.environment):
        if target == NATIVE:
            roots = [str(root) for root in analysis.project.source_roots]
            return run_native(pipeline, params, store=store, source_roots=roots, lines=lines)
        launcher = load(target).launcher
        made = bundle(case.program, target, folder / "bundle")
        if not in_process:
            return run_engine(pipeline, made, launcher, params, target=target, store=store, lines=lines)
        return _run_here(case, launcher, made, params, folder)


@contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    """The process's environment with these variables, for as long as it lasts."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def bundle(name: str, target: str, folder: Path) -> Path:
    """A conformance program compiled for a target, written into a folder. Raises Refused, and ConformanceError when it does not compile."""
    analysis, pipeline = program(name)
    compilation = compile_for(analysis, pipeline, target)
    told = "; ".join(f"{d.rule.code} {d.message}" for d in compilation.diagnostics)
    if compilation.diagnostics and all(d.rule is NOT_EXPRESSIBLE for d in compilation.diagnostics):
        raise Refused(told)
    if compilation.artifacts is None or compilation.diagnostics:
        raise ConformanceError(f"`{name}.mlp` does not compile for {target} without a finding: {told}")
    for path, content in compilation.artifacts.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def _run_here(case: Case, launcher: str, made: Path, params: Mapping[str, str], folder: Path) -> dict[str, Json]:
    """Run a bundle by the launcher's `main` in this process: no check of ours comes before the engine's."""
    main: Callable[[list[str]], int] = import_module(launcher).main
    records, given, result = folder / "records", folder / "parameters.json", folder / "result.json"
    records.mkdir()
    given.write_text(json.dumps(dict(params)), encoding="ascii")
    started = now()
    options = {"--params": given, "--records": records, "--store": folder / "store", "--result": result}
    code = main([str(made), *(word for option, path in options.items() for word in (option, str(path)))])
    if not result.exists():
        raise ConformanceError(f"`{case.program}.mlp`, run {case.index}: {launcher} wrote no result (exit code {code})")
    said = json.loads(result.read_text(encoding="utf-8"))
    status: Status = said["status"]
    engine = (str(said["engine"]["name"]), str(said["engine"]["version"]))
    ending = {"engine": engine, "error": said["error"], "started": started, "finished": now()}
    return report(program(case.program)[1], records, status=status, run_id=case.id, params=params, **ending)
