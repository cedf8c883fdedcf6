"""How each construct of the language arrives on Airflow, and what `dag.test()` does differently."""

from __future__ import annotations

from collections.abc import Mapping

from mloc.backend import Difference, Feature, Level, Refusal, Support

_WIRE = "canonical JSON text in an XCom; a schema of its own as parameter"
_OWN_SECRET = 'say below `target airflow:` where it has it: `secret NAME from airflow("CONNECTION")`, `env("VARIABLE")` or `file("/PATH")`'

CAPABILITIES: Mapping[Feature, Support] = {
    Feature.PARAMETER: Support(Level.NATIVE, "a `Param` with a JSON schema"),
    Feature.ARTIFACT_PARAMETER: Support(Level.LOWERED, "a path or descriptor, which the first task puts into the store"),
    Feature.DOMAIN: Support(Level.NATIVE, "in the `Param`'s schema; what it cannot say, and those of steps, by the runner"),
    Feature.OPTIONAL: Support(Level.LOWERED, _WIRE),
    Feature.TIME: Support(Level.LOWERED, "text in ISO form; durations in milliseconds"),
    Feature.ENUM: Support(Level.LOWERED, _WIRE),
    Feature.RECORD: Support(Level.LOWERED, _WIRE),
    Feature.LIST: Support(Level.LOWERED, _WIRE),
    Feature.MAP: Support(Level.LOWERED, _WIRE),
    Feature.FILE: Support(Level.RUNNER, "a descriptor in the XCom, the content in the store of `MLOC_STORE`"),
    Feature.DIR: Support(Level.RUNNER, "a descriptor in the XCom, the content in the store of `MLOC_STORE`"),
    Feature.TABLE: Support(Level.RUNNER, "Parquet in the store; columns are checked by the runner"),
    Feature.MODEL: Support(Level.RUNNER, "a descriptor in the XCom, the content in the store of `MLOC_STORE`"),
    Feature.METRICS: Support(Level.LOWERED, "canonical JSON text in an XCom"),
    Feature.EXPRESSION: Support(Level.RUNNER, "evaluated in the task that needs it"),
    Feature.PYTHON: Support(Level.NATIVE, "a `@task`; the code lies beside the DAG"),
    Feature.INLINE: Support(Level.NATIVE, "a `@task`; the code lies beside the DAG"),
    Feature.SHELL: Support(Level.RUNNER, "a `@task` in which the runner runs the script"),
    Feature.CONTAINER: Support(
        Level.NATIVE,
        "a task by the KubernetesPodOperator, or with `containers docker` by the DockerOperator; files in a folder that both see",
    ),
    Feature.CONTAINER_ENTRYPOINT: Support(
        Level.NATIVE, "the entry point of the image", "tests/airflow/test_containers.py::test_the_entry_point_of_the_image"
    ),
    Feature.NOTEBOOK: Support(Level.RUNNER, "its code cells, in one process; they are carried by the bundle"),
    Feature.ORDER: Support(Level.NATIVE, "`>>`"),
    Feature.ORDER_ON_REGION: Support(Level.LOWERED, "`>>` on the task that ends the region"),
    Feature.BRANCH: Support(Level.NATIVE, "`@task.branch` and a `TaskGroup` for each arm"),
    Feature.BRANCH_IN_BRANCH: Support(Level.NATIVE, "groups within groups; a branch names every task of its arms"),
    Feature.BRANCH_IN_FAN_OUT: Support(Level.LOWERED, "ordinary tasks that decide; those of other arms do nothing"),
    Feature.MERGE: Support(Level.LOWERED, "a task that merges (`none_failed_min_one_success`)"),
    Feature.FAN_OUT: Support(Level.NATIVE, "a mapped task or mapped `@task_group`"),
    Feature.FAN_OUT_IN_BRANCH: Support(Level.NATIVE, "mapping within the arm's `TaskGroup`"),
    Feature.NESTED_FAN_OUT: Support(Level.LOWERED, "the outer body is one mapped task, which runs an item's steps in order"),
    Feature.COLLECT: Support(Level.LOWERED, "a task that collects; an empty list skips the body and gives `[]`"),
    Feature.FAN_OUT_LIMIT: Support(Level.NATIVE, "`max_active_tis_per_dagrun`; a body of several steps becomes one mapped task"),
    Feature.TOLERATE: Support(Level.LOWERED, "tasks fail as others do; the one that collects runs all the same, and counts"),
    Feature.RUN_VALUES: Support(Level.RUNNER, "read from the `DagRun` by the task that needs it"),
    Feature.CALLED_PIPELINE: Support(Level.LOWERED, "a `TaskGroup`, and a task that gives its outputs"),
    Feature.LOOP: Support(Level.LOWERED, "its rounds within each other, each behind a branch"),
    Feature.ON_FAILURE: Support(Level.LOWERED, "a teardown task after all others, skipped when nothing failed"),
    Feature.FINALLY: Support(Level.LOWERED, "a teardown task after all others, and one that ends the run by its state"),
    Feature.RUN_ERROR: Support(Level.LOWERED, "an XCom that a failing task leaves; the first in time"),
    Feature.HANDLER_VALUE: Support(Level.NATIVE, "the XCom of the task that made it, null where there is none"),
    Feature.FAIL_FAST: Support(Level.RUNNER, "before its code a step asks Airflow whether a task of the run has failed"),
    Feature.PIPELINE_TIMEOUT: Support(Level.RUNNER, "a timer in each task, from the run's `start_date` on; handlers run after it"),
    Feature.MAX_PARALLEL: Support(Level.NATIVE, "`max_active_tasks` of the DAG"),
    Feature.CONVERGE: Support(Level.RUNNER, "a `require` in the last round"),
    Feature.REQUIRE: Support(Level.RUNNER, "a task that fails with the message"),
    Feature.RETRY: Support(Level.NATIVE, "`retries` and `retry_delay`; a delay that grows by the runner"),
    Feature.TIMEOUT: Support(Level.RUNNER, "ends the step's processes, for each attempt; `execution_timeout` above"),
    Feature.RESOURCES: Support(Level.IGNORED, "steps run in the worker; with `run pod` in a pod that has it, as container steps do"),
    Feature.GPU: Support(Level.IGNORED, "steps run in the worker; with `run pod` in a pod that has it, as container steps do"),
    Feature.IMAGE: Support(Level.IGNORED, "steps run in the worker; with `run pod` in a pod that has it, as container steps do"),
    Feature.CACHE: Support(Level.IGNORED, "a cached step runs every time"),
    Feature.ENV: Support(Level.RUNNER, "given to the step's process alone"),
    Feature.SECRET_ENV: Support(Level.RUNNER, "read from the worker's environment"),
    Feature.SECRET_FILE: Support(Level.RUNNER, "read from a file of the worker"),
    Feature.SECRET_AIRFLOW: Support(Level.RUNNER, "read from a connection of Airflow's"),
    Feature.SCHEDULE: Support(
        Level.NATIVE,
        "a DAG of its own (`<dag>__<schedule>`) on a `CronTriggerTimetable`, with the same tasks",
        "tests/airflow/test_services.py::test_a_schedule_starts_a_run",
    ),
    Feature.TRIGGER: Support(
        Level.NATIVE,
        "a DAG of its own (`<dag>__<trigger>`) on an `Asset`, with the same tasks",
        "tests/airflow/test_services.py::test_an_asset_starts_a_run",
    ),
    Feature.PUBLISH: Support(
        Level.NATIVE,
        "an `Asset` among the task's `outlets`; its event tells the step's outputs",
        "tests/airflow/test_services.py::test_an_asset_starts_a_run",
    ),
    Feature.TARGET: Support(
        Level.NATIVE, "what `attributes.schema.json` has", "tests/airflow/test_attributes.py::test_what_the_block_says"
    ),
}

REFUSED: Mapping[Feature, Refusal] = {
    Feature.SECRET_K8S: Refusal("its workers run steps with what they have themselves, and ask no cluster for secrets", _OWN_SECRET),
    Feature.SECRET_FLYTE: Refusal("it has no secret groups of Flyte's", _OWN_SECRET),
}

DIFFERENCES = (
    Difference(
        "Containers that a pod is meant for are started by the docker or podman of this machine, or as `MLOC_CONTAINERS` says.",
        "`mloc_airflow.launch`",
    ),
    Difference("Runs one task at a time, and looks for the next attempt once a second.", "`DagRun.dag.test()` of Airflow 3"),
    Difference(
        "In a mapped body, the steps of an arm that was not taken show as succeeded; the run report has them as skipped.", "Airflow #39801"
    ),
)
