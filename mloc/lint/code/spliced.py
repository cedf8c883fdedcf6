"""Inputs that the code of a step pastes into the text of a command or query, where they become code."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from mloc import patterns
from mloc.diagnostics.model import Bag
from mloc.diagnostics.rules import SHELL_SPLICED
from mloc.lint.code.model import StepCode
from mloc.types.model import STR, OneOf, Optional
from mloc.types.python.lookup import own_nodes
from mloc.types.python.reach import Code, dotted

_SHELLS = ("os.system", "os.popen", "subprocess.getoutput", "subprocess.getstatusoutput")
_STARTS = tuple(f"subprocess.{name}" for name in ("run", "call", "check_call", "check_output", "Popen"))
_QUERIES = frozenset("execute executemany executescript read_sql read_sql_query sql query".split())
_VALUE = patterns.of(r"""(?:['"%]|(?:=|<|>|\blike|\bin\s*\()\s*['"]?%?)\Z""")
"""What stands before a value in a query. A table's name cannot be a parameter of one, and is left alone."""


def spliced(step: StepCode, bag: Bag) -> None:
    """W0632 of Python code: the inputs that are any text, followed through the names that they are pasted into."""
    bare = {i.name: i.type.item if isinstance(i.type, Optional) else i.type for i in step.signature.inputs}
    texts = {i.name for i in step.signature.inputs if bare[i.name] == STR and not isinstance(i.domain, OneOf)}
    if not texts:
        return
    nodes = own_nodes(list(step.own.body))
    assigned = {t.id: n.value for n in nodes if isinstance(n, ast.Assign) for t in n.targets if isinstance(t, ast.Name)}
    for node in nodes:
        if not isinstance(node, ast.Call) or not node.args:
            continue
        first = node.args[0]
        value = assigned.get(first.id, first) if isinstance(first, ast.Name) else first
        for name in texts - set(assigned):
            what = _runs(node, first, value, name, step.own)
            if what is not None:
                message = f"the input `{name}` becomes part of {what}: whoever gives the value decides what is run"
                step.report(bag, SHELL_SPLICED, step.own, node, message, label=f"`{name}` is code here", help=_help(what, name))


def _runs(call: ast.Call, first: ast.expr, value: ast.expr, name: str, code: Code) -> str | None:
    """What a call runs that a value was pasted into."""
    function = dotted(call.func, code)
    by_shell = any(k.arg == "shell" and isinstance(k.value, ast.Constant) and k.value.value is True for k in call.keywords)
    if function in _SHELLS or (function in _STARTS and by_shell):
        return f"a command of `{function}`" if _is_pasted(value, name) else None
    if isinstance(call.func, ast.Name) and call.func.id in ("eval", "exec") and code.resolved(call.func.id) is None:
        same = isinstance(first, ast.Name) and first.id == name
        return f"what `{call.func.id}` runs" if same or _is_pasted(value, name) else None
    if isinstance(call.func, ast.Attribute) and call.func.attr in _QUERIES:
        return f"the query of `{call.func.attr}`" if any(_VALUE.search(before) for before in _pastes(value, name)) else None
    return None


def _is_pasted(value: ast.expr, name: str) -> bool:
    return next(_pastes(value, name), None) is not None


def _pastes(value: ast.expr, name: str) -> Iterator[str]:
    """The text before each place where a name is pasted into a text."""
    match value:
        case ast.JoinedStr(values=parts):
            before = ""
            for part in parts:
                if isinstance(part, ast.FormattedValue):
                    if isinstance(part.value, ast.Name) and part.value.id == name:
                        yield before.rstrip(" ").lower() if not before.endswith(("'", '"')) else before
                    before = ""
                elif isinstance(part, ast.Constant):
                    before = str(part.value)
        case ast.BinOp(op=ast.Add(), left=left, right=right):
            yield from _pastes(left, name)
            if isinstance(right, ast.Name) and right.id == name:
                yield _end(left)
            else:
                yield from _pastes(right, name)
        case _:
            return


def _end(left: ast.expr) -> str:
    last = left.right if isinstance(left, ast.BinOp) else left
    return str(last.value).rstrip(" ").lower() if isinstance(last, ast.Constant) else ""


def _help(what: str, name: str) -> str:
    if "query" in what:
        return f'give it as a parameter of the query: `execute("… = ?", ({name},))`'
    if "eval" in what or "exec" in what:
        return "read it as what it is: `json.loads`, `ast.literal_eval`, or a table of what is allowed"
    return f'give the program its words: `subprocess.run(["…", {name}], check=True)`'
