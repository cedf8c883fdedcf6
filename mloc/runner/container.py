"""Container steps on this machine: the words of their command line, run by docker or podman, or as a command of this machine."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path

from .evaluate import Scope, convert, evaluate, type_of
from .failures import ExpressionError
from .jsons import Json, as_array, as_object, as_text, as_text_or_none
from .program import Step
from .scalars import Invalid, Value
from .shell import check_code, output_files, read_output, shell_text
from .types import Type

ENGINES = ("docker", "podman")
NONE = "none"


def run_container(step: Step, inputs: dict[str, Value], out: Path, job: dict[str, Json]) -> dict[str, Json]:
    """The wire values of a container step's outputs. Raises ExpressionError, UserCodeFailed, and Invalid for what does not fit."""
    command, args = command_line(step, inputs, out)
    environment = [as_text(name, "a variable") for name in as_array(job["environment"], "the environment")]
    line = _line(job, command, args, out.parent, environment)
    try:
        # Its SIGTERM is the engine's to pass on to the container; this process waits for it.
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        client = {name: as_text(text, name) for name, text in as_object(job.get("client", {}), "variables").items()}
        code = subprocess.run(line, env={**client, **os.environ}, check=False, preexec_fn=_default_signals).returncode
    except OSError as error:
        raise Invalid(f"`{line[0]}` cannot be started: {error.strerror}") from None
    check_code(code, "the container")
    return container_outputs(step, out)


def command_line(step: Step, inputs: Mapping[str, Value], out: Path) -> tuple[list[str], list[str]]:
    """The words of the command and of its arguments; outputs are files in `out`. Raises ExpressionError for a word that has no value."""
    files, run = output_files(step, out), as_object(step.run["container"], "a container")
    try:
        return _words(run["command"], step, inputs, files), _words(run["args"], step, inputs, files)
    except ExpressionError as error:
        raise ExpressionError(f"a word of the command line has no value: {error}") from None


def container_outputs(step: Step, out: Path) -> dict[str, Json]:
    """The wire values of what a container has written. Raises Invalid for what does not fit the declaration."""
    files = output_files(step, out)
    return {
        output.name: read_output(output, files[output.name], out, f"the container wrote no file to `out({output.name})`")
        for output in step.outputs
    }


def _default_signals() -> None:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _line(job: dict[str, Json], command: list[str], args: list[str], scratch: Path, environment: list[str]) -> list[str]:
    """The command line that runs the container, or the command in it."""
    image, name = as_text_or_none(job.get("image"), "an image"), as_text_or_none(job.get("containers"), "an engine")
    if name == NONE:
        if not command:
            raise Invalid("the step runs the command of its image, which only a container has; it names no `command` of its own")
        return [*command, *args]
    engine = name or next((each for each in ENGINES if shutil.which(each)), None)
    if engine is None or image is None or shutil.which(engine) is None:
        absent = "neither docker nor podman is on PATH" if engine is None else f"{engine} is not on PATH"
        missing = "it names no image" if image is None else absent
        raise Invalid(f"the step runs in a container, and {missing}; `--containers none` runs its command on this machine instead")
    # The same path inside and outside, so that paths among the words mean the same.
    mounts = [f"--volume={scratch}:{scratch}", f"--workdir={os.getcwd()}"]  # noqa: PTH109
    variables = [f"--env={variable}" for variable in environment if variable not in ("PATH", "HOME", "LANG")]
    user = [] if os.getuid() == 0 else [f"--user={os.getuid()}:{os.getgid()}"]
    entry = [f"--entrypoint={command[0]}"] if command else []
    return [engine, "run", "--rm", "--init", *mounts, *variables, *user, *entry, image, *command[1:], *args]


def _words(data: Json, step: Step, inputs: Mapping[str, Value], files: dict[str, Path]) -> list[str]:
    """The words of a list; those of a null input are left out, of a group all of them."""
    texts = {each.name: _text(each.type, inputs[each.name], each.name) for each in step.inputs}
    scope = Scope(lambda key: inputs[key.removeprefix("$")])
    found: list[str] = []
    for word in as_array(data, "words"):
        group = word["group"] if isinstance(word, dict) and "group" in word else [word]
        parts = [_word(part, texts, files, scope) for part in as_array(group, "a group")]
        if None not in parts:
            found.extend(str(part) for part in parts)
    return found


def _text(type_: Type, value: Value, where: str) -> str | None:
    return None if value is None else shell_text(type_, value, where)


def _word(word: Json, texts: dict[str, str | None], files: dict[str, Path], scope: Scope) -> str | None:
    if isinstance(word, str):
        return word
    body = as_object(word, "a word")
    if "input" in body:
        return texts[as_text(body["input"], "an input")]
    if "output" in body:
        return str(files[as_text(body["output"], "an output")])
    if "value" in body:
        return _text(type_of(body["value"]), convert(type_of(body["value"]), evaluate(body["value"], scope), "a word"), "a word")
    parts = [_word(part, texts, files, scope) for part in as_array(body.get("join"), "the parts of a word")]
    return None if None in parts else "".join(str(part) for part in parts)
