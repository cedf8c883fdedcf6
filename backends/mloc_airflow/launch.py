"""Runs a bundle by `dag.test()`: `python -m mloc_airflow.launch BUNDLE --params P --records DIR --store DIR --result OUT`."""

from __future__ import annotations

import argparse
import importlib
import json
import os
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Protocol

from mloc.ir.program import PARAMETERS
from mloc.runner.api import Program, Records, StepFailed, load_program, open_store, run_unit
from mloc.runner.jsons import Json
from mloc.runner.program import parse_inputs
from mloc.runner.remote import is_remote
from mloc.runner.types import ListOf, MapOf, Optional, Record, Scalar, Type
from mloc_airflow.launch_home import HomeTaken, private_home

ENGINE = "airflow"
MISSING = "apache-airflow is not installed in this environment: pip install 'mloc[airflow]'"

# A bundle, the wire texts of its parameters, the folder of records, and what names the store: a folder or a URL.
Job = tuple[Path, Mapping[str, str], Path, str]


class AirflowMissing(Exception):
    """Airflow cannot be imported; the message is for the user."""


class _Refused(Exception):
    """A bundle that Airflow does not load, or a launch that it does not take; the message is for the user."""


def run(bundle: str | Path, params: Mapping[str, str], records: str | Path, store: str | Path) -> dict[str, Json]:
    """Run a bundle to its end: `{"status", "engine": {"name", "version"}, "error"}`; what happened is in the records.

    Raises AirflowMissing, and OSError when the bundle cannot be read.
    """
    return run_many([(Path(bundle), params, Path(records), str(store))])[0]


def run_many(jobs: Sequence[Job]) -> list[dict[str, Json]]:
    """Run bundles one after the other in this process, which keeps an Airflow home of its own until it ends."""
    installed = airflow_version()
    home = private_home(installed)
    found: list[dict[str, Json]] = []
    for bundle, params, records, store in jobs:
        with _environment(records, store), _in_dags_folder(bundle, home / "dags") as name:
            try:
                _check_packages(home / "dags" / f"{name}_mloc" / "requirements.txt")
                program = load_program(home / "dags" / f"{name}_mloc" / "program.json")
                _check_parameters(program, params, records, store)
                error = _run_dag(name, home / "dags", _conf(program, params))
            except _Refused as refused:
                error = str(refused)
        found.append({"status": "failed" if error else "succeeded", "engine": {"name": ENGINE, "version": installed}, "error": error})
    return found


def airflow_version() -> str:
    """The version installed here. Raises AirflowMissing."""
    try:
        return version("apache-airflow-core")
    except PackageNotFoundError:
        raise AirflowMissing(MISSING) from None


def _run_dag(name: str, folder: Path, conf: dict[str, Json]) -> str | None:
    """Run a DAG of the folder; gives what went wrong."""
    dag_bag = _found("DagBag", "airflow.dag_processing.dagbag", "airflow.models.dagbag")(dag_folder=str(folder), safe_mode=False)
    for path, error in dag_bag.import_errors.items():
        raise _Refused(f"{Path(path).name} does not load: {error}")
    # Its id is another one where `target airflow` says so.
    dag = dag_bag.dags.get(name) or next(iter(dag_bag.dags.values()))
    _check(dag.params, conf)
    ended = dag.test(run_conf=conf)
    if str(ended.state) == "success":
        return None
    failed = sorted({str(task.task_id) for task in ended.get_task_instances() if str(task.state) == "failed"})
    return f"the run failed in {', '.join(failed)}" if failed else f"the run ended as {ended.state}"


class _Params(Protocol):
    """What a DAG declares of its parameters."""

    def update(self, given: Mapping[str, Json]) -> None: ...

    def validate(self) -> object: ...


def _found(name: str, *modules: str) -> Any:  # noqa: ANN401  a class of an SDK that need not be installed
    """What Airflow has by a name in the first of the modules that has it: versions differ."""
    for module in modules:
        try:
            return getattr(importlib.import_module(module), name)
        except (ImportError, AttributeError):
            continue
    raise AirflowMissing(f"this version of Airflow has no {name}: 3.1 to 3.3 are supported")


def _check(declared: _Params, conf: dict[str, Json]) -> None:
    """Refuse what the API server would answer with status 400. Raises _Refused."""
    wrong = _found("ParamValidationError", "airflow.sdk.exceptions", "airflow.exceptions")
    params = deepcopy(declared)
    try:
        params.update(conf)
        params.validate()
    except wrong as error:
        raise _Refused(f"the parameters are refused: {error}") from None


def _check_packages(requirements: Path) -> None:
    """Refuse a bundle that needs more of Airflow than is installed here. Raises _Refused."""
    for name in requirements.read_text(encoding="utf-8").split() if requirements.exists() else ():
        try:
            version(name)
        except PackageNotFoundError:
            raise _Refused(f"{name} is not installed in this environment, and container steps need it: pip install {name}") from None


def _check_parameters(program: Program, params: Mapping[str, str], records: Path, store: str) -> None:
    """Refuse wrong parameters in the language's own words. Raises _Refused."""
    captures = {f"${name}": text for name, text in params.items()}
    try:
        # The first task of the DAG checks again, and records what it found when all is well.
        run_unit(program, PARAMETERS, captures, store=open_store(store), records=Records(None))
    except StepFailed as failure:
        Records(records).failed(PARAMETERS, PARAMETERS, failure)
        raise _Refused(failure.message) from None


def _conf(program: Program, params: Mapping[str, str]) -> dict[str, Json]:
    """The parameters as a launch of a DAG takes them: integers of any size as integers."""
    types = {entry.name: entry.type for entry in parse_inputs(program.unit(PARAMETERS).body["parameters"])}
    return {name: _plain(types.get(name), json.loads(text)) for name, text in params.items()}


def _plain(type_: Type | None, wire: Json) -> Json:
    match type_, wire:
        case Scalar(name), str() if name in ("int", "bytes", "duration"):
            return int(wire.removeprefix("i:"))
        case Optional(item), _:
            return _plain(item, wire)
        case ListOf(item), list():
            return [_plain(item, each) for each in wire]
        case MapOf(item), dict():
            return {name: _plain(item, each) for name, each in wire.items()}
        case Record(fields), dict():
            types = {field.name: field.type for field in fields}
            return {name: _plain(types.get(name), each) for name, each in wire.items()}
        case _:
            return wire


@contextmanager
def _in_dags_folder(bundle: Path, folder: Path) -> Iterator[str]:
    """A bundle's files in the DAGs folder, alone; gives the pipeline's name."""
    (package,) = (path.parent for path in bundle.glob("*_mloc/program.json"))
    name = package.name.removesuffix("_mloc")
    if folder.exists():
        shutil.rmtree(folder)
    shutil.copytree(bundle, folder)
    _forget(package.name)
    # What Airflow's own processes do: the folder's modules can be imported.
    sys.path.append(str(folder))
    try:
        yield name
    finally:
        sys.path.remove(str(folder))
        _forget(package.name)


def _forget(package: str) -> None:
    """Forget an imported bundle: another may have the same name."""
    importlib.invalidate_caches()
    for name in [name for name in sys.modules if f"{name}.".startswith(f"{package}.")]:
        del sys.modules[name]


@contextmanager
def _environment(records: Path, store: str) -> Iterator[None]:
    wanted = {"MLOC_RECORDS": str(records.absolute()), "MLOC_STORE": store if is_remote(store) else str(Path(store).absolute())}
    # This machine has no cluster: its own docker or podman starts what a pod is meant for, unless something else is said.
    wanted["MLOC_CONTAINERS"] = os.environ.get("MLOC_CONTAINERS") or "auto"
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


def main(arguments: list[str] | None = None) -> int:
    """The command line: 0 when the run succeeded, 1 when it failed (its result is in the file), 2 when Airflow is not installed."""
    parser = argparse.ArgumentParser(prog="python -m mloc_airflow.launch", description=__doc__)
    parser.add_argument("bundle", type=Path)
    for name in ("params", "records", "result"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--store", required=True)
    asked = parser.parse_args(arguments)
    try:
        result = run(asked.bundle, json.loads(asked.params.read_text(encoding="utf-8")), asked.records, asked.store)
    except AirflowMissing as error:
        print(error, file=sys.stderr)
        return 2
    except (OSError, ValueError, HomeTaken) as error:
        print(f"Airflow could not be started: {error}", file=sys.stderr)
        return 1
    asked.result.write_text(json.dumps(result), encoding="utf-8")
    return 0 if result["status"] == "succeeded" else 1


if __name__ == "__main__":
    sys.exit(main())
