"""Runs one command and turns how it ended into an exit code."""

from __future__ import annotations

import gc
import io
import os
import sys
from collections.abc import Sequence
from typing import assert_never

from mloc.cli.arguments import Blame, Check, Command, Compile, Explain, Format, Graph, Run, Schema, Stub, Verify, Version, parse
from mloc.cli.codes import BUG, FAILED, INTERRUPTED, OK, USAGE, UsageError
from mloc.diagnostics.display import clean
from mloc.version import VERSION


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command of a command line (default: the process's own) and give its exit code (`mloc.cli.codes`)."""
    if argv is not None:
        return _main(argv)
    # The process is ours and short: looking for cycles finds few, and takes a tenth of the time; at its end as much again.
    gc.disable()
    try:
        return _main(argv)
    finally:
        gc.freeze()


def _main(argv: Sequence[str] | None) -> int:
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal without the characters of somebody's program must not end the command.
            stream.reconfigure(errors="backslashreplace")
    try:
        code = _run(parse(argv))
        sys.stdout.flush()
    except UsageError as error:
        print("mloc: " + "\n".join(map(clean, str(error).split("\n"))), file=sys.stderr)
        return USAGE
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # Nobody reads any more (`mloc … | head`); the interpreter must not try to flush again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except Exception as error:  # whatever comes here is our own mistake
        import traceback  # as seldom as can be

        traceback.print_exc()
        print(f"mloc: this is a bug in mloc {VERSION} ({type(error).__name__}); please report it with the lines above", file=sys.stderr)
        return BUG
    return code


def _run(command: Command) -> int:
    # Each command is loaded when it is asked for: `mloc check` starts for every commit.
    match command:
        case Check():
            from mloc.cli.check import check

            return check(command)
        case Compile():
            from mloc.cli.compile import compile_

            return compile_(command)
        case Run():
            from mloc.cli.run import run

            gc.enable()  # this one may last
            return run(command)
        case Verify():
            from mloc.cli.verify import verify

            gc.enable()  # as above
            return verify(command)
        case Graph():
            from mloc.cli.graph import graph

            return graph(command)
        case Format():
            from mloc.cli.format import format_

            return format_(command)
        case Stub():
            from mloc.cli.stub import stub

            return stub(command)
        case Schema():
            from mloc.cli.schema import schema

            return schema(command)
        case Blame():
            from mloc.cli.blame import blame

            return blame(command)
        case Explain():
            from mloc.cli.explain import explain

            return explain(command)
        case Version():
            print(f"mloc {VERSION}")
            return OK
        case _:
            assert_never(command)
