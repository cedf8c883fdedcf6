"""The tables of our targets: JSON Schemas of the kind that we read, with examples that fit, and read as `jsonschema` reads them."""

from __future__ import annotations

from typing import cast

import jsonschema
import pytest

from mloc.backend import Feature, load, table
from mloc.targets.fit import KEYWORDS, misfit
from mloc.targets.read import BadTable, table_of
from mloc.targets.versions import at_least, at_most
from mloc.types.encode import Json

TARGETS = ("airflow", "flyte", "kfp")
VALUES: tuple[Json, ...] = (
    "",
    "a",
    "A b",
    "3.1",
    "gpu",
    "/data",
    "a/b",
    "k=v:NoSchedule",
    "Always",
    True,
    0,
    1,
    -1,
    2.5,
    [],
    ["a"],
    ["a", "a"],
    [1],
    {},
    {"a": "b"},
    {"a": 1},
    {"a/b": ""},
    [{"claim": "c", "path": "/d"}],
    [{"claim": "c"}],
    [{"name": "n", "path": "/p", "medium": "Memory", "size": 1}],
    {"user": 1},
    {"user": -1, "x": 2},
    [{"key": "k", "operator": "In", "weight": 101}],
    "s3://bucket",
    "2026-01-31",
    None,
)


def document(target: str) -> dict[str, Json]:
    return cast("dict[str, Json]", dict(load(target).attributes()))


@pytest.mark.parametrize("target", TARGETS)
def test_it_is_a_schema_in_the_words_that_we_read(target: str) -> None:
    jsonschema.Draft202012Validator.check_schema(document(target))
    names = {name for attribute in table(load(target)).attributes.values() for name in _words(cast("Json", dict(attribute.schema)))}
    assert names <= KEYWORDS


def _words(schema: Json) -> set[str]:
    if not isinstance(schema, dict):
        return set()
    found = {name for name in schema if not name.startswith("x-")}
    inner = [schema.get("items"), schema.get("additionalProperties"), schema.get("propertyNames")]
    properties = schema.get("properties")
    inner += list(properties.values()) if isinstance(properties, dict) else []
    return found.union(*(_words(each) for each in inner))


@pytest.mark.parametrize("target", TARGETS)
def test_we_read_it_as_jsonschema_does(target: str) -> None:
    for name, attribute in table(load(target)).attributes.items():
        validator = jsonschema.Draft202012Validator(dict(attribute.schema))
        for value in VALUES:
            assert (misfit(value, attribute.schema, name) is None) == validator.is_valid(value), (name, value)


@pytest.mark.parametrize("target", TARGETS)
def test_its_versions_and_capabilities_hold_together(target: str) -> None:
    found = table(load(target))
    assert at_least(found.newest, found.version)
    assert at_least(found.version, found.oldest)
    assert all(capability.feature in Feature.__members__ for capability in found.capabilities)
    for since in (attribute.since for attribute in found.attributes.values() if attribute.since is not None):
        assert at_least(since, found.oldest)
        assert at_most(since, found.newest)


def test_versions_are_compared_by_numbers() -> None:
    assert at_least("2.16", "2.5")
    assert not at_least("2.5", "2.16")
    assert at_least("2.16", "2.16.3")
    assert at_most("2.16.3", "2.16")
    with pytest.raises(ValueError, match="no versions"):
        at_least("latest", "2.0")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"additionalProperties": True}, "must be false"),
        ({"properties": {}}, "must have `version`"),
        ({"x-versions": {"oldest": "new"}}, "x-versions.oldest"),
        ({"x-capabilities": [{"feature": "RETRY", "level": "shrugged", "since": "1.0"}]}, "`level` must be"),
    ],
)
def test_a_broken_table_is_refused(change: dict[str, Json], message: str) -> None:
    with pytest.raises(BadTable, match=message):
        table_of("x", {**document("kfp"), **change})
