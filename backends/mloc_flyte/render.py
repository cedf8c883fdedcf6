"""Writes the planned module as Python source."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import assert_never

from mloc.backend import Request
from mloc.emit.python import WIDTH, Bracket, Code, call, code, comment, docstring, layout, literal
from mloc.ir.program import source_on

from .launches import KICKOFF
from .plan import Argument, Block, Choice, Loop, Module, Outputs, Port, Task, Workflow
from .settings import decorator_arguments
from .statements import ending, text, written

_FLYTEKIT = tuple(
    "Annotations Cache CronSchedule Labels LaunchPlan Resources Secret WorkflowFailurePolicy "
    "conditional dynamic map_task task workflow".split()
)
# In the order of the module's import lines: standard library, then flytekit.
_IMPORTS = (
    (("datetime", ("date", "datetime", "timedelta", "timezone")), ("functools", ("partial",)), ("typing", ("NamedTuple",))),
    (
        ("flytekit", _FLYTEKIT),
        ("flytekit.extras.accelerators", ("GPUAccelerator",)),
        ("flytekit.models.common", ("RawOutputDataConfig",)),
        ("flytekit.models.concurrency", ("ConcurrencyLimitBehavior", "ConcurrencyPolicy")),
        ("flytekit.models.security", ("Identity", "SecurityContext")),
        ("flytekit.types.directory", ("FlyteDirectory",)),
        ("flytekit.types.file", ("FlyteFile",)),
    ),
)

# Where ruff and isort break an import by default.
_IMPORT_WIDTH = 88

_MUTABLE = "# ruff: noqa: B006 - Flyte takes the default of a list from the signature."


def render(module: Module, request: Request, package: str) -> str:
    """The text of the module; `package` is the bundle's package beside it."""
    return _Renderer(request, package).module(module)


class _Renderer:
    def __init__(self, request: Request, package: str) -> None:
        self.request = request
        self.package = package
        self.images: dict[str, str] = {}
        self.secrets = {secret.name: source_on(secret, "flyte") for secret in request.pipeline.secrets}

    def module(self, module: Module) -> str:
        self.images = dict(module.images)
        shown: set[str] = set()
        parts: list[str] = []
        for block in (*module.blocks, module.main, *module.launched):
            if not isinstance(block, Loop) and block.outputs is not None:
                parts.extend(_class(block.outputs, shown))
            parts.append(self.block(block, module))
        parts.extend(layout(plan, lead=f"{variable} = ") for variable, plan in module.plans)
        constants = "\n".join(layout(value, lead=f"{name} = ") for name, value in module.constants)
        body = "\n\n\n".join([constants, *parts] if constants else parts)
        notes = f"\n{_MUTABLE}\n" if any(map(_is_mutable, module.arguments)) else ""
        gap = "\n\n" if constants else "\n\n\n"
        return f"{self.header()}\n{notes}\n{self.imports(body)}{gap}{body}\n"

    def header(self) -> str:
        pipeline = self.request.pipeline
        about = pipeline.doc.strip() or f"The pipeline `{pipeline.name}`."
        origin = f"Written by mloc {self.request.mloc_version} from {pipeline.source},\nsha256 {pipeline.source_sha256}."
        return docstring(f"{about}\n\n{origin}\nTo change it, change the program and compile it again.")

    def imports(self, body: str) -> str:
        used = {node.id for node in ast.walk(ast.parse(body)) if isinstance(node, ast.Name)}
        groups = []
        for group in _IMPORTS:
            found = [(source, [name for name in names if name in used]) for source, names in group]
            groups.append("\n".join(_import(source, names) for source, names in found if names))
        groups.append(f"from {self.package} import tasks as mloc" if "mloc" in used else "")
        return "\n\n".join(group for group in groups if group)

    # ---- functions ----------------------------------------------------------------------------------------------------

    def block(self, block: Block, module: Module) -> str:
        match block:
            case Task():
                return self.task(block)
            case Loop():
                return self.loop(block)
            case Choice():
                return self.choice(block)
            case Workflow():
                return self.workflow(block, module)
            case _:
                assert_never(block)

    def task(self, task: Task) -> str:
        arguments = decorator_arguments(task.settings, self.images, self.secrets) | dict(task.options)
        decorator = layout(call("@task", keywords=arguments)) if arguments else "@task"
        doc = task.doc.strip() or f"Run `{task.units[0]}`."
        return "\n".join(
            [*self.place(task.line), decorator, _head(task.name, _arguments(task.inputs), task.outputs), _doc(doc), _task_body(task)]
        )

    def loop(self, loop: Loop) -> str:
        captures = _captures(loop.captures)
        source: Code = Bracket("mloc.items(", (("", literal(loop.unit)), ("", captures), *_tolerated(loop)), ")")
        body = call(loop.body, keywords={loop.item: "item", **dict(loop.args)})
        head = _head(loop.name, _arguments(loop.inputs), Outputs("list[str]"))
        lines = [*self.place(loop.line), "@dynamic", head, _doc(loop.doc)]
        if loop.tolerated:
            lines += [layout(source, 4, "items = "), "    if mloc.have_failed(items):", "        return items"]
            source = "items"
        if loop.limit is None:
            return "\n".join([*lines, *_comprehension(body, source)])
        lines.append("    results: list[str] = []")
        lines.append(layout(call("enumerate", [source]), 4, "for index, item in ", ":"))
        lines.append(layout(body, 8, "result = "))
        lines.append(f"        if index >= {loop.limit}:")
        lines.append(comment(f"At most {loop.limit} at a time: an item starts when the one {loop.limit} places before it has ended.", 12))
        lines.append(f"            results[index - {loop.limit}] >> result")
        lines.append("        results.append(result)")
        lines.append("    return results")
        return "\n".join(lines)

    def workflow(self, workflow: Workflow, module: Module) -> str:
        is_main = workflow is module.main
        policy: dict[str, Code] = {"failure_policy": "WorkflowFailurePolicy.FAIL_AFTER_EXECUTABLE_NODES_COMPLETE"}
        decorator = layout(call("@workflow", keywords=policy)) if workflow in module.launched else "@workflow"
        arguments = _arguments(workflow.inputs)
        doc = workflow.doc
        if workflow.on_failure is not None:
            decorator = f"@workflow(on_failure={workflow.on_failure})"
        if is_main:
            decorator = layout(call("@workflow", keywords=policy | dict(module.options)))
            arguments = _main_arguments(module.arguments)
            doc = _main_doc(doc.strip() or f"The pipeline `{self.request.pipeline.name}`.", module.arguments)
        lines = [*self.place(workflow.line), decorator, _head(workflow.name, arguments, workflow.outputs), _doc(doc)]
        if workflow.outputs is None:
            return "\n".join([*lines, *written(workflow.statements, (), 4)])
        return "\n".join([*lines, *ending(workflow.statements, workflow.outputs, workflow.returns, 4)])

    def choice(self, choice: Choice) -> str:
        head = _head(choice.name, _arguments(choice.inputs), choice.outputs)
        decide = Bracket("mloc.decide(", (("", literal(choice.unit)), ("", _captures(choice.captures)), *_tolerated(choice)), ")")
        lines = [*self.place(choice.line), "@dynamic", head, _doc(choice.doc), layout(decide, 4, f"{choice.arm} = ")]
        for place, case in enumerate(choice.cases):
            last = place == len(choice.cases) - 1
            if not last:
                lines.append(f"    if {choice.arm} == {literal(case.label)}:")
            indent = 4 if last else 8
            if case.merge is not None:
                lines.append(_task_body(case.merge, indent))
                continue
            lines.extend(ending(case.statements, choice.outputs, case.returns, indent))
        return "\n".join(lines)

    def place(self, line: str) -> list[str]:
        return [comment(f"see {line}")] if line else []


def _is_mutable(argument: Argument) -> bool:
    return isinstance(argument.default, Bracket) and argument.default.opening in ("[", "{")


def _comprehension(body: Code, source: Code) -> list[str]:
    line = f"    return [{text(body)} for item in {text(source)}]"
    if len(line) <= WIDTH:
        return [line]
    return ["    return [", layout(body, 8), layout(source, 8, "for item in "), "    ]"]


def _import(source: str, names: list[str]) -> str:
    line = f"from {source} import {', '.join(names)}"
    if len(line) <= _IMPORT_WIDTH:
        return line
    return "\n".join([f"from {source} import (", *(f"    {name}," for name in names), ")"])


def _class(outputs: Outputs, shown: set[str]) -> Iterator[str]:
    if outputs.class_name is None or outputs.class_name in shown:
        return
    shown.add(outputs.class_name)
    fields = "\n".join(f"    {name}: {annotation}" for name, annotation in outputs.fields)
    yield f"class {outputs.class_name}(NamedTuple):\n{_doc(outputs.doc)}\n\n{fields}"


def _doc(text: str) -> str:
    return "    " + docstring(text, 4)


def _head(name: str, arguments: tuple[tuple[str, Code], ...], outputs: Outputs | None) -> str:
    result = "None" if outputs is None else outputs.class_name or outputs.annotation
    return layout(Bracket(f"def {name}(", arguments, ")"), tail=f" -> {result}:")


def _arguments(ports: Iterable[Port]) -> tuple[tuple[str, Code], ...]:
    return tuple(("", f"{port.name}: {port.annotation}") for port in ports)


def _main_arguments(arguments: tuple[Argument, ...]) -> tuple[tuple[str, Code], ...]:
    required = tuple(("", f"{a.name}: {a.annotation}") for a in arguments if a.default is None)
    return required + tuple((f"{a.name}: {a.annotation} = ", a.default) for a in arguments if a.default is not None)


def _main_doc(doc: str, arguments: tuple[Argument, ...]) -> str:
    if not any(a.doc.strip() for a in arguments):
        return doc
    return "\n".join([doc, "", "Args:", *(f"    {a.name}: {' '.join(a.doc.split()) or f'{a.type}.'}" for a in arguments)])


def _task_body(task: Task, indent: int = 4) -> str:
    captures = _captures(task.inputs)
    tolerated = _tolerated(task)
    match task.kind:
        case "nothing":
            return f'{" " * indent}return ""'
        case "parameters" | "outputs":
            items: tuple[tuple[str, Code], ...] = (("", captures), *((("json=", code(list(task.json))),) if task.json else ()))
            return _hand_over(f"mloc.{task.kind}", items, task.outputs, indent, whole=False)
        case "launch":
            return _hand_over("mloc.launch", (("", code(list(task.names))),), task.outputs, indent, whole=False)
        case "note":
            return _hand_over("mloc.note", (("", captures),), task.outputs, indent, whole=False)
        case "schedule":
            items = (
                ("", literal(task.units[0])),
                ("", KICKOFF),
                ("", code(list(task.names))),
                *((("json=", code(list(task.json))),) if task.json else ()),
            )
            return _hand_over("mloc.scheduled", items, task.outputs, indent, whole=False)
        case "decide" | "items":
            items = (("", literal(task.units[0])), ("", captures), *tolerated)
            return _hand_over(f"mloc.{task.kind}", items, task.outputs, indent, whole=True)
        case "each":
            items = (("", code(list(task.units))), ("", captures), *tolerated)
            return _hand_over("mloc.run_for_item", items, task.outputs, indent, whole=True)
        case "merge":
            stands = (("", literal(task.units[0])), ("", literal(task.arm)), ("", code(list(task.names))))
            return _hand_over("mloc.merge", (*stands, ("", captures), *tolerated), task.outputs, indent, whole=False)
        case "step" | "yield":
            return _hand_over("mloc.run", (("", literal(task.units[0])), ("", captures), *tolerated), task.outputs, indent, whole=False)
        case "close":
            return _hand_over("mloc.close", (("", captures),), task.outputs, indent, whole=True)
        case "hand_on":
            count = 1 if task.outputs is None else len(task.outputs.handles(""))
            return _hand_over("mloc.hand_on", (("", task.inputs[0].name), ("", literal(count))), task.outputs, indent, whole=False)
        case "tolerate":
            given = tuple(("", port.name) for port in task.inputs)
            return _hand_over("mloc.tolerate", (("", literal(task.units[0])), *given, *tolerated), task.outputs, indent, whole=True)
        case _:
            assert_never(task.kind)


def _tolerated(block: Task | Loop | Choice) -> tuple[tuple[str, Code], ...]:
    """What says that a failure is a value."""
    return (("tolerated=", "True"),) if block.tolerated else ()


def _hand_over(function: str, items: tuple[tuple[str, Code], ...], outputs: Outputs | None, indent: int, *, whole: bool) -> str:
    """The statement that calls the runner; `whole` says that it gives the task's value itself, not a tuple of one."""
    if outputs is None:
        return layout(Bracket(f"{function}(", items, ")"), indent)
    if outputs.class_name is not None:
        line = layout(Bracket(f"{outputs.class_name}(*{function}(", items, "))"), indent, "return ", width=1_000_000)
        if len(line) <= WIDTH:
            return line
        return f"{layout(Bracket(f'{function}(', items, ')'), indent, 'values = ')}\n{' ' * indent}return {outputs.class_name}(*values)"
    return layout(Bracket(f"{function}(", items, ")" if whole else ")[0]"), indent, "return ")


def _captures(ports: Iterable[Port]) -> Bracket:
    return Bracket("{", tuple((f"{literal(port.key)}: ", port.name) for port in ports), "}")
