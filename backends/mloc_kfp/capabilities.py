"""How each construct of the language arrives on Kubeflow, and what `kfp.local` does differently."""

from __future__ import annotations

from collections.abc import Mapping

from mloc.backend import Difference, Feature, Level, Refusal, Support

_RESOURCES = "tests/kfp/test_spec.py::test_resources_and_images"
_OWN_SECRET = 'say below `target kfp:` where the cluster has it: `secret NAME from k8s("SECRET", key="KEY")`'

CAPABILITIES: Mapping[Feature, Support] = {
    Feature.PARAMETER: Support(Level.NATIVE, "an input of `root`, with its default"),
    Feature.ARTIFACT_PARAMETER: Support(Level.LOWERED, "a STRING with a URI or path, which the task `parameters` makes an artifact"),
    Feature.DOMAIN: Support(Level.RUNNER, "of parameters by the task `parameters`, of steps in their own tasks"),
    Feature.OPTIONAL: Support(Level.LOWERED, "a STRING with JSON text, `null` included"),
    Feature.TIME: Support(Level.LOWERED, "a STRING in ISO form; durations in milliseconds"),
    Feature.ENUM: Support(Level.LOWERED, "a STRING, checked by the runner"),
    Feature.RECORD: Support(Level.LOWERED, "a STRUCT as parameter, JSON text between tasks"),
    Feature.LIST: Support(Level.LOWERED, "a LIST as parameter, JSON text between tasks"),
    Feature.MAP: Support(Level.LOWERED, "a STRUCT as parameter, JSON text between tasks"),
    Feature.FILE: Support(Level.NATIVE, "an artifact `system.Artifact`, and a descriptor"),
    Feature.DIR: Support(Level.NATIVE, "an artifact `system.Artifact`, and a descriptor"),
    Feature.TABLE: Support(Level.NATIVE, "an artifact `system.Dataset`; columns are checked by the runner"),
    Feature.MODEL: Support(Level.NATIVE, "an artifact `system.Model`"),
    Feature.METRICS: Support(Level.NATIVE, "an artifact `system.Metrics`, and a value"),
    Feature.EXPRESSION: Support(Level.RUNNER, "evaluated in the task that needs it"),
    Feature.PYTHON: Support(Level.NATIVE, "a container; the code is carried by the pipeline"),
    Feature.INLINE: Support(Level.NATIVE, "a container; the code is carried by the pipeline"),
    Feature.SHELL: Support(Level.NATIVE, "a container; the script is carried by the pipeline"),
    Feature.CONTAINER: Support(
        Level.LOWERED, "three tasks: its command line, the container, and its outputs; the image needs `sh` (decision 0082)"
    ),
    Feature.NOTEBOOK: Support(Level.RUNNER, "its code cells, in one process; they are carried by the bundle"),
    Feature.ORDER: Support(Level.NATIVE, "`dependentTasks`"),
    Feature.ORDER_ON_REGION: Support(Level.NATIVE, "`dependentTasks` on the region's DAG"),
    Feature.BRANCH: Support(Level.LOWERED, "a task that decides, and a conditional DAG for each arm"),
    Feature.BRANCH_IN_BRANCH: Support(Level.LOWERED, "DAGs within DAGs"),
    Feature.BRANCH_IN_FAN_OUT: Support(Level.LOWERED, "DAGs within the loop's DAG"),
    Feature.MERGE: Support(Level.NATIVE, "`valueFromOneof`; a computed value by a task at the arm's end"),
    Feature.FAN_OUT: Support(Level.NATIVE, "`parameterIterator` on a DAG"),
    Feature.FAN_OUT_IN_BRANCH: Support(Level.NATIVE, "an iterator in the arm's DAG"),
    Feature.NESTED_FAN_OUT: Support(Level.NATIVE, "an iterator in a DAG of its own"),
    Feature.COLLECT: Support(Level.LOWERED, "a task at the end of each round, and one that collects; another way for no rounds"),
    Feature.FAN_OUT_LIMIT: Support(Level.NATIVE, "`iteratorPolicy.parallelismLimit`"),
    Feature.TOLERATE: Support(
        Level.LOWERED, "failures within an item are values that its tasks hand on; the task that collects counts them"
    ),
    Feature.CALLED_PIPELINE: Support(Level.NATIVE, "a DAG"),
    Feature.LOOP: Support(Level.LOWERED, "its rounds within each other, each behind a condition"),
    Feature.ON_FAILURE: Support(
        Level.LOWERED, "a conditional DAG behind the body, whose failures are values; an exit task for what Kubernetes has ended"
    ),
    Feature.FINALLY: Support(Level.LOWERED, "a DAG behind the body and `on failure`; the task `verdict` fails the run then"),
    Feature.RUN_ERROR: Support(Level.LOWERED, "what the body gives when something in it has failed"),
    Feature.HANDLER_VALUE: Support(Level.LOWERED, "an output of the body's DAG, null when it is not there"),
    Feature.RUN_VALUES: Support(
        Level.LOWERED, "a task says them to all others; servers say `run.id` since 2.5, when a run was due since 2.17"
    ),
    Feature.CONVERGE: Support(Level.RUNNER, "a `require` in the last round"),
    Feature.REQUIRE: Support(Level.RUNNER, "a task that fails with the message"),
    Feature.RETRY: Support(Level.RUNNER, "attempts in one pod (decision 0002)"),
    Feature.TIMEOUT: Support(Level.RUNNER, "ends the step's processes, for each attempt (decision 0002)"),
    Feature.RESOURCES: Support(Level.NATIVE, "requests and limits; disk is an ephemeral volume", _RESOURCES),
    Feature.GPU: Support(Level.NATIVE, "an accelerator; its type is a node selector", _RESOURCES),
    Feature.IMAGE: Support(Level.NATIVE, "the container's image", _RESOURCES),
    Feature.CACHE: Support(Level.IGNORED, "a cached step runs every time"),
    Feature.ENV: Support(Level.RUNNER, "given to the step's process alone"),
    Feature.SECRET_K8S: Support(Level.NATIVE, "`secretAsEnv` of the executor", "tests/kfp/test_spec.py::test_secrets"),
    Feature.SCHEDULE: Support(
        Level.NATIVE,
        "a recurring run of its API, in `schedules/`, which `create_schedules.py` creates",
        "tests/kfp/test_schedules.py::test_definitions",
    ),
    Feature.TARGET: Support(Level.NATIVE, "what `attributes.schema.json` has", "tests/kfp/test_attributes.py::test_what_the_block_says"),
}

REFUSED: Mapping[Feature, Refusal] = {
    Feature.CONTAINER_ENTRYPOINT: Refusal(
        "it starts a launcher of its own in the container, and does not know what the image would have started",
        "name it: `run container command=[…]`",
    ),
    Feature.FAIL_FAST: Refusal(
        "it has no switch for it: Argo begins nothing more in the DAG where a task failed, and goes on with the regions that run in others",
        "leave `fail fast` out for Kubeflow",
    ),
    Feature.MAX_PARALLEL: Refusal(
        "a PipelineSpec limits the rounds of one loop, and none of its fields reaches Argo's limit of a whole run",
        "limit the fan-outs: `for … limit n`",
    ),
    Feature.PIPELINE_TIMEOUT: Refusal(
        "at the deadline of a run, which it has since 2.17, Argo ends everything, `finally` included, and older servers pass over it",
        "give every step a `timeout`",
    ),
    Feature.SECRET_ENV: Refusal("a pod has nothing of the environment that a run is launched from", _OWN_SECRET),
    Feature.SECRET_FILE: Refusal("a pod has none of the files where a run is launched from", _OWN_SECRET),
    Feature.SECRET_AIRFLOW: Refusal("it has no connections of Airflow's", _OWN_SECRET),
    Feature.SECRET_FLYTE: Refusal("it has no secret groups of Flyte's: a pod is given secrets of Kubernetes alone", _OWN_SECRET),
    Feature.TRIGGER: Refusal(
        "nothing in it starts a run when something else has ended",
        "let what makes the asset start the run by the API, or run the pipeline on Airflow",
    ),
    Feature.PUBLISH: Refusal(
        "it has no assets that other pipelines could wait for",
        "leave `publish` out, or run the pipeline on Airflow",
    ),
}

DIFFERENCES = (
    Difference("Runs the rounds of a loop two at a time at most, and all other tasks one by one.", "kfp.local's own scheduler"),
    Difference(
        "Ignores images, resources and platforms: every step, and the command of a container, runs on the launcher's machine. "
        "With `MLOC_CONTAINERS=docker` every task has a container of its image.",
        "kfp.local's SubprocessRunner, and its DockerRunner",
    ),
)
