"""What the code of a step returns, where its own text tells: nothing, None on some way, or a value of another type."""

from __future__ import annotations

import ast
import copy

from mloc.diagnostics.model import Bag
from mloc.diagnostics.rules import PATH_RETURNS_NONE, RETURN_MISMATCH, SWALLOWED_FAILURE
from mloc.lint.code.literals import lacking, mismatch
from mloc.lint.code.model import StepCode
from mloc.types.model import Optional, Unknown
from mloc.types.python.bodies import may_end, only_raises, returns_value
from mloc.types.python.lookup import own_nodes
from mloc.types.show import show
from mloc.types.signature import Output


def returned(step: StepCode, bag: Bag) -> None:
    """E0608, W0652 and W0659 of the outputs that the code returns."""
    function = step.own.function
    arguments = set() if function is None else {node.arg for node in ast.walk(function.args) if isinstance(node, ast.arg)}
    outputs = tuple(o for o in step.signature.outputs if o.name not in arguments or o.name in {i.name for i in step.signature.inputs})
    body = list(step.own.body)
    if not outputs or (len(outputs) == 1 and isinstance(outputs[0].type, (Optional, Unknown))):
        return
    hint = "" if function is None or function.returns is None else ast.unparse(function.returns)
    if "None" in hint or "Optional" in hint or "NoReturn" in hint or "Never" in hint:
        return  # which is held against the outputs already
    if not returns_value(body):
        if hint and not only_raises(body):
            _nothing(step, outputs, bag)
        return
    _ways(step, body, outputs, bag)
    for node in own_nodes(body):
        if isinstance(node, ast.Return) and node.value is not None:
            _value(step, node, node.value, outputs, bag)


def _nothing(step: StepCode, outputs: tuple[Output, ...], bag: Bag) -> None:
    """A function that says what it returns, and does not. Without an annotation that is found where annotations are read."""
    message = f"`{step.written}` has no `return` with a value, but step `{step.name}` declares {_declared(step, outputs)}"
    bag.report(RETURN_MISMATCH, outputs[0].span, message, label="never given", help="return it at the end of the function")


def _ways(step: StepCode, body: list[ast.stmt], outputs: tuple[Output, ...], bag: Bag) -> None:
    """The ways out of the code on which it returns None."""
    handlers = [node for node in own_nodes(body) if isinstance(node, ast.ExceptHandler)]
    within = {node for handler in handlers for node in own_nodes(handler.body)}
    for node in own_nodes(body):
        if isinstance(node, ast.Return) and (node.value is None or (isinstance(node.value, ast.Constant) and node.value.value is None)):
            rule = SWALLOWED_FAILURE if node in within else PATH_RETURNS_NONE
            _none(step, rule, node, outputs, "" if node in within else "here", bag)
    if not may_end(body):
        return
    swallowing = [handler for handler in handlers if may_end(handler.body)]
    if swallowing and not may_end(_without_handlers(body)):
        _none(step, SWALLOWED_FAILURE, swallowing[0], outputs, "", bag)
    elif step.own.file is not None:
        _none(step, PATH_RETURNS_NONE, body[-1], outputs, "at its end", bag)


def _none(step: StepCode, rule: object, node: ast.AST, outputs: tuple[Output, ...], where: str, bag: Bag) -> None:
    what = _declared(step, outputs)
    if rule is SWALLOWED_FAILURE:
        message = f"the code of step `{step.name}` catches the exception and returns None, but {what} is declared: the failure is lost"
        help_ = "let the exception go on, which fails the step with it, or declare the output as optional (`…?`)"
        step.report(bag, SWALLOWED_FAILURE, step.own, node, message, label="the failure ends here", help=help_)
        return
    message = f"the code of step `{step.name}` may return None {where}, and the step declares {what}"
    help_ = "return a value on every way, or declare the output as optional (`…?`)"
    step.report(bag, PATH_RETURNS_NONE, step.own, node, message, label="gives None", help=help_)


def _without_handlers(body: list[ast.stmt]) -> list[ast.stmt]:
    """The code as it would be if no exception were caught."""
    copied = copy.deepcopy(body)
    for node in own_nodes(copied):
        if isinstance(node, ast.ExceptHandler):
            node.body = [ast.Raise()]
    return copied


def _value(step: StepCode, node: ast.Return, value: ast.expr, outputs: tuple[Output, ...], bag: Bag) -> None:
    if len(outputs) == 1 and len(step.signature.outputs) == 1:
        _output(step, node, value, outputs[0], bag)
    elif isinstance(value, ast.Dict):
        given = {key.value: item for key, item in zip(value.keys, value.values, strict=True) if isinstance(key, ast.Constant)}
        for output in outputs:
            item = given.get(output.name)
            if item is not None:
                _output(step, node, item, output, bag)


def _output(step: StepCode, node: ast.Return, value: ast.expr, output: Output, bag: Bag) -> None:
    named = f"output `{output.name}`" if step.signature.named_outputs else "its output"
    does = mismatch(output.type, value, step.own)
    missing = () if does else lacking(output.type, value)
    if does is None and not missing:
        return
    if missing:
        listed = ", ".join(f"`{name}`" for name in missing)
        message = f"the code of step `{step.name}` returns a dict without {listed}, and {named} is `{show(output.type)}`"
        help_ = f"add {listed} to the dict, or give it a default in the record"
    else:
        message = f"the code of step `{step.name}` returns {does}, and declares {named} as `{show(output.type)}`"
        help_ = "return a value of that type, or declare what is returned"
    step.report(bag, RETURN_MISMATCH, step.own, node, message, label=f"`{ast.unparse(value)}`"[:60], help=help_)


def _declared(step: StepCode, outputs: tuple[Output, ...]) -> str:
    if not step.signature.named_outputs:
        return "an output"
    return ("the output " if len(outputs) == 1 else "the outputs ") + ", ".join(f"`{o.name}`" for o in outputs)
