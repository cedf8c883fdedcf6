"""What a Python annotation means, as far as its source tells."""

from __future__ import annotations

import ast
import builtins
from typing import Literal, TypeAlias

from mloc.frozen import dataclass
from mloc.types.python.files import PythonFileError
from mloc.types.python.names import Definition, External, Missing, Module, Resolution, load, resolve, scope_of
from mloc.types.python.project import Project

# An annotation nested or aliased deeper than this is taken for a cycle.
_MAX_DEPTH = 24

PlainName: TypeAlias = Literal["int", "float", "bool", "str", "date", "datetime", "timedelta", "Path", "frame", "None"]


@dataclass(frozen=True, slots=True)
class Plain:
    """A type that a value of the language may arrive as; `frame` is a table of pandas, polars or pyarrow."""

    name: PlainName


@dataclass(frozen=True, slots=True)
class Anything:
    """`Any`, `object` or a type variable: nothing to check."""


@dataclass(frozen=True, slots=True)
class Never:
    """The function does not return."""


@dataclass(frozen=True, slots=True)
class Choice:
    """`Literal[…]`."""

    values: tuple[str | int | None, ...]


@dataclass(frozen=True, slots=True)
class Either:
    members: tuple[Annotation, ...]


@dataclass(frozen=True, slots=True)
class Items:
    """A list or an abstraction of one, `tuple[T, ...]`, or a set."""

    item: Annotation
    kind: Literal["list", "tuple", "set"] = "list"


@dataclass(frozen=True, slots=True)
class Places:
    """`tuple[A, B]`: a fixed number of values by position."""

    items: tuple[Annotation, ...]


@dataclass(frozen=True, slots=True)
class Mapping:
    key: Annotation
    value: Annotation


@dataclass(frozen=True, slots=True)
class Member:
    """A field of a structure. `annotation` is read in `module` when it is needed, since classes may name themselves."""

    name: str
    module: Module
    annotation: ast.expr | None
    required: bool = True


@dataclass(frozen=True, slots=True)
class Structure:
    """A class with named fields. `whole` says that all its fields are known: no base outside the project adds to them."""

    kind: Literal["dataclass", "NamedTuple", "TypedDict", "model"]
    name: str
    members: tuple[Member, ...]
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Enumeration:
    name: str
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Other:
    """A type that is understood, but that no small value of the language arrives as."""

    name: str


@dataclass(frozen=True, slots=True)
class Unresolved:
    """An annotation that the source in the project does not explain."""

    text: str


Annotation: TypeAlias = Plain | Anything | Never | Choice | Either | Items | Places | Mapping | Structure | Enumeration | Other | Unresolved

ANYTHING, NONE = Anything(), Plain("None")

_FRAMES = ("pandas.DataFrame", "pandas.core.frame.DataFrame", "polars.DataFrame", "polars.LazyFrame", "pyarrow.Table")
_PLAIN: dict[str, PlainName] = {
    "builtins.int": "int",
    "builtins.float": "float",
    "builtins.bool": "bool",
    "builtins.str": "str",
    "datetime.date": "date",
    "datetime.datetime": "datetime",
    "datetime.timedelta": "timedelta",
    "pathlib.Path": "Path",
    "pathlib.PosixPath": "Path",
    "pathlib.PurePath": "Path",
    "pathlib.PurePosixPath": "Path",
    "os.PathLike": "Path",
    "types.NoneType": "None",
    **dict.fromkeys(_FRAMES, "frame"),
}
_OTHER = {
    *(f"builtins.{name}" for name in ("bytes", "bytearray", "complex", "range", "type", "memoryview", "slice")),
    *("decimal.Decimal", "fractions.Fraction", "uuid.UUID", "datetime.time", "datetime.tzinfo", "io.BytesIO", "io.StringIO"),
    *("typing.Callable", "typing.Iterator", "typing.Generator", "typing.Type"),
    *("typing.Awaitable", "typing.Coroutine", "typing.AsyncIterator", "typing.BinaryIO", "typing.TextIO"),
}
_ITEMS = {"builtins.list", "typing.List", *(f"typing.{n}" for n in ("Sequence", "MutableSequence", "Collection", "Iterable", "Reversible"))}
_SETS = {"builtins.set", "builtins.frozenset", "typing.Set", "typing.FrozenSet", "typing.AbstractSet", "typing.MutableSet"}
_MAPPINGS = {"builtins.dict", "typing.Dict", "typing.Mapping", "typing.MutableMapping", "collections.OrderedDict", "typing.OrderedDict"}
_TRANSPARENT = {f"typing.{name}" for name in ("Annotated", "Final", "ClassVar", "Required", "NotRequired", "ReadOnly")}
_NEVER = {"typing.NoReturn", "typing.Never"}
_ANYTHING = {"typing.Any", "builtins.object", "typing.Hashable", "typing.Sized", "typing.Container"}


@dataclass(frozen=True, slots=True)
class Resolver:
    """Reads annotations of a project's modules."""

    project: Project

    def read(self, module: Module, node: ast.expr | None) -> Annotation:
        """What an annotation written in `module` means; None (no annotation) means anything."""
        return ANYTHING if node is None else self._read(module, node, 0)

    def qualified(self, module: Module, node: ast.expr) -> Resolution | None:
        """What a dotted name stands for; None for any other expression. Standard names are External, such as `builtins.int`."""
        match node:
            case ast.Name(id=name):
                return self._name(module, name)
            case ast.Attribute(value=value, attr=attr):
                match self.qualified(module, value):
                    case Module() as inner:
                        return self._resolve(inner, attr)
                    case External(name):
                        package = self._load(name)
                        return _canonical(f"{name}.{attr}") if package is None else self._resolve(package, attr)
                    case _:
                        return None
            case _:
                return None

    def _name(self, module: Module, name: str) -> Resolution:
        found = self._resolve(module, name)
        # A star import or a `__getattr__` could give any name, but hardly a built-in one.
        unbound = isinstance(found, (External, Missing)) and name not in scope_of(module).names
        return External(f"builtins.{name}") if unbound and hasattr(builtins, name) else found

    def _resolve(self, module: Module, name: str) -> Resolution:
        try:
            found = resolve(self.project, module, name)
        except PythonFileError:
            # Whoever looks at that module itself reports that it does not parse.
            return External(f"{module.name}.{name}")
        return _canonical(found.name) if isinstance(found, External) else found

    def _load(self, name: str) -> Module | None:
        try:
            return load(self.project, name)
        except PythonFileError:
            return None

    def _read(self, module: Module, node: ast.expr, depth: int) -> Annotation:
        if depth > _MAX_DEPTH:
            return Unresolved(ast.unparse(node))
        match node:
            case ast.Constant(value=None):
                return NONE
            case ast.Constant(value=str(text)):
                try:
                    return self._read(module, ast.parse(text.strip(), mode="eval").body, depth + 1)
                except (SyntaxError, ValueError):
                    return Unresolved(text)
            case ast.BinOp(op=ast.BitOr(), left=left, right=right):
                return Either((self._read(module, left, depth + 1), self._read(module, right, depth + 1)))
            case ast.Subscript(value=value, slice=arguments):
                items = list(arguments.elts) if isinstance(arguments, ast.Tuple) else [arguments]
                return self._generic(module, node, value, items, depth)
            case _:
                return self._named(module, node, depth)

    def _named(self, module: Module, node: ast.expr, depth: int) -> Annotation:
        found = self.qualified(module, node)
        if isinstance(found, External):
            return _external(found.name, ast.unparse(node))
        if isinstance(found, Definition):
            return self._defined(found, depth)
        return Unresolved(ast.unparse(node))

    def _defined(self, found: Definition, depth: int) -> Annotation:
        # The two modules describe classes by their annotations and annotations by their classes.
        from mloc.types.python.classes import class_annotation, functional_class

        match found.node:
            case ast.ClassDef() as node:
                return class_annotation(self, found.module, node)
            case ast.Call() as call:
                return functional_class(self, found, call) or self._alias_call(found, call, depth)
            case ast.expr() as alias:
                return self._read(found.module, alias, depth + 1)
            case _:
                return Unresolved(found.name)

    def _alias_call(self, found: Definition, call: ast.Call, depth: int) -> Annotation:
        callee = self.qualified(found.module, call.func)
        if callee == External("typing.NewType") and len(call.args) == 2:
            return self._read(found.module, call.args[1], depth + 1)
        return ANYTHING if callee == External("typing.TypeVar") else Unresolved(found.name)

    def _generic(self, module: Module, node: ast.expr, value: ast.expr, items: list[ast.expr], depth: int) -> Annotation:
        found = self.qualified(module, value)
        name = found.name if isinstance(found, External) else ""
        if name == "typing.Literal":
            return self._choice(module, items) or Unresolved(ast.unparse(node))
        if name == "typing.Annotated":
            return self._read(module, items[0], depth + 1)
        if name == "typing.Callable" or (name in _OTHER):
            return Other(ast.unparse(node))
        parts = tuple(self._read(module, item, depth + 1) for item in items if not _is_ellipsis(item))
        match name, parts:
            case ("typing.Optional", (part,)):
                return Either((part, NONE))
            case ("typing.Union", _):
                return Either(parts)
            case ("builtins.tuple" | "typing.Tuple", (part,)) if len(items) == 2:
                return Items(part, "tuple")
            case ("builtins.tuple" | "typing.Tuple", _):
                return Places(parts)
            case (_, (part,)) if name in _ITEMS:
                return Items(part)
            case (_, (part,)) if name in _SETS:
                return Items(part, "set")
            case (_, (key, part)) if name in _MAPPINGS:
                return Mapping(key, part)
            case (_, (part, *_)) if name in _TRANSPARENT:
                return part
            case ("os.PathLike", _):
                return Plain("Path")
            case _:
                return Unresolved(ast.unparse(node))

    def _choice(self, module: Module, items: list[ast.expr]) -> Choice | None:
        values: list[str | int | None] = []
        for item in items:
            match item:
                case ast.Constant(value=str() | int() | None as value):
                    values.append(value)
                case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int(number))):
                    values.append(-number)
                case _:
                    return None
        return Choice(tuple(values))


def _is_ellipsis(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is ...


def _canonical(name: str) -> External:
    """The name under which our tables know it: abstract collections and typing's extensions count as typing's own."""
    for prefix in ("typing_extensions.", "collections.abc."):
        if name.startswith(prefix):
            return External(f"typing.{name.removeprefix(prefix)}")
    return External(name)


def _external(name: str, text: str) -> Annotation:
    if name in _PLAIN:
        return Plain(_PLAIN[name])
    if name in _ITEMS:
        return Items(ANYTHING)
    if name in {"builtins.tuple", "typing.Tuple"}:
        return Items(ANYTHING, "tuple")
    if name in _SETS:
        return Items(ANYTHING, "set")
    if name in _MAPPINGS:
        return Mapping(ANYTHING, ANYTHING)
    if name in _ANYTHING:
        return ANYTHING
    if name in _NEVER:
        return Never()
    return Other(text) if name in _OTHER else Unresolved(text)
