"""The pipeline `hello` as an Airflow DAG.

Written by mloc 0.1.0 from hello.mlp,
sha256 d8e6e91b1b18451762eabbd615c2117af9fdbb1fea24046205ad2ae7d86c695c.
Do not edit: change that file and compile it again.
Put this file and the folder `hello_mloc` beside each other at the top of a DAGs folder.
"""

from __future__ import annotations

from collections.abc import Sequence

from airflow.sdk import Param, TaskGroup, TriggerRule, dag, task

from hello_mloc.tasks import (
    Outputs,
    collect,
    decide,
    gathered,
    items,
    launch_parameters,
    output,
    run,
    yields,
)


# see hello.mlp:17
@task(task_id="parameters", multiple_outputs=False)
def read_parameters() -> Outputs:
    """Check the launch's parameters, before any step starts."""
    return launch_parameters()


# see hello.mlp:18
@task(task_id="texts.items")
def list_texts_items(parameters: Outputs) -> list[str]:
    """Give the items of `for name in …`."""
    return items("texts", {"$names": parameters["names"]})


# see hello.mlp:19
@task(task_id="texts.greeted", max_active_tis_per_dagrun=2, multiple_outputs=False)
def greet(name: str) -> Outputs:
    """Greet one person."""
    return run("texts[].greeted", {"texts.item": name})


# see hello.mlp:18
@task(
    task_id="texts.collect",
    trigger_rule=TriggerRule.NONE_FAILED_MIN_ONE_SUCCESS,
    multiple_outputs=False,
)
def collect_texts(texts_items: list[str], greeted: Sequence[Outputs]) -> Outputs:
    """Collect what `for name in …` yields, in the order of the items."""
    return collect(
        "texts.collect",
        yields(
            "texts[].yield",
            "texts.item",
            texts_items,
            {"texts[].greeted.text": gathered(greeted, "text")},
        ),
    )


# see hello.mlp:22
@task.branch(task_id="if_1")
def decide_if_1(parameters: Outputs) -> list[str]:
    """Choose the arm to take."""
    return decide(
        "if#1",
        {"$loud": parameters["loud"]},
        {"then": ["shouted", "if_1.merge"], "else": ["if_1.merge"]},
    )


# see hello.mlp:23
@task(task_id="shouted", multiple_outputs=False)
def shout() -> Outputs:
    """Say it louder."""
    return run("shouted", {})


# see hello.mlp:22
@task(
    task_id="if_1.merge",
    trigger_rule=TriggerRule.NONE_FAILED_MIN_ONE_SUCCESS,
    multiple_outputs=False,
)
def merge_if_1(arm: str, shouted: Outputs | None) -> Outputs:
    """Give `shouted_loud`, `closing` as the arm that was taken has it."""
    return run("if#1.merge", {"if#1.arm": arm, "shouted.loud": output(shouted, "loud")})


# see hello.mlp:17
@task(task_id="outputs", trigger_rule=TriggerRule.NONE_FAILED, multiple_outputs=False)
def give_outputs(texts: Outputs, if_1_merged: Outputs) -> Outputs:
    """Give the pipeline's outputs, once every step has succeeded or was not asked for."""
    return run(
        "$outputs",
        {"texts.result": texts["result"], "if#1.closing": if_1_merged["closing"]},
    )


@dag(
    dag_id="hello",
    description="Greet everybody, and shout when asked to.",
    schedule=None,
    catchup=False,
    params={
        "names": Param(
            ["Ada", "Grace", "Barbara"],
            type="array",
            items={"type": "string"},
            title="names: list[str]",
        ),
        "loud": Param(False, type="boolean", title="loud: bool"),
    },
    default_args={"retries": 0},
    tags=["mloc"],
)
def hello() -> None:
    """Greet everybody, and shout when asked to.

    Compiled by mloc from hello.mlp:17.
    """
    parameters = read_parameters()

    # for name in … limit 2, see hello.mlp:18
    texts_items = list_texts_items(parameters)
    greeted = greet.expand(name=texts_items)
    texts = collect_texts(texts_items, greeted)

    # if … else, see hello.mlp:22
    if_1 = decide_if_1(parameters)
    with TaskGroup(group_id="if_1_then", prefix_group_id=False, tooltip="The steps of `then`."):
        shouted = shout()
    if_1_merged = merge_if_1(if_1["arm"], shouted)
    if_1 >> shouted

    give_outputs(texts, if_1_merged)


hello()
