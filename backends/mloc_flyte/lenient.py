"""How regions end in which failures are values, because a fan-out around them tolerates some."""

from __future__ import annotations

from collections.abc import Sequence

from mloc.ir.model import Expr, Ref, Region, Widen
from mloc.ir.walk import refs

from .build import Build
from .plan import TEXT, Outputs, Task
from .scope import Body


def may_fail(body: Body, region: Region) -> bool:
    """Whether a failure may be a value in a body: of a node, or of what is waited for around it."""
    return body.lenient and bool(region.nodes or body.gates)


def says_all(build: Build, body: Body, region: Region, values: Sequence[Expr]) -> bool:
    """Whether what a region gives says by itself that all in it went well: each value is made by the one node that ends the region."""
    if not may_fail(body, region):
        return True
    ends = build.ends(body, region)
    made = [{ref.node for ref in refs(value)} for value in values if isinstance(value, (Ref, Widen))]
    return len(ends) == 1 and len(made) == len(values) and all(nodes == set(ends) for nodes in made)


def closed(build: Build, body: Body, ends: Sequence[str], node: str, role: str, line: str) -> str:
    """What a region gives that gives no value: no failure, or what failed first in it; a task says so where several nodes end it."""
    ports = build.ports(build.states(body, ends, ()))
    if ends and [port.annotation for port in ports] == [TEXT]:
        return body.read(ports[0].key)
    name, doc = build.known.function(node, role), f"Say whether all of `{node}` went well."
    return build.invoke(body, Task("close", name, (node,), ports, Outputs(TEXT), doc, line), "closed")
