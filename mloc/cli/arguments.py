"""The command line: every command with its options, as typed values."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal, TypeAlias

from mloc.cli import texts
from mloc.frozen import dataclass

Color: TypeAlias = Literal["auto", "always", "never"]
STORE = Path(".mloc")

OutputFormat: TypeAlias = Literal["full", "concise", "json", "sarif", "github"]
GraphFormat: TypeAlias = Literal["mermaid", "dot", "svg"]


@dataclass(frozen=True, slots=True)
class Check:
    """`select`, `ignore` and `deny` hold codes of warnings or their beginnings, on top of the project's.

    `targets` are asked beside those of the project and of the programs; `fix` says what to do with mechanical corrections;
    `write_baseline` is where to remember what is found instead of showing it; `all_targets`
    asks for the table of constructs and targets.
    """

    files: tuple[str, ...]
    output_format: OutputFormat
    color: Color
    select: tuple[str, ...] | None
    ignore: tuple[str, ...]
    deny: tuple[str, ...]
    fix: Literal["no", "write", "diff"]
    write_baseline: Path | None
    check_baseline: bool
    all_targets: bool
    targets: tuple[str, ...]


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
    """`settings` are the `name=value` texts, in order. `store` is the run's folder, `remote` the URL where artifacts are kept instead."""

    file: str
    pipeline: str | None
    settings: tuple[str, ...]
    params: Path | None
    engine: str
    store: Path
    remote: str | None
    report: Path | None
    jobs: int | None
    containers: str | None
    no_cache: bool
    refresh: tuple[str, ...]
    color: Color


@dataclass(frozen=True, slots=True)
class Verify:
    """`engines` are the targets to compare with, None for all that are installed; `settings` are the `name=value` texts, in order."""

    file: str
    pipeline: str | None
    settings: tuple[str, ...]
    params: Path | None
    engines: tuple[str, ...] | None
    store: Path
    output_format: Literal["full", "json"]
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
class Stub:
    """`target` is `package.module:function`; `name` what the step is to be called."""

    target: str
    name: str | None


@dataclass(frozen=True, slots=True)
class Schema:
    """`rows` is how many rows of a text file are read, None for all; `nulls` are the texts that stand for null there."""

    file: Path
    name: str | None
    rows: int | None
    nulls: frozenset[str]


@dataclass(frozen=True, slots=True)
class Blame:
    """`bundle` is a folder or the file that an engine reads, `task` what the engine calls one of its tasks."""

    bundle: Path
    task: str
    output_format: Literal["text", "json"]


@dataclass(frozen=True, slots=True)
class Explain:
    code: str | None


@dataclass(frozen=True, slots=True)
class Version:
    pass


Command: TypeAlias = Check | Compile | Run | Verify | Graph | Format | Stub | Schema | Blame | Explain | Version


def parse(argv: Sequence[str] | None) -> Command:
    """The command of a command line. Exits with 2 after a usage error, with 0 after `--help`, as argparse does."""
    parser = _parser(sys.argv[1:] if argv is None else argv)
    found = parser.parse_args(argv)
    if found.version:
        return Version()
    if found.command is None:
        parser.error(f"a command is missing: {', '.join([*_COMMANDS][:-1])} or {[*_COMMANDS][-1]} (`mloc --help` says more)")
    command: Command = _COMMANDS[found.command](found)
    return command


def _check(found: argparse.Namespace) -> Check:
    return Check(
        tuple(found.files),
        found.output_format,
        found.color,
        None if found.select is None else _codes(found.select),
        _codes(found.ignore),
        ("W",) if found.deny_warnings else (),
        found.fix,
        found.write_baseline,
        found.check_baseline,
        found.all_targets,
        _codes(found.target),
    )


def _codes(given: Sequence[str]) -> tuple[str, ...]:
    """The codes of an option that may be repeated and may hold several: `--ignore W06,W0704 --ignore W0614`."""
    return tuple(code.strip() for text in given for code in text.split(",") if code.strip())


def _compile(found: argparse.Namespace) -> Compile:
    return Compile(found.file, found.target, found.out, found.pipeline, found.mode or "write", found.color)


def _run(found: argparse.Namespace) -> Run:
    settings = tuple(found.settings)
    is_url = isinstance(found.store, str)
    store, remote = (STORE, found.store) if is_url else (found.store, None)
    run_on = found.engine, store, remote, found.report, found.jobs, found.containers, found.no_cache, tuple(found.refresh or ())
    return Run(found.file, found.pipeline, settings, found.params, *run_on, found.color)


def _verify(found: argparse.Namespace) -> Verify:
    engines = None if found.engines is None else _codes(found.engines)
    return Verify(found.file, found.pipeline, tuple(found.settings), found.params, engines, found.store, found.output_format, found.color)


def _graph(found: argparse.Namespace) -> Graph:
    return Graph(found.file, found.pipeline, found.format, found.out, found.color)


def _format(found: argparse.Namespace) -> Format:
    return Format(tuple(found.files), found.mode or "write", found.color)


def _stub(found: argparse.Namespace) -> Stub:
    return Stub(found.target, found.name)


def _schema(found: argparse.Namespace) -> Schema:
    return Schema(found.file, found.name, found.rows, frozenset(("", *found.nulls)))


def _explain(found: argparse.Namespace) -> Explain:
    return Explain(found.code)


def _blame(found: argparse.Namespace) -> Blame:
    return Blame(found.bundle, found.task, found.output_format)


_COMMANDS: dict[str, Callable[[argparse.Namespace], Command]] = {
    "check": _check,
    "compile": _compile,
    "run": _run,
    "verify": _verify,
    "graph": _graph,
    "fmt": _format,
    "stub": _stub,
    "schema": _schema,
    "blame": _blame,
    "explain": _explain,
}


def _parser(words: Sequence[str]) -> argparse.ArgumentParser:
    parser = _Parser("mloc", description=texts.DESCRIPTION, epilog=texts.EXAMPLES, formatter_class=_unseen, allow_abbrev=False)
    parser.add_argument("--version", action="store_true", help="print the version and exit")
    commands = parser.add_subparsers(dest="command", title="commands", metavar="COMMAND")
    chosen = words[0] if words and words[0] in _COMMANDS else None
    for name, summary, description, add in (
        ("check", "find mistakes in programs", texts.CHECK, _add_check),
        ("compile", "write what an engine runs", texts.COMPILE, _add_compile),
        ("run", "run a pipeline on this machine", texts.RUN, _add_run),
        ("verify", "run a pipeline on every engine and compare", texts.VERIFY, _add_verify),
        ("graph", "draw a pipeline", texts.GRAPH, _add_graph),
        ("fmt", "rewrite programs in the one layout", texts.FORMAT, _add_format),
        ("stub", "print the step of a Python function", texts.STUB, _add_stub),
        ("schema", "print the type of a table in a file", texts.SCHEMA, _add_schema),
        ("blame", "say which line a task on an engine comes from", texts.BLAME, _add_blame),
        ("explain", "say more about an error", texts.EXPLAIN, _add_explain),
    ):
        # Describing the commands that are not on the line would take a tenth of the time that it takes to check a program.
        if chosen in (None, name):
            add(commands.add_parser(name, help=summary, description=description, formatter_class=_unseen, allow_abbrev=False))
    return parser


class _Lines(argparse.RawDescriptionHelpFormatter):
    """Keeps the line ends of our texts."""


def _unseen(prog: str) -> _Lines:
    """What argparse lays out while it is told of options, to see whether it could; asking for the terminal's width takes longer."""
    return _Lines(prog, width=80)


class _Parser(argparse.ArgumentParser):
    """As its base, with our line ends in what is shown."""

    def format_help(self) -> str:
        self.formatter_class = _Lines
        return super().format_help()

    def format_usage(self) -> str:
        self.formatter_class = _Lines
        return super().format_usage()


def _add_check(command: argparse.ArgumentParser) -> None:
    command.add_argument("files", nargs="+", metavar="FILE", help="the programs (.mlp), or folders that hold them")
    formats = ("full", "concise", "json", "sarif", "github")
    command.add_argument("--output-format", choices=formats, default="full", help="how to show what was found (default: full)")
    command.add_argument("--select", action="append", metavar="CODES", help="report only these warnings: W06,W0704 (errors always)")
    command.add_argument("--ignore", action="append", default=[], metavar="CODES", help="do not report these warnings")
    command.add_argument("--all-targets", action="store_true", help="also print how each construct arrives on each installed target")
    command.add_argument("--deny-warnings", action="store_true", help="warnings count as errors")
    command.add_argument("--target", action="append", default=[], metavar="NAMES", help="also say what these targets would not take")
    modes = command.add_mutually_exclusive_group()
    modes.add_argument("--fix", action="store_const", const="write", default="no", help="mend the files where a correction is mechanical")
    modes.add_argument("--diff", dest="fix", action="store_const", const="diff", help="show what --fix would change, and write nothing")
    modes.add_argument("--write-baseline", type=Path, metavar="FILE", help="remember what is found in FILE, and show nothing")
    modes.add_argument("--check-baseline", action="store_true", help="also fail when the baseline has what is no longer found")
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
    _add_values(command)
    command.add_argument(
        "--store",
        type=_store,
        default=STORE,
        metavar="PLACE",
        help="where artifacts and results are kept: a folder, s3://, gs:// or abfs:// (default: .mloc, where logs and reports always are)",
    )
    command.add_argument("--engine", default="native", metavar="ENGINE", help="native, kfp, airflow or flyte (default: native)")
    command.add_argument("--report", type=Path, metavar="OUT.json", help="also write the run's report here")
    command.add_argument(
        "--containers",
        choices=("docker", "podman", "none"),
        help="what runs container steps; none: their commands on this machine (default: docker or podman; native only)",
    )
    keeping = command.add_mutually_exclusive_group()
    keeping.add_argument("--no-cache", action="store_true", help="run every step, and keep no result (native only)")
    keeping.add_argument(
        "--refresh", action="append", metavar="STEP", help="run this cached step or call all the same, and keep what it gives (native only)"
    )
    command.add_argument("--jobs", type=_positive, metavar="N", help="the most steps at a time (default: the cores; native only)")
    _add_color(command)


def _add_verify(command: argparse.ArgumentParser) -> None:
    _add_file(command)
    _add_values(command)
    command.add_argument(
        "--store", type=_folder, default=STORE, metavar="DIR", help="where artifacts and reports are kept (default: .mloc)"
    )
    command.add_argument(
        "--engines", action="append", metavar="ENGINES", help="compare with these: kfp,flyte (default: all that are installed)"
    )
    command.add_argument("--output-format", choices=("full", "json"), default="full", help="how to show what was found (default: full)")
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


def _add_stub(command: argparse.ArgumentParser) -> None:
    command.add_argument("target", metavar="MODULE:FUNCTION", help="a function of this folder's project, as in trips.train:train")
    command.add_argument("--name", metavar="NAME", help="what to call the step (default: as the function)")


def _add_schema(command: argparse.ArgumentParser) -> None:
    command.add_argument("action", choices=("infer",), help="infer: read the type from the data")
    command.add_argument("file", type=Path, metavar="FILE", help="a .parquet file, or text with commas, semicolons, tabs or bars")
    command.add_argument("--name", metavar="NAME", help="what to call the type (default: after the file)")
    command.add_argument(
        "--null", dest="nulls", action="append", default=[], metavar="TEXT", help="a text that stands for null, as an empty cell does"
    )
    command.add_argument("--rows", type=_positive, metavar="N", help="read the first N rows of a text file only (default: all)")


def _add_blame(command: argparse.ArgumentParser) -> None:
    command.add_argument("bundle", type=Path, metavar="BUNDLE", help="what `mloc compile` wrote: the folder, or the file in it")
    command.add_argument("task", metavar="TASK", help="the name that the engine shows")
    command.add_argument("--output-format", choices=("text", "json"), default="text", help="default: text")


def _add_explain(command: argparse.ArgumentParser) -> None:
    command.add_argument("code", nargs="?", metavar="CODE", help="a code such as E0402, or a rule's name such as column-missing")


def _add_file(command: argparse.ArgumentParser) -> None:
    command.add_argument("file", metavar="FILE", help="the program (.mlp)")
    command.add_argument("--pipeline", metavar="NAME", help="which pipeline of the file (default: the only one)")


def _add_values(command: argparse.ArgumentParser) -> None:
    command.add_argument("--set", dest="settings", action="append", default=[], metavar="NAME=VALUE", help="give a parameter a value")
    command.add_argument("--params", type=Path, metavar="FILE", help="a JSON file with values for parameters")


def _add_color(command: argparse.ArgumentParser) -> None:
    command.add_argument("--color", choices=("auto", "always", "never"), default="auto", help="default: when writing to a terminal")


def _store(text: str) -> Path | str:
    """A folder, or the URL of a store elsewhere."""
    from mloc.runner.remote import is_remote  # here and below: few command lines name a store
    from mloc.runner.remote_store import store_url
    from mloc.runner.store import StoreError

    if not is_remote(text):
        return _folder(text)
    try:
        return store_url(text)
    except StoreError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _folder(text: str) -> Path:
    from mloc.runner.remote import is_remote
    from mloc.runner.store import StoreError, file_path

    if is_remote(text):
        raise argparse.ArgumentTypeError("runs are compared in a folder of this machine")
    try:
        return file_path(text) if text.startswith("file:") else Path(text)
    except StoreError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _positive(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) > 0):
        raise argparse.ArgumentTypeError(f"{text!r} is not a positive whole number")
    return int(text)
