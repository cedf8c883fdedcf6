"""JSON as the runner reads and writes it: the type of a document, its canonical text, and checked access to its parts."""

from __future__ import annotations

import json
from typing import NoReturn, Union

Json = Union[None, bool, int, float, str, "list[Json]", "dict[str, Json]"]


class NotCanonical(ValueError):
    """A text that is not the JSON we write; the message says why and stands alone."""


def canonical(value: Json) -> str:
    """The one text of a JSON value: no spaces, ASCII only, keys in the order given. NaN and infinities must be tagged already."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def parse(text: str) -> Json:
    """The JSON value of a text. Raises NotCanonical, also for what Python's own parser lets pass (NaN, 1e999, keys given twice)."""
    try:
        value: Json = json.loads(text, parse_constant=_refuse_constant, parse_float=_float, parse_int=_int, object_pairs_hook=_object)
    except NotCanonical:
        raise
    except RecursionError:
        raise NotCanonical("the JSON text is nested too deeply") from None
    except ValueError as error:
        raise NotCanonical(f"not a JSON text: {error}: {shorten(text)}") from None
    return value


def shorten(text: str, most: int = 80) -> str:
    """A text quoted for a message, its middle left out when it is long."""
    if len(text) > most:
        text = f"{text[: most // 2]}…{text[-most // 4 :]}"
    return ascii(text) if not text.isprintable() else f"'{text}'"


def _refuse_constant(text: str) -> NoReturn:
    raise NotCanonical(f'{text} is not JSON; on the wire it is "f:nan", "f:inf" or "f:-inf"')


def _float(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise NotCanonical(f"{text} does not fit a 64-bit float")
    return value


def _int(text: str) -> int:
    # Python refuses to convert digits by the thousand, with a message about its own settings.
    if len(text) > 400:
        raise NotCanonical(f"an integer of {len(text)} digits does not fit a 64-bit int")
    return int(text)


def _object(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found = dict(pairs)
    if len(found) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise NotCanonical(f"the key {shorten(twice)} stands twice in one JSON object")
    return found


class BadProgram(Exception):
    """A program document that this runner cannot read: damaged, or written by another version of mloc."""


def as_object(value: Json, what: str) -> dict[str, Json]:
    if not isinstance(value, dict):
        raise BadProgram(f"{what} is not an object")
    return value


def as_array(value: Json, what: str) -> list[Json]:
    if not isinstance(value, list):
        raise BadProgram(f"{what} is not an array")
    return value


def as_text(value: Json, what: str) -> str:
    if not isinstance(value, str):
        raise BadProgram(f"{what} is not a string")
    return value


def as_text_or_none(value: Json, what: str) -> str | None:
    return None if value is None else as_text(value, what)


def as_int(value: Json, what: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise BadProgram(f"{what} is not an integer")
    return value


def as_float(value: Json, what: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise BadProgram(f"{what} is not a number")
    return float(value)
