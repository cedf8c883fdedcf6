"""The rules on one page, and what of their findings is told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mloc.diagnostics.model import Bag, Diagnostic
from mloc.diagnostics.rules import INLINE_NAME, SHELL_NAME, SHELL_OUTPUT, leaves_whole
from mloc.lint.branches import branches
from mloc.lint.caching import caching
from mloc.lint.calls import calls
from mloc.lint.columns import columns
from mloc.lint.conditions import conditions
from mloc.lint.containers import containers
from mloc.lint.defaults import defaults
from mloc.lint.effects import effects_in_order
from mloc.lint.elements import elements
from mloc.lint.gates import gates
from mloc.lint.gpus import gpus
from mloc.lint.images import images, ratios
from mloc.lint.naming import convention, shadows
from mloc.lint.order import order
from mloc.lint.outputs import large, outputs
from mloc.lint.parameters import parameters
from mloc.lint.paths import paths
from mloc.lint.placeholders import placeholders
from mloc.lint.program import Check, Program
from mloc.lint.python import python
from mloc.lint.repetition import repetition
from mloc.lint.schedules import schedules
from mloc.lint.scripts import scripts
from mloc.lint.texts import texts
from mloc.lint.times import times
from mloc.lint.timing import timing
from mloc.lint.unused import unused
from mloc.lint.values import values
from mloc.source import Span

CHECKS: tuple[Check, ...] = (
    unused,  # imports, declarations and steps
    parameters,  # parameters of pipelines, inputs of steps
    convention,  # how names are written
    shadows,  # names that hide others
    outputs,  # what calls give and nothing reads
    large,  # values that should be files
    columns,  # texts that name columns
    defaults,  # defaults that a step does not take
    calls,  # the same call twice, arguments exchanged, models judged on what they learnt from
    timing,  # timeouts and retries
    times,  # when schedules fire
    schedules,  # which runs they make
    paths,  # paths of one machine
    caching,  # results that are kept and should not be
    scripts,  # shell steps that are kept, or tried again
    effects_in_order,  # what writes and what reads
    order,  # `after` that data implies
    gates,  # what is done before it may be
    values,  # comparisons, fallbacks, divisions
    texts,  # f-strings that would say `null`
    placeholders,  # texts that nothing fills in
    containers,  # words of containers
    elements,  # lists of a known length
    conditions,  # always true, or never
    branches,  # cases left out, branches alike
    repetition,  # fan-outs and loops
    images,  # images that may change
    gpus,  # GPUs that no code uses
    ratios,  # machines that nobody has
    python,  # the Python code of steps
)
_IN_CODE = (INLINE_NAME, SHELL_NAME, SHELL_OUTPUT)
"""What is wrong in the code that stands in a step, and may be why it does not mention an input."""


def lint(program: Program, found: Iterable[Diagnostic]) -> Iterator[Diagnostic]:
    """What the rules find in a file, `found` being what was found in it before.

    A declaration with an error says nothing yet of what it uses, so that all findings in it wait,
    and those of the whole file (what is unused) wait for all errors.
    """
    path = program.file.source.path
    errors = [d.primary.span for d in found if d.rule.severity == "error" and (d.rule in _IN_CODE or not leaves_whole(d.rule))]
    here = [span for span in errors if span.file == path]
    spoiled = [d.span for d in program.file.module.declarations if any(_within(error, d.span) for error in here)]
    bag = Bag()
    for check in CHECKS:
        if not (errors and check is unused):
            check(program, bag)
    return (d for d in bag.sorted() if not any(_within(d.primary.span, span) for span in spoiled))


def _within(inner: Span, outer: Span) -> bool:
    return outer.start <= inner.start < outer.end
