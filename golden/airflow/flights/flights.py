"""The pipeline `flights` as an Airflow DAG.

Written by mloc 0.1.0 from flights.mlp,
sha256 4549e226dce31bd37329c1b0288f53636ae2faaac4bf871c2ec750aad616d6f5.
Do not edit: change that file and compile it again.
Put this file and the folder `flights_mloc` beside each other at the top of a DAGs folder.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from airflow.sdk import Param, TaskGroup, TriggerRule, dag, task

from flights_mloc.tasks import (
    Outputs,
    collect,
    decide,
    gathered,
    items,
    launch_parameters,
    output,
    run,
    run_body,
)


# see flights.mlp:190
@task(task_id="parameters", multiple_outputs=False)
def read_parameters() -> Outputs:
    """Check the launch's parameters, before any step starts."""
    return launch_parameters()


# see flights.mlp:214
@task(task_id="counted", multiple_outputs=False)
def count_rows(parameters: Outputs) -> Outputs:
    """Count the rows with another tool than the one that reads them, so that a file cut off is noticed."""
    return run("counted", {"$flights_csv": parameters["flights_csv"]})


# see flights.mlp:215
@task(task_id="departures", multiple_outputs=False)
def read_flights(parameters: Outputs, counted: Outputs) -> Outputs:
    """Read the departures, and refuse a file that does not have the expected number of rows."""
    return run(
        "departures",
        {"$flights_csv": parameters["flights_csv"], "counted.rows": counted["rows"]},
    )


# see flights.mlp:216
@task(task_id="observations", multiple_outputs=False)
def read_weather(parameters: Outputs) -> Outputs:
    """Read the weather."""
    return run("observations", {"$weather_csv": parameters["weather_csv"]})


# see flights.mlp:217
@task(task_id="planes", multiple_outputs=False)
def read_planes(parameters: Outputs) -> Outputs:
    """Read the register of aircraft."""
    return run("planes", {"$planes_csv": parameters["planes_csv"]})


# see flights.mlp:219
@task(task_id="checked", multiple_outputs=False)
def validate(departures: Outputs) -> Outputs:
    """Keep the flights that left and arrived, count the others by reason, and pass every other column on."""
    return run("checked", {"departures.result": departures["result"]})


# see flights.mlp:220
@task(task_id="with_weather", multiple_outputs=False)
def add_weather(checked: Outputs, observations: Outputs) -> Outputs:
    """Add the weather at the airport in the hour of departure."""
    return run(
        "with_weather",
        {"checked.clean": checked["clean"], "observations.result": observations["result"]},
    )


# see flights.mlp:221
@task(task_id="with_planes", multiple_outputs=False)
def add_planes(with_weather: Outputs, planes: Outputs) -> Outputs:
    """Add the age and the size of the aircraft."""
    return run(
        "with_planes",
        {"with_weather.joined": with_weather["joined"], "planes.result": planes["result"]},
    )


# see flights.mlp:222
@task(task_id="made", multiple_outputs=False)
def make_examples(with_planes: Outputs, parameters: Outputs) -> Outputs:
    """Turn flights into examples; a flight is late when it arrives this long after its time."""
    return run(
        "made",
        {"with_planes.joined": with_planes["joined"], "$late_after": parameters["late_after"]},
    )


# see flights.mlp:223
@task(task_id="parts", multiple_outputs=False)
def split(made: Outputs) -> Outputs:
    """Put whole days on one side or the other."""
    return run("parts", {"made.examples": made["examples"]})


# see flights.mlp:225
@task(task_id="trials.items")
def list_trials_items(parameters: Outputs) -> list[str]:
    """Give the items of `for setting in …`."""
    return items("trials", {"$settings": parameters["settings"]})


# see flights.mlp:225
@task(
    task_id="trials",
    retries=0,
    execution_timeout=None,
    max_active_tis_per_dagrun=2,
    multiple_outputs=False,
)
def each_setting(setting: str, parts: Outputs) -> Outputs:
    """The body of `for setting in …`, once for each item."""
    # Airflow limits tasks, not items: the steps of an item run one after another in this task, each
    # with its own retries.
    return run_body(
        "trials",
        {"trials.item": setting, "parts.train": parts["train"], "parts.test": parts["test"]},
    )


# see flights.mlp:225
@task(
    task_id="trials.collect",
    trigger_rule=TriggerRule.NONE_FAILED_MIN_ONE_SUCCESS,
    multiple_outputs=False,
)
def collect_trials(trials_bodies: Sequence[Outputs]) -> Outputs:
    """Collect what `for setting in …` yields, in the order of the items."""
    return collect("trials.collect", gathered(trials_bodies, "result"))


# see flights.mlp:230
@task(task_id="winner", multiple_outputs=False)
def best_of(trials: Outputs) -> Outputs:
    """The place of the highest score, the first one of equals."""
    return run("winner", {"trials.result": trials["result"]})


# see flights.mlp:234
@task(task_id="held", multiple_outputs=False)
def current(parameters: Outputs) -> Outputs:
    """The version in service and its score; both null while there is none."""
    return run("held", {"$registry": parameters["registry"]})


# see flights.mlp:236
@task.branch(task_id="if_1")
def decide_if_1(
    trials: Outputs,
    winner: Outputs,
    parameters: Outputs,
    held: Outputs,
    checked: Outputs,
    counted: Outputs,
) -> list[str]:
    """Choose the arm to take."""
    return decide(
        "if#1",
        {
            "trials.result": trials["result"],
            "winner.result": winner["result"],
            "$min_auc": parameters["min_auc"],
            "held.auc": held["auc"],
            "checked.rejected": checked["rejected"],
            "counted.rows": counted["rows"],
            "$max_rejected": parameters["max_rejected"],
        },
        {"then": ["done", "if_1.merge"], "else": ["if_1.merge"]},
    )


# see flights.mlp:237
@task(task_id="done", multiple_outputs=False)
def publish(trials: Outputs, winner: Outputs, parameters: Outputs) -> Outputs:
    """Make a model the current version."""
    return run(
        "done",
        {
            "trials.result": trials["result"],
            "winner.result": winner["result"],
            "$registry": parameters["registry"],
        },
    )


# see flights.mlp:236
@task(
    task_id="if_1.merge",
    trigger_rule=TriggerRule.NONE_FAILED_MIN_ONE_SUCCESS,
    multiple_outputs=False,
)
def merge_if_1(arm: str, done: Outputs | None, held: Outputs) -> Outputs:
    """Give `done_version`, `version`, `published` as the arm that was taken has it."""
    return run(
        "if#1.merge",
        {"if#1.arm": arm, "done.version": output(done, "version"), "held.version": held["version"]},
    )


# see flights.mlp:190
@task(task_id="outputs", trigger_rule=TriggerRule.NONE_FAILED, multiple_outputs=False)
def give_outputs(
    if_1_merged: Outputs,
    checked: Outputs,
    trials: Outputs,
    winner: Outputs,
) -> Outputs:
    """Give the pipeline's outputs, once every step has succeeded or was not asked for."""
    return run(
        "$outputs",
        {
            "if#1.version": if_1_merged["version"],
            "if#1.published": if_1_merged["published"],
            "checked.rejected": checked["rejected"],
            "checked.reasons": checked["reasons"],
            "trials.result": trials["result"],
            "winner.result": winner["result"],
        },
    )


@dag(
    dag_id="flights",
    description="Train on a year of departures and publish the best model, if it is good enough.",
    schedule=None,
    catchup=False,
    params={
        "flights_csv": Param(
            type=["string", "object"],
            title="flights_csv: File[csv]",
            description="The three files that `prepare.py` writes.\n\nA path that the workers see, or the descriptor of an artifact in the store.",
        ),
        "weather_csv": Param(
            type=["string", "object"],
            title="weather_csv: File[csv]",
            description="A path that the workers see, or the descriptor of an artifact in the store.",
        ),
        "planes_csv": Param(
            type=["string", "object"],
            title="planes_csv: File[csv]",
            description="A path that the workers see, or the descriptor of an artifact in the store.",
        ),
        "registry": Param(
            type="string",
            title="registry: str",
            description="The folder that serves as model registry.",
        ),
        "settings": Param(
            [
                {"algorithm": "linear", "learning_rate": 0.1, "leaves": 31, "rounds": 200},
                {"algorithm": "boosting", "learning_rate": 0.1, "leaves": 15, "rounds": 60},
                {"algorithm": "boosting", "learning_rate": 0.1, "leaves": 31, "rounds": 100},
                {"algorithm": "boosting", "learning_rate": 0.2, "leaves": 63, "rounds": 100},
            ],
            type="array",
            items={
                "type": "object",
                "properties": {
                    "algorithm": {
                        "type": "string",
                        "enum": ["linear", "boosting"],
                        "default": "boosting",
                    },
                    "learning_rate": {
                        "type": "number",
                        "minimum": 0.001,
                        "maximum": 1.0,
                        "default": 0.1,
                    },
                    "leaves": {"type": "integer", "minimum": 2, "maximum": 255, "default": 31},
                    "rounds": {"type": "integer", "minimum": 1, "maximum": 1000, "default": 100},
                },
            },
            minItems=1,
            maxItems=16,
            title="settings: list[TrainSettings]",
            description="What to try.",
        ),
        "late_after": Param(
            1800000,
            type="integer",
            minimum=60000,
            maximum=43200000,
            title="late_after: duration",
            description="How late is late.\n\nIn milliseconds.",
        ),
        "min_auc": Param(
            0.75,
            type="number",
            minimum=0.5,
            maximum=1.0,
            title="min_auc: float",
            description="Publish nothing that tells late flights from others worse than this.",
        ),
        "max_rejected": Param(
            0.05,
            type="number",
            minimum=0.0,
            maximum=1.0,
            title="max_rejected: float",
            description="Publish nothing when a larger part of the rows than this was rejected.",
        ),
    },
    default_args={
        "retries": 1,
        "retry_delay": timedelta(seconds=1),
        "execution_timeout": timedelta(minutes=15),
    },
    tags=["mloc"],
)
def flights() -> None:
    """Train on a year of departures and publish the best model, if it is good enough.

    Compiled by mloc from flights.mlp:190.
    """
    parameters = read_parameters()
    counted = count_rows(parameters)
    departures = read_flights(parameters, counted)
    observations = read_weather(parameters)
    planes = read_planes(parameters)
    checked = validate(departures)
    with_weather = add_weather(checked, observations)
    with_planes = add_planes(with_weather, planes)
    made = make_examples(with_planes, parameters)
    parts = split(made)

    # for setting in … limit 2, see flights.mlp:225
    trials_items = list_trials_items(parameters)
    parts >> trials_items
    trials_bodies = each_setting.partial(parts=parts).expand(setting=trials_items)
    trials = collect_trials(trials_bodies)
    trials_items >> trials

    winner = best_of(trials)
    held = current(parameters)
    winner >> held

    # if … else, see flights.mlp:236
    if_1 = decide_if_1(trials, winner, parameters, held, checked, counted)
    with TaskGroup(group_id="if_1_then", prefix_group_id=False, tooltip="The steps of `then`."):
        done = publish(trials, winner, parameters)
    if_1_merged = merge_if_1(if_1["arm"], done, held)
    if_1 >> done

    give_outputs(if_1_merged, checked, trials, winner)


flights()
