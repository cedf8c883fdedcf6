"""Where the code of a step reads what is no input of it: chance, the clock, the network, the environment."""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import cache
from typing import Literal, TypeAlias

from mloc.frozen import dataclass
from mloc.types.python.lookup import Function
from mloc.types.python.names import Definition, External, Missing, Module, Resolution, resolve
from mloc.types.python.project import Project

Kind: TypeAlias = Literal["random", "clock", "network", "environment"]
_MOST_FUNCTIONS = 200

_CHANCE = ("random", "numpy.random", "torch.rand", "torch.randn", "torch.randint", "torch.randperm")
_ALWAYS_CHANCE = ("secrets", "os.urandom", "uuid.uuid1", "uuid.uuid4")
_SEEDS = ("random.seed", "numpy.random.seed", "torch.manual_seed", "tensorflow.random.set_seed", "lightning.seed_everything")
_GENERATORS = (
    "random.Random",
    "numpy.random.default_rng",
    "numpy.random.RandomState",
    "numpy.random.Generator",
    "numpy.random.SeedSequence",
)
_STATE = ("random.getstate", "random.setstate", "numpy.random.get_state", "numpy.random.set_state", "random.SystemRandom")
_CLOCK: tuple[str, ...] = ("datetime.datetime.now", "datetime.datetime.utcnow", "datetime.datetime.today", "datetime.date.today")
_CLOCK += ("time.time", "time.time_ns", "pandas.Timestamp.now", "pandas.Timestamp.today", "time.strftime", "time.localtime", "time.gmtime")
_STOPWATCH = ("time.time", "time.time_ns")
_NETWORK: tuple[str, ...] = ("requests", "httpx", "aiohttp", "urllib.request", "urllib3", "ftplib", "smtplib", "socket.create_connection")
_NETWORK += ("boto3.client", "boto3.resource", "psycopg.connect", "psycopg2.connect", "pymysql.connect", "sqlalchemy.create_engine")
_NETWORK += ("snowflake.connector.connect", "google.cloud.storage.Client", "google.cloud.bigquery.Client", "pymongo.MongoClient")
_VALUES = ("requests.exceptions", "urllib3.exceptions", "urllib.request.Request")
_PLAIN = frozenset("PATH HOME TMPDIR TEMP TMP LANG LC_ALL TZ USER PWD PYTHONPATH OMP_NUM_THREADS CUDA_VISIBLE_DEVICES".split())


@dataclass(frozen=True, slots=True)
class Evidence:
    """A place where the code is not a function of its inputs; `what` is what it reads. `file` is None for the code given."""

    kind: Kind
    what: str
    node: ast.expr
    file: str | None


@dataclass(frozen=True, slots=True)
class _Code:
    """One body to look through: the names in it by `resolved`, to a dotted name outside the project or to a function of it."""

    nodes: tuple[ast.AST, ...]
    file: str | None
    resolved: Callable[[str], str | Definition | Module | None]


def of_function(project: Project, function: Function, declared: Collection[str]) -> Evidence | None:
    """The first such place in a function or in the functions of the project that it names; `declared` are the step's variables."""
    return _first(project, _function(project, function.module, function.node), declared)


def of_statements(body: list[ast.stmt], declared: Collection[str]) -> Evidence | None:
    """The first such place in code that imports whatever it uses itself."""
    own = imported(body)
    return _first(None, _Code(_nodes(body), None, own.get), declared)


def _function(project: Project, module: Module, node: ast.FunctionDef | ast.AsyncFunctionDef) -> _Code:
    own = imported(node.body)
    taken = {argument.arg for argument in ast.walk(node.args) if isinstance(argument, ast.arg)}

    @cache
    def resolved(name: str) -> str | Definition | Module | None:
        if name in own or name in taken:
            return own.get(name)
        found = resolve(project, module, name)
        if isinstance(found, External):
            return found.name
        return None if isinstance(found, Missing) else found

    place = module.located.path
    return _Code(_nodes(node.body), module.located.relative if place is None else project.show(place), resolved)


def imported(body: list[ast.stmt]) -> Mapping[str, str]:
    """What the imports within a body bind, by name."""
    found: dict[str, str] = {}
    for node in (inner for statement in body for inner in ast.walk(statement)):
        match node:
            case ast.Import(names=names):
                found |= {a.asname or a.name.partition(".")[0]: a.name if a.asname else a.name.partition(".")[0] for a in names}
            case ast.ImportFrom(module=str(module), names=names, level=0):
                found |= {a.asname or a.name: f"{module}.{a.name}" for a in names}
            case _:
                pass
    return found


def _first(project: Project | None, code: _Code, declared: Collection[str]) -> Evidence | None:
    bodies = list(_reached(project, code))
    called = {name for body in bodies for node in body.nodes if isinstance(node, ast.Call) and (name := _dotted(node.func, body))}
    seeded = bool(called & set(_SEEDS))
    for body in bodies:
        timed = sum(isinstance(node, ast.Call) and _dotted(node.func, body) in _STOPWATCH for node in body.nodes) > 1
        for node in body.nodes:
            found = _evidence(node, body, declared, seeded=seeded, timed=timed)
            if found is not None:
                return found
    return None


def _reached(project: Project | None, code: _Code) -> Iterator[_Code]:
    """The body and those of the project's functions that it names, directly or not."""
    yield code
    if project is None:
        return
    pending: list[_Code] = [code]
    seen: set[ast.AST] = set(code.nodes[:1])
    while pending and len(seen) <= _MOST_FUNCTIONS:
        body = pending.pop(0)
        for node in body.nodes:
            found = _named(project, node, body)
            if found is not None and found[1].body[0] not in seen:
                seen.add(found[1].body[0])
                pending.append(_function(project, *found))
                yield pending[-1]


def _named(project: Project, node: ast.AST, code: _Code) -> tuple[Module, ast.FunctionDef | ast.AsyncFunctionDef] | None:
    """The function of the project that `clean` or `helpers.clean` names, with its module."""
    found: str | Definition | Module | Resolution | None = None
    if isinstance(node, ast.Name):
        found = code.resolved(node.id)
    elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        module = code.resolved(node.value.id)
        found = resolve(project, module, node.attr) if isinstance(module, Module) else None
    if isinstance(found, Definition) and isinstance(found.node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return found.module, found.node
    return None


def _nodes(body: list[ast.stmt]) -> tuple[ast.AST, ...]:
    return tuple(node for statement in body for node in ast.walk(statement))


def _dotted(expr: ast.expr, code: _Code) -> str | None:
    """The full name of `np.random.rand`; None for what is not reached from an import."""
    parts: list[str] = []
    while isinstance(expr, ast.Attribute):
        parts.insert(0, expr.attr)
        expr = expr.value
    if not isinstance(expr, ast.Name):
        return None
    root = code.resolved(expr.id)
    return ".".join((root, *parts)) if isinstance(root, str) else None


def _evidence(node: ast.AST, code: _Code, declared: Collection[str], *, seeded: bool, timed: bool) -> Evidence | None:
    if isinstance(node, (ast.Call, ast.Subscript)):
        variable = _variable(node, code)
        if variable is not None:
            hidden = variable not in declared and variable not in _PLAIN
            return Evidence("environment", f"the variable {variable}", node, code.file) if hidden else None
    if not isinstance(node, ast.Call):
        return None
    name = _dotted(node.func, code)
    kind = None if name is None else _kind(name, bool(node.args or node.keywords), seeded=seeded, timed=timed)
    return None if kind is None else Evidence(kind, f"`{name}`", node, code.file)


def _kind(name: str, has_arguments: bool, *, seeded: bool, timed: bool) -> Kind | None:
    """What a call of `name` reads."""
    if name in _GENERATORS:
        return None if has_arguments else "random"
    if _under(name, _ALWAYS_CHANCE) or (_under(name, _CHANCE) and not seeded and not _under(name, (*_SEEDS, *_STATE))):
        return "random"
    if name in _CLOCK and not (name in _STOPWATCH and timed) and not (name.startswith("time.") and has_arguments):
        return "clock"
    return "network" if _under(name, _NETWORK) and not _under(name, _VALUES) else None


def _under(name: str, tops: tuple[str, ...]) -> bool:
    return any(name == top or name.startswith(f"{top}.") for top in tops)


def _variable(node: ast.Call | ast.Subscript, code: _Code) -> str | None:
    """The environment variable that is read by a constant name."""
    match node:
        case ast.Subscript(value=holder, slice=ast.Constant(value=str(name)), ctx=ast.Load()):
            return name if _dotted(holder, code) == "os.environ" else None
        case ast.Call(func=function, args=[ast.Constant(value=str(name)), *_]):
            return name if _dotted(function, code) in ("os.environ.get", "os.getenv") else None
        case _:
            return None
