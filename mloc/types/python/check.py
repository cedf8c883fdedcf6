"""Whether a step's declaration and its Python function fit: names, types and defaults of the inputs, and what is returned."""

from __future__ import annotations

import ast
import json

from mloc.diagnostics.model import Bag
from mloc.diagnostics.rules import (
    ARGUMENT_MISMATCH,
    DEFAULT_DIFFERS,
    KWARGS_HIDES_CHECK,
    PATH_AS_TEXT,
    PYTHON_SYNTAX,
    UNANNOTATED_FUNCTION,
    UNKNOWN_DECORATOR,
    UNRESOLVED_ANNOTATION,
)
from mloc.diagnostics.suggest import suggest
from mloc.frozen import dataclass
from mloc.source import Span
from mloc.types.model import Enum, File, Model, Table, is_artifact
from mloc.types.python.annotations import NONE, Either, Plain, Resolver
from mloc.types.python.at_import import check_at_import
from mloc.types.python.fit import AsText, Unsure, arrives, takes
from mloc.types.python.lookup import Failure, Function, find_function
from mloc.types.python.names import External
from mloc.types.python.outside import check_imports
from mloc.types.python.project import Project
from mloc.types.python.report import Step, reported, spoken
from mloc.types.python.returns import check_returns
from mloc.types.show import show
from mloc.types.signature import Input, Signature

# Decorators that leave a function's parameters and result as they are.
_TRANSPARENT = {
    *("functools.cache", "functools.lru_cache", "typing.no_type_check", "typing.final", "typing.deprecated", "warnings.deprecated"),
    *("beartype.beartype", "typeguard.typechecked", "pydantic.validate_call", "tenacity.retry"),
    *("numba.jit", "numba.njit", "torch.no_grad", "torch.inference_mode"),
}


@dataclass(frozen=True, slots=True)
class _Parameter:
    name: str
    annotation: ast.expr | None
    default: ast.expr | None
    by_position: bool = False


def check_python_step(signature: Signature, module: str, function: str, run_span: Span, project: Project, bag: Bag) -> None:
    """Report how the step and `module:function` differ. Reads the project's files, imports nothing; `run_span` covers the run string."""
    found = find_function(project, module, function)
    if isinstance(found, Failure):
        # Several steps of one module that does not parse are one mistake.
        if found.rule is not PYTHON_SYNTAX or not reported(bag, found.rule, found.message):
            bag.report(found.rule, run_span, found.message, label=found.label, notes=found.notes, help=found.help)
        return
    step = Step(signature, f"{module}:{function}", found, run_span, Resolver(project), bag)
    check_imports(step, module)
    check_at_import(step, module)
    decorators = [ast.unparse(d) for d in found.node.decorator_list if not _is_transparent(step, d)]
    if decorators:
        step.report(
            UNKNOWN_DECORATOR,
            run_span,
            f"`@{decorators[0]}` may change what `{step.written}` takes and returns, so neither is checked",
            label="decorated",
        )
        return
    sinks = _check_parameters(step)
    check_returns(step, sinks)
    _report_unannotated(step, module, sinks)


def _is_transparent(step: Step, decorator: ast.expr) -> bool:
    target = decorator.func if isinstance(decorator, ast.Call) else decorator
    found = step.resolver.qualified(step.function.module, target)
    return isinstance(found, External) and found.name in _TRANSPARENT


def _parameters(function: Function) -> list[_Parameter]:
    arguments = function.node.args
    positional = [*arguments.posonlyargs, *arguments.args]
    defaults = [None] * (len(positional) - len(arguments.defaults)) + list(arguments.defaults)
    found = [_Parameter(a.arg, a.annotation, d, a in arguments.posonlyargs) for a, d in zip(positional, defaults, strict=True)]
    keyword = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    return found + [_Parameter(a.arg, a.annotation, d) for a, d in keyword]


def _check_parameters(step: Step) -> frozenset[str]:
    """Check every input and every parameter; the names of the outputs that the function writes to a path it is given."""
    parameters = {p.name: p for p in _parameters(step.function)}
    inputs = {i.name for i in step.signature.inputs}
    sinks = frozenset(o.name for o in step.signature.outputs if o.name not in inputs and _is_sink(step, parameters.get(o.name)))
    needed = [p for p in parameters.values() if p.name not in inputs and p.name not in sinks and p.default is None]
    unknown: list[Input] = []
    for given in step.signature.inputs:
        parameter = parameters.get(given.name)
        if parameter is None:
            unknown.append(given)
        elif parameter.by_position:
            _report_by_position(step, given)
        else:
            _check_input(step, given, parameter)
    variadic = step.function.node.args.kwarg
    if variadic is not None:
        _report_hidden(step, unknown, variadic.arg)
        unknown = []
    spare = [p.name for p in parameters.values() if p.name not in inputs and p.name not in sinks]
    for given in unknown:
        meant = _report_unknown(step, given, [p.name for p in needed], spare)
        # The parameter that was meant is the same mistake, seen from the other side.
        needed = [p for p in needed if p.name != meant]
    for parameter in needed:
        _report_needed(step, parameter)
    return sinks


def _is_sink(step: Step, parameter: _Parameter | None) -> bool:
    if parameter is None or parameter.annotation is None:
        return False
    return step.resolver.read(step.function.module, parameter.annotation) == Plain("Path")


def _check_input(step: Step, given: Input, parameter: _Parameter) -> None:
    _check_default(step, given, parameter)
    if parameter.annotation is None:
        return
    text = ast.unparse(parameter.annotation)
    annotation = step.resolver.read(step.function.module, parameter.annotation)
    if isinstance(parameter.default, ast.Constant) and parameter.default.value is None:
        # `n: int = None` has always meant `int | None`.
        annotation = Either((annotation, NONE))
    verdict = takes(step.resolver, given.type, annotation, given.domain)
    if verdict is None:
        return
    wanted = arrives(given.type)
    if isinstance(verdict, Unsure):
        step.report(
            UNRESOLVED_ANNOTATION,
            given.span,
            f"`{verdict.text}` cannot be resolved, so `{given.name}: {text}` of `{step.written}` is not checked",
            label=f"arrives as {spoken(wanted)}",
        )
        return
    if isinstance(verdict, AsText):
        message = f"`{step.written}` takes the `{show(given.type)}` `{given.name}` as `str`; files and folders are `pathlib.Path`"
        step.report(PATH_AS_TEXT, given.span, message, label="a path", help=f"annotate it `{text.replace('str', 'Path')}`")
        return
    because = f": {verdict.reason}" if verdict.reason else ""
    step.report(
        ARGUMENT_MISMATCH,
        given.span,
        f"`{step.written}` takes `{given.name}` as `{text}`, step `{step.signature.name}` gives `{show(given.type)}`{because}",
        label=f"`{show(given.type)}` here",
        help=_input_help(given, text, wanted),
    )


def _input_help(given: Input, text: str, wanted: str) -> str:
    """How to bring the two together; the wanted annotation is spelt out where it is one."""
    if isinstance(given.type, File) and "DataFrame" in text:
        return f"declare it as a `Table{{…}}`, or take it as {spoken(wanted)} and read the file"
    return f"`{show(given.type)}` arrives as {spoken(wanted)}"


def _check_default(step: Step, given: Input, parameter: _Parameter) -> None:
    if given.default is None or parameter.default is None or given.default == "null":
        return
    try:
        theirs = ast.literal_eval(parameter.default)
    except (ValueError, TypeError, SyntaxError):
        if not (isinstance(given.type, Enum) and isinstance(parameter.default, ast.Attribute)):
            return
        theirs = parameter.default.attr
    ours = json.loads(given.default)
    numbers = {type(ours), type(theirs)} == {int, float}
    if theirs is None or (type(ours) is not type(theirs) and not numbers) or ours == theirs:
        return
    theirs_text = ast.unparse(parameter.default)
    step.report(
        DEFAULT_DIFFERS,
        given.span,
        f"`{given.name}` is {given.default} by default in step `{step.signature.name}`, {theirs_text} in `{step.written}`",
        label=f"the step's default, {given.default}, is the one that counts",
    )


def _report_by_position(step: Step, given: Input) -> None:
    step.report(
        ARGUMENT_MISMATCH,
        given.span,
        f"`{step.written}` takes `{given.name}` by position only, and inputs are given by name",
        label="cannot be given by name",
        help="remove the `/` from the function's parameters",
    )


def _report_hidden(step: Step, hidden: list[Input], variadic: str) -> None:
    if not hidden:
        return
    names = ", ".join(f"`{i.name}`" for i in hidden)
    step.report(
        KWARGS_HIDES_CHECK,
        hidden[0].span,
        f"`{step.written}` takes {names} through `**{variadic}`, so a misspelt name would not be found",
        label=f"goes into `**{variadic}`",
        help="name the parameters that the step gives",
    )


def _report_unknown(step: Step, given: Input, needed: list[str], spare: list[str]) -> str | None:
    """Report an input that is no parameter; the parameter that was probably meant."""
    meant = suggest(given.name, needed) or suggest(given.name, spare)
    if meant is None and given.name not in spare and len(needed) == 1 and len(step.signature.inputs) == 1:
        meant = needed[0]
    have = ", ".join(f"`{name}`" for name in spare)
    step.report(
        ARGUMENT_MISMATCH,
        given.span,
        f"`{step.written}` has no parameter `{given.name}`",
        label="no such parameter",
        help=f"did you mean `{meant}`?" if meant is not None else (f"parameters not used: {have}" if have else None),
    )
    return meant


def _report_needed(step: Step, parameter: _Parameter) -> None:
    output = next((o for o in step.signature.outputs if o.name == parameter.name), None)
    if output is not None and is_artifact(output.type):
        step.report(
            ARGUMENT_MISMATCH,
            output.span,
            f"`{step.written}` takes `{parameter.name}`, but not annotated `Path`, so it is not given the output's path",
            label="the output of that name",
            help=f"annotate it to have it filled: `{parameter.name}: Path`",
        )
        return
    how = ", by position only" if parameter.by_position else ""
    shown = parameter.name if parameter.annotation is None else f"{parameter.name}: {ast.unparse(parameter.annotation)}"
    step.report(
        ARGUMENT_MISMATCH,
        step.run_span,
        f"`{step.written}` needs `{parameter.name}`{how}, which step `{step.signature.name}` does not give",
        label=f"needs `{shown}`",
        help=f"add an input `{parameter.name}` to the step, or a default to the parameter",
    )


def _report_unannotated(step: Step, module: str, sinks: frozenset[str]) -> None:
    inputs = {i.name: i for i in step.signature.inputs}
    bare = [p.name for p in _parameters(step.function) if p.annotation is None and p.name in inputs]
    returned = [o for o in step.signature.outputs if o.name not in sinks]
    unnamed = bool(returned) and step.function.node.returns is None
    models = all(isinstance(o.type, Model) for o in returned)
    if not bare and (not unnamed or models):
        return
    message = f"functions of `{module}` have no annotations, so mloc cannot check their types"
    if reported(step.bag, UNANNOTATED_FUNCTION, message):
        return
    what = [f"`{name}`" for name in bare] + (["its result"] if unnamed else [])
    listed = what[0] if len(what) == 1 else f"{', '.join(what[:-1])} and {what[-1]}"
    example = next((i for i in step.signature.inputs if i.name in bare and not isinstance(i.type, (Table, Enum))), None)
    advice = f"write `{example.name}: {arrives(example.type)}`" if example is not None and " or " not in arrives(example.type) else None
    step.report(UNANNOTATED_FUNCTION, step.run_span, message, label=f"no annotation for {listed}", help=advice)
