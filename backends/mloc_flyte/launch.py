"""Runs a bundle by flytekit's local execution: `python -m mloc_flyte.launch BUNDLE --params P --records DIR --store DIR --result OUT`."""

from __future__ import annotations

import argparse
import importlib
import importlib.metadata
import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import ModuleType

from mloc.ir.program import PARAMETERS
from mloc.runner.jsons import Json
from mloc.runner.program import parse_inputs
from mloc.runner.remote import is_remote
from mloc.runner.scalars import Invalid, Value
from mloc.runner.store import file_path
from mloc.runner.types import Dir, File, ListOf, MapOf, Optional, Scalar, Table, Type
from mloc.runner.values import decode_text

ENGINE = "flyte"
MISSING = "flytekit is not installed in this environment: pip install 'mloc[flyte]'"


class FlytekitMissing(Exception):
    """flytekit cannot be imported; the message is for the user."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle's manifest and its declared parameters."""

    folder: Path
    module: str
    package: str
    workflow: str
    arguments: Mapping[str, tuple[str, bool]]
    types: Mapping[str, Type]


def run(bundle_dir: str | Path, params: Mapping[str, str], records: str | Path, store: str | Path) -> dict[str, Json]:
    """Run a bundle to its end: `{"status", "engine": {"name", "version"}, "error"}`; what happened is in the records.

    `params` are canonical JSON texts by name. Several bundles may be run in one process, one after the other.
    Raises FlytekitMissing, and OSError when the bundle cannot be read.
    """
    version = _flytekit_version()
    bundle = read(Path(bundle_dir).absolute())
    error: str | None = None
    with _environment(Path(records), str(store)), imported(bundle) as module, _sandbox(str(store)):
        try:
            getattr(module, bundle.workflow)(**inputs(bundle, params))
        except Exception as failure:  # whatever the user's steps, our tasks or flytekit raise ends the run
            error = _explain(failure, bundle.package)
    return {"status": "succeeded" if error is None else "failed", "engine": {"name": ENGINE, "version": version}, "error": error}


def _flytekit_version() -> str:
    try:
        return importlib.metadata.version("flytekit")
    except importlib.metadata.PackageNotFoundError:
        raise FlytekitMissing(MISSING) from None


def read(folder: Path) -> Bundle:
    (path,) = folder.glob("*_mloc/flyte.json")
    manifest = json.loads(path.read_text(encoding="utf-8"))
    program = json.loads((path.parent / "program.json").read_text(encoding="utf-8"))
    declared = parse_inputs(program["units"][PARAMETERS]["parameters"])
    arguments = {name: (str(entry["argument"]), entry["json"] is True) for name, entry in manifest["parameters"].items()}
    types = {parameter.name: parameter.type for parameter in declared}
    return Bundle(folder, manifest["module"], manifest["package"], manifest["workflow"], arguments, types)


def inputs(bundle: Bundle, params: Mapping[str, str]) -> dict[str, object]:
    """The workflow's arguments. Raises Invalid for a parameter that does not exist or a text that is not of its type."""
    found: dict[str, object] = {}
    for name, text in params.items():
        if name not in bundle.arguments:
            raise Invalid(f"the pipeline has no parameter `{name}`")
        argument, is_json = bundle.arguments[name]
        found[argument] = text if is_json else _natural(bundle.types[name], decode_text(bundle.types[name], text, name))
    return found


def _natural(type_: Type, value: Value) -> object:
    """A value as flytekit takes it."""
    if value is None:
        return None
    if isinstance(type_, Optional):
        return _natural(type_.item, value)
    if isinstance(type_, ListOf) and isinstance(value, list):
        return [_natural(type_.item, item) for item in value]
    if isinstance(type_, MapOf) and isinstance(value, dict):
        return {key: _natural(type_.value, item) for key, item in value.items()}
    if isinstance(type_, Scalar) and type_.name == "duration" and isinstance(value, int):
        return timedelta(milliseconds=value)
    if isinstance(type_, (File, Table, Dir)) and isinstance(value, dict):
        uri = str(value["uri"])
        path = uri if is_remote(uri) else str(file_path(uri))
        kind = "FlyteDirectory" if isinstance(type_, Dir) else "FlyteFile"
        source = importlib.import_module("flytekit.types.directory" if isinstance(type_, Dir) else "flytekit.types.file")
        make: Callable[[str], object] = getattr(source, kind)
        return make(path)
    return value


def _explain(failure: Exception, package: str) -> str:
    """What went wrong: the runner's own message where it is the cause, else flytekit's."""
    failed: object = getattr(sys.modules.get(f"{package}.runner.failures"), "StepFailed", None)
    cause: BaseException | None = failure
    while cause is not None:
        if isinstance(failed, type) and isinstance(cause, failed):
            return str(getattr(cause, "message", cause))
        value = getattr(cause, "value", None)
        cause = value if isinstance(value, BaseException) and value is not cause else cause.__cause__
    return f"{type(failure).__name__}: {failure}"


# ---- surroundings -----------------------------------------------------------------------------------------------------


@contextmanager
def _environment(records: Path, store: str) -> Iterator[None]:
    # At a URL artifacts are kept by flytekit itself, as on a cluster.
    folder = "" if is_remote(store) else str(Path(store).absolute())
    wanted = {"MLOC_RECORDS": str(records.absolute()), "MLOC_STORE": folder, "FLYTE_LOCAL_CACHE_ENABLED": "false"}
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@contextmanager
def imported(bundle: Bundle) -> Iterator[ModuleType]:
    """The bundle's module; it and its package are forgotten afterwards, so that another bundle may have the same names."""
    path = str(bundle.folder)
    _forget(bundle)
    sys.path.insert(0, path)
    try:
        yield importlib.import_module(bundle.module)
    finally:
        sys.path.remove(path)
        _forget(bundle)


def _forget(bundle: Bundle) -> None:
    importlib.invalidate_caches()
    # flytekit keeps every launch plan of a process by its name.
    importlib.import_module("flytekit.core.launch_plan").LaunchPlan.CACHE.clear()
    for name in [name for name in sys.modules if name == bundle.module or f"{name}.".startswith(f"{bundle.package}.")]:
        del sys.modules[name]


@contextmanager
def _sandbox(store: str) -> Iterator[None]:
    """A folder of this run's for what flytekit writes, not the user's ~/.flyte or a shared /tmp/flyte-…; raw data at the store's URL."""
    manager = importlib.import_module("flytekit.core.context_manager").FlyteContextManager
    provider = importlib.import_module("flytekit.core.data_persistence").FileAccessProvider
    with tempfile.TemporaryDirectory(prefix="mloc-flyte-") as folder:
        access = provider(local_sandbox_dir=folder, raw_output_prefix=f"{store}/flyte" if is_remote(store) else str(Path(folder, "raw")))
        with manager.with_context(manager.current_context().with_file_access(access)):
            yield


def main(arguments: list[str] | None = None) -> int:
    """The command line: 0 when the run was made (its result is in the file), 2 when flytekit is missing, 1 when it could not be started."""
    parser = argparse.ArgumentParser(prog="python -m mloc_flyte.launch", description=__doc__)
    parser.add_argument("bundle", type=Path)
    for name in ("params", "records", "result"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--store", required=True)
    asked = parser.parse_args(arguments)
    try:
        params = json.loads(asked.params.read_text(encoding="utf-8"))
        result = run(asked.bundle, params, asked.records, asked.store)
    except (FlytekitMissing, OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2 if isinstance(error, FlytekitMissing) else 1
    asked.result.write_text(json.dumps(result), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
