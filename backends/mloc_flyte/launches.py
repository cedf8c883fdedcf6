"""Schedules as Flyte has them: a launch plan for each, of the workflow itself, or of one that computes the parameters first.

@task
def nightly_args(kickoff: datetime) -> NightlyArgs: ...

@workflow(...)
def daily_nightly(kickoff: datetime) -> DailyOutputs:
    args = nightly_args(kickoff=kickoff).with_overrides(node_name="args")
    ran = daily(day=args.day, full=True).with_overrides(node_name="run")
    return DailyOutputs(rows=ran.rows)

nightly = LaunchPlan.get_or_create(workflow=daily_nightly, schedule=CronSchedule(schedule="30 3 * * *", kickoff_time_input_arg="kickoff"))
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mloc.emit.python import Bracket, Code, call, layout, literal
from mloc.frozen import dataclass, replace
from mloc.ir.constant import is_constant, value_of
from mloc.ir.model import Launch, Parameter
from mloc.ir.program import launch_id

from .attributes import plan_options
from .build import Build
from .naming import field_names
from .natural import JSON, default_code, default_text, parameter_annotation
from .plan import Argument, Block, Invoke, Outputs, Port, Task, Workflow

KICKOFF = "kickoff"
ARGS, RUN = "args", "run"
"""The nodes of a workflow that computes parameters: no node of the pipeline's own is called so."""


@dataclass(frozen=True, slots=True)
class Launched:
    """What a schedule adds to a module: the blocks after the pipeline's own workflow, and its launch plan."""

    blocks: tuple[Block, ...]
    variable: str
    plan: Code


def launched(build: Build, launch: Launch, main: Workflow, arguments: Sequence[Argument]) -> Launched:
    """The launch plan of a schedule; `arguments` are those of the pipeline's workflow, `main`."""
    parameters = {parameter.name: parameter for parameter in build.request.pipeline.parameters}
    names = {argument.parameter: argument.name for argument in arguments}
    constants = {names[name]: _constant(parameters[name], value_of(value).text) for name, value in launch.args if is_constant(value)}
    computed = {names[name]: parameters[name] for name, value in launch.args if not is_constant(value)}
    options = dict(plan_options(build.request))
    if launch.overlap == "skip":
        behavior = {"max_concurrency": "1", "behavior": "ConcurrencyLimitBehavior.SKIP"}
        options["concurrency"] = call("ConcurrencyPolicy", keywords=behavior)
    schedule: dict[str, Code] = {"schedule": literal(launch.cron or "")}
    blocks: tuple[Block, ...] = ()
    workflow = main.name
    if computed:
        blocks = _computing(build, launch, main, computed, constants)
        workflow = blocks[-1].name
        schedule["kickoff_time_input_arg"] = literal(KICKOFF)
    elif constants:
        options["fixed_inputs"] = Bracket("{", tuple((f"{literal(name)}: ", code) for name, code in constants.items()), "}")
    told = {"workflow": workflow, "name": literal(f"{build.request.pipeline.name}__{launch.name}")}
    plan = call("LaunchPlan.get_or_create", keywords=told | {"schedule": call("CronSchedule", keywords=schedule)} | options)
    return Launched(blocks, build.known.function(launch_id(launch), "plan"), plan)


def _constant(parameter: Parameter, text: str) -> Code:
    """A value in the form that the workflow's argument has."""
    given = replace(parameter, default=text)
    code = default_text(given) if parameter_annotation(parameter) is None else default_code(given)
    assert code is not None
    return code


def _computing(
    build: Build, launch: Launch, main: Workflow, computed: Mapping[str, Parameter], constants: Mapping[str, Code]
) -> tuple[Task, Workflow]:
    """A task that says what the parameters are, by the time the run was due, and the workflow that gives them to the pipeline's."""
    unit, line, pipeline = launch_id(launch), build.line(""), build.request.pipeline.name
    parameters = tuple(computed.values())
    fields = tuple(zip(field_names(p.name for p in parameters), (parameter_annotation(p) or JSON for p in parameters), strict=True))
    outputs = Outputs("", build.known.function(unit, "class"), fields, f"What the schedule `{launch.name}` gives to `{pipeline}`.")
    kickoff = Port(KICKOFF, KICKOFF, "datetime")
    task = Task(
        "schedule",
        build.known.function(unit, "args"),
        (unit,),
        (kickoff,),
        outputs,
        "Compute the parameters from the time at which the run was due.",
        line,
        names=tuple(p.name for p in parameters),
        json=tuple(p.name for p in parameters if parameter_annotation(p) is None),
    )
    given = [(name, f"{ARGS}.{field}") for name, (field, _) in zip(computed, fields, strict=True)]
    given += [(name, layout(code, width=1_000_000)) for name, code in constants.items()]
    statements = (Invoke(ARGS, task.name, ((KICKOFF, KICKOFF),), ARGS), Invoke("ran", main.name, tuple(given), RUN))
    returns = () if main.outputs is None else main.outputs.handles("ran")
    title = f"Run `{pipeline}` as the schedule `{launch.name}` says."
    name = build.known.function(unit, "workflow")
    return task, Workflow(name, unit, (kickoff,), statements, main.outputs, returns, title, line)
