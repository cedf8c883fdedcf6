"""Tasks that run one unit: their component, their container, and where each value they read comes from."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping

from mloc.backend import Request
from mloc.emit.names import dns_labels, identifiers
from mloc.frozen import dataclass, field
from mloc.ir.handlers import RUN_NODE
from mloc.ir.model import Call, FanOut, Output, Ref, Resources, RunContainer, Settings, Step
from mloc.ir.program import PARAMETERS, key, source_on, yield_id
from mloc.ir.walk import calls
from mloc.runner.jsons import canonical
from mloc.runner.program import Program, parse_inputs
from mloc.types.encode import Json
from mloc.types.model import Metrics, holds_artifact
from mloc_kfp import bundle
from mloc_kfp.containers import DEFAULT_IMAGE, environment, executor, usual_image
from mloc_kfp.kubernetes import OF_EVERY_POD, Said, platform
from mloc_kfp.naming import LABEL_LIMIT, LAUNCH, Names, launch_values, scheduled_values
from mloc_kfp.parts import Parts
from mloc_kfp.scope import BUNDLE, Scope
from mloc_kfp.spec import UNIT, Doc, artifact, component, constant, definitions, describe, from_input, from_task, parameter, schema_of
from mloc_kfp.vendored.guard import guarded
from mloc_kfp.vendored.launched import LAUNCH_INPUT, LAUNCH_UNIT, asked_for
from mloc_kfp.vendored.lenient import AFTER, CLOSING, JUDGE, STATE
from mloc_kfp.vendored.natural import form, to_natural

FILLED = "filled"
# The input of a DAG that Kubeflow gives the status of what has ended before it.
RUN_STATUS = "mloc-run-status"
FINAL_STATUS: Doc = {"parameterType": "TASK_FINAL_STATUS", "isOptional": True}


@dataclass(slots=True)
class Units:
    """Makes the tasks of units.

    `native` says which values have an artifact of Kubeflow's own, and its schema; `first` is the executor of the first task.
    """

    request: Request
    program: Program
    names: Names
    parts: Parts
    image: str
    steps: dict[str, Step]
    step_labels: dict[str, str]
    native: dict[str, str] = field(default_factory=dict)
    first: str = ""

    @classmethod
    def of(cls, request: Request, names: Names, parts: Parts) -> Units:
        pipeline = request.pipeline
        steps = {step.name: step for step in pipeline.steps}
        return cls(
            request,
            Program(bundle.document(request)),
            names,
            parts,
            usual_image(call for call in calls(pipeline.region) if not isinstance(steps[call.step].run, RunContainer)),
            steps,
            dns_labels([step.name for step in pipeline.steps], LABEL_LIMIT),
        )

    def parameters(self, scope: Scope, *, again: bool = False) -> Doc:
        """The first task of a DAG, which checks the parameters and carries the bundle; gives the pipeline's input definitions.

        `again` says that another DAG of the pipeline has one, too.
        """
        declared = parse_inputs(self.program.unit(PARAMETERS).body.get("parameters"))
        docs = {p.name: p for p in self.request.pipeline.parameters}
        root: dict[str, Doc] = {}
        for given in declared:
            kind = form(given.type, given.domain)
            more: Doc = {} if given.default is None else {"defaultValue": to_natural(given.type, kind, given.default), "isOptional": True}
            root[given.name] = parameter(kind) | more | describe(docs[given.name].doc)
        taken = {name: parameter(str(doc["parameterType"])) for name, doc in root.items()}
        made = {name: parameter() for name in root}
        native = {p.name: artifact(schema_of(p.type)) for p in self.request.pipeline.parameters if holds_artifact(p.type)}
        artifacts = {BUNDLE: artifact("system.Artifact")} | {f"{name}-artifact": doc for name, doc in native.items()}
        cached = self._caches()
        label = PARAMETERS.removeprefix("$")
        runs_in = self.first = self.executor(label, self.image, Resources(), self.shared())
        known = {f"{LAUNCH_INPUT}{name}": constant(value) for name, value in asked_for(scheduled_values(self.request.pipeline)).items()}
        inside = definitions({UNIT: parameter(), **{name: parameter() for name in known}} | taken, {})
        name = self.parts.component(component(inside, definitions(made, artifacts), {"executorLabel": runs_in}), label, shared=not again)
        inputs = {UNIT: constant(call_text(PARAMETERS, {})), **known} | {name: from_input(name) for name in root}
        label = scope.task(self.names.labels[PARAMETERS], name, inputs, {}, (), **caching(cached))
        scope.made |= {f"${name}": (label, name) for name in root}
        scope.artifacts_made |= {BUNDLE: (label, BUNDLE)} | {f"${name}": (label, f"{name}-artifact") for name in native}
        self.native |= {f"${name}": schema_of(p.type) for p in self.request.pipeline.parameters if (name := p.name) in native}
        return definitions(root, {})

    def launch(self, scope: Scope) -> None:
        """The task that says what is known of the run from its launch on, once for all others; none where nothing asks."""
        read = launch_values(self.request.pipeline)
        if read:
            given = {name: constant(placeholder) for name, placeholder in asked_for(read).items()}
            label = self.about(scope, LAUNCH_UNIT, self.names.labels[LAUNCH], given, read)
            scope.made |= {f"{RUN_NODE}.{name}": (label, name) for name in read}

    def about(
        self, scope: Scope, unit: str, label: str, given: Mapping[str, Doc], outputs: Iterable[str], order: Iterable[str] = ()
    ) -> str:
        """The task of a unit about the run as a whole, which is none of the program; it is never kept."""
        runs_in = self.executor("mloc", self.image, Resources(), self.shared())
        kinds = {name: FINAL_STATUS if source == from_input(RUN_STATUS) else parameter() for name, source in given.items()}
        inside = definitions({UNIT: parameter()} | kinds, {BUNDLE: artifact("system.Artifact")})
        content = component(inside, definitions({name: parameter() for name in outputs}, {}), {"executorLabel": runs_in})
        inputs = {UNIT: constant(call_text(unit, {})), **given}
        return scope.task(label, self.parts.component(content, label), inputs, {BUNDLE: scope.artifact(BUNDLE)}, order)

    def step(self, scope: Scope, call: Call, order: Iterable[str]) -> str:
        """The task of a call; what it makes is known to the scope then."""
        label, settings, said = self.names.labels[call.id], call.settings, self.request.attributes.of(call.id)
        image, secrets = settings.image or DEFAULT_IMAGE, self.secrets(settings)
        runs_in = self.executor(self.step_labels[call.step], image, settings.resources, said, secrets)
        captures = list(self.program.unit(call.id).captures)
        body = self.body(call, label, runs_in)
        self.task(scope, call.id, label, body, argument_names(call, captures), order, fetches=True, cached=said.get("engine_cache") is True)
        self.gives(scope, call, label)
        return label

    def body(self, call: Call, label: str, runs_in: str) -> Body:
        """The component of a task that gives the outputs of a call's step."""
        step = self.steps[call.step]
        outputs = {output.name: parameter() | describe(output.doc) for output in step.outputs}
        native = {output.name: schema_of(output.type) for output in step.outputs if holds_artifact(output.type)}
        artifacts = {f"{name}-artifact": artifact(schema) for name, schema in native.items()} | _metrics(step.outputs)
        return Body(outputs, artifacts, runs_in, label if artifacts else self.step_labels[step.name], not artifacts)

    def gives(self, scope: Scope, call: Call, label: str) -> None:
        """Let the scope know that this task makes the outputs of a call."""
        outputs = self.steps[call.step].outputs
        native = {f"{call.id}.{output.name}": output for output in outputs if holds_artifact(output.type)}
        scope.made |= {f"{call.id}.{output.name}": (label, output.name) for output in outputs}
        scope.artifacts_made |= {key: (label, f"{output.name}-artifact") for key, output in native.items()}
        self.native |= {key: schema_of(output.type) for key, output in native.items()}

    def secrets(self, settings: Settings) -> dict[str, tuple[str, str]]:
        """The variables of a step with the names and keys of Kubernetes secrets."""
        sources = {secret.name: source_on(secret, "kfp") for secret in self.request.pipeline.secrets}
        found = {variable: dict(source.arguments) for variable, name in settings.secrets if (source := sources[name]) is not None}
        return {variable: (arguments["name"], arguments["key"]) for variable, arguments in found.items()}

    def plain(
        self,
        scope: Scope,
        unit: str,
        label: str,
        outputs: Mapping[str, str],
        order: Iterable[str] = (),
        reads: Collection[str] | None = None,
        given: Mapping[str, Doc] | None = None,
    ) -> str:
        """The task of a unit without user code. `outputs` maps names to Kubeflow types, `reads` limits what it captures.

        `given` says where values that are no DAG's input come from.
        """
        body = self.own_body(label, outputs)
        captures = [name for name in self.program.unit(unit).captures if reads is None or name in reads]
        more = given or {}
        inputs = {name: self.names.keys[name] for name in captures if name not in more}
        cached = self.request.attributes.pipeline.get("engine_cache") is True
        return self.task(scope, unit, label, body, inputs, order, more, cached=cached)

    def closing(self, scope: Scope, label: str, outputs: Collection[str], order: Iterable[str] = (), state: Doc | None = None) -> str:
        """The task that ends a region in which failures are values, and gives no values itself but null for `outputs`.

        `state` is one more state than those of `order`.
        """
        return self.task(scope, CLOSING, label, self.own_body(label, dict.fromkeys(outputs, "STRING")), {}, order, state=state)

    def judge(self, scope: Scope, fan_out: FanOut, label: str, collected: Doc) -> str:
        """The task that counts the failures of a fan-out that yields nothing."""
        given, more = {f"{yield_id(fan_out)}.result": collected}, {"of": fan_out.id}
        return self.task(scope, JUDGE, label, self.own_body(label, {}), {}, (), given, more=more)

    def own_body(self, label: str, outputs: Mapping[str, str]) -> Body:
        """The component of a task without user code."""
        runs_in = self.executor("mloc", self.image, Resources(), self.shared())
        return Body({name: parameter(kind) for name, kind in outputs.items()}, {}, runs_in, label, True)

    def task(
        self,
        scope: Scope,
        unit: str,
        label: str,
        body: Body,
        inputs: Mapping[str, str],
        order: Iterable[str],
        given: Mapping[str, Doc] | None = None,
        fetches: bool = False,
        cached: bool = False,
        state: Doc | None = None,
        more: Mapping[str, Json] | None = None,
        brought: Mapping[str, Doc] | None = None,
    ) -> str:
        """`inputs` maps the keys of captured values to the names of the component's inputs; `brought` are artifacts that hold no value."""
        given, waits = given or {}, tuple(order)
        states = _states(waits, state) if scope.lenient else {}
        outputs = body.outputs | ({STATE: parameter()} if scope.lenient else {})
        artifacts = {f"{name}-artifact": key for key, name in inputs.items() if fetches and key in self.native}
        definition = component(
            definitions(
                {UNIT: parameter()}
                | {name: parameter() for name in (*inputs.values(), *states)}
                | {_given(key): _kind(doc) for key, doc in given.items()},
                {BUNDLE: artifact("system.Artifact")}
                | {name: artifact(self.native[key]) for name, key in artifacts.items()}
                | {name: artifact("system.Artifact") for name in brought or {}},
            ),
            definitions(outputs, body.artifacts),
            {"executorLabel": body.executor},
        )
        captured = {name: key for key, name in inputs.items()} | {_given(key): key for key in given}
        said: dict[str, Json] = {**(more or {}), **({"lenient": True} if scope.lenient else {})}
        values = {UNIT: constant(call_text(unit, captured, said))} | {name: scope.parameter(key) for key, name in inputs.items()}
        values |= {_given(key): doc for key, doc in given.items()} | states
        files = {BUNDLE: scope.artifact(BUNDLE)} | {name: scope.artifact(key) for name, key in artifacts.items()}
        files |= brought or {}
        component_name = self.parts.component(definition, body.wanted, shared=body.shared)
        # Kubeflow would keep a failure that is a value as it keeps results.
        return scope.task(label, component_name, values, files, waits, **caching(cached and not scope.lenient))

    def carry(self, trace: str) -> None:
        """Give the first task the bundle, which knows the names of all the others."""
        packed = bundle.pack(self.request, trace)
        start, version = bundle.start(bundle.package_of(self.request.pipeline.name)), self.request.attributes.version
        key = hashlib.sha256(packed).hexdigest() if self._caches() else ""
        content = executor(self.image, start, Resources(), bundle.variables(packed), self.shared(), version, key)
        self.parts.executors[self.first] = content

    def executor(
        self, wanted: str, image: str, resources: Resources, said: Said, secrets: Mapping[str, tuple[str, str]] | None = None
    ) -> str:
        package, version = bundle.package_of(self.request.pipeline.name), self.request.attributes.version
        content = executor(image, bundle.start(package), resources, environment(resources), said, version)
        return self.parts.executor(content, platform(resources, said, secrets or {}), wanted)

    def shared(self) -> Said:
        """What the target is told of tasks that run no step."""
        return {name: value for name, value in self.request.attributes.pipeline.items() if name in OF_EVERY_POD}

    def _caches(self) -> bool:
        """Whether Kubeflow may keep what any task gives: then the code has to be the same thing, too, in every run."""
        attributes = self.request.attributes
        return any(said.get("engine_cache") is True for said in (attributes.pipeline, *attributes.calls.values()))


@dataclass(frozen=True, slots=True)
class Body:
    """What a component is beside its inputs. `kfp.local` keeps the files of two tasks of one component in one place, so one that
    makes artifacts is not shared."""

    outputs: dict[str, Doc]
    artifacts: dict[str, Doc]
    executor: str
    wanted: str
    shared: bool


def call_text(unit: str, captures: Mapping[str, str], more: Mapping[str, Json] | None = None) -> str:
    """The task's constant input: the unit to run, and which input of the task holds which value."""
    document: dict[str, Json] = {"unit": unit, "captures": dict(captures), **(more or {})}
    return guarded(canonical(document))


def _states(tasks: Iterable[str], more: Doc | None) -> dict[str, Doc]:
    """The inputs that say what became of these tasks."""
    found = [*(from_task(task, STATE) for task in tasks), *([] if more is None else [more])]
    return {f"{AFTER}{number}": source for number, source in enumerate(found)}


def argument_names(call: Call, captures: Iterable[str]) -> dict[str, str]:
    """The names of a call's inputs by the key of the value: that of the argument where it is the value itself.

    So calls that differ only in what they are given have one component.
    """
    bare: dict[str, str] = {}
    for name, value in call.args:
        if isinstance(value, Ref):
            bare.setdefault(key(value), name)
    names = identifiers([*bare.values(), *(found for found in captures if found not in bare)])
    return {found: names[bare.get(found, found)] for found in captures}


def _metrics(outputs: Iterable[Output]) -> dict[str, Doc]:
    return {f"{output.name}-metrics": artifact("system.Metrics") for output in outputs if isinstance(output.type, Metrics)}


def _given(key: str) -> str:
    """The input for a value that no DAG passes on: what a loop collected, or the only arm there is."""
    return "collected" if key.endswith(".yield.result") else identifiers([key])[key]


def caching(cached: bool) -> dict[str, Json]:
    return {"cachingOptions": {"enableCache": True}} if cached else {}


def _kind(source: Doc) -> Doc:
    return parameter("STRING" if "runtimeValue" in source else "LIST")
