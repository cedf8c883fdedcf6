"""`mloc check --fix` and `--diff`: corrections that need no person, made until there are none, and written whole."""

from __future__ import annotations

import difflib
import os
import secrets
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from mloc.cli.codes import UsageError
from mloc.cli.findings import find
from mloc.diagnostics.display import clean
from mloc.diagnostics.fixes import compatible, corrected
from mloc.diagnostics.select import Policy
from mloc.frozen import dataclass
from mloc.source import SourceFile, load

# A correction may uncover another; one that undoes another would go on for ever.
_ROUNDS = 10
_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Fixed:
    """`texts` holds what each changed file was and becomes, by its path as given; `said` what was corrected, a line for each."""

    texts: Mapping[str, tuple[str, str]]
    said: tuple[str, ...]


def fixed(paths: Sequence[str], flags: Policy) -> Fixed:
    """Correct what is found in these files, in memory. Files that they import are read and left alone."""
    new: dict[str, str] = {}
    old: dict[str, str] = {}
    said: list[str] = []

    def read(path: str) -> SourceFile:
        text = new.get(os.path.realpath(path))
        return load(path) if text is None else SourceFile(path, text)

    for _ in range(_ROUNDS):
        found = find(paths, flags, read)
        chosen = compatible(found.diagnostics, set(paths))
        if not chosen:
            break
        for path, text in corrected({path: source.text for path, source in found.files.items()}, chosen).items():
            old.setdefault(path, found.files[path].text)
            new[os.path.realpath(path)] = text
        for diagnostic in chosen:
            line = found.files[diagnostic.primary.span.file].position(diagnostic.primary.span.start).line
            said.append(clean(f"{diagnostic.primary.span.file}:{line}: fixed {diagnostic.rule.code}: {diagnostic.message}"))
    changed = {path: (before, new[os.path.realpath(path)]) for path, before in old.items() if new[os.path.realpath(path)] != before}
    return Fixed(changed, tuple(said))


def show_difference(texts: Mapping[str, tuple[str, str]]) -> None:
    """Print a unified diff of what changes."""
    for path, (before, after) in sorted(texts.items()):
        lines = before.splitlines(keepends=True), after.splitlines(keepends=True)
        for line in difflib.unified_diff(*lines, path, f"{path} (fixed)"):
            sys.stdout.write(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n")


def write(texts: Mapping[str, tuple[str, str]]) -> None:
    """Write every changed file whole or not at all, each where its links lead, with its mode and byte order mark kept.

    Raises UsageError when one cannot be written.
    """
    unfinished: dict[Path, Path] = {}
    try:
        for path, (_, after) in texts.items():
            target = Path(os.path.realpath(path))
            temporary = target.with_name(f".{secrets.token_hex(8)}.mloc-tmp")
            unfinished[temporary] = target
            mark = _MARK if target.read_bytes().startswith(_MARK) else b""
            temporary.write_bytes(mark + after.encode())
            shutil.copymode(target, temporary)
        for temporary, target in unfinished.items():
            temporary.replace(target)
    except OSError as error:
        raise UsageError(f"{error.filename}: cannot be written: {error.strerror}") from error
    finally:
        for temporary in unfinished:
            temporary.unlink(missing_ok=True)
