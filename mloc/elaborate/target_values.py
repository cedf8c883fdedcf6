"""The value of a target's attribute: what stands in the program, read as its schema wants it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

from mloc.diagnostics.rules import BAD_ATTRIBUTE
from mloc.elaborate.expect import Expectation
from mloc.elaborate.scope import Scope
from mloc.frozen import dataclass
from mloc.source import Span
from mloc.syntax import tree as t
from mloc.targets.fit import misfit
from mloc.targets.model import Attribute
from mloc.types.encode import Json
from mloc.types.model import BOOL, BYTES, DURATION, FLOAT, INT, STR, ListOf, MapOf, Type, Unknown

if TYPE_CHECKING:
    from mloc.elaborate.declarations import FileScope

Schema = Mapping[str, Json]
_SCALARS = {"string": STR, "integer": INT, "number": FLOAT, "boolean": BOOL}
_FORMATS = {"duration": DURATION, "bytes": BYTES}


class _NoValue(Exception):
    """What was written is no such value, and has been reported."""


@dataclass(frozen=True, slots=True)
class Values:
    """Reads the values of one file's target blocks."""

    file: FileScope

    def of(self, written: t.Attribute, attribute: Attribute) -> Json | None:
        """The value of an attribute; None when it was reported to have none."""
        try:
            value = self._whole(written, attribute)
        except _NoValue:
            return None
        problem = misfit(value, attribute.schema, attribute.name)
        if problem is None:
            return value
        self._report(written.arguments[0].span if written.arguments else written.span, problem, attribute)
        return None

    def _report(self, span: Span, message: str, attribute: Attribute) -> _NoValue:
        self.file.bag.report(BAD_ATTRIBUTE, span, message, help=f"as in `{attribute.example}`")
        return _NoValue()

    def _whole(self, written: t.Attribute, attribute: Attribute) -> Json:
        """The forms of an attribute: a value, several of a list, `key=value` pairs, a block of them, or nothing for a flag."""
        schema = attribute.schema
        kind = str(schema.get("type"))
        items = cast("Schema", schema.get("items", {}))
        plain = [argument.value for argument in written.arguments if argument.name is None]
        named = [(argument.name, argument.value) for argument in written.arguments if argument.name is not None]
        if written.block is not None:
            members = self._block(written.block, schema if kind == "object" else items, attribute)
            return members if kind == "object" else [members]
        shape = schema if kind == "object" else items
        if written.kind is not None and kind == "string" and not written.arguments:
            # `run` is a word of the grammar's own: what follows it is no expression.
            return written.kind.text
        if named or written.kind is not None or (plain and attribute.key is not None and not isinstance(plain[0], t.ListLiteral)):
            if shape.get("type") != "object":
                raise self._report(written.span, f"`{attribute.name}` takes no named values", attribute)
            members = self._members(written, plain, named, shape, attribute)
            return members if kind == "object" else [members]
        if kind == "boolean" and not plain:
            return True
        if kind == "array" and (len(plain) > 1 or (plain and not _is_list(plain[0], self.file))):
            return [self._value(value, items, attribute) for value in plain]
        if len(plain) != 1:
            what = "a value" if not plain else "one value"
            raise self._report(written.span, f"`{attribute.name}` takes {what}", attribute)
        return self._value(plain[0], schema, attribute)

    def _members(
        self, written: t.Attribute, plain: list[t.Expr], named: list[tuple[t.Identifier, t.Expr]], shape: Schema, attribute: Attribute
    ) -> dict[str, Json]:
        found: dict[str, Json] = {}
        if written.kind is not None and attribute.key is not None:
            found[attribute.key] = written.kind.text
        elif plain and attribute.key is not None:
            found[attribute.key] = self._value(plain[0], _member(shape, attribute.key), attribute)
            plain = plain[1:]
        if plain:
            raise self._report(plain[0].span, f"`{attribute.name}` takes further values by name", attribute)
        for name, value in named:
            if name.text in found:
                raise self._report(name.span, f"`{name.text}` is given twice", attribute)
            found[name.text] = self._value(value, _member(shape, name.text), attribute)
        return found

    def _block(self, block: tuple[t.Attribute, ...], shape: Schema, attribute: Attribute) -> dict[str, Json]:
        found: dict[str, Json] = {}
        for inner in block:
            if inner.name.text in found or len(inner.arguments) != 1 or inner.arguments[0].name is not None:
                twice = inner.name.text in found
                what = f"`{inner.name.text}` is given twice" if twice else f"`{inner.name.text}` of `{attribute.name}` takes one value"
                raise self._report(inner.span, what, attribute)
            found[inner.name.text] = self._value(inner.arguments[0].value, _member(shape, inner.name.text), attribute)
        return found

    def _value(self, expr: t.Expr, schema: Schema, attribute: Attribute) -> Json:
        choices = schema.get("enum")
        if isinstance(expr, t.Name) and isinstance(choices, list) and self.file.constant_or_kind(expr.text) is None:
            return expr.text
        if isinstance(expr, t.ListLiteral):
            return [self._value(item, cast("Schema", schema.get("items", {})), attribute) for item in expr.items]
        if isinstance(expr, t.Braces):
            return {entry.key.text: self._value(entry.value, _member(schema, entry.key.text), attribute) for entry in expr.entries}
        if isinstance(expr, t.Null):
            return None
        return self._constant(expr, schema, attribute)

    def _constant(self, expr: t.Expr, schema: Schema, attribute: Attribute) -> Json:
        wanted = _type(schema)
        exprs, scope = self.file.exprs, Scope()
        what = f"`{attribute.name}`"
        value = exprs.typed(expr, scope) if wanted is None else exprs.value(expr, scope, Expectation(wanted, what))
        constant = self.file.compile_time(value, expr.span)
        if isinstance(constant.type, Unknown):
            raise _NoValue
        found: Json = json.loads(constant.text)
        if constant.type in (INT, DURATION, BYTES) and isinstance(found, str):
            return int(found.removeprefix("i:"))
        return found


def _member(schema: Schema, name: str) -> Schema:
    """The schema of a member; an empty one, which says nothing, where there is none: what does not belong is reported as a whole."""
    known, more = schema.get("properties"), schema.get("additionalProperties")
    if isinstance(known, dict) and isinstance(known.get(name), dict):
        return cast("Schema", known[name])
    return cast("Schema", more) if isinstance(more, dict) else {}


def _type(schema: Schema) -> Type | None:
    """The type of the language for values of a schema; None where any will do."""
    kind = str(schema.get("type"))
    if kind == "array":
        inner = _type(cast("Schema", schema.get("items", {})))
        return None if inner is None else ListOf(inner)
    if kind == "object":
        more = schema.get("additionalProperties")
        inner = _type(cast("Schema", more)) if isinstance(more, dict) else None
        return None if inner is None else MapOf(inner)
    return _FORMATS.get(str(schema.get("format")), _SCALARS.get(kind))


def _is_list(expr: t.Expr, file: FileScope) -> bool:
    """Whether a single value is the list itself and not its only item."""
    if isinstance(expr, t.Name):
        found = file.constant_or_kind(expr.text)
        return not isinstance(found, (str, type(None))) and isinstance(found.type, ListOf)
    return isinstance(expr, (t.ListLiteral, t.Projection, t.Subscript, t.Ternary))
