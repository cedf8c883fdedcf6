"""First-party classes as annotations: enumerations and structures with named fields."""

from __future__ import annotations

import ast
from typing import Literal

from mloc.frozen import dataclass, replace
from mloc.types.python.annotations import Annotation, Enumeration, Member, Other, Plain, Resolver, Structure, Unresolved
from mloc.types.python.names import Definition, External, Module

_ENUMS = {f"enum.{name}" for name in ("Enum", "IntEnum", "StrEnum", "Flag", "IntFlag")}
_DATACLASS = {
    *("dataclasses.dataclass", "pydantic.dataclasses.dataclass"),
    *(f"{package}.{name}" for package in ("attr", "attrs") for name in ("define", "frozen", "mutable")),
}
_KINDS: dict[str, Literal["NamedTuple", "TypedDict", "model"]] = {
    "typing.NamedTuple": "NamedTuple",
    "typing.TypedDict": "TypedDict",
    "pydantic.BaseModel": "model",
}
# Bases that add no fields.
_NEUTRAL = {"builtins.object", "typing.Generic", "typing.Protocol", "abc.ABC", "builtins.Exception"}


@dataclass(slots=True)
class _Bases:
    kind: Literal["NamedTuple", "TypedDict", "model", "dataclass", "enum"] | None = None
    plain: Annotation | None = None
    members: tuple[Member, ...] = ()
    enum_members: tuple[str, ...] = ()
    whole: bool = True


def class_annotation(resolver: Resolver, module: Module, node: ast.ClassDef) -> Annotation:
    """What a class of the project means as an annotation."""
    bases = _bases(resolver, module, node)
    if bases.kind == "enum":
        return Enumeration(node.name, bases.enum_members + _enum_members(node))
    decorated = any(_is(resolver, module, decorator, _DATACLASS) for decorator in node.decorator_list)
    kind = "dataclass" if decorated else bases.kind
    if kind is not None:
        own = _own_members(resolver, module, node, kind)
        names = {member.name for member in own}
        members = (*(member for member in bases.members if member.name not in names), *own)
        return Structure(kind, node.name, members, bases.whole)
    if bases.plain is not None:
        return bases.plain
    return Other(node.name) if bases.whole and not node.decorator_list else Unresolved(node.name)


def functional_class(resolver: Resolver, found: Definition, call: ast.Call) -> Structure | None:
    """`Name = NamedTuple("Name", […])`, `TypedDict("Name", {…})` or `namedtuple("Name", …)` with literal fields."""
    callee = resolver.qualified(found.module, call.func)
    fields = call.args[1] if len(call.args) > 1 else None
    match callee, fields:
        case External("typing.NamedTuple"), ast.List(elts=items) | ast.Tuple(elts=items):
            pairs = [(item.elts[0], item.elts[1]) for item in items if isinstance(item, ast.Tuple) and len(item.elts) == 2]
            named = [(name.value, type_) for name, type_ in pairs if isinstance(name, ast.Constant)]
            return Structure("NamedTuple", found.name, tuple(Member(str(n), found.module, t) for n, t in named), len(named) == len(items))
        case External("typing.TypedDict"), ast.Dict(keys=keys, values=values):
            entries = [(key.value, value) for key, value in zip(keys, values, strict=True) if isinstance(key, ast.Constant)]
            return Structure("TypedDict", found.name, tuple(Member(str(n), found.module, t) for n, t in entries), len(entries) == len(keys))
        case External("collections.namedtuple"), ast.Constant(value=str(text)):
            return Structure("NamedTuple", found.name, tuple(Member(n, found.module, None) for n in text.replace(",", " ").split()))
        case External("collections.namedtuple"), ast.List(elts=items) | ast.Tuple(elts=items):
            names = [item.value for item in items if isinstance(item, ast.Constant)]
            return Structure("NamedTuple", found.name, tuple(Member(str(n), found.module, None) for n in names), len(names) == len(items))
        case _:
            return None


def _bases(resolver: Resolver, module: Module, node: ast.ClassDef) -> _Bases:
    result = _Bases()
    for base in node.bases:
        target = base.value if isinstance(base, ast.Subscript) else base
        found = resolver.qualified(module, target)
        name = found.name if isinstance(found, External) else ""
        if name in _ENUMS:
            result.kind = "enum"
        elif name in _KINDS:
            result.kind = _KINDS[name]
        elif name not in _NEUTRAL:
            _inherit(result, resolver.read(module, target))
    return result


def _inherit(result: _Bases, base: Annotation) -> None:
    match base:
        case Structure(kind, _, members, whole):
            result.kind, result.members, result.whole = kind, result.members + members, result.whole and whole
        case Enumeration(_, members):
            result.kind, result.enum_members = "enum", result.enum_members + members
        case Plain():
            result.plain = base
        case Other():
            pass
        case _:
            result.whole = False


def _is(resolver: Resolver, module: Module, node: ast.expr, names: set[str]) -> bool:
    target = node.func if isinstance(node, ast.Call) else node
    found = resolver.qualified(module, target)
    return isinstance(found, External) and found.name in names


def _enum_members(node: ast.ClassDef) -> tuple[str, ...]:
    names: list[str] = []
    for statement in node.body:
        match statement:
            case ast.Assign(targets=targets):
                names += [target.id for target in targets if isinstance(target, ast.Name)]
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr()):
                names.append(name)
            case _:
                pass
    return tuple(name for name in names if not name.startswith("_"))


def _own_members(resolver: Resolver, module: Module, node: ast.ClassDef, kind: str) -> tuple[Member, ...]:
    partial = any(k.arg == "total" and isinstance(k.value, ast.Constant) and k.value.value is False for k in node.keywords)
    members: list[Member] = []
    for statement in node.body:
        match statement:
            case ast.AnnAssign(target=ast.Name(id=name), annotation=annotation, value=value):
                wrapper = _wrapper(resolver, module, annotation)
                if wrapper in {"typing.ClassVar", "dataclasses.KW_ONLY"} or (kind == "model" and name.startswith("_")):
                    continue
                member = Member(name, module, annotation, required=not _has_default(value))
                optional = wrapper == "typing.NotRequired" or (partial and wrapper != "typing.Required")
                members.append(replace(member, required=False) if optional else member)
            case _:
                pass
    return tuple(members)


def _wrapper(resolver: Resolver, module: Module, annotation: ast.expr) -> str:
    target = annotation.value if isinstance(annotation, ast.Subscript) else annotation
    found = resolver.qualified(module, target)
    return found.name if isinstance(found, External) else ""


def _has_default(value: ast.expr | None) -> bool:
    """Whether the value of a field gives a default: `field(…)` and pydantic's `Field(…)` need not."""
    if value is None or (isinstance(value, ast.Constant) and value.value is ...):
        return False
    match value:
        case ast.Call(func=ast.Name(id="field" | "Field") | ast.Attribute(attr="field" | "Field"), args=args, keywords=keywords):
            if any(keyword.arg in {"default", "default_factory", "factory"} or _is_false_init(keyword) for keyword in keywords):
                return True
            return bool(args) and _has_default(args[0])
        case _:
            return True


def _is_false_init(keyword: ast.keyword) -> bool:
    return keyword.arg == "init" and isinstance(keyword.value, ast.Constant) and keyword.value.value is False
