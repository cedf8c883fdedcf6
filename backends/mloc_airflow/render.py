"""Writes the DAG file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from textwrap import wrap

from mloc.emit.python import WIDTH, Bracket, Code, call, code, comment, docstring, layout, literal
from mloc.ir.model import Launch, Pipeline
from mloc_airflow.attributes import Said, dag_id, of_dag, of_every_task
from mloc_airflow.graph import Arms, AtEnd, Bind, Body, Graph, Join, Order, Section, Statement, Task, tasks
from mloc_airflow.imports import imports, words
from mloc_airflow.params import param
from mloc_airflow.schedules import launch_dag_id, launch_params, of_launch
from mloc_airflow.settings import WHOLE_BODY

# Airflow gives tasks the deployment's number of retries unless told otherwise.
_NO_RETRIES = {"retries": "0"}


def render(pipeline: Pipeline, graph: Graph, mloc_version: str, said: Said) -> str:
    """The source of the DAG file: the same bytes for the same pipeline; `said` are the target's attributes of the pipeline."""
    return _Writer(pipeline, graph, said).file(mloc_version)


class _Writer:
    def __init__(self, pipeline: Pipeline, graph: Graph, said: Said) -> None:
        self.pipeline = pipeline
        self.said = said
        self.graph = graph
        self.tasks = tuple(tasks(graph.statements))
        self.defaults = _defaults(self.tasks) | of_every_task(said)

    def file(self, mloc_version: str) -> str:
        name = self.pipeline.name
        header = docstring(
            f"The pipeline `{name}` as an Airflow DAG.\n\n"
            f"Written by mloc {mloc_version} from {self.pipeline.source},\nsha256 {self.pipeline.source_sha256}.\n"
            "Do not edit: change that file and compile it again.\n"
            f"Put this file and the folder `{name}_mloc` beside each other at the top of a DAGs folder."
            + (f"\nBeside Airflow it needs {' and '.join(self.graph.needs)}, here and on the workers." if self.graph.needs else "")
        )
        settings = self.settings()
        launched = [(each, self.launch_settings(each)) for each in self.pipeline.launches]
        functions = [self.function(task) for task in self.tasks]
        used = {
            "dag",
            "task",
            *(task.decorator for task in self.tasks),
            *words(settings),
            *(word for task in self.tasks for word in _words_of(task)),
        }
        used |= {"at_end" for statement in self.graph.statements if isinstance(statement, AtEnd)}
        used |= {word for statement in _flatten(self.graph.statements) for word in _classes_of(statement)}
        used |= {word for _, head in launched for word in words(head)} | {"one_at_a_time" for _, _, task in self.graph.launches if task}
        blocks = [f"{header}\n\n{imports(used, f'{name}_mloc')}", *functions, self.dag(settings), f"{self.graph.function}()"]
        blocks += [block for each, head in launched for block in self.launch_dag(each, head)]
        return "\n\n\n".join(blocks) + "\n"

    # ---- the DAG ---------------------------------------------------------------------------------------------------

    def settings(self) -> Bracket:
        return call("dag", (), self.keywords(self.said))

    def keywords(self, said: Said) -> dict[str, Code]:
        pipeline = self.pipeline
        first = pipeline.doc.strip().split("\n\n")[0].replace("\n", " ")
        keywords: dict[str, Code] = {"dag_id": literal(dag_id(pipeline, said))}
        description = str(said.get("description", first))
        if description:
            keywords["description"] = literal(description)
        keywords |= {"schedule": "None", "catchup": "False"}
        if pipeline.parameters:
            keywords["params"] = Bracket("{", tuple((f"{literal(p.name)}: ", param(p, p.default)) for p in pipeline.parameters), "}")
        if pipeline.options.max_parallel is not None:
            keywords["max_active_tasks"] = literal(pipeline.options.max_parallel)
        keywords["default_args"] = Bracket("{", tuple((f"{literal(name)}: ", value) for name, value in self.defaults.items()), "}")
        keywords["tags"] = code(said.get("tags", ["mloc"]))
        return keywords | of_dag(said)

    def dag(self, settings: Bracket) -> str:
        pipeline = self.pipeline
        # The second paragraph also keeps Airflow from taking a text that ends in ".md" for the name of a file.
        doc = f"{pipeline.doc.strip() or f'The pipeline `{pipeline.name}`.'}\n\nCompiled by mloc from {_line(self.tasks)}."
        head = [layout(settings, 0, "@"), f"def {self.graph.function}() -> None:", f"    {docstring(doc, 4)}"]
        body = _spaced(self.statements(self.graph.statements, 4))
        if not self.graph.launches:
            return "\n".join([*head, body])
        shared = [f"def {self.graph.body}() -> None:", f"    {docstring('The tasks of every DAG of this file.', 4)}", body]
        return "\n".join([*shared, "", "", *head, f"    {self.graph.body}()"])

    def launch_settings(self, launch: Launch) -> Bracket:
        """The arguments of `@dag` for a launch: those of the plain one, but for what the launch says."""
        said = {name: value for name, value in self.said.items() if name != "description"}
        keywords = dict(self.keywords(said)) | {"dag_id": literal(launch_dag_id(self.pipeline, launch, self.said))}
        keywords |= {"params": launch_params(self.pipeline, launch)} if "params" in keywords else {}
        return call("dag", (), keywords | of_launch(launch))

    def launch_dag(self, launch: Launch, settings: Bracket) -> Iterator[str]:
        function, only = next((function, only) for name, function, only in self.graph.launches if name == launch.name)
        first = launch.doc.strip() or f"The {launch.kind} `{launch.name}` of the pipeline `{self.pipeline.name}`."
        doc = f"{first}\n\nCompiled by mloc from {self.pipeline.source}."
        lines = [layout(settings, 0, "@"), f"def {function}() -> None:", f"    {docstring(doc, 4)}", f"    {self.graph.body}()"]
        lines += [f"    one_at_a_time({literal(only)})"] if only else []
        yield "\n".join(lines)
        yield f"{function}()"

    def statements(self, statements: Iterable[Statement], indent: int) -> Iterator[str]:
        read = self.read()
        for statement in statements:
            match statement:
                case Bind(task):
                    yield self.bind(statement, indent, f"{task.variable} = " if task.variable in read else "")
                case Join(_, variable, task_id, skips):
                    options: dict[str, Code] = {"task_id": literal(task_id)}
                    options |= {"trigger_rule": "TriggerRule.NONE_FAILED_MIN_ONE_SUCCESS"} if skips else {}
                    yield layout(call("EmptyOperator", (), options), indent, f"{variable} = ")
                case AtEnd(variable):
                    yield f"{' ' * indent}at_end({variable})"
                case Order(before, after):
                    yield layout(_side(after), indent, f"{_flat(before)} >> ")
                case Section(title, line):
                    yield from ("", comment(f"{title}, see {line}", indent)) if title else ("",)
                case Arms(_, group_id, title, inner):
                    options = {"group_id": literal(group_id), "prefix_group_id": "False", "tooltip": literal(title)}
                    yield layout(call("TaskGroup", (), options), indent, "with ", ":")
                    yield from self.statements(inner, indent + 4)
                case Body():
                    yield from self.body(statement, indent)

    def bind(self, bind: Bind, indent: int, lead: str) -> str:
        task = bind.task
        if bind.mapped is None:
            return layout(call(task.function, [argument.value for argument in task.arguments]), indent, lead)
        item, items = bind.mapped
        shared: dict[str, Code] = {argument.name: argument.value for argument in task.arguments if argument.name != item}
        partial = f".{_flat_call('partial', shared)}" if shared else ""
        return layout(call(f"{task.function}{partial}.expand", (), {item: items}), indent, lead)

    def body(self, body: Body, indent: int) -> Iterator[str]:
        margin = " " * indent
        options: dict[str, Code] = {"group_id": literal(body.group_id), "prefix_group_id": "False"}
        yield ""
        yield layout(call("task_group", (), options), indent, "@")
        returns = "XComArg" if len(body.returned) == 1 else "tuple[XComArg, ...]"
        yield f"{margin}def {body.function}({body.item}: XComArg) -> {returns}:"
        yield f"{margin}    {docstring(body.title, indent + 4)}"
        statements = [*body.statements]
        while isinstance(statements[-1], Section):
            statements.pop()
        last = statements[-1]
        if isinstance(last, Bind) and body.returned == (last.task.variable,):
            yield from self.statements(statements[:-1], indent + 4)
            yield self.bind(last, indent + 4, "return ")
        else:
            yield from self.statements(statements, indent + 4)
            yield _names(body.returned, indent + 4, "return ", "")
        yield ""
        expanded, names = call(f"{body.function}.expand", (), {body.item: body.items}), ", ".join(body.returned)
        if len(f"{margin}{names} = {expanded.opening}") <= WIDTH:
            yield layout(expanded, indent, f"{names} = ")
        else:
            yield _names(body.returned, indent, "", f" = {layout(expanded, indent).lstrip()}")

    def read(self) -> set[str]:
        """The variables that some statement mentions."""
        found: set[str] = set()
        for statement in _flatten(self.graph.statements):
            if isinstance(statement, Bind):
                found.update(word for argument in statement.task.arguments for word in words(argument.value))
                found.update(statement.mapped or ())
            elif isinstance(statement, Order):
                found.update((*statement.before, *statement.after))
            elif isinstance(statement, AtEnd):
                found.add(statement.variable)
            elif isinstance(statement, Body):
                found.update((statement.items, *statement.returned))
        return found

    # ---- task functions --------------------------------------------------------------------------------------------

    def function(self, task: Task) -> str:
        options: dict[str, Code] = {} if task.task_id == task.function else {"task_id": literal(task.task_id)}
        options |= {name: value for name, value in task.options if self.defaults.get(name, "None") != value}
        if task.returns == "Outputs":
            # Else Airflow would keep every output as an XCom of its own as well.
            options["multiple_outputs"] = "False"
        decorator = layout(call(task.decorator, (), options), 0, "@") if options else f"@{task.decorator}"
        arguments = Bracket(f"{task.function}(", tuple((f"{a.name}: ", a.annotation) for a in task.arguments), ")")
        lines = [comment(f"see {task.line}"), decorator, layout(arguments, 0, "def ", f" -> {task.returns}:")]
        lines.append(f"    {docstring(task.doc, 4)}")
        lines += [comment("\n".join(wrap(task.notes, WIDTH - 6)), 4)] if task.notes else []
        return "\n".join([*lines, layout(task.result, 4, "return ")])


def _defaults(every: tuple[Task, ...]) -> dict[str, Code]:
    """The attempts and time limits that all steps share; the other tasks take them, too, and never fail in a way that is tried again."""
    steps = [dict(task.options) for task in every if "retries" in dict(task.options) and task.options[:2] != WHOLE_BODY]
    shared = {
        name: value
        for name in ("retries", "retry_delay", "execution_timeout")
        for value in [steps[0].get(name) if steps else None]
        if value is not None and all(step.get(name) == value for step in steps)
    }
    return shared if "retries" in shared else dict(_NO_RETRIES)


def _spaced(lines: Iterable[str]) -> str:
    """The lines with one empty line where there are several, and none at the beginning or end of a block."""
    text = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")
    return re.sub(r'(:|""")\n\n', r"\1\n", text)


def _flatten(statements: Iterable[Statement]) -> Iterator[Statement]:
    for statement in statements:
        yield statement
        if isinstance(statement, (Arms, Body)):
            yield from _flatten(statement.statements)


def _words_of(task: Task) -> Iterator[str]:
    yield from words(task.result, task.returns, *(value for _, value in task.options), *(a.annotation for a in task.arguments))


def _classes_of(statement: Statement) -> tuple[str, ...]:
    match statement:
        case Join():
            return ("EmptyOperator", *(("TriggerRule",) if statement.skips else ()))
        case Arms():
            return ("TaskGroup",)
        case Body():
            return ("XComArg", "task_group")
        case _:
            return ()


def _line(every: tuple[Task, ...]) -> str:
    return [task for task in every if task.returns != "None"][-1].line


def _names(names: Sequence[str], indent: int, lead: str, tail: str) -> str:
    """Names with commas between them, in brackets where they need several lines."""
    line = f"{' ' * indent}{lead}{', '.join(names)}{tail}"
    if len(names) == 1 or len(line) <= WIDTH:
        return line
    return layout(Bracket("(", tuple(("", name) for name in names), ")"), indent, lead, tail)


def _side(names: tuple[str, ...]) -> Code:
    return names[0] if len(names) == 1 else Bracket("[", tuple(("", name) for name in names), "]")


def _flat(names: tuple[str, ...]) -> str:
    return names[0] if len(names) == 1 else f"[{', '.join(names)}]"


def _flat_call(function: str, keywords: dict[str, Code]) -> str:
    return layout(call(function, (), keywords), width=10_000)
