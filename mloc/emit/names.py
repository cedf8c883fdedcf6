"""Names for what is emitted: deterministic, unique within the ids given, and legal where they go."""

from __future__ import annotations

import hashlib
import keyword
import re
from collections import Counter
from collections.abc import Callable, Iterable

_HASH = 8


def identifiers(ids: Iterable[str]) -> dict[str, str]:
    """A Python identifier for every id: `trials[].fit` gives `trials_fit`, `else.kept` gives `else_kept`.

    No two ids share one; ids that would get a hash of themselves, except one that is an identifier already.
    """
    return _unique(ids, _identifier, lambda name, digest: f"{name}_{digest}")


def dns_labels(ids: Iterable[str], limit: int) -> dict[str, str]:
    """A DNS-1123 label of at most `limit` characters for every id: `trials[].fit` gives `trials-fit`.

    No two ids share one; ids that would, and ids too long, get a hash of themselves.
    """

    def label(text: str) -> str:
        return _shortened(_label(text), text, limit)

    return _unique(ids, label, lambda name, digest: f"{_cut(name, limit - len(digest) - 1)}-{digest}")


def shorten(text: str, limit: int) -> str:
    """The text itself when it fits in `limit` characters, else as much of its beginning as leaves room for `-` and a hash of it all."""
    return _shortened(text, text, limit)


def _identifier(text: str) -> str:
    name = re.sub(r"[^0-9A-Za-z_]+", "_", re.sub(r"^\$|[^0-9A-Za-z_]+$", "", text)) or "_"
    if name[0].isdigit():
        name = f"_{name}"
    # A task function with `self` or `cls` is taken for a method by the engines' decorators.
    return f"{name}_" if keyword.iskeyword(name) or name in ("self", "cls") else name


def _label(text: str) -> str:
    return re.sub(r"[^0-9a-z]+", "-", text.lower()).strip("-") or f"x{_digest(text)}"


def _unique(ids: Iterable[str], plain: Callable[[str], str], hashed: Callable[[str, str], str]) -> dict[str, str]:
    distinct = list(dict.fromkeys(ids))
    names = {id_: plain(id_) for id_ in distinct}
    uses = Counter(names.values())
    found = {id_: name if uses[name] == 1 or name == id_ else hashed(name, _digest(id_)) for id_, name in names.items()}
    if len(set(found.values())) != len(distinct):
        raise ValueError("two names share a hash: rename one of " + ", ".join(sorted(i for i in distinct if found[i] != i)))
    return found


def _shortened(text: str, whole: str, limit: int) -> str:
    return text if len(text) <= limit else f"{_cut(text, limit - _HASH - 1)}-{_digest(whole)}"


def _cut(text: str, length: int) -> str:
    if length < 1:
        raise ValueError("the limit leaves no room for a name and its hash")
    return text[:length].rstrip("-_.")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:_HASH]
