"""Diagnostics for programs follow their published formats."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from mloc.diagnostics.machine import to_github, to_json, to_sarif
from mloc.diagnostics.model import Diagnostic, Edit, Fix, Label, Rule
from mloc.diagnostics.rules import RULES
from mloc.source import SourceFile, Span

SCHEMA = json.loads((Path(__file__).parents[2] / "mloc" / "schemas" / "diagnostics.schema.json").read_text())

# What the SARIF 2.1.0 schema asks of the objects that we write; nothing else may stand in them.
_COUNT = {"type": "integer", "minimum": 1}
_OFFSET = {"type": "integer", "minimum": 0}


def _exactly(required: dict[str, object], optional: dict[str, object] | None = None) -> dict[str, object]:
    properties = {**required, **(optional or {})}
    return {"type": "object", "additionalProperties": False, "required": list(required), "properties": properties}


_TEXT = _exactly({"text": {"type": "string", "minLength": 1}})
_LEVEL = {"enum": ["none", "note", "warning", "error"]}
_REGION = _exactly(
    {"startLine": _COUNT, "startColumn": _COUNT, "endLine": _COUNT, "endColumn": _COUNT, "charOffset": _OFFSET, "charLength": _OFFSET}
)
_ARTIFACT = _exactly({"uri": {"type": "string", "pattern": r"^[A-Za-z0-9._~/:%-]+$"}})
_LOCATION = _exactly({"physicalLocation": _exactly({"artifactLocation": _ARTIFACT, "region": _REGION})}, {"message": _TEXT})
_REPLACEMENT = _exactly({"deletedRegion": _REGION, "insertedContent": _exactly({"text": {"type": "string"}})})
_CHANGE = _exactly({"artifactLocation": _ARTIFACT, "replacements": {"type": "array", "minItems": 1, "items": _REPLACEMENT}})
_FIX = _exactly({"artifactChanges": {"type": "array", "minItems": 1, "items": _CHANGE}}, {"description": _TEXT})
_RULE = _exactly(
    {
        "id": {"type": "string"},
        "name": {"type": "string"},
        "shortDescription": _TEXT,
        "help": _TEXT,
        "defaultConfiguration": _exactly({"level": _LEVEL}),
    }
)
_RESULT = _exactly(
    {
        "ruleId": {"type": "string"},
        "ruleIndex": _OFFSET,
        "level": _LEVEL,
        "message": _TEXT,
        "locations": {"type": "array", "items": _LOCATION},
    },
    {"relatedLocations": {"type": "array", "uniqueItems": True, "items": _LOCATION}, "fixes": {"type": "array", "items": _FIX}},
)
_DRIVER = _exactly(
    {"name": {"const": "mloc"}, "version": {"type": "string"}, "rules": {"type": "array", "uniqueItems": True, "items": _RULE}}
)
_RUN = _exactly(
    {
        "tool": _exactly({"driver": _DRIVER}),
        "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
        "results": {"type": "array", "items": _RESULT},
    }
)
SARIF = _exactly({"version": {"const": "2.1.0"}, "runs": {"type": "array", "items": _RUN}}, {"$schema": {"type": "string"}})

ERROR = Rule("E0402", "column-missing", "error", "a column is missing")
WARNING = Rule("W0401", "unused", "warning", "an unused thing")
NOTE = Rule("N0001", "remark", "note", "a remark")
SOURCE = SourceFile("a b/ü,1.mlp", "mlp 1\nabc = 漢d\nx\n")
FILES = {SOURCE.path: SOURCE}


def label(start: int, end: int, message: str = "") -> Label:
    return Label(Span(SOURCE.path, start, end), message)


FULL = Diagnostic(
    ERROR,
    "100% `a`:\nb",
    label(13, 14, "here"),
    (label(6, 9, "there"), label(6, 9)),
    ("first", "second"),
    "do this",
    Fix("machine-applicable", (Edit(Span(SOURCE.path, 9, 9), "q"), Edit(Span(SOURCE.path, 12, 14), ""))),
)
BARE = Diagnostic(WARNING, "bare", label(6, 16))
REMARK = Diagnostic(NOTE, "remark", label(16, 16))
ALL = [FULL, BARE, REMARK, FULL]


def test_json() -> None:
    found = json.loads(to_json(ALL, FILES))
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.validate(found, SCHEMA)
    place = {"file": SOURCE.path, "line": 2, "column": 8, "end_line": 2, "end_column": 9}
    there = {"file": SOURCE.path, "line": 2, "column": 1, "end_line": 2, "end_column": 4}
    assert found[0] == {
        "code": "E0402",
        "slug": "column-missing",
        "severity": "error",
        "message": "100% `a`:\nb",
        **place,
        "labels": [{**place, "message": "here"}, {**there, "message": "there"}, {**there, "message": ""}],
        "notes": ["first", "second"],
        "help": "do this",
        "fix": {
            "applicability": "machine-applicable",
            "edits": [{"file": SOURCE.path, "start": 9, "end": 9, "text": "q"}, {"file": SOURCE.path, "start": 12, "end": 14, "text": ""}],
        },
        "url": "docs/errors/E0402.md",
    }
    assert (found[1]["help"], found[1]["fix"], found[1]["end_line"]) == (None, None, 3)


def test_json_of_nothing_is_an_empty_array() -> None:
    assert json.loads(to_json([], {})) == []


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_every_rule_fits_the_schema(rule: Rule) -> None:
    jsonschema.validate(json.loads(to_json([Diagnostic(rule, "m", label(0, 1))], FILES)), SCHEMA)


def test_sarif() -> None:
    log = json.loads(to_sarif(ALL, FILES, "0.1.0"))
    jsonschema.validate(log, SARIF)
    run = log["runs"][0]
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["E0402", "N0001", "W0401"]
    assert all(rules[result["ruleIndex"]]["id"] == result["ruleId"] for result in run["results"])
    assert [result["level"] for result in run["results"]] == ["error", "warning", "note", "error"]
    assert run["results"][0]["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "a%20b/%C3%BC%2C1.mlp"},
        "region": {"startLine": 2, "startColumn": 8, "endLine": 2, "endColumn": 9, "charOffset": 13, "charLength": 1},
    }


def test_sarif_of_nothing_and_of_an_absolute_path() -> None:
    jsonschema.validate(json.loads(to_sarif([], {}, "0.1.0")), SARIF)
    source = SourceFile("/x y.mlp", "mlp 1\n")
    log = to_sarif([Diagnostic(ERROR, "m", Label(Span("/x y.mlp", 0, 1)))], {source.path: source}, "0.1.0")
    assert '"file:///x%20y.mlp"' in log


def test_github() -> None:
    first, second, third, _ = to_github(ALL, FILES).splitlines()
    assert first == (
        "::error file=a b/ü%2C1.mlp,line=2,endLine=2,col=8,endColumn=8,title=E0402 column-missing"
        "::100%25 `a`:%0Ab%0Ahere%0Anote: first%0Anote: second%0Ahelp: do this"
    )
    assert second == "::warning file=a b/ü%2C1.mlp,line=2,endLine=3,title=W0401 unused::bare"
    assert third.startswith("::notice file=a b/ü%2C1.mlp,line=3,endLine=3,col=2,endColumn=2,")
