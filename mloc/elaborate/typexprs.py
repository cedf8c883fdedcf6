"""Type expressions: from what was written to types."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mloc.diagnostics.model import Edit, Fix, Label
from mloc.diagnostics.rules import (
    BAD_DOMAIN,
    DEFAULT_DOMAIN,
    DEFAULT_TYPE,
    DUPLICATE,
    DUPLICATE_COLUMN,
    UNKNOWN_TYPE,
)
from mloc.diagnostics.suggest import correction, suggest
from mloc.elaborate.expect import Expectation, convert
from mloc.elaborate.meant import meant
from mloc.elaborate.scope import Scope
from mloc.ir.constant import outside
from mloc.source import Span
from mloc.syntax import tree as t
from mloc.types.model import (
    BOOL,
    BYTES,
    DATE,
    DATETIME,
    DURATION,
    FLOAT,
    INT,
    RATIO,
    SCALARS,
    STR,
    UNKNOWN,
    Bounds,
    Column,
    Dir,
    Domain,
    Enum,
    Field,
    File,
    ListOf,
    MapOf,
    Metrics,
    Model,
    OneOf,
    Optional,
    Record,
    Row,
    Table,
    Type,
    Unknown,
    is_artifact,
    is_known,
    optional,
)
from mloc.types.relate import mismatch
from mloc.types.show import show

if TYPE_CHECKING:
    from mloc.elaborate.declarations import FileScope

_BUILT_IN = [*SCALARS, "list", "map", "File", "Dir", "Table", "Model", "Metrics", "column"]
_ARITY = {"list": 1, "map": 2, "File": 1, "Model": 1, "column": 1}
_FAMILIAR = {
    "string": "str",
    "text": "str",
    "integer": "int",
    "number": "float",
    "double": "float",
    "boolean": "bool",
    "dict": "map[str, …]",
    "array": "list[…]",
    "DataFrame": "Table{…}",
    "Path": "File",
    "Directory": "Dir",
    "timestamp": "datetime",
    "long": "int",
    "Optional": "T?",
    "List": "list[…]",
    "Dict": "map[str, …]",
    "any": "a precise type",
    "Any": "a precise type",
    "object": "a precise type",
}
_RANGED = (INT, FLOAT, DURATION, DATE, DATETIME, BYTES, RATIO)


class TypeExpressions:
    """Resolves the type expressions of one file."""

    def __init__(self, file: FileScope) -> None:
        self.file = file

    def resolve(self, expr: t.TypeExpr, name: str = "") -> Type:
        """The type meant; `name` is the alias being declared, for messages about it later.

        A type with something unknown in it, which is reported here, is unknown: nothing else is said of what has it.
        """
        type_ = self._base(expr, name)
        if not is_known(type_):
            return UNKNOWN
        return optional(type_) if expr.optional else type_

    def _bad(self, span: Span, message: str, help_: str | None = None, fix: Fix | None = None) -> Type:
        self.file.bag.report(UNKNOWN_TYPE, span, message, help=help_, fix=fix)
        return UNKNOWN

    def _base(self, expr: t.TypeExpr, alias: str) -> Type:
        if expr.name is None:
            assert expr.row is not None
            return Record(self._row_fields(expr.row, "a record"), alias)
        name = expr.name.text
        if name in SCALARS or name == "Dir":
            return self._plain(expr, name)
        match name:
            case "list" | "map":
                return self._collection(expr, name)
            case "File" | "Model":
                return self._formatted(expr, name)
            case "Table":
                if expr.arguments:
                    return self._bad(expr.span, "`Table` takes columns in braces", "as in `Table{id: int, name: str}`")
                return Table(Row((), open=True) if expr.row is None else self.row(expr.row), alias)
            case "Metrics":
                if expr.row is None or expr.arguments:
                    return self._bad(expr.span, "`Metrics` takes its fields in braces", "as in `Metrics{auc: float}`")
                return self._metrics(expr.row)
            case "column":
                return (
                    STR
                    if len(expr.arguments) == 1
                    else self._bad(expr.span, "`column` takes the name of a table input", "as in `column[rows]`")
                )
            case _:
                return self._declared(expr, name)

    def _plain(self, expr: t.TypeExpr, name: str) -> Type:
        if expr.arguments or expr.row is not None:
            return self._bad(expr.span, f"`{name}` takes no arguments")
        return Dir() if name == "Dir" else SCALARS[name]

    def _collection(self, expr: t.TypeExpr, name: str) -> Type:
        if len(expr.arguments) != _ARITY[name] or expr.row is not None:
            example = "list[int]" if name == "list" else "map[str, int]"
            return self._bad(
                expr.span, f"`{name}` takes {'one type' if name == 'list' else 'a key and a value type'} in brackets", f"as in `{example}`"
            )
        types = [self.resolve(a) for a in expr.arguments]
        if name == "list":
            return ListOf(types[0])
        if types[0] != STR and not isinstance(types[0], Unknown):
            return self._bad(
                expr.arguments[0].span, f"the keys of a map are `str`, found `{show(types[0])}`", "engines carry maps as JSON objects"
            )
        return MapOf(types[1])

    def _formatted(self, expr: t.TypeExpr, name: str) -> Type:
        if expr.row is not None or len(expr.arguments) > 1:
            return self._bad(
                expr.span,
                f"`{name}` takes one name in brackets, or none",
                "as in `File[csv]`" if name == "File" else "as in `Model[sklearn]`",
            )
        if not expr.arguments:
            return File() if name == "File" else Model()
        argument = expr.arguments[0]
        if argument.name is None or argument.arguments or argument.row is not None or argument.optional:
            return self._bad(
                argument.span,
                f"the format of a `{name}` is a plain name",
                "as in `File[csv]`" if name == "File" else "as in `Model[sklearn]`",
            )
        return File(argument.name.text) if name == "File" else Model(argument.name.text)

    def _declared(self, expr: t.TypeExpr, name: str) -> Type:
        assert expr.name is not None
        found = self.file.find(name)
        head = name.partition(".")[0]
        if found is None:
            if name in self.file.poisoned or head in self.file.poisoned:
                return UNKNOWN
            names = [*_BUILT_IN, *self.file.names_of(t.TypeAliasDef, t.RecordDef, t.EnumDef)]
            near = suggest(name, names)
            familiar = _FAMILIAR.get(name)
            help_ = (
                f"mlp calls it `{familiar}`"
                if familiar
                else f"did you mean `{near}`?"
                if near
                else "declare it with `type`, `record` or `enum`"
            )
            fix = correction(expr.name.span, name, names)
            if familiar is not None:
                fix = Fix("machine-applicable", (Edit(expr.name.span, familiar),)) if familiar.isidentifier() else None
            return self._bad(expr.name.span, f"`{name}` is not a type", help_, fix)
        if not isinstance(found.declaration, (t.TypeAliasDef, t.RecordDef, t.EnumDef)):
            return self._bad(expr.name.span, f"`{name}` is not a type")
        if expr.arguments or expr.row is not None:
            return self._bad(expr.span, f"`{name}` takes no arguments")
        return found.file.type_named(found.declaration)

    # ---- rows ----

    def row(self, expr: t.RowExpr) -> Row:
        columns: list[Column] = []
        seen: dict[str, Span] = {}
        rest: t.RestExpr | None = None
        for column in expr.columns:
            if isinstance(column, t.RestExpr):
                if rest is not None:
                    self._bad(column.span, "a row has one `...`")
                rest = column
                continue
            if column.name.text in seen:
                there = Label(seen[column.name.text], "first here")
                self.file.bag.report(
                    DUPLICATE_COLUMN, column.name.span, f"column `{column.name.text}` stands twice in this row", secondary=(there,)
                )
                continue
            seen[column.name.text] = column.name.span
            columns.append(Column(column.name.text, self._column_type(column), column.doc))
        variable = None if rest is None or rest.variable is None else rest.variable.text
        return Row(tuple(columns), open=rest is not None, variable=variable)

    def _column_type(self, column: t.ColumnExpr) -> Type:
        type_ = self.resolve(column.type)
        bare = type_.item if isinstance(type_, Optional) else type_
        if is_artifact(bare) or isinstance(bare, (Record, Metrics)):
            return self._bad(column.type.span, f"a column cannot be `{show(type_)}`", "columns hold scalars, enums and lists")
        return type_

    def _row_fields(self, expr: t.RowExpr, what: str) -> tuple[Field, ...]:
        fields: dict[str, Field] = {}
        for column in expr.columns:
            if isinstance(column, t.RestExpr):
                self._bad(column.span, f"{what} has no `...`", "extra fields are always accepted")
            elif column.name.text in fields:
                self.file.bag.report(DUPLICATE, column.name.span, f"field `{column.name.text}` stands twice")
            else:
                fields[column.name.text] = Field(column.name.text, self.resolve(column.type), doc=column.doc)
        return tuple(fields.values())

    def _metrics(self, expr: t.RowExpr) -> Type:
        fields = self._row_fields(expr, "`Metrics`")
        for field, column in zip(fields, [c for c in expr.columns if isinstance(c, t.ColumnExpr)], strict=False):
            if field.type not in (INT, FLOAT, BOOL, UNKNOWN):
                self._bad(column.type.span, f"a metric is `float`, `int` or `bool`, found `{show(field.type)}`")
        return Metrics(fields)

    # ---- fields, defaults and domains ----

    def fields(self, params: tuple[t.Param, ...]) -> tuple[Field, ...]:
        """The fields of a record declaration."""
        fields: dict[str, Field] = {}
        for param in params:
            if param.name.text in fields:
                self.file.bag.report(DUPLICATE, param.name.span, f"field `{param.name.text}` stands twice")
                continue
            type_, default, domain = self.param(param)
            fields[param.name.text] = Field(param.name.text, type_, default, domain, param.doc)
        return tuple(fields.values())

    def param(self, param: t.Param) -> tuple[Type, str | None, Domain | None]:
        """Type, default (canonical text) and domain of a parameter, input or field."""
        type_ = self.resolve(param.type)
        domain = None if param.domain is None else self.domain(param.domain, type_)
        if param.default is None:
            return type_, None, domain
        default = self._default(param, type_)
        if default is None:
            return UNKNOWN, None, None  # reported: nothing else is said of it
        if domain is not None:
            problem = outside(domain, type_, default, param.name.text)
            if problem is not None and param.domain is not None:
                there = Label(param.domain.span, "the domain")
                self.file.bag.report(
                    DEFAULT_DOMAIN, param.default.span, f"the default of `{param.name.text}`: {problem}", secondary=(there,)
                )
        return type_, default, domain

    def _default(self, param: t.Param, type_: Type) -> str | None:
        assert param.default is not None
        value = self.file.exprs.infer(param.default, Scope(), type_)
        if isinstance(value.type, Unknown) or isinstance(type_, Unknown):
            return None
        if is_artifact(type_):
            message = f"`{param.name.text}` is a `{show(type_)}` and has no default: a path would be one of a single machine"
            there = Label(param.type.span, f"declared `{show(type_)}` here")
            left_out = f"one that may be left out is a `{show(type_)}?` with the default `null`"
            given = f"give it at launch, as in `--set {param.name.text}=path`; {left_out}"
            self.file.bag.report(DEFAULT_TYPE, param.default.span, message, secondary=(there,), help=given)
            return None
        problem = mismatch(value.type, type_)
        if problem is not None:
            there = Label(param.type.span, f"declared `{show(type_)}` here")
            written = self.file.exprs.written(param.default.span)
            what = f"{written} (`{show(value.type)}`)" if written not in ("this", "`null`") else f"`{show(value.type)}`"
            likely = meant(value, type_.item if isinstance(type_, Optional) else type_)
            fix = None if likely is None else likely.fix(param.default.span)
            message = f"the default of `{param.name.text}` is {what}, its type is `{show(type_)}`"
            help_ = None if likely is None else likely.help
            self.file.bag.report(DEFAULT_TYPE, param.default.span, message, secondary=(there,), help=help_, fix=fix)
            return None
        constant = self.file.compile_time(convert(value, type_), param.default.span)
        return None if isinstance(constant.type, Unknown) else constant.text

    def domain(self, expr: t.DomainExpr, type_: Type) -> Domain | None:
        """The domain of a value of a type; what is wrong with it is reported."""
        bare = type_.item if isinstance(type_, Optional) else type_
        if isinstance(bare, Unknown):
            return None
        if isinstance(expr, t.RangeDomain):
            return self._range(expr, bare)
        return self._choices(expr, bare)

    def _range(self, expr: t.RangeDomain, type_: Type) -> Domain | None:
        of_length = isinstance(type_, (ListOf, MapOf))
        if not of_length and type_ not in _RANGED:
            help_ = 'give the allowed values: `in ["a", "b"]`' if type_ == STR or isinstance(type_, Enum) else None
            self.file.bag.report(BAD_DOMAIN, expr.span, f"a range does not apply to `{show(type_)}`", help=help_)
            return None
        wanted = INT if of_length else type_
        ends = [self._end(end, wanted) for end in (expr.low, expr.high)]
        if ends[0] is None or ends[1] is None:
            return None
        bounds = Bounds(ends[0], ends[1])
        if outside(bounds, wanted, bounds.low, "low") is not None:
            self.file.bag.report(BAD_DOMAIN, expr.span, f"this range is empty: {bounds.low} is above {bounds.high}")
            return None
        return bounds

    def _end(self, expr: t.Expr, type_: Type) -> str | None:
        value = self.file.exprs.value(expr, Scope(), Expectation(type_, "an end of this range"))
        constant = self.file.compile_time(value, expr.span)
        return None if isinstance(constant.type, Unknown) else constant.text

    def _choices(self, expr: t.ChoiceDomain, type_: Type) -> Domain | None:
        if not isinstance(type_, Enum) and type_ not in (STR, INT):
            self.file.bag.report(
                BAD_DOMAIN,
                expr.span,
                f"a choice of values does not apply to `{show(type_)}`",
                help="choices are of strings, enum members or ints",
            )
            return None
        if not isinstance(expr.choices, t.ListLiteral) or not expr.choices.items:
            self.file.bag.report(
                BAD_DOMAIN, expr.span, "a domain is a range or a list of values", help='as in `in 0..10` or `in ["a", "b"]`'
            )
            return None
        members = [self._end(item, type_) for item in expr.choices.items]
        return None if None in members else OneOf(tuple(m for m in members if m is not None))
