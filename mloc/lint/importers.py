"""What other files of a project import from one."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator

from mloc.diagnostics.model import Bag
from mloc.source import SourceFile
from mloc.syntax import tree as t
from mloc.syntax.parse import parse


def imported(path: str, others: Iterable[SourceFile]) -> frozenset[str]:
    """The names of the file at `path`, which is absolute, that the others import."""
    name = posixpath.basename(path)
    return frozenset(used for other in others if name in other.text for used in _from(path, other))


def _from(path: str, other: SourceFile) -> Iterator[str]:
    folder = posixpath.dirname(other.path)
    for declaration in parse(other, Bag()).declarations:
        if not isinstance(declaration, (t.Import, t.FromImport)):
            continue
        if posixpath.normpath(posixpath.join(folder, declaration.path.value)) != path:
            continue
        if isinstance(declaration, t.FromImport):
            yield from (name.text for name, _ in declaration.names)
        else:
            yield from re.findall(rf"\b{declaration.name.text}\.(\w+)", other.text)
