"""One pipeline as its author would write it for mloc, Kubeflow, Airflow and Flyte: a chain of N steps with a second, constant argument.

It is the shortest program of N tasks that all four can say.
"""

from __future__ import annotations


def mlp(n: int) -> str:
    """The chain as an .mlp file."""
    lines = ["mlp 1", "", "step inc(x: int, y: int = 1) -> int:", '    run inline "return x + y"', "", "pipeline chain(n: int = 0) -> int:"]
    lines.append("    s0 = inc(x=n)")
    lines += [f"    s{i} = inc(x=s{i - 1}, y={i})" for i in range(1, n)]
    return "\n".join([*lines, f"    return s{n - 1}", ""])


def kfp(n: int) -> str:
    """The chain for the KFP SDK, with the call that compiles it."""
    lines = [
        "from kfp import compiler, dsl",
        "",
        "@dsl.component(base_image='python:3.11-slim')",
        "def inc(x: int, y: int = 1) -> int:",
        "    return x + y",
        "",
        "@dsl.pipeline(name='chain')",
        "def chain(n: int = 0) -> int:",
        "    s0 = inc(x=n)",
    ]
    lines += [f"    s{i} = inc(x=s{i - 1}.output, y={i})" for i in range(1, n)]
    return "\n".join([*lines, f"    return s{n - 1}.output", "", "import sys", "compiler.Compiler().compile(chain, sys.argv[1])", ""])


def flyte(n: int) -> str:
    """The chain as a flytekit module."""
    lines = [
        "from flytekit import task, workflow",
        "",
        "@task",
        "def inc(x: int, y: int = 1) -> int:",
        "    return x + y",
        "",
        "@workflow",
        "def chain(n: int = 0) -> int:",
        "    s0 = inc(x=n)",
    ]
    lines += [f"    s{i} = inc(x=s{i - 1}, y={i})" for i in range(1, n)]
    return "\n".join([*lines, f"    return s{n - 1}", ""])


def airflow(n: int) -> str:
    """The chain as a DAG file; of no steps at all for 0."""
    lines = [
        "from airflow.sdk import Param, dag, task",
        "",
        "@task",
        "def inc(x: int, y: int = 1) -> int:",
        "    return x + y",
        "",
        "@dag(dag_id='chain', schedule=None, params={'n': Param(0, type='integer')})",
        "def chain() -> None:",
        "    s0 = inc(x='{{ params.n }}')" if n else "    pass",
    ]
    lines += [f"    s{i} = inc(x=s{i - 1}, y={i})" for i in range(1, n)]
    return "\n".join([*lines, "", "chain()", ""])
