"""Models: kept by the codec of their kind, or as the path the step wrote."""

from __future__ import annotations

import pytest
from runner_bench import Bench

from mloc.runner.jsons import Json

SKLEARN: Json = {"model": "sklearn"}


def test_a_scikit_learn_model_comes_back(bench: Bench) -> None:
    pytest.importorskip("sklearn")
    made = bench.inline("from sklearn.linear_model import LinearRegression\nreturn LinearRegression().fit([[0], [1]], [1, 3])", SKLEARN)[
        "result"
    ]
    assert isinstance(made, dict)
    assert made["type"] == SKLEARN
    bench.module(
        "work",
        """
        from __future__ import annotations
        from pathlib import Path
        from typing import TYPE_CHECKING
        if TYPE_CHECKING:
            from sklearn.linear_model import LinearRegression
        def predict(model: LinearRegression) -> float:
            return model.predict([[2]])[0]
        def name(model: Path) -> str:
            return type(model).__name__
        """,
    )
    found = bench.python("work:predict", "float", inputs={"model": (SKLEARN, made)})["result"]
    assert found == pytest.approx(5.0)
    assert bench.python("work:name", "str", inputs={"model": (SKLEARN, made)}) == {"result": "PosixPath"}
    # A consumer that takes any model learns the kind from the model itself.
    assert bench.python("work:predict", "float", inputs={"model": ({"model": None}, made)})["result"] == pytest.approx(5.0)


def test_a_pickle_only_when_named(bench: Bench) -> None:
    made = bench.inline("return {'weights': [1, 2]}", {"model": "pickle"})["result"]
    assert bench.inline("return m['weights']", {"list": "int"}, inputs={"m": ({"model": "pickle"}, made)}) == {"result": [1, 2]}


@pytest.mark.parametrize(
    ("kind", "expression", "message"),
    [
        (None, "{}", "the step gave a dict, and `Model` names no kind to keep it by; return a pathlib.Path"),
        ("fasttext", "{}", "there is no codec for Model[fasttext]"),
        ("pickle", "lambda: 1", "the function cannot be kept as Model[pickle]"),
    ],
)
def test_a_model_that_cannot_be_kept(bench: Bench, kind: str | None, expression: str, message: str) -> None:
    failure = bench.fails(lambda: bench.inline(f"return {expression}", {"model": kind}))
    assert failure.kind == "contract"
    assert message in failure.message


def test_a_path_works_for_any_kind(bench: Bench) -> None:
    code = "from pathlib import Path\nPath('m').mkdir()\nPath('m/weights').write_text('w')\nreturn Path('m')"
    made = bench.inline(code, {"model": "fasttext"})["result"]
    assert (bench.content(made) / "weights").read_text() == "w"
    script = 'cp "$m/weights" "$out"'
    assert bench.content(bench.shell(script, {"file": None}, inputs={"m": ({"model": "fasttext"}, made)})["result"]).read_text() == "w"
    failure = bench.fails(lambda: bench.inline("pass", inputs={"m": ({"model": "fasttext"}, made)}))
    assert "annotate the parameter as pathlib.Path" in failure.message


def test_a_library_that_is_not_installed(bench: Bench) -> None:
    failure = bench.fails(lambda: bench.inline("return {}", {"model": "lightgbm"}))
    assert "Model[lightgbm] needs the Python package `lightgbm`, which is not installed here" in failure.message
