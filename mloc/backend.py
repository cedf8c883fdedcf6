"""The contract between mloc and a backend: what a target can express, and how a pipeline becomes a bundle for it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from enum import Enum
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeAlias, runtime_checkable

from mloc.diagnostics.model import Bag
from mloc.frozen import dataclass, field
from mloc.ir.model import Pipeline
from mloc.source import Line, Span
from mloc.targets.model import AttributeTable
from mloc.targets.read import BadTable, table_of
from mloc.types.encode import Json
from mloc.version import VERSION

if TYPE_CHECKING:
    from importlib.metadata import EntryPoints

API = 2
GROUP = "mloc.backends"

Pass: TypeAlias = Callable[[Pipeline, Bag], Pipeline]
Artifacts: TypeAlias = Mapping[str, "str | bytes"]


class Feature(Enum):
    """A construct that a target may not be able to express; the value is what users read. Every construct of the language has one."""

    # values
    PARAMETER = "a pipeline parameter"
    ARTIFACT_PARAMETER = "a pipeline parameter that is a file, table or model"
    DOMAIN = "a domain (in)"
    OPTIONAL = "T?"
    TIME = "date, datetime and duration"
    ENUM = "enum"
    RECORD = "record"
    LIST = "list"
    MAP = "map"
    FILE = "File"
    DIR = "Dir"
    TABLE = "Table"
    MODEL = "Model"
    METRICS = "Metrics"
    EXPRESSION = "an expression of step outputs"
    # steps
    PYTHON = "run python"
    INLINE = "run inline"
    SHELL = "run shell"
    CONTAINER = "run container"
    CONTAINER_ENTRYPOINT = "run container without command"
    NOTEBOOK = "run notebook"
    # order and control flow
    ORDER = "after"
    ORDER_ON_REGION = "after on an if or a for"
    BRANCH = "if/else"
    BRANCH_IN_BRANCH = "an if inside an if"
    BRANCH_IN_FAN_OUT = "an if inside a for"
    MERGE = "a name bound in an if"
    FAN_OUT = "for"
    FAN_OUT_IN_BRANCH = "a for inside an if"
    NESTED_FAN_OUT = "a for inside a for"
    COLLECT = "yield"
    FAN_OUT_LIMIT = "for … limit"
    TOLERATE = "for … tolerate"
    RUN_VALUES = "run.id, run.now or a date of the run"
    CALLED_PIPELINE = "a call of a pipeline"
    LOOP = "loop"
    CONVERGE = "converge required"
    # failure
    REQUIRE = "require"
    RETRY = "retry"
    TIMEOUT = "timeout"
    ON_FAILURE = "on failure"
    FINALLY = "finally"
    RUN_ERROR = "run.error"
    HANDLER_VALUE = "a value of the body in a handler"
    FAIL_FAST = "fail fast"
    PIPELINE_TIMEOUT = "a timeout of the pipeline"
    # how and where steps run
    MAX_PARALLEL = "max parallel"
    RESOURCES = "resources"
    GPU = "resources gpu"
    IMAGE = "image"
    ENV = "env"
    SECRET_K8S = "a secret from k8s"
    SECRET_ENV = "a secret from env"
    SECRET_FILE = "a secret from file"
    SECRET_AIRFLOW = "a secret from airflow"
    SECRET_FLYTE = "a secret from flyte"
    CACHE = "cache"
    # launches
    SCHEDULE = "schedule"
    TRIGGER = "trigger"
    PUBLISH = "publish"
    TARGET = "target"


# Constructs that are parts of others: who refuses the whole refuses them.
PART_OF: Mapping[Feature, Feature] = {
    Feature.ARTIFACT_PARAMETER: Feature.PARAMETER,
    Feature.CONTAINER_ENTRYPOINT: Feature.CONTAINER,
    Feature.BRANCH_IN_BRANCH: Feature.BRANCH,
    Feature.BRANCH_IN_FAN_OUT: Feature.BRANCH,
    Feature.MERGE: Feature.BRANCH,
    Feature.FAN_OUT_IN_BRANCH: Feature.FAN_OUT,
    Feature.NESTED_FAN_OUT: Feature.FAN_OUT,
    Feature.COLLECT: Feature.FAN_OUT,
    Feature.FAN_OUT_LIMIT: Feature.FAN_OUT,
    Feature.TOLERATE: Feature.FAN_OUT,
}


class Level(Enum):
    """How a construct arrives on a target; the value is what users read."""

    NATIVE = "native"  # the engine's own construct
    LOWERED = "lowered"  # made of other constructs of the engine
    RUNNER = "by the runner"  # done within a task, unseen by the engine
    IGNORED = "not carried over"  # accepted, without effect there


@dataclass(frozen=True, slots=True)
class Support:
    """How a construct arrives, in a few words.

    Conformance programs show that it does. Where no local mode of the engine acts on the construct, `emitted` names the test that reads
    it in what is emitted: `tests/kfp/test_spec.py::test_resources`.
    """

    level: Level
    how: str
    emitted: str | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    """What an engine's local mode does differently from the language, with the test or the text that shows it."""

    what: str
    evidence: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a target cannot express a feature, and what to write instead."""

    reason: str
    alternative: str


@dataclass(frozen=True, slots=True)
class Attributes:
    """What the program says to this target, defaults filled in: its version, the pipeline's attributes and those of calls by their ids.

    `spans` has the place of every attribute, by the id of the call ("" of the pipeline) and its name.
    """

    version: str
    pipeline: Mapping[str, Json] = field(default_factory=dict)
    calls: Mapping[str, Mapping[str, Json]] = field(default_factory=dict)
    spans: Mapping[tuple[str, str], Span] = field(default_factory=dict)

    def of(self, call: str) -> Mapping[str, Json]:
        """The attributes of a call, those that its pipeline gives to all of them included."""
        return self.calls.get(call, {})


@dataclass(frozen=True, slots=True)
class Request:
    """All that a backend may read.

    `code` holds the first-party Python modules (path below their source root → bytes), `runner` the vendored runner's files,
    `program` the runner's JSON document for `pipeline`, `lines` the source line of each node by id (`Analysis.lines`).
    """

    pipeline: Pipeline
    program: Mapping[str, object]
    code: Mapping[str, bytes]
    runner: Mapping[str, bytes]
    mloc_version: str
    attributes: Attributes
    lines: Mapping[str, Line] = field(default_factory=dict)


@runtime_checkable
class Backend(Protocol):
    """A target.

    `launcher` is the module that runs a bundle on the engine's own local mode: `python -m LAUNCHER BUNDLE --params FILE --records FOLDER
    --store FOLDER --result FILE`, and in one's own process `main([…])`, which gives the exit code: 0 succeeded, 1 failed, 2 not installed.
    `capabilities` says of every feature that the target can express how it arrives, `refused` of the others why they do not;
    a feature in neither is refused too, so that a backend promises nothing of constructs that are younger than itself.
    """

    name: str
    api: int
    capabilities: Mapping[Feature, Support]
    refused: Mapping[Feature, Refusal]
    differences: tuple[Difference, ...]
    lowering: tuple[Pass, ...]
    launcher: str

    def attributes(self) -> Mapping[str, object]:
        """The JSON Schema document of what the target may be told (`mloc.targets.read.table_of` says what stands in it)."""
        ...

    def review(self, pipeline: Pipeline, attributes: Attributes, bag: Bag) -> None:
        """Report what the engine will not take of a pipeline (sizes, counts, names), and what of it will not be as declared."""
        ...

    def emit(self, request: Request, bag: Bag) -> Artifacts:
        """The bundle's files: relative path → content. Never touches the disk."""
        ...


def refusal(backend: Backend, feature: Feature) -> Refusal | None:
    """Why a target cannot express a feature, None when it can."""
    whole = refusal(backend, PART_OF[feature]) if feature in PART_OF else None
    if whole is not None:
        return whole
    if feature in backend.refused:
        return backend.refused[feature]
    if feature in backend.capabilities:
        return None
    return Refusal("its backend does not say how", "compile for another target, or ask for a backend that has it")


@runtime_checkable
class Packed(Protocol):
    """A backend that writes files with others in them; `packed` are the endings of their names."""

    packed: tuple[str, ...]

    def unpack(self, data: bytes) -> Mapping[str, bytes]:
        """The files in one; none when it is not of this backend's making."""
        ...


class BackendError(Exception):
    """A backend that is missing, broken or speaks another version of the contract; the message is for the user."""


def names() -> tuple[str, ...]:
    """The installed targets, sorted."""
    return tuple(sorted(entry.name for entry in _installed()))


def load(name: str) -> Backend:
    """The backend of a target. Raises BackendError when none, or more than one, answers to the name, or it does not load.

    mloc's own targets are taken from its own distribution without looking through all that is installed, which takes as long as compiling;
    so another distribution can add a target but never take the name of one of these.
    """
    own = _own().get(name)
    if own is not None:
        return _load(name, own, lambda: _object(own))
    found = tuple(_installed().select(name=name))
    if not found:
        raise BackendError(f"unknown target `{name}`; installed targets: {', '.join(names()) or 'none'}")
    if len({entry.value for entry in found}) > 1:
        raise BackendError(f"target `{name}` is claimed by several distributions: {', '.join(sorted(e.value for e in found))}")
    return _load(name, found[0].value, found[0].load)


def table(backend: Backend) -> AttributeTable:
    """What a target may be told. Raises BackendError when its document is broken."""
    try:
        document = backend.attributes()
    except Exception as error:  # as above
        raise BackendError(f"target `{backend.name}` gives no table of attributes: {type(error).__name__}: {error}") from error
    try:
        return table_of(backend.name, document)
    except BadTable as error:
        raise BackendError(f"target `{backend.name}` has a broken table of attributes: {error}") from error


class Tables:
    """The tables of the installed targets, each loaded when a program first speaks to it."""

    def __init__(self) -> None:
        self._tables: dict[str, AttributeTable | None] = {}

    def names(self) -> tuple[str, ...]:
        return names()

    def table(self, name: str) -> AttributeTable | None:
        """The table of a target; None when there is no such one. Raises BackendError when its backend is broken."""
        if name not in self._tables:
            self._tables[name] = table(load(name)) if name in _own() or name in names() else None
        return self._tables[name]


def _installed() -> EntryPoints:
    # Loaded here and not at the top: it takes as long as checking a program, which needs no backend.
    from importlib.metadata import entry_points

    return entry_points(group=GROUP)


def _own() -> dict[str, str]:
    """The targets of our own distribution, with the places of their backends; none where it is installed in an unusual way.

    `importlib.metadata` reads the same file, and takes as long to load as all of a backend.
    """
    for folder in sys.path:
        try:
            text = (Path(folder) / f"mloc-{VERSION}.dist-info" / "entry_points.txt").read_text(encoding="utf-8")
        except OSError:
            continue
        group = text.partition(f"[{GROUP}]")[2].partition("[")[0]
        pairs = [line.partition("=") for line in group.split("\n") if "=" in line]
        return {name.strip(): place.strip() for name, _, place in pairs}
    return {}


def _object(place: str) -> object:
    module, _, attribute = place.partition(":")
    found: object = getattr(import_module(module), attribute)
    return found


def _load(name: str, place: str, read: Callable[[], object]) -> Backend:
    try:
        backend = read()
    except Exception as error:  # a plugin's own code may raise anything
        raise BackendError(f"target `{name}` ({place}) does not load: {type(error).__name__}: {error}") from error
    if not isinstance(backend, Backend):
        raise BackendError(f"target `{name}` ({place}) is not a backend: it lacks {', '.join(_missing(backend))}")
    if backend.api != API:
        raise BackendError(f"target `{name}` speaks version {backend.api} of the backend contract, this mloc speaks {API}")
    return backend


def _missing(backend: object) -> list[str]:
    wanted = ("name", "api", "capabilities", "refused", "differences", "lowering", "launcher", "attributes", "review", "emit")
    return [name for name in wanted if not hasattr(backend, name)]
