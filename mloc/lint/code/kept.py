"""Files and addresses that a cached step is given as a text: the key has their name, and not what is in them."""

from __future__ import annotations

import ast

from mloc.diagnostics.model import Bag, Label
from mloc.diagnostics.rules import CACHED_CHANCE
from mloc.elaborate.promises import place
from mloc.lint.code.model import StepCode
from mloc.types.model import STR, Optional
from mloc.types.python.reach import Code, dotted

_READERS = (
    *(f"pandas.read_{kind}" for kind in ("csv", "parquet", "json", "excel", "feather", "pickle", "table")),
    *(f"polars.{how}_{kind}" for how in ("read", "scan") for kind in ("csv", "parquet", "json")),
    *("numpy.load", "numpy.loadtxt", "joblib.load", "torch.load", "pyarrow.parquet.read_table", "urllib.request.urlopen", "fsspec.open"),
)


def kept(step: StepCode, bag: Bag) -> None:
    """W0801 of a step that reads what a text input names; one that says how long results hold knows it."""
    effects = step.leaves.get("effects")
    said = "cache.ttl" in step.leaves or "cache.version" in step.leaves or (isinstance(effects, tuple) and "reads" in effects)
    if not step.leaves.get("cache.on") or said:
        return
    texts = {i.name for i in step.signature.inputs if (i.type.item if isinstance(i.type, Optional) else i.type) == STR}
    for node in step.own.nodes:
        name = _read(node, step.own)
        if name is None or name not in texts:
            continue
        there = place(step.step, "cache")
        step.report(
            bag,
            CACHED_CHANCE,
            step.own,
            node,
            f"step `{step.name}` is cached, and its code reads what the text `{name}` names: "
            "the key has the name alone, so that a change of what is there is not seen",
            label="not part of the key",
            also=() if there is None else (Label(there, "kept here"),),
            help=f"declare `{name}` as `File`, whose content is part of the key, or say how long results hold: `cache ttl=1d`",
        )
        return


def _read(node: ast.AST, code: Code) -> str | None:
    """The name of which a call opens the file."""
    match node:
        case ast.Call(func=ast.Name(id="open"), args=[ast.Name(id=name)]):
            return name
        case ast.Call(func=function, args=[ast.Name(id=name), *_]) if dotted(function, code) in _READERS:
            return name
        case ast.Call(func=ast.Attribute(value=ast.Call(func=maker, args=[ast.Name(id=name)]), attr="read_text" | "read_bytes")):
            return name if dotted(maker, code) == "pathlib.Path" else None
        case _:
            return None
