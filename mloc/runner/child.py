"""What runs in the child process: one step's code between the binding of its inputs and of its outputs."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Sequence
from io import TextIOWrapper
from pathlib import Path

from .codes import prepare, run_code
from .domains import OutOfDomain
from .failures import ExpressionError
from .jsons import Json, as_array, as_object, as_text, canonical, parse
from .library import library
from .program import parse_step
from .scalars import Invalid
from .tracebacks import UserCodeFailed, user_failure
from .values import decode


def main(arguments: Sequence[str]) -> None:
    """Run the job of a file. `arguments` are the file's path and the number of the pipe that ends when the parent dies."""
    job_path, lifeline = arguments
    # The bootstrap put this package's root last, where its neighbours (a folder of DAGs) hide no module of the library;
    # the user's code must not see it.
    sys.path.pop()
    _end_with_parent(int(lifeline), Path(job_path).parent)
    job = as_object(parse(Path(job_path).read_text(encoding="ascii")), "the job")
    prepare(as_object(as_object(job["step"], "a step").get("run"), "a step's run"))
    sys.path[:0] = _code(job)
    for name in set(os.environ) - {as_text(name, "a name") for name in as_array(job["environment"], "the environment")}:
        # Python itself adds LC_CTYPE where the locale is not UTF-8.
        del os.environ[name]
    sys.argv[:] = [as_text(job["name"], "the step's name")]
    for stream in (sys.stdout, sys.stderr):
        # What the step printed before a crash or a timeout must be in the log.
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(line_buffering=True)
    ours = os.getpid()
    result, code = _result(job)
    if os.getpid() == ours:
        _write(Path(as_text(job["result"], "the result's path")), result)
    sys.exit(code)


def _result(job: dict[str, Json]) -> tuple[Json, int]:
    """The result document and the exit code."""
    try:
        return {"outputs": _run(job)}, 0
    except UserCodeFailed as failure:
        return {"error": {"kind": "exception", "message": failure.message, "line": failure.line}}, 1
    except ExpressionError as error:
        return _refused("expression", error), 1
    except OutOfDomain as error:
        return _refused("domain", error), 1
    except Invalid as error:
        return _refused("contract", error), 1
    except Exception as error:
        # A library's own failure, for instance in reading a model whose class is not installed here.
        message = user_failure(error, as_text(job["source"], "the source's file")).message
        return {"error": {"kind": "exception", "message": message, "line": None}}, 1


def _run(job: dict[str, Json]) -> dict[str, Json]:
    step = parse_step(job["step"])
    wires = as_object(job["inputs"], "the inputs")
    inputs = {declared.name: decode(declared.type, wires[declared.name], declared.name) for declared in step.inputs}
    return run_code(
        step, inputs, Path(as_text(job["out"], "the folder of outputs")), as_text(job["source"], "the source's file"), _code(job), job
    )


def _code(job: dict[str, Json]) -> list[str]:
    return [as_text(folder, "a folder") for folder in as_array(job["code"], "code")]


def _refused(kind: str, error: Exception) -> Json:
    print(error, file=sys.stderr)
    return {"error": {"kind": kind, "message": str(error), "line": None}}


def _write(path: Path, result: Json) -> None:
    unfinished = path.with_suffix(".tmp")
    unfinished.write_text(canonical(result), encoding="ascii")
    unfinished.replace(path)


def _end_with_parent(lifeline: int, scratch: Path) -> None:
    """End this process and its group when the parent dies: nobody would be left to enforce the timeout or to take the outputs."""
    os.set_inheritable(lifeline, False)

    def wait() -> None:
        os.read(lifeline, 1)
        # The parent would have deleted it. What the group is writing at this moment may stay.
        library("shutil").rmtree(scratch, ignore_errors=True)
        os.killpg(os.getpgrp(), library("signal").SIGKILL)

    threading.Thread(target=wait, daemon=True, name="mloc-lifeline").start()
