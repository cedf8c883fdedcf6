"""Python code behind steps: found, read and checked from its source, never imported."""

from mloc.types.python.check import check_python_step
from mloc.types.python.closure import Closure, Outside, Problem, closure
from mloc.types.python.inline import check_inline
from mloc.types.python.lookup import Failure, Function, find_function
from mloc.types.python.project import Project, ProjectError

__all__ = [
    "Closure",
    "Failure",
    "Function",
    "Outside",
    "Problem",
    "Project",
    "ProjectError",
    "check_inline",
    "check_python_step",
    "closure",
    "find_function",
]
