"""Where the code of a step reads what is no input of it: chance, the clock, the network, the environment."""

from __future__ import annotations

import ast
from collections.abc import Collection
from typing import Literal, TypeAlias

from mloc import patterns
from mloc.frozen import dataclass
from mloc.types.python.lookup import Function
from mloc.types.python.project import Project
from mloc.types.python.reach import Code, dotted, reached
from mloc.types.python.reach import of_function as function_code
from mloc.types.python.reach import of_statements as statements_code

Kind: TypeAlias = Literal["random", "clock", "network", "environment"]

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
_SPLITS = tuple(
    f"sklearn.model_selection.{name}" for name in ("train_test_split", "ShuffleSplit", "StratifiedShuffleSplit", "GroupShuffleSplit")
)
_FOLDS = tuple(f"sklearn.model_selection.{name}" for name in ("KFold", "StratifiedKFold"))
_STATE = ("random.getstate", "random.setstate", "numpy.random.get_state", "numpy.random.set_state", "random.SystemRandom")
_CLOCK: tuple[str, ...] = ("datetime.datetime.now", "datetime.datetime.utcnow", "datetime.datetime.today", "datetime.date.today")
_CLOCK += ("time.time", "time.time_ns", "pandas.Timestamp.now", "pandas.Timestamp.today", "time.strftime", "time.localtime", "time.gmtime")
_STOPWATCH = ("time.time", "time.time_ns")
_NETWORK: tuple[str, ...] = ("requests", "httpx", "aiohttp", "urllib.request", "urllib3", "ftplib", "smtplib", "socket.create_connection")
_NETWORK += ("boto3.client", "boto3.resource", "psycopg.connect", "psycopg2.connect", "pymysql.connect", "sqlalchemy.create_engine")
_NETWORK += ("snowflake.connector.connect", "google.cloud.storage.Client", "google.cloud.bigquery.Client", "pymongo.MongoClient")
_READERS = tuple(f"{package}.read_{kind}" for package in ("pandas", "polars") for kind in ("csv", "parquet", "json", "excel", "table"))
_ADDRESS = patterns.of(r"(?:https?|s3a?|gs|abfss?|ftp)://")
_VALUES = ("requests.exceptions", "urllib3.exceptions", "urllib.request.Request")
_PLAIN = frozenset("PATH HOME TMPDIR TEMP TMP LANG LC_ALL TZ USER PWD PYTHONPATH OMP_NUM_THREADS CUDA_VISIBLE_DEVICES".split())


@dataclass(frozen=True, slots=True)
class Evidence:
    """A place where the code is not a function of its inputs; `what` is what it reads. `file` is None for the code given."""

    kind: Kind
    what: str
    node: ast.expr
    file: str | None


def of_function(project: Project, function: Function, declared: Collection[str]) -> Evidence | None:
    """The first such place in a function or in the functions of the project that it names; `declared` are the step's variables."""
    return _first(project, function_code(project, function.module, function.node), declared)


def of_statements(body: list[ast.stmt], declared: Collection[str]) -> Evidence | None:
    """The first such place in code that imports whatever it uses itself."""
    return _first(None, statements_code(body), declared)


def _first(project: Project | None, code: Code, declared: Collection[str]) -> Evidence | None:
    bodies = list(reached(project, code))
    called = {name for body in bodies for node in body.nodes if isinstance(node, ast.Call) and (name := dotted(node.func, body))}
    seeded = bool(called & set(_SEEDS))
    for body in bodies:
        timed = sum(isinstance(node, ast.Call) and dotted(node.func, body) in _STOPWATCH for node in body.nodes) > 1
        for node in body.nodes:
            found = _evidence(node, body, declared, seeded=seeded, timed=timed)
            if found is not None:
                return found
    return None


def _evidence(node: ast.AST, code: Code, declared: Collection[str], *, seeded: bool, timed: bool) -> Evidence | None:
    if isinstance(node, (ast.Call, ast.Subscript)):
        variable = _variable(node, code)
        if variable is not None:
            hidden = variable not in declared and variable not in _PLAIN
            return Evidence("environment", f"the variable {variable}", node, code.file) if hidden else None
    if not isinstance(node, ast.Call):
        return None
    name = dotted(node.func, code)
    if not seeded and _is_unseeded(node, name):
        return Evidence("random", f"`{name or 'sample'}` without `random_state`", node, code.file)
    if name in _READERS and node.args and (address := _address(node.args[0])) is not None:
        return Evidence("network", f"`{address}`", node, code.file)
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


def _is_unseeded(call: ast.Call, name: str | None) -> bool:
    """Whether a call chooses rows at random, and not the same ones each time."""
    given = {keyword.arg: keyword.value for keyword in call.keywords}
    if {"random_state", "seed", None} & given.keys():
        return False
    if name in _SPLITS or name in _FOLDS:
        shuffle = given.get("shuffle")
        said = isinstance(shuffle, ast.Constant) and shuffle.value
        return bool(said) if name in _FOLDS else shuffle is None or bool(said)
    # Of a frame's method: a list has no share of its items.
    return isinstance(call.func, ast.Attribute) and call.func.attr == "sample" and "frac" in given and name is None


def _address(path: ast.expr) -> str | None:
    """The constant address of something that other people change."""
    match path:
        case ast.Constant(value=str(text)) | ast.JoinedStr(values=[ast.Constant(value=str(text)), *_]):
            return text if _ADDRESS.match(text) else None
        case _:
            return None


def _under(name: str, tops: tuple[str, ...]) -> bool:
    return any(name == top or name.startswith(f"{top}.") for top in tops)


def _variable(node: ast.Call | ast.Subscript, code: Code) -> str | None:
    """The environment variable that is read by a constant name."""
    match node:
        case ast.Subscript(value=holder, slice=ast.Constant(value=str(name)), ctx=ast.Load()):
            return name if dotted(holder, code) == "os.environ" else None
        case ast.Call(func=function, args=[ast.Constant(value=str(name)), *_]):
            return name if dotted(function, code) in ("os.environ.get", "os.getenv") else None
        case _:
            return None
