"""Train on a year of departures and publish the best model, if it is good enough.

Written by mloc 0.1.0 from flights.mlp,
sha256 4549e226dce31bd37329c1b0288f53636ae2faaac4bf871c2ec750aad616d6f5.
To change it, change the program and compile it again.
"""

from datetime import timedelta
from typing import NamedTuple

from flytekit import (
    Resources,
    WorkflowFailurePolicy,
    conditional,
    dynamic,
    task,
    workflow,
)
from flytekit.types.file import FlyteFile

from flights_mloc import tasks as mloc

IMAGE = "registry.example.com/flights@sha256:9f2c8a6f0e6f2b4a7f2f7f1f0d3b9f0f6f1b7c6d5e4f3a2b1c0d9e8f7a6b5c4d"
SETTINGS = mloc.text(
    [
        {"algorithm": "linear", "learning_rate": 0.1, "leaves": 31, "rounds": 200},
        {"algorithm": "boosting", "learning_rate": 0.1, "leaves": 15, "rounds": 60},
        {"algorithm": "boosting", "learning_rate": 0.1, "leaves": 31, "rounds": 100},
        {"algorithm": "boosting", "learning_rate": 0.2, "leaves": 63, "rounds": 100},
    ],
)


class Parameters(NamedTuple):
    """The parameters, checked, as canonical JSON."""

    flights_csv: str
    weather_csv: str
    planes_csv: str
    registry: str
    settings: str
    late_after: str
    min_auc: str
    max_rejected: str


# see flights.mlp:190
@task
def parameters(
    flights_csv: FlyteFile,
    weather_csv: FlyteFile,
    planes_csv: FlyteFile,
    registry: str,
    settings: str,
    late_after: timedelta,
    min_auc: float,
    max_rejected: float,
) -> Parameters:
    """Check the parameters before any step starts."""
    values = mloc.parameters(
        {
            "flights_csv": flights_csv,
            "weather_csv": weather_csv,
            "planes_csv": planes_csv,
            "registry": registry,
            "settings": settings,
            "late_after": late_after,
            "min_auc": min_auc,
            "max_rejected": max_rejected,
        },
        json=["settings"],
    )
    return Parameters(*values)


class CountRowsOutputs(NamedTuple):
    """What `count_rows` gives, as canonical JSON."""

    rows: str


# see flights.mlp:214
@task(
    container_image=IMAGE,
    requests=Resources(cpu="1", mem="256Mi"),
    limits=Resources(cpu="1", mem="256Mi"),
    retries=1,
    timeout=timedelta(minutes=36),
)
def count_rows(flights_csv: str) -> CountRowsOutputs:
    """Count the rows with another tool than the one that reads them, so that a file cut off is noticed."""
    return CountRowsOutputs(*mloc.run("counted", {"$flights_csv": flights_csv}))


# see flights.mlp:215
@task(
    container_image=IMAGE,
    requests=Resources(cpu="1", mem="2Gi"),
    limits=Resources(cpu="1", mem="2Gi"),
    retries=1,
    timeout=timedelta(minutes=36),
)
def read_flights(flights_csv: str, counted_rows: str) -> str:
    """Read the departures, and refuse a file that does not have the expected number of rows."""
    return mloc.run("departures", {"$flights_csv": flights_csv, "counted.rows": counted_rows})[0]


# see flights.mlp:216
@task(
    container_image=IMAGE,
    requests=Resources(cpu="1", mem="2Gi"),
    limits=Resources(cpu="1", mem="2Gi"),
    retries=1,
    timeout=timedelta(minutes=36),
)
def read_weather(weather_csv: str) -> str:
    """Read the weather."""
    return mloc.run("observations", {"$weather_csv": weather_csv})[0]


# see flights.mlp:217
@task(
    container_image=IMAGE,
    requests=Resources(cpu="1", mem="2Gi"),
    limits=Resources(cpu="1", mem="2Gi"),
    retries=1,
    timeout=timedelta(minutes=36),
)
def read_planes(planes_csv: str) -> str:
    """Read the register of aircraft."""
    return mloc.run("planes", {"$planes_csv": planes_csv})[0]


class ValidateOutputs(NamedTuple):
    """What `validate` gives, as canonical JSON."""

    clean: str
    rejected: str
    reasons: str


# see flights.mlp:219
@task(
    container_image=IMAGE,
    requests=Resources(cpu="1", mem="2Gi"),
    limits=Resources(cpu="1", mem="2Gi"),
    retries=1,
    timeout=timedelta(minutes=36),
)
def validate(departures: str) -> ValidateOutputs:
    """Keep the flights that left and arrived, count the others by reason, and pass every other column on."""
    return ValidateOutputs(*mloc.run("checked", {"departures.result": departures}))


class AddWeatherOutputs(NamedTuple):
    """What `add_weather` gives, as canonical JSON."""

    joined: str


# see flights.mlp:220
@task(
    container_image=IMAGE,
    requests=Resources(cpu="1", mem="2Gi"),
    limits=Resources(cpu="1", mem="2Gi"),
    retries=1,
    timeout=timedelta(minutes=36),
)
def add_weather(checked_clean: str, observations: str) -> AddWeatherOutputs:
    """Add the weather at the airport in the hour of departure."""
    values = mloc.run(
        "with_weather",
        {"checked.clean": checked_clean, "observations.result": observations},
    )
    return AddWeatherOutputs(*values)


class AddPlanesOutputs(NamedTuple):
    """What `add_planes` gives, as canonical JSON."""

    joined: str


# see flights.mlp:221
@task(
    container_image=IMAGE,
    requests=Resources(cpu="1", mem="2Gi"),
    limits=Resources(cpu="1", mem="2Gi"),
    retries=1,
    timeout=timedelta(minutes=36),
)
def add_planes(with_weather_joined: str, planes: str) -> AddPlanesOutputs:
    """Add the age and the size of the aircraft."""
    values = mloc.run(
        "with_planes",
        {"with_weather.joined": with_weather_joined, "planes.result": planes},
    )
    return AddPlanesOutputs(*values)


class MakeExamplesOutputs(NamedTuple):
    """What `make_examples` gives, as canonical JSON."""

    examples: str


# see flights.mlp:222
@task(
    container_image=IMAGE,
    requests=Resources(cpu="1", mem="2Gi"),
    limits=Resources(cpu="1", mem="2Gi"),
    retries=1,
    timeout=timedelta(minutes=36),
)
def make_examples(with_planes_joined: str, late_after: str) -> MakeExamplesOutputs:
    """Turn flights into examples; a flight is late when it arrives this long after its time."""
    values = mloc.run("made", {"with_planes.joined": with_planes_joined, "$late_after": late_after})
    return MakeExamplesOutputs(*values)


class SplitOutputs(NamedTuple):
    """What `split` gives, as canonical JSON."""

    train: str
    test: str


# see flights.mlp:223
@task(
    container_image=IMAGE,
    requests=Resources(cpu="1", mem="2Gi"),
    limits=Resources(cpu="1", mem="2Gi"),
    retries=1,
    timeout=timedelta(minutes=36),
)
def split(made_examples: str) -> SplitOutputs:
    """Put whole days on one side or the other."""
    return SplitOutputs(*mloc.run("parts", {"made.examples": made_examples}))


class TrainOutputs(NamedTuple):
    """What `train` gives, as canonical JSON."""

    model: str


# see flights.mlp:226
@task(
    container_image=IMAGE,
    requests=Resources(cpu="1", mem="3Gi"),
    limits=Resources(cpu="1", mem="3Gi"),
    retries=1,
    timeout=timedelta(minutes=56),
)
def train(parts_train: str, setting: str) -> TrainOutputs:
    """Fit one model."""
    values = mloc.run("trials[].fitted", {"parts.train": parts_train, "trials.item": setting})
    return TrainOutputs(*values)


class EvaluateOutputs(NamedTuple):
    """What `evaluate` gives, as canonical JSON."""

    report: str
    calibration: str


# see flights.mlp:227
@task(
    container_image=IMAGE,
    requests=Resources(cpu="1", mem="2Gi"),
    limits=Resources(cpu="1", mem="2Gi"),
    retries=1,
    timeout=timedelta(minutes=36),
)
def evaluate(fitted_model: str, parts_test: str, setting: str) -> EvaluateOutputs:
    """Judge a model on days it has not seen."""
    values = mloc.run(
        "trials[].judged",
        {"trials[].fitted.model": fitted_model, "parts.test": parts_test, "trials.item": setting},
    )
    return EvaluateOutputs(*values)


# see flights.mlp:225
@task
def yield_of_trials(
    setting: str,
    fitted_model: str,
    judged_report: str,
    judged_calibration: str,
) -> str:
    """What `trials` yields for an item."""
    return mloc.run(
        "trials[].yield",
        {
            "trials.item": setting,
            "trials[].fitted.model": fitted_model,
            "trials[].judged.report": judged_report,
            "trials[].judged.calibration": judged_calibration,
        },
    )[0]


# see flights.mlp:225
@workflow
def trials_body(setting: str, parts_train: str, parts_test: str) -> str:
    """What `trials` does for an item."""
    fitted = train(parts_train=parts_train, setting=setting)
    judged = evaluate(fitted_model=fitted.model, parts_test=parts_test, setting=setting)
    return yield_of_trials(
        setting=setting,
        fitted_model=fitted.model,
        judged_report=judged.report,
        judged_calibration=judged.calibration,
    )


# see flights.mlp:225
@dynamic
def loop_over_trials(settings: str, parts_train: str, parts_test: str) -> list[str]:
    """Call `trials_body` for every item of `trials`."""
    results: list[str] = []
    for index, item in enumerate(mloc.items("trials", {"$settings": settings})):
        result = trials_body(setting=item, parts_train=parts_train, parts_test=parts_test)
        if index >= 2:
            # At most 2 at a time: an item starts when the one 2 places before it has ended.
            results[index - 2] >> result
        results.append(result)
    return results


# see flights.mlp:230
@task(
    container_image=IMAGE,
    requests=Resources(cpu="1", mem="2Gi"),
    limits=Resources(cpu="1", mem="2Gi"),
    retries=1,
    timeout=timedelta(minutes=36),
)
def best_of(trials: list[str]) -> str:
    """The place of the highest score, the first one of equals."""
    return mloc.run("winner", {"trials.result": trials})[0]


class CurrentOutputs(NamedTuple):
    """What `current` gives, as canonical JSON."""

    version: str
    auc: str


# see flights.mlp:234
@task(
    container_image=IMAGE,
    requests=Resources(cpu="1", mem="2Gi"),
    limits=Resources(cpu="1", mem="2Gi"),
    retries=1,
    timeout=timedelta(minutes=36),
)
def current(registry: str) -> CurrentOutputs:
    """The version in service and its score; both null while there is none."""
    return CurrentOutputs(*mloc.run("held", {"$registry": registry}))


# see flights.mlp:236
@task
def decide_if_1(
    trials: list[str],
    winner: str,
    min_auc: str,
    held_auc: str,
    checked_rejected: str,
    counted_rows: str,
    max_rejected: str,
) -> str:
    """Decide which way `if#1` goes."""
    return mloc.decide(
        "if#1",
        {
            "trials.result": trials,
            "winner.result": winner,
            "$min_auc": min_auc,
            "held.auc": held_auc,
            "checked.rejected": checked_rejected,
            "counted.rows": counted_rows,
            "$max_rejected": max_rejected,
        },
    )


class PublishOutputs(NamedTuple):
    """What `publish` gives, as canonical JSON."""

    version: str


# see flights.mlp:237
@task(
    container_image=IMAGE,
    requests=Resources(cpu="1", mem="2Gi"),
    limits=Resources(cpu="1", mem="2Gi"),
    retries=1,
    timeout=timedelta(minutes=36),
)
def publish(trials: list[str], winner: str, registry: str) -> PublishOutputs:
    """Make a model the current version."""
    values = mloc.run(
        "done",
        {"trials.result": trials, "winner.result": winner, "$registry": registry},
    )
    return PublishOutputs(*values)


class If1Values(NamedTuple):
    """What every arm of `if#1` gives, as canonical JSON."""

    version: str
    published: str


# see flights.mlp:236
@workflow
def if_1_then(trials: list[str], winner: str, registry: str) -> If1Values:
    """The arm `then` of `if#1`."""
    done = publish(trials=trials, winner=winner, registry=registry)
    return If1Values(version=done.version, published="true")


# see flights.mlp:236
@task
def if_1_else_values(held_version: str) -> If1Values:
    """The values that the arm `else` of `if#1` gives."""
    values = mloc.merge(
        "if#1.merge",
        "else",
        ["version", "published"],
        {"held.version": held_version},
    )
    return If1Values(*values)


class FlightsOutputs(NamedTuple):
    """The outputs of `flights`."""

    version: int | None
    published: bool
    rejected: int
    reasons: dict[str, int]
    scores: list[float]
    chosen: str
    report: str
    calibration: FlyteFile
    model: str


# see flights.mlp:190
@task
def outputs(
    version: str,
    published: str,
    checked_rejected: str,
    checked_reasons: str,
    trials: list[str],
    winner: str,
) -> FlightsOutputs:
    """Give the outputs."""
    values = mloc.outputs(
        {
            "if#1.version": version,
            "if#1.published": published,
            "checked.rejected": checked_rejected,
            "checked.reasons": checked_reasons,
            "trials.result": trials,
            "winner.result": winner,
        },
        json=["chosen", "report", "model"],
    )
    return FlightsOutputs(*values)


# see flights.mlp:190
@workflow(failure_policy=WorkflowFailurePolicy.FAIL_AFTER_EXECUTABLE_NODES_COMPLETE)
def flights(
    flights_csv: FlyteFile,
    weather_csv: FlyteFile,
    planes_csv: FlyteFile,
    registry: str,
    settings: str = SETTINGS,
    late_after: timedelta = timedelta(minutes=30),
    min_auc: float = 0.75,
    max_rejected: float = 0.05,
) -> FlightsOutputs:
    """Train on a year of departures and publish the best model, if it is good enough.

    Args:
        flights_csv: The three files that `prepare.py` writes.
        weather_csv: File[csv].
        planes_csv: File[csv].
        registry: The folder that serves as model registry.
        settings: What to try.
        late_after: How late is late.
        min_auc: Publish nothing that tells late flights from others worse than this.
        max_rejected: Publish nothing when a larger part of the rows than this was rejected.
    """
    given = parameters(
        flights_csv=flights_csv,
        weather_csv=weather_csv,
        planes_csv=planes_csv,
        registry=registry,
        settings=settings,
        late_after=late_after,
        min_auc=min_auc,
        max_rejected=max_rejected,
    )
    counted = count_rows(flights_csv=given.flights_csv)
    departures = read_flights(flights_csv=given.flights_csv, counted_rows=counted.rows)
    observations = read_weather(weather_csv=given.weather_csv)
    planes = read_planes(planes_csv=given.planes_csv)
    checked = validate(departures=departures)
    with_weather = add_weather(checked_clean=checked.clean, observations=observations)
    with_planes = add_planes(with_weather_joined=with_weather.joined, planes=planes)
    made = make_examples(with_planes_joined=with_planes.joined, late_after=given.late_after)
    parts = split(made_examples=made.examples)
    trials = loop_over_trials(
        settings=given.settings,
        parts_train=parts.train,
        parts_test=parts.test,
    )
    winner = best_of(trials=trials)
    held = current(registry=given.registry)
    winner >> held.version
    if_1_arm = decide_if_1(
        trials=trials,
        winner=winner,
        min_auc=given.min_auc,
        held_auc=held.auc,
        checked_rejected=checked.rejected,
        counted_rows=counted.rows,
        max_rejected=given.max_rejected,
    )
    if_1 = (
        conditional("if#1")
        .if_(if_1_arm == "then")
        .then(if_1_then(trials=trials, winner=winner, registry=given.registry))
        .else_()
        .then(if_1_else_values(held_version=held.version))
    )
    results = outputs(
        version=if_1.version,
        published=if_1.published,
        checked_rejected=checked.rejected,
        checked_reasons=checked.reasons,
        trials=trials,
        winner=winner,
    )
    return FlightsOutputs(
        version=results.version,
        published=results.published,
        rejected=results.rejected,
        reasons=results.reasons,
        scores=results.scores,
        chosen=results.chosen,
        report=results.report,
        calibration=results.calibration,
        model=results.model,
    )
