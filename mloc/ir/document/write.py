"""Writes a pipeline as the JSON document of `mloc compile --target ir`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import assert_never

from mloc.ir.model import (
    Branch,
    Cache,
    Call,
    Expr,
    FanOut,
    Input,
    Launch,
    Node,
    Options,
    Parameter,
    Pipeline,
    Region,
    Result,
    Run,
    RunContainer,
    RunInline,
    RunNotebook,
    RunPython,
    RunRequire,
    RunShell,
    Settings,
    Step,
    Target,
)
from mloc.ir.program import expr_json, secret_json, settings_json, word_json
from mloc.source import Line
from mloc.types.encode import Json, domain_json, type_json

SCHEMA = "mloc-ir/1"


def document(pipeline: Pipeline, mloc_version: str, lines: Mapping[str, Line] | None = None) -> dict[str, Json]:
    """The document, of JSON values only. `lines` gives the source line of each node's id; without it every line is 0, of no file."""
    return {
        "schema": SCHEMA,
        "mloc": mloc_version,
        "pipeline": pipeline.name,
        "doc": pipeline.doc,
        "source": {"file": pipeline.source, "sha256": pipeline.source_sha256},
        "secrets": [{"name": secret.name, "sources": secret_json(secret)} for secret in pipeline.secrets],
        "parameters": [_taken(p) for p in pipeline.parameters],
        "steps": [_step(step) for step in pipeline.steps],
        "nodes": _region(pipeline.region, lines or {}),
        "results": [_result(r) for r in pipeline.results],
        "launches": [_launch(launch) for launch in pipeline.launches],
        "options": _options(pipeline.options),
        "on_failure": _region(pipeline.on_failure, lines or {}),
        "finally": _region(pipeline.final, lines or {}),
        "targets": [_target(t) for t in pipeline.targets],
    }


def _launch(launch: Launch) -> Json:
    args: list[Json] = [[name, expr_json(value)] for name, value in launch.args]
    return {
        "kind": launch.kind,
        "name": launch.name,
        "doc": launch.doc,
        "args": args,
        "given": [list(pair) for pair in launch.given],
        "cron": launch.cron,
        "timezone": launch.timezone,
        "catchup": launch.catchup,
        "overlap": launch.overlap,
        "start": launch.start,
        "end": launch.end,
        "assets": list(launch.assets),
    }


def _options(options: Options) -> Json:
    return {
        "timeout_ms": options.timeout_ms,
        "max_parallel": options.max_parallel,
        "fail_fast": options.fail_fast,
        "converge": options.converge,
    }


def _taken(declared: Parameter | Input) -> Json:
    """A parameter of the pipeline or an input of a step."""
    return {
        "name": declared.name,
        "type": type_json(declared.type),
        "default": declared.default,
        "domain": domain_json(declared.domain),
        "doc": declared.doc,
    }


def _result(result: Result) -> Json:
    return {
        "name": result.name,
        "type": type_json(result.type),
        "domain": domain_json(result.domain),
        "value": expr_json(result.value),
    }


def _target(target: Target) -> Json:
    attributes: list[Json] = [{"path": a.path, "name": a.name, "value": a.value} for a in target.attributes]
    return {"name": target.name, "attributes": attributes}


def _step(step: Step) -> Json:
    outputs: list[Json] = [{"name": o.name, "type": type_json(o.type), "domain": domain_json(o.domain), "doc": o.doc} for o in step.outputs]
    return {
        "name": step.name,
        "doc": step.doc,
        "inputs": [_taken(i) for i in step.inputs],
        "outputs": outputs,
        "named_outputs": step.named_outputs,
        "run": _run(step.run),
    }


def _run(run: Run) -> Json:
    match run:
        case RunPython(module, function):
            return {"kind": "python", "module": module, "function": function}
        case RunInline(code, line):
            return {"kind": "inline", "code": code, "line": line}
        case RunShell(script, line):
            return {"kind": "shell", "script": script, "line": line}
        case RunRequire():
            return {"kind": "require"}
        case RunNotebook(path, cells, parameters):
            return {"kind": "notebook", "path": path, "cells": list(cells), "parameters": parameters}
        case RunContainer(command, args):
            return {"kind": "container", "command": [word_json(word) for word in command], "args": [word_json(word) for word in args]}
        case _:
            assert_never(run)


def _region(region: Region, lines: Mapping[str, Line]) -> Json:
    return [_node(node, lines) for node in region.nodes]


def _node(node: Node, lines: Mapping[str, Line]) -> Json:
    after: list[Json] = list(node.after)
    found: dict[str, Json] = {"id": node.id, **_place(lines.get(node.id)), "after": after}
    match node:
        case Call():
            args: list[Json] = [[name, expr_json(value)] for name, value in node.args]
            return {"kind": "call", **found, "step": node.step, "args": args, "settings": _settings(node.settings)}
        case Branch():
            return {"kind": "branch", **found, "arms": _arms(node, lines), "merged": _merged(node)}
        case FanOut():
            return {
                "kind": "fan_out",
                **found,
                "item": node.item,
                "item_type": type_json(node.item_type),
                "source": expr_json(node.source),
                "limit": node.limit,
                "tolerate": None if node.tolerate is None else [node.tolerate.kind, node.tolerate.amount],
                "nodes": _region(node.region, lines),
                "result": _optional(node.result),
            }
        case _:
            assert_never(node)


def _place(line: Line | None) -> dict[str, Json]:
    return {"file": None, "line": 0} if line is None else {"file": line.file, "line": line.number}


def _arms(branch: Branch, lines: Mapping[str, Line]) -> Json:
    return [{"label": arm.label, "condition": _optional(arm.condition), "nodes": _region(arm.region, lines)} for arm in branch.arms]


def _merged(branch: Branch) -> Json:
    return [{"name": m.name, "type": type_json(m.type), "values": [expr_json(value) for value in m.values]} for m in branch.merged]


def _optional(expr: Expr | None) -> Json:
    return None if expr is None else expr_json(expr)


def _settings(settings: Settings) -> Json:
    """As the runner's program has them, and what only engines use."""
    found = settings_json(settings)
    assert isinstance(found, dict)
    assert isinstance(found["resources"], dict)
    resources = found["resources"] | {"shm": settings.resources.shm}
    effects: Json = None if settings.effects is None else list(settings.effects)
    more: dict[str, Json] = {"image": settings.image, "effects": effects}
    publishes: list[Json] = list(settings.publishes)
    promises: dict[str, Json] = {"idempotent": settings.idempotent, "cache": _cache(settings.cache), "publishes": publishes}
    return found | more | promises | {"resources": resources}


def _cache(cache: Cache | None) -> Json:
    if cache is None:
        return None
    return {"version": cache.version, "ttl_ms": cache.ttl_ms, "ignore": list(cache.ignore), "scope": cache.scope}
