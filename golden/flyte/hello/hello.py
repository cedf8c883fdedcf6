"""Greet everybody, and shout when asked to.

Written by mloc 0.1.0 from hello.mlp,
sha256 d8e6e91b1b18451762eabbd615c2117af9fdbb1fea24046205ad2ae7d86c695c.
To change it, change the program and compile it again.
"""

# ruff: noqa: B006 - Flyte takes the default of a list from the signature.

from typing import NamedTuple

from flytekit import WorkflowFailurePolicy, conditional, map_task, task, workflow

from hello_mloc import tasks as mloc


class Parameters(NamedTuple):
    """The parameters, checked, as canonical JSON."""

    names: str
    loud: str


# see hello.mlp:17
@task
def parameters(names: list[str], loud: bool) -> Parameters:
    """Check the parameters before any step starts."""
    return Parameters(*mloc.parameters({"names": names, "loud": loud}))


# see hello.mlp:19
@task
def greet(name: str) -> str:
    """Greet one person."""
    return mloc.run_for_item(["texts[].greeted", "texts[].yield"], {"texts.item": name})


# see hello.mlp:18
@task
def items_of_texts(names: str) -> list[str]:
    """The items of `texts`, each with its place."""
    return mloc.items("texts", {"$names": names})


# see hello.mlp:22
@task
def decide_if_1(loud: str) -> str:
    """Decide which way `if#1` goes."""
    return mloc.decide("if#1", {"$loud": loud})


class ShoutOutputs(NamedTuple):
    """What `shout` gives, as canonical JSON."""

    loud: str


# see hello.mlp:23
@task
def shout() -> ShoutOutputs:
    """Say it louder."""
    return ShoutOutputs(*mloc.run("shouted", {}))


# see hello.mlp:22
@workflow
def if_1_then() -> str:
    """The arm `then` of `if#1`."""
    shouted = shout()
    return shouted.loud


# see hello.mlp:22
@task
def if_1_else_values() -> str:
    """The values that the arm `else` of `if#1` gives."""
    return mloc.merge("if#1.merge", "else", ["closing"], {})[0]


class HelloOutputs(NamedTuple):
    """The outputs of `hello`."""

    texts: list[str]
    closing: str


# see hello.mlp:17
@task
def outputs(texts: list[str], closing: str) -> HelloOutputs:
    """Give the outputs."""
    return HelloOutputs(*mloc.outputs({"texts.result": texts, "if#1.closing": closing}))


# see hello.mlp:17
@workflow(failure_policy=WorkflowFailurePolicy.FAIL_AFTER_EXECUTABLE_NODES_COMPLETE)
def hello(names: list[str] = ["Ada", "Grace", "Barbara"], loud: bool = False) -> HelloOutputs:
    """Greet everybody, and shout when asked to."""
    given = parameters(names=names, loud=loud)
    texts_items = items_of_texts(names=given.names)
    texts = map_task(greet, concurrency=2, run_all_sub_nodes=True)(name=texts_items)
    if_1_arm = decide_if_1(loud=given.loud)
    closing = (
        conditional("if#1")
        .if_(if_1_arm == "then")
        .then(if_1_then())
        .else_()
        .then(if_1_else_values())
    )
    results = outputs(texts=texts, closing=closing)
    return HelloOutputs(texts=results.texts, closing=results.closing)
