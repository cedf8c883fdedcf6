"""Types to make programs of, and constants of them at the edges: as the language writes them, as Python does, and as values."""

from __future__ import annotations

from datetime import UTC, date, datetime
from random import Random

from mloc.runner.scalars import Value, datetime_text
from mloc.types.model import (
    BOOL,
    BYTES,
    DATE,
    DATETIME,
    DURATION,
    FLOAT,
    INT,
    STR,
    Enum,
    Field,
    File,
    ListOf,
    MapOf,
    Optional,
    Record,
    Type,
)

COLOR = Enum("Color", ("red", "green", "Blue"))
POINT = Record((Field("x", INT), Field("y", FLOAT, "1.5"), Field("tag", Optional(STR))), "Point")
SHAPE = Record((Field("color", COLOR), Field("points", ListOf(POINT)), Field("sizes", MapOf(INT), "{}")), "Shape")
DEEP = Record(
    (
        Field("shape", Optional(SHAPE)),
        Field("grid", ListOf(ListOf(Optional(INT))), "[]"),
        Field("texts", MapOf(ListOf(Optional(STR))), "{}"),
        Field("near", MapOf(Optional(POINT)), "{}"),
        Field("day", Optional(DATE), "null"),
    ),
    "Deep",
)

FILE = File("text")
"""No program can write a constant of it: only steps make files."""

DECLARED = (
    "enum Color: red, green, Blue",
    "record Point:\n    x: int\n    y: float = 1.5\n    tag: str?",
    "record Shape:\n    color: Color\n    points: list[Point]\n    sizes: map[str, int] = {}",
    "record Deep:\n    shape: Shape?\n    grid: list[list[int?]] = []\n    texts: map[str, list[str?]] = {}\n"
    "    near: map[str, Point?] = {}\n    day: date? = null",
)

_TYPES: tuple[tuple[Type, int], ...] = (
    (INT, 24),
    (FLOAT, 10),
    (BOOL, 7),
    (STR, 16),
    (DATE, 2),
    (DURATION, 2),
    (DATETIME, 2),
    (BYTES, 1),
    (COLOR, 4),
    (POINT, 6),
    (SHAPE, 3),
    (ListOf(INT), 12),
    (ListOf(STR), 5),
    (ListOf(POINT), 3),
    (ListOf(Optional(INT)), 3),
    (ListOf(ListOf(INT)), 3),
    (MapOf(INT), 4),
    (MapOf(ListOf(STR)), 1),
    (Optional(INT), 6),
    (Optional(STR), 4),
    (Optional(FLOAT), 2),
    (Optional(POINT), 2),
    (Optional(ListOf(INT)), 2),
    (DEEP, 3),
    (ListOf(DEEP), 1),
    (Optional(SHAPE), 1),
    (Optional(BOOL), 2),
    (Optional(COLOR), 1),
    (Optional(DATE), 1),
    (Optional(MapOf(INT)), 1),
    (ListOf(FLOAT), 2),
    (ListOf(COLOR), 1),
    (ListOf(DATETIME), 1),
    (ListOf(Optional(STR)), 2),
    (ListOf(ListOf(Optional(POINT))), 1),
    (ListOf(MapOf(INT)), 1),
    (MapOf(FLOAT), 1),
    (MapOf(Optional(INT)), 1),
    (MapOf(POINT), 1),
)

_SMALL = (0, 1, 2, 3, 4, 5, 7, 10, -1, -3)
_EDGES = (2**53 - 1, 2**53, 2**53 + 1, -(2**53), -(2**53) - 1, 2**63 - 1, -(2**63), 2**62, 2**31, 10**18)
_FLOATS = (0.0, -0.0, 0.1, 1.5, -2.25, 3.0, 1e16, 1e308, 5e-324, 123456789.125, 1e-7, 9007199254740993.0)
_MOMENTS = (
    datetime(2024, 2, 29, 23, 59, 59, tzinfo=UTC),
    datetime(1, 1, 1, tzinfo=UTC),
    datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
    datetime(1969, 12, 31, 12, 0, 0, 500_000, tzinfo=UTC),
)
_SIZES = {1000: "1KB", 2**30: "1GiB", 9 * 10**12: "9TB"}
_ODD_FLOATS = (float("nan"), float("inf"), float("-inf"))
_TEXTS = (
    "", "a", "abc", "it's", 'say "hi"', "é🎉", "e\u0301", "{x}", "{{ ds }}", "{{$.inputs.parameters['s']}}", "$(HOME) ${HOME} $$",
    "line\nbreak",
    "\ttab\r", "back\\slash\\n", "null", "i:5", "f:nan", "  padded ", "\u2028", "true", "%s %(x)s {0}", "a,b;c|d", "</script>", "[0]", "0",
    "\x01\x7f", "'''", "# no comment", "\ufeffbom", "1e5", "-",
    # What YAML, Jinja, Argo, Kubernetes, a shell or a terminal takes for something else.
    "yes", "~", "0x1f", "2024-01-31", "12:30:45", ": ", "- a",
    "*a", "&a", "!x", "@x", "`x`", "|", ">", "=", "? a", "%YAML", "--- a", "\x85",
    "{% raw %}", "{# x #}", "{{ var.value.x }}", "{{workflow.name}}", "{{inputs.parameters.a}}", "{{{{", "}}", "$(a)", "$$(a)", "${a:-b}",
    "`id`", "\r\n", "\n", "end\n", "a\u00a0b", "\u202ertl", "\x1b[31m", "NaN", "None", "i:99999999999999999999", "\\u0041", "\\", "'\"'",
)  # fmt: skip


_OF_FILES: tuple[Type, ...] = (FILE, FILE, FILE, ListOf(FILE), Optional(FILE))


def random_type(rng: Random, *, files: float = 0.0) -> Type:
    """A type, the common ones more often; with the chance `files` one of files."""
    if rng.random() < files:
        return rng.choice(_OF_FILES)
    return rng.choices([type_ for type_, _ in _TYPES], [weight for _, weight in _TYPES])[0]


def integer(rng: Random) -> int:
    return rng.choice(_EDGES if rng.random() < 0.12 else _SMALL)


def text(rng: Random) -> str:
    return rng.choice(_TEXTS[:3] if rng.random() < 0.4 else _TEXTS)


def value(type_: Type, rng: Random) -> Value:
    """A value of a type, as the runner has it."""
    match type_:
        case Optional(item):
            return None if item == FILE or rng.random() < 0.4 else value(item, rng)
        case ListOf(File()):
            return []
        case ListOf(item):
            return [value(item, rng) for _ in range(length(rng))]
        case MapOf(item):
            return {text(rng): value(item, rng) for _ in range(length(rng))}
        case Record(fields):
            return {field.name: value(field.type, rng) for field in fields}
        case Enum(_, members):
            return rng.choice(members)
        case _:
            return _scalar(type_, rng)


def _scalar(type_: Type, rng: Random) -> Value:
    if type_ == FLOAT:
        return rng.choice(_ODD_FLOATS if rng.random() < 0.15 else _FLOATS)
    if type_ == BOOL:
        return rng.random() < 0.5
    if type_ == STR:
        return text(rng)
    if type_ == DATE:
        return rng.choice((date(2024, 2, 29), date(1, 1, 1), date(9999, 12, 31), date(1969, 12, 31)))
    if type_ == DURATION:
        return rng.choice((0, 1, 1500, 60_000, 86_400_000, 1))
    if type_ == DATETIME:
        return rng.choice(_MOMENTS)
    if type_ == BYTES:
        return rng.choice(list(_SIZES))
    assert type_ == INT, type_
    return integer(rng)


def length(rng: Random) -> int:
    return rng.choices((0, 1, 2, 3), (3, 3, 4, 2))[0]


def written(type_: Type, of: Value) -> str:
    """A value as an expression of the language. NaN and the infinities have none."""
    match type_, of:
        case _, None:
            return "null"
        case Optional(item), _:
            return written(item, of)
        case ListOf(item), list():
            return "[" + ", ".join(written(item, each) for each in of) + "]"
        case MapOf(item), dict():
            return "{" + ", ".join(f"{quoted(key)}: {written(item, each)}" for key, each in of.items()) + "}"
        case Record(fields, name), dict():
            return f"{name}(" + ", ".join(f"{field.name}={written(field.type, of[field.name])}" for field in fields) + ")"
        case Enum(name), _:
            return f"{name}.{of}"
        case _:
            return _written_scalar(type_, of)


def _written_scalar(type_: Type, of: Value) -> str:
    match of:
        case bool():
            return "true" if of else "false"
        case int():
            return f"{of}ms" if type_ == DURATION else _SIZES[of] if type_ == BYTES else str(of)
        case float():
            # What has no literal is computed.
            return {"inf": "(1e308 * 10.0)", "-inf": "(-1e308 * 10.0)", "nan": "(1e308 * 10.0 - 1e308 * 10.0)"}.get(repr(of), _decimal(of))
        case str():
            return quoted(of)
        case datetime():
            return f'datetime("{datetime_text(of)}")'
        case date():
            return f'date("{of.isoformat()}")'
    raise AssertionError(of)


def _decimal(of: float) -> str:
    shown = repr(of)
    mantissa, exponent, power = shown.partition("e")
    return mantissa + ("" if "." in mantissa else ".0") + exponent + power


def quoted(of: str, *, escaped: str = "") -> str:
    """A text as a string literal of the language."""
    names = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}
    shown = [names.get(c, c if c.isprintable() else f"\\u{ord(c):04x}") for c in of]
    return '"' + "".join(c * 2 if c in escaped else c for c in shown) + '"'


def python(type_: Type, of: Value) -> str:
    """A value as an expression of Python, for the code of an inline step."""
    match type_, of:
        case _, None:
            return "None"
        case Optional(item), _:
            return python(item, of)
        case ListOf(item), list():
            return "[" + ", ".join(python(item, each) for each in of) + "]"
        case MapOf(item), dict():
            return "{" + ", ".join(f"{python_text(key)}: {python(item, each)}" for key, each in of.items()) + "}"
        case Record(fields), dict():
            return "{" + ", ".join(f"{python_text(field.name)}: {python(field.type, of[field.name])}" for field in fields) + "}"
        case _, str():
            return python_text(of)
        case _, float():
            return f'float("{of!r}")'
        case _, datetime():
            return f"datetime.datetime.fromisoformat({of.isoformat()!r})"
        case _, date():
            return f"datetime.date({of.year}, {of.month}, {of.day})"
        case _, int() if type_ == DURATION:
            return f"datetime.timedelta(milliseconds={of})"
        case _:
            return repr(of)


def python_text(of: str) -> str:
    """A Python literal in which no quote of ours stands."""
    return '"' + "".join(c if (c.isascii() and c.isalnum()) or c in " .,_-" else f"\\U{ord(c):08x}" for c in of) + '"'
