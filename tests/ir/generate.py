"""Random well-formed pipelines, for property tests: `pipelines()` is the strategy, `generate(random)` makes one."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from hypothesis import strategies as st

from mloc.ir.handlers import RUN_NODE, Kind, run_outputs, seen_after
from mloc.ir.model import (
    RUN,
    Arm,
    Branch,
    Cache,
    Call,
    Const,
    Expr,
    FanOut,
    Input,
    InputWord,
    JoinedWord,
    Launch,
    Merged,
    Node,
    Options,
    Output,
    OutputWord,
    Parameter,
    Pipeline,
    Ref,
    Region,
    Resources,
    Result,
    Retry,
    Run,
    RunContainer,
    RunInline,
    RunNotebook,
    RunPython,
    RunRequire,
    RunShell,
    Secret,
    SecretSource,
    Settings,
    Step,
    Target,
    TargetAttribute,
    ValueWord,
    WordGroup,
)
from mloc.ir.walk import calls
from mloc.types.model import BOOL, INT, NULL, Bounds, Column, ListOf, OneOf, Optional, Row, Table, Type, holds_artifact, optional
from mloc.types.relate import substitute
from tests.ir.generate_exprs import expression
from tests.ir.generate_types import artifact_type, constant, value_type

SECRETS = (Secret("hub", (SecretSource("k8s", (("name", "a-b"), ("key", "k"))), SecretSource("env", (("variable", 'V"'),), "airflow"))),)


NOTEBOOK = RunNotebook("n.ipynb", ("x = 1\n", 'y = "]"'), 1)
_GROUP = WordGroup(("-n", InputWord("i1"), JoinedWord((InputWord("i0"),))))
CONTAINER = RunContainer(
    ("run", InputWord("i0")),
    ('--x="', JoinedWord(("a", OutputWord("o0"))), _GROUP, ValueWord(Const(INT, "1"))),
)


def pipelines(size: int = 6) -> st.SearchStrategy[Pipeline]:
    """Pipelines of up to about `size` nodes a region, which shrink."""
    return st.randoms(use_true_random=False).map(lambda random: generate(random, size))


def generate(random: Random, size: int = 6) -> Pipeline:
    return _Generator(random, size).pipeline()


class _Generator:
    def __init__(self, random: Random, size: int) -> None:
        self.random, self.size = random, size
        self.steps: list[Step] = []
        self.count = 0

    def pipeline(self) -> Pipeline:
        parameters = tuple(self.parameter(at) for at in range(self.random.randrange(4)))
        sight: list[Expr] = [Ref(p.type, "$", p.name) for p in parameters]
        nodes = self.region(sight, [], "", 2)
        results = tuple(Result(f"r{at}", value.type, value) for at, value in enumerate(self.values(sight, 2)))
        launches = tuple(self.launch(at, parameters) for at in range(self.random.randrange(3)))
        on_failure, final = self.handler("on_failure", sight), self.handler("finally", sight)
        steps, region, source = tuple(self.steps), Region(nodes), ("generated.mlp", "0" * 64)
        targets = tuple(self.target(name, region) for name in ("airflow", "kfp") if self.random.randrange(3) == 0)
        around = (SECRETS, self.options(), on_failure, final, launches, targets)
        return Pipeline("generated", parameters, steps, region, results, *source, *around)

    def launch(self, at: int, parameters: tuple[Parameter, ...]) -> Launch:
        known: list[Expr] = [Ref(type_, "run", name) for name, type_ in RUN.items()]
        values = [(p.name, expression(self.random, p.type, known)) for p in parameters if not holds_artifact(p.type)]
        args = tuple((name, value) for name, value in values if value is not None and self.random.randrange(2))
        given = tuple((p.name, 'models/"x"') for p in parameters if holds_artifact(p.type))
        if self.random.randrange(2):
            return Launch("trigger", f"t{at}", args, assets=("a b", "c"), given=given)
        choice = self.random.choice
        times = choice(((None, None), ("2026-01-31", "2027-01-31")))
        return Launch("schedule", f"s{at}", args, "0 3 * * 1", choice(("UTC", "Europe/Paris")), choice((False, True)), "queue", *times)

    def options(self) -> Options:
        choice = self.random.choice
        return Options(choice((None, 1, 60_000)), choice((None, 4)), choice((False, True)), choice((False, True)))

    def handler(self, kind: Kind, body: list[Expr]) -> Region:
        """A handler, which sees the values of the body as optional ones, and the run."""
        if self.random.randrange(2):
            return Region()
        sight: list[Expr] = [e if not isinstance(e, Ref) or e.node == "$" else replace(e, type=seen_after(e.type)) for e in body]
        sight += [Ref(type_, RUN_NODE, name) for name, type_ in run_outputs(kind).items()]
        return Region(self.region(sight, [], f"{kind}.", 1))

    def target(self, name: str, region: Region) -> Target:
        """Attributes of the pipeline and of some of its calls."""
        said = (("env.MODE", '"fast"'), ("pool", '"a \\"b\\" ="'), ("retry.count", "2"), ("tags", '["a",{"b":null}]'))
        paths = ["", *(call.id for call in calls(region) if self.random.randrange(3) == 0)]
        return Target(name, tuple(TargetAttribute(path, *self.random.choice(said)) for path in paths if self.random.randrange(3)))

    def parameter(self, at: int) -> Parameter:
        if self.random.randrange(4) == 0:
            return Parameter(f"p{at}", artifact_type(self.random))
        if self.random.randrange(4) == 0:
            return Parameter(f"p{at}", INT, "3", self.random.choice((Bounds("1", "9"), OneOf(("3", "4")))))
        type_ = value_type(self.random)
        return Parameter(f"p{at}", type_, constant(self.random, type_).text if self.random.randrange(2) else None)

    def values(self, sight: list[Expr], most: int) -> list[Expr]:
        wanted = [self.wanted(sight) for _ in range(self.random.randrange(most + 1))]
        return [value for value in (expression(self.random, type_, sight) for type_ in wanted) if value is not None]

    def wanted(self, sight: list[Expr]) -> Type:
        """A type that a value in sight has, or any small one."""
        return self.random.choice(sight).type if sight and self.random.randrange(2) else value_type(self.random)

    def fresh(self, stem: str) -> str:
        self.count += 1
        return self.random.choice((f"{stem}{self.count}", f"{stem}#{self.count}", f"then.{stem}{self.count}"))

    # ---- nodes ----

    def region(self, sight: list[Expr], visible: list[str], prefix: str, depth: int) -> tuple[Node, ...]:
        """Random nodes; what they give is added to `sight`, their ids to `visible`."""
        nodes: list[Node] = []
        for _ in range(self.random.randrange(self.size + 1)):
            kind = self.random.randrange(4) if depth > 0 else 0
            after = tuple(dict.fromkeys(self.random.choice(visible) for _ in range(self.random.randrange(3)))) if visible else ()
            if kind < 2:
                node: Node = self.call(sight, prefix, after)
            elif kind == 2:
                node = self.branch(sight, visible, prefix, after, depth)
            else:
                node = self.fan_out(sight, visible, prefix, after, depth)
            nodes.append(node)
            visible.append(node.id)
        return tuple(nodes)

    def call(self, sight: list[Expr], prefix: str, after: tuple[str, ...]) -> Call:
        id_ = prefix + self.fresh("c")
        step, rows = self.step(sight)
        args = []
        for input_ in step.inputs:
            given = rows if isinstance(input_.type, Table) and input_.type.row.variable else expression(self.random, input_.type, sight)
            assert given is not None
            args.append((input_.name, given))
        sight.extend(Ref(_at_call(output.type, rows), id_, output.name) for output in step.outputs)
        return Call(id_, step.name, tuple(args), after, self.settings())

    def step(self, sight: list[Expr]) -> tuple[Step, Expr | None]:
        """A new step that can be called here, with the table for its row variable where it has one."""
        values = self.values(sight, 3)
        inputs = [Input(f"i{at}", value.type, self.default(value.type)) for at, value in enumerate(values)]
        outputs = [Output(f"o{at}", self.output()) for at in range(self.random.randrange(3))]
        tables = [value for value in sight if isinstance(value.type, Table)]
        rows = self.random.choice(tables) if tables else None
        if rows is not None and isinstance(rows.type, Table):
            named = rows.type.row.columns[:2]
            inputs.append(Input("rows", Table(Row(named, open=True, variable="R"))))
            outputs.append(Output("rows", Table(Row((*named, Column("added", INT)), open=True, variable="R"))))
        named_outputs = bool(self.random.randrange(3)) or len(outputs) != 1
        if not named_outputs:
            outputs = [Output("result", outputs[0].type)]
        step = Step(f"s{len(self.steps)}", tuple(inputs), tuple(outputs), named_outputs, self.run())
        self.steps.append(step)
        return step, rows

    def default(self, type_: Type) -> str | None:
        return constant(self.random, type_).text if not holds_artifact(type_) and self.random.randrange(3) == 0 else None

    def output(self) -> Type:
        return artifact_type(self.random) if self.random.randrange(3) == 0 else value_type(self.random)

    def run(self) -> Run:
        code = (RunInline('return f"{x}"\n'), RunInline(""), RunShell("echo '|'\n\n  cat\t$x\n"))
        return self.random.choice((RunPython("package.module", "function"), *code, RunRequire(), CONTAINER, NOTEBOOK))

    def settings(self) -> Settings:
        if self.random.randrange(2):
            return Settings()
        choice = self.random.choice
        retry = Retry(choice((0, 1, 2)), 1000, 2.0, choice((None, 60_000)), ("oom", "timeout"))
        resources = Resources(choice((None, 0.5)), 2**30, None, choice((None, 1)), choice((None, "a100")), choice((None, 2**20)))
        return Settings(
            retry,
            choice((None, 5000)),
            resources,
            choice((None, "repo/image:1")),
            (("NAME", 'a "b"'),),
            choice(((), (("TOKEN", "hub"),))),
            choice((None, Cache(), Cache("2", 1000, ("a.b", "c"), "project"))),
            choice((None, ("none",), ("reads", "writes"))),
            choice((False, True)),
            choice(((), ("a/b",))),
        )

    def branch(self, sight: list[Expr], visible: list[str], prefix: str, after: tuple[str, ...], depth: int) -> Branch:
        id_ = prefix + self.fresh("b")
        count = self.random.randrange(4)
        # Without a condition it is the region of a called pipeline.
        inside = prefix if count else f"{id_}."
        types = [self.wanted(sight) for _ in range(self.random.randrange(3))]
        arms = []
        columns: list[list[Expr | None]] = []
        for at in range(count + 1):
            condition = None if at == count else expression(self.random, BOOL, sight)
            inner = list(sight)
            nodes = self.region(inner, list(visible), inside, depth - 1)
            label = "else" if at == count else "then" if at == 0 else f"elif{at}"
            arms.append(Arm(label, condition, Region(nodes)))
            columns.append([None if self.random.randrange(4) == 0 else expression(self.random, type_, inner) for type_ in types])
        merged = []
        for place, type_ in enumerate(types):
            values = [column[place] for column in columns]
            whole = optional(type_) if None in values and type_ != NULL else type_
            if all(value is None or value.type == whole for value in values) and (None not in values or isinstance(whole, Optional)):
                given = tuple(Const(NULL, "null") if value is None else value for value in values)
                merged.append(Merged(f"m{place}", whole, given))
                sight.append(Ref(whole, id_, f"m{place}"))
        return Branch(id_, tuple(arms), tuple(merged), after)

    def fan_out(self, sight: list[Expr], visible: list[str], prefix: str, after: tuple[str, ...], depth: int) -> FanOut:
        id_ = prefix + self.fresh("f")
        item_type = value_type(self.random, 1)
        source = expression(self.random, ListOf(item_type), sight)
        assert source is not None
        inner = [*sight, Ref(item_type, id_, "item")]
        nodes = self.region(inner, list(visible), f"{id_}[].", depth - 1)
        result = expression(self.random, self.wanted(inner), inner) if self.random.randrange(3) else None
        if result is not None:
            sight.append(Ref(ListOf(result.type), id_, "result"))
        limit = self.random.choice((None, 1, 4))
        return FanOut(id_, "item", item_type, source, limit, Region(nodes), result, after)


def _at_call(type_: Type, rows: Expr | None) -> Type:
    """The type of an output at a call: its row variable replaced by what the table given has besides."""
    if rows is None or not isinstance(rows.type, Table) or not isinstance(type_, Table) or type_.row.variable is None:
        return type_
    rest = Row(rows.type.row.columns[2:], open=rows.type.row.open)
    return Table(substitute(type_.row, {"R": rest})[0])
