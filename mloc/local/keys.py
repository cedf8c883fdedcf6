"""What a cached result depends on, part by part, and the key that all parts together have."""

from __future__ import annotations

import hashlib
import platform
import sys
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import assert_never

from mloc.frozen import dataclass, field
from mloc.ir.model import Cache, Call, Run, RunContainer, RunInline, RunNotebook, RunPython, RunRequire, RunShell, Step
from mloc.ir.program import word_json
from mloc.runner.artifacts import map_artifacts
from mloc.runner.jsons import Json, canonical
from mloc.runner.types import Type, parse_type
from mloc.types.encode import domain_json, type_json
from mloc.types.python.closure import closure
from mloc.types.python.normal import digest
from mloc.types.python.project import Project

SCHEME = "mloc-key/1"
"""Raised when the same parts come to mean something else: then nothing that was kept is found."""

Parts = Mapping[str, str]
"""Digests by the words that people read: `input `rows``, `code: churn/features.py`."""


@dataclass(frozen=True, slots=True)
class Keys:
    """Makes the parts of calls of one pipeline; `code` gives the digests of all that a module needs, as it is now.

    In one run they are looked up once, so that all steps are held against the same code.
    """

    pipeline: str
    code: Callable[[str], Parts]
    seen: dict[str, Parts] = field(default_factory=dict)

    def still(self, step: Step) -> bool:
        """Whether the code of a step is as it was when the run first asked: what ran since may be what was edited meanwhile."""
        module = step.run.module if isinstance(step.run, RunPython) else None
        return module is None or module not in self.seen or self.code(module) == self.seen[module]

    def _seen(self, module: str) -> Parts:
        if module not in self.seen:
            self.seen[module] = self.code(module)
        return self.seen[module]

    def parts(self, call: Call, step: Step, inputs: Mapping[str, Json]) -> dict[str, str]:
        """All that the result of a call depends on. `inputs` are the wire values of the step's inputs."""
        settings, cached = call.settings, call.settings.cache or Cache()
        found = {"the format of keys": SCHEME, "the step's inputs and outputs": _sha(_interface(step))}
        found |= self._run(step.run)
        found["the image"] = settings.image or ""
        found |= {f"variable {name}": _sha(value) for name, value in settings.env}
        found |= {f"secret in {variable}": name for variable, name in settings.secrets}
        found |= {f"input `{i.name}`": _input(parse_type(type_json(i.type)), i.name, inputs[i.name], cached.ignore) for i in step.inputs}
        found["`version`"] = cached.version or ""
        found["`scope`"] = self.pipeline if cached.scope == "pipeline" else ""
        return found

    def _run(self, run: Run) -> Parts:
        match run:
            case RunPython(module, function):
                return {"the function": f"{module}:{function}", **self._seen(module), **_python()}
            case RunInline(code):
                return {"the code of the step": digest(code), **_python()}
            case RunShell(script):
                return {"the script": _sha(script), "the system": f"{platform.system()} {platform.machine()}"}
            case RunContainer(command, args):
                return {"the command": _sha([[word_json(word) for word in words] for words in (command, args)])}
            case RunNotebook(_, cells, parameters):
                return {"the notebook": _sha([*(digest(cell) for cell in cells), parameters]), **_python()}
            case RunRequire():
                return {}
            case _:
                assert_never(run)


def key(parts: Parts) -> str:
    """The key of all parts, `sha256:…`."""
    return f"sha256:{_sha([[name, parts[name]] for name in sorted(parts)])}"


def code_of(project: Project) -> Callable[[str], Parts]:
    """What gives the digests of a module's first-party files, comments aside."""

    def found(module: str) -> Parts:
        return {f"code: {path}": digest(data) if path.endswith(".py") else _sha(data.hex()) for path, data in files(module)}

    def files(module: str) -> list[tuple[str, bytes]]:
        return list(closure(project, [module]).files.items())

    return found


def _interface(step: Step) -> Json:
    inputs: list[Json] = [[i.name, type_json(i.type), domain_json(i.domain)] for i in step.inputs]
    outputs: list[Json] = [[o.name, type_json(o.type), domain_json(o.domain)] for o in step.outputs]
    return [inputs, outputs, step.named_outputs]


def _input(type_: Type, name: str, wire: Json, ignored: tuple[str, ...]) -> str:
    """The digest of an input: of an artifact its content's, whatever its place; without what is ignored."""
    if name in ignored:
        return "ignored"
    value = map_artifacts(type_, wire, lambda _, descriptor: str(descriptor.get("digest")))
    for path in ignored:
        head, *rest = path.split(".")
        if head == name:
            value = _without(value, rest)
    return _sha(value)


def _without(value: Json, path: list[str]) -> Json:
    if not isinstance(value, dict) or path[0] not in value:
        return value
    if len(path) == 1:
        return {name: part for name, part in value.items() if name != path[0]}
    return {**value, path[0]: _without(value[path[0]], path[1:])}


@cache
def _python() -> Parts:
    """The Python and the packages that run code here, by the names of their folders: reading their metadata takes as long as a step."""
    packages = {name for folder in dict.fromkeys(sys.path) for name in _installed(folder)}
    version = f"{platform.python_implementation()} {sys.version_info.major}.{sys.version_info.minor} {platform.machine()}"
    return {"the version of Python": version, "the installed packages": _sha("\n".join(sorted(packages)))}


def _installed(folder: str) -> list[str]:
    place = Path(folder or ".")
    if not place.is_dir():
        return []
    names = (path.name for path in place.iterdir() if path.suffix in (".dist-info", ".egg-info"))
    return [name for name in names if not name.startswith("mloc-")]


def _sha(value: Json) -> str:
    return hashlib.sha256(canonical(value).encode("ascii")).hexdigest()
