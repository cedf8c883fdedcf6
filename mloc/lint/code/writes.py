"""Places where the code of a step changes something outside that a second time would change again."""

from __future__ import annotations

import ast

from mloc import patterns
from mloc.diagnostics.model import Bag, Label
from mloc.diagnostics.rules import CACHED_EFFECT, RETRIED_WRITES
from mloc.elaborate.promises import place
from mloc.lint.code.model import StepCode
from mloc.types.python.reach import Code, dotted, short

_ASKS = tuple(f"{package}.{ask}" for package in ("requests", "httpx") for ask in ("post", "patch"))
_SENDS = frozenset("send_message sendmail chat_postMessage insert_one insert_many insert_rows_json".split())
_INSERT = patterns.of(r"(?i)^\s*(?:insert\s+into|copy\s+\w+\s+from)\b")
_ONCE = patterns.of(r"(?i)\bon\s+conflict\b|\bon\s+duplicate\b|\bmerge\s+into\b|\bnot\s+exists\b|\bdelete\s+from\b|\btruncate\b")


def writes(step: StepCode, bag: Bag) -> None:
    """W0806 of a step that may be tried again, W0807 of one whose results are kept."""
    effects = step.leaves.get("effects")
    if isinstance(effects, tuple) and "writes" in effects:
        return  # which says so, and is held against the rest where it is declared
    cached = bool(step.leaves.get("cache.on"))
    if not (step.retried or cached) or _once(step):
        return
    for code in step.bodies:
        for node in code.nodes:
            what = _writes(node, code)
            if what is None:
                continue
            if step.retried:
                _retried(step, code, node, what, bag)
            if cached:
                _cached(step, code, node, what, bag)
            return


def _retried(step: StepCode, code: Code, node: ast.AST, what: str, bag: Bag) -> None:
    there = place(step.step, "retry")
    step.report(
        bag,
        RETRIED_WRITES,
        code,
        node,
        f"step `{step.name}` is retried, and its code {what} (`{short(node)}`): another attempt writes it again",
        label="once for each attempt",
        also=() if there is None else (Label(there, "tried again here"),),
        help="say `idempotent` if doing it twice is the same as once, or `retry 0`",
    )


def _cached(step: StepCode, code: Code, node: ast.AST, what: str, bag: Bag) -> None:
    there = place(step.step, "cache")
    step.report(
        bag,
        CACHED_EFFECT,
        code,
        node,
        f"step `{step.name}` is cached, and its code {what} (`{short(node)}`): a run that finds the result does not",
        label="left out when a result is found",
        also=() if there is None else (Label(there, "kept here"),),
        help="leave `cache` out, or do it in a step of its own",
    )


def _once(step: StepCode) -> bool:
    """Whether some text of the code makes a second time harmless: what is there is deleted or left first."""
    texts = (node.value for code in step.bodies for node in code.nodes if isinstance(node, ast.Constant) and isinstance(node.value, str))
    return any(_ONCE.search(text) for text in texts)


def _writes(node: ast.AST, code: Code) -> str | None:
    match node:
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Call(func=asked), attr="raise_for_status"))) if (
            dotted(asked, code) in _ASKS
        ):
            return "sends something to a server"
        case ast.Expr(value=ast.Call(func=asked)) if dotted(asked, code) in _ASKS:
            return "sends something to a server"
        case ast.Call(func=ast.Attribute(attr="to_sql"), keywords=keywords) if _says(keywords, "if_exists", "append"):
            return "appends to a table"
        case ast.Call(func=ast.Attribute(attr="mode"), args=[ast.Constant(value="append")]):
            return "appends to a table"
        case ast.Call(func=ast.Attribute(attr="execute" | "executemany"), args=[first, *_]) if _INSERT.search(_text(first)):
            return "inserts rows"
        case ast.Call(func=ast.Attribute(attr=method)) if method in _SENDS:
            return "sends a message" if "insert" not in method else "inserts rows"
        case ast.Call(func=ast.Name(id="open"), args=[path, ast.Constant(value=str(mode)), *_]) if "a" in mode and not _is_relative(path):
            return "appends to a file"
        case _:
            return None


def _says(keywords: list[ast.keyword], name: str, value: str) -> bool:
    return any(k.arg == name and isinstance(k.value, ast.Constant) and k.value.value == value for k in keywords)


def _text(expr: ast.expr) -> str:
    match expr:
        case ast.Constant(value=str(text)) | ast.JoinedStr(values=[ast.Constant(value=str(text)), *_]):
            return text
        case ast.Call(args=[inner, *_]):
            return _text(inner)
        case _:
            return ""


def _is_relative(path: ast.expr) -> bool:
    """Whether a path lies in the step's own folder, which each attempt has anew."""
    return isinstance(path, ast.Constant) and not str(path.value).startswith("/")
