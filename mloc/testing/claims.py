"""What a backend says of itself, held against what the conformance programs show."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from mloc.backend import Backend, Feature, Level, load, refusal
from mloc.passes.features import features
from mloc.testing.cases import cases, program


def witnesses(target: str | None = None) -> Mapping[Feature, tuple[str, ...]]:
    """The programs that use each construct on a target (natively with None) and so show that it works, the plainest first."""
    names = {case.program for case in cases()}
    order = sorted(names, key=lambda name: (len(_used(name, target)), name))
    return {feature: tuple(name for name in order if feature in _used(name, target)) for feature in Feature}


def shown(backend: Backend, feature: Feature) -> tuple[str, ...]:
    """The programs that show a construct on a target: they use it, and nothing that the target refuses."""
    return tuple(name for name in witnesses(backend.name)[feature] if not refuses(backend, name))


def refuses(backend: Backend, name: str) -> bool:
    """Whether a target cannot express a conformance program."""
    return any(refusal(backend, feature) is not None for feature in _used(name, backend.name))


@cache
def _used(name: str, target: str | None) -> frozenset[Feature]:
    return frozenset(use.feature for use in features(program(name)[1], target))


def unproven(target: str) -> list[str]:
    """What a target's backend claims and nothing shows, or says twice, a line each."""
    backend = load(target)
    found = [f"{feature.value}: both in `capabilities` and in `refused`" for feature in backend.capabilities if feature in backend.refused]
    for feature, support in backend.capabilities.items():
        proven = support.level is Level.IGNORED or support.emitted is not None or shown(backend, feature)
        if not proven:
            found.append(f"{feature.value}: {support.level.value}, but no conformance program shows it")
    return found
