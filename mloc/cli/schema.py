"""`mloc schema infer`: prints the `Table` type of a file."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from mloc.cli.arguments import Schema
from mloc.cli.codes import OK, UsageError
from mloc.cli.columns import Found, UnreadableTable, csv_columns, parquet_columns
from mloc.cli.stub import laid_out
from mloc.diagnostics.display import clean
from mloc.diagnostics.model import Bag
from mloc.source import SourceFile
from mloc.syntax.parse import parse

_BUILT_IN = ("File", "Dir", "Table", "Model", "Metrics")


def schema(command: Schema) -> int:
    path, name = command.file, command.name or _type_name(command.file)
    if not _is_usable(f"type {name} = Table{{a: int}}") or name in _BUILT_IN:
        raise UsageError(f"`{name}` cannot be the name of a type; give one with --name")
    try:
        columns = parquet_columns(path) if path.suffix in (".parquet", ".pq") else csv_columns(path, command.rows, command.nulls)
    except UnreadableTable as error:
        raise UsageError(f"{path}: {error}") from None
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from None
    print(_declaration(path, name, columns), end="")
    return OK


def _declaration(path: Path, name: str, columns: list[Found]) -> str:
    """The declaration, after a comment for each column that it cannot name."""
    usable = [column for column in columns if column.type is not None and _is_usable(f"type X = Table{{{column.name}: int}}")]
    lines, taken = [], {column.name for column in usable}
    for column in columns:
        if column in usable:
            continue
        if column.type is None:
            lines.append(f"# the column `{clean(column.name)}` holds {column.why}, which no type of the language is")
        else:
            better = _better(column.name, taken)
            taken.add(better)
            lines.append(
                f"# the column `{clean(column.name)}` has no name that a program can write; rename it, as in `{better}: {column.type}`"
            )
    for column in columns:
        if column.null is not None:
            hint = f"the column `{clean(column.name)}` is text for the sake of `{column.null}`: --null {column.null} takes that for null"
            print(f"mloc: {path}: {hint}", file=sys.stderr)
    for line in lines:
        print(f"mloc: {path}: {line.removeprefix('# ')}", file=sys.stderr)
    rest = ["..."] if lines else []
    row = ", ".join([*(f"{column.name}: {column.type}" for column in usable), *rest])
    return laid_out("\n".join([*lines, f"type {name} = Table{{{row}}}"]) + "\n")


def _is_usable(declaration: str) -> bool:
    bag = Bag()
    parse(SourceFile("<schema>", f"mlp 1\n{declaration}\n"), bag)
    return not bag.has_errors


def _type_name(path: Path) -> str:
    return "".join(word[:1].upper() + word[1:] for word in re.split(r"[^A-Za-z0-9]+", path.stem.split(".")[0]) if word)


def _better(name: str, taken: set[str]) -> str:
    base = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_") or "column"
    base = f"c_{base}" if base[0].isdigit() or not _is_usable(f"type X = Table{{{base}: int}}") else base
    better, number = base, 1
    while better in taken:
        number += 1
        better = f"{base}_{number}"
    return better
