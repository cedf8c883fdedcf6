"""How constructs arrive on targets, as Markdown: made of what backends declare and of the programs that show it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mloc.backend import Backend, Feature, Level, refusal
from mloc.testing.claims import shown

# On a construct that no local mode acts on: read in what is emitted.
_EMITTED = "°"


def matrix(backends: Sequence[Backend], programs: str) -> str:
    """The table of constructs by targets; `programs` is where links to the conformance programs lead."""
    head = ["construct", *(backend.name for backend in backends), "shown by"]
    lines = [_row(head), _row(["---"] * len(head))]
    for feature in Feature:
        if any(feature in backend.capabilities for backend in backends):
            cells = [_cell(backend, feature) for backend in backends]
            lines.append(_row([feature.value, *cells, ", ".join(_links(backends, feature, programs))]))
    return "\n".join(lines) + "\n"


def details(backend: Backend) -> str:
    """How each construct arrives on one target, and why the others do not."""
    lines = [_row(["construct", "arrives", "as"]), _row(["---"] * 3)]
    for feature in Feature:
        if feature in backend.capabilities and refusal(backend, feature) is None:
            support = backend.capabilities[feature]
            lines.append(_row([feature.value, support.level.value, support.how]))
    for feature, refused in backend.refused.items():
        lines.append(_row([feature.value, "refused", f"{refused.reason}; {refused.alternative}"]))
    return "\n".join(lines) + "\n"


def unclaimed(backends: Sequence[Backend]) -> tuple[Feature, ...]:
    """The constructs that none of the targets has."""
    return tuple(feature for feature in Feature if not any(feature in backend.capabilities for backend in backends))


def _cell(backend: Backend, feature: Feature) -> str:
    if refusal(backend, feature) is not None:
        return "refused"
    support = backend.capabilities[feature]
    read = support.emitted is not None and support.level is not Level.IGNORED
    return support.level.value + (_EMITTED if read else "")


def _links(backends: Sequence[Backend], feature: Feature, programs: str) -> Iterator[str]:
    """For each target the plainest program that shows a construct there, each once."""
    able = [backend for backend in backends if refusal(backend, feature) is None]
    first = dict.fromkeys(name for backend in able for name in shown(backend, feature)[:1])
    return (f"[{name}]({programs}/{name}.mlp)" for name in first)


def _row(cells: Sequence[str]) -> str:
    escaped = [cell.replace("|", "\\|") for cell in cells]
    return f"| {' | '.join(escaped)} |"
