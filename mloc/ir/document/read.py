"""Reads a pipeline from the JSON document of `mloc compile --target ir`."""

from __future__ import annotations

from typing import Literal, cast

from mloc.ir.document.read_exprs import expr_of, named_exprs, optional_expr_of
from mloc.ir.document.read_words import word_of
from mloc.ir.document.write import SCHEMA
from mloc.ir.model import (
    Arm,
    Branch,
    Cache,
    Call,
    Effect,
    FanOut,
    Input,
    Launch,
    Merged,
    Node,
    Options,
    Output,
    Overlap,
    Parameter,
    Pipeline,
    Region,
    Resources,
    Result,
    Retry,
    RetryOn,
    Run,
    RunContainer,
    RunInline,
    RunNotebook,
    RunPython,
    RunRequire,
    RunShell,
    Secret,
    Settings,
    Step,
    Target,
    TargetAttribute,
    Tolerate,
)
from mloc.ir.program import sources_of
from mloc.runner.jsons import BadProgram, as_array, as_object, as_text, as_text_or_none
from mloc.types.decode import domain_of, type_of
from mloc.types.encode import Json

Object = dict[str, Json]


def from_document(data: Json) -> Pipeline:
    """The pipeline of a document that fits the published schema, without source places. Raises BadProgram for another schema's.

    What the schema does not say, `mloc.ir.verify` does: a document made by others may hold a pipeline that is not well formed.
    """
    found = as_object(data, "the document")
    if found.get("schema") != SCHEMA:
        raise BadProgram(f"this is not a document of the schema {SCHEMA}")
    source = as_object(found["source"], "the source")
    return Pipeline(
        name=_text(found, "pipeline"),
        parameters=tuple(_parameter(entry) for entry in _objects(found, "parameters")),
        steps=tuple(_step(entry) for entry in _objects(found, "steps")),
        region=_region(found, "nodes"),
        results=tuple(_result(entry) for entry in _objects(found, "results")),
        source=_text(source, "file"),
        source_sha256=_text(source, "sha256"),
        secrets=tuple(Secret(_text(entry, "name"), sources_of(entry["sources"])) for entry in _objects(found, "secrets")),
        launches=tuple(_launch(entry) for entry in _objects(found, "launches")),
        options=_options(as_object(found["options"], "`options`")),
        on_failure=_region(found, "on_failure"),
        final=_region(found, "finally"),
        targets=tuple(_target(entry) for entry in _objects(found, "targets")),
        doc=_text(found, "doc"),
    )


def _launch(data: Object) -> Launch:
    pairs = [as_array(pair, "an entry of `given`") for pair in as_array(data["given"], "`given`")]
    return Launch(
        "trigger" if data["kind"] == "trigger" else "schedule",
        _text(data, "name"),
        named_exprs(as_array(data["args"], "`args`")),
        _text_or_none(data, "cron"),
        _text(data, "timezone"),
        data["catchup"] is True,
        cast(Overlap, _text(data, "overlap")),
        _text_or_none(data, "start"),
        _text_or_none(data, "end"),
        _texts(data, "assets"),
        tuple((as_text(name, "a parameter"), as_text(asset, "an asset")) for name, asset in pairs),
        _text(data, "doc"),
    )


def _options(data: Object) -> Options:
    return Options(_whole(data, "timeout_ms"), _whole(data, "max_parallel"), data["fail_fast"] is True, data["converge"] is True)


def _text(data: Object, key: str) -> str:
    return as_text(data[key], f"`{key}`")


def _text_or_none(data: Object, key: str) -> str | None:
    return as_text_or_none(data[key], f"`{key}`")


def _objects(data: Object, key: str) -> list[Object]:
    return [as_object(entry, f"an entry of `{key}`") for entry in as_array(data[key], f"`{key}`")]


def _texts(data: Object, key: str) -> tuple[str, ...]:
    return tuple(as_text(entry, f"an entry of `{key}`") for entry in as_array(data[key], f"`{key}`"))


def _whole(data: Object, key: str) -> int | None:
    value = data[key]
    if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
        raise BadProgram(f"`{key}` is not a whole number")
    return value


def _number(data: Object, key: str) -> float | None:
    value = data[key]
    if value is not None and (isinstance(value, bool) or not isinstance(value, (int, float))):
        raise BadProgram(f"`{key}` is not a number")
    return value


def _parameter(data: Object) -> Parameter:
    default, domain = _text_or_none(data, "default"), domain_of(data["domain"])
    return Parameter(_text(data, "name"), type_of(data["type"]), default, domain, _text(data, "doc"))


def _result(data: Object) -> Result:
    return Result(_text(data, "name"), type_of(data["type"]), expr_of(data["value"]), domain_of(data["domain"]))


def _target(data: Object) -> Target:
    attributes = (TargetAttribute(_text(a, "path"), _text(a, "name"), _text(a, "value")) for a in _objects(data, "attributes"))
    return Target(_text(data, "name"), tuple(attributes))


def _step(data: Object) -> Step:
    inputs = tuple(
        Input(_text(i, "name"), type_of(i["type"]), _text_or_none(i, "default"), domain_of(i["domain"]), _text(i, "doc"))
        for i in _objects(data, "inputs")
    )
    outputs = tuple(
        Output(_text(o, "name"), type_of(o["type"]), domain_of(o["domain"]), _text(o, "doc")) for o in _objects(data, "outputs")
    )
    run = _run(as_object(data["run"], "`run`"))
    return Step(_text(data, "name"), inputs, outputs, data["named_outputs"] is True, run, _text(data, "doc"))


def _run(data: Object) -> Run:
    match data:
        case {"kind": "python"}:
            return RunPython(_text(data, "module"), _text(data, "function"))
        case {"kind": "inline"}:
            return RunInline(_text(data, "code"), _whole(data, "line") or 0)
        case {"kind": "shell"}:
            return RunShell(_text(data, "script"), _whole(data, "line") or 0)
        case {"kind": "require"}:
            return RunRequire()
        case {"kind": "notebook"}:
            return RunNotebook(_text(data, "path"), _texts(data, "cells"), _whole(data, "parameters") or 0)
        case {"kind": "container"}:
            command, args = (tuple(word_of(word) for word in as_array(data[key], f"`{key}`")) for key in ("command", "args"))
            return RunContainer(command, args)
        case _:
            raise BadProgram("a step runs python, inline, shell, container, notebook or require")


def _region(data: Object, key: str) -> Region:
    return Region(tuple(_node(node) for node in _objects(data, key)))


def _node(data: Object) -> Node:
    id_ = _text(data, "id")
    after = tuple(as_text(name, "the id of a node") for name in as_array(data["after"], "`after`"))
    match data["kind"]:
        case "call":
            args = named_exprs(as_array(data["args"], "`args`"))
            return Call(id_, _text(data, "step"), args, after, _settings(as_object(data["settings"], "`settings`")))
        case "branch":
            return Branch(id_, tuple(_arm(arm) for arm in _objects(data, "arms")), _merged(data), after)
        case "fan_out":
            item, item_type, source = _text(data, "item"), type_of(data["item_type"]), expr_of(data["source"])
            result = optional_expr_of(data["result"])
            limit, tolerate = _whole(data, "limit"), _tolerate(data["tolerate"])
            return FanOut(id_, item, item_type, source, limit, _region(data, "nodes"), result, after, tolerate)
        case _:
            raise BadProgram(f"node `{id_}` is not a call, branch or fan_out")


def _tolerate(data: Json) -> Tolerate | None:
    if data is None:
        return None
    kind, amount = as_array(data, "`tolerate`")
    return Tolerate("percent" if kind == "percent" else "count", as_text(amount, "an amount"))


def _arm(data: Object) -> Arm:
    return Arm(_text(data, "label"), optional_expr_of(data["condition"]), _region(data, "nodes"))


def _merged(data: Object) -> tuple[Merged, ...]:
    return tuple(
        Merged(_text(m, "name"), type_of(m["type"]), tuple(expr_of(value) for value in as_array(m["values"], "`values`")))
        for m in _objects(data, "merged")
    )


def _settings(data: Object) -> Settings:
    retry, resources = as_object(data["retry"], "`retry`"), as_object(data["resources"], "`resources`")
    env, secrets = as_object(data["env"], "`env`"), as_object(data["secrets"], "`secrets`")
    on = cast("tuple[RetryOn, ...]", tuple(as_text(kind, "a kind of failure") for kind in as_array(retry["on"], "`on`")))
    factor = _number(retry, "factor")
    return Settings(
        retry=Retry(
            _whole(retry, "count") or 0,
            _whole(retry, "backoff_ms") or 0,
            1.0 if factor is None else factor,
            _whole(retry, "max_delay_ms"),
            on,
        ),
        timeout_ms=_whole(data, "timeout_ms"),
        resources=Resources(
            _number(resources, "cpu"),
            _whole(resources, "memory"),
            _whole(resources, "disk"),
            _whole(resources, "gpu"),
            _text_or_none(resources, "gpu_type"),
            _whole(resources, "shm"),
        ),
        image=_text_or_none(data, "image"),
        env=tuple((name, _text(env, name)) for name in env),
        secrets=tuple((name, _text(secrets, name)) for name in secrets),
        cache=None if data["cache"] is None else _cache(as_object(data["cache"], "`cache`")),
        effects=None if data["effects"] is None else cast("tuple[Effect, ...]", _texts(data, "effects")),
        idempotent=data["idempotent"] is True,
        publishes=_texts(data, "publishes"),
    )


def _cache(data: Object) -> Cache:
    scope = cast("Literal['pipeline', 'project']", _text(data, "scope"))
    return Cache(_text_or_none(data, "version"), _whole(data, "ttl_ms"), _texts(data, "ignore"), scope)
