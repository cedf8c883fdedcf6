"""The declarations of a file and of those it imports: what a name at the top level means, resolved when first asked for."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias, Union

from mloc.diagnostics.model import Bag, Label
from mloc.diagnostics.rules import (
    ARGUMENT_TWICE,
    BAD_LITERAL,
    DUPLICATE,
    IMPORT_CYCLE,
    IMPORT_NOT_FOUND,
    NAMES_COLLIDE,
    POSITIONAL_ARGUMENT,
    RECURSIVE_TYPE,
    RESERVED_NAME,
    UNKNOWN_ARGUMENT,
)
from mloc.diagnostics.suggest import correction, suggest
from mloc.elaborate import phases
from mloc.elaborate.attributes import SETTINGS, Leaves
from mloc.elaborate.composites import record as build_record
from mloc.elaborate.expressions import Expressions
from mloc.elaborate.names import folded, reserved
from mloc.elaborate.scope import POISON, Scope
from mloc.elaborate.secrets import flows
from mloc.elaborate.secrets import secret as read_secret
from mloc.elaborate.steps import StepReader
from mloc.elaborate.typexprs import TypeExpressions
from mloc.frozen import dataclass, field
from mloc.ir.constant import NoValue, canonical, is_constant, value_of
from mloc.ir.model import Const, Expr, Secret
from mloc.ir.walk import children
from mloc.source import SourceError, SourceFile, Span
from mloc.syntax import tree as t
from mloc.syntax.parse import parse
from mloc.types.model import DATE, DATETIME, STR, UNKNOWN, Enum, Record, Type, is_known
from mloc.types.python.project import Project

Loader: TypeAlias = Callable[[str], SourceFile]
Named: TypeAlias = Union[t.TypeAliasDef, t.RecordDef, t.EnumDef, t.ConstDef, t.SecretDef, t.StepDef, t.PipelineDef]

_KINDS: dict[type, str] = {
    t.TypeAliasDef: "type",
    t.RecordDef: "record",
    t.EnumDef: "enum",
    t.ConstDef: "constant",
    t.SecretDef: "secret",
    t.StepDef: "step",
    t.PipelineDef: "pipeline",
}


@dataclass(slots=True)
class Found:
    """A declaration with the file it stands in."""

    file: FileScope
    declaration: Named


@dataclass(slots=True)
class World:
    """All files of a program, each loaded once. `loading` is the path of imports being followed."""

    load: Loader
    bag: Bag
    files: dict[str, SourceFile] = field(default_factory=dict)
    scopes: dict[str, FileScope] = field(default_factory=dict)
    projects: dict[str, Project] = field(default_factory=dict)
    loading: list[str] = field(default_factory=list)
    # By name; the declarations that a step uses, by identity.
    secrets: dict[str, Secret] = field(default_factory=dict)
    used_secrets: set[int] = field(default_factory=set)

    def project(self, path: str) -> Project:
        """The project a file belongs to. Raises ProjectError when its configuration is broken."""
        folder = os.path.dirname(path)
        if folder not in self.projects:
            self.projects[folder] = Project.of(Path(path))
        return self.projects[folder]

    def file(self, path: str) -> FileScope:
        """The scope of a file. Raises SourceError when it cannot be read."""
        key = os.path.normpath(path)
        if key in self.scopes:
            return self.scopes[key]
        source = self.load(path)
        self.files[path] = source
        self.loading.append(key)
        scope = FileScope(self, source, parse(source, self.bag))
        self.scopes[key] = scope
        scope.collect()
        self.loading.pop()
        return scope


class FileScope:
    """The top-level names of one file."""

    def __init__(self, world: World, source: SourceFile, module: t.Module) -> None:
        self.world, self.source, self.module, self.bag = world, source, module, world.bag
        self.names: dict[str, Found] = {}
        self.namespaces: dict[str, FileScope] = {}
        self.spans: dict[str, Span] = {}
        self.spelt: dict[str, tuple[str, Span]] = {}
        self.poisoned: set[str] = set(module.broken)
        self.types: dict[str, Type] = {}
        self.consts: dict[str, Const] = {}
        self.resolving: list[str] = []
        self.types_of = TypeExpressions(self)
        self.exprs = Expressions(self, self.bag)
        self.steps = StepReader(self)
        self._defaults: Leaves | None = None
        self._secrets: dict[str, Secret] = {}

    # ---- collecting ----

    def collect(self) -> None:
        for declaration in self.module.declarations:
            match declaration:
                case t.Import(path, name, _):
                    self._import(path, name)
                case t.FromImport(path, names, _):
                    self._from_import(path, names)
                case t.TypeAliasDef() | t.RecordDef() | t.EnumDef() | t.ConstDef() | t.SecretDef() | t.StepDef() | t.PipelineDef():
                    self._declare(declaration.name, Found(self, declaration))
                case _:
                    pass

    def _declare(self, name: t.Identifier, found: Found) -> None:
        if not self.claim(name):
            return
        self.names[name.text] = found
        if isinstance(found.declaration, (t.StepDef, t.PipelineDef)):
            self._distinct(name)

    def _distinct(self, name: t.Identifier) -> None:
        """Steps and pipelines become names on an engine; types and constants do not."""
        other, span = self.spelt.setdefault(folded(name.text), (name.text, name.span))
        if other != name.text:
            message = f"`{name.text}` and `{other}` become the same name on an engine"
            there = Label(span, "the other one")
            help_ = "engines ignore case and underscores; rename one"
            self.bag.report(NAMES_COLLIDE, name.span, message, secondary=(there,), help=help_)

    def claim(self, name: t.Identifier) -> bool:
        """Whether a name may be declared here; reports what stands against it."""
        why = reserved(name.text)
        if why is not None:
            self.poisoned.add(name.text)
            self.bag.report(RESERVED_NAME, name.span, f"`{name.text}` {why} and cannot be a name", help="choose another name")
            return False
        if name.text in self.spans:
            there = Label(self.spans[name.text], "first declared here")
            self.bag.report(DUPLICATE, name.span, f"`{name.text}` is declared twice", secondary=(there,))
            return False
        self.spans[name.text] = name.span
        return True

    def _open(self, path: t.Text) -> FileScope | None:
        here = os.path.dirname(self.source.path)
        target = os.path.join(here, path.value)
        key = os.path.normpath(target)
        if key in self.world.loading:
            cycle = [*self.world.loading[self.world.loading.index(key) :], key]
            shown = " → ".join(os.path.relpath(p, os.path.dirname(self.world.loading[0]) or ".") for p in cycle)
            self.bag.report(
                IMPORT_CYCLE, path.span, f"these files import each other: {shown}", help="move what both need into a third file"
            )
            return None
        if "://" in path.value or os.path.isabs(path.value):
            self.bag.report(IMPORT_NOT_FOUND, path.span, "an import names a file relative to this one, not a URL or an absolute path")
            return None
        try:
            return self.world.file(target)
        except SourceError as error:
            self.bag.report(IMPORT_NOT_FOUND, path.span, str(error), label="imported here")
            return None

    def _import(self, path: t.Text, name: t.Identifier) -> None:
        scope = self._open(path)
        if not self.claim(name):
            return
        if scope is None:
            self.poisoned.add(name.text)
        else:
            self.namespaces[name.text] = scope

    def _from_import(self, path: t.Text, names: tuple[tuple[t.Identifier, t.Identifier | None], ...]) -> None:
        scope = self._open(path)
        for name, alias in names:
            target = alias or name
            if not self.claim(target):
                continue
            if scope is None:
                self.poisoned.add(target.text)
            elif name.text in scope.names:
                self.names[target.text] = scope.names[name.text]
            else:
                self.poisoned.add(target.text)
                if name.text not in scope.poisoned:
                    near = suggest(name.text, list(scope.names))
                    help_ = f"did you mean `{near}`?" if near else None
                    self.bag.report(IMPORT_NOT_FOUND, name.span, f"`{path.value}` declares no `{name.text}`", help=help_)

    # ---- looking up ----

    def find(self, name: str) -> Found | None:
        """The declaration of a name, through a namespace when it has a dot."""
        head, _, rest = name.partition(".")
        if rest:
            space = self.namespaces.get(head)
            return None if space is None else space.names.get(rest)
        return self.names.get(name)

    def names_of(self, *kinds: type) -> list[str]:
        found = [name for name, f in self.names.items() if isinstance(f.declaration, kinds)]
        for space, scope in self.namespaces.items():
            found.extend(f"{space}.{name}" for name, f in scope.names.items() if isinstance(f.declaration, kinds))
        return found

    def value_names(self) -> list[str]:
        return self.names_of(t.ConstDef, t.EnumDef)

    def callable_names(self) -> list[str]:
        return [*self.names_of(t.StepDef, t.PipelineDef, t.RecordDef), "date", "datetime"]

    def is_callable(self, name: str) -> bool:
        found = self.find(name)
        return found is not None and isinstance(found.declaration, (t.StepDef, t.PipelineDef))

    def constant_or_kind(self, name: str) -> Const | str | None:
        """A constant's value, what else the name is in words, or None when nothing defines it."""
        if name in self.poisoned:
            return POISON
        if name in self.namespaces:
            return "module"
        found = self.names.get(name)
        if found is None:
            return None
        if isinstance(found.declaration, t.ConstDef):
            return found.file.constant(found.declaration)
        return _KINDS[type(found.declaration)]

    def member(self, name: str, member: str) -> Const | tuple[str, list[str]] | None:
        """`Enum.member` or `module.CONST`; the kind and members when there is no such one, None when `name` is neither."""
        if name in self.poisoned:
            return POISON
        if name in self.namespaces:
            inner = self.namespaces[name].constant_or_kind(member)
            return inner if isinstance(inner, Const) else ("module", self.namespaces[name].value_names())
        found = self.names.get(name)
        if found is None or not isinstance(found.declaration, t.EnumDef):
            return None
        enum = found.file.type_named(found.declaration)
        if isinstance(enum, Enum) and member in enum.members:
            return Const(enum, f'"{member}"')
        return "enum", list(enum.members) if isinstance(enum, Enum) else []

    # ---- resolving ----

    def type_named(self, declaration: t.TypeAliasDef | t.RecordDef | t.EnumDef) -> Type:
        """The type a declaration of this file names."""
        name = declaration.name.text
        if name in self.types:
            return self.types[name]
        if name in self.resolving:
            cycle = " → ".join([*self.resolving[self.resolving.index(name) :], name])
            self.bag.report(
                RECURSIVE_TYPE, declaration.name.span, f"a type cannot contain itself: {cycle}", help="pass a file or a list of ids instead"
            )
            self.types[name] = UNKNOWN
            return UNKNOWN
        self.resolving.append(name)
        match declaration:
            case t.TypeAliasDef():
                type_ = self.types_of.resolve(declaration.type, name=name)
            case t.RecordDef():
                type_ = Record(self.types_of.fields(declaration.fields), name)
            case _:
                type_ = self._enum(declaration)
        self.resolving.pop()
        return self.types.setdefault(name, type_)

    def _enum(self, declaration: t.EnumDef) -> Type:
        members: dict[str, Span] = {}
        for member in declaration.members:
            if member.text in members:
                there = Label(members[member.text], "first here")
                self.bag.report(
                    DUPLICATE, member.span, f"`{member.text}` stands twice in enum `{declaration.name.text}`", secondary=(there,)
                )
            members.setdefault(member.text, member.span)
        return Enum(declaration.name.text, tuple(members))

    def constant(self, declaration: t.ConstDef) -> Const:
        """The value of a constant of this file."""
        name = declaration.name.text
        if name in self.consts:
            return self.consts[name]
        if name in self.resolving:
            cycle = " → ".join([*self.resolving[self.resolving.index(name) :], name])
            self.bag.report(RECURSIVE_TYPE, declaration.name.span, f"a constant cannot be defined by itself: {cycle}")
            self.consts[name] = POISON
            return POISON
        self.resolving.append(name)
        value = self.compile_time(self.exprs.typed(declaration.value, Scope()), declaration.value.span)
        self.resolving.pop()
        return self.consts.setdefault(name, value)

    def secret(self, declaration: t.SecretDef) -> Secret:
        """A secret of this file with its sources."""
        name = declaration.name.text
        if name not in self._secrets:
            self._secrets[name] = read_secret(self, declaration)
        return self._secrets[name]

    def secret_flows(self, name: str, span: Span, where: str) -> None:
        """Report the use of a secret as a value."""
        found = self.names[name]
        found.file.world.used_secrets.add(id(found.declaration))
        flows(self, name, found.declaration.name.span, span, where)

    def compile_time(self, value: Expr, span: Span, what: str = "this") -> Const:
        """The value of an expression that must be known now; a type with something unknown in it was reported where it was written."""
        if not _all_known(value):
            return POISON
        if not is_constant(value):
            phases.too_late(value, span, what, self.exprs.written(span), self.bag)
            return POISON
        try:
            return value_of(value)
        except NoValue as error:
            self.bag.report(BAD_LITERAL, span, str(error))
            return POISON

    def defaults(self) -> Leaves:
        """What the file's `defaults` blocks set, for its own steps."""
        if self._defaults is None:
            self._defaults = {}
            for declaration in self.module.declarations:
                if isinstance(declaration, t.DefaultsDef):
                    self._defaults.update(self.steps.attributes.read(declaration.attributes, "`defaults`", SETTINGS))
        return self._defaults

    # ---- constructors ----

    def construct(self, expr: t.CallExpr, exprs: Expressions, scope: Scope) -> Expr | None:
        """A record made by its name, a date or a datetime; None when the call is something else."""
        name = _dotted(expr.callee)
        if name in ("date", "datetime") and name not in self.names:
            return self._time(name, expr, exprs, scope)
        found = None if name is None else self.find(name)
        if found is None or not isinstance(found.declaration, t.RecordDef):
            return POISON if name in self.poisoned else None
        record = found.file.type_named(found.declaration)
        if not isinstance(record, Record):
            return POISON
        given: dict[str, tuple[Expr, Span]] = {}
        fields = {f.name: f.type for f in record.fields}
        for argument in expr.arguments:
            if argument.name is None:
                self.bag.report(
                    POSITIONAL_ARGUMENT,
                    argument.span,
                    f"the fields of `{name}` are given by name",
                    help=f"as in `{name}({next(iter(fields), '…')}=…)`",
                )
                continue
            key = argument.name.text
            if key in given:
                self.bag.report(ARGUMENT_TWICE, argument.name.span, f"`{key}` is given twice")
            elif key not in fields:
                near = suggest(key, list(fields))
                help_ = f"did you mean `{near}`?" if near else f"its fields are {', '.join(f'`{f}`' for f in fields)}"
                fix = correction(argument.name.span, key, fields.keys() - given.keys())
                self.bag.report(UNKNOWN_ARGUMENT, argument.name.span, f"`{name}` has no field `{key}`", help=help_, fix=fix)
                fields[key] = UNKNOWN
            given.setdefault(key, (exprs.infer(argument.value, scope, fields.get(key)), argument.value.span))
        return build_record(exprs, record, given, expr.span, f"`{name}`", expr.span)

    def _time(self, name: str, expr: t.CallExpr, exprs: Expressions, scope: Scope) -> Expr:
        type_ = DATE if name == "date" else DATETIME
        example = "2024-01-31" if name == "date" else "2024-01-31T06:00:00Z"
        argument = expr.arguments[0].value if len(expr.arguments) == 1 and expr.arguments[0].name is None else None
        if not isinstance(argument, t.Text):
            self.bag.report(BAD_LITERAL, expr.span, f"`{name}` takes one string literal", help=f'as in `{name}("{example}")`')
            return POISON
        text = exprs.infer(argument, scope, STR)
        assert isinstance(text, Const)
        try:
            return canonical(type_, text.text)
        except NoValue as error:
            self.bag.report(BAD_LITERAL, argument.span, str(error), help=f'as in `{name}("{example}")`')
            return POISON


def _dotted(expr: t.Expr) -> str | None:
    if isinstance(expr, t.Name):
        return expr.text
    if isinstance(expr, t.Member) and isinstance(expr.value, t.Name):
        return f"{expr.value.text}.{expr.name.text}"
    return None


def _all_known(expr: Expr) -> bool:
    return is_known(expr.type) and all(map(_all_known, children(expr)))
