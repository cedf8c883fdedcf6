"""Random steps: a signature, and code that computes its outputs from its inputs, or fails, or gives what was not declared."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from mloc.types.model import BOOL, FLOAT, INT, STR, Enum, ListOf, MapOf, Optional, Record, Type
from mloc.types.show import show
from tests.differential import constants
from tests.differential.tree import Line

_EXCEPTIONS = ("ValueError", "RuntimeError", "KeyError", "Exception", "AssertionError")
_FILES = (
    "import itertools, pathlib",
    "count = itertools.count()",
    "def file(text):",
    '    path = pathlib.Path(f"f{next(count)}.txt")',
    '    path.write_text(text, encoding="utf-8")',
    "    return path",
)


@dataclass(frozen=True, slots=True)
class Input:
    """`fallback` is the default as it is written, empty for none."""

    name: str
    type: Type
    fallback: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """`outputs` are types by name; the one output of an unnamed step has the name ''."""

    name: str
    inputs: tuple[Input, ...]
    outputs: tuple[tuple[str, Type], ...]
    line: Line


def make_step(name: str, rng: Random, fails: float) -> Step:
    """A step. With the chance `fails` there are inputs that it fails for."""
    files = rng.choice((0.0, 0.0, 0.3))
    types = [constants.random_type(rng, files=files) for _ in range(rng.choices((0, 1, 2, 3), (1, 6, 4, 1))[0])]
    inputs = tuple(Input(f"{letter}{name}", type_, _fallback(type_, rng)) for letter, type_ in zip("abc", types, strict=False))
    kind = rng.random()
    if kind < 0.1:
        outputs: tuple[tuple[str, Type], ...] = ()
    elif kind < 0.65:
        outputs = (("", constants.random_type(rng, files=files)),)
    else:
        outputs = tuple((letter, constants.random_type(rng, files=files)) for letter in ("p", "q", "arm")[: rng.choice((1, 2, 2, 3))])
    block = [_shell(inputs, outputs, rng) or _inline(inputs, outputs, rng, fails)]
    if rng.random() < 0.06:
        block.append(Line(rng.choice(("retry 1", "retry 1, backoff=1ms", "retry 2, backoff=1ms, factor=2.0", "retry 1, on=[timeout]"))))
    if rng.random() < 0.05:
        block.append(Line(f"env NOTE={constants.quoted(constants.text(rng))}"))
    if rng.random() < 0.03:
        block.append(Line("timeout 5min"))
    return Step(name, inputs, outputs, Line(f"step {name}{_signature(inputs, outputs, rng)}:", tuple(block)))


def _fallback(type_: Type, rng: Random) -> str:
    if type_ == constants.FILE or rng.random() > 0.2:
        return ""
    return constants.written(type_, constants.value(type_, rng))


def _signature(inputs: tuple[Input, ...], outputs: tuple[tuple[str, Type], ...], rng: Random) -> str:
    given = ", ".join(f"{i.name}: {show(i.type)}" + (f" = {i.fallback}" if i.fallback else "") + _domain(i, rng) for i in inputs)
    if not outputs:
        return f"({given})"
    if outputs[0][0] == "":
        return f"({given}) -> {show(outputs[0][1])}"
    return f"({given}) -> (" + ", ".join(f"{name}: {show(type_)}" for name, type_ in outputs) + ")"


def _domain(given: Input, rng: Random) -> str:
    """A domain that an input is sometimes outside of."""
    if given.fallback or rng.random() > 0.06:
        return ""
    if given.type == INT:
        return rng.choice((" in 0..10", " in -9223372036854775808..9007199254740993", " in 1..9223372036854775807"))
    if isinstance(given.type, ListOf):
        return rng.choice((" in 1..5", " in 0..2"))
    return ""


def _shell(inputs: tuple[Input, ...], outputs: tuple[tuple[str, Type], ...], rng: Random) -> Line | None:
    """A script that hands inputs on; None where the types do not allow one."""
    if rng.random() > 0.12 or not outputs:
        return None
    lines = []
    for name, type_ in outputs:
        same = [i.name for i in inputs if i.type == type_ and type_ != FLOAT]
        if not same:
            return None
        lines.append(f'    printf \'%s\' "${rng.choice(same)}" > "$out{"_" if name else ""}{name}"')
    return Line("\n".join(['run shell """', *lines, '    """']))


def _inline(inputs: tuple[Input, ...], outputs: tuple[tuple[str, Type], ...], rng: Random, fails: float) -> Line:
    code = Code(inputs, rng)
    lines = ["import datetime"]
    if any("File" in show(type_) for _, type_ in outputs):
        lines += _FILES
    if rng.random() < 0.1:
        lines.append(f"print({constants.python_text(constants.text(rng))})")
    if rng.random() < fails:
        message = constants.python_text(rng.choice(("boom", constants.text(rng))))
        condition = code.of(BOOL, 1) if rng.random() < 0.8 else "True"
        lines += [f"if {condition}:", f"    raise {rng.choice(_EXCEPTIONS)}({message})"]
    if len(outputs) == 1:
        lines.append(f"return {code.result(outputs[0][1])}")
    elif outputs:
        lines.append("return {" + ", ".join(f'"{name}": {code.result(type_)}' for name, type_ in outputs) + "}")
    return Line("\n".join(['run inline """', *(f"    {line}" for line in lines), '    """']))


class Code:
    """Expressions of Python over the inputs of a step."""

    def __init__(self, inputs: tuple[Input, ...], rng: Random) -> None:
        self.names = [(i.name, i.type) for i in inputs]
        self.rng = rng

    def result(self, type_: Type) -> str:
        """What is returned for an output; rarely something else than was declared."""
        if self.rng.random() < 0.015:
            return self.rng.choice(("None", "object()", "2 ** 63", '"text"', "[None]", "1.5", '{"other": 1}'))
        return self.of(type_, 2)

    def of(self, type_: Type, depth: int) -> str:
        rng = self.rng
        own = [name for name, known in self.names if known == type_]
        if own and rng.random() < 0.5:
            return rng.choice(own)
        if type_ == constants.FILE:
            return f"file({self.of(STR, depth - 1)})"
        if depth <= 0 or rng.random() < 0.25:
            return constants.python(type_, constants.value(type_, rng))
        match type_:
            case Optional(item):
                return rng.choice(("None", self.of(item, depth - 1), self.of(item, depth - 1), self._either(type_, depth)))
            case ListOf(item):
                return self._list(item, depth)
            case MapOf(item):
                return "{" + f"{self.of(STR, depth - 1)}: {self.of(item, depth - 1)}" + "}"
            case Record():
                return self._record(type_, depth)
            case Enum():
                return self._either(type_, depth)
            case _:
                return self._scalar(type_, depth)

    def _either(self, type_: Type, depth: int) -> str:
        return f"({self.of(type_, depth - 1)} if {self.of(BOOL, depth - 1)} else {self.of(type_, depth - 1)})"

    def _list(self, item: Type, depth: int) -> str:
        rng = self.rng
        count = f"min(3, {self.natural()})"
        ways = [
            "[" + ", ".join(self.of(item, depth - 1) for _ in range(constants.length(rng))) + "]",
            f"[{self.of(item, depth - 1)}] * {count}",
        ]
        if item == INT:
            ways += [f"list(range({count}))", f"list(range({count}))"]
            # As long that the engines' own order of the items shows.
            ways += ["list(range(11, -3, -1))"] if rng.random() < 0.1 else []
        if item == STR:
            ways.append(f"[{self.of(STR, 0)} + str(i) for i in range({count})]")
        ways += [f"{name}[::-1]" for name, known in self.names if known == ListOf(item)]
        return rng.choice(ways)

    def _record(self, type_: Record, depth: int) -> str:
        given = [field for field in type_.fields if field.default is None or self.rng.random() < 0.7]
        parts = [f'"{field.name}": {self.of(field.type, depth - 1)}' for field in given]
        parts += ['"extra": 1'] if self.rng.random() < 0.1 else []
        return "{" + ", ".join(parts) + "}"

    def natural(self) -> str:
        """A small whole number of at least 0, from whatever there is."""
        ways = [str(self.rng.choice((0, 1, 2, 3)))]
        for name, type_ in self.names:
            if type_ == INT:
                ways += [f"abs({name}) % 4", f"{name} % 3"]
            elif type_ == STR or isinstance(type_, (ListOf, MapOf)):
                ways.append(f"len({name})")
            elif type_ == constants.FILE:
                ways.append(f"len({name}.read_bytes())")
            elif isinstance(type_, Optional):
                ways.append(f"int({name} is not None)")
        return self.rng.choice(ways)

    def _scalar(self, type_: Type, depth: int) -> str:
        rng = self.rng
        if type_ == INT:
            return rng.choice((self.natural(), f"{self.natural()} - 2", f"{self.of(INT, depth - 1)} // 2", f"2**53 + {self.natural()}"))
        if type_ == FLOAT:
            return rng.choice((f"{self.natural()} / 8", f"{self.of(FLOAT, depth - 1)} * 0.5", f"-float({self.natural()})", self.natural()))
        if type_ == BOOL:
            return rng.choice((f"{self.natural()} > 1", f"{self.natural()} == {self.natural()}", f"not {self.of(BOOL, 0)}"))
        if type_ == STR:
            ways = [f"({self.of(STR, depth - 1)} + {self.of(STR, 0)})[:40]", f"str({self.natural()})", f"{self.of(STR, depth - 1)}[::-1]"]
            ways += [f'{name}.read_text(encoding="utf-8")' for name, known in self.names if known == constants.FILE for _ in range(3)]
            return rng.choice(ways)
        return self._either(type_, depth)
