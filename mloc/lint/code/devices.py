"""Code that needs a GPU behind a step that asks for none."""

from __future__ import annotations

import ast

from mloc.diagnostics.model import Bag
from mloc.diagnostics.rules import GPU_NOT_ASKED
from mloc.lint.code.model import StepCode
from mloc.types.python.reach import Code, dotted


def devices(step: StepCode, bag: Bag) -> None:
    """W0713: something is moved to `cuda`, and nothing asks whether there is one."""
    if "gpu" in step.asked or any(_looks(node) for code in step.bodies for node in code.nodes):
        return
    for code in step.bodies:
        for node in code.nodes:
            if _moves(node, code):
                message = f"the code of step `{step.name}` needs a GPU, and the step asks for none: on an engine it gets none"
                help_ = 'add `resources gpu=1`, or ask first: `"cuda" if torch.cuda.is_available() else "cpu"`'
                step.report(bag, GPU_NOT_ASKED, code, node, message, label="needs a GPU", help=help_)
                return


def _looks(node: ast.AST) -> bool:
    return isinstance(node, (ast.Attribute, ast.Name)) and (node.attr if isinstance(node, ast.Attribute) else node.id) in (
        "is_available",
        "device_count",
        "list_physical_devices",
    )


def _moves(node: ast.AST, code: Code) -> bool:
    match node:
        case ast.Call(func=ast.Attribute(attr="to"), args=[ast.Constant(value=str(device)), *_]):
            return device.startswith("cuda")
        case ast.Call(func=ast.Attribute(attr="cuda"), args=[]):
            return True
        case ast.Call(func=function, args=[ast.Constant(value=str(device)), *_]) if dotted(function, code) == "torch.device":
            return device.startswith("cuda")
        case ast.keyword(arg="device", value=ast.Constant(value=str(device))):
            return device.startswith("cuda")
        case _:
            return False
