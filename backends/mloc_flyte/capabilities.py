"""How each construct of the language arrives on Flyte, and what flytekit's local execution does differently."""

from __future__ import annotations

from collections.abc import Mapping

from mloc.backend import Difference, Feature, Level, Refusal, Support

_DECORATOR = "tests/flyte/test_emit.py::test_the_decorator_says_what_the_call_asks_for"
_WIRE = "Flyte's own type as parameter and output, JSON text between tasks"
_OWN_SECRET = 'say below `target flyte:` where the cluster has it: `secret NAME from k8s("SECRET", key="KEY")`'

CAPABILITIES: Mapping[Feature, Support] = {
    Feature.PARAMETER: Support(Level.NATIVE, "a typed argument of the workflow, with its default"),
    Feature.ARTIFACT_PARAMETER: Support(Level.NATIVE, "`FlyteFile` or `FlyteDirectory`; models as JSON descriptors"),
    Feature.DOMAIN: Support(Level.RUNNER, "of parameters by the task `parameters`, of steps in their own tasks"),
    Feature.OPTIONAL: Support(Level.NATIVE, f"{_WIRE}; without a default JSON text"),
    Feature.TIME: Support(Level.NATIVE, f"`date`, `datetime`, `timedelta`: {_WIRE}"),
    Feature.ENUM: Support(Level.LOWERED, "a `str`, checked by the runner"),
    Feature.RECORD: Support(Level.LOWERED, "JSON text"),
    Feature.LIST: Support(Level.NATIVE, _WIRE),
    Feature.MAP: Support(Level.NATIVE, _WIRE),
    Feature.FILE: Support(Level.LOWERED, "a descriptor; the content below the raw output prefix"),
    Feature.DIR: Support(Level.LOWERED, "a descriptor; the content as one tar archive below the raw output prefix"),
    Feature.TABLE: Support(Level.LOWERED, "a descriptor; Parquet below the raw output prefix; columns are checked by the runner"),
    Feature.MODEL: Support(Level.LOWERED, "a descriptor; the content below the raw output prefix"),
    Feature.METRICS: Support(Level.LOWERED, "JSON text"),
    Feature.EXPRESSION: Support(Level.RUNNER, "evaluated in the task that needs it"),
    Feature.PYTHON: Support(Level.NATIVE, "a `@task`; the code lies beside the module"),
    Feature.INLINE: Support(Level.NATIVE, "a `@task`; the code lies beside the module"),
    Feature.SHELL: Support(Level.RUNNER, "a `@task` in which the runner runs the script"),
    Feature.NOTEBOOK: Support(Level.RUNNER, "its code cells, in one process; they are carried by the bundle"),
    Feature.ORDER: Support(Level.NATIVE, "`>>`"),
    Feature.ORDER_ON_REGION: Support(Level.NATIVE, "`>>` on the region's node"),
    Feature.BRANCH: Support(Level.NATIVE, "a task that decides, and `conditional`"),
    Feature.BRANCH_IN_BRANCH: Support(Level.LOWERED, "a `@dynamic` for the arm"),
    Feature.BRANCH_IN_FAN_OUT: Support(Level.LOWERED, "a `conditional` in the workflow of an item"),
    Feature.MERGE: Support(Level.LOWERED, "an output of every arm"),
    Feature.FAN_OUT: Support(Level.NATIVE, "`map_task` for one call, else a `@dynamic` that calls a workflow for each item"),
    Feature.FAN_OUT_IN_BRANCH: Support(Level.LOWERED, "within the arm's `@dynamic`"),
    Feature.NESTED_FAN_OUT: Support(Level.LOWERED, "a `@dynamic` in the workflow of an item"),
    Feature.COLLECT: Support(Level.NATIVE, "a `list[str]`"),
    Feature.FAN_OUT_LIMIT: Support(Level.NATIVE, "`concurrency` of `map_task`; for other bodies lanes with `>>`"),
    Feature.TOLERATE: Support(Level.LOWERED, "a failure is a value that an item hands on; a task after the items counts"),
    Feature.CALLED_PIPELINE: Support(Level.NATIVE, "a sub-workflow"),
    Feature.LOOP: Support(Level.LOWERED, "its rounds within each other, each behind a `conditional`"),
    Feature.CONVERGE: Support(Level.RUNNER, "a `require` in the last round"),
    Feature.REQUIRE: Support(Level.RUNNER, "a task that fails with the message"),
    Feature.RETRY: Support(Level.RUNNER, "attempts in one task; `retries` for out of memory and preemption (decision 0003)"),
    Feature.TIMEOUT: Support(Level.RUNNER, "ends the step's processes, for each attempt; `timeout` as a backstop"),
    Feature.ON_FAILURE: Support(Level.NATIVE, "the failure node of a workflow around the body"),
    Feature.FINALLY: Support(Level.LOWERED, "the failure node of a workflow around that, and a last node of the pipeline's own"),
    Feature.RUN_ERROR: Support(Level.LOWERED, "noted below the raw output prefix by the task that fails"),
    Feature.HANDLER_VALUE: Support(Level.LOWERED, "noted below the raw output prefix by the task that makes it"),
    Feature.RUN_VALUES: Support(Level.LOWERED, "a task says them to all others; a run of the launch plan is for the moment when it began"),
    Feature.RESOURCES: Support(Level.NATIVE, "`Resources` as requests and limits", _DECORATOR),
    Feature.GPU: Support(Level.NATIVE, "`Resources`; its type is an accelerator", "tests/flyte/test_emit.py::test_gpu_types"),
    Feature.IMAGE: Support(Level.NATIVE, "`container_image`", _DECORATOR),
    Feature.CACHE: Support(Level.IGNORED, "a cached step runs every time"),
    Feature.ENV: Support(Level.RUNNER, "given to the step's process alone"),
    Feature.SECRET_K8S: Support(Level.NATIVE, "`secret_requests` of the task", "tests/flyte/test_emit.py::test_secrets"),
    Feature.SECRET_FLYTE: Support(Level.NATIVE, "`secret_requests` of the task", "tests/flyte/test_emit.py::test_secrets"),
    Feature.SCHEDULE: Support(
        Level.NATIVE,
        "a launch plan with a `CronSchedule`; UTC alone, and with `catchup true`",
        "tests/flyte/test_launches.py::test_the_launch_plan_of_a_schedule",
    ),
    Feature.TARGET: Support(Level.NATIVE, "what `attributes.schema.json` has", "tests/flyte/test_attributes.py::test_what_the_block_says"),
}

REFUSED: Mapping[Feature, Refusal] = {
    Feature.CONTAINER: Refusal(
        "a raw container needs a task before it that computes its words, and one after it that checks what it leaves: "
        "this version of mloc does not write them",
        "run the program by `run shell`, with an `image` that also has Python and flytekit, or run the pipeline on Kubeflow",
    ),
    Feature.FAIL_FAST: Refusal(
        "its `FAIL_IMMEDIATELY` also aborts the tasks that run, and its other policy starts all that does not depend on the failed one",
        "leave `fail fast` out: what does not depend on the failed step runs to its end",
    ),
    Feature.MAX_PARALLEL: Refusal(
        "its `max_parallelism` counts no items of a map task, and holds only for runs of the launch plan that says it",
        "limit the fan-outs: `for … limit n`; `target flyte: max_parallelism n` bounds what else runs at a time",
    ),
    Feature.PIPELINE_TIMEOUT: Refusal(
        "neither a workflow nor a launch plan has a timeout: the deadline of runs is a setting of the whole cluster",
        "give every step a `timeout`",
    ),
    Feature.SECRET_ENV: Refusal("a pod has nothing of the environment that a run is launched from", _OWN_SECRET),
    Feature.SECRET_FILE: Refusal("a pod has none of the files where a run is launched from", _OWN_SECRET),
    Feature.SECRET_AIRFLOW: Refusal("it has no connections of Airflow's", _OWN_SECRET),
    Feature.TRIGGER: Refusal(
        "nothing in Flyte 1 without a commercial part starts a run when an artifact is made",
        "let what makes the asset start the run by the API, or run the pipeline on Airflow",
    ),
    Feature.PUBLISH: Refusal(
        "Flyte 1 has no assets that other workflows could wait for without a commercial part",
        "leave `publish` out, or run the pipeline on Airflow",
    ),
}

DIFFERENCES = (
    Difference(
        "The first failure ends the run: later steps that do not depend on it are `not_run`, where elsewhere they still run.",
        "tests/flyte/test_local.py::test_a_failure_ends_the_local_run",
    ),
    Difference("Runs one task at a time, whatever could run together.", "flytekit runs a workflow function from top to bottom"),
)
