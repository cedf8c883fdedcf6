"""Reads the files that a pipeline carries back out of its YAML, whoever has written that anew."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import yaml

from mloc_kfp import bundle


def unpack(data: bytes) -> Mapping[str, bytes]:
    """The files; none when this is no pipeline of ours."""
    if bundle.VARIABLE.encode() not in data:
        return {}
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        documents = list(yaml.load_all(data, loader))
    except yaml.YAMLError:
        return {}
    variables = {name: value for document in documents for name, value in _variables(document)}
    return bundle.unpack(variables) if variables else {}


def _variables(value: object) -> Iterator[tuple[str, str]]:
    """The bundle's variables, wherever they stand: a workflow of Argo's has them deeper than a PipelineSpec."""
    if isinstance(value, dict):
        name, text = value.get("name"), value.get("value")
        if isinstance(name, str) and isinstance(text, str) and name.startswith(bundle.VARIABLE):
            yield name, text
        for inner in value.values():
            yield from _variables(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _variables(inner)
