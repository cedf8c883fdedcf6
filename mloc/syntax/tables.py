"""Where the tables come from: the user's cache folder, or Lark, which makes them of the grammar file.

Making them takes longer than reading most programs.
"""

from __future__ import annotations

import marshal
import os
import sys
from functools import cache
from pathlib import Path

from mloc.syntax.machine import Tables

# To be raised with every change to what `Tables` hold.
_FORMAT = 1


def grammar_text() -> str:
    """The grammar file's: inside the package when installed, beside it in a checkout."""
    package = Path(__file__).resolve().parent.parent
    inside = package / "grammar" / "mlp.lark"
    return (inside if inside.exists() else package.parent / "grammar" / "mlp.lark").read_text(encoding="utf-8")


@cache
def tables() -> Tables:
    """The tables of the grammar. They stand in the cache with all that they depend on, which is compared."""
    key = f"{_FORMAT} {sys.version} {grammar_text()}"
    cached = cache_folder() / f"grammar-{sys.implementation.cache_tag}.tables"
    try:
        found, fields = marshal.loads(cached.read_bytes())
        if found == key:
            return Tables(*fields)
    except (OSError, EOFError, TypeError, ValueError):
        pass  # no usable cache
    from mloc.syntax.grammar import made_tables  # with it comes Lark

    made = made_tables()
    save(cached, marshal.dumps((key, (*made,))))
    return made


def cache_folder() -> Path:
    """Where to keep what is made of the grammar."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "mloc"


def save(target: Path, data: bytes) -> None:
    """Keep data for the next start; a cache folder that cannot be written costs time only."""
    import tempfile  # only where something is written

    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=target.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(temporary).replace(target)
    except OSError:
        return
