"""What is known while a body is built: the names of every function, and the values that can be read."""

from __future__ import annotations

from collections import Counter

from mloc.emit.names import identifiers
from mloc.frozen import dataclass, field
from mloc.ir.handlers import RUN_NODE, handlers
from mloc.ir.model import RUN, Branch, Call, FanOut, Launch, Pipeline, Step
from mloc.ir.program import launch_id
from mloc.ir.walk import every_node

from .naming import BODY_RESERVED, RESERVED, Names, class_name, last
from .notes import BOARD, STATUS, results_key, state_key
from .plan import TEXT, TEXTS, Port, Statement


@dataclass(slots=True)
class Value:
    """A value in a body: the code that reads it, and the sibling node that makes it ("" for an input of the body)."""

    code: str
    annotation: str
    node: str


@dataclass(slots=True)
class Body:
    """A workflow under construction; a value that nothing in it makes becomes one of its inputs.

    `handles` holds, for every node, the code of a promise of its last task, `start` of what all else must wait for.
    `in_arm` says that a branch stands around it, however far out; `lenient` that failures are values in it, because a fan-out
    tolerates some; `gates` are then the states that everything in it reads which waits for nothing else in it.
    """

    names: Names
    known: Known
    in_arm: bool = False
    lenient: bool = False
    gates: tuple[str, ...] = ()
    values: dict[str, Value] = field(default_factory=dict)
    inputs: list[Port] = field(default_factory=list)
    statements: list[Statement] = field(default_factory=list)
    handles: dict[str, str] = field(default_factory=dict)
    start: str | None = None

    def read(self, capture: str) -> str:
        """The code of a value, by the runner's capture key."""
        if capture not in self.values:
            port = self.known.port(capture, self.names)
            self.inputs.append(port)
            self.values[capture] = Value(port.name, port.annotation, "")
        return self.values[capture].code

    def args(self, ports: tuple[Port, ...]) -> tuple[tuple[str, str], ...]:
        """The arguments of a call of what has these inputs."""
        return tuple((port.name, self.read(port.key)) for port in ports)

    def made(self, node: str, capture: str, code: str) -> None:
        """Note that a value of `node` can be read from now on."""
        self.values[capture] = Value(code, self.known.annotation(capture), node)


class Known:
    """The names of every function and class of the module, and what a capture is called and looks like."""

    def __init__(self, pipeline: Pipeline, main: str) -> None:
        # Parameters keep their names, so functions do not take them.
        self._module = Names({*RESERVED, main, *(parameter.name for parameter in pipeline.parameters)})
        self._main = main
        self._steps = {step.name: step for step in pipeline.steps}
        self._functions: dict[tuple[str, str], str] = {}
        self._wanted = {f"${parameter.name}": parameter.name for parameter in pipeline.parameters}
        self._wanted |= {f"{RUN_NODE}.{name}": f"run_{name}" for name in RUN} | {STATUS: "run_status", BOARD: "board"}
        self._lists: set[str] = set()
        for role in ("parameters", "launch", "outputs", "nothing"):
            self._name("", role, role)
        self._name("", "parameters class", "Parameters")
        self._name("", "launch class", "Launch")
        self._name("", "outputs class", f"{class_name(pipeline.name)}Outputs")
        for parameter in pipeline.parameters:
            self._name("", f"default of {parameter.name}", parameter.name.upper())
        for kind, _ in handlers(pipeline):
            self._name(kind, "handler", {"on_failure": "on_failure", "finally": "at_the_end"}[kind])
            self._name(kind, "guarded", {"on_failure": f"{main}_body", "finally": f"{main}_before_the_end"}[kind])
        uses = Counter(node.step for node in every_node(pipeline) if isinstance(node, Call))
        for node in every_node(pipeline):
            match node:
                case Call():
                    self._name_call(node, uses[node.step] == 1)
                case Branch():
                    self._name_branch(node)
                case FanOut():
                    self._name_fan_out(node)
            self._wanted[state_key(node.id)] = f"after_{last(node.id)}"
        self._name("", "plan", f"{main}_plan")
        for launch in pipeline.launches:
            self._name_launch(launch)

    def function(self, node: str, role: str) -> str:
        """The name of a function or class of a node; "" is the pipeline itself."""
        return self._functions[node, role]

    def images(self, pipeline: Pipeline) -> dict[str, str]:
        """A constant's name for every image that several calls use."""
        uses = Counter(node.settings.image for node in every_node(pipeline) if isinstance(node, Call))
        for image, count in uses.items():
            if image is not None and count > 1 and ("image", image) not in self._functions:
                self._name("image", image, "IMAGE")
        return {image: name for (kind, image), name in self._functions.items() if kind == "image"}

    def scope(self) -> Names:
        """The names of a workflow's body: none that hides a function."""
        return Names({*BODY_RESERVED, self._main, *self._functions.values()})

    def step(self, call: Call) -> Step:
        return self._steps[call.step]

    def annotation(self, capture: str) -> str:
        return TEXTS if capture in self._lists else TEXT

    def port(self, capture: str, names: Names) -> Port:
        """An input for a capture, named in the given scope."""
        return Port(capture, names.fresh(self._wanted[capture]), self.annotation(capture))

    def _name(self, node: str, role: str, wanted: str) -> None:
        self._functions[node, role] = self._module.fresh(wanted)

    def _name_call(self, call: Call, only: bool) -> None:
        self._name(call.id, "", call.step if only else f"{call.step}_{_plain(call.id)}")
        self._name(call.id, "class", f"{class_name(self._functions[call.id, ''])}Outputs")
        step = self.step(call)
        for output in step.outputs:
            name = f"{last(call.id)}_{output.name}" if step.named_outputs else last(call.id)
            self._wanted[f"{call.id}.{output.name}"] = name

    def _name_branch(self, branch: Branch) -> None:
        base = _plain(branch.id)
        self._name(branch.id, "decide", f"decide_{base}")
        self._name(branch.id, "choice", f"choose_{base}")
        self._name(branch.id, "class", f"{class_name(base)}Values")
        is_call = len(branch.arms) == 1
        for arm in branch.arms:
            self._name(branch.id, arm.label, f"call_{base}" if is_call else f"{base}_{arm.label}")
            self._name(branch.id, f"{arm.label} values", f"values_of_{base}" if is_call else f"{base}_{arm.label}_values")
            self._name(branch.id, f"{arm.label} close", f"close_{base}" if is_call else f"close_{base}_{arm.label}")
        for role in ("note", "failed"):
            self._name(branch.id, role, f"{role}_{base}")
        for merged in branch.merged:
            self._wanted[f"{branch.id}.{merged.name}"] = f"{last(branch.id)}_{merged.name}" if is_call else merged.name

    def _name_launch(self, launch: Launch) -> None:
        roles = {"class": f"{class_name(launch.name)}Args", "args": f"{launch.name}_args", "workflow": f"{self._main}_{launch.name}"}
        for role, wanted in (roles | {"plan": launch.name}).items():
            self._name(launch_id(launch), role, wanted)

    def _name_fan_out(self, fan_out: FanOut) -> None:
        base = _plain(fan_out.id)
        roles = {"items": "items_of_{}", "loop": "loop_over_{}", "body": "{}_body", "yield": "yield_of_{}", "note": "note_{}"}
        for role, wanted in (roles | {"tolerate": "tolerate_in_{}", "close": "close_{}"}).items():
            self._name(fan_out.id, role, wanted.format(base))
        self._wanted[f"{fan_out.id}.item"] = fan_out.item
        self._wanted[f"{fan_out.id}.result"] = last(fan_out.id)
        self._wanted[results_key(fan_out.id)] = f"{last(fan_out.id)}_results"
        self._lists |= {f"{fan_out.id}.result", state_key(fan_out.id), results_key(fan_out.id)}


def _plain(path: str) -> str:
    return identifiers([path])[path]
