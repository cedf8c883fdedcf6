"""Values that are too large for what an engine carries between tasks: kept in the store, and read again where they are used.

In place of its wire text such a value travels as `mloc-spill:` and where it is, which no JSON text begins with.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from .failures import StepFailed
from .jsons import Json, as_array, as_object, as_text, canonical, parse
from .store import Store, StoreError

_SPILLED = "mloc-spill:"
_TYPE: Json = {"file": "json"}
# What stands for a spilled value may be as long as this: nothing is won by keeping shorter items elsewhere.
_REFERENCE = 512


@dataclass(frozen=True)
class Spill:
    """Where values go whose wire text has more than `limit` bytes, and in what they did not fit: `an XCom of Airflow`.

    One of up to `at_most` bytes travels all the same where it cannot be kept: an engine may carry it, if little else goes with it.
    """

    store: Store
    limit: int
    carrier: str
    at_most: int = 0


def spilled(outputs: Mapping[str, str], spill: Spill, line: int | None) -> dict[str, str]:
    """The texts of outputs as they may travel. Raises StepFailed for one that can be neither carried nor kept."""
    return {name: text if len(text) <= spill.limit else _sent(f"`{name}`", text, spill, line) for name, text in outputs.items()}


def spilled_items(text: str, spill: Spill, line: int | None) -> str:
    """The list of a fan-out, which the engine itself reads: when it is too long, with its items kept one by one. Raises StepFailed."""
    if len(text) <= spill.limit:
        return text
    envelopes = [as_text(item, "an item") for item in as_array(parse(text), "items")]
    most = max(_REFERENCE, spill.limit // len(envelopes))
    return canonical([each if len(each) <= most else _kept_item(each, spill, line) for each in envelopes])


def item_of(envelope: Mapping[str, Json], store: Store | None) -> Json:
    """The item of an envelope, which may refer to it. Raises StoreError."""
    if "kept" not in envelope or store is None:
        return envelope.get("item")
    return parse(restored(as_text(envelope["kept"], "where an item is"), store))


def _kept_item(text: str, spill: Spill, line: int | None) -> str:
    """The envelope of an item with where the item is in its place: who runs it has to know its index."""
    envelope = as_object(parse(text), "an envelope")
    at = as_array(envelope["at"], "an index path")
    return canonical({"at": at, "kept": _kept(f"item {at[-1]}", canonical(envelope["item"]), spill, line)})


def gathered(texts: Sequence[str]) -> str:
    """The wire text of a list whose items' texts are given; one that refers to files when an item does."""
    if any(text.startswith(_SPILLED) for text in texts):
        return _SPILLED + canonical(list(texts))
    return f"[{','.join(texts)}]"


def restored(text: str, store: Store) -> str:
    """The wire text that was given, or that the given one refers to. Raises StoreError."""
    if not text.startswith(_SPILLED):
        return text
    found = parse(text[len(_SPILLED) :])
    if isinstance(found, list):
        return f"[{','.join(restored(as_text(item, 'an item'), store) for item in found)}]"
    descriptor = as_object(found, "where a value is")
    with TemporaryDirectory(prefix="mloc-") as folder:
        return store.get(descriptor, Path(folder)).read_text(encoding="ascii")


def _sent(what: str, text: str, spill: Spill, line: int | None) -> str:
    try:
        return _kept(what, text, spill, line)
    except StepFailed:
        if len(text) > spill.at_most:
            raise
        return text


def _kept(what: str, text: str, spill: Spill, line: int | None) -> str:
    try:
        with TemporaryDirectory(prefix="mloc-") as folder:
            path = Path(folder, "value.json")
            path.write_text(text, encoding="ascii")
            descriptor = spill.store.put(path, _TYPE)
    except (OSError, StoreError) as error:
        size = f"{what} has {len(text)} bytes as JSON, more than the {spill.limit} that {spill.carrier} carries"
        instead = "an output that is a `File` or `Table` has no such limit"
        raise StepFailed("store", f"{size}, and cannot be kept in the store: {error}; {instead}", line) from error
    return _SPILLED + canonical({name: descriptor[name] for name in ("uri", "digest", "size")})
