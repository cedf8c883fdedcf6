"""The command line: every command with its options, as typed values."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

Color: TypeAlias = Literal["auto", "always", "never"]
OutputFormat: TypeAlias = Literal["full", "concise", "json", "sarif", "github"]
GraphFormat: TypeAlias = Literal["mermaid", "dot", "svg"]


@dataclass(frozen=True, slots=True)
class Check:
    files: tuple[str, ...]
    output_format: OutputFormat
    color: Color


@dataclass(frozen=True, slots=True)
class Compile:
    """`mode` says what to do with the bundle: write it, or compare it with what is in `out`."""

    file: str
    target: str
    out: Path | None
    pipeline: str | None
    mode: Literal["write", "check", "diff"]
    color: Color


@dataclass(frozen=True, slots=True)
class Run:
    """`settings` are the `name=value` texts, in order."""

    file: str
    pipeline: str | None
    settings: tuple[str, ...]
    params: Path | None
    engine: str
    store: Path
    report: Path | None
    jobs: int | None
    color: Color


@dataclass(frozen=True, slots=True)
class Graph:
    file: str
    pipeline: str | None
    format: GraphFormat
    out: Path | None
    color: Color


@dataclass(frozen=True, slots=True)
class Format:
    """`files` may hold `-` for standard input. `mode` says what to do with what is laid out differently: write it, or tell."""

    files: tuple[str, ...]
    mode: Literal["write", "check", "diff"]
    color: Color


@dataclass(frozen=True, slots=True)
class Explain:
    code: str | None


@dataclass(frozen=True, slots=True)
class Version:
    pass


Command: TypeAlias = Check | Compile | Run | Graph | Format | Explain | Version

_DESCRIPTION = (
    "mloc compiles machine-learning pipelines: one typed program, run on this machine or compiled to Kubeflow, Airflow and Flyte."
)
_EXAMPLES = """\
examples:
  mloc check pipelines/*.mlp                        find mistakes without running anything
  mloc run churn.mlp --set customers=data.csv       run the pipeline on this machine
  mloc compile churn.mlp --target kfp -o out/       write what Kubeflow runs
  mloc explain E0402                                say more about an error

exit codes:
  0  all is well
  1  the program has errors, its run failed, or what is committed is stale
  2  wrong usage or configuration
  3  a bug in mloc
  4  the program is right, but the target cannot express it
"""
_CHECK = """\
Finds mistakes in programs and in the Python functions behind their steps. Nothing is run or imported: neither your code nor an engine.

examples:
  mloc check churn.mlp
  mloc check pipelines/*.mlp --output-format concise
  mloc check churn.mlp --output-format sarif > mloc.sarif

The formats json (described by mloc/schemas/diagnostics.schema.json), sarif and github are for other programs.
"""
_COMPILE = """\
Writes what an engine runs: its own files, your code behind the steps, and the runner. The same program gives the same bytes.

examples:
  mloc compile churn.mlp --target kfp                     write to build/churn/kfp/
  mloc compile churn.mlp --target airflow -o dags/churn   write to a folder
  mloc compile churn.mlp --target kfp -o out --check      for CI: exit 1 when out/ is stale
  mloc compile churn.mlp --target kfp -o out --diff       show what would change
  mloc compile churn.mlp --target ir                      the program as documented JSON

Files that mloc wrote there before and no longer writes are removed; nothing else is.
"""
_RUN = """\
Runs a pipeline on this machine, or a bundle on an engine's own local mode, and reports what happened.

examples:
  mloc run churn.mlp --set rate=0.1 --set 'seeds=[1, 2, 3]' --set customers=data/customers.csv
  mloc run churn.mlp --params launch.json --report report.json
  mloc run churn.mlp --engine airflow                     (needs: pip install 'mloc[airflow]')

A value is read by the declared type of its parameter: numbers, texts, dates and enum members as they are, files and tables as paths,
everything else, and null, as JSON. --params is a JSON object of name: value; --set wins over it.
"""
_GRAPH = """\
Draws the steps of a pipeline, with its branches and fan-outs as boxes.

examples:
  mloc graph churn.mlp > churn.mmd
  mloc graph churn.mlp --format svg -o churn.svg
"""
_FORMAT = """\
Rewrites programs in the one layout. Only white space, line ends and commas after a last item change; comments and strings stay as they are.

examples:
  mloc fmt pipelines/*.mlp
  mloc fmt --check pipelines/*.mlp     for CI: exit 1 when a file would change
  mloc fmt --diff churn.mlp            show what would change
  mloc fmt - < churn.mlp               write the result to standard output

A list in brackets that has a comma after its last item keeps one item a line; without one it is joined when it fits in 100 columns.
A file with syntax errors is not touched.
"""
_EXPLAIN = """\
Says more about an error: what it means, why it matters, a wrong and a right example. Without a code it lists all of them.

examples:
  mloc explain E0402
  mloc explain column-missing
"""


def parse(argv: Sequence[str] | None) -> Command:
    """The command of a command line. Exits with 2 after a usage error, with 0 after `--help`, as argparse does."""
    parser = _parser()
    found = parser.parse_args(argv)
    if found.version:
        return Version()
    if found.command is None:
        parser.error("a command is missing: check, compile, run, graph, fmt or explain (`mloc --help` says more)")
    command: Command = _COMMANDS[found.command](found)
    return command


def _check(found: argparse.Namespace) -> Check:
    return Check(tuple(found.files), found.output_format, found.color)


def _compile(found: argparse.Namespace) -> Compile:
    return Compile(found.file, found.target, found.out, found.pipeline, found.mode or "write", found.color)


def _run(found: argparse.Namespace) -> Run:
    settings = tuple(found.settings)
    return Run(found.file, found.pipeline, settings, found.params, found.engine, found.store, found.report, found.jobs, found.color)


def _graph(found: argparse.Namespace) -> Graph:
    return Graph(found.file, found.pipeline, found.format, found.out, found.color)


def _format(found: argparse.Namespace) -> Format:
    return Format(tuple(found.files), found.mode or "write", found.color)


def _explain(found: argparse.Namespace) -> Explain:
    return Explain(found.code)


_COMMANDS: dict[str, Callable[[argparse.Namespace], Command]] = {
    "check": _check,
    "compile": _compile,
    "run": _run,
    "graph": _graph,
    "fmt": _format,
    "explain": _explain,
}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("mloc", description=_DESCRIPTION, epilog=_EXAMPLES, formatter_class=_Raw, allow_abbrev=False)
    parser.add_argument("--version", action="store_true", help="print the version and exit")
    commands = parser.add_subparsers(dest="command", title="commands", metavar="COMMAND")
    _add_check(_command(commands, "check", "find mistakes in programs", _CHECK))
    _add_compile(_command(commands, "compile", "write what an engine runs", _COMPILE))
    _add_run(_command(commands, "run", "run a pipeline on this machine", _RUN))
    _add_graph(_command(commands, "graph", "draw a pipeline", _GRAPH))
    _add_format(_command(commands, "fmt", "rewrite programs in the one layout", _FORMAT))
    explain = _command(commands, "explain", "say more about an error", _EXPLAIN)
    explain.add_argument("code", nargs="?", metavar="CODE", help="a code such as E0402, or a rule's name such as column-missing")
    return parser


class _Raw(argparse.RawDescriptionHelpFormatter):
    """Keeps the line ends of our texts."""


_Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def _command(commands: _Commands, name: str, help: str, description: str) -> argparse.ArgumentParser:
    return commands.add_parser(name, help=help, description=description, formatter_class=_Raw, allow_abbrev=False)


def _add_check(command: argparse.ArgumentParser) -> None:
    command.add_argument("files", nargs="+", metavar="FILE", help="the programs (.mlp)")
    formats = ("full", "concise", "json", "sarif", "github")
    command.add_argument("--output-format", choices=formats, default="full", help="how to show what was found (default: full)")
    _add_color(command)


def _add_compile(command: argparse.ArgumentParser) -> None:
    _add_file(command)
    command.add_argument("--target", required=True, metavar="TARGET", help="kfp, airflow, flyte, ir, or another installed target")
    command.add_argument("-o", "--out", type=Path, metavar="DIR", help="where to write (default: build/PIPELINE/TARGET)")
    modes = command.add_mutually_exclusive_group()
    modes.add_argument("--check", dest="mode", action="store_const", const="check", help="write nothing; exit 1 when DIR is stale")
    modes.add_argument("--diff", dest="mode", action="store_const", const="diff", help="as --check, and show the differences")
    _add_color(command)


def _add_run(command: argparse.ArgumentParser) -> None:
    _add_file(command)
    command.add_argument("--set", dest="settings", action="append", default=[], metavar="NAME=VALUE", help="give a parameter a value")
    command.add_argument("--params", type=Path, metavar="FILE", help="a JSON file with values for parameters")
    command.add_argument("--engine", default="native", metavar="ENGINE", help="native, kfp, airflow or flyte (default: native)")
    command.add_argument(
        "--store", type=Path, default=Path(".mloc"), metavar="DIR", help="where artifacts, logs and reports are kept (default: .mloc)"
    )
    command.add_argument("--report", type=Path, metavar="OUT.json", help="also write the run's report here")
    command.add_argument("--jobs", type=_positive, metavar="N", help="the most steps at a time (default: the cores; native only)")
    _add_color(command)


def _add_graph(command: argparse.ArgumentParser) -> None:
    _add_file(command)
    command.add_argument("--format", choices=("mermaid", "dot", "svg"), default="mermaid", help="default: mermaid")
    command.add_argument("-o", "--out", type=Path, metavar="FILE", help="write here instead of to standard output")
    _add_color(command)


def _add_format(command: argparse.ArgumentParser) -> None:
    command.add_argument("files", nargs="+", metavar="FILE", help="the programs (.mlp), or - for standard input")
    modes = command.add_mutually_exclusive_group()
    modes.add_argument("--check", dest="mode", action="store_const", const="check", help="write nothing; exit 1 when a file would change")
    modes.add_argument("--diff", dest="mode", action="store_const", const="diff", help="as --check, and show the differences")
    _add_color(command)


def _add_file(command: argparse.ArgumentParser) -> None:
    command.add_argument("file", metavar="FILE", help="the program (.mlp)")
    command.add_argument("--pipeline", metavar="NAME", help="which pipeline of the file (default: the only one)")


def _add_color(command: argparse.ArgumentParser) -> None:
    command.add_argument("--color", choices=("auto", "always", "never"), default="auto", help="default: when writing to a terminal")


def _positive(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) > 0):
        raise argparse.ArgumentTypeError(f"{text!r} is not a positive whole number")
    return int(text)
