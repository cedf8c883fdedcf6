"""Which Python annotations fit a type: what a step's input may be taken as, and what may be returned for its output."""

from __future__ import annotations

import json
from typing import Literal, TypeAlias, assert_never

from mloc.frozen import dataclass
from mloc.types.model import (
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
    Scalar,
    Table,
    Type,
    Unknown,
)
from mloc.types.python.annotations import (
    ANYTHING,
    NONE,
    Annotation,
    Anything,
    Choice,
    Either,
    Enumeration,
    Items,
    Mapping,
    Member,
    Never,
    Other,
    Places,
    Plain,
    PlainName,
    Resolver,
    Structure,
    Unresolved,
)
from mloc.types.show import show

Direction: TypeAlias = Literal["takes", "gives"]


@dataclass(frozen=True, slots=True)
class Unfit:
    """The annotation does not fit; `reason` says why where that is more than the two types being different."""

    reason: str = ""


@dataclass(frozen=True, slots=True)
class Unsure:
    """The source does not say what `text` in the annotation is."""

    text: str


@dataclass(frozen=True, slots=True)
class AsText:
    """A path is written as `str`: it works, but says less than `Path` does."""


Verdict: TypeAlias = Unfit | Unsure | AsText | None

# What each built-in type arrives as, then what else it may be taken as, or may stand for it when returned.
_ARRIVES: dict[str, PlainName] = {
    "int": "int",
    "float": "float",
    "bool": "bool",
    "str": "str",
    "date": "date",
    "datetime": "datetime",
    "duration": "timedelta",
    "bytes": "int",
    "ratio": "float",
    "null": "None",
}
_ALSO_TAKEN: dict[PlainName, set[PlainName]] = {"int": {"float"}, "bool": {"int", "float"}, "datetime": {"date"}}
_ALSO_GIVEN: dict[PlainName, set[PlainName]] = {"float": {"int"}}


def arrives(type_: Type) -> str:
    """How a function would annotate a value of a type, for messages."""
    match type_:
        case Scalar(name):
            return _ARRIVES[name]
        case Enum():
            return "an Enum with these members, a Literal, or str"
        case Record() | Metrics():
            return "a dataclass, TypedDict, pydantic model, or dict"
        case ListOf(item):
            return f"list[{arrives(item)}]" if isinstance(item, (Scalar, ListOf, MapOf, File, Dir, Optional)) else "list"
        case MapOf(value):
            return f"dict[str, {arrives(value)}]" if isinstance(value, (Scalar, ListOf, MapOf, File, Dir, Optional)) else "dict"
        case Optional(item):
            return f"{arrives(item)} | None"
        case File() | Dir():
            return "Path"
        case Table():
            return "pandas.DataFrame, polars.DataFrame, polars.LazyFrame, pyarrow.Table, or Path"
        case Model() | Unknown():
            return "Any"
        case _:
            assert_never(type_)


def takes(resolver: Resolver, type_: Type, annotation: Annotation, domain: Domain | None = None) -> Verdict:
    """Whether a parameter with this annotation takes every value of the type (and domain)."""
    return _Fit(resolver, "takes").check(type_, annotation, domain)


def gives(resolver: Resolver, type_: Type, annotation: Annotation, domain: Domain | None = None) -> Verdict:
    """Whether everything that this annotation allows may be a value of the type (and domain)."""
    return _Fit(resolver, "gives").check(type_, annotation, domain)


@dataclass(frozen=True, slots=True)
class _Fit:
    resolver: Resolver
    direction: Direction

    def check(self, type_: Type, annotation: Annotation, domain: Domain | None = None) -> Verdict:
        match annotation:
            case Anything() | Never():
                return None
            case Unresolved(text):
                # Any class may be a model, wherever it comes from.
                return None if isinstance(type_, (Model, Unknown)) else Unsure(text)
            case Either(members):
                return self._either(type_, members, domain)
            case _:
                return self._known(type_, annotation, domain)

    def _either(self, type_: Type, members: tuple[Annotation, ...], domain: Domain | None) -> Verdict:
        others = tuple(member for member in members if member != NONE)
        if self.direction == "gives":
            if len(others) < len(members) and not _may_be_null(type_):
                return Unfit(f"it may be None, and `{show(type_)}` may not be null")
            return _worst([self.check(type_, member, domain) for member in others])
        if isinstance(type_, Optional) and len(others) == len(members):
            return _may_be_none(type_)
        wanted = type_.item if isinstance(type_, Optional) else type_
        return _best([self.check(wanted, member, domain) for member in others])

    def _known(self, type_: Type, annotation: Annotation, domain: Domain | None) -> Verdict:
        match type_:
            case Unknown():
                return None
            case Optional(item):
                if self.direction == "gives":
                    return None if annotation == NONE else self.check(item, annotation, domain)
                return self.check(item, annotation, domain) or _may_be_none(type_)
            case Scalar(name):
                return self._scalar(_ARRIVES[name], annotation, domain)
            case Enum(_, members):
                return self._enum(members, annotation)
            case Record(fields) | Metrics(fields):
                return self._fields(fields, annotation)
            case ListOf(item):
                return self._items(item, annotation)
            case MapOf(value):
                return self._mapping(value, annotation)
            case File() | Dir():
                return None if annotation == Plain("Path") else AsText() if annotation == Plain("str") else Unfit()
            case Table():
                return None if annotation in (Plain("frame"), Plain("Path")) else Unfit()
            case Model():
                return Unfit() if annotation in (Plain("str"), NONE) else None
            case _:
                assert_never(type_)

    def _scalar(self, wanted: PlainName, annotation: Annotation, domain: Domain | None) -> Verdict:
        match annotation:
            case Plain(name):
                others = _ALSO_TAKEN if self.direction == "takes" else _ALSO_GIVEN
                return None if name == wanted or name in others.get(wanted, set()) else Unfit()
            case Choice(values):
                return self._choice(wanted, values, domain)
            case _:
                return Unfit()

    def _choice(self, wanted: PlainName, values: tuple[str | int | None, ...], domain: Domain | None) -> Verdict:
        kind = {"str": str, "int": int, "bool": bool}.get(wanted)
        if kind is None or any(type(value) is not kind for value in values):
            return Unfit()
        if self.direction == "gives":
            return None
        if not isinstance(domain, OneOf):
            listed = ", ".join(json.dumps(value) for value in values)
            return Unfit(f"the input takes any {wanted}; `in [{listed}]` would make it take these alone")
        missing = [text for text in domain.members if json.loads(text) not in values]
        return Unfit(f"it does not take {', '.join(missing)}") if missing else None

    def _enum(self, members: tuple[str, ...], annotation: Annotation) -> Verdict:
        match annotation:
            case Plain("str"):
                return None
            case Enumeration(name, theirs):
                return self._members(members, name, theirs)
            case Choice(values) if all(isinstance(value, str) for value in values):
                return self._members(members, "the Literal", tuple(str(value) for value in values))
            case _:
                return Unfit()

    def _members(self, ours: tuple[str, ...], name: str, theirs: tuple[str, ...]) -> Verdict:
        if self.direction == "takes":
            missing = [member for member in ours if member not in theirs]
            return Unfit(f"{name} has no {_names(missing)}") if missing else None
        extra = [member for member in theirs if member not in ours]
        return Unfit(f"{name} also has {_names(extra)}") if extra else None

    def _items(self, item: Type, annotation: Annotation) -> Verdict:
        match annotation:
            case Items(inner, kind) if self.direction == "takes" or kind != "set":
                return _inside("an item", self.check(item, inner), item, inner)
            case Places(items) if self.direction == "gives":
                return _worst([_inside("an item", self.check(item, inner), item, inner) for inner in items])
            case _:
                return Unfit()

    def _mapping(self, value: Type, annotation: Annotation) -> Verdict:
        match annotation:
            case Mapping(key, inner):
                if key not in (ANYTHING, Plain("str")) and not isinstance(key, (Unresolved, Choice)):
                    return Unfit("the keys of a map are str")
                return _inside("a value", self.check(value, inner), value, inner)
            case _:
                return Unfit()

    def _fields(self, fields: tuple[Field, ...], annotation: Annotation) -> Verdict:
        match annotation:
            case Mapping(key, inner):
                if key not in (ANYTHING, Plain("str")):
                    return Unfit("the names of fields are str")
                return _worst([_inside(f"field `{f.name}`", self.check(f.type, inner), f.type, inner) for f in fields])
            case Structure():
                return self._structure(fields, annotation)
            case _:
                return Unfit()

    def _structure(self, fields: tuple[Field, ...], structure: Structure) -> Verdict:
        theirs = {member.name: member for member in structure.members}
        ours = {f.name for f in fields}
        if self.direction == "gives" and structure.whole:
            lacking = [f.name for f in fields if f.default is None and f.name not in theirs]
            if lacking:
                return Unfit(f"`{structure.name}` has no field {_names(lacking)}")
        if self.direction == "takes":
            # A field that the class does not have is left out, as everywhere in the language.
            unmet = [member.name for member in structure.members if member.required and member.name not in ours]
            if unmet:
                return Unfit(f"`{structure.name}` needs a field {_names(unmet)}")
        return _worst([self._member(f, theirs[f.name]) for f in fields if f.name in theirs])

    def _member(self, ours: Field, member: Member) -> Verdict:
        annotation = self.resolver.read(member.module, member.annotation)
        return _inside(f"field `{ours.name}`", self.check(ours.type, annotation, ours.domain), ours.type, annotation)


def describe(annotation: Annotation) -> str:
    """An annotation's meaning in a word or two, for messages about a part of a larger one."""
    match annotation:
        case Plain("frame"):
            return "a table"
        case Plain(name) | Other(name) | Enumeration(name) | Structure(_, name):
            return name
        case Choice(values):
            return f"Literal[{', '.join(repr(value) for value in values)}]"
        case Either(members):
            return " | ".join(describe(member) for member in members)
        case Items(item, kind):
            return f"tuple[{describe(item)}, ...]" if kind == "tuple" else f"{kind}[{describe(item)}]"
        case Places(items):
            return f"tuple[{', '.join(describe(item) for item in items)}]"
        case Mapping(key, value):
            return f"dict[{describe(key)}, {describe(value)}]"
        case Anything():
            return "Any"
        case Never():
            return "Never"
        case Unresolved(text):
            return text
        case _:
            assert_never(annotation)


def _inside(where: str, verdict: Verdict, type_: Type, annotation: Annotation) -> Verdict:
    if not isinstance(verdict, Unfit):
        return verdict
    return Unfit(f"{where}: {verdict.reason or f'`{show(type_)}` against `{describe(annotation)}`'}")


def _may_be_none(type_: Type) -> Unfit:
    return Unfit(f"it does not take None, and `{show(type_)}` may be null")


def _may_be_null(type_: Type) -> bool:
    return isinstance(type_, (Optional, Unknown)) or type_ == Scalar("null")


def _names(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _worst(verdicts: list[Verdict]) -> Verdict:
    return next((v for v in verdicts if isinstance(v, Unfit)), next((v for v in verdicts if v is not None), None))


def _best(verdicts: list[Verdict]) -> Verdict:
    if None in verdicts or not verdicts:
        return None if None in verdicts else Unfit()
    return next((v for v in verdicts if not isinstance(v, Unfit)), verdicts[0])
