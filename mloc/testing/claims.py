"""What a backend says of itself, held against what the conformance programs show."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from mloc.backend import Backend, Feature, Level, load, refusal
from mloc.passes.features import features
from mloc.testing.cases import cases, program


@cache
def witnesses() -> Mapping[Feature, tuple[str, ...]]:
    """The programs that use each construct, those that use the fewest others first: what shows that it works."""
    used = {name: {use.feature for use in features(program(name)[1])} for name in sorted({case.program for case in cases()})}
    order = sorted(used, key=lambda name: (len(used[name]), name))
    return {feature: tuple(name for name in order if feature in used[name]) for feature in Feature}


def shown(backend: Backend, feature: Feature) -> tuple[str, ...]:
    """The programs that show a construct on a target: they use it, and nothing that the target refuses."""
    return tuple(name for name in witnesses()[feature] if not _refuses(backend, name))


def unproven(target: str) -> list[str]:
    """What a target's backend claims and nothing shows, or says twice, a line each."""
    backend = load(target)
    found = [f"{feature.value}: both in `capabilities` and in `refused`" for feature in backend.capabilities if feature in backend.refused]
    for feature, support in backend.capabilities.items():
        proven = support.level is Level.IGNORED or support.emitted is not None or shown(backend, feature)
        if not proven:
            found.append(f"{feature.value}: {support.level.value}, but no conformance program shows it")
    return found


def _refuses(backend: Backend, name: str) -> bool:
    return any(refusal(backend, use.feature) is not None for use in features(program(name)[1], backend.name))
