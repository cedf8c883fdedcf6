"""The step declaration that an annotated Python function would fit, with the records and enums that it needs."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator

from mloc.frozen import dataclass, field
from mloc.types.python.annotations import (
    NONE,
    Annotation,
    Anything,
    Choice,
    Either,
    Enumeration,
    Items,
    Mapping,
    Never,
    Other,
    Places,
    Plain,
    Resolver,
    Structure,
    Unresolved,
)
from mloc.types.python.lookup import Function
from mloc.types.python.names import External, Module
from mloc.types.python.project import Project

_PLAIN = {
    **{name: name for name in ("int", "float", "bool", "str", "date", "datetime")},
    "timedelta": "duration",
    "Path": "File",
    "frame": "Table{...}",
    "None": "str?",
}
_MODELS = ("sklearn", "xgboost", "lightgbm", "torch", "keras", "catboost")
_NO_DEFAULT = ("File", "Table", "Model", "date", "datetime", "duration")


@dataclass(frozen=True, slots=True)
class _Written:
    """A type as the language writes it; `domain` is what follows `in`."""

    text: str
    domain: str = ""

    @property
    def optional(self) -> _Written:
        return self if self.text.endswith("?") else _Written(f"{self.text}?", self.domain)


def stub(project: Project, function: Function, target: str, name: str) -> str:
    """The declarations, ready to be pasted; `target` is what `run python` names and `name` what the step is called.

    What the annotations do not tell is guessed, and a comment says so.
    """
    writer = _Writer(Resolver(project), function)
    inputs, outputs = list(writer.inputs()), writer.outputs()
    doc = (ast.get_docstring(function.node) or "").partition("\n")[0].strip()
    lines = [
        *(f"# {note}" for note in writer.notes),
        *([f"## {doc}"] if doc else []),
        f"step {name}({', '.join(inputs)}){outputs}:",
        f'    run python "{target}"',
    ]
    return "\n\n".join([*writer.declared.values(), "\n".join(lines)]) + "\n"


@dataclass(slots=True)
class _Writer:
    """Collects what a step needs: `declared` holds records and enums by name, `notes` what was guessed."""

    resolver: Resolver
    function: Function
    declared: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    # ---- the signature ----

    def inputs(self) -> Iterator[str]:
        arguments = self.function.node.args
        for argument in arguments.posonlyargs:
            self.notes.append(f"`{argument.arg}` is taken by position only, and a step gives its inputs by name")
        if arguments.kwarg is not None:
            self.notes.append(f"`**{arguments.kwarg.arg}` takes further inputs")
        positional = [*arguments.posonlyargs, *arguments.args]
        padding: list[ast.expr | None] = [None] * (len(positional) - len(arguments.defaults))
        defaults = [*padding, *arguments.defaults, *arguments.kw_defaults]
        for argument, default in zip([*positional, *arguments.kwonlyargs], defaults, strict=True):
            yield self._input(argument, default)

    def _input(self, argument: ast.arg, default: ast.expr | None) -> str:
        written = self._by_default(argument, default) or self._annotated(self.function.module, argument.annotation, f"`{argument.arg}`")
        value = None if default is None else self._default(default, written)
        if default is not None and value is None:
            self.notes.append(f"the default of `{argument.arg}` is left to Python: `{ast.unparse(default)}` is no constant here")
        if value == "null":
            written = written.optional
        parts = [f"{argument.arg}: {written.text}", f" = {value}" if value else "", f" in {written.domain}" if written.domain else ""]
        return "".join(parts)

    def _by_default(self, argument: ast.arg, default: ast.expr | None) -> _Written | None:
        """The type of the default, where the annotation takes anything."""
        match default:
            case ast.Constant(value=bool() | int() | float() | str() as value):
                taken = self.resolver.read(self.function.module, argument.annotation)
                return _Written(type(value).__name__) if isinstance(taken, Anything) else None
            case _:
                return None

    def outputs(self) -> str:
        """What follows the inputs: nothing for a function that returns nothing."""
        module, returns = self.function.module, self.function.node.returns
        read = self.resolver.read(module, returns)
        match read:
            case Plain("None") | Never():
                return ""
            case Structure("NamedTuple", _, members):
                named = [(m.name, self._annotated(m.module, m.annotation, f"`{m.name}`")) for m in members]
            case Places(items):
                named = [(f"out{number}", self._written(item, f"output {number}")) for number, item in enumerate(items, start=1)]
            case _:
                written = self._annotated(module, returns, "what it returns")
                return f" -> {written.text}"
        return f" -> ({', '.join(f'{name}: {written.text}' for name, written in named)})"

    # ---- types ----

    def _annotated(self, module: Module, node: ast.expr | None, what: str) -> _Written:
        read = self.resolver.read(module, node)
        if isinstance(read, (Unresolved, Other)) and node is not None:
            found = self.resolver.qualified(module, node)
            library = found.name.partition(".")[0] if isinstance(found, External) else ""
            if library in _MODELS:
                return _Written(f"Model[{library}]")
        return self._written(read, what)

    def _written(self, annotation: Annotation, what: str) -> _Written:
        match annotation:
            case Plain(name):
                return _Written(_PLAIN[name])
            case Choice(values):
                return self._choice(values, what)
            case Either(members):
                return self._either(_flat(members), what)
            case Items(item):
                return _Written(f"list[{self._written(item, f'an item of {what}').text}]")
            case Places(items) if items and len(set(items)) == 1:
                return _Written(f"list[{self._written(items[0], f'an item of {what}').text}]")
            case Mapping(_, value):
                return _Written(f"map[str, {self._written(value, f'a value of {what}').text}]")
            case Structure(_, name, members) if members:
                return self._record(annotation, what)
            case Enumeration(name, names) if names:
                self.declared.setdefault(name, f"enum {name}: {', '.join(names)}")
                return _Written(name)
            case Unresolved(text) | Other(text):
                return self._guess("Model", f"{what} is annotated `{text}`, which is no type of the language")
            case _:
                return self._guess("str", f"{what} has no annotation that tells its type")

    def _guess(self, text: str, why: str) -> _Written:
        self.notes.append(f"{why}: `{text}` is a guess")
        return _Written(text)

    def _choice(self, values: tuple[str | int | None, ...], what: str) -> _Written:
        some = [value for value in values if value is not None]
        kinds = {type(value) for value in some}
        if kinds == {str}:
            written = _Written("str", f"[{', '.join(json.dumps(value, ensure_ascii=False) for value in some)}]")
        elif kinds == {bool}:
            written = _Written("bool")
        else:
            written = self._guess("int" if kinds == {int} else "str", f"{what} is one of {', '.join(map(repr, values))}")
        return written if len(some) == len(values) else written.optional

    def _either(self, members: list[Annotation], what: str) -> _Written:
        some = list(dict.fromkeys(member for member in members if member != NONE))
        if {Plain("int"), Plain("float")} == set(some):
            written = _Written("float")
        elif len(some) > 1 and Plain("frame") in some:
            written = _Written(_PLAIN["frame"])
        elif len(some) > 1 and Plain("Path") in some:
            written = _Written(_PLAIN["Path"])
        elif not some:
            written = self._guess("str", f"{what} is None")
        else:
            written = self._written(some[0], what)
            if len(some) > 1:
                self.notes.append(f"{what} is one of several types: `{written.text}` is the first")
        return written.optional if len(some) < len(members) else written

    def _record(self, structure: Structure, what: str) -> _Written:
        if structure.name not in self.declared:
            # Taken at once: a class may name itself, which is told when the program is checked.
            self.declared[structure.name] = ""
            fields = [(m.name, self._annotated(m.module, m.annotation, f"`{m.name}` of {what}")) for m in structure.members]
            lines = [f"    {name}: {w.text}{f' in {w.domain}' if w.domain else ''}" for name, w in fields]
            del self.declared[structure.name]  # what it needs stands before it
            self.declared[structure.name] = "\n".join([f"record {structure.name}:", *lines])
        return _Written(structure.name)

    # ---- defaults ----

    def _default(self, node: ast.expr, written: _Written) -> str | None:
        """A default as the language writes it; None when it cannot."""
        if isinstance(node, ast.Constant) and node.value is None:
            return "null"
        if written.text.rstrip("?").startswith(_NO_DEFAULT):
            return None
        match node:
            case ast.Attribute(value=ast.Name(id=name), attr=member) if name == written.text.rstrip("?"):
                return f"{name}.{member}"
            case _ if self.declared.keys() & {written.text.rstrip("?")}:
                return None
            case _:
                return _constant(node)


def _constant(node: ast.expr) -> str | None:
    match node:
        case ast.Constant(value=bool(value)):
            return "true" if value else "false"
        case ast.Constant(value=int() | float() as number):
            return repr(number) if abs(number) < float("inf") else None
        case ast.Constant(value=str(text)) if text.isprintable():
            return json.dumps(text, ensure_ascii=False)
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as number)):
            return f"-{number!r}"
        case ast.List(elts=items) | ast.Tuple(elts=items):
            parts = [_constant(item) for item in items]
            return None if None in parts else f"[{', '.join(part for part in parts if part is not None)}]"
        case _:
            return None


def _flat(members: tuple[Annotation, ...]) -> list[Annotation]:
    """The members of a union, those of unions in it among them."""
    found: list[Annotation] = []
    for member in members:
        found += _flat(member.members) if isinstance(member, Either) else [member]
    return found
