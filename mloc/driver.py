"""The data flow on one page: a file is analysed into pipelines, a pipeline is compiled into a bundle."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath

from mloc import runner
from mloc.backend import Artifacts, Attributes, Backend, Request, Tables, load, table
from mloc.diagnostics.model import Bag, Diagnostic
from mloc.diagnostics.rules import leaves_whole
from mloc.diagnostics.select import EVERYTHING, Policy, selected
from mloc.diagnostics.suppress import remarks, suppress
from mloc.elaborate.declarations import Loader
from mloc.elaborate.program import elaborate
from mloc.frozen import dataclass
from mloc.ir.model import Pipeline, RunPython
from mloc.ir.program import program, spans
from mloc.lint.importers import imported
from mloc.lint.page import lint
from mloc.lint.program import Program
from mloc.passes import PIPELINE, legality, run
from mloc.passes.targets import for_target
from mloc.source import Line, SourceFile, Span, absolute, beside
from mloc.source import load as load_source
from mloc.types.python.project import Project
from mloc.version import VERSION


@dataclass(frozen=True, slots=True)
class Analysis:
    """One file checked: what was found, the files it was found in, and the pipelines (none when there are errors).

    `blocking` holds the errors that are suppressed and leave nothing to compile all the same.
    """

    path: str
    diagnostics: tuple[Diagnostic, ...]
    files: Mapping[str, SourceFile]
    pipelines: tuple[Pipeline, ...]
    project: Project
    blocking: tuple[Diagnostic, ...] = ()

    @property
    def has_errors(self) -> bool:
        return _fails(self.diagnostics)

    def lines(self, pipeline: Pipeline) -> dict[str, Line]:
        """The source lines by the keys of `mloc.ir.program.spans`: of every node by its id, "" of the pipeline itself, and of more."""
        return {id_: self._line(pipeline, span) for id_, span in spans(pipeline).items() if span.file in self.files}

    def _line(self, pipeline: Pipeline, span: Span) -> Line:
        file = self.files[span.file]
        number = file.position(span.start).line
        if span.file == self.path:
            return Line(pipeline.source, number, file.line(number).strip())
        here, there = PurePath(self.path).parent, PurePath(span.file)
        name = there.relative_to(here).as_posix() if there.is_relative_to(here) else there.name
        return Line(name, number, file.line(number).strip())


@dataclass(frozen=True, slots=True)
class Compilation:
    """A pipeline compiled for a target; no artifacts when the target cannot express it, which the diagnostics then say."""

    diagnostics: tuple[Diagnostic, ...]
    artifacts: Artifacts | None


def analyse(
    path: str, flags: Policy = EVERYTHING, *, for_targets: bool = False, targets: tuple[str, ...] = (), read: Loader = load_source
) -> Analysis:
    """Text → tree → IR → passes → what the project and `flags` want to hear of it.

    `for_targets` asks the targets too: `targets`, those of the project, and of each pipeline those that it has a block for.

    Raises SourceError when the file cannot be read, ProjectError when its project is broken, BackendError when a target is.
    """
    bag = Bag()
    elaborated = elaborate(path, read, bag, Tables())
    project = elaborated.world.project(path)
    subject = Program(elaborated.file, elaborated.types, elaborated.pipelines, lambda: imported(absolute(path), beside(path, project.root)))
    for finding in lint(subject, bag):
        bag.add(finding)
    # Wrong about the user's Python, mloc may be suppressed and the program is whole; after any other error it has holes.
    blocking = tuple(d for d in bag if d.rule.severity == "error" and not leaves_whole(d.rule))
    pipelines: tuple[Pipeline, ...] = ()
    if not blocking:
        pipelines = tuple(run(pipeline, bag, PIPELINE) for pipeline in elaborated.pipelines)
        if for_targets:
            _ask((*targets, *project.config.targets), pipelines, project, bag)
    divided = suppress(bag.sorted(), elaborated.files)
    policy = project.config.policy.merged(flags)
    said = remarks(elaborated.files[path], divided.hidden, strict=policy.strict, complete=not _fails(divided.shown))
    found = tuple(sorted(selected((*divided.shown, *said), policy), key=lambda d: d.sort_key))
    unsaid = tuple(d for d in blocking if d in divided.hidden)
    return Analysis(path, found, elaborated.files, () if blocking or _fails(found) else pipelines, project, unsaid)


def _ask(targets: tuple[str, ...], pipelines: tuple[Pipeline, ...], project: Project, bag: Bag) -> None:
    """Report what the targets of each pipeline cannot express or take. One that is missing is, also where there is no pipeline."""
    for target in targets:
        load(target)
    for pipeline in pipelines:
        for target in dict.fromkeys((*targets, *(each.name for each in pipeline.targets))):
            _reviewed(pipeline, load(target), project, bag)


def _reviewed(pipeline: Pipeline, backend: Backend, project: Project, bag: Bag) -> tuple[Pipeline, Attributes]:
    """The pipeline as it is on a target, with what is said to that target; reports what cannot be there."""
    known = table(backend)
    special, attributes = for_target(pipeline, known, project.config.image_on(backend.name))
    before = len(bag)
    legality.check(special, backend, bag)
    legality.check_version(special, known, attributes.version, bag)
    if len(bag) == before:
        backend.review(special, attributes, bag)
    return special, attributes


def _fails(diagnostics: tuple[Diagnostic, ...]) -> bool:
    return any(d.rule.severity == "error" for d in diagnostics)


def compile(analysis: Analysis, pipeline: Pipeline, target: str) -> Compilation:  # noqa: A001  (the word of the command line)
    """IR → target's passes → bundle. Raises BackendError when the target is not installed or broken."""
    backend = load(target)
    bag = Bag()
    special, attributes = _reviewed(pipeline, backend, analysis.project, bag)
    if bag.has_errors:
        return Compilation(bag.sorted(), None)
    lowered = run(special, bag, backend.lowering)
    artifacts = backend.emit(request(analysis, lowered, backend, attributes), bag)
    return Compilation(bag.sorted(), None if bag.has_errors else artifacts)


def request(analysis: Analysis, pipeline: Pipeline, backend: Backend, attributes: Attributes) -> Request:
    """Everything a backend may read of a pipeline."""
    lines = analysis.lines(pipeline)
    modules = [step.run.module for step in pipeline.steps if isinstance(step.run, RunPython)]
    return Request(
        pipeline=pipeline,
        program=program(pipeline, VERSION, lines, backend.name),
        code=_code(analysis.project, modules),
        runner=runner.sources(),
        mloc_version=VERSION,
        attributes=attributes,
        lines=lines,
    )


def _code(project: Project, modules: list[str]) -> Mapping[str, bytes]:
    """The first-party files that these modules need."""
    if not modules:
        return {}
    from mloc.types.python.closure import closure  # only programs with Python steps pay for it

    return closure(project, modules).files
