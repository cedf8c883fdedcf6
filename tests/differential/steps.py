"""Random steps: a signature, and code that computes its outputs from its inputs, or fails, or gives what was not declared."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from mloc.types.model import BOOL, FLOAT, INT, STR, Enum, ListOf, MapOf, Optional, Record, Type
from mloc.types.show import show
from tests.differential import constants
from tests.differential.profile import SECRET, Profile
from tests.differential.shells import script
from tests.differential.tree import Line

_EXCEPTIONS = ("ValueError", "RuntimeError", "KeyError", "Exception", "AssertionError")
_CRASHES = (
    "sys.exit(3)",
    "sys.exit('ended')",
    "os._exit(5)",
    "os.kill(os.getpid(), 15)",
    "raise KeyboardInterrupt",
    "sys.exit(0)",
    "1 / 0",
)
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


def make_step(name: str, rng: Random, profile: Profile) -> Step:
    """A step. With a chance that the profile has there are inputs that it fails for."""
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
    typed = [(each.name, each.type) for each in inputs]
    block = [(script(typed, outputs, rng, profile.fails) if rng.random() < 0.15 else None) or _inline(inputs, outputs, rng, profile)]
    if profile.has_secret:
        block.append(Line("secrets TOKEN=token"))
    if rng.random() < 0.06:
        block.append(Line(rng.choice(("retry 1", "retry 1, backoff=1ms", "retry 2, backoff=1ms, factor=2.0", "retry 1, on=[timeout]"))))
    if rng.random() < 0.05:
        block.append(Line(f"env NOTE={constants.quoted(constants.text(rng))}"))
    if rng.random() < 0.03:
        block.append(Line("timeout 5min"))
    return Step(name, inputs, outputs, Line(f"step {name}{_signature(inputs, outputs, rng)}:", tuple(block)))


FRAGILE = (
    ("fragile(n: int) -> int", "if n % 2:\n    raise ValueError(f'{n} is odd')\nreturn n // 2"),
    ("fragile(n: int) -> int", "return 2**63 if n % 5 > 3 else n % 5"),
    ("fragile(n: int) -> int", "return n if n < 3 else None"),
    ("fragile(n: int) -> int", "import os\nif n > 2:\n    os._exit(4)\nreturn n"),
    ("fragile(s: str) -> str", "if len(s) % 2:\n    raise KeyError(s)\nreturn s + s"),
    ("fragile(s: str) -> str", "return {'': None}.get(s, s[:3])"),
)
"""Steps that fail for some items of a fan-out, and how: they raise, or give or are given what is not declared, or end."""


def fragile_steps(rng: Random) -> tuple[Step, ...]:
    """Two of them, one of them for texts, of which some try again."""
    made = []
    for number, (head, code) in enumerate((rng.choice(FRAGILE[:4]), rng.choice(FRAGILE[4:]))):
        name, type_ = f"fragile{number}", (INT, STR)[number]
        block = [Line("\n".join(['run inline """', *(f"    {line}" for line in code.split("\n")), '    """']))]
        block += [Line("retry 1, backoff=1ms")] if rng.random() < 0.15 else []
        line = Line(f"step {head.replace('fragile', name)}:", tuple(block))
        made.append(Step(name, (Input("ns"[number], type_),), (("", type_),), line))
    return tuple(made)


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


def _inline(inputs: tuple[Input, ...], outputs: tuple[tuple[str, Type], ...], rng: Random, profile: Profile) -> Line:
    code = Code(inputs, rng, 0.12 if profile.is_large else 0.0)
    lines = ["import datetime, os, sys"]
    if any("File" in show(type_) for _, type_ in outputs):
        lines += _FILES
    if rng.random() < 0.1:
        lines.append(f"print({constants.python_text(constants.text(rng))})")
    if profile.has_secret:
        lines += [f'assert os.environ["TOKEN"] == {constants.python_text(SECRET)}', 'print("the token is", os.environ["TOKEN"])']
    if rng.random() < profile.fails:
        lines += [f"if {code.sometimes() if rng.random() < 0.9 else 'True'}:", f"    {_failing(rng, profile)}"]
    if len(outputs) == 1:
        lines.append(f"return {code.result(outputs[0][1])}")
    elif outputs:
        lines.append("return {" + ", ".join(f'"{name}": {code.result(type_)}' for name, type_ in outputs) + "}")
    return Line("\n".join(['run inline """', *(f"    {line}" for line in lines), '    """']))


def _failing(rng: Random, profile: Profile) -> str:
    """A statement that ends the step without its outputs."""
    if rng.random() < profile.crash:
        return rng.choice(_CRASHES)
    message = constants.python_text(rng.choice(("boom", constants.text(rng))))
    if profile.has_secret:
        message += ' + os.environ["TOKEN"]'
    elif profile.is_large and rng.random() < 0.3:
        message += " * 50000"
    return f"raise {rng.choice(_EXCEPTIONS)}({message})"


class Code:
    """Expressions of Python over the inputs of a step; with the chance `large` a text has a size that engines carry otherwise."""

    def __init__(self, inputs: tuple[Input, ...], rng: Random, large: float = 0.0) -> None:
        self.names = [(i.name, i.type) for i in inputs]
        self.rng = rng
        self.large = large

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
        if type_ in (STR, MapOf(INT)) and rng.random() < self.large:
            if type_ != STR:
                return "{str(i): i for i in range(9_000)}"
            unit = constants.python_text(rng.choice(("x", "\u00e9", '"')))
            return f"({constants.python(STR, constants.text(rng))} + {unit} * {rng.choice((6_000, 17_000, 60_000, 120_000))})"
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

    def sometimes(self) -> str:
        """A condition that depends on what is given, if anything is."""
        ways = [f"({self.natural()}) % 2", f"{self.natural()} > 1", self.of(BOOL, 1)]
        ways += [f"{name} is {self.rng.choice(('', 'not '))}None" for name, type_ in self.names if isinstance(type_, Optional)]
        return self.rng.choice(ways)

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
