"""The JSON form of the IR: it fits the published schema and is read back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings

from mloc.diagnostics.model import Bag
from mloc.elaborate.program import elaborate
from mloc.ir.document import document, from_document
from mloc.ir.model import Pipeline
from mloc.runner.jsons import BadProgram
from mloc.source import Line, load
from mloc.types.encode import Json
from tests.elaborate.programs import body, pipeline
from tests.ir.generate import pipelines

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads((ROOT / "mloc" / "schemas" / "ir.schema.json").read_text(encoding="utf-8"))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def written(found: Pipeline) -> Json:
    """The document as another program reads it."""
    data: Json = json.loads(json.dumps(document(found, "1.0", {"m": Line("p.mlp", 7)}), allow_nan=False))
    return data


def examples() -> Iterator[Pipeline]:
    for path in sorted((ROOT / "examples").glob("*/*.mlp")):
        yield from elaborate(str(path), load, Bag()).pipelines


@pytest.mark.parametrize("found", tuple(examples()), ids=lambda p: p.name)
def test_the_examples_fit_the_schema_and_are_read_back(found: Pipeline) -> None:
    data = written(found)
    VALIDATOR.validate(data)
    assert from_document(data) == found


@given(pipelines(3))
@settings(deadline=None, max_examples=25, suppress_health_check=list(HealthCheck))
def test_every_pipeline_fits_the_schema_and_is_read_back(found: Pipeline) -> None:
    data = written(found)
    VALIDATOR.validate(data)
    assert from_document(data) == found


def test_the_schema_is_one_and_its_objects_are_closed() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)

    def visit(part: Json) -> None:
        if isinstance(part, dict):
            if "properties" in part and part.get("title") != "":
                assert part.get("additionalProperties") is False, part
            for inner in part.values():
                visit(inner)
        if isinstance(part, list):
            for inner in part:
                visit(inner)

    visit({key: value for key, value in SCHEMA.items() if key != "properties"} | {"all": list(SCHEMA["properties"].values())})


def test_documentation_and_lines_are_kept() -> None:
    text = body("m = many(n=n)").replace("step many", "## Makes many.\nstep many").replace("pipeline p", "## The one.\npipeline p")
    data = written(pipeline(text))
    assert isinstance(data, dict)
    assert data["doc"] == "The one."
    nodes = data["nodes"]
    assert isinstance(nodes, list)
    assert isinstance(nodes[0], dict)
    assert (nodes[0]["file"], nodes[0]["line"]) == ("p.mlp", 7)
    assert from_document(data).steps[0].doc == "Makes many."


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"schema": "mloc-ir/2"}, "'mloc-ir/1' was expected"),
        ({"extra": 1}, "Additional properties are not allowed"),
        ({"results": [{"name": "r", "type": "text", "domain": None, "value": ["const", "int", "1"]}]}, "is not valid under any"),
        ({"results": [{"name": "r", "type": "int", "domain": None, "value": ["const", "int", "1", 2]}]}, "Expected at most 3 items"),
    ],
)
def test_the_schema_refuses_what_is_none(change: dict[str, Json], problem: str) -> None:
    data = written(pipeline(body("m = many(n=n)")))
    assert isinstance(data, dict)
    with pytest.raises(jsonschema.ValidationError, match=problem):
        VALIDATOR.validate(data | change)


@pytest.mark.parametrize("data", [[], {}, {"schema": "mloc-program/1"}])
def test_another_document_is_refused(data: Json) -> None:
    with pytest.raises(BadProgram):
        from_document(data)
