"""Runs a bundle on Kubeflow's own local mode, where every task is a process (`python -m mloc_kfp.launch`)."""

from __future__ import annotations

import argparse
import importlib
import json
import os
import sys
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

from mloc import patterns
from mloc.ir.program import PARAMETERS
from mloc.runner.api import FileStore, Records, StepFailed, run_unit
from mloc.runner.jsons import Json, as_array, as_object, as_text, parse
from mloc.runner.program import Program, parse_inputs
from mloc.runner.records import FOLDER_VARIABLE as RECORDS
from mloc.runner.remote import is_remote
from mloc.runner.secrets import PREFIX as SECRETS
from mloc.runner.store import FOLDER_VARIABLE as STORE
from mloc_kfp.bundle import unpack
from mloc_kfp.vendored.launched import BEGAN, DUE
from mloc_kfp.vendored.natural import form, to_natural

MISSING = 2
CONTAINERS, NONE, DOCKER = "MLOC_CONTAINERS", "none", "docker"
_ABSENT = "kfp is not installed in this environment: pip install 'mloc[kfp]'"
_COLOUR = patterns.of(r"\x1b\[[0-9;]*m")


class EngineMissing(Exception):
    """Kubeflow's SDK is not installed here; the message says what to do."""


def run(bundle: Path, params: Mapping[str, str], records: Path, store: str | Path) -> dict[str, Json]:
    """Run the bundle of a folder with parameters as wire texts; gives `{status, engine: {name, version}, error}`.

    What happened goes to the folder `records`, artifacts below `store`; `kfp.local` takes no URL, and keeps them beside the records then.
    Raises EngineMissing.
    """
    kfp = _engine("kfp")
    root = records.absolute().parent if is_remote(str(store)) else Path(store).absolute()
    engine: Json = {"name": "kfp", "version": str(kfp.__version__)}
    try:
        component = _engine("kfp.components").load_component_from_text(_document(bundle))
        pipeline = component.pipeline_spec
        arguments = _arguments(_program(pipeline), params, records, root)
        _drain(pipeline)
        _give_artifacts(pipeline)
        _give_time(pipeline)
        local = _engine("kfp.local")
        places = {RECORDS: str(records.absolute()), STORE: str(root)}
        with _environment(places), _plain_print(_engine("kfp.local.logging_utils")), warnings.catch_warnings():
            # Any image is run in this process's Python, which the engine warns of.
            warnings.simplefilter("ignore", RuntimeWarning)
            local.init(runner=_runner(local, places), pipeline_root=str(root / "kfp"), raise_on_error=True)
            _engine("kfp.local.pipeline_orchestrator").run_local_pipeline(pipeline, arguments)
    except Exception as error:  # the engine raises what it likes, and a run that it cannot finish has failed
        return {"status": "failed", "engine": engine, "error": _COLOUR.sub("", f"{type(error).__name__}: {error}")}
    return {"status": "succeeded", "engine": engine, "error": None}


def _runner(local: ModuleType, places: Mapping[str, str]) -> object:
    """What runs the tasks: processes of this machine, or Docker where MLOC_CONTAINERS asks for it. Raises ValueError for others."""
    wanted = os.environ.get(CONTAINERS) or NONE
    if wanted == NONE:
        return local.SubprocessRunner(use_venv=False)
    if wanted != DOCKER:
        raise ValueError(f"{CONTAINERS} is {wanted}, and kfp.local runs containers by docker alone, or their commands with none")
    types = _engine("docker.types")
    # The folders of the run by their own paths, and what the environment says of secrets: containers see nothing else of this machine.
    for place in places.values():
        Path(place).mkdir(parents=True, exist_ok=True)
    mounts = [types.Mount(target=place, source=place, type="bind") for place in dict.fromkeys(places.values())]
    secrets = {name: value for name, value in os.environ.items() if name.startswith(SECRETS)}
    return local.DockerRunner(environment={**places, **secrets}, mounts=mounts)


def _engine(module: str) -> ModuleType:
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise EngineMissing(f"{_ABSENT} ({error})") from error


def _document(bundle: Path) -> str:
    found = sorted(bundle.glob("*.yaml"))
    if len(found) != 1:
        raise FileNotFoundError(f"{bundle} holds {len(found)} YAML files, where a bundle for Kubeflow holds one")
    return found[0].read_text(encoding="utf-8")


def _program(pipeline: object) -> Program:
    """The program that the bundle carries."""
    spec: object = _engine("google.protobuf.json_format").MessageToDict(pipeline)
    executors = as_object(parse(json.dumps(spec)), "the pipeline")["deploymentSpec"]
    variables: dict[str, str] = {}
    for executor in as_object(as_object(executors, "the deployment")["executors"], "executors").values():
        container = as_object(as_object(executor, "an executor")["container"], "a container")
        found = [as_object(variable, "a variable") for variable in as_array(container.get("env", []), "variables")]
        variables |= {as_text(variable["name"], "a name"): as_text(variable["value"], "a value") for variable in found}
    (document,) = (data for name, data in unpack(variables).items() if name.endswith("/program.json"))
    return Program(parse(document.decode("ascii")))


def _arguments(program: Program, params: Mapping[str, str], records: Path, store: Path) -> dict[str, Json]:
    """The parameters in Kubeflow's forms. Raises ValueError, for wrong ones with the language's own words in the records."""
    declared = {given.name: given for given in parse_inputs(program.unit(PARAMETERS).body.get("parameters"))}
    unknown = sorted(set(params) - set(declared))
    if unknown:
        raise ValueError(f"the pipeline has no parameter `{unknown[0]}`")
    kinds = {name: form(given.type, given.domain) for name, given in declared.items()}
    try:
        return {name: to_natural(declared[name].type, kinds[name], text) for name, text in params.items()}
    except ValueError:
        # What has no such form is outside its domain, which is why the form was chosen: say that, before anything starts.
        _check(program, params, records, store)
        raise


def _check(program: Program, params: Mapping[str, str], records: Path, store: Path) -> None:
    captures = {f"${name}": text for name, text in params.items()}
    try:
        run_unit(program, PARAMETERS, captures, store=FileStore(store), records=Records(None))
    except StepFailed as failure:
        Records(records).failed(PARAMETERS, PARAMETERS, failure)
        raise ValueError(failure.message) from None


def _drain(pipeline: object) -> None:
    """Make `kfp.local` go on with what does not depend on a step that failed, as Kubeflow does.

    It has two schedulers and takes the one that stops at the first failure unless a task of the pipeline asks for more.
    """
    for task in pipeline.root.dag.tasks.values():  # type: ignore[attr-defined]
        if not task.dependent_tasks:
            task.trigger_policy.strategy = type(task.trigger_policy).ALL_UPSTREAM_TASKS_COMPLETED


def _give_artifacts(pipeline: object) -> None:
    """Make `kfp.local` give a DAG its artifacts also when it takes no parameter: it looks at them only when there are parameters."""
    components = pipeline.components  # type: ignore[attr-defined]
    for dag in (pipeline.root.dag, *(component.dag for component in components.values())):  # type: ignore[attr-defined]
        for task in dag.tasks.values():
            if task.inputs.artifacts and not task.inputs.parameters and components[task.component_ref.name].HasField("dag"):
                task.inputs.parameters["mloc-none"].runtime_value.constant.string_value = ""


def _give_time(pipeline: object) -> None:
    """Say when the run begins and is due, as servers do: `kfp.local` has no word for it. No schedule starts its runs, so both are now."""
    now = datetime.now(UTC).isoformat()
    for task in pipeline.root.dag.tasks.values():  # type: ignore[attr-defined]
        for source in task.inputs.parameters.values():
            if source.runtime_value.constant.string_value in (BEGAN, DUE):
                source.runtime_value.constant.string_value = now


@contextmanager
def _plain_print(logging_utils: ModuleType) -> Iterator[None]:
    """Keep `kfp.local` from indenting what is printed.

    It wraps the built-in `print` for the time of a task, which two rounds of a loop at once leave wrapped for ever;
    each wrapper calls the one before twice, so that after twenty of them a line takes a minute.
    """
    before = vars(logging_utils)["indented_print"]
    vars(logging_utils)["indented_print"] = lambda num_spaces=4: nullcontext()
    try:
        yield
    finally:
        vars(logging_utils)["indented_print"] = before


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
                del os.environ[name]
            else:
                os.environ[name] = value


def main(arguments: list[str] | None = None) -> int:
    """Run a bundle and write the result; the exit code is 0 when the run succeeded, 1 when it failed, 2 when Kubeflow is not there."""
    parser = argparse.ArgumentParser(prog="python -m mloc_kfp.launch", description="Run a bundle on Kubeflow's local mode.")
    parser.add_argument("bundle", type=Path)
    for name, help_text in (
        ("params", "a JSON file: parameter name to canonical JSON text"),
        ("records", "the folder for what happened"),
        ("result", "the JSON file to write the ending to"),
    ):
        parser.add_argument(f"--{name}", type=Path, required=True, help=help_text)
    parser.add_argument("--store", required=True, help="the folder or URL for artifacts")
    given = parser.parse_args(arguments)
    params = as_object(parse(given.params.read_text(encoding="utf-8")), "the parameters")
    try:
        found = run(given.bundle, {name: as_text(text, name) for name, text in params.items()}, given.records, given.store)
    except EngineMissing as error:
        print(error, file=sys.stderr)
        return MISSING
    given.result.write_text(json.dumps(found), encoding="utf-8")
    return 0 if found["status"] == "succeeded" else 1


if __name__ == "__main__":
    sys.exit(main())
