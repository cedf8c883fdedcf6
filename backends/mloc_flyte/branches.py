"""Lowers branches: Flyte's conditional where it works everywhere, a dynamic task within arms."""

from __future__ import annotations

from collections.abc import Sequence

from mloc.emit.python import literal
from mloc.frozen import replace
from mloc.ir.model import Branch, Merged
from mloc.ir.program import key, merge_id
from mloc.ir.walk import refs

from .build import Build, direct_code, is_plain
from .lenient import closed, may_fail, says_all
from .naming import field_names, last
from .plan import TEXT, Case, Choice, Conditional, Invoke, Outputs, Port, Task, Workflow
from .scope import Body


def lower_branch(build: Build, branch: Branch, body: Body, waits: Sequence[str]) -> None:
    """Add a branch to a body. One with a single arm is the call of a pipeline: there is nothing to decide."""
    if len(branch.arms) == 1:
        codes = _called(build, branch, body, waits)
    elif body.in_arm:
        codes = _choice(build, branch, body, waits)
    else:
        codes = _conditional(build, branch, body, waits)
    for merged, code in zip(_used(build, branch), codes, strict=False):
        body.made(branch.id, f"{branch.id}.{merged.name}", code)
    body.handles[branch.id] = codes[0]


def _called(build: Build, branch: Branch, body: Body, waits: Sequence[str]) -> tuple[str, ...]:
    outputs = _merged(build, branch)
    # Where failures are values, what waits for nothing in it learns of them from what is waited for here.
    gates = build.states(body, waits, ())
    name, ports = _arm(build, branch, 0, outputs, build.inside(body, in_arm=False, gates=gates))
    target = body.names.fresh(last(branch.id))
    body.statements.append(Invoke(target, name, body.args(ports)))
    codes = outputs.handles(target)
    build.order(body, waits, ports, codes[0])
    return codes


def _choice(build: Build, branch: Branch, body: Body, waits: Sequence[str]) -> tuple[str, ...]:
    """A branch within an arm is a dynamic task: a conditional there would run arms that are not taken, in flytekit's local run."""
    inner = build.inside(body, in_arm=True)
    variable = inner.names.fresh("arm")
    wanted = build.captures(branch.id)
    captures = tuple(Port(capture, inner.read(capture)) for capture in (*wanted, *build.states(body, waits, wanted)))
    cases = tuple(_case(build, branch, place, inner) for place in range(len(branch.arms)))
    outputs, name, line = _merged(build, branch), build.known.function(branch.id, "choice"), build.line(branch.id)
    if body.lenient:
        cases = (*cases, Case("failed", (), (), _failed(build, branch, variable)))
    doc, inputs = f"The branch `{branch.id}`.", tuple(inner.inputs)
    choice = Choice(name, branch.id, inputs, captures, variable, cases, outputs, doc, line, body.lenient)
    build.add(choice)
    target = _bind(build, branch, body)
    body.statements.append(Invoke(target, name, body.args(choice.inputs)))
    codes = outputs.handles(target)
    build.order(body, waits, choice.inputs, codes[0])
    return codes


def _case(build: Build, branch: Branch, place: int, inner: Body) -> Case:
    """An arm written out in the branch's own function, where what is not made by its steps is a plain text."""
    arm, outputs = branch.arms[place], _merged(build, branch)
    inner.statements, inner.gates = [], ()
    if not arm.region.nodes and not _is_direct(build, branch, place, inner):
        merge = _merge(build, branch, place, outputs, inner)
        here = tuple(Port(port.key, inner.read(port.key)) for port in merge.inputs)
        return Case(arm.label, (), (), replace(merge, inputs=here))
    build.region(arm.region, inner)
    returns = _arm_values(build, branch, place, outputs, inner)
    return Case(arm.label, tuple(inner.statements), returns, None)


def _conditional(build: Build, branch: Branch, body: Body, waits: Sequence[str]) -> tuple[str, ...]:
    """A task decides, and Flyte's conditional calls the arm."""
    doc = f"Decide which way `{branch.id}` goes."
    captures = build.captures(branch.id)
    ports = build.ports([*captures, *build.states(body, waits, captures)])
    name = build.known.function(branch.id, "decide")
    task = Task("decide", name, (branch.id,), ports, Outputs(TEXT), doc, build.line(branch.id), tolerated=body.lenient)
    arm = build.invoke(body, task, f"{last(branch.id)}_arm")
    # The decision waits for all that the arms read, too: an arm whose values never come would leave Flyte's branch node waiting.
    build.order(body, waits, ports, arm)
    outputs = _merged(build, branch)
    arms = [_arm(build, branch, place, outputs, build.inside(body, in_arm=True)) for place in range(len(branch.arms))]
    calls = [Invoke("", function, body.args(ports)) for function, ports in arms]
    cases = tuple((arm.label, invoke) for arm, invoke in zip(branch.arms, calls, strict=True))
    if body.lenient:
        failed = _failed(build, branch, "arm")
        build.add(failed)
        cases = (*cases, ("failed", Invoke("", failed.name, (("arm", arm),))))
    target = _bind(build, branch, body)
    body.statements.append(Conditional(target, branch.id, arm, cases))
    return outputs.handles(target)


def _bind(build: Build, branch: Branch, body: Body) -> str:
    used = _used(build, branch)
    return body.names.fresh(used[0].name if len(used) == 1 else last(branch.id))


def _used(build: Build, branch: Branch) -> tuple[Merged, ...]:
    """The merged names that something reads; one that could fail to be computed counts, read or not."""
    return tuple(m for m in branch.merged if f"{branch.id}.{m.name}" in build.read or not all(is_plain(value) for value in m.values))


def _merged(build: Build, branch: Branch) -> Outputs:
    """What every arm gives. An arm without values still gives a text: a node of Flyte's conditional must have an output."""
    used = _used(build, branch)
    if len(used) < 2:
        return Outputs(TEXT)
    fields = tuple((name, TEXT) for name in field_names(m.name for m in used))
    return Outputs("", build.known.function(branch.id, "class"), fields, f"What every arm of `{branch.id}` gives, as canonical JSON.")


def _arm(build: Build, branch: Branch, place: int, outputs: Outputs, inner: Body) -> tuple[str, tuple[Port, ...]]:
    """The function that does an arm, and its inputs: a workflow, or one task where the arm has no steps."""
    arm = branch.arms[place]
    if not arm.region.nodes and (_used(build, branch) or not may_fail(inner, arm.region)):
        task = _merge(build, branch, place, outputs, inner) if _used(build, branch) else _nothing(build)
        build.add(task)
        return task.name, task.inputs
    build.region(arm.region, inner)
    returns = _arm_values(build, branch, place, outputs, inner)
    name, ports = build.known.function(branch.id, arm.label), tuple(inner.inputs)
    doc = f"The pipeline called as `{branch.id}`." if len(branch.arms) == 1 else f"The arm `{arm.label}` of `{branch.id}`."
    build.add(Workflow(name, branch.id, ports, tuple(inner.statements), outputs, returns, doc, build.line(branch.id)))
    return name, ports


def _arm_values(build: Build, branch: Branch, place: int, outputs: Outputs, inner: Body) -> tuple[str, ...]:
    """The code of an arm's values: read from its steps where the text is the same, else from a task that computes them."""
    used, arm = _used(build, branch), branch.arms[place]
    if not used and not may_fail(inner, arm.region):
        return (literal(arm.label),)
    if not used:
        return (closed(build, inner, build.ends(inner, arm.region), branch.id, f"{arm.label} close", build.line(branch.id)),)
    if _is_direct(build, branch, place, inner):
        return tuple(direct_code(m.values[place], m.type, inner) or "" for m in used)
    return outputs.handles(build.invoke(inner, _merge(build, branch, place, outputs, inner), "values"))


def _is_direct(build: Build, branch: Branch, place: int, inner: Body) -> bool:
    used, region = _used(build, branch), branch.arms[place].region
    is_direct = all(direct_code(m.values[place], m.type, inner) is not None for m in used)
    return is_direct and says_all(build, inner, region, [m.values[place] for m in used])


def _merge(build: Build, branch: Branch, place: int, outputs: Outputs, inner: Body) -> Task:
    arm = branch.arms[place]
    used = _used(build, branch)
    # The unit evaluates every name, read or not.
    unit = merge_id(branch)
    read = [key(ref) for ref in refs(*(m.values[place] for m in branch.merged))]
    if inner.lenient:
        read += build.items_of(unit)
    given = build.given(unit, read)
    keys = (*given, *build.states(inner, build.ends(inner, arm.region), given))
    name = build.known.function(branch.id, f"{arm.label} values")
    doc = f"The values that the arm `{arm.label}` of `{branch.id}` gives."
    return Task(
        "merge",
        name,
        (unit,),
        build.ports(keys, outputs.class_name),
        outputs,
        doc,
        build.line(branch.id),
        arm=arm.label,
        names=tuple(m.name for m in used),
        tolerated=inner.lenient,
    )


def _failed(build: Build, branch: Branch, variable: str) -> Task:
    """What a branch gives that was not reached: in place of every value what failed."""
    outputs, name = _merged(build, branch), build.known.function(branch.id, "failed")
    doc = f"Hand on why `{branch.id}` was not reached."
    return Task("hand_on", name, (branch.id,), (Port("arm", variable),), outputs, doc, build.line(branch.id))


def _nothing(build: Build) -> Task:
    doc = "Stands in an arm that does nothing: every arm of Flyte's conditional needs a node."
    return Task("nothing", build.known.function("", "nothing"), (), (), Outputs(TEXT), doc, "")
