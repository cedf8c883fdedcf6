"""Shell steps: inputs as environment variables, outputs as files, and a shell that fails when any command of a pipe does."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from .artifacts import local_artifact, local_path, map_artifacts, suffix
from .codecs import check_artifact
from .domains import check_domain
from .jsons import Json, as_int, as_text, canonical
from .program import Output, Step
from .scalars import Invalid, Value
from .tracebacks import UserCodeFailed
from .types import ARTIFACTS, Enum, Optional, Scalar, Type, base_type
from .values import decode, decode_text, encode

_SHELLS = ("bash", "sh", "ksh", "zsh", "ash")
_BARE = ("str", "date", "datetime")


def run_shell(step: Step, inputs: dict[str, Value], out: Path, source: str) -> dict[str, Json]:
    """The wire values of a shell step's outputs. Raises UserCodeFailed, and Invalid for what does not fit the declaration."""
    files = output_files(step, out)
    variables = {declared.name: shell_text(declared.type, inputs[declared.name], declared.name) for declared in step.inputs}
    variables.update({f"out_{name}" if step.named else "out": str(path) for name, path in files.items()})
    # Blank lines before the script make the shell's own messages name the line in the program.
    script = out.parent / (Path(source).name or "script")
    script.write_text("\n" * (as_int(step.run["line"], "a line") - 1) + as_text(step.run["shell"], "a script"), encoding="utf-8")
    try:
        code = subprocess.run([*_shell(), str(script)], env={**os.environ, **variables}, check=False).returncode
    except OSError as error:
        raise Invalid(f"the shell cannot be started: {error.strerror}{_largest(variables)}") from None
    check_code(code, "the script")
    unwritten = "the script wrote no file for this output (`$out_{0}`, or `$out` without a name)"
    return {output.name: read_output(output, files[output.name], out, unwritten.format(output.name)) for output in step.outputs}


def output_files(step: Step, out: Path) -> dict[str, Path]:
    """Where a command writes each output."""
    return {output.name: out / f"{output.name}{_suffix(output.type)}" for output in step.outputs}


def shell_text(type_: Type, value: Value, where: str) -> str:
    """A value as `$name` holds it: text, enums and dates bare, artifacts as local paths, everything else as canonical JSON."""
    wire = map_artifacts(type_, encode(type_, value, where), lambda _, descriptor: str(local_path(descriptor)))
    if not isinstance(wire, str):
        return canonical(wire)
    if _is_number(type_):
        # The tags of the wire (`f:nan`, `i:9223372036854775807`) mean nothing to a command.
        return wire.partition(":")[2]
    return wire


def _is_number(type_: Type) -> bool:
    kind = base_type(type_)
    return isinstance(kind, Scalar) and kind.name in ("int", "float", "bytes", "duration", "ratio")


def _suffix(type_: Type) -> str:
    return suffix(base_type(type_)) if isinstance(base_type(type_), ARTIFACTS) else ""


def _largest(variables: dict[str, str]) -> str:
    sizes = {name: len(text.encode()) for name, text in variables.items()}
    if not sizes:
        return ""
    name = max(sizes, key=lambda each: sizes[each])
    return f"; its largest variable, `{name}`, has {sizes[name]} bytes (one may have about 128 KiB)"


def _shell() -> list[str]:
    """The command of a shell whose `pipefail` works."""
    for name in _SHELLS:
        path = shutil.which(name)
        if path and subprocess.run([path, "-c", "set -o pipefail"], stderr=subprocess.DEVNULL, check=False).returncode == 0:
            return [path, "-eu", "-o", "pipefail"]
    raise Invalid("a shell step needs bash, or another shell whose `set -o pipefail` works; none is on PATH")


def check_code(code: int, what: str) -> None:
    """Raise UserCodeFailed, or end in the same way, when a command did not end well."""
    if code in (-signal.SIGKILL, 128 + signal.SIGKILL):
        # Ending the same way lets the parent see what happened: the system kills whoever holds most of the memory.
        print(f"{what}, or a command of it, was killed (SIGKILL)", file=sys.stderr, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
    if code < 0:
        raise UserCodeFailed(f"{what} was killed by {signal.Signals(-code).name}")
    if code:
        raise UserCodeFailed(f"{what} ended with exit status {code}")


def read_output(output: Output, path: Path, out: Path, unwritten: str) -> Json:
    """The wire value of the output that a command wrote to a path. Raises Invalid, with `unwritten` when there is no file."""
    kind = base_type(output.type)
    if isinstance(kind, ARTIFACTS):
        if not path.exists() and isinstance(output.type, Optional):
            return None
        return local_artifact(check_artifact(kind, path, output.name, out), kind)
    if not path.is_file():
        raise Invalid(f"`{output.name}`: {unwritten}")
    try:
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        raise Invalid(f"`{output.name}`: what was written is not UTF-8 text") from None
    value = _parse(output.type, text.removesuffix("\n"), output.name)
    if output.domain is not None:
        check_domain(output.type, output.domain, value, output.name)
    return encode(output.type, value, output.name)


def _parse(type_: Type, text: str, where: str) -> Value:
    kind = base_type(type_)
    if isinstance(type_, Optional) and text == "null":
        return None
    if isinstance(kind, Enum) or (isinstance(kind, Scalar) and kind.name in _BARE):
        return decode(kind, text, where)
    if _is_number(kind) and text.strip().lstrip("-") in ("nan", "inf"):
        return decode(kind, f"f:{text.strip()}", where)
    return decode_text(kind, text, where)
