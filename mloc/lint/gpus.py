"""Steps that ask for a GPU and run code that cannot use one."""

from __future__ import annotations

import sys

from mloc.diagnostics.model import Bag, Label
from mloc.diagnostics.rules import IDLE_GPU
from mloc.ir.model import RunPython
from mloc.lint.program import Program
from mloc.source import Span
from mloc.syntax import tree as t

_WITHOUT = frozenset(
    "attr attrs azure boto3 botocore bs4 cloudpickle dateutil dotenv duckdb fastparquet fsspec gcsfs httpx imblearn jinja2 joblib "
    "jsonschema lifelines matplotlib networkx nltk numpy openpyxl pandas pandera pgmpy PIL plotly prophet psycopg psycopg2 pyarrow "
    "pydantic pytz requests rich s3fs scipy seaborn six skimage sklearn slack_sdk sqlalchemy statsmodels tenacity tqdm "
    "typing_extensions tzdata urllib3 yaml".split()
)
"""Packages that compute on the processor alone. Of any other, nothing is said."""
_STARTS_OTHERS = frozenset("asyncio ctypes multiprocessing os pty runpy subprocess".split())
"""Modules by which code may start something else, which may use the GPU."""


def gpus(program: Program, bag: Bag) -> None:
    """W0707, for Python functions: all that they import, directly or not, is read, and none of it uses a GPU."""
    for declaration in program.steps():
        asked = _asked(declaration)
        found = program.file.steps.step(declaration) if asked is not None else None
        if asked is not None and found is not None and isinstance(found[0].run, RunPython):
            _check(program, declaration, found[0].run.module, asked, bag)


def _asked(declaration: t.StepDef) -> Span | None:
    """Where a step asks for GPUs itself."""
    for attribute in declaration.attributes:
        if attribute.name.text == "resources":
            for argument in attribute.arguments:
                none = isinstance(argument.value, t.IntLiteral) and argument.value.value == 0
                if argument.name is not None and argument.name.text == "gpu" and not none:
                    return argument.span
    return None


def _check(program: Program, declaration: t.StepDef, module: str, asked: Span, bag: Bag) -> None:
    from mloc.types.python.closure import closure  # only programs with GPUs pay for it

    found = closure(program.file.world.project(program.file.source.path), [module])
    tops = {outside.module.partition(".")[0] for outside in found.outside}
    others = tops - sys.stdlib_module_names
    if not found.files or found.problems or tops & _STARTS_OTHERS or not others <= _WITHOUT:
        return
    shown = ", ".join(f"`{name}`" for name in sorted(others)) or "Python's own modules"
    bag.report(
        IDLE_GPU,
        asked,
        f"step `{declaration.name.text}` asks for a GPU, and its code imports nothing that uses one",
        label=f"`{module}` imports {shown} alone",
        secondary=(Label(declaration.name.span, "this step"),),
        help="leave the GPU out, or import the library that uses it",
    )
