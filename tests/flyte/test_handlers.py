"""`on failure` and `finally` on Flyte: which workflow is the failure node of which, and what is noted for them."""

from __future__ import annotations

from pathlib import Path

import pytest

from mloc_flyte.review import node_count
from tests.flyte.bundles import emit, run, text
from tests.flyte.programs import ONE, compiled

BOTH = f"""mlp 1
{ONE}
pipeline p(s: str = "a", unread: int = 1) -> (x: str):
    a = one(s=s)
    if s == "a":
        c = one(s=a)
        b = c
    else:
        b = a
    return x=b

    on failure:
        one(s=s)
    finally:
        one(s=b ?? "none")
"""

PLAIN = f"""mlp 1
{ONE}
pipeline p():
    one(s="a")

    finally:
        one(s="b")
"""


def test_each_handler_is_a_failure_node_once(tmp_path: Path) -> None:
    module = text(compiled(BOTH, tmp_path))
    assert "@workflow(on_failure=on_failure)\ndef p_body(" in module
    assert "@workflow(on_failure=at_the_end)\ndef p_before_the_end(" in module
    # The pipeline's own workflow has no failure node: what fails in `finally` runs nothing again.
    head, main = module.rsplit("\ndef p(", 1)
    assert "on_failure" not in head.rsplit("@workflow", 1)[1]
    assert main.index("p_before_the_end(") < main.index("at_the_end(")
    assert main.count("run_status") == 0


def test_a_handler_alone_that_reads_nothing_needs_no_board(tmp_path: Path) -> None:
    module = text(compiled(PLAIN, tmp_path))
    assert "board" not in module
    assert "def launch(" not in module
    assert "@workflow(on_failure=at_the_end)\ndef p_before_the_end() -> None:" in module
    ran = run(compiled(PLAIN, tmp_path), tmp_path)
    assert ran.statuses == {"one": "succeeded", "finally.one": "succeeded"}


def test_what_a_branch_gives_is_noted_where_a_handler_reads_it(tmp_path: Path) -> None:
    module = text(compiled(BOTH, tmp_path))
    assert module.count("mloc.note(") == 1
    ran = run(compiled(BOTH, tmp_path), tmp_path)
    assert ran.result["status"] == "succeeded"
    assert ran.statuses["finally.one"] == "succeeded"


def test_without_handlers_there_is_nothing_of_them(tmp_path: Path) -> None:
    asked = compiled(f"mlp 1\n{ONE}\npipeline p() -> (x: str):\n    a = one(s='a')\n    return x=a\n".replace("'", '"'), tmp_path)
    module = text(asked)
    assert "on_failure" not in module
    assert "p_mloc/board.py" in emit(asked)


@pytest.mark.parametrize(("program", "count"), [(BOTH, 4), (PLAIN, 2)])
def test_the_nodes_of_the_workflow_that_is_registered(program: str, count: int, tmp_path: Path) -> None:
    asked = compiled(program, tmp_path)
    module = text(asked)
    assert node_count(asked.pipeline) == count, module


def test_run_values_are_said_once(tmp_path: Path) -> None:
    program = f"""mlp 1
{ONE}
pipeline p() -> (x: str, y: str):
    a = one(s=run.id)
    b = one(s=f"{{run.id}} {{run.today}}") after a
    return x=a, y=b
"""
    module = text(compiled(program, tmp_path))
    assert module.count('mloc.launch(["run.id", "run.today"])') == 1
    outputs = run(compiled(program, tmp_path), tmp_path).outputs
    assert isinstance(outputs, dict)
    assert str(outputs["y"]).startswith(f"{outputs['x']} 20")
    assert str(outputs["x"]).startswith("local-")
