"""The Python code written inside a step: its syntax, the names it uses, and what it returns."""

from __future__ import annotations

import ast
import dis
import keyword
import sys
import warnings
from types import CodeType

from mloc.diagnostics.model import Bag
from mloc.diagnostics.rules import INLINE_NAME, INLINE_SYNTAX, MISSING_RETURN, RETURN_MISMATCH
from mloc.diagnostics.suggest import suggest
from mloc.frozen import dataclass
from mloc.source import Span
from mloc.types.model import MapOf, Metrics, Optional, Record, Unknown
from mloc.types.python.bodies import may_end, only_raises, returns_value
from mloc.types.python.globals import BUILTINS, global_uses
from mloc.types.python.lookup import own_nodes
from mloc.types.signature import Output, Signature

# What people import under a name that says little; a guess for the help line alone.
_CUSTOMARY = {
    "np": "import numpy as np",
    "pd": "import pandas as pd",
    "pl": "import polars as pl",
    "pa": "import pyarrow as pa",
    "pq": "import pyarrow.parquet as pq",
    "plt": "import matplotlib.pyplot as plt",
    "xgb": "import xgboost as xgb",
    "dt": "import datetime as dt",
    "Path": "from pathlib import Path",
    "datetime": "from datetime import datetime",
    "timedelta": "from datetime import timedelta",
}


@dataclass(frozen=True, slots=True)
class Body:
    """The code with the places of its lines in the program."""

    span: Span
    lines: tuple[Span, ...]
    text: tuple[str, ...]

    def at(self, line: int, start: int, end: int) -> Span:
        """The place of columns `start` to `end` of a line, lines counted from 1 and columns from 0; at least one character."""
        if not 1 <= line <= len(self.lines):
            return self.lines[-1] if self.lines else self.span
        whole = self.lines[line - 1]
        first = min(whole.start + start, max(whole.start, whole.end - 1))
        return Span(whole.file, first, max(first + 1, min(whole.start + end, whole.end)))

    def of(self, node: ast.stmt | ast.expr) -> Span:
        """The place of a node, as far as it stands on its first line."""
        line = self.text[node.lineno - 1] if node.lineno <= len(self.text) else ""
        last = node.end_col_offset if node.end_lineno == node.lineno and node.end_col_offset is not None else len(line.encode())
        return self.at(node.lineno, _characters(line, node.col_offset), _characters(line, last))


def _characters(line: str, offset: int) -> int:
    """Python counts the columns of its nodes in bytes, spans count characters."""
    return len(line.encode()[:offset].decode(errors="ignore"))


def check_inline(code: str, body_span: Span, line_spans: tuple[Span, ...], signature: Signature, bag: Bag) -> None:
    """Report what is wrong in the code of an inline step.

    `code` is dedented; `line_spans[i]` is the place in the program of its line `i`.
    """
    body = Body(body_span, line_spans, tuple(code.split("\n")))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(code)
            function = _function(tree.body, signature)
            compiled = compile(function, "<inline>", "exec", dont_inherit=True)
    except SyntaxError as error:
        _report_syntax(body, error, bag)
        return
    except (ValueError, RecursionError, MemoryError) as error:
        bag.report(INLINE_SYNTAX, body_span, f"the Python code cannot be read: {error}", label="not Python")
        return
    _check_names(body, compiled, signature, bag)
    if signature.outputs:
        _check_returns(body, tree.body, signature, bag)


def _function(statements: list[ast.stmt], signature: Signature) -> ast.Module:
    """The code as the body of a function of the inputs, wrapped as a tree so that its strings and lines stay what they are."""
    # Names that Python cannot take are reported where they are declared.
    names = dict.fromkeys(i.name for i in signature.inputs if not keyword.iskeyword(i.name))
    module = ast.parse(f"def _({', '.join(names)}): pass")
    function = module.body[0]
    if isinstance(function, ast.FunctionDef) and statements:
        function.body = statements
    return module


def _report_syntax(body: Body, error: SyntaxError, bag: Bag) -> None:
    line, start = error.lineno or 1, max(0, (error.offset or 1) - 1)
    end = error.end_offset - 1 if error.end_offset and error.end_lineno == line else start + 1
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    bag.report(
        INLINE_SYNTAX,
        body.at(line, start, end),
        f"the code of the step is not Python: {error.msg}",
        label=error.msg,
        notes=(f"read as Python {version}, the version that runs mloc",),
    )


def _check_names(body: Body, compiled: CodeType, signature: Signature, bag: Bag) -> None:
    used = list(global_uses(compiled))
    assigned = {name for name, opname, _ in used if opname.startswith("STORE")}
    if any(name in {"globals", "exec"} for name, _, _ in used):
        # Code that makes names as it runs cannot be checked for them.
        return
    known = assigned | BUILTINS
    seen: set[str] = set()
    for name, opname, position in used:
        if name in known or name in seen or opname.startswith("STORE"):
            continue
        seen.add(name)
        near = suggest(name, [*(i.name for i in signature.inputs), *_locals(compiled)])
        inputs = ", ".join(f"`{i.name}`" for i in signature.inputs)
        help_ = advice(name, near)
        bag.report(
            INLINE_NAME,
            _name_span(body, name, position),
            f"nothing defines `{name}` in the code of step `{signature.name}`",
            label="not defined",
            notes=(f"inline code sees its inputs ({inputs}), what it imports, and Python's built-in names",) if inputs else (),
            help=help_,
        )


def advice(name: str, near: str | None) -> str | None:
    if near is not None:
        return f"did you mean `{near}`?"
    if name in _CUSTOMARY:
        return f"add `{_CUSTOMARY[name]}` to the code"
    return f"add `import {name}` to the code" if name in sys.stdlib_module_names else None


def _name_span(body: Body, name: str, position: dis.Positions | None) -> Span:
    if position is None or position.lineno is None or position.col_offset is None or not 1 <= position.lineno <= len(body.text):
        return body.span
    start = _characters(body.text[position.lineno - 1], position.col_offset)
    return body.at(position.lineno, start, start + len(name))


def _locals(code: CodeType) -> set[str]:
    """The names that the code itself gives values to."""
    inner = [constant for constant in code.co_consts if isinstance(constant, CodeType)]
    return {name for function in inner for name in (*function.co_varnames, *function.co_cellvars) if name.isidentifier()}


def _check_returns(body: Body, statements: list[ast.stmt], signature: Signature, bag: Bag) -> None:
    outputs = signature.outputs
    nullable = len(outputs) == 1 and isinstance(outputs[0].type, (Optional, Unknown))
    if any(isinstance(node, (ast.Yield, ast.YieldFrom)) for node in own_nodes(statements)):
        bag.report(
            RETURN_MISMATCH, body.span, f"the code of step `{signature.name}` has `yield`, so it returns no outputs", label="use `return`"
        )
        return
    if not returns_value(statements):
        if not nullable and not (statements and only_raises(statements)):
            how = f"`return {_example(outputs, signature.named_outputs)}`"
            message = f"the code of step `{signature.name}` returns nothing, but the step declares {_declared(outputs, signature)}"
            bag.report(RETURN_MISMATCH, body.span, message, label="no `return` with a value", help=f"end with {how}")
        return
    for node in own_nodes(statements):
        if isinstance(node, ast.Return):
            _check_return(body, node, signature, bag)
    if may_end(statements) and not nullable:
        message = f"the code of step `{signature.name}` may end without a `return`, and then gives no {_declared(outputs, signature)}"
        bag.report(MISSING_RETURN, body.of(statements[-1]), message, label="may go on past here")


def _declared(outputs: tuple[Output, ...], signature: Signature) -> str:
    if not signature.named_outputs:
        return "output"
    return ("output " if len(outputs) == 1 else "outputs ") + ", ".join(f"`{o.name}`" for o in outputs)


def _example(outputs: tuple[Output, ...], named: bool) -> str:
    if len(outputs) == 1:
        return outputs[0].name if named else "…"
    return "{" + ", ".join(f'"{o.name}": {o.name}' for o in outputs) + "}"


def _check_return(body: Body, node: ast.Return, signature: Signature, bag: Bag) -> None:
    outputs = signature.outputs
    if len(outputs) > 1:
        _check_several(body, node, signature, bag)
        return
    bare = signature.named_outputs and not isinstance(outputs[0].type, (MapOf, Record, Metrics, Unknown))
    if bare and _keys(node.value) == (outputs[0].name,):
        message = f"step `{signature.name}` has one output, which is returned bare, not in a dict"
        bag.report(RETURN_MISMATCH, body.of(node), message, label="a dict", help=f"return the value of `{outputs[0].name}` itself")


def _check_several(body: Body, node: ast.Return, signature: Signature, bag: Bag) -> None:
    example = f"return a dict by name: `return {_example(signature.outputs, named=True)}`"
    names = [o.name for o in signature.outputs]
    keys = _keys(node.value)
    if keys is not None:
        missing = [name for name in names if name not in keys]
        if missing:
            listed = ", ".join(f"`{name}`" for name in missing)
            near = suggest(missing[0], [key for key in keys if key not in names])
            message = f"the code of step `{signature.name}` does not return {listed}"
            advice = f"did you mean `{missing[0]}` by `{near}`?" if near is not None else None
            bag.report(RETURN_MISMATCH, body.of(node), message, label=f"no {listed} in this dict", help=advice)
    elif isinstance(node.value, (ast.Tuple, ast.List, ast.Constant, ast.JoinedStr, ast.Compare)):
        message = f"the code of step `{signature.name}` returns one value for {len(names)} outputs"
        bag.report(RETURN_MISMATCH, body.of(node), message, label="not a dict", help=example)


def _keys(value: ast.expr | None) -> tuple[str, ...] | None:
    """The keys of a dict display, None for anything else or when some are computed."""
    if not isinstance(value, ast.Dict):
        return None
    keys = tuple(key.value for key in value.keys if isinstance(key, ast.Constant) and isinstance(key.value, str))
    return keys if len(keys) == len(value.keys) else None
