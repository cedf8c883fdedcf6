"""`mloc check --all-targets`: how each construct of a program arrives on each installed target."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence

from mloc.backend import PART_OF, Backend, BackendError, Feature, load, names, refusal
from mloc.diagnostics.display import clean
from mloc.driver import Analysis, analyse
from mloc.frozen import dataclass
from mloc.passes.features import features
from mloc.runner.jsons import Json
from mloc.source import SourceError, Span
from mloc.types.python.project import ProjectError

SCHEMA = "mloc-portability/1"
_REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Construct:
    """A construct that a program uses, and the place (`line`, or `file:line` of an imported file) where it does first."""

    feature: Feature
    place: str


@dataclass(frozen=True, slots=True)
class Portability:
    """What one file uses; None when errors leave nothing to say."""

    file: str
    constructs: tuple[Construct, ...] | None


def portability(path: str) -> Portability:
    """What the pipelines of a file use, in the order of the features."""
    try:
        analysis = analyse(path)
    except (SourceError, ProjectError):
        return Portability(path, None)  # which checking has told
    if analysis.has_errors:
        return Portability(path, None)
    first: dict[Feature, Construct] = {}
    for pipeline in analysis.pipelines:
        for use in features(pipeline):
            first.setdefault(use.feature, Construct(use.feature, _place(analysis, use.span or pipeline.span)))
    return Portability(path, tuple(first[feature] for feature in Feature if feature in first))


def _place(analysis: Analysis, span: Span | None) -> str:
    if span is None or span.file not in analysis.files:
        return ""
    line = analysis.files[span.file].position(span.start).line
    return str(line) if span.file == analysis.path else f"{span.file}:{line}"


def targets() -> tuple[Backend, ...]:
    """The installed targets; one that does not load is told on standard error and left out."""
    found: list[Backend] = []
    for name in names():
        try:
            found.append(load(name))
        except BackendError as error:
            print(f"mloc: {clean(str(error))}", file=sys.stderr)
    return tuple(found)


def lines(found: Portability, backends: Sequence[Backend]) -> Iterator[str]:
    """The table of a file for people, and why targets refuse what they refuse."""
    if found.constructs is None:
        yield f"{found.file}: has errors, so what it uses is not known"
        return
    rows = [[found.file, "line", *(backend.name for backend in backends)]]
    rows += [[f"  {each.feature.value}", each.place, *(_level(backend, each.feature) for backend in backends)] for each in found.constructs]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        yield clean("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    for backend in backends:
        for each in found.constructs:
            refused = refusal(backend, each.feature)
            whole = PART_OF.get(each.feature)
            if refused is not None and (whole is None or refusal(backend, whole) is None):
                yield clean(f"{backend.name} refuses {each.feature.value} (line {each.place}): {refused.reason}; {refused.alternative}")


def _level(backend: Backend, feature: Feature) -> str:
    return _REFUSED if refusal(backend, feature) is not None else backend.capabilities[feature].level.value


def document(found: Sequence[Portability], backends: Sequence[Backend], diagnostics: Json) -> dict[str, Json]:
    """The tables as JSON of `mloc/schemas/portability.schema.json`, with the findings as `mloc check` gives them."""
    return {
        "schema": SCHEMA,
        "diagnostics": diagnostics,
        "files": [
            {
                "file": each.file,
                "constructs": None if each.constructs is None else [_construct(construct, backends) for construct in each.constructs],
            }
            for each in found
        ],
    }


def _construct(construct: Construct, backends: Sequence[Backend]) -> Json:
    targets: dict[str, Json] = {backend.name: _arrival(backend, construct.feature) for backend in backends}
    return {"construct": construct.feature.value, "place": construct.place, "targets": targets}


def _arrival(backend: Backend, feature: Feature) -> dict[str, Json]:
    refused = refusal(backend, feature)
    if refused is not None:
        return {"level": _REFUSED, "how": refused.reason, "instead": refused.alternative}
    support = backend.capabilities[feature]
    return {"level": support.level.value, "how": support.how, "instead": None}
