"""Names that may not be declared, and the ids that nodes get."""

from __future__ import annotations

import re

from mloc import patterns
from mloc.frozen import dataclass, field
from mloc.syntax import tree as t

KEYWORDS = frozenset(
    "False None True and as assert async await break class continue def del elif else except finally for from global if import in is "
    "lambda nonlocal not or pass raise return try while with yield true false null run require".split()
)
_ARM = patterns.of(r"then|elif\d+")


def reserved(name: str) -> str | None:
    """Why a name may not be declared or bound, None when it may; reads on from the name."""
    if name in KEYWORDS:
        return "is a reserved word"
    if name.startswith("__"):
        return "begins with `__`"
    if _ARM.fullmatch(name):
        return "names an arm of a branch in run reports"
    return None


def folded(name: str) -> str:
    """What two names have in common that an engine may take for one."""
    return re.sub("_+", "_", name.lower())


@dataclass(frozen=True, slots=True)
class Place:
    """Where a block stands: the id prefix of its fan-outs, and for every branch around it within them its label and the names that
    several of that branch's arms bind."""

    prefix: str = ""
    arms: tuple[tuple[str, frozenset[str]], ...] = ()
    in_fan_out: bool = False
    top: bool = True
    in_loop: bool = False

    def arm(self, label: str, shared: frozenset[str]) -> Place:
        return Place(self.prefix, (*self.arms, (label, shared)), self.in_fan_out, top=False)

    def called(self, id_: str) -> Place:
        """The body of a pipeline called by a node: its own top, below the node's id."""
        return Place(f"{id_}.")

    def body(self, fan_out: str) -> Place:
        return Place(f"{fan_out}[].", (), in_fan_out=True, top=False)


@dataclass(slots=True)
class Ids:
    """Gives every node of a pipeline its id (rulings, 3)."""

    used: set[str] = field(default_factory=set)
    counts: dict[str, int] = field(default_factory=dict)

    def named(self, name: str, place: Place) -> str:
        """The id of a bound name or of an unbound call, which counts up when its name stands there already."""
        labels = "".join(f"{label}." for label, shared in place.arms if name in shared)
        base = f"{place.prefix}{labels}{name}"
        id_, number = base, 1
        while id_ in self.used:
            number += 1
            id_ = f"{base}#{number}"
        self.used.add(id_)
        return id_

    def unnamed(self, kind: str, place: Place) -> str:
        """The id of an unbound region: `for#1`, `if#2`."""
        base = f"{place.prefix}{kind}"
        self.counts[base] = self.counts.get(base, 0) + 1
        id_ = f"{base}#{self.counts[base]}"
        self.used.add(id_)
        return id_


def bound_names(body: tuple[t.Statement, ...]) -> set[str]:
    """The names that a block binds, its branches included: of calls without a binding, the step's name."""
    names: set[str] = set()
    for statement in body:
        match statement:
            case t.Bind(name=name, value=value):
                if name is not None:
                    names.add(name.text)
                elif isinstance(value, t.CallExpr) and isinstance(value.callee, t.Name):
                    names.add(value.callee.text)
            case t.If(name=name, arms=arms):
                names.update(*(bound_names(arm.body) for arm in arms))
                if name is not None:
                    names.add(name.text)
            case t.For(name=name):
                if name is not None:
                    names.add(name.text)
            case t.Require():
                names.add("require")
            case t.Loop(name=name):
                names.add(name.text)
            case _:
                pass
    return names
