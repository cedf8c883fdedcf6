"""Python names for the emitted module: taken from the program, never twice in a scope, never one the module itself uses."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable

from mloc.emit.names import identifiers

# What the emitted module imports and the builtins it mentions: a function of such a name gets another.
RESERVED = frozenset(
    "Annotations Cache ConcurrencyLimitBehavior ConcurrencyPolicy CronSchedule FlyteDirectory FlyteFile GPUAccelerator Identity Labels "
    "LaunchPlan NamedTuple RawOutputDataConfig Resources Secret SecurityContext WorkflowFailurePolicy bool conditional date datetime dict "
    "dynamic enumerate float int list map_task mloc partial str task timedelta timezone workflow".split()
)

# Of these, what the bodies of functions use: their arguments and variables may have any other name.
BODY_RESERVED = frozenset({"conditional", "enumerate", "map_task", "mloc", "partial", "values"})

# The variables of a loop's own function.
LOOP_NAMES = ("index", "item", "items", "result", "results")

# Attributes of what flytekit gives for a node with several outputs, which an output of the same name would hide.
_HANDLE = frozenset({"ref", "runs_before", "with_overrides"})
_FLYTE_PACKAGES = frozenset({"flytekit", "flyteidl", "google", "mloc"})


class Names:
    """The names of one scope; `outer` are those of the scopes around it."""

    def __init__(self, outer: Iterable[str]) -> None:
        self.taken = set(outer)

    def fresh(self, wanted: str) -> str:
        """An identifier like `wanted` that nothing in the scope has yet."""
        plain = identifiers([wanted])[wanted]
        name, count = plain, 1
        # The name of a class is one word to linters.
        gap = "" if re.fullmatch(r"[A-Z][A-Za-z0-9]*[a-z][A-Za-z0-9]*", plain) else "_"
        while name in self.taken:
            count += 1
            name = f"{plain}{gap}{count}"
        self.taken.add(name)
        return name


def field_names(outputs: Iterable[str]) -> tuple[str, ...]:
    """The fields of a NamedTuple for these outputs: no underscore in front, and none of flytekit's own attributes."""
    names = Names(_HANDLE)
    return tuple(names.fresh(output.lstrip("_") or "output") for output in outputs)


def class_name(path: str) -> str:
    """`trials[].split` gives `TrialsSplit`."""
    words = [word for word in re.split(r"[^0-9A-Za-z]+", path) if word]
    return "".join(word[0].upper() + word[1:] for word in words) or "Outputs"


def module_name(pipeline: str) -> str:
    """The module of a pipeline: its own name, unless an import of that name would then find the bundle instead."""
    taken = pipeline in sys.stdlib_module_names or pipeline in _FLYTE_PACKAGES
    return f"{pipeline}_pipeline" if taken else identifiers([pipeline])[pipeline]


def last(path: str) -> str:
    """The last component of a node's id: `trials[].fitted` gives `fitted`."""
    return path.rsplit(".", 1)[-1]
