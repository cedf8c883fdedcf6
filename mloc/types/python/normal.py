"""The digest of Python code without what has no meaning: comments, blank lines, how it is laid out."""

from __future__ import annotations

import ast
import hashlib
import json
import warnings
from typing import TypeAlias

_Tree: TypeAlias = "list[_Tree] | dict[str, _Tree] | str"

_WITHOUT_MEANING = frozenset(("ctx", "type_comment", "kind", "type_ignores"))


def digest(source: bytes | str) -> str:
    """The SHA-256 of the syntax tree, the same for every version of Python that reads it so; of the text where it does not parse."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(source)
        text = json.dumps(_tree(tree), sort_keys=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return hashlib.sha256(source if isinstance(source, bytes) else source.encode("utf-8", "surrogatepass")).hexdigest()
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def _tree(node: object) -> _Tree:
    """A node as its kind and its fields, without the empty ones: what a later Python adds is empty in older code."""
    if isinstance(node, ast.Constant):
        # 1, 1.0 and True are equal, and not the same.
        return [type(node.value).__name__, ascii(node.value)]
    if isinstance(node, ast.AST):
        fields = {name: value for name, value in ast.iter_fields(node) if name not in _WITHOUT_MEANING and value not in (None, [])}
        return [type(node).__name__, {name: _tree(value) for name, value in fields.items()}]
    if isinstance(node, list):
        return [_tree(item) for item in node]
    return ascii(node)
