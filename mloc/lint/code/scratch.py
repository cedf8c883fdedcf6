"""Files that the code of a step reads from its own folder, where nothing is when it begins."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from mloc.diagnostics.model import Bag, Label
from mloc.diagnostics.rules import NOT_IN_THE_FOLDER, SHARED_PATH
from mloc.lint.code.model import StepCode
from mloc.lint.paths import OF_ONE_MACHINE
from mloc.types.python.reach import Code, dotted

_READERS = (
    *(f"pandas.read_{kind}" for kind in ("csv", "parquet", "json", "excel", "feather", "pickle", "table")),
    *(f"polars.{how}_{kind}" for how in ("read", "scan") for kind in ("csv", "parquet", "json")),
    *("numpy.load", "numpy.loadtxt", "numpy.genfromtxt", "joblib.load", "torch.load", "pyarrow.parquet.read_table"),
)
_MAKERS = frozenset("chdir extractall extract urlretrieve download download_file download_to_filename snapshot_download".split())
_STARTS = ("shutil.", "subprocess.", "os.system", "os.popen", "os.chdir", "os.rename", "os.replace", "os.symlink", "os.link")
"""What may put a file into the folder without its name being where it is written."""


def scratch(steps: Iterable[StepCode], bag: Bag) -> None:
    """W0656: a constant relative path that is read, and that nothing else in the step's code names."""
    found = list(steps)
    for step in found:
        if any(_makes(node, code) for code in step.bodies for node in code.nodes):
            continue
        constants = (node.value for code in step.bodies for node in code.nodes if isinstance(node, ast.Constant))
        texts = [value for value in constants if isinstance(value, str)]
        for code in step.bodies:
            for node, path in _read(code):
                parts = path.removeprefix("./").split("/")
                if sum(text.removeprefix("./").rstrip("/") in (parts[0], path, "/".join(parts)) for text in texts) == 1:
                    _tell(step, code, node, path, found, bag)


def shared(steps: Iterable[StepCode], bag: Bag) -> None:
    """W0641 where a Python function has the path; what stands in the program alone is found there."""
    first: dict[str, StepCode] = {}
    for step in steps:
        for code in step.bodies:
            for node in code.nodes:
                path = node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
                if not OF_ONE_MACHINE.fullmatch(path):
                    continue
                other = first.setdefault(path, step)
                if other is step or (code.file is None and other.own.file is None) or _has(other, node):
                    continue
                message = f"`{path}` is in the code of `{other.name}` and of `{step.name}`: steps do not see each other's files"
                help_ = "give the file from one step to the other: an output and an input of type `File` or `Dir`"
                there = Label(other.run, f"`{other.name}` has it here")
                step.report(bag, SHARED_PATH, code, node, message, label="not the other step's file", also=(there,), help=help_)


def _has(step: StepCode, node: ast.AST) -> bool:
    """Whether a step runs the same function, which uses a path for itself."""
    return any(node is inner for code in step.bodies for inner in code.nodes)


def _tell(step: StepCode, code: Code, node: ast.expr, path: str, steps: list[StepCode], bag: Bag) -> None:
    writer = next((other for other in steps if other.name != step.name and _writes(other, path)), None)
    rest = f"; `{writer.name}` writes it, in another" if writer is not None else ""
    help_ = "take it as an input of type `File`; what lies beside a module is found by `Path(__file__).parent`"
    step.report(
        bag,
        NOT_IN_THE_FOLDER,
        code,
        node,
        f"the code of step `{step.name}` reads the file `{path}`, but a step begins in an empty folder of its own{rest}",
        label="not there",
        also=() if writer is None else (Label(writer.step.name.span, "this step writes it"),),
        help=help_ if writer is None else f"give the file from `{writer.name}` to `{step.name}`: an output and an input of type `File`",
    )


def _writes(step: StepCode, path: str) -> bool:
    return any(isinstance(node, ast.Constant) and node.value == path for code in step.bodies for node in code.nodes) and not any(
        place == path for code in step.bodies for _, place in _read(code)
    )


def _read(code: Code) -> Iterator[tuple[ast.expr, str]]:
    """The calls that read a constant relative path."""
    for node in code.nodes:
        match node:
            case ast.Call(func=ast.Name(id="open"), args=[ast.Constant(value=str(path)), *rest], keywords=named) if _reads(rest, named):
                pass
            case ast.Call(func=ast.Attribute(value=ast.Call(func=maker, args=[ast.Constant(value=str(path))]), attr=method)) if (
                method in ("read_text", "read_bytes") and dotted(maker, code) == "pathlib.Path"
            ):
                pass
            case ast.Call(func=function, args=[ast.Constant(value=str(path)), *_]) if dotted(function, code) in _READERS:
                pass
            case _:
                continue
        if path and not path.startswith(("/", "~", "..", "\\")) and ":" not in path:
            yield node, path


def _reads(rest: list[ast.expr], keywords: list[ast.keyword]) -> bool:
    """Whether a file is opened for reading."""
    mode = next((k.value for k in keywords if k.arg == "mode"), rest[0] if rest else None)
    return mode is None or (isinstance(mode, ast.Constant) and isinstance(mode.value, str) and not set(mode.value) & set("wax"))


def _makes(node: ast.AST, code: Code) -> bool:
    if not isinstance(node, ast.Call):
        return False
    name = node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id if isinstance(node.func, ast.Name) else ""
    return name in _MAKERS or (dotted(node.func, code) or "").startswith(_STARTS)
